"""The number of SQL statements that each hot path of records-rest makes; a count does not depend on the machine.

A number here may fall. Whoever raises one says why a request has to ask for more.
"""

import contextlib
from functools import partial

import pytest
import requests

pytest.importorskip("invenio_records_rest")

from instance import create_app, example, running  # noqa: E402
from invenio_db import db  # noqa: E402
from invenio_oauth2server.models import Token  # noqa: E402
from invenio_pidstore.models import PersistentIdentifier, PIDStatus  # noqa: E402
from lxml import etree  # noqa: E402
from sqlalchemy import event  # noqa: E402
from sqlalchemy.engine import Engine  # noqa: E402
from werkzeug.test import Client  # noqa: E402

from secureb2share_ext import client, stops  # noqa: E402
from secureb2share_ext.datasets import store  # noqa: E402
from secureb2share_ext.sign_in import tokens  # noqa: E402
from secureb2share_ext.uploads import lock  # noqa: E402

OURS, OTHERS = "oursalone", "notours"  # keywords, by which a search finds a page of 10
DOI = "10.1234/statements"
MARKS = ("BEGIN", "SAVEPOINT", "RELEASE SAVEPOINT")  # of a transaction
OUR_TABLES = "secureb2share_"
OF_THE_DEMO = "catalogue_"


@contextlib.contextmanager
def statements():
    """[statement] that any thread of this process makes meanwhile.

    Those that mark a transaction are left out, and so is what the demo makes for its own search.
    """
    seen = []

    def see(connection, cursor, statement, *more):
        if not statement.startswith(MARKS) and OF_THE_DEMO not in statement:
            seen.append(" ".join(statement.split()))

    event.listen(Engine, "before_cursor_execute", see)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", see)


def during(action, status=200):
    """[statement] of a request that answers with this status."""
    with statements() as seen:
        answer = action()
    assert answer.status_code == status, answer.text
    return seen


class Site:
    """The served instance, and a second application on its database whose mode is off."""

    def __init__(self, instance):
        self.instance = instance
        self.off = create_app(dict(instance.configured, SECUREB2SHARE_MODE="off"))

    def get(self, path):
        url = self.instance.base_url + path
        return requests.get(url, timeout=30, allow_redirects=False)

    def get_off(self, path):
        return self.call_off("GET", path)

    def call_off(self, method, path, **given):
        host = {"base_url": self.instance.base_url, "environ_base": {"REMOTE_ADDR": "127.0.0.1"}}
        return Client(self.off).open(path, method=method, **dict(host, **given))

    def register(self, identifier, word="a study", title="A study"):
        return self.instance.source.register(identifier, described(word, title), tenant="p11")

    def fill(self, count, name):
        source = self.instance.source
        made = [source.envelope("register", "%s/%d" % (name, n), dataset=example()) for n in range(count)]
        answers = list(source.send_many([client.line(self.instance.key, one) for one in made]))
        assert [answer["status"] for answer in answers] == [201] * count


def described(word, title):
    description = example()
    description["core"].update(keywords=[word], titles=[{"lang": "en", "text": title}])
    return description


@pytest.fixture(scope="module", autouse=True)
def one_look_at_the_lock():
    """The look that a process takes once a minute falls into no count; uploads/test_picked.py counts it.

    Nor does the machine's load: what is stopped is asked again by a request that lasts longer than a second.
    """
    kept, lock.INTERVAL, stops.KEPT = (lock.INTERVAL, stops.KEPT), 86400, 86400
    yield
    lock.INTERVAL, stops.KEPT = kept


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running("sqlite", tmp_path_factory.mktemp("instance")) as instance:
        found = Site(instance)
        found.ours = [found.register("statements/%d" % number, OURS)["pid"] for number in range(10)]
        body = instance.to_record(described(OTHERS, "Not ours"))
        token = {"Authorization": "Bearer " + instance.tokens["curator"]}
        made = [found.call_off("POST", "/api/records/", json=body, headers=token) for _ in range(10)]
        found.others = [answer.get_json()["id"] for answer in made]
        with instance.app.app_context():
            named = {"object_type": "rec", "object_uuid": store.by_pid(found.ours[0]).record_uuid}
            PersistentIdentifier.create("doi", DOI, status=PIDStatus.REGISTERED, **named)
            db.session.commit()
            db.session.remove()
        # an application asks once which tables are there
        for path in ("/api/records/" + found.ours[0], "/api/records/?q=" + OURS):
            assert found.get(path).status_code == found.get_off(path).status_code == 200
        yield found
        with found.off.app_context():
            db.session.remove()
            db.engine.dispose()


def test_registration(site):
    # one of them asks what an operator has stopped: no process may go by what it read before; and one counts what the
    # source sent today
    site.register("registration/0")
    for most, arguments in (
        (21, ("registration/1",)),
        (17, ("registration/1", "changed")),
        (9, ("registration/1", "changed")),
    ):
        with statements() as seen:
            site.register(*arguments)
        assert len(seen) <= most, seen


def test_curators_record(site):
    def post():
        return site.instance.curate(described("by a curator", "A study"))

    post()
    # one of them asks whether an incident freezes the catalogue
    assert len(during(post, 201)) <= 23


