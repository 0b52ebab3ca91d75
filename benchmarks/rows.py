"""The rows of the outbox that are measured, made by the database itself."""

import json

import sqlalchemy

DATASETS = 10000  # that the settled events are about
SETTLED, PENDING = "acknowledged", "pending"
ID = "00000000-0000-0000-0000-000000000000"

INSERT_DATASETS = """
    INSERT INTO secureb2share_dataset (id, source, identifier, origin, pid, state, sequence, created)
    SELECT n, 'tsd', 'benchmark-' || n, 'source', 'b' || n, 'active', :sequence, now() AT TIME ZONE 'utc'
    FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) n
"""
INSERT_EVENTS = """
    INSERT INTO secureb2share_event
        (id, target, dataset_id, sequence, kind, message_id, body, state, created, next_at, attempts, wakes, finished)
    SELECT n, :target, :first_dataset + (n - :first) % :datasets, 1 + (n - :first) / :datasets, 'changed',
        CAST(CAST(md5(CAST(n AS text)) AS uuid) AS text),
        convert_to(replace(:body, :id, CAST(CAST(md5(CAST(n AS text)) AS uuid) AS text)), 'UTF8'),
        :state, now() AT TIME ZONE 'utc', '1970-01-01', 0, false, :finished
    FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) n
"""


class Rows:
    """The outbox's rows in the database at a URI."""

    def __init__(self, uri):
        self.engine = sqlalchemy.create_engine(uri, isolation_level="AUTOCOMMIT")

    def run(self, statement, **values):
        with self.engine.connect() as connection:
            return connection.execute(sqlalchemy.text(statement), values)

    def add_settled(self, count, target, body):
        """Settled events, DATASETS of them at a time about as many datasets; as they are after years of work."""
        self.run(INSERT_DATASETS, first=1, last=DATASETS, sequence=count // DATASETS)
        self._events(1, count, 1, DATASETS, target, body, SETTLED)
        # nothing but these is known to the planner, whatever comes later
        self.run("ALTER TABLE secureb2share_event SET (autovacuum_enabled = false)")
        self.run("VACUUM ANALYZE secureb2share_event")
        self.run("VACUUM ANALYZE secureb2share_dataset")

    def set_pending(self, count, target, body, first=1):
        """Replace what is behind the id `first` by `count` events that wait, each about a dataset of its own."""
        self.forget(first)
        self.run(INSERT_DATASETS, first=first, last=first + count - 1, sequence=1)
        self._events(first, first + count - 1, first, count, target, body, PENDING)

    def _events(self, first, last, first_dataset, datasets, target, body, state):
        values = {"first": first, "last": last, "first_dataset": first_dataset, "datasets": datasets, "id": ID}
        values.update(target=target, body=body, state=state, finished="2026-01-01" if state == SETTLED else None)
        self.run(INSERT_EVENTS.replace(":finished", "CAST(:finished AS timestamp)"), **values)

    def forget(self, first=1):
        """Delete the events from an id on, and the datasets of that id and behind."""
        if first == 1:
            self.run("TRUNCATE secureb2share_event, secureb2share_dataset CASCADE")
        else:
            self.run("DELETE FROM secureb2share_event WHERE id >= :first", first=first)
            self.run("DELETE FROM secureb2share_dataset WHERE id >= :first", first=first)
            # it leaves what the planner knows of states and times as it is
            self.run("VACUUM secureb2share_event")

    def pending(self):
        return self.run("SELECT count(*) FROM secureb2share_event WHERE state = 'pending'").scalar()

    def close(self):
        self.engine.dispose()


def body(description, length=None):
    """The text of an event with ID in place of its id; with a length, cut after so many characters."""
    event = {
        "specversion": "1.0",
        "id": ID,
        "source": "http://localhost",
        "target": "benchmark",
        "type": "org.secureb2share.dataset.changed",
        "time": "2026-01-01T00:00:00Z",
        "datacontenttype": "application/json",
        "data": {"source": "tsd", "identifier": "benchmark", "state": "active", "dataset": description},
    }
    return json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)[:length]
