"""A curator describes a dataset in the browser, on every host.

The fixture `instance` has the sources tsd and csc; see tests/instance.py. A test module per host subclasses
DescribeContract and says how its users log in.
"""

import contextlib
import json
import re
import threading
import time
import types
import uuid

import pytest
from html_form import Page
from review_contract import HOSTILE, ReviewContract
from rows import dump, new, tables_with
from served import example

from secureb2share_ext.describing import groups, limits, values, views
from secureb2share_ext.proxies import current

PAGES = "/secureb2share/describe/"


@contextlib.contextmanager
def statements_on(table):
    """[statement] that any thread of this process makes on a table meanwhile."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    seen = []

    def see(connection, cursor, statement, *more):
        if table in statement:
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", see)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", see)


class Browser:
    """A person before the pages of description, without a script."""

    def __init__(self, session, base):
        self.session, self.base = session, base

    def get(self, path):
        return self.look(self.session.get(self.base + path.split("#")[0], allow_redirects=False))

    def look(self, answer):
        answer.page = Page(answer.text)
        if answer.status_code == 200:
            assert answer.page.faults() == [], answer.page.faults()
            assert answer.headers["Cache-Control"] == "no-store"
        return answer

    def post(self, path, pairs):
        return self.look(self.session.post(self.base + path, data=pairs, allow_redirects=False))

    def submit(self, answer, path, button=("go", "next"), without=(), **typed):
        """Press a button of the page `answer`, with other texts in the controls of these names."""
        pairs = [pair for pair in answer.page.sent if pair[0] not in set(typed) | set(without)]
        pairs += [
            (name, text) for name, texts in typed.items() for text in ([texts] if isinstance(texts, str) else texts)
        ]
        return self.post(path, pairs + ([button] if button else []))

    def begin(self, source="tsd"):
        """The path of a new draft."""
        answer = self.submit(self.get(""), "new", None, source=source)
        assert answer.status_code == 303, answer.text
        return self.place(answer).split("/")[0]

    def place(self, answer):
        """The path to which an answer leads, without the address of all pages."""
        assert answer.status_code == 303, answer.text
        location = answer.headers["Location"].replace("http://" + self.base.split("/")[2], "")
        inner = "/" + self.base.split("/", 3)[3]
        assert location.startswith(inner), location
        return location[len(inner) :]

    def fill(self, draft, description):
        """Type a whole description into the pages of a draft, one after the other."""
        there = values.to_values(description)
        for group in groups.GROUPS:
            path = "%s/%s" % (draft, group.key)
            page = self.get(path)
            kept = [pair for pair in page.page.sent if pair[0] in ("csrf_token", "seen")]
            own = values.of_group(there, group.names)
            pairs = [(name, text.replace("\n", "\r\n")) for name, texts in own.items() for text in texts]
            answer = self.post(path, kept + pairs + [("go", "leave")])
            assert self.place(answer) == "", group.key

    def publish(self, draft, **typed):
        page = self.get(draft + "/publish")
        assert page.status_code == 200, (page.status_code, self.get(draft + "/check").text)
        return self.submit(page, draft + "/publish", None, **typed)

    def published(self, description, source="tsd"):
        """Describe and publish a dataset."""
        draft = self.begin(source)
        self.fill(draft, description)
        answer = self.publish(draft)
        assert self.place(answer) == "", answer.text
        return draft


class DescribeContract:
    """Subclass it as Test..."""

    prefix = ""
    login, fields, user = ReviewContract.login, ReviewContract.fields, ReviewContract.user

    def session(self, instance, role):
        """A requests.Session of somebody with a role: curator, superuser, user, or None."""
        import requests

        if role is None:
            return requests.Session()
        if role == "curator":
            return self.login(instance)
        user = self.user(instance)
        if role == "superuser":
            self.make_superuser(instance, user["email"])
        return self.login(instance, user)

    def make_superuser(self, instance, email):
        from invenio_access import superuser_access
        from invenio_access.models import ActionUsers
        from invenio_accounts.models import User
        from invenio_db import db

        with instance.app.app_context():
            user = db.session.query(User).filter_by(email=email).one()
            db.session.add(ActionUsers.allow(superuser_access, user_id=user.id))
            db.session.commit()
            db.session.remove()

    def browser(self, instance, role="curator"):
        return Browser(self.session(instance, role), instance.base_url + self.prefix + PAGES)

    def description(self, title=None, name="moba"):
        found = example(name)
        found["core"]["titles"] = [{"lang": "en", "text": title or "Described " + uuid.uuid4().hex}]
        return found

    def row(self, instance, title):
        """(identifier, pid, state, origin, number) of the newest dataset."""
        return instance.execute(
            "SELECT identifier, pid, state, origin, id FROM secureb2share_dataset ORDER BY id DESC LIMIT 1"
        )[0]

    def text_of(self, instance, pid):
        with instance.app.app_context():
            from invenio_db import db

            from secureb2share_ext.datasets import store
            from secureb2share_ext.proxies import current

            host = current().host
            found = host.from_record(host.record(store.by_pid(pid)))
            db.session.remove()
            return found

    def test_a_description_becomes_a_record_with_event_and_access_link(self, instance):
        curator, description = self.browser(instance), self.description()
        draft = curator.begin()
        before = dump(instance)
        curator.fill(draft, description)
        check = curator.get(draft + "/check")
        title = description["core"]["titles"][0]["text"]
        assert "to mend" not in check.page.title and title in check.text and "Publish…" in check.text
        stored = {table for table, rows in new(before, dump(instance)).items()}
        assert not stored & {"secureb2share_dataset", "secureb2share_event"}, "a draft is in the table of drafts alone"
        answer = curator.publish(draft)
        assert curator.place(answer) == ""
        identifier, pid, state, origin, number = self.row(instance, title)
        assert (identifier, state, origin) == ("pid:" + pid, "active", "curator"), (identifier, pid, state)
        assert self.text_of(instance, pid) == description
        ((sequence, _, event),) = instance.events(identifier)
        assert sequence == 1 and event["type"].endswith("published.v1") and pid in json.dumps(event)
        access = instance.call("GET", "/api/access/" + pid)
        assert access.status_code in (200, 302)
        assert title in curator.get("").text and curator.get(draft + "/what").status_code == 404
        assert instance.count("secureb2share_draft", "id = %s" % draft) == 0

    def test_an_identifier_of_ones_own(self, instance):
        curator, description = self.browser(instance), self.description()
        draft, wanted = curator.begin(), "own/" + uuid.uuid4().hex
        curator.fill(draft, description)
        before = dump(instance)
        for wrong in ("pid:1", "..", "x" * 256, "base64url:YQ"):
            refused = curator.publish(draft, identifier=wrong)
            assert refused.status_code == 400, (wrong, refused.status_code)
            assert "1 thing to mend" in refused.page.title and wrong in dict(refused.page.sent)["identifier"]
        assert curator.place(curator.publish(draft, identifier=wanted)) == ""
        assert self.row(instance, "")[0] == wanted
        other = curator.begin()
        curator.fill(other, self.description())
        refused = curator.publish(other, identifier=wanted)
        assert refused.status_code == 409 and "exists already" in refused.text
        assert len(new(before, dump(instance))["secureb2share_dataset"]) == 1, "nothing is left half-stored"

    def test_each_fault_stands_beside_its_field_and_nothing_typed_is_lost(self, instance):
        curator = self.browser(instance)
        draft = curator.begin()
        path = draft + "/what"
        typed = {
            "core.titles.0.text": "Søvn",
            "core.publication_year": "20x6",
            "core.contacts.0.url": "www.example.org",
            "core.creators.0.orcid": "1234",
            "core.keywords": "one\r\ntwo",
        }
        answer = curator.submit(curator.get(path), path, **typed)
        place = curator.place(answer)
        assert place.startswith(path) and place.endswith("#faults")
        shown = curator.get(place)
        assert re.match(r"\d+ things to mend: What it is \(1 of 10\)", shown.page.title), shown.page.title
        assert {pair for pair in typed.items()} <= set(shown.page.sent)
        for control in (
            "core.publication_year",
            "core.contacts.0.url",
            "core.creators.0.orcid",
            "core.creators.0.name",
        ):
            assert 'id="%s-e"' % control in shown.text and "#" + control in shown.page.links
        assert "must match" not in shown.text and "^[0-9]" not in shown.text
        # what cannot be published is not published, and a draft is
        confirm = curator.get(draft + "/publish")
        assert curator.place(confirm) == draft + "/check"
        check = curator.get(draft + "/check")
        assert "things to mend" in check.page.title and "Publish…" not in check.text
        before = dump(instance)
        forced = curator.post(draft + "/publish", [pair for pair in shown.page.sent if pair[0] == "csrf_token"])
        assert forced.status_code == 409 and not new(before, dump(instance)).get("secureb2share_dataset")

    def test_parts_are_added_and_removed_without_a_script(self, instance):
        curator = self.browser(instance)
        draft = curator.begin()
        path = draft + "/what"
        answer = curator.submit(curator.get(path), path, ("add", "core.creators"), **{"core.creators.0.name": "A"})
        place = curator.place(answer)
        assert place.endswith("#core.creators.1.name")
        page = curator.get(place)
        assert "core.creators.1.name" in page.page.ids and dict(page.page.sent)["core.creators.0.name"] == "A"
        answer = curator.submit(page, path, ("add", "core.titles"), **{"core.creators.1.name": "B"})
        page = curator.get(curator.place(answer))
        assert dict(page.page.sent)["core.creators.1.name"] == "B"
        answer = curator.submit(page, path, ("remove", "core.creators.0"))
        page = curator.get(curator.place(answer))
        assert dict(page.page.sent)["core.creators.0.name"] == "B" and "core.creators.1.name" not in page.page.ids

    def test_content_and_what_is_too_long_is_stored_nowhere(self, instance):
        curator = self.browser(instance)
        draft = curator.begin()
        path = draft + "/what"
        for name, text in (
            ("core.publisher", "c" * 301),
            ("core.descriptions.0.text", "QUJD" * 2000),
            ("core.publisher", "c\x01" + uuid.uuid4().hex),
        ):
            before = dump(instance)
            answer = curator.submit(curator.get(path), path, **{name: text})
            assert answer.status_code == 400 and "to mend" in answer.page.title
            assert dict(answer.page.sent)[name] == text
            assert not new(before, dump(instance)).get("secureb2share_draft")
        # a form that holds a description is longer than any other, and no body is longer than a description
        text = "The same sentence is written again and again. " * 420
        answer = curator.submit(curator.get(path), path, **{"core.descriptions.0.text": text})
        assert answer.status_code == 303
        assert curator.submit(curator.get(path), path, x="y" * 1000001).status_code == 403
        token = dict(curator.get(path).page.sent)["csrf_token"]
        files = {"core.publisher": ("a.csv", b"1,2", "text/csv")}
        sent = curator.session.post(curator.base + path, data={"csrf_token": token}, files=files)
        assert sent.status_code == 403 and "form-data" in sent.text

    def test_a_draft_is_no_store_of_files(self, instance, monkeypatch):
        curator = self.browser(instance)
        draft, file = curator.begin(), "\n".join([76 * "Q"] * 3000)
        # more faults than are told at once stand beside it
        faulty = {"core.creators.%d.orcid" % number: "1" for number in range(99)}
        fields = {
            "core.publication_year": ("what", faulty),
            "sensitive.embargo_until": ("access", {}),
            "sensitive.controller_ror": ("law", {}),
            "sensitive.consent_type": ("people", {}),
            "sensitive.special_categories": ("people", {}),
            "sensitive.duo_diseases.whole": ("use", {}),
        }
        before = instance.execute("SELECT description FROM secureb2share_draft WHERE id = :i", i=int(draft))
        for name, (key, others) in fields.items():
            path = "%s/%s" % (draft, key)
            answer = curator.submit(curator.get(path), path, **dict(others, **{name: file}))
            assert answer.status_code == 400 and "to mend" in answer.page.title, name
            kept = instance.execute("SELECT description FROM secureb2share_draft WHERE id = :i", i=int(draft))
            assert kept == before, name
        # nor are there drafts without end
        monkeypatch.setattr(limits, "MOST", instance.count("secureb2share_draft", "source = 'tsd'") + 1)
        curator.begin()
        count = instance.count("secureb2share_draft", "source = 'tsd'")
        answer = curator.submit(curator.get(""), "new", None, source="tsd")
        assert curator.place(answer) == "" and "too many drafts" in curator.get("").text
        assert instance.count("secureb2share_draft", "source = 'tsd'") == count == limits.MOST

    def test_every_draft_is_in_the_list_whose_statements_do_not_grow(self, instance, monkeypatch):
        curator = self.browser(instance)
        for _ in range(5):
            curator.begin()
        there = {str(one[0]) for one in instance.execute("SELECT id FROM secureb2share_draft")}
        asked = {}
        for size in (2, 4):
            monkeypatch.setattr(views, "PAGE", size)
            found, path, counts = [], "", set()
            while path is not None:
                with statements_on("secureb2share_draft") as seen:
                    page = curator.get(path)
                counts.add(len(seen))
                assert '<span class="count">%d</span>' % len(there) in page.text
                shown = re.findall(r'id="d([0-9]+)"', page.text)
                assert 0 < len(shown) <= size
                found += shown
                onward = [one for one in page.page.links if one and "drafts=%d" % len(found) in one]
                path = onward[0].partition(PAGES)[2] if onward else None
            assert sorted(found, key=int) == sorted(there, key=int)
            asked[size] = counts
        assert asked[2] == asked[4] == {2}
        assert "nothing on this page" in curator.get("?drafts=9999").text

    def test_the_titles_of_what_is_published_are_read_together(self, instance, monkeypatch):
        curator, titles = self.browser(instance), []
        for number in range(3):
            titles.append("Together %d %s" % (number, uuid.uuid4().hex))
            curator.published(self.description(titles[-1]))
        for size in (1, 3):
            monkeypatch.setattr(views, "PAGE", size)
            with statements_on("records_metadata") as seen:
                page = curator.get("")
            assert [title for title in titles if title in page.text] == titles[-size:]
            assert len(seen) == 1, seen

    def test_two_curators_at_one_draft(self, instance):
        first, second = self.browser(instance), self.browser(instance)
        draft = first.begin()
        what, access = draft + "/what", draft + "/access"
        mine, theirs = second.get(what), first.get(what)
        elsewhere = second.get(access)
        assert first.submit(theirs, what, **{"core.publisher": "First"}).status_code == 303
        # another group is nobody's business
        assert (
            second.submit(elsewhere, access, ("go", "here"), **{"sensitive.expected_decision_days": "30"}).status_code
            == 303
        )
        answer = second.submit(mine, what, **{"core.publisher": "Second", "core.keywords": "kept"})
        assert answer.status_code == 409 and "Somebody else saved this meanwhile" in answer.page.title
        sent = dict(answer.page.sent)
        assert (sent["core.publisher"], sent["core.keywords"]) == ("Second", "kept") and "First" in answer.text
        assert dict(first.get(what).page.sent)["core.publisher"] == "First"
        assert second.submit(answer, what).status_code == 303
        assert dict(first.get(what).page.sent)["core.publisher"] == "Second"
        assert dict(first.get(access).page.sent)["sensitive.expected_decision_days"] == "30"
        # whoever types into a draft that is gone sees what they typed
        late = second.get(what)
        assert first.submit(first.get(draft + "/discard"), draft + "/discard", None).status_code == 303
        answer = second.submit(late, what, **{"core.publisher": "Too late"})
        assert answer.status_code == 409 and "Too late" in answer.text and "no more" in answer.page.title

    def test_a_published_dataset_is_changed_and_a_change_in_between_is_told(self, instance):
        curator, description = self.browser(instance), self.description()
        curator.published(description)
        identifier, pid, _, _, number = self.row(instance, "")
        edit = "dataset/%d/edit" % number
        draft = curator.place(curator.submit(curator.get(""), edit, None)).split("/")[0]
        assert curator.place(curator.submit(curator.get(""), edit, None)).split("/")[0] == draft, "one draft for all"
        unchanged = curator.get(draft + "/check")
        assert "says what is published already" in unchanged.text and "Publish…" not in unchanged.text
        page = curator.get(draft + "/what")
        assert curator.submit(page, draft + "/what", ("go", "here")).status_code == 303
        assert "says what is published already" in curator.get(draft + "/check").text
        changed = dict(page.page.sent)["core.titles.0.text"] + " anew"
        answer = curator.submit(page, draft + "/what", ("go", "here"), **{"core.titles.0.text": changed})
        assert answer.status_code == 303
        confirm = curator.get(draft + "/publish")
        # another curator was faster, in another way
        between = json.loads(json.dumps(description))
        between["core"]["publisher"] = "Another publisher"
        self.change_otherwise(instance, identifier, between)
        events = len(instance.events(identifier))
        refused = curator.submit(confirm, draft + "/publish", None)
        assert refused.status_code == 409 and "Another publisher" in refused.text
        assert self.text_of(instance, pid) == between and len(instance.events(identifier)) == events
        assert curator.place(curator.get(draft + "/publish")) == draft + "/check"
        link = next(one for one in refused.page.links if one and "/publish?seen=" in one)
        confirm = curator.get(link.partition(PAGES)[2])
        assert curator.place(curator.submit(confirm, draft + "/publish", None)) == ""
        found = self.text_of(instance, pid)
        assert (found["core"]["titles"][0]["text"], found["core"]["publisher"]) == (
            changed,
            description["core"]["publisher"],
        )
        assert len(instance.events(identifier)) == events + 1

    def change_otherwise(self, instance, identifier, description):
        """Change a dataset's description past the pages, as the host's own editor does."""
        with instance.app.test_request_context("/"):
            from invenio_db import db

            from secureb2share_ext.datasets import publication, store
            from secureb2share_ext.proxies import current

            publication.update(current().host, store.lock("tsd", identifier), description, "curator")
            db.session.commit()
            db.session.remove()

    def test_a_dataset_is_withdrawn_with_a_reason(self, instance):
        curator = self.browser(instance)
        curator.published(self.description())
        identifier, pid, _, _, number = self.row(instance, "")
        path = "dataset/%d/withdraw" % number
        page = curator.get(path)
        assert "final" in page.text and "good" in page.page.title
        for reason in ("", "   ", "x" * 1001):
            refused = curator.submit(page, path, None, reason=reason)
            assert refused.status_code == 400 and "1 thing to mend" in refused.page.title
        assert curator.submit(page, path, None, csrf_token="x", reason="No").status_code == 400
        assert self.row(instance, "")[2] == "active"
        assert curator.place(curator.submit(page, path, None, reason=HOSTILE)) == ""
        assert self.row(instance, "")[2] == "withdrawn"
        assert instance.events(identifier)[-1][2]["type"].endswith("withdrawn.v1")
        assert instance.call("GET", "/api/access/" + pid).status_code == 410
        assert curator.place(curator.get(path)) == ""
        assert curator.place(curator.submit(page, path, None, reason="again")) == ""
        assert curator.place(curator.submit(curator.get(""), "dataset/%d/edit" % number, None)) == ""
        assert len(instance.events(identifier)) == 2

    def draft_of_a_change(self, instance, curator, number, **typed):
        """The path of a draft that changes the dataset with this number."""
        draft = curator.place(curator.submit(curator.get(""), "dataset/%d/edit" % number, None)).split("/")[0]
        answer = curator.submit(curator.get(draft + "/what"), draft + "/what", ("go", "here"), **typed)
        assert answer.status_code == 303, answer.text
        return draft

    def test_a_publication_locks_as_a_withdrawal_does(self, instance):
        from invenio_db import db
        from sqlalchemy import text

        with instance.app.app_context():
            if db.engine.dialect.name != "postgresql":
                pytest.skip("only PostgreSQL locks rows")
        curator = self.browser(instance)
        curator.published(self.description())
        number = self.row(instance, "")[4]
        draft = self.draft_of_a_change(instance, curator, number, **{"core.publisher": "Another"})
        confirm, answers = curator.get(draft + "/publish"), []
        with instance.app.app_context(), db.engine.connect() as connection:
            connection.execute(text("SELECT id FROM secureb2share_dataset WHERE id = %d FOR UPDATE" % number))
            publisher = threading.Thread(
                target=lambda: answers.append(curator.submit(confirm, draft + "/publish", None).status_code)
            )
            publisher.start()
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = '%s'"
            try:
                for _ in range(200):
                    if instance.execute(waiting % "transactionid")[0][0]:
                        break
                    time.sleep(0.05)
                else:
                    raise AssertionError("the publication does not wait for the dataset")
                # a withdrawal has the dataset and wants the draft now: whoever published it must not have it yet
                connection.execute(text("SELECT id FROM secureb2share_draft WHERE id = %s FOR UPDATE NOWAIT" % draft))
            finally:
                connection.close()
                publisher.join()
        assert answers == [303]

    @pytest.mark.parametrize("by", ["administrator", "source", "curator"])
    def test_a_withdrawal_takes_the_draft_of_a_change_with_it(self, instance, by):
        curator, description, secret = self.browser(instance), self.description(), "canary" + uuid.uuid4().hex
        begun = curator.begin()
        curator.fill(begun, description)
        identifier = "own/" + uuid.uuid4().hex
        curator.place(curator.publish(begun, identifier=identifier))
        _, pid, _, _, number = self.row(instance, "")
        draft = self.draft_of_a_change(instance, curator, number, **{"core.publisher": secret})
        assert tables_with(dump(instance), secret) == ["secureb2share_draft"]
        if by == "administrator":
            assert instance.call("DELETE", "/api/records/" + pid, "superuser").status_code == 204
        elif by == "source":
            instance.source.register(identifier, description)
            instance.source.set_state(identifier, "withdrawn", "Study closed.")
        else:
            path = "dataset/%d/withdraw" % number
            assert curator.place(curator.submit(curator.get(path), path, None, reason="Study closed.")) == ""
        assert self.row(instance, "")[2] == "withdrawn" and tables_with(dump(instance), secret) == []
        assert curator.get(draft + "/what").status_code == 404

    def test_a_commit_that_fails_leaves_the_pid_in_the_log(self, instance, caplog, monkeypatch):
        from secureb2share_ext.datasets import publication

        def commit():
            raise RuntimeError("the database is gone")

        curator = self.browser(instance)
        draft = curator.begin()
        curator.fill(draft, self.description())
        page = curator.get(draft + "/publish")
        with monkeypatch.context() as patched:
            stand_in = types.SimpleNamespace(session=types.SimpleNamespace(commit=commit))
            patched.setattr(publication, "db", stand_in, raising=False)
            assert curator.submit(page, draft + "/publish", None).status_code == 500
        assert re.search(r"commit-failed pid=\w\S* source=tsd", caplog.text)
        assert curator.place(curator.publish(draft)) == ""

    def test_only_curators_of_its_source(self, instance):
        curator = self.browser(instance)
        draft = curator.begin()
        curator.published(self.description())
        number = self.row(instance, "")[4]
        title = "Secret " + uuid.uuid4().hex
        curator.submit(curator.get(draft + "/what"), draft + "/what", **{"core.titles.0.text": title})
        paths = ["", draft + "/what", draft + "/check", draft + "/publish", draft + "/discard"]
        paths.append("dataset/%d/withdraw" % number)
        writes = ["new", draft + "/what", draft + "/publish", draft + "/discard", "dataset/%d/edit" % number, paths[-1]]
        given = [pair for pair in curator.get(draft + "/what").page.sent]
        before = dump(instance)
        for role, status in ((None, (302, 401)), ("user", (403,))):
            person = self.browser(instance, role)
            for path in paths:
                answer = person.get(path)
                assert answer.status_code in status and title not in answer.text, (role, path)
            for path in writes:
                assert person.post(path, given).status_code in status, (role, path)
        made = set(new(before, dump(instance)))
        assert not {table for table in made if table.startswith("secureb2share")}, made
        for token in (None, "", "forged"):
            for path in writes:
                pairs = [pair for pair in given if pair[0] != "csrf_token"] + ([("csrf_token", token)] if token else [])
                curator.post(path, pairs)
        made = set(new(before, dump(instance)))
        assert not {table for table in made if table.startswith("secureb2share")}, made
        superuser = self.browser(instance, "superuser")
        assert title in superuser.get("").text and superuser.get(draft + "/check").status_code == 200
        for path in ("999999/what", "99999999999999999999/what", "dataset/999999/withdraw"):
            assert curator.get(path).status_code == 404
        # of a source in whose community one may not publish, nothing is seen
        self.restrict(instance, ["csc"])
        try:
            assert title not in curator.get("").text
            for path in paths[1:]:
                assert curator.get(path).status_code == 404, path
            for path in writes[1:]:
                assert curator.post(path, given).status_code in (404, 409), path
        finally:
            self.restrict(instance, None)
        made = set(new(before, dump(instance)))
        assert not {table for table in made if table.startswith("secureb2share")}, made

    def test_rights_are_asked_for_once_a_page(self, instance, monkeypatch):
        curator, asked = self.browser(instance), []
        draft = curator.begin()
        with instance.app.app_context():
            host = current().host
        described = host.described_sources
        monkeypatch.setattr(host, "described_sources", lambda: asked.append(1) or described())
        for path in ("", draft + "/what", draft + "/check"):
            del asked[:]
            assert curator.get(path).status_code == 200 and len(asked) == 1, (path, asked)

    def restrict(self, instance, sources):
        """Let everybody describe datasets of these sources only; None: as the host has it."""
        with instance.app.app_context():
            from secureb2share_ext.proxies import current

            host = current().host
            if sources is None:
                del host.described_sources
            else:
                host.described_sources = lambda: sources

    def test_a_dataset_of_the_source_is_not_for_curators(self, instance):
        identifier = "source/" + uuid.uuid4().hex
        instance.source.register(identifier, self.description())
        number = instance.execute("SELECT id FROM secureb2share_dataset WHERE identifier = :i", i=identifier)[0][0]
        curator = self.browser(instance)
        page = curator.get("")
        assert curator.get("dataset/%d/withdraw" % number).status_code == 404
        assert curator.submit(page, "dataset/%d/edit" % number, None).status_code == 404

    def test_hostile_text_is_escaped(self, instance):
        curator, description = self.browser(instance), self.description(HOSTILE)
        description["core"]["publisher"] = description["core"]["keywords"][0] = HOSTILE
        description["core"]["descriptions"] = [{"lang": "en", "text": "</textarea>" + HOSTILE}]
        draft = curator.begin()
        curator.fill(draft, description)
        for path in ("", draft + "/what", draft + "/check", draft + "/publish", draft + "/discard"):
            answer = curator.get(path)
            assert answer.status_code == 200 and "<script>alert" not in answer.text, path
            assert "&lt;script&gt;alert" in answer.text
        assert dict(curator.get(draft + "/what").page.sent)["core.publisher"] == HOSTILE
        assert curator.place(curator.publish(draft)) == ""
        assert self.text_of(instance, self.row(instance, "")[1]) == description

    def test_the_lock_knows_the_pages(self, instance):
        audit = json.loads(instance.run_cli("audit", "--json").output)
        ours = {row["endpoint"]: row["kind"] for row in audit["routes"] if "describe" in row["endpoint"]}
        assert set(ours.values()) == {"ours"} and len(ours) == 6, ours
