import copy

import pytest

pytest.importorskip("invenio_db")

from instance import example  # noqa: E402

from secureb2share_ext.datasets.review_pages import views  # noqa: E402


def leaves(value):
    """Every text and number in a description that is not spelled out by a label."""
    if isinstance(value, dict):
        return [leaf for member in value.values() for leaf in leaves(member)]
    return [leaf for entry in value for leaf in leaves(entry)] if isinstance(value, list) else [str(value)]


def full():
    found = example()
    found["core"]["contact"] = {"name": "Office", "email": "office@example.org", "url": "https://office.example.org"}
    found["core"]["creators"] = [{"name": "A", "orcid": "0000-0002-1825-0097", "affiliation": "Institute"}]
    found["files"] = [{"label": "Table", "name": "a.csv", "size": 12345, "checksum": "sha256:" + "ab" * 32}]
    return found


def test_all_that_becomes_public_is_shown():
    description = full()
    shown = " ".join(text for _, words, _ in views._facts(description, {}) for text in words)
    assert [leaf for part in ("core", "files", "version") for leaf in leaves(description.get(part, {}))] != []
    for part in ("core", "files", "version"):
        assert [leaf for leaf in leaves(description.get(part, {})) if leaf not in shown] == []


@pytest.mark.parametrize(
    "part, name, value, title",
    [
        ("core", "contact", {"name": "Office", "email": "other@example.org"}, "Role contact"),
        ("core", "creators", [{"name": "A", "orcid": "0000-0002-1694-233X"}], "Creators"),
        ("core", "titles", [{"lang": "da", "text": "T"}], "Titles"),
    ],
)
def test_every_difference_is_shown(part, name, value, title):
    held, published = full(), full()
    published["core"]["titles"] = held["core"]["titles"] = [{"lang": "nb", "text": "T"}]
    held[part][name] = value
    assert [(t, before) for t, now, before in views._facts(held, published) if before is not None] == [
        (title, views._words("%s.%s" % (part, name), dict(views._fields(published))))
    ]


def test_files_that_come_and_go_are_shown():
    held, published = full(), copy.deepcopy(full())
    del held["files"]
    assert [(t, now) for t, now, before in views._facts(held, published) if before] == [("Files", [])]
