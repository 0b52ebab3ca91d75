import html
import json
import re
import uuid

import pytest

pytest.importorskip("invenio_records_rest")
pytest.importorskip("invenio_oaiserver")

import fuji  # noqa: E402
from flask import current_app  # noqa: E402
from instance import create_app, example, running, skip_unless_there  # noqa: E402
from invenio_db import db  # noqa: E402
from invenio_oaiserver.utils import serializer  # noqa: E402
from invenio_pidstore.proxies import current_pidstore  # noqa: E402
from invenio_records.api import Record  # noqa: E402
from invenio_records.models import RecordMetadata  # noqa: E402
from lxml import etree  # noqa: E402
from samples import CHECKSUM, CLOSED, HOSTILE, NAME, RESTRICTED  # noqa: E402
from served import ONE_DATABASE  # noqa: E402
from werkzeug.test import Client  # noqa: E402
from xml_schemas import NS, faults, texts  # noqa: E402

from secureb2share_ext.datasets import store  # noqa: E402
from secureb2share_ext.hosts import published as of_dataset  # noqa: E402
from secureb2share_ext.proxies import current

DATACITE = "application/vnd.datacite.datacite"
# name -> (access right, embargo, vocabularies, label)
ACCESS = {
    "controlled": ("controlled", None, RESTRICTED, "Access can be requested"),
    "embargoed": ("embargoed", "2199-12-31", RESTRICTED, "Access can be requested from 2199-12-31"),
    "over": ("embargoed", "2020-01-01", RESTRICTED, "Access can be requested"),
    "closed": ("metadata-only", None, CLOSED, "Access cannot be requested"),
}
LABELS = {
    "active": None, "suspended": "Requests are suspended", "superseded": "Superseded by another dataset",
    "withdrawn": "Withdrawn",
}  # fmt: skip


def described(right, until, title="A study", **changed):
    description = example()
    description["core"]["titles"][0]["text"] = title
    description["sensitive"]["access_right"] = right
    if until:
        description["sensitive"]["embargo_until"] = until
    return dict(description, **changed)


@pytest.fixture(scope="module", params=ONE_DATABASE)
def instance(request, tmp_path_factory):
    skip_unless_there(request.param)
    with running(request.param, tmp_path_factory.mktemp("instance")) as found:
        yield found


@pytest.fixture(scope="module")
def published(instance):
    return publish(instance)


def publish(instance):
    # {(access, state): what the registration answered}
    found = {}
    instance.source.register("successor", described("controlled", None))
    for access, (right, until, _, _) in ACCESS.items():
        for state in LABELS:
            identifier = "%s/%s" % (access, state)
            answer = instance.source.register(identifier, described(right, until))
            if state != "active":
                successor = {"successor": "successor"} if state == "superseded" else {}
                instance.source.set_state(identifier, state, "Because.", **successor)
            found[access, state] = answer
    return found


def served(instance, pid, kind):
    answer = instance.call("GET", "/api/records/" + pid, headers={"Accept": kind})
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, kind)
    assert 'rel="urn:secureb2share:rel:request-access"' in answer.headers["Link"] and answer.headers["Vary"] == "Accept"
    return answer


class _Local(Client):
    def open(self, *args, **kwargs):
        # Invenio's rate limits want to know from where a request comes
        kwargs.setdefault("environ_base", {"REMOTE_ADDR": "127.0.0.1"})
        return super().open(*args, **kwargs)


def oai(instance, **arguments):
    answer = instance.call("GET", "/oai2d", params=arguments)
    root = etree.fromstring(answer.content)
    assert faults("oai-pmh", root) == []
    return root


