import os
import uuid

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from secureb2share_ext import caching
from secureb2share_ext import config as settings
from secureb2share_ext.messages import attempts, origin, wrong_counts
from secureb2share_ext.messages.attempts import Attempts
from secureb2share_ext.messages.wrong_counts import Count, Memory, Shared

try:
    from werkzeug.middleware.proxy_fix import ProxyFix
except ImportError:
    # before Werkzeug 0.15
    from werkzeug.contrib.fixers import ProxyFix

REDIS = os.environ.get("SECUREB2SHARE_TEST_REDIS")
SETTINGS = {"SECUREB2SHARE_WRONG_SIGNATURES": 5}


@pytest.fixture
def many():
    """Makes what counts in processes of one application, and without Redis."""
    app = Flask("test")
    with app.app_context():
        yield lambda **more: Attempts(dict(SETTINGS, **more))


def at(address, **more):
    return dict({"REMOTE_ADDR": address}, **more)


def test_who_is_one_sender():
    for address, sender, is_one in (
        ("8.8.4.4", "8.8.4.4", True),
        ("::ffff:8.8.4.4", "8.8.4.4", True),
        ("2a00:1450:4001:81b::1", "2a00:1450:4001:81b::/64", True),
        ("2a00:1450:4001:81b:ffff::2", "2a00:1450:4001:81b::/64", True),
        ("127.0.0.1", "127.0.0.1", False),
        ("10.1.2.3", "10.1.2.3", False),
        ("::ffff:172.16.0.2", "172.16.0.2", False),
        ("::1", "::/64", False),
        ("fd00::1", "fd00::/64", False),
        ("", "-", False),
        (None, "-", False),
        ("unix:", "-", False),
        ("8.8.4.4, 8.8.8.8", "-", False),
    ):
        assert origin.origin_of(at(address)) == (sender, is_one), address


@pytest.mark.parametrize("kept", ["new", "old"])
def test_a_proxy_of_which_the_host_was_told_or_the_setting_says_which_private_addresses_are_shared(kept):
    def seen(client, proxy, shared=None):
        environ = at(client)
        if proxy and kept == "new":
            environ["werkzeug.proxy_fix.orig"] = at(proxy)
        elif proxy:
            environ["werkzeug.proxy_fix.orig_remote_addr"] = proxy
        return origin.origin_of(environ, settings.networks({"key": shared}, "key")).is_one

    assert seen("10.1.2.3", "127.0.0.1") and seen("fd00::1", "::1") and seen("8.8.4.4", "10.0.0.1")
    # a proxy that names nobody, and one that was not configured
    assert not seen("10.1.2.3", "10.1.2.3") and not seen("10.1.2.3", None)
    assert seen("10.1.2.3", None, []) and seen("10.1.2.3", None, ["10.0.0.0/24", "::/0"])
    assert not seen("8.8.4.4", "10.0.0.1", ["8.8.0.0/16"]) and not seen("8.8.4.4", None, ["8.8.4.4"])


def test_what_the_hosts_own_proxy_settings_leave():
    found = []
    app = ProxyFix(lambda environ, start: found.append(origin.origin_of(environ)))
    for named in ({"HTTP_X_FORWARDED_FOR": "10.9.9.9"}, {}):
        app(dict(at("10.0.0.1"), **named), None)
    assert found == [("10.9.9.9", True), ("10.0.0.1", False)]


@given(st.integers(0, 10**6), st.integers(1, 1000))
def test_a_source_under_attack_makes_its_failing_addresses_wait_sooner(number, most):
    allowed = attempts.allowed(Count(number, 1), most)
    assert 1 <= allowed <= most
    assert allowed == (most if number <= most * attempts.UNDER_ATTACK else min(most, attempts.FEW))


