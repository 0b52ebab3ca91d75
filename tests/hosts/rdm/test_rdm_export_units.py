import copy
import json
from types import SimpleNamespace

import flask
import pytest

pytest.importorskip("invenio_app_rdm")

from exports.samples import ACCESS, ACCESS_URL, MOBA, RECORD_URL, STATES, shown  # noqa: E402
from flask_resources.serializers import JSONSerializer, SimpleSerializer  # noqa: E402
from invenio_rdm_records.resources.serializers import MARCXMLSerializer  # noqa: E402
from invenio_rdm_records.resources.serializers import dcat as host_dcat  # noqa: E402
from invenio_rdm_records.services.pids.providers import DataCitePIDProvider, OAIPIDProvider  # noqa: E402
from lxml import etree  # noqa: E402

from secureb2share_ext.datasets import view  # noqa: E402
from secureb2share_ext.exports import marcxml  # noqa: E402
from secureb2share_ext.hosts import published  # noqa: E402
from secureb2share_ext.hosts.rdm.serving import (  # noqa: E402
    access_requests,
    doi,
    link_headers,
    lookup,
    oai,
    redaction,
    serializer_config,
    serializers,
)

CONDITIONS = [(one["text"], one["lang"]) for one in MOBA["sensitive"]["access_conditions"]]
PROMISES = ("openAccess", "PUBLIC", "embargo", "creativecommons", "downloadURL", "Distribution", "a.sav")
API = "https://catalogue.example.org/api/records/7"
BODY = {
    "id": "7",
    "links": {"self": API, "files": API + "/files", "archive": API + "/a", "thumbnails": {}, "media_files": "m"},
    "metadata": {"title": "T", "rights": [{"id": "cc-by-4.0"}], "sizes": ["1 MB"], "formats": ["a"], "copyright": "c"},
    "files": {"enabled": True, "entries": {"a.sav": {"key": "a.sav"}}},
    "media_files": {"enabled": True},
    "access": {"status": "restricted", "embargo": {"active": True, "until": "2030-01-01"}},
}
DATACITE = {
    "types": {"resourceTypeGeneral": "Dataset", "resourceType": "Dataset"},
    "creators": [{"name": "A"}],
    "titles": [{"title": "T"}],
    "publisher": {"name": "P"} if hasattr(host_dcat, "schema45") else "P",
    "publicationYear": "2024",
    "identifiers": [{"identifier": "oai:7", "identifierType": "oai"}],
    "rightsList": [
        {"rights": "CC", "rightsUri": "https://creativecommons.org/licenses/by/4.0/legalcode"},
        {"rightsUri": "info:eu-repo/semantics/openAccess"},
    ],
    "_files": [{"key": "a.sav", "size": 3, "download_url": "https://catalogue.example.org/a.sav"}],
}
MARC = {
    "leader": "00000nam##2200000uu#4500",
    "245  ": {"a": "T"},
    "540  ": [{"a": "info:eu-repo/semantics/openAccess"}, {"a": "CC", "u": "https://creativecommons.org/"}],
    "542  ": {"l": "open"},
    "8564 ": [{"u": "https://catalogue.example.org/a.sav"}],
    "856 2": [{"a": "10.1234/related"}],
}
SAMPLES = [(access, state) for access in ACCESS for state in STATES]


def of_marc(seen):
    root = etree.fromstring(MARCXMLSerializer.marcxml_tostring(copy.deepcopy(MARC)).encode())
    marcxml.correct(root, seen)
    fields = [(f.get("tag"), [(s.get("code"), s.text) for s in f]) for f in root if f.get("tag")]
    assert ("245", [("a", "T")]) in fields and ("856", [("a", "10.1234/related")]) in fields
    restriction, *state = [dict(values) for tag, values in fields if tag == "506"]
    assert [one["a"] for one in state] == [seen.state_text] * (seen.state_text is not None)
    terms, *conditions = [dict(values) for tag, values in fields if tag == "540"]
    assert [(one["a"], one["u"]) for one in conditions] == [(text, ACCESS_URL) for text, _ in CONDITIONS]
    assert [dict(values)["u"] for tag, values in fields if tag == "856" and ("y", seen.label) in values] == [ACCESS_URL]
    said = (restriction["u"], terms["a"], terms["u"])
    return etree.tostring(root, encoding="unicode"), said, restriction["f"], restriction["a"]


