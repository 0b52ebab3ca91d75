"""States and versions: every place says the same, on every host.

The fixture `instance` has the source tsd on publish, whose target is told of what the source itself did (`echo`), and
the source csc on review; see tests/instance.py. A test module per host subclasses VersionsContract.
"""

import html
import uuid

import pytest
from rows import dump, new

from secureb2share_ext import client

REASON = 'Consent under review <b> & "more".'
# state -> (status and code of the link, whether the page leads to the form)
STATES = {
    "active": (302, None, True),
    "suspended": (403, "suspended", False),
    "superseded": (403, "superseded", False),
    "withdrawn": (410, "withdrawn", False),
}
NO_VERSION = [{"field": "dataset.version.replaces", "message": "is not a published dataset of this source"}]


def new_identifier():
    return "versions/" + uuid.uuid4().hex


class VersionsContract:
    """Subclass it as Test..."""

    field_of_replaces = "version.replaces"  # as an editor knows it
    finds_replaced = True  # whether the host's search finds records that have newer versions

    def state_of(self, item):
        """The state that the host's own metadata show."""
        return item["metadata"]["secureb2share"]["state"]

    def versions_of(self, body):
        """The datasets that the JSON of a record names as its versions, or None."""
        return body.get("versions")

    def check_page(self, page, shown, leads_on, contact):
        """What a reader's page says of a dataset, as `shown` answers for it."""
        reason, state = shown.get("reason"), shown["state"]
        assert (html.escape(REASON) in html.unescape(page) or REASON in html.unescape(page)) == bool(reason)
        assert "<b> &" not in page
        assert ("Request access</a>" in page) == leads_on
        assert html.escape(contact) in page
        if reason:
            assert state.capitalize() in page and shown["state_at"][:10] in page

    def check_page_names(self, page, successor=None, **versions):
        """Whether a reader's page leads to other datasets; None: it names none of that kind."""
        if "replaces" in versions:
            assert ("The version before this one" in page) == bool(versions["replaces"])
        if "replaced_by" in versions:
            # a tombstone has no list of versions
            is_newer_named = "Takes the place of this version" in page or "Replaced by" in page
            assert is_newer_named == bool(versions["replaced_by"] or successor)
        for other in list(versions.values()) + [successor]:
            assert other is None or other["record_url"] in page

    def hits(self, instance, word):
        """[search hit] of the host for a word."""
        return instance.call("GET", "/api/records/?q=" + word).json()["hits"]["hits"]

    def description(self, word=None, **version):
        from instance import example

        found = example()
        found["core"]["titles"] = [{"lang": "en", "text": "A dataset in versions"}]
        if word:
            found["core"]["keywords"] = [word]
        return dict(found, version=version) if version else found

    def register(self, instance, identifier=None, **given):
        return instance.source.register(identifier or new_identifier(), self.description(**given))

    def page(self, instance, said):
        return instance.call("GET", said["record_url"][len(instance.base_url) :]).text

    def item(self, instance, said):
        return instance.call("GET", "/api/records/" + said["pid"]).json()

    def shown(self, instance, identifier):
        return instance.call("GET", "/api/datasets/tsd/" + identifier).json()

    def kinds(self, instance, identifier):
        return [body["type"].split(".")[-2] for _, _, body in instance.events(identifier)]

    def last(self, instance, identifier):
        return instance.events(identifier)[-1][2]["data"]

    def named(self, said):
        return {"identifier": said["identifier"], "pid": said["pid"], "url": said["record_url"]}

    def refused(self, instance, identifier, **given):
        before = dump(instance)
        with pytest.raises(client.Refused) as refused:
            self.register(instance, identifier, **given)
        assert refused.value.status == 400 and new(before, dump(instance)) == {}
        return refused.value.problem["errors"]

    @pytest.mark.parametrize("by", ["source", "curator"])
    @pytest.mark.parametrize("versioned", ["alone", "replaced"])
    @pytest.mark.parametrize("state", sorted(STATES))
    def test_every_place_agrees(self, instance, state, versioned, by):
        word, identifier = "w" + uuid.uuid4().hex, new_identifier()
        if by == "source":
            said = self.register(instance, identifier, word=word)
        else:
            assert instance.curate(self.description(word), identifier).status_code == 201
            said = self.shown(instance, identifier)
        successor = self.register(instance) if state == "superseded" else None
        if state != "active":
            more = {"successor": successor["identifier"]} if successor else {}
            assert instance.source.set_state(identifier, state, REASON, **more)["state"] == state
        newer = self.register(instance, replaces=identifier, label="2") if versioned == "replaced" else None
        status, code, leads_on = STATES[state]

        shown, item, page = self.shown(instance, identifier), self.item(instance, said), self.page(instance, said)
        event, hits = self.last(instance, identifier), self.hits(instance, word)
        link = instance.call("GET", "/api/access/" + said["pid"])
        told = instance.call("GET", "/api/access/" + said["pid"], headers={"Accept": "text/html"}).text

        assert (link.status_code, link.json()["code"] if code else None) == (status, code)
        assert shown["state"] == item["access"]["state"] == event["state"] == state
        # a tombstone says its state in `access` alone
        assert state == "withdrawn" or self.state_of(item) == state
        assert len(hits) == (1 if state != "withdrawn" and (self.finds_replaced or not newer) else 0)
        assert [hit["access"] for hit in hits] == [item["access"]] * len(hits)
        reason = REASON if state != "active" else None
        assert shown.get("reason") == item["access"].get("reason") == event["reason"] == reason
        self.check_page(page, shown, leads_on, event["dataset"]["core"]["contacts"][0]["name"])
        assert event["dataset"]["core"]["contacts"] == self.description()["core"]["contacts"]
        if reason:
            assert shown["state_at"] == item["access"]["state_at"]
            assert REASON in html.unescape(told) and REASON in link.json()["detail"]
        expected = ["published"] + ([state] if state != "active" else [])
        if newer:
            expected.append("changed" if state == "active" else state)
        assert self.kinds(instance, identifier) == expected

        later = newer and newer["identifier"]
        assert shown.get("replaced_by") == event["replaced_by"] == later
        assert [self.versions_of(hit) for hit in hits] == [self.versions_of(item)] * len(hits)
        self.check_page_names(page, replaced_by=newer, successor=successor)
        if newer:
            assert self.versions_of(item) == {"replaced_by": self.named(newer)}
            assert self.versions_of(self.item(instance, newer)) == {"replaces": self.named(said)}
            self.check_page_names(self.page(instance, newer), replaces=said)
            assert instance.call("GET", "/api/access/" + newer["pid"]).status_code == 302
            assert self.last(instance, later)["dataset"]["version"] == {"replaces": identifier, "label": "2"}
        if successor:
            assert shown["successor"] == item["access"]["successor"] == event["successor"] == successor["identifier"]
            assert item["access"]["successor_url"] == link.json()["successor"] == successor["record_url"]
            self.check_page_names(page, successor=successor)

    def test_replaces_faults(self, instance):
        theirs, held = new_identifier(), new_identifier()
        instance.other.register(theirs, self.description())
        assert instance.run_cli("review", "release", "csc", theirs).exit_code == 0
        instance.other.register(held, self.description())
        gone = self.register(instance)["identifier"]
        instance.source.set_state(gone, "withdrawn", "Why.")
        for replaces in (new_identifier(), theirs, "pid:999999"):
            assert self.refused(instance, new_identifier(), replaces=replaces) == NO_VERSION
        with pytest.raises(client.Refused) as refused:
            instance.other.register(new_identifier(), self.description(replaces=held))
        assert refused.value.problem["errors"] == NO_VERSION
        for unfit in ("", "..", "x" * 256, "a\x00b"):
            errors = self.refused(instance, new_identifier(), replaces=unfit)
            assert {error["field"] for error in errors} == {"dataset.version.replaces"}
        # new data may take the place of what was withdrawn
        assert self.register(instance, replaces=gone)["result"] == "created"

    def test_replaces_is_removed_and_moved(self, instance):
        one, other, newer = self.register(instance), self.register(instance), new_identifier()
        said = self.register(instance, newer, replaces=one["identifier"])
        said = self.register(instance, newer, replaces=other["identifier"])
        assert said["result"] == "changed"
        assert "replaced_by" not in self.shown(instance, one["identifier"])
        assert not self.versions_of(self.item(instance, one))
        self.check_page_names(self.page(instance, one), replaced_by=None)
        assert self.versions_of(self.item(instance, other)) == {"replaced_by": self.named(said)}
        assert self.versions_of(self.item(instance, said)) == {"replaces": self.named(other)}
        assert self.kinds(instance, one["identifier"]) == ["published", "changed", "changed"]
        assert self.last(instance, one["identifier"])["replaced_by"] is None
        self.register(instance, newer)
        assert not any(self.versions_of(self.item(instance, each)) for each in (said, other))
        assert self.kinds(instance, other["identifier"]) == ["published", "changed", "changed"]

    def test_middle_of_a_chain_names_both(self, instance):
        first = self.register(instance)
        middle = self.register(instance, replaces=first["identifier"])
        last = self.register(instance, replaces=middle["identifier"])
        assert self.versions_of(self.item(instance, middle)) == {
            "replaces": self.named(first),
            "replaced_by": self.named(last),
        }
        self.check_page_names(self.page(instance, middle), replaces=first, replaced_by=last)
        events = {one["identifier"]: self.kinds(instance, one["identifier"]) for one in (first, middle, last)}
        assert list(events.values()) == [["published", "changed"], ["published", "changed"], ["published"]]
        # the source's own description of the first did not change
        assert self.register(instance, first["identifier"])["result"] == "unchanged"

    def test_version_is_said_when_it_is_released(self, instance):
        old, newer = new_identifier(), new_identifier()
        instance.other.register(old, self.description())
        assert instance.run_cli("review", "release", "csc", old).exit_code == 0
        instance.other.register(newer, self.description(replaces=old))
        assert "replaced_by" not in instance.call("GET", "/api/datasets/csc/" + old).json()
        assert instance.run_cli("review", "release", "csc", newer).exit_code == 0
        assert instance.call("GET", "/api/datasets/csc/" + old).json()["replaced_by"] == newer
        # two that wait for the same place: one gets it
        waiting = [new_identifier(), new_identifier()]
        for one in waiting:
            instance.other.register(one, self.description(replaces=newer))
        results = [instance.run_cli("review", "release", "csc", one) for one in waiting]
        assert [result.exit_code for result in results] == [0, 1] and "version.replaces" in results[1].output

    def test_curators_versions(self, instance):
        old = self.register(instance)
        answer = instance.curate(self.description(replaces=old["identifier"]))
        assert answer.status_code == 201, answer.text
        newer = self.shown(instance, "pid:" + answer.json()["id"])
        assert self.versions_of(self.item(instance, old)) == {"replaced_by": self.named(newer)}
        answer = instance.curate(self.description(replaces=new_identifier()))
        assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (400, [self.field_of_replaces])
        assert instance.call("DELETE", "/api/records/" + newer["pid"], "superuser").status_code == 204
        assert self.shown(instance, old["identifier"])["state"] == "active"
        assert instance.call("GET", "/api/access/" + old["pid"]).status_code == 302
        assert self.page(instance, old)
