"""What a source may send in a day, on every host: part of SourcesContract, whose instance it uses."""

import json
import threading
import uuid

import pytest

from secureb2share_ext import client
from secureb2share_ext.messages import quota


class QuotasContract:
    """Subclass it with what SourcesContract has."""

    def day(self, instance, monkeypatch, **most):
        """Let the day of csc begin anew, with these limits, in each application of the instance."""
        instance.execute("DELETE FROM secureb2share_sent WHERE source = 'csc'")
        for extension in instance.extensions():
            monkeypatch.setattr(extension, "quotas", quota.Met())
            monkeypatch.setitem(extension.sources, "csc", extension.sources["csc"]._replace(**most))

    def sent(self, instance):
        """Number of revisions that csc made today, as the database has it."""
        ((number,),) = instance.execute("SELECT revisions FROM secureb2share_sent WHERE source = 'csc'")
        return number

    def registrations(self, count):
        """[body] of registrations of new datasets of csc."""
        names = ["quota/" + uuid.uuid4().hex for _ in range(count)]
        return [self.body("register", "csc", name, dataset=self.description()) for name in names]

    def put(self, instance, body):
        identifier = json.loads(body.decode("utf-8"))["identifier"]
        return self.send(instance, "register", "csc", identifier, body, instance.second[0])

    def test_quota_of_a_day_is_one_for_all_ways(self, instance, monkeypatch, tmp_path):
        """Over HTTP singly, in bulk, and from a file; what makes less public passes."""
        self.day(instance, monkeypatch, revisions_a_day=5)
        bodies = self.registrations(9)
        assert [self.put(instance, body).status_code for body in bodies[:2]] == [202] * 2
        key = instance.second[0]
        posted = instance.post_lines([client.line(key, body) for body in bodies[2:4]], source="csc", key=key)
        assert [json.loads(line)["status"] for line in posted.text.splitlines()] == [202] * 2
        file = tmp_path / "lines.jsonl"
        lines = [client.line(key, body) for body in bodies[4:6]]
        file.write_bytes(b"".join(lines))
        result = instance.run_cli("ingest", str(file))
        assert (result.exit_code, "1 held, 1 refused" in result.output) == (1, True), result.output
        (refused,) = (tmp_path / "lines.jsonl.refused.jsonl").read_text().splitlines()
        assert json.loads(refused)["problem"]["code"] == "daily-quota"
        assert self.sent(instance) == 5
        before = instance.count("secureb2share_dataset")
        for _ in range(2):
            answer = self.put(instance, bodies[6])
            said = answer.json()
            assert (answer.status_code, said["code"]) == (429, "daily-quota"), answer.text
            assert "may make 5 revisions a day" in said["detail"]
            assert 0 < int(answer.headers["retry-after"]) == said["retry_after"] <= 86401
            assert answer.headers["cache-control"] == "no-store"
        posted = instance.post_lines([client.line(key, body) for body in bodies[6:]], source="csc", key=key)
        told = [json.loads(line) for line in posted.text.splitlines()]
        assert [(one["status"], one["problem"]["code"]) for one in told] == [(429, "daily-quota")] * 3
        assert instance.count("secureb2share_dataset") == before and self.sent(instance) == 5
        # what was accepted is answered again, and an owner can withdraw
        posted = instance.post_lines(lines[:1], source="csc", key=key)
        assert [json.loads(line)["answer"]["result"] for line in posted.text.splitlines()] == ["held"]
        identifier = json.loads(bodies[0].decode("utf-8"))["identifier"]
        assert instance.other.set_state(identifier, "withdrawn", "Why.")["state"] == "withdrawn"

    @pytest.mark.parametrize("setting", ["bytes_a_day", "revisions_a_day"])
    def test_messages_at_once_share_one_quota(self, instance, monkeypatch, setting):
        bodies = self.registrations(8)
        assert len({len(body) for body in bodies}) == 1
        self.day(instance, monkeypatch, **{setting: 5 if setting == "revisions_a_day" else 5 * len(bodies[0])})
        said, start = [], threading.Barrier(len(bodies))

        def send(body):
            start.wait()
            said.append(self.put(instance, body).status_code)

        threads = [threading.Thread(target=send, args=(body,)) for body in bodies]
        [one.start() for one in threads]
        [one.join() for one in threads]
        assert sorted(said) == [202] * 5 + [429] * 3
        assert self.sent(instance) == 5
