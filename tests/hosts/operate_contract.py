"""The pages of operation, on every host.

The fixture `instance` has the source tsd on review; see tests/instance.py. A test module per host subclasses
OperateContract.
"""

import threading
import uuid

import pytest
import requests
from review_contract import ReviewContract, new_identifier
from rows import dump, new

OPERATE = "/secureb2share/operate/"
PAGES = tuple(OPERATE + path for path in ("", "datasets", "health", "discard?event={event}", "datasets/{dataset}"))
CANARY = "canary<script>alert(1)</script>"
SESSIONS = ("accounts_user_session_activity", "accounts_user", "accounts_user_login_information")


def tag_around(page, text):
    """The tag of the notice in which a text stands."""
    return page.partition(text)[0].rpartition("<div")[2]


class OperateContract:
    """Subclass it as Test..."""

    prefix, log_in = ReviewContract.prefix, ReviewContract.log_in
    user, login, fields = ReviewContract.user, ReviewContract.login, ReviewContract.fields
    is_asked_to_log_in = ReviewContract.is_asked_to_log_in
    description = ReviewContract.description

    @pytest.fixture
    def operator(self, instance):
        """A requests.Session of a user who holds the action and no other."""
        from invenio_access.models import ActionUsers
        from invenio_accounts.models import User
        from invenio_db import db

        from secureb2share_ext.hosts.actions import operate

        user = self.user(instance)
        with instance.app.app_context():
            found = db.session.query(User).filter_by(email=user["email"]).one()
            db.session.add(ActionUsers.allow(operate, user_id=found.id))
            db.session.commit()
            db.session.remove()
        return self.login(instance, user)

    @pytest.fixture
    def event(self, instance):
        """(identifier, number of the event) of a dataset of which tsd-ingest was told nothing yet."""
        instance.execute("UPDATE secureb2share_event SET state = 'acknowledged' WHERE state IN ('pending', 'parked')")
        instance.execute("DELETE FROM secureb2share_pause")
        instance.receiver.answer = None
        identifier = new_identifier()
        instance.source.register(identifier, self.description(CANARY))
        assert instance.run_cli("review", "release", "tsd", identifier).exit_code == 0
        yield identifier, self.row(instance, identifier)[0]
        instance.receiver.answer = None

    def row(self, instance, identifier):
        (found,) = instance.execute(
            "SELECT e.id, e.state, e.attempts, e.outcome FROM secureb2share_event e JOIN secureb2share_dataset d"
            " ON d.id = e.dataset_id WHERE d.identifier = :i",
            i=identifier,
        )
        return tuple(found)

    def get(self, instance, session, path=OPERATE):
        return session.get(instance.base_url + self.prefix + path, allow_redirects=False)

    def pages(self, instance, number):
        """The paths of all pages, of an event and its dataset among others."""
        (dataset,) = instance.execute("SELECT dataset_id FROM secureb2share_event WHERE id = :n", n=number)[0]
        return [path.format(event=number, dataset=dataset) for path in PAGES]

    def card(self, page, name="tsd-ingest"):
        """What a page says of one target; a host may have others, which are in order."""
        (found,) = [one for one in page.split('<section class="card"')[1:] if ">%s</a></h2>" % name in one]
        return found.split("</section>")[0]

    def order(self, instance, session, page=None, **given):
        page = page or self.get(instance, session)
        fields = dict({"csrf_token": self.fields(page)["csrf_token"]}, **given)
        return session.post(instance.base_url + self.prefix + OPERATE + "orders", data=fields, allow_redirects=False)

    def notice(self, instance, session, answer):
        """The page to which an order leads."""
        assert answer.status_code == 303, answer.text
        return session.get(requests.compat.urljoin(instance.base_url, answer.headers["location"])).text

    def sent(self, instance, identifier):
        """[(message id, body)] of every request about a dataset, whatever was answered."""
        return [
            (headers["webhook-id"], body) for headers, body in instance.receiver.requests if identifier.encode() in body
        ]

    def test_only_operators_see_and_order(self, instance, operator, event):
        _, number = event
        stranger = self.login(instance, self.user(instance))
        page = self.get(instance, operator)
        before = dump(instance)
        for path in self.pages(instance, number):
            assert self.is_asked_to_log_in(instance.call("GET", self.prefix + path)), path
            refused = self.get(instance, stranger, path)
            assert (refused.status_code, refused.headers["cache-control"]) == (403, "no-store"), path
            assert "right to operate" in refused.text
            shown = self.get(instance, operator, path)
            assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-store"), path
        for order in ({"order": "discard", "event": number, "reason": "x"}, {"order": "hold", "name": "tsd-ingest"}):
            assert self.order(instance, stranger, page, **order).status_code == 403
            address = instance.base_url + self.prefix + OPERATE + "orders"
            answer = requests.post(address, data=order, allow_redirects=False)
            assert answer.status_code == 401 and self.log_in in answer.text
            for token in ("", "forged"):
                self.order(instance, operator, page, csrf_token=token, **order)
                assert "nothing was done" in self.get(instance, operator).text
        assert set(new(before, dump(instance))) <= set(SESSIONS)
        # the right to operate is none to review
        assert self.get(instance, operator, "/secureb2share/review/").status_code == 403

    def test_no_page_shows_what_a_description_says(self, instance, operator, event):
        identifier, number = event
        paths = self.pages(instance, number) + [OPERATE + "datasets?q=" + identifier]
        shown = {path: self.get(instance, operator, path).text for path in paths}
        assert [path for path in paths if identifier not in shown[path]] == [OPERATE + "health"]
        assert not [path for path in paths if "canary" in shown[path]]

    def test_retry_of_a_parked_event(self, instance, operator, event):
        identifier, number = event
        instance.receiver.answer = lambda count: 422
        instance.sweep()
        assert self.row(instance, identifier)[1:] == ("parked", 1, "status 422")
        listed = self.get(instance, operator, OPERATE + "?state=parked").text
        assert identifier in listed and "status 422" in listed and "did not accept the message" in listed
        assert identifier not in self.get(instance, operator, OPERATE + "?state=pending").text
        instance.receiver.answer = None
        answer = self.order(instance, operator, order="retry", event=[number, 99999999], state="parked")
        page = self.notice(instance, operator, answer)
        assert "tries 1 event." in page and "1 event was finished already" in page and 'role="status"' in page
        # ordered is not sent
        assert "Nothing has been sent yet" in page and "notice-ok" not in page
        assert self.row(instance, identifier)[1:3] == ("pending", 0)
        instance.sweep()
        assert self.row(instance, identifier)[1] == "acknowledged"
        assert 'role="status"' not in self.get(instance, operator).text
        answer = self.order(instance, operator, order="retry", event=number)
        page = self.notice(instance, operator, answer)
        assert "Nothing was ordered" in page and "1 event was finished already" in page
        first, second = self.sent(instance, identifier)
        assert first == second

    def test_discard_asks_and_keeps_the_reason(self, instance, operator, event):
        identifier, number = event
        asked = self.order(instance, operator, order="ask-discard", event=number)
        page = operator.get(requests.compat.urljoin(instance.base_url, asked.headers["location"]))
        assert page.status_code == 200 and identifier in page.text and "cannot be undone" in page.text
        assert self.row(instance, identifier)[1] == "pending"
        for reason in ("", "  ", "two\nlines", "x" * 201):
            answer = self.order(instance, operator, page, order="discard", event=number, reason=reason)
            assert answer.status_code == 400 and self.row(instance, identifier)[1] == "pending"
        answer = self.order(instance, operator, page, order="discard", event=number, reason="<b>Later ones say all.")
        assert "1 event was discarded" in self.notice(instance, operator, answer)
        assert self.row(instance, identifier)[1::2] == ("discarded", "<b>Later ones say all.")
        listed = self.get(instance, operator, OPERATE + "?state=discarded").text
        assert identifier in listed and "<b>Later" not in listed
        # somebody else was faster: nothing is discarded twice, and its page leads back
        answer = self.order(instance, operator, page, order="discard", event=number, reason="Again.")
        assert "0 events were discarded" in self.notice(instance, operator, answer)
        assert self.row(instance, identifier)[3] == "<b>Later ones say all."
        assert self.get(instance, operator, OPERATE + "discard?event=%d" % number).status_code == 303
        instance.sweep()
        assert instance.receiver.of(identifier) == []

    def test_hold_and_resume(self, instance, operator, event):
        identifier, _ = event
        answer = self.order(instance, operator, order="hold", name="tsd-ingest", reason=" ")
        assert "is not held" in self.notice(instance, operator, answer)
        answer = self.order(instance, operator, order="hold", name="tsd-ingest", reason="It <b>moves.")
        page = self.notice(instance, operator, answer)
        assert "Held by an operator" in page and "It &lt;b&gt;moves." in page
        instance.sweep()
        assert self.row(instance, identifier)[1] == "pending"
        assert "is held" in instance.run_cli("deliveries", "list").output
        page = self.notice(instance, operator, self.order(instance, operator, order="resume", name="tsd-ingest"))
        assert "tsd-ingest is tried again from the next run" in page and "Nothing has been sent yet" in page
        assert "notice-ok" not in tag_around(page, "Nothing has been sent yet")
        assert "Tried at the next run" in self.card(page) and "Takes events" not in self.card(page)
        instance.sweep()
        assert self.row(instance, identifier)[1] == "acknowledged"
        # of one target nothing is said of the others
        page = self.get(instance, operator, OPERATE + "?target=tsd-ingest").text
        assert "Nothing waits for tsd-ingest" in page and "Everything is delivered" not in page
        for order in ("hold", "resume", "retry-target"):
            assert self.order(instance, operator, order=order, name="nobody's", reason="x").status_code == 404
        assert self.order(instance, operator, order="drop", name="tsd-ingest").status_code == 400

    def test_a_hold_is_ended_by_resume_alone(self, instance, operator, event):
        identifier, number = event
        before = self.get(instance, operator)
        assert 'value="retry-target"' in before.text
        self.order(instance, operator, order="hold", name="tsd-ingest", reason="It moves.")
        assert 'value="retry-target"' not in self.get(instance, operator).text
        # a page that was open before another operator held it
        answer = self.order(instance, operator, before, order="retry-target", name="tsd-ingest")
        assert "tsd-ingest is held, and nothing was done" in self.notice(instance, operator, answer)
        assert instance.count("secureb2share_pause", "until IS NULL") == 1
        page = self.notice(instance, operator, self.order(instance, operator, order="retry", event=number))
        assert "Ordered" not in page and "1 event is sent once its target" in page
        instance.sweep()
        assert self.row(instance, identifier)[1] == "pending"
        self.order(instance, operator, order="resume", name="tsd-ingest")
        page = self.notice(instance, operator, self.order(instance, operator, order="retry", event=number))
        assert "the next run of the worker tries 1 event." in page and "once its target" not in page

    def test_retry_of_a_target_resumes_it(self, instance, operator, event):
        identifier, _ = event
        instance.receiver.answer = lambda count: 401
        instance.sweep()
        page = self.get(instance, operator).text
        assert "Paused after an answer" in page and "did not accept our signature" in page
        instance.receiver.answer = None
        answer = self.order(instance, operator, order="retry-target", name="tsd-ingest")
        page = self.notice(instance, operator, answer)
        assert "tries 1 event for tsd-ingest" in page and "Nothing has been sent yet" in page
        assert "notice-ok" not in tag_around(page, "Nothing has been sent yet")
        assert "1 event was tried and not delivered" in self.card(page) and "Takes events" not in self.card(page)
        instance.sweep()
        assert self.row(instance, identifier)[1] == "acknowledged"
        assert "Takes events" in self.get(instance, operator).text

    def test_a_target_that_does_not_answer_is_named_at_once(self, instance, operator, event):
        identifier, number = event
        instance.receiver.answer = lambda count: 503
        instance.sweep()
        # a trial after the rest of a target that is down
        instance.execute("UPDATE secureb2share_pause SET until = since")
        instance.sweep()
        known = (
            "Waits until it is tried again",
            "2 attempts failed",
            "status 503",
            "The next attempt is made",
            "127.0.0.1:",
        )
        for path in ("", "health"):
            page = self.get(instance, operator, OPERATE + path).text
            assert not [text for text in known if text not in page], path
            assert "what the log of the target says" in page, path
        assert "has failed attempts" in page and "The worst stands first." not in page
        assert "Everything is in order" not in page
        instance.execute("UPDATE secureb2share_pause SET since = '2020-01-01 00:00:00'")
        page = self.get(instance, operator, OPERATE + "health").text
        assert "Everything else is in order" not in page and "The worst stands first." in page
        assert "tsd-ingest: status 503" in page

    @pytest.mark.parametrize(
        "status, advice", [(401, "Compare the keys"), (404, "Check the address"), (422, "Ask the")]
    )
    def test_the_page_says_what_to_do(self, instance, operator, event, status, advice):
        _, number = event
        instance.receiver.answer = lambda count: status
        instance.sweep()
        for path in (OPERATE, self.pages(instance, number)[-1]):
            page = self.get(instance, operator, path).text
            # once, however many places there are for it
            assert page.count(advice) == 1 and instance.receiver.url in page, path

    def test_retry_while_a_sweep_sends(self, instance, operator, event):
        identifier, number = event
        instance.execute("UPDATE secureb2share_event SET attempts = 3 WHERE id = %d" % number)
        page = self.get(instance, operator)
        is_sent, goes_on = threading.Event(), threading.Event()

        def slow(count):
            is_sent.set()
            goes_on.wait(20)
            return 500

        instance.receiver.answer = slow
        sweep = threading.Thread(target=instance.sweep)
        sweep.start()
        try:
            assert is_sent.wait(20)
            assert "Being sent" in self.get(instance, operator).text
            assert self.order(instance, operator, page, order="retry", event=number).status_code == 303
        finally:
            goes_on.set()
            sweep.join()
        instance.receiver.answer = None
        # the failure of the attempt that was under way takes nothing from the full plan, nor from "now"
        assert self.row(instance, identifier)[1:3] == ("pending", 0)
        instance.execute("DELETE FROM secureb2share_pause")
        instance.sweep()
        assert self.row(instance, identifier)[1:3] == ("acknowledged", 1)
        first, second = self.sent(instance, identifier)
        assert first == second

    def test_what_is_being_sent_is_not_discarded(self, instance, operator, event):
        identifier, number = event
        page = self.get(instance, operator)
        is_sent, goes_on = threading.Event(), threading.Event()

        def slow(count):
            is_sent.set()
            goes_on.wait(20)
            return 200

        instance.receiver.answer = slow
        sweep = threading.Thread(target=instance.sweep)
        sweep.start()
        try:
            assert is_sent.wait(20)
            answer = self.order(instance, operator, page, order="discard", event=number, reason="Too late.")
            told = self.notice(instance, operator, answer)
        finally:
            goes_on.set()
            sweep.join()
        assert "0 events were discarded" in told and "1 event is being sent now" in told
        assert self.row(instance, identifier)[1] == "acknowledged"

    @pytest.mark.parametrize("order", ["retry", "discard"])
    def test_an_order_waits_for_no_worker(self, instance, operator, event, order):
        from invenio_db import db
        from sqlalchemy import text

        with instance.app.app_context():
            if db.engine.dialect.name != "postgresql":
                pytest.skip("only PostgreSQL locks rows")
        other = new_identifier()
        instance.source.register(other, self.description())
        assert instance.run_cli("review", "release", "tsd", other).exit_code == 0
        numbers, page, told = [event[1], self.row(instance, other)[0]], self.get(instance, operator), []

        def give():
            told.append(self.order(instance, operator, page, order=order, event=numbers, reason="Why."))

        with instance.app.app_context(), db.engine.connect() as connection:
            connection.execute(text("SELECT id FROM secureb2share_event WHERE id = %d FOR UPDATE" % numbers[1]))
            given = threading.Thread(target=give)
            given.start()
            given.join(10)
            is_waiting = given.is_alive()
            connection.close()
            given.join()
        assert not is_waiting
        page = self.notice(instance, operator, told[0])
        assert "1 event" in page and "1 event is being sent now" in page
        assert self.row(instance, other)[1] == "pending"

    def test_datasets_are_found(self, instance, operator, event):
        identifier, _ = event
        pid = instance.source.get(identifier)["pid"]
        for named in (identifier, identifier[:-3], pid):
            page = self.get(instance, operator, OPERATE + "datasets?q=" + named).text
            assert identifier in page and pid in page and "tsd-ingest" in page and "Waiting" in page, named
        for named in (identifier[:-3] + "%25", "_" * 10, uuid.uuid4().hex, '"<b>'):
            page = self.get(instance, operator, OPERATE + "datasets?q=" + named)
            assert page.status_code == 200 and identifier not in page.text and "<b>" not in page.text
        assert self.get(instance, operator, OPERATE + "datasets?q=%00").status_code == 200
        (number,) = instance.execute("SELECT id FROM secureb2share_dataset WHERE identifier = :i", i=identifier)[0]
        page = self.get(instance, operator, OPERATE + "datasets/%d" % number).text
        assert pid in page and "Published by a curator" in page and "Waiting" in page
        for number in (999999, 10**30):
            assert self.get(instance, operator, OPERATE + "datasets/%d" % number).status_code == 404

    def test_health_says_what_the_command_says(self, instance, operator, event):
        instance.receiver.answer = lambda count: 422
        instance.sweep()
        page = self.get(instance, operator, OPERATE + "health")
        told = instance.run_cli("health").output
        assert page.status_code == 200 and "parked" in told
        assert "Parked events" in page.text and "<code>secureb2share deliveries list --state parked</code>" in page.text
        assert "?state=parked" in page.text

    @pytest.mark.parametrize("path", ["?state=lost", "?target=%00"])
    def test_unknown_filters(self, instance, operator, path):
        assert self.get(instance, operator, OPERATE + path).status_code == 404

    def test_lists_go_on_behind_a_page(self, instance, operator, event):
        _, number = event
        columns = "target, dataset_id, kind, message_id, body, state, created, next_at, attempts, wakes"
        false = "false" if "postgres" in instance.app.config["SQLALCHEMY_DATABASE_URI"] else "0"
        for extra in range(60):
            instance.execute(
                "INSERT INTO secureb2share_event (%s, sequence) SELECT %s, %d FROM secureb2share_event WHERE id = %d"
                % (columns, columns.replace("target", "'gone'", 1).replace("wakes", false), 1000 + extra, number)
            )
        try:
            first = self.get(instance, operator, OPERATE + "?target=gone").text
            assert first.count('name="event"') == 50 and "Not configured" in first and "start=50" in first
            second = self.get(instance, operator, OPERATE + "?target=gone&start=50").text
            assert second.count('name="event"') == 10 and "start=0" in second
            assert "nothing on this page" in self.get(instance, operator, OPERATE + "?target=gone&start=5000").text
        finally:
            instance.execute("DELETE FROM secureb2share_event WHERE target = 'gone'")
