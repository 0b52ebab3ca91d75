"""What becomes of a source when its community or owner changes, and of index entries without a record.

On hosts whose communities have an id beside their name. A test module per host subclasses BindingsContract and names
its table of communities, and the index of its records.
"""

import datetime
import json
import os
import uuid

import pytest

from secureb2share_ext import client
from secureb2share_ext.compat import utcnow
from secureb2share_ext.hosts import ghosts

OWNER = "curator@catalogue.example.org"


class BindingsContract:
    """Subclass it as Test..."""

    table = ""  # of communities
    name = ""  # its column of names
    gone = ""  # SQL that marks a community as deleted, and that takes it back
    back = ""
    index = ""  # of published records, without a prefix
    updated = "_updated"  # its field of the time of writing

    def sql(self, instance, statement, **values):
        from invenio_db import db
        from sqlalchemy import text

        with instance.app.app_context():
            with db.engine.begin() as connection:
                return connection.execute(text(statement), values).rowcount

    def of_community(self, instance, change):
        statement = "UPDATE %s SET %s WHERE id = '%s'" % (self.table, change, instance.communities["sensitive"])
        assert self.sql(instance, statement) == 1

    def description(self):
        from instance import example

        return example()

    def register(self, instance):
        return instance.source.register("bindings/" + os.urandom(8).hex(), self.description())

    def finding(self, instance, name):
        """[(level, text)] of the findings of health that have this name."""
        said = instance.run_cli("health", "--json").output
        found = json.loads(said[said.index("{") :])["findings"]
        return [(one["level"], one["text"]) for one in found if one["name"] == name]

    def test_all_is_well(self, instance):
        assert self.finding(instance, "sources") == [("ok", "every source can register")]
        assert self.finding(instance, "ghosts") == [("ok", "none")]
        assert self.register(instance)["result"] == "created"

    def test_a_renamed_community_goes_on(self, instance):
        self.of_community(instance, "%s = 'renamed'" % self.name)
        try:
            assert self.register(instance)["result"] == "created"
            ((level, text),) = self.finding(instance, "sources")
            assert level == "warning" and "tsd" in text and "'renamed'" in text and "'sensitive'" in text
            assert "'renamed'" in instance.run_cli("check").output
            # whoever runs it again loses nothing
            result = instance.run_cli("init")
            assert result.exit_code == 0, result.output
            # a new process knows it too
            self.start(instance)
            assert self.register(instance)["result"] == "created"
        finally:
            self.of_community(instance, "%s = 'sensitive'" % self.name)
        assert self.finding(instance, "sources") == [("ok", "every source can register")]

    def test_init_follows_the_configuration(self, instance):
        bound = "SELECT community FROM secureb2share_binding WHERE source = 'tsd'"
        assert self.sql(instance, "UPDATE secureb2share_binding SET community = '%s'" % uuid.uuid4()) > 0
        self.start(instance)
        try:
            with pytest.raises(client.Refused) as refused:
                self.register(instance)
            assert refused.value.status == 503
            assert self.finding(instance, "sources")[0][0] == "critical"
        finally:
            result = instance.run_cli("init")
        assert result.exit_code == 0 and "another community now, 'sensitive': restart" in result.output, result.output
        self.start(instance)
        assert self.register(instance)["result"] == "created"
        assert instance.count("secureb2share_binding", "community = '%s'" % instance.communities["sensitive"]) == 1, (
            bound
        )

    def test_a_community_that_is_gone_is_critical(self, instance):
        self.of_community(instance, self.gone)
        try:
            with pytest.raises(client.Refused) as refused:
                self.register(instance)
            assert refused.value.status == 503
            ((level, text),) = self.finding(instance, "sources")
            assert level == "critical" and "tsd" in text and "'sensitive'" in text
        finally:
            self.of_community(instance, self.back)
        assert self.register(instance)["result"] == "created"

    @pytest.mark.parametrize(
        "change, word",
        [("active = false", "not active"), ("email = 'former@catalogue.example.org'", "no account")],
    )
    def test_an_owner_without_an_account_is_critical(self, instance, change, word):
        (column, _) = change.split(" = ")
        before = {"active": "active = true", "email": "email = '%s'" % OWNER}[column]
        number = instance.users["curator"]
        assert self.sql(instance, "UPDATE accounts_user SET %s WHERE id = %d" % (change, number)) == 1
        try:
            assert {level for level, _ in self.finding(instance, "sources")} == {"critical"}
            assert any("tsd" in text and word in text for _, text in self.finding(instance, "sources"))
        finally:
            assert self.sql(instance, "UPDATE accounts_user SET %s WHERE id = %d" % (before, number)) == 1
        assert self.finding(instance, "sources") == [("ok", "every source can register")]

    def copy(self, instance, pid, age, **changed):
        """The id of an entry of the index that is one of a record's, written so long ago, and has no record."""
        from invenio_search import current_search_client

        from secureb2share_ext.datasets import store

        with instance.app.app_context():
            index = self.full(instance)
            current_search_client.indices.refresh(index=index)
            body = {"query": {"ids": {"values": [str(store.by_pid(pid).record_uuid)]}}}
            (hit,) = current_search_client.search(index=index, body=body)["hits"]["hits"]
            at = (utcnow() - datetime.timedelta(seconds=age)).strftime("%Y-%m-%dT%H:%M:%S+00:00")
            document, key = dict(hit["_source"], **dict({self.updated: at}, **changed)), str(uuid.uuid4())
            kind = {"doc_type": hit["_type"]} if "_type" in hit else {}
            current_search_client.index(index=hit["_index"], id=key, body=document, refresh=True, **kind)
            return key

    def full(self, instance):
        return instance.app.config.get("SEARCH_INDEX_PREFIX", "") + self.index

    def has(self, instance, key):
        from invenio_search import current_search_client

        with instance.app.app_context():
            index = self.full(instance)
            current_search_client.indices.refresh(index=index)
            body = {"query": {"ids": {"values": [key]}}}
            return bool(current_search_client.search(index=index, body=body)["hits"]["hits"])

    @pytest.mark.parametrize("way", ["sweep", "reindex"])
    def test_entries_without_a_record_are_counted_and_removed(self, instance, monkeypatch, way):
        from secureb2share_ext.proxies import current

        pid = self.register(instance)["pid"]
        self.bring(instance)
        ghost, young = self.copy(instance, pid, 3600), self.copy(instance, pid, 60)
        others = self.copy(instance, pid, 3600, **self.elsewhere(instance))
        assert self.finding(instance, "ghosts") == [("warning", "entries of the search index without a record: 1")]
        if way == "sweep":
            with instance.app.app_context():
                monkeypatch.setattr(current().host, "_ghost_watch", ghosts.Watch())
                assert current().host.index().get("ghosts") == 1
        else:
            output = instance.run_cli("reindex").output
            assert "without a record that were taken out of the search index: 1." in output
        assert not self.has(instance, ghost)
        # a young one may be that of an open transaction, and what is in no source's community is not ours
        assert self.has(instance, young) and self.has(instance, others)
        assert self.finding(instance, "ghosts") == [("ok", "none")]
        with instance.app.app_context():
            from secureb2share_ext.datasets import store

            own = str(store.by_pid(pid).record_uuid)
        assert self.has(instance, own)

    def bring(self, instance):
        """Bring what was registered into the index."""
        instance.index()
