"""The answers of B2SHARE, which all agree on right and link; none leads to content."""

import contextlib
import uuid
from xml.etree import ElementTree

import pytest

pytest.importorskip("b2share", reason="the real B2SHARE 2.4 is in no registry: see docs/howto/test-on-b2share2.md")

import real_instance  # noqa: E402
from sqlalchemy import event  # noqa: E402
from sqlalchemy.engine import Engine  # noqa: E402

from secureb2share_ext.dataset import Dataset  # noqa: E402
from secureb2share_ext.exports import citation, coverage  # noqa: E402
from secureb2share_ext.proxies import current  # noqa: E402

OAI = "/api/oai2d?verb=%s&metadataPrefix=%s"
PREFIXES = ("oai_dc", "eudatcore", "eudatextended", "marcxml")
TODAY = "2999-01-01"
RESTRICTED = ("info:eu-repo/semantics/restrictedAccess", "http://purl.org/coar/access_right/c_16ec")
CLOSED = ("info:eu-repo/semantics/closedAccess", "http://purl.org/coar/access_right/c_14cb")
RIGHTS = {
    "controlled": ({"access_right": "controlled"}, RESTRICTED),
    "embargoed": ({"access_right": "embargoed", "embargo_until": TODAY}, RESTRICTED),
    "metadata-only": ({"access_right": "metadata-only"}, CLOSED),
}
PERSON = {
    "message": "CANARY-PERSON",
    "email": "reader@example.org",
    "zipcode": "0",
    "phone": "0",
    "city": "CANARY-PERSON",
    "name": "CANARY-PERSON",
    "affiliation": "CANARY-PERSON",
    "address": "CANARY-PERSON",
    "country": "NO",
}


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if real_instance.missing():
        pytest.skip("%s is not set" % real_instance.missing())
    with real_instance.running(tmp_path_factory.mktemp("instance")) as found:
        yield found


def description(word=None, **sensitive):
    found = real_instance.example()
    found["sensitive"].update(sensitive)
    if word:
        found["core"]["keywords"] = [word]
    return found


def amounts():
    """The sizes and formats of the example in words."""
    dataset = Dataset("tsd", "", description())
    return coverage.sizes(dataset.sensitive) + coverage.formats(dataset)


def published(instance, by, **given):
    if by == "source":
        return instance.source.register("links/" + uuid.uuid4().hex, description(**given))["pid"]
    answer = instance.curate(description(**given))
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def texts(xml, *names):
    """Texts of the elements with these local names."""
    found = ElementTree.fromstring(xml).iter()
    return [element.text for element in found if element.tag.rpartition("}")[2] in names]


def oai_record(instance, pid, prefix):
    identifier = instance.execute(
        "SELECT pid_value FROM pidstore_pid WHERE pid_type = 'oai' AND pid_value LIKE :like", like="%" + pid
    )[0][0]
    answer = instance.call("GET", OAI % ("GetRecord", prefix) + "&identifier=" + identifier)
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize("by", ["source", "curator"])
@pytest.mark.parametrize("right", sorted(RIGHTS))
def test_every_answer_agrees(instance, right, by):
    fields, (info_eu_repo, coar) = RIGHTS[right]
    word = "w" + uuid.uuid4().hex
    pid = published(instance, by, word=word, **fields)
    url = instance.base_url + "/api/access/" + pid
    instance.index()
    item = instance.call("GET", "/api/records/" + pid)
    draft = instance.call("GET", "/api/records/%s/draft" % pid, "superuser")
    (hit,) = instance.call("GET", "/api/records/?q=" + word).json()["hits"]["hits"]
    for body in (item.json(), draft.json(), hit):
        assert (body["access"]["info_eu_repo"], body["access"]["coar"]) == (info_eu_repo, coar)
        assert body["access"]["url"] == body["links"]["request_access"] == url
        first, *others = body["metadata"]["_files"]
        assert first["url"] == instance.base_url + "/api/secureb2share/access/" + pid
        assert {entry["url"] for entry in others} == ({url} if right == "controlled" else set())
        assert body["metadata"]["open_access"] is False and "embargo_date" not in body["metadata"]
        assert "files" not in body and "files" not in body["links"]
    for answer in (item, draft):
        assert "record_bucket" not in answer.headers.get("Link", "") and "/api/files/" not in answer.text
    links = instance.call("GET", "/api/linkset/%s/json" % pid)
    assert "/api/files/" not in links.text and url in links.text
    for prefix in PREFIXES:
        said = oai_record(instance, pid, prefix)
        values = texts(said, "rights", "subfield")
        assert {info_eu_repo, coar, url} <= set(values), (prefix, said)
        others = {value for value in values if value and value.startswith("info:eu-repo/semantics/")}
        assert others == {info_eu_repo}, (prefix, said)
        assert "embargoEnd" not in said and "/api/files/" not in said
        # in words of the description, never those of a file
        assert set(texts(said, "format", "size")) <= set(amounts())
        # B2SHARE's marcxml fails on the record from former times, which has no keywords
        listed = instance.call("GET", OAI % ("ListRecords", prefix) + "&set=" + instance.communities["sensitive"]).text
        assert url in listed, (prefix, listed[:2000])


