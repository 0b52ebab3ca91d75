"""The events of REMS over HTTP, on every host.

The fixture `instance` is made with SOURCES and ACCESS; see tests/instance.py. A test module per host subclasses
DecisionsContract.
"""

import itertools
import json
import logging
import os
import threading
import uuid

import pytest
import redis
from rems_events import PERSONS, encoded, event, whole
from rows import dump, new, tables_with

from secureb2share_ext import client
from secureb2share_ext.messages import rems_door

SECRET, FORMER = "the-present-secret-of-the-tests", "the-former-secret-of-the-tests"
SOURCES = {"tsd": {"release": "publish", "access": "sd-apply"}}
ACCESS = {
    "sd-apply": {"provider": "rems", "url": "https://rems.example.org", "events": [SECRET, FORMER]},
    "silent": {"provider": "rems", "url": "https://rems.example.org"},
    "csc-form": {"provider": "template", "url": "https://forms.example.org/{identifier}"},
}
KINDS = ("created", "submitted", "commented", "member-invited", "returned", "submitted", "approved")
READ_REDIS = {
    "string": lambda server, key: server.get(key),
    "list": lambda server, key: server.lrange(key, 0, -1),
    "hash": lambda server, key: server.hgetall(key),
    "set": lambda server, key: server.smembers(key),
    "zset": lambda server, key: server.zrange(key, 0, -1),
}

_ids = itertools.count(1)


