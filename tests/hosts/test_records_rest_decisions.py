import pytest

pytest.importorskip("invenio_records_rest")

from decisions_contract import ACCESS, SECRET, SOURCES, DecisionsContract  # noqa: E402
from instance import running, skip_unless_there  # noqa: E402
from invenio_search import current_search_client  # noqa: E402
from rems_events import encoded, event  # noqa: E402
from sqlalchemy import event as sql  # noqa: E402
from sqlalchemy.engine import Engine  # noqa: E402

from secureb2share_ext.cli import decisions  # noqa: E402
from secureb2share_ext.messages import rems_event, rems_reading  # noqa: E402

OF_A_DECISION = 7  # statements: stops, the application, its datasets, its count, and what they change


@pytest.fixture(
    scope="module",
    params=[
        "sqlite",
        pytest.param("postgresql", id="postgresql"),
        pytest.param("services", id="services"),
    ],
)
def instance(request, tmp_path_factory):
    skip_unless_there(request.param)
    with running(request.param, tmp_path_factory.mktemp("instance"), SOURCES, SECUREB2SHARE_ACCESS=ACCESS) as found:
        found.kind = request.param
        yield found


class TestRecordsRestDecisions(DecisionsContract):
    def elsewhere(self, instance):
        found = super().elsewhere(instance)
        if instance.kind != "services":
            return found
        with instance.app.app_context():
            index = instance.app.config["SEARCH_INDEX_PREFIX"] + "*"
            return found + repr(current_search_client.search(index=index, body={"size": 1000}))

    def test_number_of_statements_of_one_decision(self, instance):
        identifier = self.registered(instance)
        self.put(instance, event(1, "created", 10**6, [identifier]))
        seen = []

        def see(connection, cursor, statement, *more):
            if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE SAVEPOINT")) and "catalogue_" not in statement:
                seen.append(" ".join(statement.split()))

        sql.listen(Engine, "before_cursor_execute", see)
        try:
            assert self.put(instance, event(2, "approved", 10**6)).status_code == 200
            decided = list(seen)
            for found, secret in ((event(3, "commented", 10**6), SECRET), (event(2, "approved", 10**6), "wrong")):
                seen.clear()
                self.put(instance, found, secret)
                assert [one for one in seen if "secureb2share_" in one and "_stop" not in one] == []
        finally:
            sql.remove(Engine, "before_cursor_execute", see)
        ours = [one for one in decided if "secureb2share_" in one]
        assert len(ours) <= OF_A_DECISION, ours

    def test_reconcile_reads_rems_for_every_dataset(self, instance, monkeypatch):
        identifier, asked = self.registered(instance), []

        class Asked(rems_reading.Reader):
            def applications(self, resource):
                asked.append(resource)
                return [10**7] if resource == identifier else []

            def events(self, application):
                kinds = (("created", [identifier]), ("approved", None))
                bodies = [encoded(event(n, kind, application, names)) for n, (kind, names) in enumerate(kinds)]
                return [rems_event.read(body) for body in bodies]

        monkeypatch.setattr(decisions, "Reader", Asked)
        monkeypatch.setattr(decisions, "PAGE", 1)
        monkeypatch.setenv("REMS_API_KEY", "key")
        result = instance.run_cli("decisions", "reconcile", "sd-apply", "--user", "reporter")
        assert result.exit_code == 0 and "Events read: 2, of which 1 counted." in result.output, result.output
        assert len(asked) == instance.count("secureb2share_dataset", "source = 'tsd'") and identifier in asked
        assert self.counts(instance, identifier) == {"approved": 1}
        asked.clear()
        words = ["--dataset", identifier, "--dataset", "none"]
        result = instance.run_cli("decisions", "reconcile", "sd-apply", "--user", "reporter", *words)
        assert asked == [identifier] and "Datasets: 1. Events read: 2, of which 0 counted." in result.output
