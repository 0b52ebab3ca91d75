import json
import re

import pytest

pytest.importorskip("invenio_app_rdm", reason="InvenioRDM has environments of its own: see run-tests.sh")

import rdm_instance  # noqa: E402
from lxml import etree  # noqa: E402

COAR, EU_REPO = "http://purl.org/coar/access_right/", "info:eu-repo/semantics/"
NON_PUBLIC = "http://publications.europa.eu/resource/authority/access-right/NON_PUBLIC"
RESTRICTED = {"coar": COAR + "c_16ec", "info": EU_REPO + "restrictedAccess", "eu": NON_PUBLIC}
CLOSED = {"coar": COAR + "c_14cb", "info": EU_REPO + "closedAccess", "eu": NON_PUBLIC}
REASON = "Consent under review"
# name -> (members of sensitive, state, vocabularies, words, status for the host)
OURS = {
    "controlled": ({}, None, RESTRICTED, "Access can be requested", "restricted"),
    "embargoed": (
        {"access_right": "embargoed", "embargo_until": "2099-01-01"},
        None,
        RESTRICTED,
        "Access can be requested from 2099-01-01",
        "restricted",
    ),
    "metadata-only": ({"access_right": "metadata-only"}, None, CLOSED, "Access cannot be requested", "metadata-only"),
    "suspended": ({}, "suspended", RESTRICTED, "Requests are suspended", "restricted"),
}
EVERYTHING = ("coar", "info", "eu", "words", "url")
# what each export of the page, media type and OAI-PMH prefix says of access
SAYS = {
    "export json": EVERYTHING,
    "export json-ld": ("coar", "words", "url"),
    "export datacite-json": EVERYTHING,
    "export datacite-xml": EVERYTHING,
    "export dublincore": EVERYTHING,
    "export marcxml": EVERYTHING,
    "export dcat-ap": EVERYTHING,
    "export csl": (),
    "export bibtex": (),
    "export geojson": (),
    "export codemeta": (),
    "export cff": (),
    "export datapackage": (),
    "api application/json": EVERYTHING,
    "api application/vnd.inveniordm.v1+json": EVERYTHING,
    "api application/vnd.inveniordm.v1.full+csv": EVERYTHING,
    "api application/vnd.inveniordm.v1.simple+csv": (),
    "api application/ld+json": ("coar", "words", "url"),
    "api application/vnd.datacite.datacite+json": EVERYTHING,
    "api application/vnd.datacite.datacite+xml": EVERYTHING,
    "api application/x-dc+xml": EVERYTHING,
    "api application/marcxml+xml": EVERYTHING,
    "api application/dcat+xml": EVERYTHING,
    "api application/linkset+json": ("words", "url"),
    "api application/vnd.citationstyles.csl+json": (),
    "api application/vnd.geo+json": (),
    "api application/x-bibtex": (),
    "api text/x-bibliography": (),
    "oai marcxml": EVERYTHING,
    "oai marc21": EVERYTHING,
    "oai oai_dc": EVERYTHING,
    "oai dcat": EVERYTHING,
    "oai datacite": EVERYTHING,
    "oai datacite4": EVERYTHING,
    "oai oai_datacite": EVERYTHING,
    "oai oai_datacite4": EVERYTHING,
    "page": ("coar", "words", "url"),
}
PROMISES = (
    "openAccess", "embargoedAccess", "c_abf2", "c_f1cf", "access-right/PUBLIC", "isAccessibleForFree", "embargoEnd",
    "/files", "/media-files", "/iiif/", "downloadURL", "Distribution>", '"item"',
)  # fmt: skip
LICENCE = ("cc-by", "creativecommons", "CANARY")
ITEMS = ("export json", "api application/json", "api application/vnd.inveniordm.v1+json")


def metadata(instance):
    # with everything that a form of the host takes about data and their files
    body = instance.metadata(rdm_instance.example())
    body["metadata"].update(rights=[{"id": "cc-by-4.0"}], sizes=["CANARY 1 MB"], formats=["CANARY"], copyright="CANARY")
    return body


@pytest.fixture(scope="module")
def ours(instance):
    """{name: PID}"""
    found = {}
    for name, (members, state, *_) in OURS.items():
        description = rdm_instance.example()
        description["sensitive"].update(members)
        identifier = "exports/" + name
        found[name] = instance.source.register(identifier, description)["pid"]
        if state:
            instance.source.set_state(identifier, state, REASON + ".")
    return found


@pytest.fixture(scope="module")
def curated(instance):
    """The PID of a curator's record, which says as much of files and licences as the host allows."""
    drafted = instance.draft(metadata(instance))
    assert drafted.status_code == 201, drafted.text
    assert instance.submit(drafted.json()["id"]).status_code in (200, 202)
    return drafted.json()["id"]


@pytest.fixture(scope="module")
def other(instance):
    """The PID of a record that is in no community of a source."""
    body = metadata(instance)
    body.pop("custom_fields")
    pid = instance.draft(body).json()["id"]
    published = instance.call("POST", "/api/records/%s/draft/actions/publish" % pid, "curator")
    assert published.status_code == 202, published.text
    return pid


