import os
import uuid

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from secureb2share_ext import caching
from secureb2share_ext.messages import attempts
from secureb2share_ext.messages.attempts import Attempts, Count, Memory, Shared

REDIS = os.environ.get("SECUREB2SHARE_TEST_REDIS")
SETTINGS = {"SECUREB2SHARE_WRONG_SIGNATURES": 5}


@pytest.fixture
def many():
    """Makes what counts in processes of one application, and without Redis."""
    app = Flask("test")
    with app.app_context():
        yield lambda **more: Attempts(dict(SETTINGS, **more))


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
        assert (attempts.sender_of(address), attempts.is_one_sender(address)) == (sender, is_one), address


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
        assert attempts.redis_url(config) == url, config


def test_memory_is_bounded_and_forgets(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(attempts.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(attempts, "MOST", 50)
    memory = Memory()
    for number in range(500):
        memory.add(["name %d" % number, "common"])
    assert len(memory._counts) == 50
    assert memory.add(["name 499"]) == [Count(2, attempts.WINDOW)]
    clock[0] += attempts.WINDOW
    assert memory.add(["name 499"]) == [Count(1, attempts.WINDOW)]


def test_waiting_ends_and_is_bounded(many, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(attempts.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(attempts, "MOST", 10)
    found = many()
    assert [found.failed("8.8.4.4", "tsd") > 0 for _ in range(7)] == [False] * 5 + [True] * 2
    assert 0 < found.wait("8.8.4.4") <= attempts.WINDOW and found.wait("8.8.8.8") == 0
    clock[0] += attempts.WINDOW
    assert found.wait("8.8.4.4") == 0 and found.failed("8.8.4.4", "tsd") == 0
    for last in range(30):
        for _ in range(6):
            found.failed("8.8.4.%d" % last, None)
    assert len(found._waiting) == 10 and found.wait("8.8.4.29") > 0


def test_no_limit(many):
    found = many(SECUREB2SHARE_WRONG_SIGNATURES=None)
    assert [found.failed("8.8.4.4", "tsd") for _ in range(100)] == [0] * 100 and found.wait("8.8.4.4") == 0


def test_redis_that_is_not_there_is_left_alone_and_counting_goes_on(many, monkeypatch):
    calls = []
    monkeypatch.setattr(Shared, "add", lambda self, names: calls.append(names) or 1 / 0)
    found = many(CACHE_REDIS_URL="redis://127.0.0.1:1/0")
    assert [found.failed("8.8.4.4", "tsd") > 0 for _ in range(7)] == [False] * 5 + [True] * 2
    assert len(calls) == 1


@pytest.mark.skipif(REDIS is None, reason="SECUREB2SHARE_TEST_REDIS is not set")
def test_processes_count_together_in_redis(many, monkeypatch):
    monkeypatch.setattr(attempts, "PREFIX", "secureb2share:test:%s:" % uuid.uuid4().hex)
    first, second = (many(CACHE_REDIS_URL=REDIS + "/2") for _ in range(2))
    for process in (first, second, first, second, first):
        assert process.wait("8.8.4.4") == 0 and process.failed("8.8.4.4", "tsd") == 0
    assert first.wait("8.8.4.4") > 0
    # the other learns it by the next wrong signature
    assert second.wait("8.8.4.4") == 0 and 0 < second.failed("8.8.4.4", "tsd") <= attempts.WINDOW
    assert second.wait("8.8.4.4") > 0
    # a count that a process left without an end gets one
    redis = first._shared._redis
    name = attempts.PREFIX + "address:8.8.4.4"
    redis.persist(name)
    second.failed("8.8.4.4", "tsd")
    assert 0 < redis.ttl(name) <= attempts.WINDOW
    assert len(redis.keys(attempts.PREFIX + "*")) == 2


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
        assert found == ("no-store", ["ETag", "Last-Modified", "Expires"])