@pytest.mark.parametrize("access, state", SAMPLES)
def test_marc_of_the_host_says_our_access(access, state):
    _, _, _, terms, coar_label, label, _, _ = ACCESS[access]
    text, said, said_coar, said_label = of_marc(shown(access, state))
    assert (said, said_coar, said_label) == (terms, coar_label, STATES[state][0] or label)
    assert not [word for word in PROMISES if word in text.replace("NON_PUBLIC", "")]


def test_text_that_no_xml_can_hold():
    def change(description):
        description["sensitive"]["access_conditions"] = [{"lang": "en", "text": "a\x00b"}]

    root = etree.Element("a")
    marcxml.correct(root, shown(change=change))
    assert "a\ufffdb" in etree.tostring(root, encoding="unicode")


def test_closed_copies():
    before = copy.deepcopy(BODY)
    links = {"self": API, "request_access": ACCESS_URL}
    assert redaction.item(BODY, ACCESS_URL) == dict(BODY, links=links)
    assert redaction.record(BODY, ACCESS_URL) == {
        "id": "7",
        "links": links,
        "metadata": {"title": "T"},
        "files": {"enabled": False},
        "media_files": {"enabled": False},
        "access": {"status": "restricted", "embargo": {"active": False, "reason": None}},
    }
    assert BODY == before


class Bibtex(SimpleSerializer):
    pass


class BibtexSerializer(Bibtex):
    pass


class SchemaorgJSONLDSerializer(JSONSerializer):
    pass


class SiteSchemaorg(SchemaorgJSONLDSerializer):
    pass


def told(obj):
    return "%(id)s %(files)s" % obj


OURS = view.Entry(SimpleNamespace(pid="7", record_uuid=None), {}, {})


class Catalogue:
    def api_url(self):
        return API[:-10]

    def access_url(self, pid):
        return ACCESS_URL[:-1] + pid


@pytest.fixture()
def app(monkeypatch):
    found = flask.Flask("x")
    found.extensions["secureb2share"] = type(
        "Extension", (), {"host": Catalogue(), "is_on": True, "has_tables": True, "sources": {}}
    )
    found.config[link_headers.SERIALIZERS] = {"application/ld+json": None, "application/linkset+json": None}
    monkeypatch.setattr(view, "look_up", lambda host, pids=(), uuids=(): [OURS] if "7" in pids else [])
    monkeypatch.setattr(published, "shown", lambda found, record=None: shown())
    monkeypatch.setattr(lookup, "service", SimpleNamespace(record_cls=SimpleNamespace(loads=dict)))
    with found.test_request_context():
        yield found


@pytest.mark.parametrize(
    "own, mimetype, kind, is_known",
    [
        (JSONSerializer(), "application/json", serializers.RecordJSON, True),
        (BibtexSerializer(told), "application/x-bibtex", serializers.AccessSerializer, True),
        (SiteSchemaorg(), "application/ld+json", serializers.FormatSerializer, True),
        (SiteSchemaorg(), "application/x-site", serializers.FormatSerializer, True),
        (Bibtex(told), "application/vnd.datacite.datacite+json", serializers.FormatSerializer, True),
        (Bibtex(told), "application/x-site", serializers.UnknownSerializer, False),
        (MARCXMLSerializer(), "application/marcxml+xml", serializers.CorrectedXML, True),
    ],
)
def test_which_serializer_stands_for_which(own, mimetype, kind, is_known):
    found = serializers.agreeing(own, mimetype)
    assert (type(found), found.own, found.is_known) == (kind, own, is_known)