def served(instance, pid):
    """{name as in SAYS: what is served}"""
    config = instance.app.config
    oai = instance.call("GET", "/api/records/" + pid).json()["pids"]["oai"]["identifier"]
    wanted = {
        "export " + name: ("/records/%s/export/%s" % (pid, name), {}) for name in config["APP_RDM_RECORD_EXPORTERS"]
    }
    # the media type with a profile cannot be asked for: no `Accept` is ever equal to it
    kinds = [kind for kind in _media_types(instance) if ";" not in kind]
    wanted.update({"api " + kind: ("/api/records/" + pid, {"Accept": kind}) for kind in kinds})
    for prefix in config["OAISERVER_METADATA_FORMATS"]:
        path = "/oai2d?verb=GetRecord&metadataPrefix=%s&identifier=%s" % (prefix, oai)
        wanted["oai " + prefix] = (path, {})
    answers = {name: instance.call("GET", path, headers=headers) for name, (path, headers) in wanted.items()}
    assert {name: a.status_code for name, a in answers.items() if a.status_code != 200} == {}
    said = {name: re.sub("(?<=<responseDate>)[^<]*", "", a.content.decode("utf-8")) for name, a in answers.items()}
    page = instance.call("GET", "/records/" + pid)
    (said["page"],) = re.findall("<script type=.application/ld.json.>(.*?)</script>", page.text, re.S)
    return said


def _media_types(instance):
    from invenio_rdm_records.resources.config import record_serializers

    return list(record_serializers)


def rights_of_marc(text):
    """[words of the right] of MARC's field 506; the host says its status in 542."""
    fields = [one for one in etree.fromstring(text.encode("utf-8")).iter() if one.get("tag") in ("506", "542")]
    rights = [{part.get("code"): part.text for part in field} for field in fields if field.get("tag") == "506"]
    assert "542" not in [field.get("tag") for field in fields]
    return [right["a"] for right in rights if "f" in right]


@pytest.mark.parametrize("name", OURS)
def test_every_format_says_the_same(instance, ours, name):
    _, _, terms, words, status = OURS[name]
    pid = ours[name]
    url = "%s/api/access/%s" % (instance.base_url, pid)
    said = served(instance, pid)
    assert set(said) == set(SAYS)
    missing = [
        (where, what)
        for where, whats in SAYS.items()
        for what in whats
        if dict(terms, words=words, url=url)[what] not in said[where]
    ]
    assert missing == []
    assert [(where, word) for where, text in said.items() for word in PROMISES if word in text] == []
    body = json.loads(said["api application/json"])
    assert (body["access"]["status"], body["links"]["request_access"]) == (status, url)
    assert not {"files", "archive", "thumbnails", "access_request", "self_iiif_manifest"} & set(body["links"])
    assert rights_of_marc(said["export marcxml"]) == rights_of_marc(said["oai marcxml"]) == [words]
    for where in ("export json-ld", "api application/ld+json", "page"):
        values = json.loads(said[where])["additionalProperty"]
        assert [value["name"] for value in values] == ["access right", "state"][: 1 + bool(OURS[name][1])]
    if OURS[name][1]:
        silent = [w for w, whats in SAYS.items() if whats == EVERYTHING and REASON not in said[w]]
        assert silent == []


def test_what_is_left_of_a_withdrawn_dataset_promises_nothing(instance):
    # what it still says is a table of its own, test_rdm_tombstone
    identifier = "exports/withdrawn"
    pid = instance.source.register(identifier, rdm_instance.example())["pid"]
    instance.source.set_state(identifier, "withdrawn", REASON + ".")
    said = served(instance, pid)
    assert [(where, word) for where, text in said.items() for word in PROMISES if word in text] == []
    body = json.loads(said["api application/json"])
    assert (body["access"]["status"], body["access"]["label"]) == ("metadata-only", "Withdrawn")


def test_what_a_curator_says_of_files_stays_in_the_record(instance, curated):
    said = served(instance, curated)
    found = {where for where, text in said.items() for word in LICENCE + PROMISES if word in text}
    assert found <= set(ITEMS)
    assert json.loads(said["api application/json"])["metadata"]["rights"][0]["id"] == "cc-by-4.0"


def test_lists(instance, ours, other):
    instance.index()
    kinds = [kind for kind in _media_types(instance) if ";" not in kind]
    for kind in kinds:
        answer = instance.call("GET", "/api/records?q=&size=25", headers={"Accept": kind})
        assert answer.status_code == 200, (kind, answer.text)
        name = "api " + kind
        for what in SAYS[name]:
            terms = dict(RESTRICTED, words="Access can be requested", url="/api/access/" + ours["controlled"])
            assert terms[what] in answer.content.decode(), (kind, what)
        alone = instance.call("GET", "/api/records?q=id:" + ours["controlled"], headers={"Accept": kind})
        text = alone.content.decode()
        assert [word for word in PROMISES if word in text] == [], kind
    hits = instance.call("GET", "/api/records?q=&size=25").json()["hits"]["hits"]
    with_files = {hit["id"]: "files" in hit["links"] for hit in hits}
    assert with_files[other] is True and with_files[ours["controlled"]] is False
    # OAI-PMH's lists hand out what the index holds
    listed = instance.call("GET", "/oai2d?verb=ListRecords&metadataPrefix=oai_dc").text
    assert ours["controlled"] in listed and "c_16ec" in listed


