import contextlib
import datetime
import json
import uuid

import pytest

pytest.importorskip("invenio_records_rest")

from instance import example, running, skip_unless_there  # noqa: E402
from invenio_db import db  # noqa: E402
from invenio_indexer.signals import before_record_index  # noqa: E402
from invenio_records.models import RecordMetadata  # noqa: E402
from invenio_search import current_search_client  # noqa: E402
from invenio_search.engine import SearchEngine  # noqa: E402
from sqlalchemy import text  # noqa: E402

from secureb2share_ext.compat import utcnow  # noqa: E402
from secureb2share_ext.datasets import store  # noqa: E402
from secureb2share_ext.descriptions import search_document  # noqa: E402
from secureb2share_ext.hosts import ghosts, index_queue  # noqa: E402
from secureb2share_ext.hosts.models import IndexJob  # noqa: E402
from secureb2share_ext.hosts.records_rest import index, index_document, search_member  # noqa: E402
from secureb2share_ext.messages import run  # noqa: E402
from secureb2share_ext.proxies import current
from secureb2share_ext.uploads import lock  # noqa: E402

NOBODY = "http://127.0.0.1:9"
HOUR = datetime.timedelta(hours=1)


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    skip_unless_there("services")
    with running("services", tmp_path_factory.mktemp("instance")) as found:
        found.receiver.jwks = found.source.keys
        yield found


@pytest.fixture(autouse=True)
def clean(instance):
    yield
    due(instance)
    instance.index()
    with instance.app.app_context(), db.engine.begin() as connection:
        connection.execute(text("DELETE FROM secureb2share_index"))


def due(instance):
    """What waits for a time, or for a worker that died, has waited long enough."""
    with instance.app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE secureb2share_index SET next_at = since"))
        connection.execute(text("UPDATE secureb2share_pause SET until = since"))


@contextlib.contextmanager
def cluster_down(instance):
    states = [one.app.extensions["invenio-search"] for one in lock.of_instance(instance.app)]
    clients = [state.client for state in states]
    for state in states:
        state._client = SearchEngine(hosts=[NOBODY])
    try:
        yield
    finally:
        for state, client in zip(states, clients):
            state._client = client


@contextlib.contextmanager
def receiving(receive):
    before_record_index.connect(receive)
    try:
        yield
    finally:
        before_record_index.disconnect(receive)


def described(word, title="A dataset"):
    description = example()
    description["core"].update(keywords=[word], titles=[{"lang": "en", "text": title}])
    return description


def register(instance, word, identifier=None, title="A dataset"):
    return instance.source.register(identifier or "index/" + word, described(word, title))


def new_word():
    return "w" + uuid.uuid4().hex


def hits(instance, word):
    return instance.call("GET", "/api/records/?q=" + word).json()["hits"]["hits"]


def indexed(instance, pid):
    """What stands in the index of a record, or None."""
    with instance.app.app_context():
        name = instance.app.config["SEARCH_INDEX_PREFIX"] + "secureb2share"
        current_search_client.indices.refresh(index=name)
        query = {"query": {"term": {"control_number": pid}}}
        found = current_search_client.search(index=name, body=query)["hits"]["hits"]
    assert len(found) < 2
    return found[0]["_source"] if found else None


def rows(instance):
    with instance.app.app_context(), db.engine.connect() as connection:
        query = "SELECT attempts, outcome, lease_token FROM secureb2share_index"
        return [tuple(row) for row in connection.execute(text(query))]


def uuid_of(pid):
    return store.by_pid(pid).record_uuid


def test_cluster_that_is_down_costs_nothing(instance):
    word, identifier = new_word(), "index/" + uuid.uuid4().hex
    before = instance.count("records_metadata")
    with cluster_down(instance):
        registered = register(instance, word)
        curated = instance.curate(described(word), identifier)
        assert (registered["result"], curated.status_code) == ("created", 201)
        assert instance.index() == {} and rows(instance) == [(0, None, None)] * 2
        for pid in (registered["pid"], curated.json()["id"]):
            assert instance.call("GET", "/api/records/" + pid).status_code == 200
            assert instance.call("GET", "/api/access/" + pid).status_code == 302
        instance.sweep()
        assert [state for _, state, _ in instance.events(identifier)] == ["acknowledged"]
        # it is not asked at every sweep
        assert instance.count("secureb2share_pause", "reason = 'ConnectionError'") == 1
    assert instance.index() == {}
    due(instance)
    assert instance.index() == {"indexed": 2} and rows(instance) == []
    assert instance.count("secureb2share_pause") == 0
    found = hits(instance, word)
    assert sorted(hit["id"] for hit in found) == sorted([registered["pid"], curated.json()["id"]])
    for hit in found:
        assert hit["access"]["right"] == "controlled" and hit["access"]["url"] == hit["links"]["request_access"]
        assert hit["created"] and hit["updated"]
    assert instance.count("records_metadata") == before + 2