@pytest.mark.parametrize("own", [JSONSerializer(), BibtexSerializer(told), SiteSchemaorg(), Bibtex(told)])
def test_other_records_are_written_by_the_host(app, own):
    other = dict(BODY, id="8")
    found = serializers.agreeing(own, "application/x")
    page = {"hits": {"hits": [other], "total": 1}}
    assert found.serialize_object(other) == own.serialize_object(other)
    assert found.serialize_object_list(page) == own.serialize_object_list(page)
    draft = dict(BODY, is_draft=True)
    if isinstance(found, serializers.RecordJSON):
        assert found.serialize_object(draft) == own.serialize_object(draft)


@pytest.mark.parametrize("own", [JSONSerializer(), BibtexSerializer(told), SiteSchemaorg(), Bibtex(told)])
def test_one_of_ours_in_a_list(app, own):
    other = dict(BODY, id="8")
    found = serializers.agreeing(own, "application/x")
    text = found.serialize_object_list({"hits": {"hits": [other, BODY], "total": 2}})
    if text.startswith("{"):
        first, second = json.loads(text)["hits"]["hits"]
        assert first == other and second == json.loads(found.serialize_object(BODY))
    else:
        assert text == own.serialize_object(other) + "\n" + found.serialize_object(BODY)
    assert text.count(API + "/files") == text.count('"id": "8"')
    ours = found.serialize_object(BODY)
    if not isinstance(found, serializers.RecordJSON):
        assert "a.sav" not in ours


@pytest.mark.parametrize("own", [BibtexSerializer(told), SiteSchemaorg(), MARCXMLSerializer()])
def test_a_damaged_one_is_closed(app, own, monkeypatch):
    monkeypatch.setattr(published, "shown", lambda found, record=None: None)
    monkeypatch.setattr(MARCXMLSerializer, "dump_obj", lambda self, obj: {"245  ": {"a": str(obj["files"])}})
    text = serializers.agreeing(own, "application/x").serialize_object(BODY)
    assert "enabled" in text and "a.sav" not in text and API + "/files" not in text
    function = site_format, {"word": "w"}
    assert oai.serialize(None, {"_source": BODY}, function, "oai_dc").text == "w {'enabled': False}"


def test_drafts_are_the_hosts_from_a_closed_copy(app):
    draft = dict(BODY, is_draft=True)
    found = serializers.agreeing(SiteSchemaorg(), "application/ld+json")
    assert json.loads(found.serialize_object(draft)) == redaction.record(draft, ACCESS_URL)
    assert json.loads(found.serialize_object(BODY))["@type"] == "Dataset"


def test_marcxml_is_corrected_alone_and_in_a_list(app, monkeypatch):
    monkeypatch.setattr(MARCXMLSerializer, "dump_obj", lambda self, obj: copy.deepcopy(MARC))
    other = dict(BODY, id="8")
    found = serializers.agreeing(MARCXMLSerializer(), "application/marcxml+xml")
    ours, theirs = found.serialize_object(BODY), found.serialize_object(other)
    assert "restrictedAccess" in ours and "openAccess" not in ours and "openAccess" in theirs
    assert found.serialize_object_list({"hits": {"hits": [other, BODY]}}) == theirs + "\n" + ours


def test_linkset(app):
    own = {"anchor": API, "describes": [{"href": RECORD_URL, "type": "text/html"}]}
    own["license"] = [{"href": "https://spdx.org/licenses/CC-BY-4.0"}]
    page, *back = link_headers.document(shown())["linkset"]
    assert back == [own] and "item" not in page and page["anchor"] == RECORD_URL
    assert page["describedby"] == [{"href": API, "type": "application/ld+json"}]
    assert page["urn:secureb2share:rel:request-access"] == [{"href": ACCESS_URL, "title": "Access can be requested"}]