@pytest.mark.parametrize(
    "right,label", [("controlled", "restricted access"), ("metadata-only", "metadata only access")]
)
def test_marc_says_one_right(instance, right, label):
    record = ElementTree.fromstring(oai_record(instance, published(instance, "source", **RIGHTS[right][0]), "marcxml"))
    said = {}
    for field in (element for element in record.iter() if element.tag.endswith("datafield")):
        for subfield in field:
            said.setdefault((field.get("tag"), subfield.get("code")), []).append(subfield.text)
    assert said["506", "f"] == [label] and ("542", "l") not in said


@pytest.mark.parametrize("by", ["source", "curator"])
def test_linkset_cites_the_doi(instance, by):
    pid = published(instance, by)
    doi = instance.execute(
        "SELECT pid_value FROM pidstore_pid WHERE pid_type = 'doi' AND pid_value LIKE :p", p="%" + pid
    )
    ((doi,),) = doi
    page = instance.call("GET", "/api/linkset/%s/json" % pid).json()["linkset"][0]
    assert page["cite-as"] == [{"href": "https://doi.org/" + doi}]
    bibtex, *others = page["describedby"]
    assert bibtex["type"] == "application/x-bibtex" and bibtex["href"].endswith(doi)
    cite = "%s/api/secureb2share/cite/%s?format=" % (instance.base_url, pid)
    assert {"href": cite + "dcat-ttl", "type": "text/turtle"} in others
    # each of them is there, and says whose it is
    for other in others:
        answer = instance.call("GET", other["href"][len(instance.base_url) :])
        assert answer.status_code == 200 and answer.headers["Content-Type"].startswith(other["type"]), other
    assert {form.name for form in citation.FORMS} - {"bibtex"} == {other["href"][len(cite) :] for other in others}
    assert page["anchor"] == instance.base_url + "/records/" + pid


def test_linkset_without_a_doi_cites_the_page_and_has_bibtex(instance, monkeypatch):
    from secureb2share_ext.uploads import lock

    for one in lock.of_instance(instance.app):
        for key in ("AUTOMATICALLY_ASSIGN_DOI", "FAKE_DOI"):
            monkeypatch.setitem(one.app.config, key, False)
    pid = published(instance, "source")
    page = instance.call("GET", "/api/linkset/%s/json" % pid).json()["linkset"][0]
    assert page["cite-as"] == [{"href": page["anchor"]}]
    cite = "%s/api/secureb2share/cite/%s?format=bibtex" % (instance.base_url, pid)
    assert page["describedby"][0] == {"href": cite, "type": "application/x-bibtex"}
    assert "@misc{" in instance.call("GET", cite[len(instance.base_url) :]).text


def test_statements_of_a_page(instance, monkeypatch):
    from secureb2share_ext.uploads import lock

    for _ in range(3):
        published(instance, "source")
    search = {
        name: "/api/records/?size=%%d&q=community:%s" % instance.communities[name] for name in ("sensitive", "open")
    }
    item = "/api/records/" + instance.records["open"]["pid"]
    ours = {size: statements(instance, search["sensitive"] % size) for size in (1, 3)}
    others = [statements(instance, search["open"] % 1), statements(instance, item)]
    for one in lock.of_instance(instance.app):
        monkeypatch.setattr(one.app.extensions["secureb2share"], "mode", "off")
    stock = [statements(instance, search["open"] % 1), statements(instance, item)]
    assert others == stock and ours == {1: stock[0] + 1, 3: stock[0] + 1}