def test_killed_after_the_index_took_it(instance, monkeypatch):
    word = new_word()
    pid = register(instance, word)["pid"]

    def killed(token, uuids):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(index_queue, "finish", killed)
        instance.index()
    assert instance.index() == {}  # its lease holds
    ((_, _, token),) = rows(instance)
    assert token and indexed(instance, pid)
    due(instance)
    assert instance.index() == {"indexed": 1}
    assert [hit["id"] for hit in hits(instance, word)] == [pid] and rows(instance) == []


@pytest.mark.parametrize("how", ["withdrawn", "deleted", "deleted before it was indexed"])
def test_what_goes_leaves_the_index(instance, how):
    word = new_word()
    identifier = "index/" + word
    if how == "withdrawn":
        pid = register(instance, word)["pid"]
        assert instance.index() and indexed(instance, pid)
        instance.source.set_state(identifier, "withdrawn", "Closed.")
    else:
        pid = instance.curate(described(word), identifier).json()["id"]
        assert how != "deleted" or (instance.index() and indexed(instance, pid))
        assert instance.call("DELETE", "/api/records/" + pid, "superuser").status_code == 204
    assert instance.index() == {"indexed": 1}
    assert indexed(instance, pid) is None and hits(instance, word) == []


@pytest.mark.parametrize("state", ["suspended", "superseded"])
def test_what_stays_visible_stays_in_the_index(instance, state):
    word, other = new_word(), new_word()
    register(instance, word)
    register(instance, other)
    instance.index()
    instance.source.set_state("index/" + word, state, "Why.", "index/" + other if state == "superseded" else None)
    (hit,) = hits(instance, word)
    assert hit["access"]["state"] == state


def test_older_copy_never_overwrites(instance):
    word = new_word()
    pid = register(instance, word)["pid"]
    with instance.app.app_context():
        old = index_document.actions(current().host, [uuid_of(pid)])[0]
    register(instance, word, title="Corrected")
    instance.index()
    with instance.app.app_context():
        assert index._send(old) == {}
    assert indexed(instance, pid)["titles"][0]["text"] == "Corrected"
    instance.source.set_state("index/" + word, "withdrawn", "Closed.")
    instance.index()
    with instance.app.app_context():
        assert index._send(old) == {}
    assert indexed(instance, pid) is None


def test_lease(instance):
    record_uuid = uuid_of_new(instance)
    with instance.app.app_context():
        now = utcnow()
        slow, claimed = index_queue.claim(now, now + HOUR, 10)
        assert claimed == {record_uuid: 0}
        assert index_queue.claim(now, now + HOUR, 10)[1] == {}
        # it changes while a worker is about it: that worker does not take it off the list
        index_queue.want(record_uuid)
        db.session.commit()
        index_queue.finish(slow, [record_uuid])
        later = utcnow()
        fast, claimed = index_queue.claim(later, later + HOUR, 10)
        assert claimed == {record_uuid: 0}
        # one that lost its lease and was overtaken may have brought an older copy: once more
        index_queue.finish(fast, [record_uuid])
        assert index_queue.waiting() == (0, None)
        index_queue.finish(slow, [record_uuid])
        assert index_queue.waiting()[0] == 1
        # nor does it postpone what others do
        index_queue.postpone(slow, [record_uuid], later + HOUR)
        assert index_queue.claim(utcnow(), later + HOUR, 10)[1] == {record_uuid: 0}


def uuid_of_new(instance):
    pid = register(instance, new_word())["pid"]
    with instance.app.app_context():
        return uuid_of(pid)


def test_rolled_back_change_is_not_wanted(instance):
    with instance.app.app_context():
        index_queue.want(uuid.uuid4())
        assert index_queue.waiting()[0] == 1
        db.session.rollback()
        assert index_queue.waiting() == (0, None)


def test_sites_own_receivers(instance):
    words, broken = [new_word() for _ in range(3)], new_word()

    def receive(sender, json=None, record=None, **kwargs):
        if broken in record["keywords"]:
            raise ValueError("not this one: " + broken)
        json["site_rank"] = 7

    pids = [register(instance, word)["pid"] for word in words]
    other = register(instance, broken)["pid"]
    with receiving(receive):
        assert instance.index() == {"indexed": 3, "refused": 1}
    assert [indexed(instance, pid)["site_rank"] for pid in pids] == [7, 7, 7]
    assert [hit["access"]["right"] for hit in hits(instance, words[0])] == ["controlled"]
    assert rows(instance) == [(1, "ValueError", None)]
    due(instance)
    assert instance.index() == {"indexed": 1} and indexed(instance, other)


