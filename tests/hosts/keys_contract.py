"""A source whose key was stolen, on every host: it is stopped, and what was done with the key is undone.

The fixture `instance` is made with SOURCES; see tests/instance.py. A test module per host subclasses KeysContract.
"""

import json
import logging
import threading
import uuid
from datetime import timedelta

import pytest
from rows import dump, new

from secureb2share_ext import client
from secureb2share_ext.compat import utcnow
from secureb2share_ext.uploads import lock

OLD, OLD_PUBLIC = client.new_key()
YESTERDAY, TODAY = (str((utcnow() - timedelta(days=days)).date()) for days in (1, 0))
LAST, LAST_PUBLIC = client.new_key()
OF_TENANT, OF_TENANT_PUBLIC = client.new_key()
SOURCES = {
    "tsd": {
        "keys": [
            {"key": OLD_PUBLIC, "expires": YESTERDAY},
            {"key": LAST_PUBLIC, "expires": TODAY},
            {"key": OF_TENANT_PUBLIC, "tenants": ["p11"]},
        ]
    },
    "csc": {"release": "publish"},
}
SUSPENDED = (403, "source-suspended")
FROZEN = (503, "frozen")


def folder():
    return "keys/" + uuid.uuid4().hex


class KeysContract:
    """Subclass it as Test..."""

    # what a sweep, a session or a search engine of the host writes
    not_compared = ("secureb2share_sweep",)
    many = 30  # datasets of which a thief withdraws 10 at a time

    def description(self, title="One of ours"):
        from instance import example

        found = example()
        found["core"]["titles"] = [{"lang": "en", "text": title}]
        return found

    def cli(self, instance, *words, code=0):
        result = instance.run_cli(*words)
        assert result.exit_code == code, result.output
        return result.output

    def line(self, instance, action, identifier, key=None, **members):
        return client.line(key or instance.key, instance.source.envelope(action, identifier, **members))

    def refused(self, call, *args, **members):
        with pytest.raises(client.Refused) as error:
            call(*args, **members)
        return error.value.status, error.value.code

    def put(self, instance, identifier, key):
        body = instance.source.envelope("register", identifier, dataset=self.description())
        headers = client.signed_headers(key, str(uuid.uuid4()), body)
        return instance.call("PUT", "/api/datasets/tsd/" + identifier, data=body, headers=headers)

    def test_a_key_past_its_day_is_an_unknown_key(self, instance, monkeypatch):
        # whichever logger a host's applications have, and whether or not it hands on
        logged, handle = [], logging.Logger.handle

        def see(logger, record):
            logged.append(record.getMessage())
            handle(logger, record)

        monkeypatch.setattr(logging.Logger, "handle", see)
        for one in lock.of_instance(instance.app):
            # B2SHARE logs errors alone
            monkeypatch.setattr(one.app.logger, "level", logging.WARNING)
        assert self.put(instance, folder(), LAST).status_code == 201
        before = dump(instance)
        old, unknown = (self.put(instance, folder(), key) for key in (OLD, client.new_key()[0]))
        assert (old.status_code, old.content) == (401, unknown.content)
        line = self.line(instance, "register", folder(), OLD, dataset=self.description())
        (answer,) = map(json.loads, instance.post_lines([line]).text.splitlines())
        assert (answer["status"], answer["problem"]["code"]) == (401, "signature")
        assert new(before, dump(instance)) == {}
        told = [one for one in logged if "key-expired" in one]
        assert told == ["secureb2share.key-expired source=tsd key=%s" % client.fingerprint(OLD_PUBLIC)] * 2
        assert OLD_PUBLIC[5:-1] not in "".join(logged)

    def everything(self, instance, identifier):
        """{what: (status, code)} of every signed request of the source tsd."""
        source, said = instance.source, {}
        said["register"] = self.refused(source.register, folder(), self.description())
        said["change"] = self.refused(source.register, identifier, self.description("Changed"))
        said["state"] = self.refused(source.set_state, identifier, "suspended", "Mine.")
        said["transfer"] = self.refused(source.transfer, identifier, "p12")
        said["decision"] = self.refused(source.report_decision, identifier, "a", "submitted")
        said["erase"] = self.refused(source.erase, identifier, "Mine.")
        said["attest"] = self.refused(source.attest, identifier, "0" * 64)
        event = {"id": str(uuid.uuid4()), "source": instance.base_url, "data": {"identifier": identifier}}
        said["receipt"] = self.refused(source.acknowledge, event, b"x", "r-1")
        answer = instance.post_lines([self.line(instance, "register", folder(), dataset=self.description())])
        said["bulk"] = (answer.status_code, answer.json().get("code"))
        return said

    def test_a_suspended_source_is_refused_at_once(self, instance, tmp_path):
        identifier = folder()
        instance.source.register(identifier, self.description())
        kept = tmp_path / "drop.jsonl"
        kept.write_bytes(self.line(instance, "register", folder(), dataset=self.description()))
        self.cli(instance, "source", "suspend", "tsd", "--reason", "A key was stolen.")
        try:
            before = dump(instance)
            assert set(self.everything(instance, identifier).values()) == {SUSPENDED}
            assert self.refused(instance.source.list) == SUSPENDED
            assert self.refused(instance.source.get, identifier) == SUSPENDED
            assert "source-suspended" in self.refused_line(instance, kept)
            assert new(before, dump(instance)) == {}
            # whoever has no key learns nothing of it, and readers read on
            assert self.put(instance, folder(), client.new_key()[0]).status_code == 401
            assert instance.call("GET", "/api/datasets/tsd/" + identifier).status_code == 200
            assert instance.other.register(folder(), self.description())["result"] == "created"
            assert "The source tsd is suspended since" in instance.run_cli("health").output
            said = self.cli(instance, "source", "list")
            assert "tsd: suspended since 20" in said and "A key was stolen." in said and "csc: active" in said
            assert client.fingerprint(OLD_PUBLIC) + " Ed25519, every tenant, until %s (past" % YESTERDAY in said
            assert OLD_PUBLIC not in said
        finally:
            self.cli(instance, "source", "resume", "tsd")
        assert instance.source.register(identifier, self.description("Changed"))["result"] == "changed"
        assert "1 created" in self.cli(instance, "ingest", str(kept))
        self.cli(instance, "source", "resume", "tsd", code=1)
        self.cli(instance, "source", "suspend", "tds", code=1)

    def refused_line(self, instance, file):
        self.cli(instance, "ingest", str(file), code=1)
        return file.with_name(file.name + ".refused.jsonl").read_text()

    def test_the_limit_of_withdrawals_holds_over_requests(self, instance):
        named = self.registered(instance, self.many)
        said = {"state": "withdrawn", "reason": "Mine."}
        other = {"state": "superseded", "reason": "Mine.", "successor": named[-1]}
        for start in range(0, self.many, 10):
            lines = [
                self.line(instance, "state", one, **(said if number % 2 else other))
                for number, one in enumerate(named[start : start + 10])
            ]
            instance.post_lines(lines)
        left = [one for one in named if self.state(instance, one) == "active"]
        assert len(left) == self.many - 10
        for ends in (said, other):
            assert self.refused(instance.source.set_state, left[0], **ends) == (409, "mass-withdrawal")
        # it has to be confirmed by what is signed
        instance.source.set_state(left[0], confirm=True, **said)
        confirmed = self.line(instance, "state", left[1], confirm="withdrawals", **said)
        (answer,) = map(json.loads, instance.post_lines([confirmed]).text.splitlines())
        assert answer["status"] == 200
        lines = [self.line(instance, "state", one, **said) for one in left[2:5]]
        answers = [json.loads(one) for one in instance.post_lines(lines, "?confirm=withdrawals").text.splitlines()]
        assert [one["status"] for one in answers] == [200] * 3
        # a day later
        instance.forget_withdrawals()
        assert instance.source.set_state(left[5], **said)["result"] == "changed"

    def registered(self, instance, count, **members):
        """The identifiers of new datasets of a source that has ended none today."""
        place = folder()
        named = ["%s/%02d" % (place, number) for number in range(count)]
        lines = [self.line(instance, "register", one, dataset=self.description(), **members) for one in named]
        made = instance.post_lines(lines).text.splitlines()
        assert {json.loads(one)["status"] for one in made} == {201}
        instance.forget_withdrawals()
        return named

    def test_the_limit_of_withdrawals_holds_side_by_side(self, instance):
        named, said, start = self.registered(instance, 20), [], threading.Barrier(20)
        before = utcnow().strftime("%Y-%m-%dT%H:%M:%SZ")

        def withdraw(identifier):
            start.wait()
            try:
                instance.source.set_state(identifier, "withdrawn", "Mine.")
            except client.Refused as refused:
                said.append(refused.code)

        threads = [threading.Thread(target=withdraw, args=(one,)) for one in named]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        left = [one for one in named if self.state(instance, one) == "active"]
        of_all = ("withdrawal", "undo", "tsd", "--reason", "A key was stolen.", "--since")
        self.cli(instance, *of_all, "yesterday", code=2)
        self.cli(instance, *of_all, before, named[0], code=2)
        assert self.cli(instance, *of_all, before).count(" is active again.") == len(named) - len(left)
        assert {self.state(instance, one) for one in named} == {"active"}
        if instance.app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql"):
            assert set(said) == {"mass-withdrawal"} and len(said) == len(left) == 10
        instance.forget_withdrawals()

    def test_who_confirms_many_withdrawals(self, instance, monkeypatch):
        """Only a key that is not limited to tenants; no token, and no key of a tenant, whatever it signs."""
        named = self.registered(instance, 16, tenant="p11")
        said = {"state": "withdrawn", "reason": "Mine."}
        done = instance.post_lines([self.line(instance, "state", one, **said) for one in named[:10]]).text.splitlines()
        assert {json.loads(one)["status"] for one in done} == {200}
        left, of_tenant = named[10:], client.Client(instance.base_url, "tsd", OF_TENANT)
        query = "?confirm=withdrawals"

        def codes(answer):
            return [json.loads(one).get("problem", {}).get("code") for one in answer.text.splitlines()]

        def lines(key=None, **more):
            return [self.line(instance, "state", one, key, **dict(said, **more)) for one in left[:2]]

        stopped = ["mass-withdrawal"] * 2
        assert self.refused(of_tenant.set_state, left[0], confirm=True, **said) == (409, "mass-withdrawal")
        assert codes(instance.post_lines(lines(OF_TENANT), query, key=OF_TENANT)) == stopped
        assert codes(instance.post_lines(lines(OF_TENANT, confirm="withdrawals"))) == stopped
        with monkeypatch.context() as patched:
            # whatever token a host knows
            for extension in instance.extensions():
                patched.setattr(extension.host, "sources_of_token", lambda: {"tsd"}, raising=False)
            headers = {client.SOURCE_HEADER: "tsd"}
            body = b"".join(lines())
            assert codes(instance.call("POST", "/api/datasets" + query, data=body, headers=headers)) == stopped
            body = instance.source.envelope("state", left[0], id=uuid.uuid4().hex, confirm="withdrawals", **said)
            answer = instance.call("POST", "/api/datasets/tsd/%s/state" % left[0], data=body)
            assert (answer.status_code, answer.json()["code"]) == (409, "mass-withdrawal")
            assert "a key that is not limited to tenants" in answer.json()["detail"]
        assert {self.state(instance, one) for one in left} == {"active"}
        # the key confirms what others send too
        assert codes(instance.post_lines(lines(OF_TENANT), query)) == [None] * 2
        instance.source.set_state(left[2], confirm=True, **said)
        instance.forget_withdrawals()

    def test_a_withdrawal_is_taken_back(self, instance):
        identifier = folder()
        pid = instance.source.register(identifier, self.description())["pid"]
        shown = self.seen(instance, pid)
        assert shown["found"] and shown["access"] != 410
        self.cli(instance, "withdrawal", "undo", "tsd", identifier, "--reason", "Not withdrawn.", code=1)
        instance.source.set_state(identifier, "withdrawn", "Mine.", confirm=True)
        assert not self.seen(instance, pid)["found"] and self.seen(instance, pid)["access"] == 410
        assert identifier in self.cli(instance, "withdrawal", "list", "--source", "tsd")
        before = dump(instance)
        self.cli(instance, "withdrawal", "undo", "tsd", identifier, "--reason", " ", code=1)
        self.cli(instance, "withdrawal", "undo", "tsd", identifier + "/none", "--reason", "Why.", code=1)
        assert new(before, dump(instance)) == {}
        said = self.cli(instance, "withdrawal", "undo", "tsd", identifier, "--reason", "Withdrawn by a stolen key.")
        assert pid in said and self.seen(instance, pid) == shown
        answer = instance.call("GET", "/api/datasets/tsd/" + identifier).json()
        assert (answer["state"], answer["reason"], answer["pid"]) == ("active", "Withdrawn by a stolen key.", pid)
        last = instance.events(identifier)[-1][2]
        assert (last["data"]["state"], last["type"]) == ("active", "org.secureb2share.dataset.changed.v1")
        assert last["data"]["dataset"]["core"]["titles"] == self.description()["core"]["titles"]
        # what the source sends afterwards is accepted as before, and it can withdraw for good
        assert instance.source.register(identifier, self.description())["result"] == "unchanged"
        assert instance.source.register(identifier, self.description("Later"))["result"] == "changed"
        assert instance.source.set_state(identifier, "withdrawn", "Study closed.", confirm=True)["state"] == "withdrawn"

    def test_a_supersession_is_taken_back(self, instance):
        identifier, mine = folder(), folder()
        pid = instance.source.register(identifier, self.description())["pid"]
        instance.source.register(mine, self.description("Mine"))
        instance.source.set_state(identifier, "suspended", "Consent under review.")
        before, shown = instance.source.get(identifier), self.seen(instance, pid)
        instance.source.set_state(identifier, "superseded", "Mine.", successor=mine)
        instance.source.set_state(identifier, "withdrawn", "Mine.")
        listed = [one for one in self.cli(instance, "withdrawal", "list").splitlines() if identifier in one]
        assert len(listed) == 1 and " withdrawn tsd " in listed[0]
        undo = ("withdrawal", "undo", "tsd", identifier, "--reason", "A key was stolen.")
        assert "superseded again" in self.cli(instance, *undo)
        assert instance.source.get(identifier)["successor"] == mine
        assert "suspended again" in self.cli(instance, *undo)
        after = instance.source.get(identifier)
        assert {name: after.get(name) for name in ("state", "reason", "state_at", "successor")} == {
            name: before.get(name) for name in ("state", "reason", "state_at", "successor")
        }
        assert self.seen(instance, pid) == shown
        assert instance.events(identifier)[-1][2]["data"]["state"] == "suspended"
        assert "suspended" in self.cli(instance, *undo, code=1)
        assert instance.source.set_state(identifier, "active", "Review done.")["state"] == "active"

    def test_what_waited_for_a_curator_is_taken_back(self, instance, monkeypatch):
        identifier = folder()
        for extension in instance.extensions():
            monkeypatch.setitem(extension.sources, "csc", extension.sources["csc"]._replace(release="review"))
        csc = client.Client(instance.base_url, "csc", instance.second[0])
        csc.register(identifier, self.description("Held"))
        instance.execute("DELETE FROM secureb2share_held WHERE description NOT LIKE '%Held%'")
        before, rows = csc.get(identifier), instance.execute("SELECT * FROM secureb2share_held")
        csc.set_state(identifier, "withdrawn", "Mine.")
        assert instance.count("secureb2share_held") == 0
        (listed,) = [one for one in self.cli(instance, "withdrawal", "list").splitlines() if identifier in one]
        assert " - (until " in listed
        undo = ("withdrawal", "undo", "csc", identifier, "--reason", "A key was stolen.")
        assert "held for review" in self.cli(instance, *undo)
        assert instance.execute("SELECT * FROM secureb2share_held") == rows
        assert csc.get(identifier)["review"] == before["review"]
        assert csc.register(identifier, self.description("Held"))["result"] == "unchanged"
        self.cli(instance, "review", "release", "csc", identifier)
        assert csc.get(identifier)["pid"]
        assert ": 1 released" in self.cli(instance, "incident", "show")

    def test_after_some_days_it_is_final(self, instance):
        identifier = folder()
        instance.source.register(identifier, self.description())
        instance.source.set_state(identifier, "withdrawn", "Study closed.", confirm=True)
        for hours, code in ((1, 1), (-1, 0)):
            moment = utcnow() - timedelta(days=14, hours=hours)
            instance.execute(
                "UPDATE secureb2share_dataset SET state_at = :moment WHERE identifier = :identifier",
                moment=moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                identifier=identifier,
            )
            listed = self.cli(instance, "withdrawal", "list")
            assert (identifier in listed) == (code == 0)
            told = self.cli(instance, "incident", "show", "--hours", str(24 * 366))
            assert "which can be taken back: %d." % listed.count(" (until ") in told
            said = self.cli(instance, "withdrawal", "undo", "tsd", identifier, "--reason", "Why.", code=code)
            assert ("for more than 14 days" in said) == (code == 1)

    def test_a_night_is_rehearsed(self, instance, tmp_path):
        """As docs/howto/incident.md says it, from the alarm to the morning."""
        good, bad = folder(), folder()
        pid = instance.source.register(good, self.description())["pid"]
        instance.sweep()
        # somebody who stole the key withdraws a dataset, and is about to go on
        instance.source.register(bad, self.description())
        instance.source.set_state(bad, "withdrawn", "Mine.", confirm=True)
        said = self.cli(instance, "incident", "start", "--reason", "A key was stolen.")
        try:
            key = client.fingerprint(client.public_of(instance.key))
            (line,) = [one for one in said.splitlines() if one.startswith("  tsd %s: " % key)]
            assert "created" in line and "withdrawn" in line and "incident end" in said
            before, told = dump(instance), len(instance.receiver.requests)
            curated = instance.curate(self.description())
            assert (curated.status_code, curated.json()["code"]) == FROZEN
            # a draft of the host is the host's own
            assert [table for table in new(before, dump(instance)) if table.startswith("secureb2share_")] == []
            before = dump(instance, self.not_compared)
            assert set(self.everything(instance, good).values()) == {FROZEN}
            kept = tmp_path / "drop.jsonl"
            kept.write_bytes(self.line(instance, "register", folder(), dataset=self.description()))
            assert "frozen" in self.refused_line(instance, kept)
            self.cli(instance, "withdrawal", "undo", "tsd", bad, "--reason", "Not meant.", code=1)
            self.cli(instance, "transfer", "tsd", good, "--tenant", "p12", code=1)
            assert instance.sweep() == {} and len(instance.receiver.requests) == told
            # readers read on, and get to the form, to which nothing signed is given
            assert instance.call("GET", "/api/records/" + pid).status_code == 200
            assert instance.source.get(good)["state"] == "active"
            link = instance.call("GET", "/api/access/" + pid)
            assert link.status_code == 302 and "eyJ" not in link.headers["location"]
            assert new(before, dump(instance, self.not_compared)) == {}
            self.cli(instance, "source", "suspend", "tsd", "--reason", "A key was stolen.")
            said = self.cli(instance, "incident", "show")
            assert "An incident has frozen the catalogue" in instance.run_cli("health").output
            assert "frozen since 20" in said and "A key was stolen." in said and "The source tsd is suspended" in said
        finally:
            instance.run_cli("source", "suspend", "tsd")
            self.cli(instance, "incident", "end")
        # the key is stopped still, while everybody else goes on
        assert self.refused(instance.source.register, folder(), self.description()) == SUSPENDED
        assert instance.other.register(folder(), self.description())["result"] == "created"
        assert bad in self.cli(instance, "withdrawal", "list")
        self.cli(instance, "withdrawal", "undo", "tsd", bad, "--reason", "Not meant.")
        self.cli(instance, "source", "resume", "tsd")
        assert self.state(instance, bad) == "active" and "eyJ" in self.link(instance, pid)
        assert instance.source.register(good, self.description("Next morning"))["result"] == "changed"
        assert instance.sweep() and len(instance.receiver.requests) > told
        assert "not frozen" in self.cli(instance, "incident", "show")
        self.cli(instance, "incident", "end", code=1)

    def link(self, instance, pid):
        return instance.call("GET", "/api/access/" + pid).headers["location"]

    def seen(self, instance, pid):
        """What readers see of a record: its state, whether search finds it, its exports, and the access link."""
        instance.index_by_sweep()
        found = {"found": self.is_found(instance, pid)}
        found["access"] = instance.call("GET", "/api/access/" + pid).status_code
        found["state"] = instance.call("GET", "/api/records/" + pid).json()["access"]["state"]
        return dict(found, **self.exports(instance, pid))

    def is_found(self, instance, pid):
        """Whether lists of what is to be had, such as OAI-PMH, have the record."""
        raise AssertionError("a host says where its records are found")

    def exports(self, instance, pid):
        """{name: what one sees in it} of exports, which are the same again when a withdrawal was taken back."""
        raise AssertionError("a host names its exports")

    def state(self, instance, identifier):
        return instance.call("GET", "/api/datasets/tsd/" + identifier).json()["state"]