def test_header_of_the_page(app):
    short = link_headers.page_header(shown())
    app.config[link_headers.IS_LONG] = True
    app.config[link_headers.SERIALIZERS].update({'application/ld+json;profile="https://example.org/p"': None})
    long = link_headers.page_header(shown())
    assert "describedby" not in short and "profile" not in long
    assert '<%s>; rel="describedby"; type="application/ld+json"' % API in long
    for header in (short, long):
        assert '<%s>; rel="linkset"; type="application/linkset+json"' % API in header
        assert '<%s>; rel="urn:secureb2share:rel:request-access"' % ACCESS_URL in header
        assert 'rel="item"' not in header

    def change(description):
        description["core"]["creators"] = [{"name": "A", "orcid": "0000-0002-1825-0097"}] * 9

    app.config[link_headers.SERIALIZERS].update({"application/x-%d" % number: None for number in range(30)})
    assert "describedby" not in link_headers.page_header(shown(change=change))


def site_format(pid, record, word):
    return etree.fromstring("<a>%s %s</a>" % (word, record["_source"]["files"]))


def test_oai_formats_of_a_site(app):
    given = {
        "marcxml": {"serializer": "invenio_rdm_records.oai:marcxml_etree", "schema": "s"},
        "own": {"serializer": (site_format, {"word": "w"}), "schema": "s"},
    }
    before = copy.deepcopy(given)
    app.config[oai.KEY] = given
    oai.wrap(app)
    oai.wrap(app)
    assert given == before
    assert app.config[oai.KEY]["own"] == {
        "serializer": (oai.WRAPPER, {"inner": (site_format, {"word": "w"}), "prefix": "own"}),
        "schema": "s",
    }
    (fault,) = oai.faults(app)
    assert fault.startswith("OAISERVER_METADATA_FORMATS['own'] is the site's own serializer")
    _, arguments = app.config[oai.KEY]["own"]["serializer"]
    assert "a.sav" not in oai.serialize(None, {"_source": BODY}, **arguments).text
    assert "a.sav" in oai.serialize(None, {"_source": dict(BODY, id="8")}, **arguments).text
    app.config[oai.KEY] = given
    assert len(oai.faults(app)) == 2 and "set anew" in oai.faults(app)[0]


def record(pid):
    return type("R", (), {"pid": type("P", (), {"pid_value": pid}), "pids": {"doi": {"identifier": "10.5072/" + pid}}})


def parent(of):
    return type("C", (), {"_child": of, "pids": {"doi": {"identifier": "10.5072/parent"}}})


class Host:
    def dump_obj(self, found):
        return {"doi": found.pids["doi"]["identifier"], "rightsList": [{"rightsUri": "cc"}], "sizes": ["1 MB"]}


class SiteAgency:
    name, serializer = "agency", Host()

    def is_enabled(self, app):
        return app.config.get("AGENCY", False)


def test_what_datacite_is_told(app):
    host = Host()
    given = [DataCitePIDProvider("datacite", client=object(), serializer=host), OAIPIDProvider("oai"), SiteAgency()]
    for key in doi.KEYS:
        app.config[key] = given
    doi.wrap(app)
    doi.wrap(app)
    first, *rest = app.config[doi.KEYS[0]]
    assert given[0].serializer is host and rest == given[1:] and first.client is given[0].client
    told = first.serializer
    for other in (record("8"), parent(record("8"))):
        assert told.dump_obj(other) == host.dump_obj(other)
    ours, above = told.dump_obj(record("7")), told.dump_obj(parent(record("7")))
    assert ours["doi"] == "10.5072/7" and ours["titles"][0]["title"] == MOBA["core"]["titles"][0]["text"]
    assert above == {"doi": "10.5072/parent", "rightsList": ours["rightsList"]}
    assert ours["rightsList"][0]["rightsUri"] == "http://purl.org/coar/access_right/c_16ec"
    assert doi.faults(app) == []
    app.config.update(AGENCY=True)
    assert [fault.split(" registers")[0] for fault in doi.faults(app)] == [
        "%s: the provider agency" % key for key in doi.KEYS
    ]