def test_record_that_the_index_refuses(instance):
    def receive(sender, json=None, record=None, **kwargs):
        if record["keywords"] == [word]:
            json["titles"] = "of another type"

    word, well = new_word(), new_word()
    register(instance, word)
    pid = register(instance, well)["pid"]
    with receiving(receive):
        assert instance.index() == {"indexed": 1, "refused": 1}
    assert indexed(instance, pid)
    ((attempts, outcome, _),) = rows(instance)
    assert attempts == 1 and outcome.startswith("status 400 ") and "another type" not in outcome


def test_index_is_not_made_without_its_mapping(instance):
    word = new_word()
    register(instance, word)
    with instance.app.app_context():
        prefix = instance.app.config["SEARCH_INDEX_PREFIX"]
        instance.app.config["SEARCH_INDEX_PREFIX"] = "missing-" + prefix
        try:
            assert current().host.index() == {}
            assert not current_search_client.indices.exists(index="missing-%s*" % prefix, allow_no_indices=False)
        finally:
            instance.app.config["SEARCH_INDEX_PREFIX"] = prefix
        assert db.session.execute(text("SELECT reason FROM secureb2share_pause")).scalar() == (
            "no index missing-%ssecureb2share-dataset-v1.0.0: run `invenio index init`" % prefix
        )
        db.session.remove()


def test_index_that_was_lost_is_made_anew(instance):
    word, gone = new_word(), new_word()
    pid = register(instance, word)["pid"]
    register(instance, gone)
    instance.source.set_state("index/" + gone, "withdrawn", "Closed.")
    instance.index()
    published = instance.count("secureb2share_dataset", "record_uuid IS NOT NULL")
    for command in (["index", "destroy", "--yes-i-know"], ["index", "init"]):
        assert instance.app.test_cli_runner().invoke(args=command).exit_code == 0
    assert hits(instance, word) == []
    assert ("wait for the search index: %d." % published) in instance.run_cli("reindex").output
    assert instance.run_cli("reindex").output == "Records that wait for the search index: %d.\n" % published
    assert instance.index() == {"indexed": published}
    assert indexed(instance, pid) and hits(instance, gone) == []


def test_single_change_goes_before_those_of_a_run(instance):
    with instance.app.app_context():
        with run.of_many():
            many = [uuid.uuid4() for _ in range(3)]
            index_queue.want_new(many[:1])
            [index_queue.want(one) for one in many[1:]]
        single = uuid.uuid4()
        index_queue.want(single)
        db.session.commit()
        now = utcnow()
        assert list(index_queue.claim(now, now + HOUR, 1)[1]) == [single]
        # what a run has left for longer than the head start is not passed for ever
        later = now + index_queue.HEAD_START + HOUR
        with run.of_many():
            index_queue.want(single)
        db.session.execute(text("UPDATE secureb2share_index SET next_at = :t"), {"t": now})
        newer = uuid.uuid4()
        with db.session.no_autoflush:
            values = {"record_uuid": newer, "since": later, "next_at": later - index_queue.HEAD_START, "attempts": 0}
            db.session.execute(IndexJob.__table__.insert().values(values))
        db.session.commit()
        assert newer not in index_queue.claim(later, later + HOUR, 4)[1]
        db.session.execute(text("DELETE FROM secureb2share_index"))
        db.session.commit()


def ghost_of(instance, word, age):
    """The PID of a record that is in the index, written so long ago, and in the database no more."""
    pid = register(instance, word)["pid"]
    instance.index()
    with instance.app.app_context():
        record_uuid = uuid_of(pid)
        name = instance.app.config["SEARCH_INDEX_PREFIX"] + "secureb2share-dataset-v1.0.0"
        body = {"doc": {"_updated": (utcnow() - age).strftime("%Y-%m-%dT%H:%M:%S.%fZ")}}
        current_search_client.update(index=name, id=str(record_uuid), body=body, refresh=True)
        query = "DELETE FROM secureb2share_dataset WHERE pid = :pid"
        with db.engine.begin() as connection:
            number = connection.execute(text("SELECT id FROM secureb2share_dataset WHERE pid = :pid"), {"pid": pid})
            number = number.scalar()
            for table in ("event", "held"):
                statement = "DELETE FROM secureb2share_%s WHERE dataset_id = :n" % table
                connection.execute(text(statement), {"n": number})
            connection.execute(text(query), {"pid": pid})
        model = db.session.get(RecordMetadata, record_uuid)
        db.session.delete(model)
        db.session.commit()
    return pid


