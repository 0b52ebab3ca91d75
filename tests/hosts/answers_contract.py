"""Who sees an answer, and who waits, on every host: part of SourcesContract, whose instance and keys it uses."""

import json
import socket
import uuid

import fronted
import pytest
import requests
from requests.adapters import HTTPAdapter

from secureb2share_ext import client
from secureb2share_ext.messages import attempts, wrong_counts

NUMBER = 4  # wrong signatures of an address, in these tests
WRONG = client.new_key()[0]


class _From(HTTPAdapter):
    """Requests that come from another address of the loopback network."""

    def __init__(self, address):
        self._address = address
        super().__init__()

    def init_poolmanager(self, *given, **more):
        super().init_poolmanager(*given, source_address=(self._address, 0), **more)


def sender(address="127.0.0.1", agent="test"):
    session = requests.Session()
    session.mount("http://", _From(address))
    session.headers["User-Agent"] = agent
    return session


class AnswersContract:
    """Subclass it with what SourcesContract has."""

    prefix = ""  # of the pages' paths; None: no application serves them

    def bare(self, instance, session, path, key, base=None):
        signed = client.bare(self.catalogue, "GET", path)
        headers = client.signed_headers(key, str(uuid.uuid4()), signed)
        return session.get((base or instance.base_url) + path, headers=headers)

    def limit(self, instance, monkeypatch, shared=()):
        """Count anew, in each application of the instance; shared: the networks of proxies, None: the default ones."""
        extensions = instance.extensions()
        monkeypatch.setattr(wrong_counts, "PREFIX", "secureb2share:test:%s:" % uuid.uuid4().hex)
        for extension in extensions:
            config = extension.attempts._config
            monkeypatch.setitem(config, "SECUREB2SHARE_WRONG_SIGNATURES", NUMBER)
            monkeypatch.setitem(config, "SECUREB2SHARE_SHARED_NETWORKS", shared if shared is None else list(shared))
            monkeypatch.setattr(extension, "attempts", attempts.Attempts(config))

    def statuses(self, instance, address, path, key, times):
        return [self.bare(instance, sender(address, str(n)), path, key).status_code for n in range(times)]

    def test_address_with_wrong_signatures_waits(self, instance, monkeypatch):
        """Whatever it calls itself; everybody else goes on, and so do other sources behind the address."""
        self.limit(instance, monkeypatch)
        path = "/api/datasets/tsd/" + self.datasets(instance)["published"]
        assert self.statuses(instance, "127.0.0.2", path, WRONG, NUMBER + 3) == [401] * NUMBER + [429] * 3
        said = self.bare(instance, sender("127.0.0.2"), "/api/datasets/tsd", WRONG)
        assert said.json()["code"] == "wrong-signatures" and said.headers["cache-control"] == "no-store"
        assert 0 < int(said.headers["retry-after"]) <= wrong_counts.WINDOW
        # what is signed for this source is not looked at now
        assert self.bare(instance, sender("127.0.0.2"), path, instance.key).status_code == 429
        for named, status in (("tsd", 429), ("csc", 401)):
            lines = dict(client.signed_headers(instance.key, "m", b"{}"), **{client.SOURCE_HEADER: named})
            posted = sender("127.0.0.2").post(instance.base_url + "/api/datasets", b"{}", headers=lines)
            assert posted.status_code == status, named
        # without a signature it reads what everybody reads
        assert sender("127.0.0.2").get(instance.base_url + path).status_code == 200
        assert self.bare(instance, sender("127.0.0.3"), path, instance.key).status_code == 200
        # names that are no source's are one, and lock no source out
        for number in range(NUMBER + 3):
            status = self.statuses(instance, "127.0.0.4", "/api/datasets/nobody-%d" % number, WRONG, 1)
            assert status == [401 if number < NUMBER else 429]
        assert self.bare(instance, sender("127.0.0.4"), path, instance.key).status_code == 200

    def test_who_signed_rightly_a_short_time_ago_goes_on_behind_an_address(self, instance, monkeypatch):
        self.limit(instance, monkeypatch)
        path = "/api/datasets/tsd/" + self.datasets(instance)["published"]
        assert self.bare(instance, sender("127.0.0.5"), path, instance.key).status_code == 200
        assert self.statuses(instance, "127.0.0.5", path, WRONG, NUMBER + 3) == [401] * NUMBER + [429] * 3
        assert self.bare(instance, sender("127.0.0.5"), path, instance.key).status_code == 200
        # of another source nobody signed rightly from there
        assert self.statuses(instance, "127.0.0.5", "/api/datasets/csc", WRONG, NUMBER + 1)[-1] == 429
        assert self.bare(instance, sender("127.0.0.5"), "/api/datasets/csc", instance.key).status_code == 429

    def test_nobody_locks_a_source_out(self, instance, monkeypatch):
        """Many addresses that sign wrongly for a source wait sooner, and its own right signatures pass."""
        self.limit(instance, monkeypatch)
        path = "/api/datasets/tsd"
        for number in range(NUMBER * attempts.UNDER_ATTACK + 1):
            assert self.statuses(instance, "127.0.1.%d" % number, path, WRONG, 1) == [401]
        said = self.statuses(instance, "127.0.2.1", path, WRONG, NUMBER + 1)
        assert said == [401] * attempts.FEW + [429] * (NUMBER + 1 - attempts.FEW)
        assert self.bare(instance, sender("127.0.2.2"), path, instance.key).status_code == 200
        # of another source's, each address has its own number still
        assert self.statuses(instance, "127.0.2.3", "/api/datasets/csc", WRONG, NUMBER) == [401] * NUMBER

    def test_everybody_behind_one_proxy(self, instance, monkeypatch):
        """Where all senders have one address, wrong signatures are put off and right ones pass."""
        self.limit(instance, monkeypatch, None)
        path = "/api/datasets/tsd"
        assert self.statuses(instance, "127.0.0.1", path, WRONG, NUMBER + 2) == [401] * NUMBER + [429] * 2
        assert self.bare(instance, sender(), path, instance.key).status_code == 200

    def test_no_token_in_an_address(self, instance):
        token = instance.tokens["curator"]
        published = self.datasets(instance)["published"]
        pid = instance.source.get(published)["pid"]
        for path in ("/api/datasets/tsd", "/api/datasets/tsd/" + published, "/api/datasets/keys", "/api/access/" + pid):
            answer = instance.call("GET", path, params={"access_token": token})
            assert (answer.status_code, answer.json()["code"]) == (400, "token-in-address"), (path, answer.text)
            assert answer.headers["cache-control"] == "no-store" and token not in answer.text
        before = instance.count("secureb2share_dataset")
        body = self.body("register", "tsd", "token/" + uuid.uuid4().hex)
        path = "/api/datasets/tsd/%s?access_token=%s" % (json.loads(body.decode("utf-8"))["identifier"], token)
        answer = instance.call("PUT", path, data=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (400, "token-in-address")
        assert instance.count("secureb2share_dataset") == before

    def test_answers_say_who_may_keep_them(self, instance):
        targets = self.datasets(instance)
        held, published = ("/api/datasets/tsd/" + targets[kind] for kind in ("held", "published"))
        pid, told, pages = instance.source.get(targets["published"])["pid"], [], []
        if self.prefix is not None:
            cited, page = (self.prefix + "/secureb2share/%s/%s" % (name, pid) for name in ("cite", "access"))
            # a host whose web application gives every reader a cookie has no page that may be kept
            first = requests.get(instance.base_url + cited)
            told, pages = ([first], []) if "set-cookie" in first.headers else ([], [cited])
            told += [requests.get(instance.base_url + path, cookies={"session": "x"}) for path in (cited, page)]
            none = (cited + "x", page + "x", page + "?access_token=T")
            told += [requests.get(instance.base_url + path) for path in none]
        for path in ["/api/datasets", "/api/datasets/keys", "/api/datasets/openapi.json", published] + pages:
            answer = requests.get(instance.base_url + path)
            assert (answer.status_code, answer.headers["cache-control"][:15]) == (200, "public, max-age"), path
            assert self.varies(answer) and "set-cookie" not in answer.headers and answer.headers["etag"]
        told += [self.bare(instance, requests, path, instance.key) for path in (held, published, "/api/datasets/tsd")]
        assert [answer.status_code for answer in told[-3:]] == [200] * 3
        told += [self.bare(instance, requests, path, WRONG) for path in (held, "/api/datasets/tsd", "/api/datasets")]
        told += [instance.call("GET", path, "curator") for path in (held, published, "/api/datasets/keys")]
        told += [requests.get(instance.base_url + path) for path in (held, "/api/datasets/tsd", published + "x")]
        told.append(requests.get(instance.base_url + published, cookies={"session": "x"}))
        told.append(instance.post_lines([b"{}\n"]))
        for answer in told:
            assert answer.headers["cache-control"] == "no-store" and self.varies(answer), answer.request.url
            assert not {"etag", "last-modified", "expires"} & {name.lower() for name in answer.headers}

    def varies(self, answer):
        return {"webhook-signature", "authorization"} <= {
            name.strip().lower() for name in answer.headers["vary"].split(",")
        }

    @pytest.mark.skipif(fronted.NGINX is None, reason="nginx is not installed")
    def test_a_cache_gives_everybody_the_public_answer(self, instance, tmp_path):
        """Behind an nginx that keeps whatever it may keep, and for an hour what says nothing."""
        identifiers = self.datasets(instance)
        paths = ["/api/datasets/tsd/" + identifier for identifier in identifiers.values()]
        pid = instance.source.get(identifiers["published"])["pid"]
        paths += ["/api/datasets/tsd", "/api/datasets/keys"]
        paths += [] if self.prefix is None else [self.prefix + "/secureb2share/cite/" + pid]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        upstream = int(instance.base_url.rpartition(":")[2])
        zone = "proxy_cache_path %s/cache keys_zone=kept:1m;" % tmp_path
        cache = "proxy_cache kept; proxy_cache_valid any 1h; add_header X-Kept $upstream_cache_status always;"
        with fronted.nginx(tmp_path, port, upstream, zone, cache) as base:
            kept = 0
            for path in paths:
                public = requests.get(instance.base_url + path)
                signed = [self.bare(instance, requests, path, instance.key, base) for _ in range(2)]
                # a reader with a session
                signed += [requests.get(base + path, cookies={"session": "x"}) for _ in range(2)]
                everybody = [requests.get(base + path) for _ in range(2)]
                again = self.bare(instance, requests, path, instance.key, base)
                assert [(one.status_code, one.text) for one in everybody] == [(public.status_code, public.text)] * 2
                assert again.text == signed[1].text and again.status_code == signed[1].status_code, path
                assert {one.headers["x-kept"] for one in signed + [again]} == {"MISS"}
                kept += everybody[1].headers["x-kept"] == "HIT"
                # what everybody got is asked for anew by who has it
                if "etag" in public.headers:
                    known = {"If-None-Match": public.headers["etag"]}
                    assert requests.get(instance.base_url + path, headers=known).status_code == 304
            assert kept > 3
            if self.prefix is None:
                return
            page = base + self.prefix + "/secureb2share/access/" + pid
            readers = [requests.get(page, cookies={"session": "x"}) for _ in range(2)] + [requests.get(page)]
            assert {one.headers["x-kept"] for one in readers} == {"MISS"}
            assert {one.headers["cache-control"] for one in readers[:2]} == {"no-store"}