def test_item_hit_and_every_export_say_the_same(instance, published):
    hits = instance.call("GET", "/api/records/?size=100").json()["hits"]["hits"]
    hits = {hit["id"]: hit for hit in hits}
    for (access, state), answer in published.items():
        pid, link = answer["pid"], answer["access_url"]
        _, _, terms, label = ACCESS["closed" if state == "withdrawn" else access]
        truth = (terms, LABELS[state] or label, link)
        item = served(instance, pid, "application/json").json()
        said = item["access"]
        assert ((said["coar"], said["info_eu_repo"], said["eu"]), said["label"], said["url"]) == truth
        assert (said["state"], item["links"]["request_access"]) == (state, link)
        assert (pid in hits) == (state != "withdrawn")
        if pid in hits:
            members = ("access", "files", "metadata")
            assert [hits[pid][name] for name in members] == [item[name] for name in members]
            assert hits[pid]["links"] == item["links"]
        web = served(instance, pid, "application/ld+json").json()
        (right,) = web["additionalProperty"][:1]
        assert (web["usageInfo"], right["description"], right["url"]) == (terms[0], truth[1], link)
        rights = served(instance, pid, DATACITE + "+json").json()["rightsList"]
        assert (tuple(r["rightsUri"] for r in rights[:3]), rights[3]["rights"], rights[3]["rightsUri"]) == truth
        xml = etree.fromstring(served(instance, pid, DATACITE + "+xml").content)
        rights = xml.findall("d:rightsList/d:rights", NS)
        assert (tuple(r.get("rightsURI") for r in rights[:3]), rights[3].text, rights[3].get("rightsURI")) == truth
        assert faults("kernel-4", xml) == []
        dc = etree.fromstring(served(instance, pid, "application/x-dc+xml").content)
        info_eu_repo, coar, eu, said, url = texts(dc, "dc:rights")[:5]
        assert ((coar, info_eu_repo, eu), said, url) == truth and faults("oai_dc", dc) == []
        (page, *_) = served(instance, pid, "application/linkset+json").json()["linkset"]
        (request,) = page["urn:secureb2share:rel:request-access"]
        assert (page["anchor"], request["title"], request["href"]) == (answer["record_url"],) + truth[1:]
        shown = instance.call("GET", "/records/" + pid)
        # prose about methods is left out of the page, whose weight is bounded
        short = {name: value for name, value in web.items() if name != "measurementTechnique"}
        assert json.loads(re.search(r'ld\+json">(.*?)</script>', shown.text).group(1)) == short
        assert (
            '<%s>; rel="urn:secureb2share:rel:request-access"; title="%s"' % (link, truth[1]) in shown.headers["Link"]
        )


def test_a_record_that_has_no_times_yet_is_shown(instance, published):
    # as DataCite is told of one while it is published
    pid = published["controlled", "withdrawn"]["pid"]
    with instance.app.app_context():
        entry = of_dataset.by_pid(pid)
        record = Record(dict(current().host.record(entry.row)))
        assert record.updated is None and of_dataset.shown(entry, record).dataset.pid == pid


def test_each_link_of_the_page_leads_to_what_it_says(instance, published):
    answer = published["controlled", "active"]
    links = instance.call("GET", answer["record_url"][len(instance.base_url) :]).headers["Link"].split(", ")
    described = [link for link in links if 'rel="describedby"' in link or 'rel="linkset"' in link]
    assert len(described) == 7
    for link in described:
        url, kind = re.match(r'<(.*?)>; rel="[a-z]+"; type="(.*?)"$', link).groups()
        found = instance.call("GET", url[len(instance.base_url) :])
        assert (found.status_code, found.headers["Content-Type"].split(";")[0]) == (200, kind)
    assert instance.call("GET", "/api/records/%s?format=nothing" % answer["pid"]).json()["id"] == answer["pid"]
    nothing = instance.call("GET", "/api/records/" + answer["pid"], headers={"Accept": "text/csv"})
    assert nothing.status_code == 406


def test_a_reader_of_the_page_finds_every_point_of_f_uji_that_needs_no_doi(instance):
    pid = instance.source.register("fuji", example("sleep-wearables"))["pid"]
    page = instance.call("GET", "/records/" + pid)
    links = fuji.links_of(page.headers["Link"])
    found = {kind: instance.call("GET", url[len(instance.base_url) :]) for _, url, kind in links if "?format=" in url}
    embedded = json.loads(re.search(r'ld\+json">(.*?)</script>', page.text).group(1))
    documents = {kind: answer.text for kind, answer in found.items() if answer.headers["Content-Type"].startswith(kind)}
    assert fuji.failing(fuji.Seen(instance.base_url + "/records/" + pid, links, embedded, documents), (fuji.US,)) == []