def refreshed(instance):
    with instance.app.app_context():
        current_search_client.indices.refresh(index=instance.app.config["SEARCH_INDEX_PREFIX"] + "*")


def looking_always(instance, monkeypatch):
    # more than one slice, and no wait between them
    monkeypatch.setattr(ghosts, "EVERY", 0)
    with instance.app.app_context():
        monkeypatch.setattr(current().host, "_ghost_watch", ghosts.Watch())


@pytest.mark.parametrize("way", ["sweep", "reindex"])
def test_entry_without_a_record_is_counted_and_removed(instance, monkeypatch, way):
    kept = [register(instance, new_word())["pid"] for _ in range(3)]
    old, young = ghost_of(instance, new_word(), HOUR), ghost_of(instance, new_word(), HOUR / 60)
    looking_always(instance, monkeypatch)
    refreshed(instance)
    assert indexed(instance, old) and indexed(instance, young)
    finding = [f for f in health(instance) if f["name"] == "ghosts"]
    assert [(f["level"], f["value"]) for f in finding] == [("warning", 1)]
    monkeypatch.setattr(ghosts, "SLICE", 2)
    if way == "sweep":
        swept = [instance.index() for _ in range(instance.count("secureb2share_dataset"))]
        assert [one for one in swept if "ghosts" in one] == [{"ghosts": 1}]
    else:
        assert "without a record that were taken out of the search index: 1." in instance.run_cli("reindex").output
    refreshed(instance)
    # the record of a young one may be in a transaction that is open
    assert indexed(instance, old) is None and indexed(instance, young)
    assert all(indexed(instance, pid) for pid in kept)
    monkeypatch.setattr(ghosts, "GRACE", HOUR * 0)
    assert "taken out of the search index: 1." in instance.run_cli("reindex").output
    refreshed(instance)
    assert indexed(instance, young) is None and all(indexed(instance, pid) for pid in kept)


def test_look_for_ghosts_costs_one_search_now_and_then(instance, monkeypatch):
    with instance.app.app_context():
        host, searches = current().host, []
        monkeypatch.setattr(host, "_ghost_watch", ghosts.Watch())
        search = ghosts.Entries.slice
        monkeypatch.setattr(ghosts.Entries, "slice", lambda *args: searches.append(1) or search(*args))
        for _ in range(3):
            host.index()
        assert len(searches) == 1


def test_ghosts_of_a_cluster_that_is_down(instance, monkeypatch):
    looking_always(instance, monkeypatch)
    with cluster_down(instance):
        assert instance.index() == {}
        assert [f["level"] for f in health(instance) if f["name"] == "ghosts"] == ["ok"]
        result = instance.run_cli("reindex")
        assert result.exit_code == 1 and "could not be asked" in result.output


def health(instance):
    output = instance.run_cli("health", "--json").output
    return json.loads(output[output.index("{") :])["findings"]


def test_index_has_the_words_of_codes_and_what_narrows_a_list_down(instance):
    word = new_word()
    description = described(word)
    pid = instance.source.register("index/" + word, description)["pid"]
    assert instance.index() == {"indexed": 1}
    member = indexed(instance, pid)["_search"]
    assert member["access"] == ["controlled"] and word in member["text"]
    with instance.app.app_context():
        for country in description["sensitive"]["spatial"]:
            words = search_member.words("sensitive.spatial", country)
            assert {search_document.fold(one) for one in words} <= {w for w in member["text"].split()}
    served = hits(instance, word)
    assert [hit["id"] for hit in served] == [pid] and "_search" not in served[0]["metadata"]


@pytest.mark.parametrize("describe_files", ["labels", "full"])
def test_names_of_files_only_where_the_source_allows_them(instance, describe_files):
    word, shown = new_word(), {"label": "Values", "media_type": "text/csv"}
    file = dict(shown, name="values.csv", checksum="sha256:" + "0" * 64)
    extensions = instance.extensions()
    kept = extensions[0].sources["tsd"]

    def allow(value):
        for extension in extensions:
            extension.sources["tsd"] = kept._replace(describe_files=value)

    allow("full")
    try:
        description = described(word)
        description["files"] = [file]
        pid = instance.source.register("index/" + word, description)["pid"]
        allow(describe_files)
        assert instance.index() == {"indexed": 1}
        assert indexed(instance, pid)["files"] == [file if describe_files == "full" else shown]
    finally:
        for extension in extensions:
            extension.sources["tsd"] = kept


def test_endpoint_without_an_indexer_has_no_index(tmp_path):
    with running("sqlite", tmp_path) as found:
        found.source.register("index/none", example())
        assert found.count("secureb2share_index") == 0 and found.index() == {}
        assert "secureb2share" not in found.app.extensions["invenio-search"].aliases