def test_whose_redis_counts():
    session = {"ACCOUNTS_SESSION_REDIS_URL": "redis://s/1"}
    cache = dict(session, CACHE_REDIS_URL="redis://c/0")
    for config, url in (
        ({}, None),
        (session, "redis://s/1"),
        (cache, "redis://c/0"),
        (dict(cache, CACHE_TYPE="null"), "redis://s/1"),
        (dict(cache, CACHE_TYPE="flask_caching.backends.RedisCache"), "redis://c/0"),
        (dict(cache, RATELIMIT_STORAGE_URI="memory://"), "redis://c/0"),
        (dict(cache, RATELIMIT_STORAGE_URI="rediss://r/3"), "rediss://r/3"),
        (dict(cache, RATELIMIT_STORAGE_URL="unix:///r"), "unix:///r"),
        (dict(cache, RATELIMIT_STORAGE_URI="redis+sentinel://r"), "redis://c/0"),
    ):
        assert wrong_counts.redis_url(config) == url, config


def test_memory_is_bounded_and_nobody_pushes_out_a_count(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(attempts.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(wrong_counts, "MOST", 50)
    memory = Memory()
    for number in range(500):
        found = memory.add("address %d" % number, "tsd")
        assert found == (
            Count(1, wrong_counts.WINDOW) if number < 50 else None,
            Count(number + 1, wrong_counts.WINDOW),
            False,
        )
    assert len(memory._pairs) == 50 and memory.add("address 0", "tsd").of_pair.number == 2
    assert memory.add("address 500", "csc") == (None, Count(1, wrong_counts.WINDOW), False)
    clock[0] += wrong_counts.WINDOW
    assert memory.add("address 500", "tsd") == (Count(1, wrong_counts.WINDOW), Count(1, wrong_counts.WINDOW), False)
    assert len(memory._pairs) == len(memory._sources) == 1


def test_who_finds_no_place_is_put_off_with_all_of_its_source_and_does_not_wait(many, monkeypatch):
    monkeypatch.setattr(wrong_counts, "MOST", 4)
    found = many()
    said = [found.failed(at("8.8.4.%d" % number), "tsd") > 0 for number in range(10)]
    assert said == [False] * 5 + [True] * 5
    assert not any(found.wait(at("8.8.4.%d" % number), "tsd") for number in range(10))
    assert [found.failed(at("8.8.4.9"), "csc") for _ in range(5)] == [0] * 5


def test_waiting_ends_and_is_bounded(many, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(attempts.time, "monotonic", lambda: clock[0])
    for module in (attempts, wrong_counts):
        monkeypatch.setattr(module, "MOST", 10)
    found = many()
    assert [found.failed(at("8.8.4.4"), "tsd") > 0 for _ in range(7)] == [False] * 5 + [True] * 2
    assert 0 < found.wait(at("8.8.4.4"), "tsd") <= wrong_counts.WINDOW and found.wait(at("8.8.8.8"), "tsd") == 0
    clock[0] += wrong_counts.WINDOW
    assert found.wait(at("8.8.4.4"), "tsd") == 0 and found.failed(at("8.8.4.4"), "tsd") == 0
    for last in range(30):
        for _ in range(6):
            found.failed(at("8.8.4.%d" % last), None)
    assert len(found._waiting) <= 10 and found.wait(at("8.8.4.5"), None) > 0


def test_other_sources_behind_an_address_go_on(many):
    found = many()
    said = [found.failed(at("8.8.4.4"), "tsd") > 0 for _ in range(6)]
    assert said == [False] * 5 + [True]
    assert found.wait(at("8.8.4.4"), "tsd") > 0 and found.wait(at("8.8.4.4"), "csc") == 0
    # all names that are no source's are one
    assert [found.failed(at("8.8.4.4"), None) > 0 for _ in range(6)] == [False] * 5 + [True]
    assert found.wait(at("8.8.4.4"), None) > 0 and found.wait(at("8.8.4.4"), "csc") == 0
    assert len(found._memory._pairs) == 2


def test_who_signed_rightly_in_the_last_hour_goes_on(many, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(attempts.time, "monotonic", lambda: clock[0])
    found = many()
    found.passed(at("8.8.4.4"), "tsd")
    clock[0] += 3600
    assert [found.failed(at("8.8.4.4"), "tsd") > 0 for _ in range(7)] == [False] * 5 + [True] * 2
    assert found.wait(at("8.8.4.4"), "tsd") == 0
    # its right signature keeps nobody else from waiting
    assert [found.failed(at("8.8.4.4"), "csc") > 0 for _ in range(6)][-1] and found.wait(at("8.8.4.4"), "csc") > 0
    clock[0] += 3600
    assert [found.failed(at("8.8.4.4"), "tsd") > 0 for _ in range(6)][-1] and found.wait(at("8.8.4.4"), "tsd") > 0


def test_no_limit(many):
    found = many(SECUREB2SHARE_WRONG_SIGNATURES=None)
    found.passed(at("8.8.4.4"), "tsd")
    assert [found.failed(at("8.8.4.4"), "tsd") for _ in range(100)] == [0] * 100
    assert found.wait(at("8.8.4.4"), "tsd") == 0 and not len(found._known)


def test_redis_that_is_not_there_is_left_alone_and_counting_goes_on(many, monkeypatch):
    calls = []
    monkeypatch.setattr(Shared, "add", lambda self, *names: calls.append(names) or 1 / 0)
    monkeypatch.setattr(Shared, "know", lambda self, *names: calls.append(names) or 1 / 0)
    found = many(CACHE_REDIS_URL="redis://127.0.0.1:1/0")
    found.passed(at("8.8.8.8"), "tsd")
    assert [found.failed(at("8.8.4.4"), "tsd") > 0 for _ in range(7)] == [False] * 5 + [True] * 2
    assert len(calls) == 1


@pytest.mark.skipif(REDIS is None, reason="SECUREB2SHARE_TEST_REDIS is not set")
def test_processes_count_together_in_redis(many, monkeypatch):
    monkeypatch.setattr(wrong_counts, "PREFIX", "secureb2share:test:%s:" % uuid.uuid4().hex)
    # of a Redis on a busy machine too
    monkeypatch.setattr(wrong_counts, "PATIENCE", 30)
    first, second = (many(CACHE_REDIS_URL=REDIS + "/2") for _ in range(2))
    here = at("8.8.4.4")
    for process in (first, second, first, second, first):
        assert process.wait(here, "tsd") == 0 and process.failed(here, "tsd") == 0
    assert first.wait(here, "tsd") > 0
    # the other learns it by the next wrong signature
    assert second.wait(here, "tsd") == 0 and 0 < second.failed(here, "tsd") <= wrong_counts.WINDOW
    assert second.wait(here, "tsd") > 0
    # a count that a process left without an end gets one
    redis = first._shared._redis
    name = wrong_counts.PREFIX + "pair:8.8.4.4 tsd"
    redis.persist(name)
    second.failed(here, "tsd")
    assert 0 < redis.ttl(name) <= wrong_counts.WINDOW
    assert len(redis.keys(wrong_counts.PREFIX + "*")) == 2
    # a right signature in one process is known in the other, and told once
    for _ in range(3):
        first.passed(here, "csc")
    assert 3600 < redis.ttl(wrong_counts.PREFIX + "right:8.8.4.4 csc") <= 5400
    redis.delete(wrong_counts.PREFIX + "right:8.8.4.4 csc")
    first.passed(here, "csc")
    assert not redis.exists(wrong_counts.PREFIX + "right:8.8.4.4 csc")
    first._known = attempts.Ends()
    first.passed(here, "csc")
    assert [second.failed(here, "csc") > 0 for _ in range(7)] == [False] * 5 + [True] * 2
    assert second.wait(here, "csc") == 0


@given(
    st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS"]),
    st.sampled_from([200, 201, 202, 301, 302, 304, 400, 401, 404, 429, 500]),
    st.one_of(st.none(), st.integers(0, 3600)),
    st.booleans(),
    st.booleans(),
)
def test_only_a_public_answer_may_be_kept(method, status, age, is_known, sets_cookie):
    found = caching.decide(method, status, age, is_known, sets_cookie)
    if method in ("GET", "HEAD") and status == 200 and age is not None and not is_known and not sets_cookie:
        assert found.cache_control == "public, max-age=%d" % age
    else:
        assert found == ("no-store", ["ETag", "Last-Modified", "Expires"], False)