def test_keys_are_copied_and_named_when_foreign(app):
    from invenio_app_rdm.config import APP_RDM_RECORD_EXPORTERS
    from invenio_rdm_records.resources import config as host

    handlers = dict(host.record_serializers)
    app.config.pop(link_headers.SERIALIZERS)
    serializer_config.wrap(app)
    assert host.record_serializers == handlers
    assert not [one for one in handlers.values() if isinstance(one.serializer, serializers.AccessSerializer)]
    assert set(app.config[link_headers.SERIALIZERS]) == set(handlers)
    assert set(app.config[serializer_config.EXPORTERS]) == set(APP_RDM_RECORD_EXPORTERS)
    assert serializer_config.faults(app) == []
    site = copy.copy(handlers["application/json"])
    site.serializer = Bibtex(told)
    app.config[link_headers.SERIALIZERS]["application/x-site"] = serializer_config._handler(site, "application/x-site")
    app.config[serializer_config.EXPORTERS]["late"] = APP_RDM_RECORD_EXPORTERS["json"]
    assert [fault.split(";")[0] for fault in serializer_config.faults(app)] == [
        "RDM_RECORDS_SERIALIZERS['application/x-site'] is the site's own serializer",
        "APP_RDM_RECORD_EXPORTERS['late'] was set anew after this package had wrapped it.",
    ]


@pytest.mark.parametrize(
    "body, gives",
    [
        ({"permission": "view"}, True),
        ({"grants": [{"permission": "edit"}, {"permission": "view"}]}, True),
        ({"permission": "edit"}, False),
        ({"grants": [{"permission": "manage"}, "view"]}, False),
        ({"grants": "view"}, False),
        ({}, False),
        ([{"permission": "view"}], False),
        ("view", False),
        (None, False),
    ],
)
def test_which_grants_open_files(body, gives):
    assert access_requests.gives_files(body) is gives


IN = {"id": "1", "parent": {"communities": {"ids": ["a"], "default": "a", "entries": [{"id": "a", "slug": "cohorts"}]}}}


@pytest.mark.parametrize(
    "record, communities, expected",
    [
        (IN, {"cohorts"}, True),
        (IN, {"a"}, True),
        (IN, {"other"}, False),
        (dict(IN, custom_fields={"secureb2share:access_right": "controlled"}), {"other"}, True),
        (dict(IN, custom_fields={"site:station": 1}), {"other"}, False),
        ({"id": "1", "parent": {"communities": {}}, "custom_fields": {}}, {"cohorts"}, False),
        ({"id": "1", "parent": {}}, {"cohorts"}, False),
        # it tells of no community, or of fewer than it has
        ({"id": "1"}, {"cohorts"}, True),
        ({"id": "1", "parent": {"communities": {"ids": ["a"], "default": "a"}}}, {"other"}, True),
    ],
)
def test_which_records_may_be_ours(record, communities, expected):
    assert lookup.may_be_ours(record, communities) is expected


def test_a_reading_request_asks_once_and_a_writing_one_anew(app, monkeypatch):
    asked = []
    monkeypatch.setattr(view, "look_up", lambda host, pids=(), uuids=(): asked.append(list(pids)) or [OURS])
    other = dict(IN, id="8", custom_fields={"secureb2share:access_right": "controlled"})
    for method, expected in (("GET", [["7", "8"]]), ("POST", [["7", "8"], ["7"], ["8"]])):
        with app.test_request_context(method=method):
            assert lookup.found_of([BODY, other, dict(IN, id="9")]) == {"7": OURS}
            assert lookup.found_in(BODY) is OURS and lookup.found_in(other) is None
        assert [pids for pids in asked if pids] == expected
        del asked[:]
