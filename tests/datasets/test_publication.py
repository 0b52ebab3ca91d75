import pytest

pytest.importorskip("invenio_db")

from invenio_db import db  # noqa: E402
from memory import described, kinds, title_of  # noqa: E402

from secureb2share_ext.datasets import publication, store  # noqa: E402


def publish(catalogue, title="A"):
    row = store.add("tsd", "x", "source")
    publication.publish(catalogue.host, row, described(title), "source")


def update(catalogue, title, by="source"):
    publication.update(catalogue.host, store.lock("tsd", "x"), described(title), by)


def titles(catalogue):
    return [one["data"]["dataset"]["core"]["titles"][0]["text"] for one in catalogue.events("x")]


# letters are written in turn; | commits, / rolls everything back, ( begins a savepoint, ) keeps it, ! rolls it back
@pytest.mark.parametrize(
    "acts, told, last",
    [
        ("A", "A1", "A"),
        ("AB", "B1", "B"),
        ("ABC", "C1", "C"),
        ("A|B", "A1 B2", "B"),
        ("A|BC", "A1 C2", "C"),
        ("A|B|C", "A1 B2 C3", "C"),
        ("A|A", "A1", "A"),
        ("A|BA", "A1 A2", "A"),
        ("(A)", "A1", "A"),
        ("A(B)", "B1", "B"),
        ("A(B!", "A1", "A"),
        ("A(B!C", "C1", "C"),
        ("A|(B)C", "A1 C2", "C"),
        ("A|(B!", "A1", "A"),
        ("A|(B!C", "A1 C2", "C"),
        ("A|(B!(C)", "A1 C2", "C"),
        ("A|B(C!D", "A1 D2", "D"),
        ("A|(B(C!D)", "A1 D2", "D"),
        ("A|(B(C)!D", "A1 D2", "D"),
        ("A|(B)(C)", "A1 C2", "C"),
        ("A|B/", "A1", "A"),
        ("A|B/C", "A1 C2", "C"),
        ("A|(B)/C|D", "A1 C2 D3", "D"),
    ],
)
def test_one_event_a_dataset_and_root_transaction(catalogue, acts, told, last):
    savepoints, has_record = [], [False]
    for act in acts:
        if act == "|":
            db.session.commit()
        elif act == "/":
            db.session.rollback()
        elif act == "(":
            savepoints.append(db.session.begin_nested())
        elif act == ")":
            savepoints.pop().commit()
        elif act == "!":
            savepoints.pop().rollback()
        elif has_record[0]:
            update(catalogue, act)
        else:
            publish(catalogue, act)
            has_record[0] = True
    db.session.commit()
    said = " ".join("%s%d" % pair for pair in zip(titles(catalogue), [number for number, _ in kinds(catalogue, "x")]))
    assert (said, title_of(catalogue, "x")) == (told, last)
    expected = ["published"] + ["changed"] * told.count(" ")
    assert [kind for _, kind in kinds(catalogue, "x")] == expected


def test_rolled_back_publication_leaves_nothing(catalogue):
    before = catalogue.rows()
    publish(catalogue)
    db.session.rollback()
    assert catalogue.rows() == before
    publish(catalogue)
    db.session.commit()
    assert kinds(catalogue, "x") == [(1, "published")]


def test_what_was_announced_ends_with_its_transaction(catalogue):
    publish(catalogue)
    db.session.commit()
    first = catalogue.events("x")[0]
    update(catalogue, "B")
    db.session.commit()
    # a target may have had the first one by now
    assert catalogue.events("x")[0] == first


def test_dataset_twice_in_a_transaction_keeps_the_message_id(catalogue):
    publish(catalogue)
    db.session.flush()
    before = catalogue.events("x")[0]["id"]
    update(catalogue, "B")
    db.session.commit()
    assert [one["id"] for one in catalogue.events("x")] == [before]


@pytest.mark.parametrize("by, told", [("source", 0), ("curator", 1)])
def test_target_without_echo_hears_what_curators_did(catalogue, by, told):
    row = store.add("few", "x", "curator")
    publication.publish(catalogue.host, row, described(), by)
    db.session.commit()
    assert len(catalogue.events("x", "few")) == told


def test_writing_is_known_while_a_record_is_written(catalogue, monkeypatch):
    seen, write = [], catalogue.host.publish

    def look(row, dataset):
        seen.append(publication.is_writing())
        return write(row, dataset)

    monkeypatch.setattr(catalogue.host, "publish", look)
    publish(catalogue)
    assert (seen, publication.is_writing()) == ([True], False)

    def fails(row, dataset):
        raise RuntimeError("the host")

    monkeypatch.setattr(catalogue.host, "publish", fails)
    db.session.rollback()
    with pytest.raises(RuntimeError):
        publish(catalogue)
    assert not publication.is_writing()
    db.session.rollback()
