"""What waits for the way back from a provider: for one browser, for a quarter of an hour, and for one taking."""

import threading
import time

import pytest
from simplekv.memory import DictStore

from secureb2share_ext.proxies import current
from secureb2share_ext.sign_in import kept

REVIEW = "/secureb2share/review/"
STARTS = 25


@pytest.fixture
def app(served, monkeypatch):
    """The application of the pages, with a store of its own."""
    app = served[0].app
    monkeypatch.setattr(app, "kvsession_store", DictStore())
    return app


def cookie_of(app, kind="step", value=None):
    """(key, header) of a value that was kept for a new browser."""
    with app.test_request_context("/"):
        mine = kept.keep(kind, value or {"a": 1})
        (header,) = kept.hand_over(app.make_response(""), mine).headers.getlist("Set-Cookie")
    return mine.key, header


def request_of(app, header):
    return app.test_request_context("/", headers={"Cookie": header.partition(";")[0]})


def test_starts_that_end_nowhere_leave_one_cookie(served, curator):
    curator.sign_in("/")
    for _ in range(STARTS):
        answer = curator.http.get(served[0].base + REVIEW, allow_redirects=False)
        curator.http.get(served[0].base + answer.headers["Location"].replace(served[0].base, ""), allow_redirects=False)
    # the provider of tests has a cookie of its own below its path
    ours = [one for one in curator.http.cookies if "secureb2share" in one.name and one.path == "/"]
    assert len(ours) == 1 and len(ours[0].value) < 100
    assert curator.open(REVIEW).status_code == 200


@pytest.mark.parametrize("base", ["https://catalogue.example.org", "http://localhost"])
def test_no_other_site_can_plant_the_cookie(app, monkeypatch, base):
    with app.app_context():
        monkeypatch.setattr(current().host, "base_url", lambda: base)
    key, header = cookie_of(app)
    is_secure = base.startswith("https")
    assert header.startswith("__Host-") == is_secure == ("; Secure" in header)
    assert all(part in header.split("; ") for part in ("Path=/", "HttpOnly", "SameSite=Lax")) and "Domain" not in header
    with request_of(app, header):
        assert kept.find("step", key) == {"a": 1}
    with request_of(app, header.replace("__Host-", "") if is_secure else "__Host-" + header):
        assert kept.find("step", key) is None
    with request_of(app, header.replace("=", "=x", 1)):
        assert kept.find("step", key) is None


@pytest.mark.parametrize("value", ["", "short", "x" * 33, "ø" * 32, "a b" * 11])
def test_a_cookie_of_another_form_is_replaced(app, value):
    with request_of(app, "secureb2share_browser=" + value):
        mine = kept.keep("step", {})
        assert mine.proof != value
        assert kept.hand_over(app.make_response(""), mine).headers.getlist("Set-Cookie")
    with request_of(app, "secureb2share_browser=" + mine.proof):
        again = kept.keep("flow", {})
        assert again.proof == mine.proof and again.key != mine.key
        assert not kept.hand_over(app.make_response(""), again).headers.getlist("Set-Cookie")


def test_the_store_cannot_give_the_cookie_away(app):
    key, header = cookie_of(app)
    proof = header.partition(";")[0].partition("=")[2]
    assert proof.encode() not in b"".join(app.kvsession_store.get(name) for name in app.kvsession_store.keys())


def test_a_store_without_times_keeps_nothing_that_is_too_old(app, monkeypatch):
    store, now = app.kvsession_store, [time.time()]
    monkeypatch.setattr(time, "time", lambda: now[0])
    store.put("5d41402a_5f0f", b"a session of the host")
    (found, header), (forgotten, _) = cookie_of(app), cookie_of(app, "flow")
    now[0] += kept.LIFE - 1
    young, _ = cookie_of(app)
    assert len(store.keys()) == 4
    now[0] += 2
    with request_of(app, header):
        assert kept.find("step", found) is None
    assert len(store.keys()) == 3, "what was found too old is there still"
    now[0] += kept.SWEEP
    last, _ = cookie_of(app)
    assert forgotten not in str(store.keys())
    assert sorted(store.keys()) == sorted(
        ["5d41402a_5f0f", "secureb2share-step-" + young, "secureb2share-step-" + last]
    )


class Meeting(DictStore):
    """A store in which two readers wait for each other, as long as they may."""

    ways = threading.Barrier(2, timeout=1)

    def get(self, key):
        try:
            self.ways.wait()
        except threading.BrokenBarrierError:
            pass
        return super().get(key)


def test_of_two_that_take_at_once_one_gets_it(app, monkeypatch):
    monkeypatch.setattr(app, "kvsession_store", Meeting())
    key, header = cookie_of(app, "flow")
    got = []

    def take():
        with request_of(app, header):
            got.append(kept.take("flow", key))

    threads = [threading.Thread(target=take) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(got, key=str) == [None, {"a": 1}]


class Late(DictStore):
    """A store as Redis, in which another process has deleted what was read."""

    def delete(self, key):
        super().delete(key)
        return 0


def test_what_another_process_has_taken_is_gone(app, monkeypatch):
    monkeypatch.setattr(app, "kvsession_store", Late())
    key, header = cookie_of(app, "flow")
    with request_of(app, header):
        assert kept.take("flow", key) is None


def test_another_browser_takes_nothing(served, app):
    key, header = cookie_of(app, "flow")
    _, other = cookie_of(app, "flow")
    with request_of(app, other):
        assert kept.take("flow", key) is None
    with request_of(app, header):
        assert kept.take("flow", key) == {"a": 1}
        assert kept.take("flow", key) is None