@pytest.mark.parametrize("access", sorted(ACCESS))
def test_oai_gives_single_records_without_a_search_cluster(instance, published, access):
    _, _, terms, label = ACCESS[access]
    for state, instead in LABELS.items():
        answer = published[access, state]
        for prefix in ("oai_dc", "oai_datacite"):
            root = oai(instance, verb="GetRecord", metadataPrefix=prefix, identifier="oai:localhost:" + answer["pid"])
            if state == "withdrawn":
                (record,) = root.find("o:GetRecord", NS)
                assert record.find("o:header", NS).get("status") == "deleted" and len(record) == 1
                continue
            assert texts(root, "o:GetRecord/o:record/o:header/o:identifier") == ["oai:localhost:" + answer["pid"]]
            (found,) = root.find("o:GetRecord/o:record/o:metadata", NS)
            assert faults(prefix, found) == []
            if prefix == "oai_dc":
                info_eu_repo, coar, eu, said, link = texts(found, "dc:rights")[:5]
            else:
                (resource,) = found.find("od:payload", NS)
                assert faults("kernel-4", resource) == []
                rights = resource.findall("d:rightsList/d:rights", NS)
                (coar, info_eu_repo, eu), said = [r.get("rightsURI") for r in rights[:3]], rights[3].text
                link = rights[3].get("rightsURI")
            assert ((coar, info_eu_repo, eu), said, link) == (terms, instead or label, answer["access_url"])


def test_oai_names_its_two_formats_and_knows_no_others(instance, published):
    root = oai(instance, verb="ListMetadataFormats")
    assert texts(root, ".//o:metadataPrefix") == ["oai_dc", "oai_datacite"]
    identifier = "oai:localhost:" + published["controlled", "active"]["pid"]
    for arguments, code in [
        ({"verb": "GetRecord", "metadataPrefix": "marc21", "identifier": identifier}, "badArgument"),
        ({"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": "oai:localhost:0"}, "idDoesNotExist"),
    ]:
        assert oai(instance, **arguments).find("o:error", NS).get("code") == code


def test_oai_lists_need_no_search_cluster_but_those_of_a_sites_own_sets(instance, published):
    for verb in ("Identify", "ListRecords&metadataPrefix=oai_dc", "ListIdentifiers&metadataPrefix=oai_dc"):
        assert instance.call("GET", "/oai2d?verb=" + verb).status_code == 200
    answer = instance.call("GET", "/oai2d?verb=ListRecords&metadataPrefix=oai_dc&set=of-the-site")
    assert answer.status_code == 503 and answer.headers["Retry-After"] and "cluster" in answer.text


def harvest(instance, verb, prefix):
    arguments, pages = {"metadataPrefix": prefix}, []
    while arguments:
        root = oai(instance, verb=verb, **arguments)
        pages.append(root.find("o:" + verb, NS))
        token = pages[-1].find("o:resumptionToken", NS)
        arguments = {"resumptionToken": token.text} if token is not None and token.text else None
    return pages


def test_a_harvest_says_the_same_and_names_what_was_withdrawn(tmp_path):
    skip_unless_there("services")
    with running("services", tmp_path, OAISERVER_PAGE_SIZE=3) as cluster:
        published = publish(cluster)
        cluster.index()
        assert texts(oai(cluster, verb="Identify"), "o:Identify/o:deletedRecord") == ["persistent"]
        there = {key: answer for key, answer in published.items() if key[1] != "withdrawn"}
        identifiers = {"oai:localhost:" + answer["pid"] for answer in there.values()}
        for prefix in ("oai_dc", "oai_datacite"):
            pages = harvest(cluster, "ListIdentifiers", prefix)
            headers = [header for page in pages for header in page.findall("o:header", NS)]
            deleted = [header for header in headers if header.get("status") == "deleted"]
            assert len(deleted) == len(published) - len(there)
            named = [texts(header, "o:identifier")[0] for header in headers if header not in deleted]
            # the successor that the superseded ones name is the one more
            assert len(pages) == 6 and len(named) == 13 == len(set(named)) and identifiers < set(named)
            records = [r for page in harvest(cluster, "ListRecords", prefix) for r in page.findall("o:record", NS)]
            assert len([one for one in records if one.find("o:metadata", NS) is None]) == len(deleted)
            records = [one for one in records if one.find("o:metadata", NS) is not None]
            found = {texts(record, "o:header/o:identifier")[0]: record for record in records}
            assert sorted(found) == sorted(named)
            for answer in there.values():
                identifier = "oai:localhost:" + answer["pid"]
                (single,) = oai(cluster, verb="GetRecord", metadataPrefix=prefix, identifier=identifier).find(
                    "o:GetRecord/o:record/o:metadata", NS
                )
                (listed,) = found[identifier].find("o:metadata", NS)
                assert faults(prefix, listed) == []
                assert etree.tostring(listed, method="c14n") == etree.tostring(single, method="c14n")
        hits = cluster.call("GET", "/api/records/?size=100").json()["hits"]["hits"]
        assert len(hits) == 13
        for hit in hits:
            item = served(cluster, hit["id"], "application/json").json()
            assert (hit["metadata"], hit["access"], hit["files"]) == (item["metadata"], item["access"], item["files"])