def test_statements_of_what_has_no_page(instance, monkeypatch):
    from secureb2share_ext import stops
    from secureb2share_ext.uploads import lock

    # what a slow machine asks again falls into no count
    monkeypatch.setattr(stops, "KEPT", 86400)
    monkeypatch.setattr(lock, "INTERVAL", 86400)
    pids = [published(instance, "source") for _ in range(2)]
    found = {}
    for _ in range(2):
        pids.append(published(instance, "source"))
        with counted() as seen:
            size = len(instance.source.list()["datasets"])
        found[size] = len(seen)
    # one of them asks what an operator has stopped, there and for an access link
    assert len(found) == 2 and len(set(found.values())) == 1 and max(found.values()) <= 4, found
    assert statements(instance, "/api/access/" + pids[0], 302) <= 5
    with counted() as seen:
        published(instance, "source")
    # one asks what an operator has stopped, and one counts what the source has sent on this day
    assert len(of_ours(seen)) <= 19, of_ours(seen)
    with counted() as seen:
        answer = instance.call("GET", OAI % ("ListRecords", "oai_dc"))
    # however many records there are
    records = answer.text.count("</metadata>")
    assert records >= 4 and len(seen) <= 13, (records, seen)


def of_ours(seen):
    return [one for one in seen if "secureb2share_" in one]


def statements(instance, path, status=200):
    """The number of SQL statements that a page costs when it is asked for again."""
    assert instance.call("GET", path).status_code == status
    with counted() as found:
        assert instance.call("GET", path).status_code == status
    return len(found)


@contextlib.contextmanager
def counted():
    """The SQL statements that are sent meanwhile."""
    found = []

    def note(connection, cursor, statement, *args):
        found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_datacite_says_it_when_the_doi_is_minted(instance):
    from b2share.modules.records.api import B2ShareRecord
    from b2share.modules.records.serializers import datacite_v44
    from invenio_pidstore.models import PersistentIdentifier

    pid = published(instance, "source", access_right="controlled")
    with instance.app.test_request_context("/", base_url=instance.base_url):
        doi = (
            PersistentIdentifier.query.filter_by(pid_type="doi")
            .filter(PersistentIdentifier.pid_value.like("%" + pid))
            .one()
        )
        document = datacite_v44.serialize(doi, B2ShareRecord.get_record(doi.object_uuid))
    assert RESTRICTED[0] in document and RESTRICTED[1] in document and "closedAccess" not in document
    assert sorted(texts(document, "size", "format")) == sorted(amounts())


@pytest.mark.parametrize("kind", ["doi", "hdl"])
@pytest.mark.parametrize("resolver", ["", "doi:", "hdl:"])
def test_access_by_doi_and_handle(instance, kind, resolver):
    pid = published(instance, "source")
    ((value,),) = instance.execute(
        "SELECT pid_value FROM pidstore_pid WHERE pid_type = :kind AND pid_value LIKE :like", kind=kind, like="%" + pid
    )
    assert instance.call("GET", "/api/access/" + resolver + value).status_code == 302
    assert instance.call("GET", "/api/access/" + value + "x").status_code == 404
    answer = instance.call("GET", "/api/secureb2share/access/" + resolver + value)
    assert answer.status_code == 200 and 'href="%s/api/access/%s"' % (instance.base_url, pid) in answer.text
    canonical = '<%s/records/%s>; rel="canonical"' % (instance.base_url, pid)
    turtle = "<%s/api/secureb2share/cite/%s?format=dcat-ttl>" % (instance.base_url, pid)
    assert answer.headers["Link"] == '%s, %s; rel="describedby"; type="text/turtle"' % (canonical, turtle)
    # its frame and its look are ours, for the application of the API has none
    style = answer.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert instance.call("GET", style).status_code == 200
    assert instance.call("GET", "/api/secureb2share/access/" + value + "x").status_code == 404


