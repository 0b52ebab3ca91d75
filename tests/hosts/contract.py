"""The scenarios that hold on every host, written once.

A test module per host subclasses HostContract and gives the fixture `instance` (see tests/instance.py for what it
offers), `upload_attempts(instance)` and `access_descriptions()`. Nothing here imports a host or pytest-invenio.
"""

import base64
import datetime
import http.client
import json
import os
import re
import threading
import time
import uuid
from urllib.parse import quote

import pytest
import sqlalchemy

from secureb2share_ext import client
from secureb2share_ext.proxies import current

ROLES = (None, "curator", "superuser")
MULTIPART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nCANARY\r\n--x--\r\n'
FORM = {"Content-Type": "multipart/form-data; boundary=x"}


def new_identifier():
    return "contract/" + uuid.uuid4().hex


def verbatim(instance, method, path, body=None, headers=()):
    """(status, code) of the answer to a request whose path no library normalises."""
    connection = http.client.HTTPConnection(instance.base_url.partition("//")[2], timeout=instance.timeout)
    try:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read().decode("utf-8")).get("code")
    finally:
        connection.close()


class HostContract:
    """Subclass it as Test..."""

    host_name = ""
    has_proof = False  # whether it knows its records again by a proof in their stamps
    anonymous = 401  # the answer to a curator's request without a login
    rows_per_record = 1  # of records_metadata
    answers_of_a_race = {200, 204, 409, 410}  # of edits and an administrator's delete at once

    def upload_attempts(self, instance):
        """[(name, method, path, request keywords)] of every way to bring content in over HTTP."""
        raise AssertionError("a host names its upload attempts")

    def description(self, name="moba", **sensitive):
        from instance import example

        found = example(name)
        found["sensitive"].update(sensitive)
        return found

    def access_descriptions(self):
        """{name: (sensitive fields, right, COAR, info:eu-repo, can be requested)}"""
        today = datetime.datetime.now(datetime.timezone.utc).date()
        tomorrow, yesterday = (str(today + datetime.timedelta(days=n)) for n in (1, -1))
        restricted = ("http://purl.org/coar/access_right/c_16ec", "info:eu-repo/semantics/restrictedAccess")
        closed = ("http://purl.org/coar/access_right/c_14cb", "info:eu-repo/semantics/closedAccess")
        return {
            "controlled": ({"access_right": "controlled"}, "controlled") + restricted + (True,),
            "embargoed": ({"access_right": "embargoed", "embargo_until": tomorrow}, "embargoed")
            + restricted
            + (False,),
            "embargo over": ({"access_right": "embargoed", "embargo_until": yesterday}, "controlled")
            + restricted
            + (True,),
            "metadata-only": ({"access_right": "metadata-only"}, "metadata-only") + closed + (False,),
        }

    def test_chosen_and_confirmed(self, instance):
        with instance.app.app_context():
            assert current().host.name == self.host_name
        result = instance.run_cli("check")
        assert result.exit_code == 0, result.output

    def test_upload_refused_for_everybody(self, instance):
        before = instance.content()
        problems = []
        for name, method, path, keywords in self.upload_attempts(instance):
            for role in ROLES:
                answer = instance.call(method, path, role, **dict(keywords, headers=dict(keywords.get("headers", {}))))
                body = answer.json() if answer.headers.get("content-type") == "application/problem+json" else {}
                expected = keywords.get("headers", {}).get("X-Expect", "upload-refused")
                if (answer.status_code, body.get("code")) != (403, expected):
                    problems.append((name, role, answer.status_code, answer.text[:200]))
                elif not (
                    body["detail"] and body["help"].startswith("http") and 'rel="help"' in answer.headers["link"]
                ):
                    problems.append((name, role, "says too little", body))
        assert not problems
        assert instance.content() == before

    def test_refusal_leads_to_help(self, instance):
        name, method, path, keywords = self.upload_attempts(instance)[0]
        url = instance.call(method, path, **keywords).json()["help"]
        page = instance.call("GET", url[len(instance.base_url) :])
        assert page.status_code == 200 and "What to do instead" in page.text

    def test_no_writing_route_is_unknown(self, instance):
        result = instance.run_cli("audit", "--json")
        said = json.loads(result.output[result.output.index("{") :])
        assert result.exit_code == 0 and said["ok"]
        assert {row["kind"] for row in said["routes"]} <= {"refused", "host", "ours", "site"}
        assert [row for row in said["routes"] if row["kind"] == "refused"]

    def test_row_of_content_refused_in_process(self, instance):
        from invenio_db import db
        from invenio_files_rest.models import FileInstance, MultipartObject, Part

        from secureb2share_ext.errors import UploadRefused

        before = instance.content()
        with instance.app.app_context():
            for row in (FileInstance(id=uuid.uuid4()), MultipartObject(upload_id=uuid.uuid4()), Part(part_number=1)):
                with pytest.raises(UploadRefused):
                    db.session.add(row)
                    db.session.flush()
                db.session.rollback()
            legacy = db.session.query(FileInstance).first()
            with pytest.raises(UploadRefused):
                legacy.uri = "/elsewhere"
                db.session.flush()
            db.session.rollback()
            db.session.remove()
        assert instance.content() == before

    @pytest.mark.parametrize(
        "statement",
        [
            "INSERT INTO files_files (id, created, updated, readable, writable) VALUES ({id}, {dates}, {true}, {true})",
            "INSERT INTO files_multipartobject (created, updated, upload_id, completed) VALUES ({dates}, {id}, true)",
            "INSERT INTO files_multipartobject_part (created, updated, part_number, upload_id)"
            " VALUES ({dates}, 1, {id})",
            "UPDATE files_files SET uri = 'elsewhere'",
            "UPDATE files_files SET size = 1",
        ],
    )
    def test_row_of_content_refused_by_the_database(self, instance, statement):
        from invenio_db import db

        before = instance.content()
        values = {"id": "'%s'" % uuid.uuid4(), "dates": "CURRENT_TIMESTAMP, CURRENT_TIMESTAMP", "true": "true"}
        with instance.app.app_context(), db.engine.connect() as connection:
            with pytest.raises(sqlalchemy.exc.DBAPIError, match="uploads are closed"):
                connection.execute(sqlalchemy.text(statement.format(**values)))
        assert instance.content() == before

    def test_fixity_of_legacy_files_can_be_noted(self, instance):
        from invenio_db import db

        with instance.app.app_context(), db.engine.connect() as connection:
            transaction = connection.begin()
            connection.execute(sqlalchemy.text("UPDATE files_files SET last_check = true"))
            transaction.rollback()

    def test_registration_is_published_once(self, instance):
        identifier, description = new_identifier(), self.description()
        first = instance.source.register(identifier, description)
        again = instance.source.register(identifier, description)
        assert (first["result"], again["result"]) == ("created", "unchanged")
        assert first["pid"] == again["pid"] and first["revision"] == again["revision"]
        description["core"]["titles"][0]["text"] += ", corrected"
        changed = instance.source.register(identifier, description)
        assert (
            changed["result"] == "changed"
            and changed["pid"] == first["pid"]
            and changed["revision"] > first["revision"]
        )
        page = instance.call("GET", "/api/datasets/tsd/" + identifier)
        assert page.status_code == 200 and page.json()["revision"] == changed["revision"]
        assert "receipts" not in page.json() and "receipts" in instance.source.get(identifier)

    def test_statuses_of_a_registration(self, instance):
        identifier, description = new_identifier(), self.description()
        body = instance.source.envelope("register", identifier, dataset=description)
        answers = [self.put(instance, identifier, body, str(uuid.uuid4())).status_code for _ in range(2)]
        assert answers == [201, 200]

    def test_same_message_gets_the_same_answer(self, instance):
        identifier, message_id = new_identifier(), str(uuid.uuid4())
        body = instance.source.envelope("register", identifier, dataset=self.description())
        first, again = (self.put(instance, identifier, body, message_id) for _ in range(2))
        assert (first.status_code, again.status_code) == (201, 201) and first.json() == again.json()
        other = instance.source.envelope("register", identifier, dataset=self.description("finngen"))
        reused = self.put(instance, identifier, other, message_id)
        assert (reused.status_code, reused.json()["code"]) == (422, "message-reused")

    def test_two_at_once_give_one_record(self, instance):
        identifiers, description, issued = [new_identifier() for _ in range(5)], self.description(), client.now_utc()
        before, answers, start = instance.count("records_metadata"), [], threading.Barrier(4)

        def register():
            for identifier in identifiers:
                start.wait()
                answers.append(instance.source.register(identifier, description, issued=issued))

        threads = [threading.Thread(target=register) for _ in range(4)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        for identifier in identifiers:
            mine = [a for a in answers if a["identifier"] == identifier]
            assert sorted(a["result"] for a in mine) == ["created"] + ["unchanged"] * 3
            assert len({a["pid"] for a in mine}) == 1
        assert instance.count("records_metadata") == before + len(identifiers) * self.rows_per_record

    def test_faults_leave_nothing(self, instance):
        before = [
            instance.count(t)
            for t in ("records_metadata", "pidstore_pid", "secureb2share_dataset", "secureb2share_message")
        ]
        description = self.description()
        del description["core"]["publisher"]
        description["sensitive"]["CANARY"] = "CANARY-VALUE"
        with pytest.raises(client.Refused) as refused:
            instance.source.register(new_identifier(), description)
        assert refused.value.status == 400
        fields = [error["field"] for error in refused.value.problem["errors"]]
        assert fields == ["dataset.core.publisher", "dataset.sensitive.CANARY"]
        assert "CANARY-VALUE" not in json.dumps(refused.value.problem)
        after = [
            instance.count(t)
            for t in ("records_metadata", "pidstore_pid", "secureb2share_dataset", "secureb2share_message")
        ]
        assert after == before

    def test_no_file_is_hidden_in_a_description(self, instance):
        before = instance.count("secureb2share_dataset")
        body = base64.b64encode(os.urandom(300000)).decode("ascii")
        text = " ".join(body[start : start + 255] for start in range(0, len(body), 255))
        parts = [{"lang": "en", "text": text[start : start + 19000]} for start in range(0, 380000, 19000)]
        # four texts of ordinary words, which are too long together
        words = [{"lang": "en", "text": "%d: " % n + "The same sentence again and again. " * 550} for n in range(4)]
        for descriptions, why in ((parts, "encoded content"), (parts[:1], "encoded content"), (words, "64000")):
            description = self.description()
            description["core"]["descriptions"] = descriptions
            with pytest.raises(client.Refused) as refused:
                instance.source.register(new_identifier(), description)
            fields = {error["field"].partition("[")[0] for error in refused.value.problem["errors"]}
            assert (refused.value.status, fields) == (400, {"dataset.core.descriptions"})
            assert any(why in error["message"] for error in refused.value.problem["errors"])
            assert instance.curate(description).status_code == 400
        assert instance.count("secureb2share_dataset") == before

    def test_stranger_gets_no_further(self, instance):
        identifier = new_identifier()
        instance.source.register(identifier, self.description())
        stranger = client.Client(instance.base_url, "tsd", client.new_key()[0])
        for attempt in (
            lambda: stranger.register(identifier, self.description("finngen")),
            lambda: stranger.set_state(identifier, "withdrawn", "no"),
            lambda: stranger.report_decision(identifier, "a", "approved"),
            lambda: stranger.get(identifier),
            lambda: stranger.list(),
        ):
            with pytest.raises(client.Refused) as refused:
                attempt()
            assert (refused.value.status, refused.value.code) == (401, "signature")
        assert instance.source.get(identifier)["state"] == "active"

    def test_unknown_dataset(self, instance):
        assert instance.call("GET", "/api/datasets/tsd/" + new_identifier()).json()["code"] == "unknown-dataset"
        with pytest.raises(client.Refused) as refused:
            instance.source.set_state(new_identifier(), "suspended", "no")
        assert (refused.value.status, refused.value.code) == (404, "unknown-dataset")

    @pytest.mark.parametrize(
        "identifier",
        ["..", "../..", "/", "x" * 256, "æ" * 256, "a\nb", "e\u0301", "a\u200bb", "base64url:YQ", "BASE64URL:a/b"],
    )
    def test_unfit_identifier_is_refused(self, instance, identifier):
        before = instance.count("secureb2share_dataset")
        with pytest.raises(client.Refused) as refused:
            instance.source.register(identifier, self.description())
        assert (refused.value.status, refused.value.code) == (400, "invalid")
        assert [error["field"] for error in refused.value.problem["errors"]] == ["identifier"]
        assert instance.count("secureb2share_dataset") == before

    @pytest.mark.parametrize(
        "identifier",
        ["a b", "50%", "a?b=c&d", "a#b", "æøå", "שלום", 'a"b<c>', "x" * 255, "æ" * 255, "a%2Fb", "a+b;c", "a/../state"],
    )
    def test_hostile_identifier_survives(self, instance, identifier):
        answer = instance.source.register(identifier, self.description())
        assert answer["identifier"] == identifier == instance.source.get(identifier)["identifier"]
        location = instance.call("GET", "/api/access/" + answer["pid"]).headers["location"]
        reference = re.search(r"[?&](?:ref|CBreference)=([^&]*)", location).group(1)
        claims = client.verify_reference(reference, instance.source.keys(), instance.base_url)
        assert claims["identifier"] == identifier
        # who percent-encodes it meets the same dataset, unless the path is one that a server rewrites
        bare = instance.call("GET", "/api/datasets/tsd/" + quote(identifier, safe=""))
        may_stand = identifier != "a/../state"
        assert (bare.status_code == 200) == may_stand
        assert not may_stand or bare.json()["identifier"] == identifier

    @pytest.mark.parametrize("start", ["https://example.org/dataset/", "https://example.org//a//b/../", "urn:x:"])
    def test_url_as_an_identifier(self, instance, start):
        identifier, newer, word = start + uuid.uuid4().hex, start + uuid.uuid4().hex + "/", "url" + uuid.uuid4().hex
        source, description = instance.source, self.description()
        registered = source.register(identifier, description)
        assert (registered["result"], registered["identifier"]) == ("created", identifier)
        pid, access = registered["pid"], instance.call("GET", "/api/access/" + registered["pid"])
        asked = instance.call("GET", "/api/access/", params={"source": "tsd", "id": identifier})
        assert access.status_code == asked.status_code == 302
        assert access.headers["location"] == asked.headers["location"]
        description["core"]["titles"][0]["text"] += " " + word
        assert source.register(identifier, description)["result"] == "changed"
        assert source.register(identifier, description)["result"] == "unchanged"
        assert source.register(newer, dict(description, version={"replaces": identifier}))["result"] == "created"
        assert source.report_decision(identifier, "app-1", "submitted")["requests"]["open"] == 1
        seen = source.get(identifier)
        assert (seen["identifier"], seen["pid"], seen["replaced_by"]) == (identifier, pid, newer)
        encoded = client.IN_PATH + base64.urlsafe_b64encode(identifier.encode()).decode().rstrip("=")
        public = instance.call("GET", "/api/datasets/tsd/" + encoded)
        assert (public.status_code, public.json()["identifier"]) == (200, identifier)
        page = instance.call("GET", registered["record_url"][len(instance.base_url) :])
        assert page.status_code == 200 and source.get(newer)["record_url"] in page.text
        assert source.set_state(identifier, "superseded", "Newer.", newer)["state"] == "superseded"
        withdrawn = source.set_state(newer, "withdrawn", "Gone.", confirm=True)
        assert (withdrawn["state"], source.get(newer)["state"]) == ("withdrawn", "withdrawn")
        with pytest.raises(client.Refused) as refused:
            source.erase(newer, "Gone.")
        assert (refused.value.status, refused.value.code) == (501, "not-built")

    def test_event_names_the_url_of_a_curators_dataset(self, instance):
        identifier = "https://example.org//data?id=1#" + uuid.uuid4().hex
        assert instance.curate(self.description(), identifier).status_code == 201
        ((_, _, event),) = instance.events(identifier)
        assert event["data"]["identifier"] == identifier
        assert instance.source.acknowledge(event, client.canonical(event))["identifier"] == identifier

    @pytest.mark.parametrize(
        "form", ["a//{}", "a/../{}", "https://example.org/{}", "a/{}/", "{}/state", "base64url:{}="]
    )
    def test_path_that_servers_rewrite_leads_nowhere(self, instance, form):
        name = uuid.uuid4().hex
        instance.source.register("a/" + name, self.description())
        before = instance.count("secureb2share_dataset")
        body = instance.source.envelope("register", form.format(name), dataset=self.description())
        headers = dict(client.signed_headers(instance.key, name, body), **{"Content-Type": "application/json"})
        for path in (form.format(name), quote(form.format(name), safe="")):
            assert verbatim(instance, "PUT", "/api/datasets/tsd/" + path, body, headers) == (400, "invalid")
            assert verbatim(instance, "GET", "/api/datasets/tsd/" + path) == (400, "invalid")
        assert instance.count("secureb2share_dataset") == before

    def test_list_of_a_source(self, instance):
        identifier = new_identifier()
        registered = instance.source.register(identifier, self.description())
        found, after = [], None
        while True:
            page = instance.source.list(after)
            found += page["datasets"]
            after = page["next"]
            if after is None:
                break
        line = [line for line in found if line["identifier"] == identifier]
        said = {name: registered[name] for name in ("identifier", "pid", "revision", "digest", "state")}
        assert line == [dict(said, review=None)]

    def test_curators_record_takes_the_same_way(self, instance):
        answer = instance.curate(self.description())
        assert answer.status_code == 201, answer.text
        body = answer.json()
        pid = body["id"]
        assert body["links"]["request_access"] == instance.base_url + "/api/access/" + pid
        assert body["access"]["right"] == "controlled"
        assert not {"bucket", "version_id", "checksum"} & {name for entry in self.files_of(body) for name in entry}
        dataset = instance.call("GET", "/api/datasets/tsd/pid:" + pid).json()
        assert (dataset["pid"], dataset["state"]) == (pid, "active")
        assert len(instance.events("pid:" + pid)) == 1

    @pytest.mark.parametrize("role", [None, "superuser"])
    def test_who_may_curate(self, instance, role):
        assert instance.curate(self.description(), role=role).status_code == (201 if role else self.anonymous)

    def test_curators_faults_leave_nothing(self, instance):
        before = [instance.count(t) for t in ("records_metadata", "pidstore_pid", "secureb2share_event")]
        description = self.description(deidentification="CANARY")
        del description["core"]["titles"]
        answer = instance.curate(description)
        assert answer.status_code == 400 and "CANARY" not in answer.text
        assert sorted(e["field"] for e in answer.json()["errors"]) == ["sensitive.deidentification", "titles"]
        assert [instance.count(t) for t in ("records_metadata", "pidstore_pid", "secureb2share_event")] == before

    def test_registration_adopts_a_curators_record(self, instance):
        identifier, description = new_identifier(), self.description()
        pid = instance.curate(description, identifier).json()["id"]
        adopted = instance.source.register(identifier, description)
        assert (adopted["result"], adopted["pid"]) == ("adopted", pid)
        assert instance.curate(description, identifier).json()["code"] == "identifier-taken"

    @pytest.mark.parametrize("identifier", ["..", "base64url:YQ", "x" * 256, "pid:1", ["a"], 5, {"a": 1}])
    def test_unfit_claim_of_a_curator(self, instance, identifier):
        answer = instance.curate(self.description(), identifier)
        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == ["secureb2share.identifier"]

    def test_nothing_but_the_description_stays_in_a_curators_record(self, instance):
        with instance.app.app_context():
            body = current().host.to_record(self.description())
        forged = {"control_number": "CANARY"}
        forged["secureb2share"] = {"state": "CANARY", "source": "CANARY", "more": "CANARY", "proof": "CANARY"}
        answer = instance.call("POST", "/api/records/", "curator", json=dict(body, **forged))
        assert answer.status_code == 201
        item = instance.call("GET", "/api/records/" + answer.json()["id"])
        stamp = {"source": "tsd", "identifier": "pid:" + answer.json()["id"], "state": "active"}
        shown = item.json()["metadata"]["secureb2share"]
        assert ("proof" in shown) == self.has_proof
        assert re.match(r"[0-9a-f]{64}\Z", shown.pop("proof", "0" * 64)) and shown == stamp
        smuggled = {"_files": [{"url": "javascript:CANARY"}], "_deposit": {"x": "CANARY"}, "$schema": "CANARY"}
        for name in smuggled:
            answer = instance.call("POST", "/api/records/", "curator", json=dict(body, **{name: smuggled[name]}))
            assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (400, [name])
        assert instance.count("records_metadata", "CAST(json AS text) LIKE '%CANARY%'") == 0

    def test_publishing_writes_one_event(self, instance):
        before, identifier = instance.count("secureb2share_event"), new_identifier()
        assert instance.curate(self.description(), identifier).status_code == 201
        assert instance.count("secureb2share_event") == before + 1
        ((sequence, state, body),) = instance.events(identifier)
        assert (sequence, body["type"]) == (1, "org.secureb2share.dataset.published.v1")
        assert body["data"]["dataset"] == self.description()

    def test_rollback_leaves_no_event(self, instance, monkeypatch):
        from secureb2share_ext.datasets import publication

        before = [
            instance.count(t)
            for t in ("records_metadata", "pidstore_pid", "secureb2share_event", "secureb2share_dataset")
        ]
        written = publication.published

        def fails_afterwards(*args, **kwargs):
            written(*args, **kwargs)
            raise RuntimeError("after the event was written")

        monkeypatch.setattr(publication, "published", fails_afterwards)
        assert instance.curate(self.description()).status_code == 500
        with pytest.raises(client.Refused):
            instance.source.register(new_identifier(), self.description())
        after = [
            instance.count(t)
            for t in ("records_metadata", "pidstore_pid", "secureb2share_event", "secureb2share_dataset")
        ]
        assert after == before

    def test_source_hears_no_echo(self, instance):
        identifier = new_identifier()
        instance.source.register(identifier, self.description())
        assert instance.events(identifier) == []

    @pytest.mark.parametrize("name", ["controlled", "embargoed", "embargo over", "metadata-only"])
    def test_item_hit_and_page_agree(self, instance, name):
        fields, right, coar, info_eu_repo, requestable = self.access_descriptions()[name]
        word = "w" + uuid.uuid4().hex
        description = self.description(**fields)
        description["core"]["keywords"] = [word]
        registered = instance.source.register(new_identifier(), description)
        url = instance.base_url + "/api/access/" + registered["pid"]
        item = instance.call("GET", "/api/records/" + registered["pid"]).json()
        (hit,) = instance.call("GET", "/api/records/?q=" + word).json()["hits"]["hits"]
        for body in (item, hit):
            access = body["access"]
            assert (access["right"], access["coar"], access["info_eu_repo"]) == (right, coar, info_eu_repo)
            assert access["eu"] == "http://publications.europa.eu/resource/authority/access-right/NON_PUBLIC"
            assert access["url"] == body["links"]["request_access"] == url
            self.check_files(body, url, description["files"], requestable)
        self.check_page(instance, registered, right, coar, url, requestable)
        answer = instance.call("GET", "/api/access/" + registered["pid"])
        assert (answer.status_code, answer.headers["cache-control"], answer.headers["referrer-policy"]) == (
            302 if requestable else 403,
            "no-store",
            "no-referrer",
        )
        if not requestable:
            assert answer.json()["code"] == right

    def test_states_and_the_link(self, instance):
        identifier, successor = new_identifier(), new_identifier()
        source = instance.source
        pid = source.register(identifier, self.description())["pid"]
        source.register(successor, self.description())

        def link(path="/api/access/" + pid):
            answer = instance.call("GET", path)
            return answer.status_code, answer.json()["code"] if answer.status_code >= 400 else None

        assert link() == (302, None)
        source.set_state(identifier, "suspended", "Consent under review.")
        assert link() == link("/api/access/?source=tsd&id=" + identifier) == (403, "suspended")
        assert (
            "Consent under review." in instance.call("GET", "/api/access/" + pid, headers={"Accept": "text/html"}).text
        )
        item = instance.call("GET", "/api/records/" + pid).json()
        assert (item["access"]["state"], item["access"]["reason"]) == ("suspended", "Consent under review.")
        source.set_state(identifier, "active", "Review done.")
        assert link() == (302, None)
        with pytest.raises(client.Refused):
            source.set_state(identifier, "superseded", "No successor named.")
        source.set_state(identifier, "superseded", "Re-frozen.", successor=successor)
        assert link() == (403, "superseded")
        source.set_state(identifier, "withdrawn", "Study closed.")
        assert link() == (410, "withdrawn")
        gone = instance.call("GET", "/api/access/" + pid, headers={"Accept": "text/html"}).text
        assert "Study closed." in gone and self.description()["core"]["contacts"][0]["url"] in gone
        shown = instance.call("GET", "/api/datasets/tsd/" + identifier).json()
        assert (shown["state"], shown["reason"]) == ("withdrawn", "Study closed.") and shown["state_at"]
        assert "Study closed." in self.page(instance, shown)
        for attempt in (
            lambda: source.register(identifier, self.description("finngen")),
            lambda: source.set_state(identifier, "active", "No."),
        ):
            with pytest.raises(client.Refused) as refused:
                attempt()
            assert refused.value.status == 409

    def test_unknown_pid_has_no_access(self, instance):
        answer = instance.call("GET", "/api/access/999999999")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown-dataset")

    @pytest.mark.parametrize("method, body", [("PUT", None), ("PATCH", None)])
    def test_editor_cannot_change_what_a_source_registered(self, instance, method, body):
        pid = instance.source.register(new_identifier(), self.description())["pid"]
        answer = self.edit(instance, method, pid, "Edited")
        assert (answer.status_code, answer.json()["code"]) == (409, "registered-elsewhere")

    def test_edit_of_a_curators_record(self, instance):
        identifier = new_identifier()
        pid = instance.curate(self.description(), identifier).json()["id"]
        assert self.edit(instance, "PUT", pid, "Edited").status_code == 200
        assert self.edit(instance, "PUT", pid, "Edited").status_code == 200
        events = instance.events(identifier)
        # the second edit changed nothing
        assert [(sequence, body["type"].split(".")[-2]) for sequence, _, body in events] == [
            (1, "published"),
            (2, "changed"),
        ]
        assert events[1][2]["data"]["dataset"]["core"]["titles"][0]["text"] == "Edited"
        item = instance.call("GET", "/api/records/" + pid).json()
        assert self.identifier_of(item) == identifier and item["id"] == pid

    def test_administrators_delete_is_a_withdrawal(self, instance):
        identifier = new_identifier()
        pid = instance.curate(self.description(), identifier).json()["id"]
        assert self.delete(instance, pid, "curator").status_code == 403
        assert self.delete(instance, pid, "superuser").status_code == 204
        assert instance.call("GET", "/api/access/" + pid).status_code == 410
        assert [body["type"].split(".")[-2] for _, _, body in instance.events(identifier)] == ["published", "withdrawn"]
        assert instance.call("GET", "/api/datasets/tsd/" + identifier).json()["state"] == "withdrawn"

    def test_race_of_curators_for_one_identifier(self, instance):
        identifier, answers, start = new_identifier(), [], threading.Barrier(4)

        def curate():
            start.wait()
            answers.append(instance.curate(self.description(), identifier))

        threads = [threading.Thread(target=curate) for _ in range(4)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        assert sorted(a.status_code for a in answers) == [201, 409, 409, 409]
        assert {a.json()["code"] for a in answers if a.status_code == 409} == {"identifier-taken"}

    def test_edits_and_delete_at_once_are_answered(self, instance):
        pid = instance.curate(self.description(), new_identifier()).json()["id"]
        answers, start = [], threading.Barrier(4)

        def act(number):
            start.wait()
            if number:
                answers.append(self.edit(instance, "PATCH", pid, "Edited %d" % number).status_code)
            else:
                answers.append(self.delete(instance, pid, "superuser").status_code)

        threads = [threading.Thread(target=act, args=(number,)) for number in range(4)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        assert set(answers) <= self.answers_of_a_race

    @pytest.mark.parametrize(
        "header",
        [{"If-None-Match": '"0"'}, {"If-None-Match": "*"}, {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}],
    )
    def test_condition_hides_no_change_of_access(self, instance, header):
        pid = instance.source.register(new_identifier(), self.description())["pid"]
        assert instance.call("GET", "/api/records/" + pid, headers=header).status_code == 200

    @pytest.mark.parametrize(
        "path",
        [
            "/api/datasets/a%00b/x",
            "/api/datasets/tsd/a%00",
            "/api/access/?source=%00&id=a",
            "/api/access/?source=tsd&id=%00",
            "/api/access/%00",
            "/api/access/a%ED%A0%80",
            "/api/records/?q=%00&page=1",
            "/?page=99999999999999999999&q=%00",
        ],
    )
    def test_hostile_address_is_no_error_of_ours(self, instance, path):
        assert instance.call("GET", path).status_code < 500

    @pytest.mark.parametrize("stamp", ["\xb2", "-1", "1e3", "9" * 30, "NaN"])
    def test_hostile_headers_are_no_error_of_ours(self, instance, stamp):
        headers = {"webhook-id": "a", "webhook-timestamp": stamp.encode("latin-1"), "webhook-signature": "v1a,AAAA"}
        answer = instance.call("PUT", "/api/datasets/tsd/x", data=b"{}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "signature")

    @pytest.mark.parametrize(
        "change",
        [
            lambda d: d["core"].update(keywords=[{"a": [n]} for n in range(3000)]),
            lambda d: d["core"].update(titles=[{"lang": "en", "text": str(n)} for n in range(2000)]),
            lambda d: d["sensitive"].update(access_eligibility=["affiliated:" + " " * 50000 + "\n"]),
            lambda d: d.update(files=[{"x%d" % n: n} for n in range(30000)]),
            lambda d: d["core"].update(descriptions=[{"lang": "en", "text": "QUJD" * 4000}]),
            lambda d: d["core"].update(keywords=json.loads("[" * 500 + "]" * 500)),
        ],
    )
    def test_faults_are_told_in_bounded_time_and_length(self, instance, change):
        description = self.description()
        change(description)
        begun = time.monotonic()
        with pytest.raises(client.Refused) as refused:
            instance.source.register(new_identifier(), description)
        assert refused.value.status == 400 and time.monotonic() - begun < 5
        assert 0 < len(refused.value.problem["errors"]) <= 101

    def test_damaged_record_breaks_no_list_and_its_source_mends_it(self, instance):
        identifier, description, word = new_identifier(), self.description(), "w" + uuid.uuid4().hex
        description["core"]["keywords"] = [word]
        registered = instance.source.register(identifier, description)
        self.damage(instance, registered["pid"])
        for path in (
            "/api/records/" + registered["pid"],
            "/api/records/?q=" + word,
            "/",
            "/records/" + registered["pid"],
        ):
            assert instance.call("GET", path).status_code in (200, 410), path
        assert instance.call("GET", "/api/access/" + registered["pid"]).json()["code"] == "damaged"
        assert instance.source.register(identifier, description)["result"] == "changed"
        assert instance.call("GET", "/api/access/" + registered["pid"]).status_code == 302

    def test_record_deleted_behind_our_back(self, instance):
        identifier = new_identifier()
        pid = instance.source.register(identifier, self.description())["pid"]
        self.remove(instance, pid)
        assert instance.call("GET", "/api/access/" + pid).status_code == 410
        for attempt in (
            lambda: instance.source.register(identifier, self.description("finngen")),
            lambda: instance.source.set_state(identifier, "suspended", "Why."),
        ):
            with pytest.raises(client.Refused) as refused:
                attempt()
            assert (refused.value.status, refused.value.code) == (409, "withdrawn")

    def delete(self, instance, pid, role):
        """An administrator's DELETE by the host's own interface."""
        return instance.call("DELETE", "/api/records/" + pid, role)

    def files_of(self, body):
        """The described files in the JSON of a record."""
        return body["files"]

    def check_files(self, body, url, described, requestable):
        assert [entry["links"]["request_access"] for entry in self.files_of(body)] == [url] * len(described)

    def identifier_of(self, body):
        """The dataset's identifier in the JSON of a record."""
        return body["metadata"]["secureb2share"]["identifier"]

    def page(self, instance, registered):
        """What a reader's browser gets for a record."""
        return instance.call("GET", registered["record_url"][len(instance.base_url) :]).text

    def check_page(self, instance, registered, right, coar, url, requestable):
        page = self.page(instance, registered)
        json_ld = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S).group(1))
        assert json_ld["usageInfo"] == coar and "isAccessibleForFree" not in json_ld
        said = json_ld["additionalProperty"][0]
        assert (said["name"], said["value"], said["url"]) == ("access right", right, url)
        assert ("Request access</a>" in page) == requestable

    def put(self, instance, identifier, body, message_id):
        headers = dict(client.signed_headers(instance.key, message_id, body), **{"Content-Type": "application/json"})
        return instance.call("PUT", "/api/datasets/tsd/" + identifier, data=body, headers=headers)

    def edit(self, instance, method, pid, title):
        """An editor's change of the first title by the host's own interface."""
        if method == "PATCH":
            patch = [{"op": "replace", "path": "/titles/0/text", "value": title}]
            headers = {"Content-Type": "application/json-patch+json"}
            return instance.call("PATCH", "/api/records/" + pid, "curator", data=json.dumps(patch), headers=headers)
        description = self.description()
        description["core"]["titles"][0]["text"] = title
        with instance.app.app_context():
            body = current().host.to_record(description)
        return instance.call("PUT", "/api/records/" + pid, "curator", json=body)