def test_new_versions_are_linked_in_both_records(instance):
    old = instance.source.register("versions/1", described("controlled", None))
    new = instance.source.register("versions/2", described("controlled", None, version={"replaces": "versions/1"}))
    links = {"versions/1": old["record_url"], "versions/2": new["record_url"]}
    for answer, name, other, relation, link in [
        (old, "replaced_by", "versions/2", "IsPreviousVersionOf", "successor-version"),
        (new, "replaces", "versions/1", "IsNewVersionOf", "predecessor-version"),
    ]:
        item = served(instance, answer["pid"], "application/json").json()
        assert list(item["versions"]) == [name]
        found = item["versions"][name]
        assert (found["identifier"], found["url"]) == (other, links[other])
        (related,) = served(instance, answer["pid"], DATACITE + "+json").json()["relatedIdentifiers"]
        assert (related["relatedIdentifier"], related["relationType"]) == (links[other], relation)
        page = served(instance, answer["pid"], "application/linkset+json").json()["linkset"][0]
        assert page[link] == [{"href": links[other]}]
        assert links[other] in texts(
            etree.fromstring(served(instance, answer["pid"], "application/x-dc+xml").content), "dc:relation"
        )


def test_hostile_titles_survive_pages_and_harvests(instance):
    for number, text in enumerate(HOSTILE):
        identifier = "hostile/%d/" % number + text[:200].strip()
        title = text.strip()
        answer = instance.source.register(identifier, described("controlled", None, title))
        pid = answer["pid"]
        assert instance.source.get(identifier)["pid"] == pid
        page = instance.call("GET", "/records/" + pid, headers={"Accept-Language": "nb"})
        assert html.unescape(re.search("<h1[^>]*>(.*?)</h1>", page.text, re.S).group(1)) == title
        web = json.loads(re.search(r'ld\+json">(.*?)</script>', page.text).group(1))
        assert (web["name"][0]["@value"], web["identifier"]) == (title, [pid, identifier])
        found = oai(instance, verb="GetRecord", metadataPrefix="oai_dc", identifier="oai:localhost:" + pid)
        assert texts(found, ".//dc:title")[0] == title and texts(found, ".//dc:identifier")[2] == identifier
        assert served(instance, pid, "application/json").json()["metadata"]["titles"][0]["text"] == title


def test_names_of_files_go_when_the_setting_does(instance):
    sources = instance.configured["SECUREB2SHARE_SOURCES"]

    def app_with(setting):
        given = {"tsd": dict(sources["tsd"], describe_files=setting)}
        return create_app(dict(instance.configured, SECUREB2SHARE_SOURCES=given))

    file = {"label": "Mothers", "name": NAME, "checksum": CHECKSUM, "size": 7654321987}
    description = described("controlled", None, files=[file])
    full = app_with("full")
    with full.app_context():
        body = current().host.to_record(description)
    token = {"Authorization": "Bearer " + instance.tokens["curator"]}
    made = _Local(full).post("/api/records/", json=body, headers=token)
    assert made.status_code == 201 and NAME in made.text
    path = "/api/records/" + made.json["id"]
    assert NAME in _Local(full).get(path).text
    labels = _Local(app_with("labels"))
    for kind in (
        "application/json",
        "application/ld+json",
        DATACITE + "+json",
        DATACITE + "+xml",
        "application/x-dc+xml",
    ):
        answer = labels.get(path, headers={"Accept": kind})
        assert answer.status_code == 200
        assert not [word for word in (NAME, CHECKSUM, "7654321987") if word in answer.text]
    assert NAME not in labels.get("/api/records/?q=Mothers&size=100").text