class DecisionsContract:
    """Subclass it as Test..."""

    def put(self, instance, found, secret=SECRET, entry="sd-apply", **headers):
        body = found if isinstance(found, bytes) else encoded(found)
        given = dict({"Content-Type": "application/json"}, **headers)
        if secret is not None:
            given["x-secureb2share-secret"] = secret
        return instance.call("PUT", "/api/datasets/rems/" + entry, data=body, headers=given)

    def registered(self, instance):
        from instance import example

        identifier = "rems/" + uuid.uuid4().hex
        instance.source.register(identifier, example())
        return identifier

    def counts(self, instance, identifier):
        found = instance.call("GET", "/api/datasets/tsd/" + identifier).json()["requests"]
        return {state: number for state, number in found.items() if number}

    def test_decisions_are_counted_and_whoever_asks_is_told(self, instance):
        identifier, application = self.registered(instance), next(_ids)
        seen = []
        for number, kind in enumerate(KINDS):
            found = event(number, kind, application, [identifier] if kind == "created" else None)
            secret = (SECRET, FORMER)[number % 2]
            for _ in (1, 2):
                answer = self.put(instance, found, secret)
                assert answer.status_code == 200, answer.text
            seen.append(self.counts(instance, identifier))
        assert seen == [{}] + [{"open": 1}] * 5 + [{"approved": 1}]

    def test_of_whole_applications_no_person_is_anywhere(self, instance, caplog, capfd, monkeypatch):
        for extension in instance.extensions():
            # so that wrong secrets are counted, in Redis where there is one
            monkeypatch.setitem(extension.host.config, "SECUREB2SHARE_WRONG_SIGNATURES", 1000)
        identifier, application = self.registered(instance), next(_ids)
        caplog.set_level(logging.DEBUG)
        before = dump(instance)
        for number, kind in enumerate(KINDS):
            found = whole(number, kind, application, [identifier] if kind == "created" else None)
            assert all(person in json.dumps(found) for person in PERSONS)
            # as it is, with the wrong secret, broken in two ways, and too long
            assert self.put(instance, found).status_code == 200
            assert self.put(instance, found, "no-secret").status_code == 401
            assert self.put(instance, encoded(found)[:-1]).status_code == 400
            answer = self.put(
                instance, dict(found, **{"application/id": "Respondent 7", "event/type": "application.event/closed"})
            )
            assert answer.status_code == 400 and [e["field"] for e in answer.json()["errors"]] == ["application/id"]
            assert "Respondent" not in answer.text
        assert self.counts(instance, identifier) == {"approved": 1}
        assert set(new(before, dump(instance))) == {"secureb2share_rems", "secureb2share_application"}
        everything = dump(instance)
        assert {person: tables_with(everything, person) for person in PERSONS if tables_with(everything, person)} == {}
        said = caplog.text + "".join(capfd.readouterr()) + self.elsewhere(instance)
        assert "secureb2share.rems-event-unreadable" in said
        assert [person for person in PERSONS if person in said] == []

    def elsewhere(self, instance):
        """The text of all that Redis holds, and on some hosts the index, where there are such."""
        url, found = os.environ.get("SECUREB2SHARE_TEST_REDIS"), []
        for number in range(16 if url else 0):
            server = redis.StrictRedis.from_url("%s/%d" % (url, number))
            for key in server.keys("*"):
                # a dump would be compressed
                kind = server.type(key).decode("ascii")
                found += [repr(key), repr(READ_REDIS[kind](server, key) if kind in READ_REDIS else kind)]
        return "".join(found)

    def test_a_secret_that_is_wrong_tells_nothing_of_what_exists(self, instance):
        before, said = dump(instance), set()
        found = event(1, "created", next(_ids), ["x"])
        for entry in ("sd-apply", "silent", "csc-form", "none", "%00", "s%C3%B8k"):
            for secret in (None, "", "x", SECRET[:-1], SECRET + "x", SECRET.upper(), "\xe9" * 30):
                for body in (found, b"", b"{"):
                    answer = self.put(instance, body, secret, entry)
                    said.add((answer.status_code, answer.content, answer.headers["cache-control"]))
        # the secret of one entry is none of another
        said.update(
            (a.status_code, a.content, a.headers["cache-control"]) for a in [self.put(instance, found, entry="silent")]
        )
        ((status, content, kept),) = said
        assert (status, json.loads(content.decode("utf-8"))["code"], kept) == (401, "secret", "no-store")
        assert new(before, dump(instance)) == {}

    def test_who_sends_wrong_secrets_waits(self, instance, monkeypatch):
        for extension in instance.extensions():
            monkeypatch.setitem(extension.host.config, "SECUREB2SHARE_WRONG_SIGNATURES", 3)
            # so that the address of the tests is one sender's
            monkeypatch.setitem(extension.host.config, "SECUREB2SHARE_SHARED_NETWORKS", [])
        monkeypatch.setattr(rems_door, "NAME", "rems" + uuid.uuid4().hex)
        found, entries = event(1, "commented"), itertools.cycle(["sd-apply", "none"])
        said = [self.put(instance, found, "wrong", next(entries)).status_code for _ in range(5)]
        assert said == [401, 401, 401, 429, 429]
        waits = self.put(instance, found, "wrong")
        assert waits.json()["code"] == "wrong-signatures" and int(waits.headers["retry-after"]) > 0
        assert self.put(instance, found).status_code == 429
        # whoever had the right one a short time ago goes on
        monkeypatch.setattr(rems_door, "NAME", "rems" + uuid.uuid4().hex)
        assert self.put(instance, found).status_code == 200
        assert [self.put(instance, found, "wrong").status_code for _ in range(5)][-1] == 429
        assert self.put(instance, found).status_code == 200

    def test_it_answers_only_while_the_catalogue_is_on(self, instance, monkeypatch):
        for extension in instance.extensions():
            monkeypatch.setattr(extension, "mode", "off")
        assert self.put(instance, event(1, "commented")).status_code == 404

    def test_an_incident_is_said_behind_the_secret(self, instance):
        identifier, application = self.registered(instance), next(_ids)
        self.put(instance, event(1, "created", application, [identifier]))
        assert instance.run_cli("incident", "start").exit_code == 0
        try:
            before = dump(instance)
            answer = self.put(instance, event(2, "submitted", application))
            assert (answer.status_code, answer.json()["code"]) == (503, "frozen")
            assert self.put(instance, event(2, "submitted", application), "wrong").status_code == 401
            assert new(before, dump(instance)) == {}
        finally:
            assert instance.run_cli("incident", "end").exit_code == 0

    def test_at_once_ends_as_one_after_the_other(self, instance):
        identifier = self.registered(instance)
        applications = [next(_ids) for _ in range(4)]
        for _ in range(3):
            self.at_once(instance, identifier, applications)
        wanted = sum(1 for _ in applications)
        assert self.counts(instance, identifier) == {"approved": wanted}
        rows = instance.count("secureb2share_application", "state = 'approved'")
        assert rows >= wanted

    def at_once(self, instance, identifier, applications):
        said, gate = [], threading.Barrier(len(applications) * 4)

        def send(found):
            gate.wait(60)
            answer = self.put(instance, found)
            while answer.status_code == 503:
                # as REMS does, only sooner
                answer = self.put(instance, found)
            said.append(answer.status_code)

        threads = []
        for application in applications:
            events = [event(1, "created", application, [identifier]), event(2, "submitted", application)]
            events += [event(3, "approved", application)] * 2
            threads += [threading.Thread(target=send, args=(one,)) for one in events]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert said == [200] * len(threads)

    def test_both_dialects_count_in_one_place(self, instance):
        identifier, application = self.registered(instance), next(_ids)
        instance.source.report_decision(identifier, "app-1", "denied")
        self.put(instance, event(1, "created", application, [identifier]))
        self.put(instance, event(2, "approved", application))
        assert self.counts(instance, identifier) == {"approved": 1, "denied": 1}

    def test_the_address_is_of_no_source_and_takes_events_alone(self, instance):
        for method in ("POST", "DELETE", "GET"):
            answer = instance.call(method, "/api/datasets/rems/sd-apply", headers={"x-secureb2share-secret": SECRET})
            assert answer.status_code in (404, 405), (method, answer.text)
        with pytest.raises(client.Refused) as refused:
            client.Client(instance.base_url, "rems", instance.key).get("sd-apply")
        assert refused.value.status == 401

    def test_reconcile_says_what_it_needs(self, instance, monkeypatch):
        monkeypatch.delenv("REMS_API_KEY", raising=False)
        for entry, said in (("silent", "takes no events"), ("none", "takes no events"), ("sd-apply", "REMS_API_KEY")):
            result = instance.run_cli("decisions", "reconcile", entry, "--user", "reporter")
            assert (result.exit_code, said in result.output) == (1, True), result.output