def test_xml_is_well_formed(instance, ours):
    for where, text in served(instance, ours["suspended"]).items():
        if text.lstrip().startswith("<"):
            etree.fromstring(text.encode("utf-8"))
        if where.split("/")[-1].endswith("json"):
            json.loads(text)


def test_link_headers(instance, ours, other):
    pid = ours["controlled"]
    page, api, access = (instance.base_url + path + pid for path in ("/records/", "/api/records/", "/api/access/"))
    request = '<%s>; rel="urn:secureb2share:rel:request-access"; title="Access can be requested"' % access
    linkset = '<%s>; rel="linkset"; type="application/linkset+json"' % api
    back = '<%s>; rel="describes"; type="text/html"' % page
    header = instance.call("GET", "/records/" + pid).headers["Link"]
    assert header.startswith('<%s>; rel="cite-as", ' % page) and request in header and header.endswith(linkset)
    for path in ("/api/records/" + pid, "/records/%s/export/cff" % pid):
        assert instance.call("GET", path).headers["Link"] == ", ".join([back, linkset, request])
    for path in ("/api/records/", "/records/"):
        assert "urn:secureb2share" not in instance.call("GET", path + other).headers["Link"]
    found = instance.call("GET", "/api/records/" + pid, headers={"Accept": "application/linkset+json"}).json()[
        "linkset"
    ]
    assert found[0]["anchor"] == page and "item" not in found[0]
    own = {"anchor": api, "describes": [{"href": page, "type": "text/html"}]}
    # of the description, never of the data
    assert found[1:] == [dict(own, license=[{"href": "https://spdx.org/licenses/CC-BY-4.0"}])]


def test_nothing_of_the_host_is_foreign(instance):
    from secureb2share_ext.hosts.rdm.serving import serializer_config

    assert [serializer_config.faults(app) for app in instance.apps()] == [[], []]


def test_what_datacite_is_told(instance, ours, other):
    from datacite import schema45
    from invenio_rdm_records.records.api import RDMRecord
    from invenio_rdm_records.utils import ChainObject

    def told(key, pid, is_parent):
        record = RDMRecord.pid.resolve(pid)
        record.pids = {"doi": {"identifier": "10.5072/" + pid, "provider": "datacite"}}
        record.parent.pids = {"doi": {"identifier": "10.5072/parent", "provider": "datacite"}}
        (provider,) = [one for one in instance.app.config[key] if one.name == "datacite"]
        chain = ChainObject(record.parent, record, aliases={"_parent": record.parent, "_child": record})
        return provider.serializer.dump_obj(chain if is_parent else record)

    with instance.app.test_request_context():
        document = told("RDM_PERSISTENT_IDENTIFIER_PROVIDERS", ours["suspended"], False)
        above = told("RDM_PARENT_PERSISTENT_IDENTIFIER_PROVIDERS", ours["suspended"], True)
        others = told("RDM_PERSISTENT_IDENTIFIER_PROVIDERS", other, False)
    assert document["doi"] == "10.5072/" + ours["suspended"] and schema45.validate(document)
    assert document["rightsList"][3]["rights"] == "Requests are suspended"
    assert above["rightsList"] == document["rightsList"] and above["titles"]
    assert "10.5072/parent" in json.dumps(above)
    assert others["sizes"] == ["CANARY 1 MB"] and others["rightsList"][0]["rightsIdentifier"] == "cc-by-4.0"


def test_drafts_keep_the_links_of_the_form(instance, curated):
    drafted = instance.call("POST", "/api/records/%s/draft" % curated, "curator")
    assert drafted.status_code == 201, drafted.text
    assert "files" in drafted.json()["links"] and "request_access" not in drafted.json()["links"]
    for kind in ("application/vnd.datacite.datacite+json", "application/marcxml+xml", "application/ld+json"):
        headers = {"Accept": kind}
        answer = instance.call("GET", "/api/records/%s/draft" % curated, "curator", headers=headers)
        assert answer.status_code == 200 and not [word for word in PROMISES + LICENCE if word in answer.text]


def test_other_records_are_served_byte_for_byte(instance, other):
    on = served(instance, other)
    headers = [instance.call("GET", path + other).headers["Link"] for path in ("/api/records/", "/records/")]
    rdm_instance.start(instance, SECUREB2SHARE_MODE="off")
    try:
        off = served(instance, other)
        without = [instance.call("GET", path + other).headers["Link"] for path in ("/api/records/", "/records/")]
    finally:
        rdm_instance.start(instance)
    assert {name for name in on if on[name] != off[name]} == set()
    assert headers == without
    assert "cc-by-4.0" in on["api application/json"]
