"""Many messages at once, on every host.

The fixture `instance` has the source tsd on publish, whose target is told of what the source itself did (`echo`); see
tests/instance.py. A test module per host subclasses BulkContract and names the tables in which nothing is to compare.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid

import pytest
import requests
from rows import dump, new

from secureb2share_ext import client
from secureb2share_ext.messages import bulk, envelope

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ("moba", "finngen", "moba")
CONFIRMED = {"confirm": "withdrawals"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?")
UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}(?![0-9a-f])")
DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
PIDS = ("pid", "recid", "pid_value", "control_number", "subject")
NUMBERS = ("id", "recid", "dataset_id", "transaction_id", "end_transaction_id")


def new_folder():
    return "bulk/" + uuid.uuid4().hex


def issued(number):
    return "2026-01-01T00:%02d:%02dZ" % divmod(number, 60)


IGNORED = re.compile(r"Exception ignored in: .*?\nKeyboardInterrupt: *\n", re.S)


class BulkContract:
    """Subclass it as Test...: what a host does with many messages."""

    # made once a transaction, and a bulk has fewer of them; or a search engine's own pages
    not_compared = ()
    # the command line of an instance of this host, in a process of its own
    program = os.path.join(HERE, "..", "ingesting.py")
    many = 1000  # lines of a file whose ingest is killed: long enough to be caught on the way
    chunk = bulk.CHUNK  # messages a transaction; 1 for a host that cannot insert many at once

    @pytest.fixture(autouse=True)
    def _in_chunks(self, monkeypatch):
        monkeypatch.setattr(bulk, "CHUNK", self.chunk)

    def description(self, name="moba", title=None, **version):
        from instance import example

        found = example(name)
        if title:
            found["core"]["titles"][0]["text"] = title
        return dict(found, version=version) if version else found

    def line(self, instance, action, identifier, message_id=None, key=None, now=None, **members):
        body = instance.source.envelope(action, identifier, **members)
        return client.line(key or instance.key, body, message_id, now)

    def lines(self, instance, identifiers, **members):
        members.setdefault("dataset", self.description())
        return [self.line(instance, "register", identifier, **members) for identifier in identifiers]

    def post(self, instance, lines, query=""):
        answer = instance.post_lines(lines, query)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("application/x-ndjson")
        return [json.loads(one) for one in answer.text.splitlines()]

    def results(self, answers):
        return [a["answer"]["result"] if "answer" in a else a["problem"]["code"] for a in answers]

    def history(self, folder):
        """[(action, identifier, members)]: each kind of message, also twice for one dataset."""
        first, second, third = (folder + "/n%d" % number for number in range(3))
        said = [("register", one, {"dataset": self.description(name)}) for one, name in zip((first, second), NAMES)]
        said += [
            ("register", third, {"dataset": self.description(title="Replaces", replaces=first, label="2")}),
            ("register", first, {"dataset": self.description()}),
            ("register", first, {"dataset": self.description(title="Changed")}),
            ("state", second, {"state": "suspended", "reason": "Consent under review."}),
            ("state", second, {"state": "active", "reason": "Review done."}),
            ("decision", second, {"application": "a", "state": "submitted"}),
            ("transfer", second, {"tenant": "p12", "contact": {"name": "Desk", "email": "desk@example.org"}}),
            ("register", third, {"dataset": self.description(title="Replaces no more")}),
            ("state", first, dict({"state": "superseded", "reason": "Re-frozen.", "successor": third}, **CONFIRMED)),
            ("state", first, dict({"state": "withdrawn", "reason": "Study closed."}, **CONFIRMED)),
        ]
        return [(action, one, dict(given, issued=issued(n))) for n, (action, one, given) in enumerate(said)]

    def plain(self, folder):
        """[(action, identifier, members)] of three new datasets."""
        return [
            (
                "register",
                "%s/n%d" % (folder, n),
                {"dataset": self.description(name), "tenant": "p11", "issued": issued(n)},
            )
            for n, name in enumerate(NAMES)
        ]

    def singly(self, instance, said):
        for action, identifier, members in said:
            if action == "register":
                instance.source.register(identifier, members.pop("dataset"), **members)
            elif action == "state":
                instance.source.set_state(identifier, **members)
            elif action == "decision":
                instance.source.report_decision(identifier, **members)
            else:
                instance.source.transfer(identifier, **members)

    def in_bulk(self, instance, said):
        answers = self.post(instance, [self.line(instance, a, i, **members) for a, i, members in said])
        assert all(a["status"] in (200, 201) for a in answers), answers

    def by_file(self, instance, said, tmp_path):
        file = tmp_path / "drop.jsonl"
        file.write_bytes(b"".join(self.line(instance, a, i, **members) for a, i, members in said))
        result = instance.run_cli("ingest", str(file))
        assert result.exit_code == 0, result.output

    @pytest.mark.parametrize("history", ["plain", "history"])
    @pytest.mark.parametrize("way", ["post", "file"])
    def test_bulk_and_single_leave_the_same_rows(self, instance, history, way, tmp_path):
        left = {}
        for how in ("single", way):
            # each way counts from the beginning of a day
            instance.execute("DELETE FROM secureb2share_sent")
            folder, before = new_folder(), dump(instance, self.not_compared)
            said = getattr(self, history)(folder)
            if how == "single":
                self.singly(instance, said)
            elif how == "post":
                self.in_bulk(instance, said)
            else:
                self.by_file(instance, said, tmp_path)
            left[how] = self.normal(new(before, dump(instance, self.not_compared)), folder)
        lengths = [{table: len(rows) for table, rows in found.items()} for found in left.values()]
        assert lengths[0] == lengths[1]
        assert left["single"]["secureb2share_dataset"] and left["single"]["secureb2share_event"]
        for table, rows in left["single"].items():
            for one, other in zip(rows, left[way][table]):
                assert one == other, (table, [pair for pair in zip(one.split(), other.split()) if pair[0] != pair[1]])

    def normal(self, rows, folder):
        """Rows without what differs by chance: numbers, times, PIDs, UUIDs, and digests of what holds those."""
        datasets = rows["secureb2share_dataset"]
        pids = {row["pid"]: "PID%s" % row["identifier"][-1] for row in datasets}
        uuids = {row["record_uuid"]: "UUID%s" % row["identifier"][-1] for row in datasets}
        kept = {row["digest"] for row in datasets}
        return {
            table: sorted(json.dumps(self._normal(row, folder, pids, uuids, kept), sort_keys=True) for row in found)
            for table, found in rows.items()
        }

    def _normal(self, value, folder, pids, uuids, kept):
        if isinstance(value, dict):
            return {
                name: "N"
                if name in NUMBERS and isinstance(one, int)
                else pids.get(str(one)) or self._normal(one, folder, pids, uuids, kept)
                if name in PIDS
                else self._normal(one, folder, pids, uuids, kept)
                for name, one in value.items()
                if name != "remote_addr"
            }
        if isinstance(value, list):
            return [self._normal(one, folder, pids, uuids, kept) for one in value]
        if not isinstance(value, (str, int)) or isinstance(value, bool):
            return value
        if not isinstance(value, str):
            return value
        if value[:1] in "{[":
            return self._normal(json.loads(value), folder, pids, uuids, kept)
        value = MOMENT.sub("T", value.replace(folder, "F"))
        value = UUID.sub(lambda m: uuids.get(m.group().replace("-", ""), "U"), value) if len(value) < 50 else value
        value = DIGEST.sub(lambda m: m.group() if m.group() in kept else "D", value)
        return re.sub(r"(/|:)(\d+)$", lambda m: m.group(1) + pids.get(m.group(2), m.group(2)), value)

    def test_bad_lines_leave_the_others(self, instance):
        folder, used = new_folder(), str(uuid.uuid4())
        good = self.lines(instance, ["%s/%d" % (folder, n) for n in range(3)])
        reused = [self.line(instance, "register", folder + "/reused", used, dataset=self.description())]
        assert self.results(self.post(instance, reused)) == ["created"]
        whole = json.loads(good[0].decode("utf-8"))

        def envelope(**changed):
            return client.canonical(dict(whole, **changed)) + b"\n"

        bad = [
            (b"not JSON\n", 400, "invalid"),
            (b"5\n", 400, "envelope"),
            (b'{"id": "a", "id": "b"}\n', 400, "invalid"),
            (b"\xff\xfe\n", 400, "invalid"),
            (b"[" * 5000 + b"\n", 400, "invalid"),
            (b"1" * 5000 + b"\n", 400, "invalid"),
            (envelope(more="x"), 400, "envelope"),
            (envelope(timestamp="1"), 400, "envelope"),
            (envelope(timestamp=-1), 401, "signature"),
            (envelope(timestamp=10**40), 401, "signature"),
            (envelope(body="[]"), 400, "envelope"),
            (envelope(body="not JSON"), 400, "invalid"),
            (envelope(body='{"action": "none", "source": "tsd", "identifier": "a"}'), 400, "envelope"),
            (envelope(body=whole["body"].replace("moba", "Moba", 1) + " "), 401, "signature"),
            (envelope(signature="v1a,AAAA"), 401, "signature"),
            (envelope(id=str(uuid.uuid4())), 401, "signature"),
            (self.line(instance, "register", folder + "/old", now=time.time() - 301, dataset={}), 401, "signature"),
            (self.line(instance, "register", folder + "/key", key=client.new_key()[0], dataset={}), 401, "signature"),
            (self.line(instance, "register", folder + "/id", used, dataset=self.description()), 422, "message-reused"),
            (self.line(instance, "register", folder + "/nul", "a\x00b", dataset=self.description()), 400, "invalid"),
            (self.line(instance, "register", folder + "/faults", dataset={"core": {}}), 400, "invalid"),
            (self.line(instance, "register", "..", dataset=self.description()), 400, "invalid"),
            (self.line(instance, "state", folder + "/none", state="withdrawn", reason="No."), 404, "unknown-dataset"),
            (
                self.line(instance, "register", folder + "/reused", issued=issued(0), dataset=self.description()),
                409,
                "stale",
            ),
        ]
        lines = [good[0]] + [given for given, _, _ in bad] + good[1:]
        answers = self.post(instance, lines)
        assert len(answers) == len(lines)
        assert self.results(answers[:1] + answers[-2:]) == ["created"] * 3
        for (given, status, code), answer in zip(bad, answers[1:]):
            assert (answer["status"], self.results([answer])) == (status, [code]), (given[:200], answer)
        assert instance.count("secureb2share_dataset", "identifier LIKE '%s/%%'" % folder) == 4

    @pytest.mark.parametrize("order", [1, -1])
    @pytest.mark.parametrize("kind", ["plain", "history"])
    def test_two_posts_of_the_same_at_once(self, instance, order, kind):
        # three datasets in each folder: more than one chunk
        count = max(3, self.chunk * 2 // 5) if kind == "plain" else 3
        folders, answers, start = [new_folder() for _ in range(count)], [], threading.Barrier(3)
        said = [one for folder in folders for one in getattr(self, kind)(folder)]
        lines = [self.line(instance, action, identifier, **members) for action, identifier, members in said]

        def send(these):
            start.wait()
            answers.append(self.post(instance, these))

        each = [lines, lines[::order], lines]
        threads = [threading.Thread(target=send, args=(these,)) for these in each]
        [t.start() for t in threads]
        [t.join() for t in threads]
        assert len(answers) == 3
        codes = {a["problem"]["code"] for some in answers for a in some if "problem" in a}
        # what another order makes impossible is told; an error of the database is not
        assert codes <= ({"stale", "state", "withdrawn", "unknown-dataset", "invalid"} if order < 0 else set()), codes
        if kind == "plain":
            assert codes == set()
        by_id = [{a["id"]: a["answer"] for a in some if "answer" in a} for some in answers]
        for message_id in set(by_id[0]) & set(by_id[1]) & set(by_id[2]):
            assert by_id[0][message_id] == by_id[1][message_id] == by_id[2][message_id]
        for _, identifier, _ in said:
            where = "identifier = '%s'" % identifier
            assert instance.count("secureb2share_dataset", where) == 1
            assert instance.count("secureb2share_dataset", where + " AND pid IS NOT NULL") == 1
            sequences = [sequence for sequence, _, _ in instance.events(identifier)]
            assert sequences == list(range(1, len(sequences) + 1)), sequences

    def test_interrupted_in_the_middle(self, instance, monkeypatch):
        folder, answered, many = new_folder(), bulk._answered, self.chunk * 13 // 5
        lines = self.lines(instance, ["%s/%d" % (folder, n) for n in range(many)], dataset=self.description("finngen"))
        chunks = []

        def fails_after_a_chunk(*args):
            chunks.append(1)
            if len(chunks) == 2:
                raise SystemExit("killed")
            yield from answered(*args)

        with monkeypatch.context() as patched:
            patched.setattr(bulk, "_answered", fails_after_a_chunk)
            said = b""
            with instance.post_lines(lines, stream=True) as answer:
                try:
                    for part in answer.iter_content(1000):
                        said += part
                except requests.RequestException:
                    pass
        whole = [json.loads(one) for one in said.splitlines()]
        assert self.results(whole) == ["created"] * self.chunk
        assert instance.count("secureb2share_dataset", "identifier LIKE '%s/%%'" % folder) == self.chunk
        assert self.results(instance.source.send_many(lines)) == ["created"] * many
        assert instance.count("secureb2share_dataset", "identifier LIKE '%s/%%'" % folder) == many
        assert instance.count("secureb2share_event", "CAST(body AS TEXT) LIKE '%%%s/%%'" % folder) in (0, many)

    def withdrawn(self, instance, folder):
        return instance.count("secureb2share_dataset", "identifier LIKE '%s/%%' AND state = 'withdrawn'" % folder)

    def ingest(self, instance, *args, **keywords):
        """`secureb2share ingest` in a process of its own."""
        with open(instance.data + "/ingesting.json", "w") as file:
            json.dump(instance.configured, file)
        environment = dict(
            os.environ,
            SECUREB2SHARE_TEST_INGEST=instance.data + "/ingesting.json",
            PYTHONPATH=os.pathsep.join((os.path.join(HERE, ".."), os.path.join(HERE, "..", ".."))),
        )
        command = [sys.executable, self.program, "secureb2share", "ingest"]
        return subprocess.Popen(
            command + list(args),
            env=environment,
            cwd=instance.data,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **keywords,
        )

    def test_killed_and_again(self, instance, tmp_path):
        folder, file = new_folder(), tmp_path / "drop.jsonl"
        file.write_bytes(b"".join(self.lines(instance, ["%s/%d" % (folder, n) for n in range(self.many)])))
        where = "identifier LIKE '%s/%%'" % folder
        counts = [0]
        for number, code in ((signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)):
            process = self.ingest(instance, str(file), start_new_session=True)
            # a start of InvenioRDM takes long where many work; the ingest is not yet there to be asked to end
            end = time.monotonic() + 180
            while instance.count("secureb2share_dataset", where) <= counts[-1] and time.monotonic() < end:
                time.sleep(0.3)
            # Ctrl-C reaches the whole process group
            os.killpg(process.pid, number)
            output = process.communicate(timeout=180)[0].decode()
            assert process.returncode == code, output
            counts.append(instance.count("secureb2share_dataset", where))
            assert counts[-2] < counts[-1] < self.many and counts[-1] % bulk.CHUNK == 0, counts
            if code == 130:
                # Python itself tells of an exception that comes while it frees an object
                said = IGNORED.sub("", output)
                assert "run the same command again" in said and "Traceback" not in said, output
        process = self.ingest(instance, str(file))
        output = process.communicate(timeout=180)[0].decode()
        assert (process.returncode, "%d created" % self.many in output) == (0, True), output
        assert instance.count("secureb2share_dataset", where) == self.many
        assert instance.count("secureb2share_event", "CAST(body AS TEXT) LIKE '%%%s/%%'" % folder) in (0, self.many)


def seen(calls, function):
    """A function that notes its calls."""
    return lambda *args, **kwargs: calls.append(args) or function(*args, **kwargs)


class RunContract(BulkContract):
    """Subclass it as Test...: what a request or a run of many messages does on any host, beside what the host does."""

    def test_envelopes_cannot_be_moved(self, instance):
        identifier, body = new_folder(), None
        body = instance.source.envelope("register", identifier, dataset=self.description())
        whole = json.loads(client.line(instance.key, body).decode("utf-8"))
        headers = {"webhook-" + name: str(whole[name]) for name in ("id", "timestamp", "signature")}
        # the same signed bytes as one request: the same message, so that it has one effect
        first = instance.call("PUT", "/api/datasets/tsd/" + identifier, data=body, headers=headers)
        (again,) = self.post(instance, [client.canonical(whole) + b"\n"])
        assert (first.status_code, again["status"]) == (201, 201) and first.json() == again["answer"]
        for path in ("/state", "/transfer", "/decisions", "/receipt", "/erase", "/attest"):
            moved = instance.call("POST", "/api/datasets/tsd/" + identifier + path, data=body, headers=headers)
            assert (moved.status_code, moved.json()["code"]) == (400, "invalid")

    def test_nothing_is_looked_at_before_the_whole_is_signed(self, instance, monkeypatch):
        folder, other = new_folder(), "other/" + uuid.uuid4().hex
        lines = self.lines(instance, [folder, other])
        looked, tried, holds = [], [], client._holds
        for module, name in ((bulk, "split"), (envelope, "read")):
            monkeypatch.setattr(module, name, seen(looked, getattr(module, name)))
        monkeypatch.setattr(client, "_holds", lambda *args: tried.append(args[0]) or holds(*args))
        body, before = b"".join(lines), dump(instance)
        good = client.signed_headers(instance.key, "whole", client.whole("", body))
        stranger = client.signed_headers(client.new_key()[0], "whole", client.whole("", body))
        cases = [
            ({}, body),
            ({client.SOURCE_HEADER: "tsd"}, body),
            (good, body),
            (dict(good, **{client.SOURCE_HEADER: "none"}), body),
            (dict(good, **{client.SOURCE_HEADER: "csc"}), body),
            (dict(good, **{client.SOURCE_HEADER: ""}), body),
            (dict(stranger, **{client.SOURCE_HEADER: "tsd"}), body),
            (dict(client.signed_headers(instance.key, "whole", body), **{client.SOURCE_HEADER: "tsd"}), body),
            (dict(good, **{client.SOURCE_HEADER: "tsd"}), body + b"\n"),
            (dict(good, **{client.SOURCE_HEADER: "tsd"}), b"\n".join(reversed(lines))),
        ]
        many = " ".join([stranger["webhook-signature"]] * 16)
        cases.append((dict(stranger, **{client.SOURCE_HEADER: "tsd", "webhook-signature": many}), body))
        for headers, sent in cases:
            answer = instance.call("POST", "/api/datasets", data=sent, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "signature"), (headers, answer.text)
        assert looked == [] and len(tried) <= 4 * len(cases)
        assert new(before, dump(instance)) == {}
        answer = instance.call("POST", "/api/datasets", data=body, headers=dict(good, **{client.SOURCE_HEADER: "tsd"}))
        assert self.results(json.loads(one) for one in answer.text.splitlines()) == ["created"] * 2
        assert len(looked) == 3

    def test_a_bulk_is_of_one_source(self, instance):
        """A line of another source is refused, whoever signed it; nothing of it is verified."""
        folder = new_folder()
        good, own = self.lines(instance, [folder, folder + "/own"])
        said = dict(json.loads(json.loads(own)["body"]), source="csc")
        signed = client.line(instance.key, client.canonical(said))
        answers = self.post(instance, [good, signed, good])
        assert [one["status"] for one in answers] == [201, 400, 201]
        assert answers[1]["problem"]["errors"] == [
            {"field": "source", "message": "differs from the source of the request"}
        ]

    def test_lines_and_files_for_another_catalogue(self, instance, tmp_path):
        folder = new_folder()
        instance.source.register(folder, self.description())
        staging = client.Client(instance.base_url, "tsd", instance.key, catalogue="https://staging.example.org")
        bodies = [
            staging.envelope("register", folder + "/new", dataset=self.description()),
            staging.envelope("register", folder, dataset=self.description("finngen")),
            staging.envelope("state", folder, state="withdrawn", reason="Rehearsed."),
        ]
        lines, before = [client.line(instance.key, body) for body in bodies], dump(instance)
        answers = self.post(instance, lines)
        assert [(one["status"], one["problem"]["code"]) for one in answers] == [(401, "other-catalogue")] * 3
        assert all(instance.base_url in one["problem"]["detail"] for one in answers)
        file = tmp_path / "drop.jsonl"
        file.write_bytes(b"".join(lines))
        result = instance.run_cli("ingest", str(file))
        assert (result.exit_code, result.output.splitlines()[0]) == (1, "3 refused")
        refused = [json.loads(one) for one in (tmp_path / "drop.jsonl.refused.jsonl").read_text("utf-8").splitlines()]
        assert {one["problem"]["code"] for one in refused} == {"other-catalogue"}
        assert new(before, dump(instance)) == {}

    def test_what_is_not_carried_out_holds_nothing_up(self, instance, tmp_path):
        folder = new_folder()
        lines = self.lines(instance, [folder])
        lines += [
            self.line(instance, "erase", folder, reason="x"),
            self.line(instance, "attest", folder, digest="0" * 64),
        ]
        lines += [self.line(instance, "state", folder, state="suspended", reason="x")]
        answers = self.post(instance, lines)
        assert [one["status"] for one in answers] == [201, 501, 501, 200]
        assert self.results(answers[1:3]) == ["not-built"] * 2
        file, before = tmp_path / "drop.jsonl", dump(instance)
        file.write_bytes(b"".join(lines[1:3]))
        result = instance.run_cli("ingest", str(file))
        assert result.exit_code == 1 and "2 refused" in result.output and "run the same" not in result.output
        assert new(before, dump(instance)) == {}

    @pytest.mark.parametrize(
        "lines, status", [([b"{}\n"] * 500, 200), ([b"{}\n"] * 501, 400), ([], 400), ([b"\n"], 400)]
    )
    def test_at_most_500(self, instance, lines, status):
        answer = instance.post_lines(lines)
        assert answer.status_code == status
        if status == 200:
            assert len(answer.text.splitlines()) == 500
        else:
            assert [error["field"] for error in answer.json()["errors"]] == ["(body)"]

    def test_at_most_a_megabyte(self, instance):
        folder = new_folder()
        lines = self.lines(instance, ["%s/%d" % (folder, n) for n in range(2)])
        fits = b"".join(lines) + b"\n" * (1000000 - sum(map(len, lines)))
        before = dump(instance)
        answer = instance.post_lines([fits, b"\n"])
        assert (answer.status_code, answer.json()["code"]) == (403, "body-too-long")
        assert new(before, dump(instance)) == {}
        answer = instance.post_lines([fits])
        assert self.results(json.loads(one) for one in answer.text.splitlines()) == ["created"] * 2

    def test_rings_of_versions_at_once(self, instance):
        one, two = new_folder(), new_folder()
        for identifier in (one, two):
            instance.source.register(identifier, self.description())
        codes, start = [], threading.Barrier(2)

        def replace(identifier, other):
            start.wait()
            try:
                codes.append(instance.source.register(identifier, self.description(replaces=other))["result"])
            except client.Refused as refused:
                codes.append(refused.code)

        threads = [threading.Thread(target=replace, args=pair) for pair in ((one, two), (two, one))]
        [t.start() for t in threads]
        [t.join() for t in threads]
        assert sorted(codes) == ["changed", "invalid"]

    def test_mass_withdrawal_stops(self, instance, monkeypatch):
        folder = new_folder()
        instance.forget_withdrawals()
        allowed, identifiers = 10, ["%s/%02d" % (folder, n) for n in range(60)]
        assert self.results(self.post(instance, self.lines(instance, identifiers))) == ["created"] * 60
        ends = [
            self.line(instance, "state", identifier, state="withdrawn", reason="Study closed.")
            for identifier in identifiers
        ]
        later = self.lines(instance, [folder + "/later"])
        answers = self.post(instance, ends[:30] + later + ends[30:])
        assert self.results(answers) == ["changed"] * allowed + ["mass-withdrawal"] * (61 - allowed)
        assert {a["status"] for a in answers} == {200, 409}
        assert self.withdrawn(instance, folder) == allowed
        # nor do single calls, or another request, go on unless they are confirmed in what they sign
        for identifier in identifiers[allowed : allowed + 12]:
            with pytest.raises(client.Refused) as refused:
                instance.source.set_state(identifier, "withdrawn", "Study closed.")
            assert refused.value.code == "mass-withdrawal"
            instance.source.set_state(identifier, "withdrawn", "Study closed.", confirm=True)
        done = allowed + 12
        assert self.results(self.post(instance, ends[done:])) == ["mass-withdrawal"] * (60 - done)
        assert self.results(self.post(instance, ends[:allowed])) == ["changed"] * allowed
        # a day later
        instance.forget_withdrawals()
        # the client stops with the run: it does not go on with its next request
        monkeypatch.setattr(client, "BATCH", allowed + 2)
        answers, left = [], ends[allowed + 12 :]
        with pytest.raises(client.Refused) as refused:
            for answer in instance.source.send_many(left):
                answers.append(answer)
        assert refused.value.code == "mass-withdrawal" and len(answers) == allowed + 2 < len(left)
        done = self.withdrawn(instance, folder)
        assert done == 2 * allowed + 12
        # a confirmation that was not signed is none
        body, query = b"".join(ends[done:]), "confirm=withdrawals"
        for signed in (body, client.whole("", body), client.whole("", body + b"?" + query.encode())):
            headers = client.signed_headers(instance.key, str(uuid.uuid4()), signed)
            headers[client.SOURCE_HEADER] = "tsd"
            answer = instance.call("POST", "/api/datasets?" + query, data=body, headers=headers)
            assert answer.status_code == 401
        answers = self.post(instance, ends[done:], "?confirm=withdrawals")
        assert self.results(answers) == ["changed"] * (60 - done)
        before = dump(instance)
        assert self.results(self.post(instance, ends[done:])) == ["changed"] * (60 - done)
        assert new(before, dump(instance)) == {}

    def test_parts_side_by_side(self, instance, tmp_path):
        folder, file = new_folder(), tmp_path / "drop.jsonl"
        file.write_bytes(b"".join(self.lines(instance, ["%s/%d" % (folder, n) for n in range(self.many // 2)])))
        processes = [self.ingest(instance, str(file), "--part", "%d/2" % part) for part in (1, 2)]
        said = [process.communicate(timeout=180)[0].decode() for process in processes]
        assert [process.returncode for process in processes] == [0, 0], said
        made = [int(re.search(r"(\d+) created", output).group(1)) for output in said]
        assert min(made) > 0 and sum(made) == self.many // 2
        assert instance.count("secureb2share_dataset", "identifier LIKE '%s/%%'" % folder) == self.many // 2

    @pytest.mark.parametrize("part", ["0/2", "3/2", "1", "1/x", "-1/2"])
    def test_part_of_no_sense(self, instance, tmp_path, part):
        file = tmp_path / "drop.jsonl"
        file.write_bytes(b"\n")
        result = instance.run_cli("ingest", str(file), "--part", part)
        assert result.exit_code == 2 and "the second of four parts" in result.output

    def test_ingest_says_how_it_ended(self, instance, tmp_path):
        folder, errors = new_folder(), tmp_path / "drop.jsonl.refused.jsonl"
        good = self.lines(instance, ["%s/%02d" % (folder, n) for n in range(12)])
        file = tmp_path / "drop.jsonl"

        def run(lines, *args, **keywords):
            file.write_bytes(b"".join(lines))
            result = instance.run_cli("ingest", *(args or (str(file),)))
            return result.exit_code, result.output

        assert run(good) == (0, "12 created\n") and not errors.exists()
        bad = self.line(instance, "register", folder + "/bad", "message-1", dataset={"core": {}})
        code, output = run([good[0], bad, b"not JSON\n", good[1]])
        assert (code, output.splitlines()[0]) == (1, "2 created, 2 refused") and str(errors) in output
        mended, lost = [json.loads(one) for one in errors.read_text(encoding="utf-8").splitlines()]
        assert (mended["id"], mended["problem"]["code"]) == ("message-1", "invalid")
        assert mended["message"]["identifier"] == folder + "/bad" and mended["message"]["dataset"] == {"core": {}}
        assert (lost["id"], lost["problem"]["code"], lost["message"]) == (None, "invalid", "not JSON\n")
        # a week old, and older
        aged = [
            self.line(instance, "register", "%s/%d" % (folder, days), now=time.time() - days * 86400 + 60, dataset=d)
            for days, d in ((7, self.description()), (8, self.description()))
        ]
        code, output = run(aged)
        assert (code, output.splitlines()[0]) == (1, "1 created, 1 refused")
        assert run([b"\n"]) == (0, "no lines\n")

    def test_ingest_stops_before_a_mass_withdrawal(self, instance, tmp_path):
        folder = new_folder()
        count = 40
        identifiers = ["%s/%d" % (folder, n) for n in range(count)]
        self.post(instance, self.lines(instance, identifiers))
        instance.forget_withdrawals()
        allowed = 10
        ends = [self.line(instance, "state", one, state="withdrawn", reason="Study closed.") for one in identifiers]
        file = tmp_path / "drop.jsonl"
        file.write_bytes(b"".join(ends))
        result = instance.run_cli("ingest", str(file))
        assert result.exit_code == 2 and "%d changed" % allowed in result.output and "--confirm" in result.output
        assert self.withdrawn(instance, folder) == allowed
        for _ in range(2):
            result = instance.run_cli("ingest", "--confirm", str(file))
            assert (result.exit_code, result.output) == (0, "%d changed\n" % count)
        assert self.withdrawn(instance, folder) == count
        # what was confirmed once does not stop again
        assert instance.run_cli("ingest", str(file)).exit_code == 0

    def test_ingest_reads_standard_input(self, instance):
        folder = new_folder()
        lines = self.lines(instance, ["%s/%d" % (folder, n) for n in range(3)]) + [b"not JSON\n"]
        process = self.ingest(instance, "-", stdin=subprocess.PIPE)
        output = process.communicate(b"".join(lines), timeout=180)[0].decode()
        assert process.returncode == 1 and "3 created, 1 refused" in output, output
        assert os.path.exists(instance.data + "/ingest.refused.jsonl")
        assert instance.count("secureb2share_dataset", "identifier LIKE '%s/%%'" % folder) == 3

    # behind the others: it leaves a thousand datasets, of which a withdrawal of 60 is no mass
    def test_killed_and_again(self, instance, tmp_path):
        super().test_killed_and_again(instance, tmp_path)
