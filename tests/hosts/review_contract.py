"""Registrations that wait for a curator, on every host.

The fixture `instance` has the source tsd on review and the source csc on publish; see tests/instance.py. A test module
per host subclasses ReviewContract and says where its host shows records.
"""

import collections
import json
import logging
import re
import threading
import types
import uuid

import pytest
import requests
from rows import dump, new, tables_with

from secureb2share_ext import client
from secureb2share_ext.datasets import publication
from secureb2share_ext.errors import NotAccepted
from secureb2share_ext.proxies import current

COMMANDS = (["audit", "--json"], ["check"], ["health"], ["health", "--json"], ["health", "--metrics"])
LISTS = (["deliveries", "list"], ["keys", "list"])
EVERYBODY = ("/api/datasets", "/api/datasets/keys", "/api/datasets/openapi.json")
REVIEW = "/secureb2share/review/"
HOSTILE = '<script>alert("c")</script> שלום & "quoted"'


def new_identifier():
    return "review/" + uuid.uuid4().hex


def new_word():
    return "canary" + uuid.uuid4().hex


class ReviewContract:
    """Subclass it as Test..."""

    prefix = ""  # of the pages' paths
    log_in = "/login/"  # what leads whoever is not logged in to the log-in
    first_revision = 0

    def is_next(self, before, after):
        """Whether a record went from one revision to another by one change."""
        return after == before + 1

    def public_paths(self, instance, word):
        """[path] of the host's own lists, searches (for `word`), items and harvests; items by the next PID too."""
        raise AssertionError("a host names what it shows to everybody")

    def description(self, title="A held study", **core):
        from instance import example

        found = example()
        found["core"].update(titles=[{"lang": "en", "text": title}], **core)
        return found

    def marked(self, word, canary):
        """A description with the canary wherever text is free, and another word to search for."""
        text = "%s %s" % (word, canary)
        found = self.description(text, descriptions=[{"lang": "en", "text": text}], keywords=[word + "1", canary])
        found["core"]["contacts"] = [{"name": canary, "email": canary + "@example.org"}]
        found["core"]["creators"] = [{"name": canary}]
        found["files"] = [{"label": canary, "media_type": "text/csv"}]
        found["sensitive"]["controller_name"] = canary
        return found

    def held(self, instance, description=None, identifier=None, **given):
        identifier = identifier or new_identifier()
        answer = instance.source.register(identifier, description or self.description(), **given)
        assert (answer["result"], answer["pid"]) == ("held", None)
        return identifier

    def released(self, instance, description=None):
        identifier = self.held(instance, description)
        assert self.decide(instance, "release", identifier).exit_code == 0
        return identifier

    def decide(self, instance, what, identifier, *more):
        return instance.run_cli("review", what, "tsd", identifier, *more)

    def refuse(self, instance, identifier, reason="Name the controller."):
        result = self.decide(instance, "refuse", identifier, "--reason", reason)
        assert (result.exit_code, result.output) == (0, "Refused.\n")

    def test_held_registration_is_in_our_table_alone(self, instance):
        before = dump(instance)
        identifier = new_identifier()
        body = instance.source.envelope("register", identifier, tenant="p11", dataset=self.description())
        headers = client.signed_headers(instance.key, str(uuid.uuid4()), body)
        answer = instance.call("PUT", "/api/datasets/tsd/" + identifier, data=body, headers=headers)
        assert (answer.status_code, answer.json()["result"], answer.json()["pid"]) == (202, "held", None)
        made = new(before, dump(instance))
        # what a source has sent on a day is counted in a row of its own
        assert len(made.pop("secureb2share_sent", [])) <= 1
        assert {table: len(rows) for table, rows in made.items()} == {
            "secureb2share_dataset": 1,
            "secureb2share_held": 1,
            "secureb2share_message": 1,
        }

    @pytest.mark.parametrize("moment", ["new", "refused", "change", "withdrawn"])
    def test_canary_is_nowhere(self, instance, moment, caplog, capfd):
        word, canary, tenant = new_word(), new_word(), new_word()
        loggers = [logging.getLogger(name) for name in ("secureb2share_ext", "werkzeug", "invenio", "flask")]
        for logger in loggers + [instance.app.logger]:
            caplog.set_level(logging.DEBUG, logger=logger.name)
        marked = self.marked(word, canary)
        if moment == "change":
            identifier = self.released(instance)
            answer = instance.source.register(identifier, marked)
            assert answer["result"] == "held" and answer["pid"]
        else:
            identifier = self.held(instance, marked, tenant=tenant)
        if moment == "refused":
            self.refuse(instance, identifier)
        if moment == "withdrawn":
            instance.source.set_state(identifier, "withdrawn", "Sent by mistake.")
        instance.index()
        instance.sweep()
        rows = dump(instance)
        # an operator can take a withdrawal back for some days
        kept = "secureb2share_dataset" if moment == "withdrawn" else "secureb2share_held"
        assert tables_with(rows, canary) == [kept]
        assert tables_with(rows, tenant) == ([] if moment == "change" else ["secureb2share_dataset"])
        paths = list(EVERYBODY) + [self.prefix + REVIEW] + self.public_paths(instance, word)
        paths += ["/api/datasets/%s/%s" % (name, identifier) for name in ("tsd", "csc")]
        paths += ["/api/access/" + identifier, "/api/access/?source=tsd&id=" + identifier]
        said = {path: instance.call("GET", path, role).text for path in paths for role in (None, "curator")}
        said.update((" ".join(args), instance.run_cli(*args).output) for args in COMMANDS + LISTS)
        page = {"next": None}
        while page["next"] or not said.get("csc's list"):
            page = instance.other.list(page["next"])
            said["csc's list"] = said.get("csc's list", "") + json.dumps(page)
        with pytest.raises(client.Refused) as refused:
            instance.other.get(identifier)
        said["csc's look"] = json.dumps(refused.value.problem)
        said["events"] = json.dumps([body for _, _, body in instance.events(identifier)])
        said["sent"] = repr(instance.receiver.requests) + repr(instance.second[1].requests)
        said["log"] = caplog.text + "".join(capfd.readouterr())
        assert {name for name, text in said.items() if canary in text or tenant in text} == set()
        assert {name for name, text in said.items() if identifier in text} <= {
            "events",
            "sent",
            "log",
        } | {path for path in paths if moment == "change"}

    def test_unknown_and_held_get_the_same_answers(self, instance):
        identifier, unknown = self.held(instance), new_identifier()
        for path in ("/api/datasets/tsd/", "/api/access/?source=tsd&id=", "/api/access/"):
            answers = [instance.call("GET", path + name) for name in (identifier, unknown)]
            assert [a.status_code for a in answers] == [404, 404]
            assert answers[0].content == answers[1].content
        with pytest.raises(client.Refused) as refused:
            instance.source.report_decision(identifier, "a", "approved")
        assert refused.value.status == 404

    def test_curators_see_it(self, instance):
        word = new_word()
        identifier = self.held(instance, self.marked(word, word))
        listed = instance.run_cli("review", "list")
        (line,) = [line for line in listed.output.splitlines() if identifier in line]
        assert word in line and " new " in line
        shown = self.decide(instance, "show", identifier)
        assert json.loads(shown.output) == self.marked(word, word)
        page = self.page_of(instance, identifier, self.login(instance))
        assert page.status_code == 200 and page.text.count(word) > 5

    def test_released_is_published_the_ordinary_way(self, instance):
        word = new_word()
        description = self.description(word)
        identifier = self.held(instance, description, tenant="p11")
        result = self.decide(instance, "release", identifier)
        shown = instance.call("GET", "/api/datasets/tsd/" + identifier).json()
        assert (result.exit_code, result.output) == (0, "Published as %s.\n" % shown["pid"])
        assert (shown["state"], shown["revision"], shown["digest"]) == (
            "active",
            self.first_revision,
            client.digest(client.canonical(description)),
        )
        assert instance.call("GET", "/api/access/" + shown["pid"]).status_code == 302
        assert word in self.page_of_record(instance, shown)
        assert [(n, body["type"].split(".")[-2]) for n, _, body in instance.events(identifier)] == [(1, "published")]
        mine = instance.source.get(identifier)
        assert "review" not in mine and mine["tenant"] == "p11" and len(mine["receipts"]) == 1
        assert instance.count("secureb2share_held", "description LIKE '%%%s%%'" % word) == 0
        assert instance.source.register(identifier, description)["result"] == "unchanged"
        instance.sweep()
        (event,) = instance.receiver.of(identifier)
        assert event["data"]["dataset"] == description
        assert instance.second[1].of(identifier) == []

    def test_refused_mended_released(self, instance):
        description, reason = self.description("Refused"), 'Name the controller. <b> \u00e6 "x"'
        identifier = self.held(instance, description)
        assert instance.source.get(identifier)["review"] == {
            "state": "held",
            "digest": client.digest(client.canonical(description)),
        }
        self.refuse(instance, identifier, reason)
        review = instance.source.get(identifier)["review"]
        assert (review["state"], review["reason"]) == ("refused", reason) and review["decided_at"].endswith("Z")
        ((sequence, _, body),) = instance.events(identifier)
        assert (sequence, body["type"], body["data"]["reason"]) == (
            1,
            "org.secureb2share.dataset.refused.v1",
            reason,
        )
        assert body["data"]["digest"] == review["digest"] and "dataset" not in body["data"]
        with pytest.raises(client.Refused) as refused:
            instance.source.register(identifier, description)
        assert (refused.value.status, refused.value.code) == (409, "refused") and reason in str(refused.value)
        again = self.decide(instance, "release", identifier)
        assert again.exit_code == 1 and "already refused" in again.output
        self.held(instance, self.description("Mended"), identifier)
        assert instance.source.get(identifier)["review"]["state"] == "held"
        assert self.decide(instance, "release", identifier).exit_code == 0
        kinds = [(n, body["type"].split(".")[-2]) for n, _, body in instance.events(identifier)]
        assert kinds == [(1, "refused"), (2, "published")]

    def test_change_is_held_while_the_old_one_stays(self, instance):
        old, changed = self.description("Old"), self.description("Changed")
        identifier = self.released(instance, old)
        public = instance.call("GET", "/api/datasets/tsd/" + identifier).json()
        answer = instance.source.register(identifier, changed)
        assert (answer["result"], answer["pid"], answer["revision"]) == ("held", public["pid"], public["revision"])
        assert instance.call("GET", "/api/datasets/tsd/" + identifier).json() == public
        (line,) = [line for line in self.whole_list(instance.source) if line["identifier"] == identifier]
        assert (line["digest"], line["review"]) == (public["digest"], "held")
        # what is public already is said again: the change is taken back
        assert instance.source.register(identifier, old)["result"] == "unchanged"
        assert "review" not in instance.source.get(identifier)
        assert instance.source.register(identifier, changed)["result"] == "held"
        assert self.decide(instance, "release", identifier).exit_code == 0
        shown = instance.call("GET", "/api/datasets/tsd/" + identifier).json()
        assert shown["pid"] == public["pid"] and self.is_next(public["revision"], shown["revision"])
        assert shown["digest"] == client.digest(client.canonical(changed))
        kinds = [(n, body["type"].split(".")[-2]) for n, _, body in instance.events(identifier)]
        assert kinds == [(1, "published"), (2, "changed")]

    def item(self, instance, identifier):
        pid = instance.call("GET", "/api/datasets/tsd/" + identifier).json()["pid"]
        return instance.call("GET", "/api/records/" + pid).text

    def test_withdrawn_while_held(self, instance):
        identifier = self.held(instance)
        for state in ("suspended", "active"):
            with pytest.raises(client.Refused) as refused:
                instance.source.set_state(identifier, state, "Why.")
            assert (refused.value.status, refused.value.code) == (409, "held" if state == "suspended" else "held")
        answer = instance.source.set_state(identifier, "withdrawn", "Sent by mistake.")
        assert (answer["state"], answer["pid"], answer["result"]) == ("withdrawn", None, "changed")
        assert identifier not in instance.run_cli("review", "list").output
        result = self.decide(instance, "release", identifier)
        assert result.exit_code == 1 and "No registration of this dataset is held" in result.output
        with pytest.raises(client.Refused) as refused:
            instance.source.register(identifier, self.description("Other"))
        assert (refused.value.status, refused.value.code) == (409, "withdrawn")
        assert instance.call("GET", "/api/datasets/tsd/" + identifier).status_code == 404
        assert instance.events(identifier) == []

    @pytest.mark.parametrize("by", ["source", "administrator"])
    def test_withdrawn_with_a_change_held(self, instance, by):
        old = self.description("Old")
        identifier = self.released(instance, old)
        instance.source.register(identifier, self.description("Changed"))
        pid = instance.source.get(identifier)["pid"]
        if by == "source":
            instance.source.set_state(identifier, "withdrawn", "Study closed.")
        else:
            assert instance.call("DELETE", "/api/records/" + pid, "superuser").status_code == 204
        assert identifier not in instance.run_cli("review", "list").output
        before = dump(instance)
        assert self.decide(instance, "release", identifier).exit_code == 1
        assert new(before, dump(instance)) == {}
        shown = instance.call("GET", "/api/datasets/tsd/" + identifier).json()
        assert (shown["state"], shown["digest"]) == ("withdrawn", client.digest(client.canonical(old)))

    def test_held_adoption_leaves_the_curators_record_theirs(self, instance):
        identifier, old = new_identifier(), self.description("The curator's")
        pid = instance.curate(old, identifier).json()["id"]
        answer = instance.source.register(identifier, self.description("The source's"))
        assert (answer["result"], answer["pid"]) == ("held", pid)
        assert instance.curator_edits(pid, self.description("Edited")).status_code == 200
        assert self.decide(instance, "release", identifier).exit_code == 0
        assert "The source's" in self.item(instance, identifier)
        answer = instance.curator_edits(pid, self.description("Edited again"))
        assert (answer.status_code, answer.json()["code"]) == (409, "registered-elsewhere")

    def test_failing_release_leaves_it_held(self, instance, monkeypatch):
        identifier = self.held(instance)
        before = dump(instance)
        written = publication.published

        def fails_afterwards(*args, **kwargs):
            written(*args, **kwargs)
            raise RuntimeError("after the event was written")

        with monkeypatch.context() as patched:
            patched.setattr(publication, "published", fails_afterwards)
            assert isinstance(self.decide(instance, "release", identifier).exception, RuntimeError)
            session = self.login(instance)
            before = dump(instance, ("accounts_user_session_activity", "accounts_user_login_information"))
            assert self.post(instance, identifier, session, decision="release").status_code == 500
        assert new(before, dump(instance)) == {} or set(new(before, dump(instance))) <= {
            "accounts_user_session_activity",
            "accounts_user_login_information",
        }
        assert self.decide(instance, "release", identifier).exit_code == 0

    def test_a_commit_that_fails_leaves_the_pid_in_the_log(self, instance, caplog, monkeypatch):
        def commit():
            raise RuntimeError("the database is gone")

        identifier, session = self.held(instance), self.login(instance)
        page = self.page_of(instance, identifier, session)
        with monkeypatch.context() as patched:
            stand_in = types.SimpleNamespace(session=types.SimpleNamespace(commit=commit))
            patched.setattr(publication, "db", stand_in, raising=False)
            assert self.post(instance, identifier, session, page=page, decision="release").status_code == 500
        assert re.search(r"commit-failed pid=\w\S* source=tsd", caplog.text)
        assert instance.source.get(identifier)["pid"] is None

    def test_two_curators_at_once(self, instance):
        identifier, results, start = self.held(instance), [], threading.Barrier(3)
        sessions = [self.login(instance) for _ in range(3)]
        pages = [self.page_of(instance, identifier, session) for session in sessions]

        def act(session, page):
            start.wait()
            results.append(self.post(instance, identifier, session, page=page, decision="release").status_code)

        threads = [threading.Thread(target=act, args=pair) for pair in zip(sessions, pages)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        assert sorted(results) == [303, 409, 409], results
        late = self.post(instance, identifier, sessions[0], page=pages[0], decision="refuse", reason="Why.")
        assert late.status_code == 409 and "Another curator was faster" in late.text
        assert "/records/" in late.text and self.page_of(instance, identifier, sessions[1]).status_code == 200
        assert len(instance.events(identifier)) == 1
        assert instance.count("secureb2share_dataset", "identifier = '%s' AND pid IS NOT NULL" % identifier) == 1

    def test_another_came_while_the_curator_read(self, instance):
        identifier, session = self.held(instance), self.login(instance)
        page = self.page_of(instance, identifier, session)
        self.held(instance, self.description("Another"), identifier)
        for decision in ("ask", "release", "refuse"):
            answer = self.post(instance, identifier, session, page=page, decision=decision, reason="Why.")
            assert answer.status_code == 409 and "sent another description in the meantime" in answer.text
            # it says what, word by word, and no other page's text is believed
            assert "What the source changed since your page" in answer.text and "Another</ins>" in answer.text
            answer = self.post(instance, identifier, session, page=page, page_field="x", decision=decision)
            assert answer.status_code == 409 and "since your page" not in answer.text
        # without the digest of what was read nothing is decided either
        answer = self.post(instance, identifier, session, page=page, digest=None, decision="release")
        assert answer.status_code == 409
        assert instance.source.get(identifier)["review"]["state"] == "held"
        assert self.post(instance, identifier, session, decision="release").status_code == 303

    def test_another_came_within_the_curators_own_transaction(self, instance):
        from invenio_db import db

        from secureb2share_ext.datasets import review, store

        identifier = self.held(instance)
        with instance.app.app_context():
            if db.engine.dialect.name == "sqlite":
                pytest.skip("SQLite lets nobody write while this transaction is open")
            read = store.held(store.find("tsd", identifier).id)
            seen = read.digest
            self.held(instance, self.description("Another"), identifier)
            with pytest.raises(NotAccepted) as refused:
                review.release(current().host, "tsd", identifier, seen=seen)
            db.session.rollback()
            db.session.remove()
        assert refused.value.code == "changed"

    def test_refusal_acknowledges_no_publication(self, instance):
        from invenio_db import db

        from secureb2share_ext.datasets import store
        from secureb2share_ext.outbox import store as outbox

        identifier = self.held(instance)
        self.refuse(instance, identifier)
        instance.sweep()
        told = [event["state"] for event in instance.source.get(identifier)["receipts"]]
        with instance.app.app_context():
            acknowledged = outbox.acknowledged([store.find("tsd", identifier).id])
            db.session.remove()
        assert (told, list(acknowledged.values())) == (["acknowledged"], [{}])

    def test_page_is_for_curators(self, instance):
        identifier = self.held(instance)
        stranger, curator = self.login(instance, self.user(instance)), self.login(instance)
        path = self.path_of(instance, identifier)
        page = self.page_of(instance, identifier, curator)
        before = dump(instance)
        for place in (self.prefix + REVIEW, path, self.prefix + REVIEW + "999999"):
            anonymous = instance.call("GET", place)
            assert self.is_asked_to_log_in(anonymous) and anonymous.headers["cache-control"] == "no-store"
            with_token = instance.call("GET", place, "curator")
            assert self.is_asked_to_log_in(with_token), "tokens are for the REST interface"
            refused = stranger.get(instance.base_url + place, allow_redirects=False)
            assert (refused.status_code, refused.headers["cache-control"]) == (403, "no-store")
        assert self.post(instance, identifier, stranger, page=page, decision="release").status_code == 403
        fields = self.fields(page, decision="release")
        typed = instance.call("POST", path, data=dict(fields, reason="Typed <b>for long"))
        assert typed.status_code == 401 and "Typed &lt;b&gt;for long" in typed.text and self.log_in in typed.text
        for token in (None, "", "forged", self.fields(self.page_of(instance, identifier, self.login(instance)))):
            token = token.get("csrf_token") if isinstance(token, dict) else token
            answer = self.post(instance, identifier, curator, page=page, decision="release", csrf_token=token)
            assert answer.status_code == 400
        assert self.post(instance, identifier, curator, page=page, decision="refuse").status_code == 400
        changed = set(new(before, dump(instance)))
        assert changed <= {"accounts_user_session_activity", "accounts_user", "accounts_user_login_information"}
        for number in ("999999", "99999999999999999999"):
            assert curator.get(instance.base_url + self.prefix + REVIEW + number).status_code == 404

    def test_page_is_for_the_sources_of_its_reader(self, instance, monkeypatch):
        session, refused, waits = self.login(instance), self.held(instance), self.held(instance)
        self.refuse(instance, refused)
        addresses = [self.path_of(instance, identifier) for identifier in (refused, waits)]
        page, lists = self.page_of(instance, waits, session), [self.prefix + REVIEW + name for name in ("", "decided")]
        seen = session.get(instance.base_url + lists[0]).text
        assert waits in seen
        before = dump(instance, ("accounts_user_session_activity", "accounts_user_login_information"))
        with instance.app.app_context():
            host = current().host
        monkeypatch.setattr(host, "reviewed_sources", lambda: ["csc"])
        for path in lists:
            shown = session.get(instance.base_url + path)
            assert shown.status_code == 200 and waits not in shown.text and refused not in shown.text
            assert self.title() not in shown.text
        for address in addresses:
            for path in (address, address + "/preview", address + "/publish"):
                assert session.get(instance.base_url + path, allow_redirects=False).status_code == 404, path
        for decision in ("ask", "release", "refuse"):
            answer = self.post(instance, waits, session, page=page, decision=decision, reason="Why.")
            assert answer.status_code == 404
        forged = self.post(instance, waits, session, page=page, decision="release", csrf_token="forged")
        assert forged.status_code == 404
        assert new(before, dump(instance, ("accounts_user_session_activity", "accounts_user_login_information"))) == {}
        monkeypatch.setattr(host, "reviewed_sources", lambda: ["tsd"])
        assert session.get(instance.base_url + lists[0]).text.count(waits) == seen.count(waits)

    def test_a_curator_of_one_source_learns_nothing_of_another(self, instance):
        """The right is given, taken and limited by the commands of invenio-access alone."""
        mine, waits, refused, published = self.user(instance), self.held(instance), self.held(instance), None
        self.refuse(instance, refused)
        published = self.released(instance)
        session = self.login(instance, mine)
        home, logged = instance.base_url + self.prefix + REVIEW, ("accounts_user_session_activity",)
        assert session.get(home).status_code == 403
        page = self.page_of(instance, waits, self.login(instance))
        before = dump(instance, logged)
        self.say(instance, "allow", mine, "csc")
        given = new(before, dump(instance, logged))
        assert set(given) <= {"access_actionsusers", "accounts_user_login_information", "accounts_user"}
        before = dump(instance, logged)
        for name in ("", "decided"):
            shown = session.get(home + name)
            assert shown.status_code == 200 and '<span class="count">0</span>' in shown.text
            assert not any(one in shown.text for one in (waits, refused, published, self.title()))
        unknown = self.prefix + REVIEW + "999999"
        for identifier in (waits, refused, published):
            path = self.path_of(instance, identifier)
            for more in ("", "/preview", "/publish"):
                answers = [session.get(instance.base_url + one + more) for one in (path, unknown)]
                assert [answer.status_code for answer in answers] == [404, 404]
                assert self.alike(answers[0], path) == self.alike(answers[1], unknown)
        for decision in ("ask", "release", "refuse"):
            fields = self.fields(page, decision=decision, reason="Why.")
            fields["csrf_token"] = self.fields(session.get(home)).get("csrf_token", fields["csrf_token"])
            paths = (self.path_of(instance, waits), unknown)
            answers = [session.post(instance.base_url + path, fields) for path in paths]
            assert [answer.status_code for answer in answers] == [404, 404]
        assert new(before, dump(instance, logged)) == {}
        self.say(instance, "allow", mine, "tsd")
        assert waits in session.get(home).text and self.page_of(instance, waits, session).status_code == 200
        assert self.post(instance, waits, session, decision="release").status_code == 303
        assert self.page_of(instance, refused, session).status_code == 200
        self.say(instance, "deny", mine, "tsd")
        assert self.page_of(instance, refused, session).status_code == 404

    def test_a_right_for_all_sources_ends_at_once_and_is_limited_by_a_denial(self, instance):
        user, waits = self.user(instance), self.held(instance)
        session = self.login(instance, user)
        self.say(instance, "allow", user, None)
        assert self.page_of(instance, waits, session).status_code == 200
        self.say(instance, "deny", user, "tsd")
        assert self.page_of(instance, waits, session).status_code == 404
        # the other source stays
        assert session.get(instance.base_url + self.prefix + REVIEW).status_code == 200
        self.say(instance, "remove", user, None)
        assert session.get(instance.base_url + self.prefix + REVIEW).status_code == 403

    def test_the_list_of_one_source_at_the_command_line(self, instance):
        identifier = self.held(instance)
        assert identifier in instance.run_cli("review", "list", "--source", "tsd").output
        assert instance.run_cli("review", "list", "--source", "csc").output == ""
        unknown = instance.run_cli("review", "list", "--source", "none")
        assert unknown.exit_code == 2 and "no source" in unknown.output.lower()

    def say(self, instance, verb, user, source):
        """Allow or deny a user to curate for a source, or for all: None; or remove what was said."""
        result = instance.run_access(verb, *self.right_of(user["email"], source))
        assert result.exit_code == 0, (result.output, result.exc_info)

    def right_of(self, email, source):
        """The words by which the command line of invenio-access names a right."""
        return ["-a", source] * bool(source) + ["secureb2share-curate", "user", email]

    def alike(self, answer, path):
        """What an answer says, without the address that was asked for."""
        return answer.text.replace(path, "/")

    def title(self):
        return self.description()["core"]["titles"][0]["text"]

    def test_page_decides(self, instance):
        session = self.login(instance)
        released, refused = self.held(instance), self.held(instance)
        answer = self.post(instance, released, session, decision="release")
        assert (answer.status_code, answer.headers["cache-control"]) == (303, "no-store")
        assert instance.call("GET", "/api/datasets/tsd/" + released).status_code == 200
        address = instance.base_url + self.prefix + REVIEW
        listed = session.get(address).text
        pid = instance.source.get(released)["pid"]
        # the notice says once what was done, and leads to the record
        assert 'role="status"' in listed and "/records/" + pid in listed and released in listed
        assert 'role="status"' not in session.get(address).text
        assert self.post(instance, refused, session, decision="refuse", reason=HOSTILE).status_code == 303
        assert instance.source.get(refused)["review"]["reason"] == HOSTILE
        session.get(address)
        listed = session.get(address)
        assert released not in listed.text and refused not in listed.text
        shown = self.page_of(instance, refused, session)
        assert "<script>alert" not in shown.text and "This registration was refused" in shown.text
        decided = session.get(address + "decided").text
        assert "<script>alert" not in decided and decided.index(refused) < decided.index(released)
        assert "<title>Decided · Review" in decided
        assert self.post(instance, refused, session, page=shown, decision="release").status_code == 400

    def test_an_incident_tells_what_each_account_decided(self, instance):
        session, by_page, by_command = self.login(instance), self.held(instance), self.held(instance)
        refused = [self.held(instance) for _ in range(2)]
        instance.execute("UPDATE secureb2share_review SET decided = '2026-01-01 00:00:00'")
        assert self.post(instance, by_page, session, decision="release").status_code == 303
        for identifier in refused:
            assert self.post(instance, identifier, session, decision="refuse", reason="Why.").status_code == 303
        assert self.decide(instance, "release", by_command).exit_code == 0
        rows = instance.execute("SELECT account, decided FROM secureb2share_review WHERE account IS NOT NULL")
        ((account,),) = {row[:1] for row in rows[-3:]}
        emails = [row[0] for row in instance.execute("SELECT email FROM accounts_user WHERE id = :i", i=int(account))]
        said = instance.run_cli("incident", "show", "--hours", "1").output
        told = said[said.index("Decisions of curators") : said.index("Withdrawn or superseded")].splitlines()[1:]
        counts = collections.Counter()
        for line in told:
            who, parts = re.match(r"  (account \d+|an operator's command) in [\d-]+T\d\dZ: (.+)", line).groups()
            for part in parts.split(", "):
                counts[who, part.split()[1]] += int(part.split()[0])
        mine = "account " + account
        assert counts == {
            (mine, "released"): 1,
            (mine, "refused"): 2,
            ("an operator's command", "released"): 1,
        }
        assert len(emails) == 1 and emails[0] not in said

    def test_page_asks_before_it_publishes(self, instance):
        session, identifier = self.login(instance), self.held(instance)
        path = self.path_of(instance, identifier)
        asked = self.post(instance, identifier, session, decision="ask")
        assert asked.status_code == 303 and asked.headers["location"].split(instance.base_url)[-1].startswith(path)
        question = session.get(requests.compat.urljoin(instance.base_url, asked.headers["location"]))
        assert question.status_code == 200 and instance.source.get(identifier)["pid"] is None
        # what comes meanwhile is not what the question was about
        self.held(instance, self.description("Another"), identifier)
        answer = self.post(instance, identifier, session, page=question, decision="release")
        assert answer.status_code == 409 and "Another</ins>" in answer.text
        stale = session.get(requests.compat.urljoin(instance.base_url, asked.headers["location"]))
        assert stale.status_code == 409 and instance.source.get(identifier)["pid"] is None
        fresh = self.post(instance, identifier, session, decision="ask").headers["location"]
        question = session.get(requests.compat.urljoin(instance.base_url, fresh))
        assert self.post(instance, identifier, session, page=question, decision="release").status_code == 303
        assert instance.source.get(identifier)["pid"]

    def test_page_of_what_the_source_took_back(self, instance):
        session, identifier = self.login(instance), self.held(instance)
        page = self.page_of(instance, identifier, session)
        instance.source.set_state(identifier, "withdrawn", "Sent by mistake.")
        for decision in ("ask", "release", "refuse"):
            answer = self.post(instance, identifier, session, page=page, decision=decision, reason="Why.")
            assert answer.status_code == 409 and "The dataset was withdrawn" in answer.text

    def test_page_of_a_change(self, instance):
        session, old = self.login(instance), self.description("Old words here")
        identifier = self.released(instance, old)
        instance.source.register(identifier, self.description("New words here"))
        page = self.page_of(instance, identifier, session).text
        for marked in ("removed:] </span>Old</del> words here", "added:] </span>New</ins> words here"):
            assert marked in page
        changed = page.index("<ins>"), page.index("Published now</p>"), page.index("Sent</p>")
        assert max(changed) < page.index('<details class="fold') < page.index('id="decide"') and "1 of " in page

    def test_hostile_text_is_escaped(self, instance):
        description = self.marked(HOSTILE, HOSTILE)
        description["core"]["contacts"] = [{"name": HOSTILE, "url": "https://example.org/?a=%3Cscript%3E"}]
        identifier = self.held(instance, description, identifier="review/<b>" + uuid.uuid4().hex + '"&')
        session = self.login(instance)
        for page in (
            session.get(instance.base_url + self.prefix + REVIEW),
            self.page_of(instance, identifier, session),
            session.get(instance.base_url + self.path_of(instance, identifier) + "/preview"),
        ):
            assert page.status_code == 200 and page.headers["cache-control"] == "no-store"
            assert "<script>alert" not in page.text and "<b>" not in page.text
            assert "&lt;script&gt;alert" in page.text and "&lt;b&gt;" in page.text
        assert self.decide(instance, "release", identifier).exit_code == 0

    def page_of_record(self, instance, shown):
        """What a reader's browser gets for a record."""
        return instance.call("GET", shown["record_url"][len(instance.base_url) :]).text

    def whole_list(self, source):
        found, page = [], {"next": None}
        while page["next"] or not found:
            page = source.list(page["next"])
            found += page["datasets"]
        return found

    def user(self, instance):
        """{"email", "password"} of a user who may do nothing."""
        from flask_security.utils import hash_password
        from invenio_accounts.proxies import current_datastore
        from invenio_db import db

        found = {"email": "%s@example.org" % uuid.uuid4().hex, "password": uuid.uuid4().hex}
        with instance.app.app_context():
            current_datastore.create_user(email=found["email"], password=hash_password(found["password"]), active=True)
            db.session.commit()
            db.session.remove()
        return found

    def login(self, instance, user=None):
        """A requests.Session of a user, by default the curator."""
        if user is None:
            with open(instance.data + "/curator.json") as file:
                user = json.load(file)
        session = requests.Session()
        fields = self.fields(session.get(instance.base_url + "/login/"), **user)
        answer = session.post(instance.base_url + "/login/", data=fields, allow_redirects=False)
        assert answer.status_code == 302, answer.text
        return session

    def is_asked_to_log_in(self, answer):
        return answer.status_code == 302 and self.log_in in answer.headers["location"]

    def fields(self, page, **more):
        """The hidden fields of a page's form, and more; without those that are None."""
        inputs = re.findall(r"<input[^>]*>", page.text)
        hidden = [dict(re.findall(r'(\w+)="([^"]*)"', one)) for one in inputs if 'type="hidden"' in one]
        found = dict({one["name"]: one.get("value", "") for one in hidden}, **more)
        return {name: value for name, value in found.items() if value is not None}

    def path_of(self, instance, identifier):
        with instance.app.app_context():
            from secureb2share_ext.datasets import store

            return "%s%s%d" % (self.prefix, REVIEW, store.find("tsd", identifier).id)

    def page_of(self, instance, identifier, session):
        return session.get(instance.base_url + self.path_of(instance, identifier), allow_redirects=False)

    def post(self, instance, identifier, session, page=None, page_field=None, **given):
        page = page or self.page_of(instance, identifier, session)
        path = self.path_of(instance, identifier)
        fields = dict(self.fields(page, **given), **({} if page_field is None else {"page": page_field}))
        return session.post(instance.base_url + path, data=fields, allow_redirects=False)


OF_PAGES = (
    "test_a_curator_of_one_source_learns_nothing_of_another",
    "test_a_right_for_all_sources_ends_at_once_and_is_limited_by_a_denial",
    "test_a_commit_that_fails_leaves_the_pid_in_the_log",
    "test_another_came_while_the_curator_read",
    "test_curators_see_it",
    "test_failing_release_leaves_it_held",
    "test_hostile_text_is_escaped",
    "test_page_asks_before_it_publishes",
    "test_page_decides",
    "test_page_is_for_curators",
    "test_page_is_for_the_sources_of_its_reader",
    "test_page_of_a_change",
    "test_page_of_what_the_source_took_back",
    "test_two_curators_at_once",
    "test_an_incident_tells_what_each_account_decided",
)


def without_pages(contract, mark):
    """Mark the tests of a class that look at the pages, where the host has none."""

    def nowhere(self):
        raise AssertionError("skipped")

    for name in OF_PAGES:
        assert hasattr(ReviewContract, name)
        setattr(contract, name, mark(nowhere))