def test_nothing_is_asked_of_a_token_where_no_second_factor_is(site):
    # another application of this process may ask for one
    tokens.watch()
    with statements() as seen:
        with site.instance.app.app_context():
            token = Token.create_personal("of a test", 1, scopes=["secureb2share:curate"])
            db.session.commit()
            db.session.delete(token)
            db.session.commit()
            db.session.remove()
        assert site.instance.curate(described("by a token", "A study")).status_code == 201
    of_tokens = [one for one in seen if "secureb2share_token" in one or "secureb2share_sign_in" in one]
    assert len(seen) > 5 and of_tokens == []


@pytest.mark.parametrize("whose", ["ours", "others"])
def test_record_page(site, whose):
    path = "/api/records/" + getattr(site, whose)[0]
    on, off = during(partial(site.get, path)), during(partial(site.get_off, path))
    assert len(on) <= len(off) + 1 <= 3, on


def test_search_page(site):
    seen = {}
    for word in (OURS, OTHERS):
        path = "/api/records/?size=10&q=" + word
        assert len(site.get(path).json()["hits"]["hits"]) == 10
        seen[word] = during(partial(site.get, path))
        assert len(seen[word]) <= len(during(partial(site.get_off, path))) + (word == OURS)
    assert not [one for one in seen[OTHERS] if OUR_TABLES in one]


def test_list_of_a_source(site):
    def listed():
        return site.instance.source.list()["datasets"]

    found = {}
    for more in (0, 50):
        site.fill(more, "list") if more else None
        with statements() as seen:
            size = len(listed())
        found[size] = list(seen)
    few, many = sorted(found)
    assert few >= 10 and many == few + 50
    # one of them asks what an operator has stopped, as every signed request does
    assert len(found[few]) == len(found[many]) <= 4, found[many]


@pytest.mark.parametrize("path", ["PID", DOI, "?source=tsd&id=statements/0"])
def test_access_link(site, path):
    found = "/api/access/" + path.replace("PID", site.ours[0])
    # one of them asks whether an incident forbids to sign the reference
    assert len(during(partial(site.get, found), 302)) <= 5


def test_refused_upload(site):
    path = "/api/files/%s/new.txt" % site.instance.legacy[0]
    assert during(lambda: site.instance.call("PUT", path, data=b"bytes"), 403) == []


def test_idle_sweep(site):
    instance = site.instance
    while instance.sweep():
        pass
    with statements() as seen:
        assert instance.sweep() == {}
    # one of them asks whether an incident holds everything
    assert len(seen) <= 6, seen


def test_page_of_oai(site):
    """As invenio-oaiserver hands out the hits of a list, one after the other."""
    pytest.importorskip("invenio_oaiserver")
    from invenio_oaiserver.utils import serializer

    found = {}
    with site.instance.app.app_context():
        rows = store.by_pids(site.ours).values()
        hits = {OURS: [{"_id": str(row.record_uuid), "_source": {"secureb2share": {}}} for row in rows]}
        db.session.remove()
    hits[OTHERS] = [{"_id": "00000000-0000-4000-8000-%012d" % n, "_source": {}} for n in range(10)]
    for word, page in hits.items():
        for _ in range(2):
            # the first request of an application asks once which tables are there
            with site.instance.app.test_request_context("/oai2d"), statements() as seen:
                written = [serializer("oai_dc")(None, hit) for hit in page]
                db.session.remove()
        assert [len(element) > 0 for element in written] == [word == OURS] * 10, etree.tostring(written[0])
        found[word] = list(seen)
    # it hands out one hit at a time, and the metadata are made from the database
    assert len(found[OURS]) <= 2 * 10 and found[OTHERS] == []


def test_nothing_of_ours_is_asked_while_the_mode_is_off(site):
    token = {"Authorization": "Bearer " + site.instance.tokens["curator"]}
    body = site.instance.to_record(described("off", "Off"))
    with statements() as seen:
        for path in ("/api/records/" + site.ours[0], "/api/records/" + site.others[0], "/api/records/?q=" + OURS):
            assert site.get_off(path).status_code == 200
        assert site.call_off("POST", "/api/records/", json=body, headers=token).status_code == 201
    assert seen and not [one for one in seen if OUR_TABLES in one], seen


@pytest.mark.parametrize("pid, status", [("PID", 302), ("none", 404)])
def test_while_the_mode_is_off_no_cache_keeps_where_an_access_link_leads(site, pid, status):
    answer = site.get_off("/api/access/" + pid.replace("PID", site.ours[0]))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (status, "no-store")
    assert len(during(partial(site.get_off, "/api/access/" + site.ours[0]), 302)) <= 4


@pytest.mark.parametrize("path", ["/api/datasets", "/api/datasets/keys?access_token=x"])
def test_while_the_mode_is_off_our_routes_answer_as_the_host_does(site, path):
    answer, unknown = site.get_off(path), site.get_off("/api/nowhere")
    assert (answer.status_code, answer.get_data()) == (404, unknown.get_data())
    # the host's rate limit writes into the answers of routes that there are
    added = {name.lower() for name in answer.headers.keys()} - {name.lower() for name in unknown.headers.keys()}
    assert not {"cache-control", "vary", "etag"} & added