def test_a_sites_own_serializer_never_speaks_for_our_records(instance):
    calls = []

    def own(pid, record, code=200, headers=None, links_factory=None):
        calls.append(record)
        raise AssertionError("not for records of ours")

    endpoints = dict(instance.configured["RECORDS_REST_ENDPOINTS"])
    entry = dict(endpoints["tsd"])
    entry["record_serializers"] = dict(entry["record_serializers"], **{DATACITE + "+xml": own, "text/x-own": own})
    entry["search_serializers"] = dict(entry["search_serializers"], **{DATACITE + "+xml": own})
    app = create_app(dict(instance.configured, RECORDS_REST_ENDPOINTS=dict(endpoints, tsd=entry)))
    pid = instance.source.register("own", described("controlled", None))["pid"]
    client = _Local(app)
    assert client.get("/api/records/" + pid, headers={"Accept": DATACITE + "+xml"}).status_code == 200
    assert client.get("/api/records/", headers={"Accept": DATACITE + "+xml"}).status_code == 406
    assert calls == []
    with app.app_context():
        (fault,) = current().host.export_faults(app)
    assert "text/x-own" in fault and "RECORDS_REST_ENDPOINTS['tsd']" in fault


def test_records_of_others_keep_the_sites_serializers(instance):
    def own(pid, record, code=200, headers=None, links_factory=None):
        return current_app.response_class("own " + record["title"], mimetype=DATACITE + "+xml")

    def own_dc(pid, record):
        root = etree.Element("{%s}dc" % NS["oai_dc"])
        etree.SubElement(root, "{%s}title" % NS["dc"]).text = record["_source"]["title"]
        return root

    # as the host makes records where this package is off
    with create_app(dict(instance.configured, SECUREB2SHARE_MODE="off")).app_context():
        record_uuid, metadata = uuid.uuid4(), {"title": "Not ours"}
        current_pidstore.minters["recid"](record_uuid, metadata)
        identifier = current_pidstore.minters["oaiid"](record_uuid, metadata).pid_value
        Record.create(metadata, id_=record_uuid)
        db.session.commit()
        pid = metadata["control_number"]
    dc = {"serializer": own_dc, "schema": "https://x.example.org/dc.xsd", "namespace": NS["oai_dc"]}
    oai_2 = {"oai_dc": dc, "own": dict(dc, namespace="https://x.example.org/own")}
    endpoints = dict(instance.configured["RECORDS_REST_ENDPOINTS"])
    entry = dict(endpoints["tsd"])
    entry["record_serializers"] = dict(entry["record_serializers"], **{DATACITE + "+xml": own})
    configured = dict(instance.configured, RECORDS_REST_ENDPOINTS=dict(endpoints, tsd=entry))
    app = create_app(dict(configured, OAISERVER_METADATA_FORMATS=oai_2))
    client = _Local(app)
    answer = client.get("/api/records/" + pid, headers={"Accept": DATACITE + "+xml"})
    assert (answer.status_code, answer.text) == (200, "own Not ours")
    assert client.get("/api/records/" + pid, headers={"Accept": DATACITE + "+json"}).status_code == 406
    # invenio-oaiserver remembers the serializers of the first application of a process
    serializer.cache_clear()
    try:
        found = client.get("/oai2d?verb=GetRecord&metadataPrefix=oai_dc&identifier=" + identifier)
        assert texts(etree.fromstring(found.data), ".//dc:title") == ["Not ours"]
        found = client.get("/oai2d?verb=GetRecord&metadataPrefix=oai_datacite&identifier=" + identifier)
        (element,) = etree.fromstring(found.data).find(".//o:metadata", NS)
        assert (element.tag, len(element)) == ("{%s}oai_datacite" % NS["od"], 0)
    finally:
        serializer.cache_clear()
    with app.app_context():
        (fault,) = current().host.export_faults(app)
    assert "OAISERVER_METADATA_FORMATS: own " in fault


def test_a_damaged_record_is_said_to_be_and_does_not_end_a_harvest(instance):
    answer = instance.source.register("damaged", described("controlled", None))
    with instance.app.app_context():
        row = store.find("tsd", "damaged")
        model = db.session.get(RecordMetadata, row.record_uuid)
        model.json = {name: value for name, value in model.json.items() if name != "sensitive"}
        db.session.commit()
        db.session.remove()
    path = "/api/records/" + answer["pid"]
    assert "access" not in instance.call("GET", path).json()
    for kind in ("application/ld+json", DATACITE + "+xml", "application/linkset+json"):
        found = instance.call("GET", path, headers={"Accept": kind})
        assert (found.status_code, found.json()["code"]) == (503, "damaged")
    root = oai(instance, verb="GetRecord", metadataPrefix="oai_dc", identifier="oai:localhost:" + answer["pid"])
    (element,) = root.find(".//o:metadata", NS)
    assert faults("oai_dc", element) == [] and len(element) == 0
