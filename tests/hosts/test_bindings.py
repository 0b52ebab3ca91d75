from invenio_db import db
from memory import catalogue, made  # noqa: F401 (fixtures)
from sqlalchemy import event

from secureb2share_ext.hosts import bindings


def test_a_source_that_is_not_bound_costs_one_statement_and_not_one_a_page(catalogue, monkeypatch):  # noqa: F811
    seen = []

    def note(connection, cursor, statement, *args):
        if "secureb2share_binding" in statement:
            seen.append(statement)

    catalogue.host.bound.clear()
    catalogue.host.bound_again = 0.0
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert [bindings.bound(source) for source in ("tsd", "csc") * 5] == [None] * 10
        assert len(seen) == 1
        # what `init` binds in another process is known later
        db.session.add(bindings.Binding(source="tsd", community="7"))
        db.session.commit()
        assert bindings.bound("tsd") is None
        monkeypatch.setattr(catalogue.host, "bound_again", 0.0)
        assert [bindings.bound("tsd"), bindings.bound("csc")] == ["7", None]
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
        catalogue.host.bound.clear()