def test_access_page_costs_few_statements(instance):
    pid = published(instance, "source")
    path = "/api/secureb2share/access/" + pid
    assert instance.call("GET", path).status_code == 200
    assert statements(instance, path, 200) <= 4


def test_editor_of_a_draft_is_told_instead_of_a_drop_zone(instance):
    drafted = instance.draft(instance.metadata(description()))
    body = drafted.json()
    assert "files" not in body and "record_bucket" not in drafted.headers.get("Link", "")
    answer = requests_get(instance, body["links"]["files"])
    assert (answer.status_code, answer.json()["code"]) == (403, "upload-refused")
    # the web interface shows this in the place of its drop zone
    assert "no file is uploaded here" in answer.json()["message"]


def test_drafts_of_other_communities_are_left_alone(instance):
    metadata = {
        "community": instance.communities["open"],
        "titles": [{"title": "Open"}],
        "open_access": True,
        "community_specific": {},
    }
    body = instance.draft(metadata).json()
    assert "/api/files/" in body["links"]["files"] and body["metadata"]["open_access"] is True
    assert "access" not in body and "request_access" not in body["links"]
    assert instance.submit(body["id"]).status_code == 200
    item = instance.call("GET", "/api/records/" + body["id"]).json()
    assert item["metadata"]["open_access"] is True and "access" not in item
    assert instance.count("secureb2share_dataset", "pid = '%s'" % body["id"]) == 0


def test_request_for_access_names_the_address_and_mails_nothing(instance, monkeypatch):
    from b2share.modules.records import views

    pid, sent = published(instance, "curator"), []
    monkeypatch.setattr(views, "send_email", sent.append)
    answer = instance.call("POST", "/api/records/%s/accessrequests" % pid, json=PERSON)
    url = instance.base_url + "/api/access/" + pid
    assert answer.json()["code"] == "request-elsewhere" and answer.json()["access_url"] == url
    assert url in answer.json()["message"] and "CANARY" not in answer.text and sent == []
    # other communities' records have B2SHARE's own form, and a report of abuse goes its way
    other = "/api/records/%s/accessrequests" % instance.records["open"]["pid"]
    assert instance.call("POST", other, json=PERSON).status_code == 200 and len(sent) == 1
    report = dict(PERSON, abusecontent=True, copyright=False, noresearch=False, illegalcontent=False)
    assert instance.call("POST", "/api/records/%s/abuse" % pid, json=report).status_code == 200 and len(sent) == 2


def test_search_down_publishes_nothing(instance, monkeypatch):
    from elasticsearch.exceptions import ConnectionError
    from invenio_search import current_search_client

    from secureb2share_ext import client

    pid = instance.draft(instance.metadata(description())).json()["id"]
    tables = "records_metadata", "pidstore_pid", "secureb2share_dataset", "secureb2share_event"
    before = [instance.count(table) for table in tables]

    def down(*args, **kwargs):
        raise ConnectionError("N/A", "down", "down")

    with instance.app.app_context():
        transport = type(current_search_client._get_current_object().transport)
    with monkeypatch.context() as patched:
        patched.setattr(transport, "perform_request", down)
        answer = instance.submit(pid)
        assert (answer.status_code, answer.json()["code"]) == (503, "search-down")
        with pytest.raises(client.Refused) as refused:
            instance.source.register("links/" + uuid.uuid4().hex, description())
        assert (refused.value.status, refused.value.code) == (503, "search-down")
    assert [instance.count(table) for table in tables] == before
    assert instance.submit(pid).status_code == 200


def test_index_that_fails_after_the_check_rolls_back(instance, monkeypatch):
    from invenio_indexer.api import RecordIndexer

    from secureb2share_ext import client

    tables = "records_metadata", "pidstore_pid", "secureb2share_dataset", "secureb2share_event", "secureb2share_message"
    before = [instance.count(table) for table in tables]

    told = []

    def fails(self, record):
        # the draft is indexed before anything is minted
        if record["publication_state"] == "published":
            raise RuntimeError("the index went away")

    with monkeypatch.context() as patched:
        patched.setattr(RecordIndexer, "index", fails)
        patched.setattr(instance.app.logger, "error", lambda *said, **more: told.append(said))
        with pytest.raises(client.Refused) as refused:
            instance.source.register("links/" + uuid.uuid4().hex, description())
    assert refused.value.status == 500
    # what was minted elsewhere is named for an operator
    assert [said[0] for said in told if "publication-failed" in said[0]]
    assert [instance.count(table) for table in tables] == before


def test_registration_by_another_host_name(instance):
    from secureb2share_ext import client

    address = instance.base_url.replace("localhost", "127.0.0.1")
    source = client.Client(address, "tsd", instance.key, catalogue=instance.base_url)
    said = source.register("links/" + uuid.uuid4().hex, description())
    assert said["record_url"].startswith(instance.base_url + "/records/")
    ((schema,),) = instance.execute(
        "SELECT r.json->>'$schema' FROM records_metadata r JOIN secureb2share_dataset d ON d.record_uuid = r.id"
        " WHERE d.pid = :pid",
        pid=said["pid"],
    )
    assert schema.startswith(instance.base_url + "/api/")


def test_new_version_of_a_curators_dataset(instance):
    pid = published(instance, "curator")
    drafted = instance.call("POST", "/api/records/?version_of=" + pid, "curator", data=b"", headers=JSON)
    assert drafted.status_code == 201, drafted.text
    newer = drafted.json()["id"]
    # the copy has no date, and whatever belonged to the other dataset alone
    assert instance.submit(newer).json()["errors"] == [{"field": "publication_date", "message": "is required"}]
    date = [{"op": "add", "path": "/publication_date", "value": "2026-01-01"}]
    assert instance.patch("/api/records/%s/draft" % newer, date).status_code == 200
    assert instance.submit(newer).status_code == 200
    old, new = (instance.call("GET", "/api/datasets/tsd/pid:" + one).json() for one in (pid, newer))
    assert old["replaced_by"] == "pid:" + newer and new["state"] == "active"
    assert instance.call("GET", "/api/records/" + newer).json()["dataset_versions"]["replaces"]["pid"] == pid
    assert [body["type"].split(".")[-2] for _, _, body in instance.events("pid:" + newer)] == ["published"]
    # what a source registered, a curator does not version
    registered = published(instance, "source")
    answer = instance.call("POST", "/api/records/?version_of=" + registered, "superuser", data=b"", headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (409, "registered-elsewhere")


def test_datacite_hears_of_what_a_source_changes(instance, monkeypatch):
    from invenio_pidstore.providers.datacite import DataCiteProvider

    told = []
    monkeypatch.setitem(instance.app.config, "FAKE_DOI", True)
    identifier = "links/" + uuid.uuid4().hex
    pid = instance.source.register(identifier, description())["pid"]
    monkeypatch.setitem(instance.app.config, "FAKE_DOI", False)
    monkeypatch.setattr(DataCiteProvider, "update", lambda self, url, doc: told.append((self.pid.pid_value, url, doc)))
    instance.source.set_state(identifier, "withdrawn", "Study closed.")
    assert told == []
    assert index(instance) == {"described": 1}
    ((doi, url, document),) = told
    assert doi.endswith(pid) and url == instance.base_url + "/records/" + pid and CLOSED[0] in document

    def fails(*args):
        raise RuntimeError("CANARY")

    monkeypatch.setattr(DataCiteProvider, "update", fails)
    with instance.app.app_context():
        assert current().host.reindex() > 0
    assert set(index(instance)) == {"refused"} and instance.count("secureb2share_index", "outcome = 'RuntimeError'") > 0
    # it waits for its next time
    left = instance.count("secureb2share_index", "attempts = 0")
    assert left == 0 or set(index(instance)) == {"refused"}
    instance.execute("DELETE FROM secureb2share_index")


def index(instance):
    from invenio_db import db

    with instance.app.app_context():
        try:
            return current().host.index()
        finally:
            db.session.remove()


@pytest.mark.parametrize("spelling", ["%s", "{%s}", "urn:uuid:%s", "upper", "hex"])
def test_community_is_known_in_every_spelling(instance, spelling):
    community = instance.communities["sensitive"]
    other = {"upper": community.upper(), "hex": community.replace("-", "")}.get(spelling) or spelling % community
    metadata = dict(instance.metadata(description()), community=other, open_access=True)
    del metadata["publisher"]
    drafted = instance.draft(metadata, "superuser")
    if drafted.status_code == 201:
        said = drafted.json()["metadata"]
        assert (said["community"], said["open_access"]) == (community, False)
        answer = instance.submit(drafted.json()["id"], "superuser")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert instance.count("records_metadata", "json->>'community' NOT LIKE '________-____-____-____-____________'") == 0


def test_statistics_name_no_file_of_a_sensitive_community(instance):
    def ask(bucket):
        query = {"stat": "bucket-file-download-total", "params": {"bucket_id": bucket}}
        return instance.call("POST", "/api/stats", json={"a": query}).status_code

    pid = instance.draft(instance.metadata(description())).json()["id"]
    ((bucket,),) = instance.execute(
        "SELECT bucket_id FROM records_buckets b JOIN records_metadata r ON r.id = b.record_id"
        " WHERE r.json->'_deposit'->>'id' = :pid",
        pid=pid,
    )
    assert ask(str(bucket)) in (401, 403) and ask(str(bucket).replace("-", "").upper()) in (401, 403)
    assert ask(instance.legacy[0]) == 200


def test_etag_that_was_served_lets_a_curator_edit(instance):
    pid = published(instance, "curator")
    etag = instance.call("GET", "/api/records/" + pid).headers["etag"]
    assert instance.call("GET", "/api/records/" + pid, headers={"If-None-Match": etag}).status_code == 304
    headers = {"Content-Type": "application/json-patch+json", "If-Match": etag}
    patch = b'[{"op": "replace", "path": "/titles/0/title", "value": "Edited"}]'
    assert instance.call("PATCH", "/api/records/" + pid, "curator", data=patch, headers=headers).status_code == 200
    assert instance.call("PATCH", "/api/records/" + pid, "curator", data=patch, headers=headers).status_code == 412


def test_identifier_of_a_published_record_stays(instance):
    identifier = "links/" + uuid.uuid4().hex
    for given, kept in ((identifier, identifier), (None, None)):
        pid = instance.curate(description(), given).json()["id"]
        (name,) = instance.call("GET", "/api/records/" + pid).json()["metadata"]["community_specific"]
        patch = [{"op": "add", "path": "/community_specific/%s/dataset_identifier" % name, "value": "another"}]
        assert instance.patch("/api/records/" + pid, patch).status_code == 200
        block = instance.call("GET", "/api/records/" + pid).json()["metadata"]["community_specific"][name]
        assert block.get("dataset_identifier") == kept


def test_new_version_without_a_block_is_a_draft(instance):
    pid = published(instance, "curator")
    body = {"community": instance.communities["sensitive"], "titles": [{"title": "Next"}], "open_access": True}
    drafted = instance.call("POST", "/api/records/?version_of=" + pid, "curator", json=body)
    assert drafted.status_code == 201, drafted.text
    (block,) = drafted.json()["metadata"]["community_specific"].values()
    assert block["version_replaces"] == "pid:" + pid


def test_missing_table_stops_writing_and_not_reading(instance):

    pid = published(instance, "source")
    extensions = instance.extensions()

    def look_again():
        for extension in extensions:
            extension.has_tables = False
            extension.lock.forget()

    instance.execute("ALTER TABLE secureb2share_legacy RENAME TO elsewhere")
    try:
        look_again()
        for path in ("/api/records/" + instance.records["open"]["pid"], "/api/records/" + pid, "/api/records/"):
            assert instance.call("GET", path).status_code == 200
        answer = instance.draft(instance.metadata(description()))
        assert (answer.status_code, answer.json()["code"]) == (503, "lock-incomplete")
    finally:
        instance.execute("ALTER TABLE elsewhere RENAME TO secureb2share_legacy")
        look_again()
    assert instance.draft(instance.metadata(description())).status_code == 201


JSON = {"Content-Type": "application/json"}


def requests_get(instance, url):
    assert url.startswith(instance.base_url)
    return instance.call("GET", url[len(instance.base_url) :])
