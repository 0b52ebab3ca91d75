import pytest

from secureb2share_ext import characters
from secureb2share_ext.dataset import Dataset, identifier_fault, state_fault

REFUSED = {
    "must be a text that is not empty": ["", None, 7, b"a", ["a"]],
    "must have at most 255 characters": ["a" * 256],
    "must have no control characters": [
        "a\x00b",
        "a\nb",
        "a\n",
        "\ta",
        "a\x1f",
        "a\x7fb",
        "a\x80b",
        "a\x9fb",
        "a\u2028b",
        "a\u2029b",
        "a\ud800b",
        "a\udfff",
    ],
    characters.HIDDEN: ["a\u200bb", "a\u202eb", "\ufeffa", "a\u00adb", "a\U000e0041", "می\u200cخ"]
    # each of these would be read as "a" or "a b"
    + [" a", "a ", "a  b", "a\u00a0b", "a\u3000", "a\u2800", "a\ufffc", "a\ue000", "a\U0001d159", "a\U00100000"],
    characters.NOT_COMPOSED: ["e\u0301", "a/\u212b"],
    "must have more than dots and slashes": ["/", "//", ".", "..", "...", "../..", "./"],
    "must not begin with base64url:, which stands before an encoded identifier in addresses": [
        "base64url:",
        "base64url:YQ",
        "BASE64URL:a/b",
        "Base64Url://x",
    ],
}
TAKEN = [
    "a",
    "a" * 255,
    "p11/moba/v12",
    "a.b:c",
    "https://example.org/dataset/1",
    "https://example.org//a//b/../c/",
    "a//b",
    "/a",
    "a/",
    "a/./b",
    "../a",
    "state",
    "a/state",
    "a/transfer",
    "base64url",
    "base64url/a",
    "abase64url:YQ",
    "a..b",
    "a/.b",
    "state/a",
    "a/State",
    "a/states",
    "keys",
    "%2F",
    "a b?c#d",
    "a b c",
    "é日本",
]
MAY_FOLLOW = {
    "active": ["suspended", "superseded", "withdrawn"],
    "suspended": ["active", "superseded", "withdrawn"],
    "superseded": ["withdrawn"],
    "withdrawn": [],
}


@pytest.mark.parametrize("fault, identifier", [(why, text) for why, row in REFUSED.items() for text in row])
def test_an_identifier_that_names_nothing_plainly_is_refused(fault, identifier):
    assert identifier_fault(identifier) == fault


@pytest.mark.parametrize("identifier", TAKEN)
def test_other_identifiers_are_taken(identifier):
    assert identifier_fault(identifier) is None


@pytest.mark.parametrize("new", sorted(MAY_FOLLOW) + ["gone"])
@pytest.mark.parametrize("old", sorted(MAY_FOLLOW))
def test_which_state_may_follow_which(old, new):
    fault = state_fault(old, new, "b" if new == "superseded" else None, "a")
    # again the same state may give another reason; only withdrawn is final
    assert (fault is None) == (new in MAY_FOLLOW[old] or new == old != "withdrawn")


def test_only_a_superseded_dataset_has_a_successor_and_another_one():
    for new in ("superseded", "suspended", "withdrawn"):
        faults = [state_fault("active", new, successor, "a") for successor in (None, "", "b", "a")]
        right = [False, False, True, False] if new == "superseded" else [True, True, False, False]
        assert [fault is None for fault in faults] == right
    assert state_fault("active", "superseded", "a", "a") == "cannot name the dataset itself as its successor"


@pytest.mark.parametrize(
    "contacts, expected",
    [([{"name": "A"}], True), ([], False), ([{}], False), ([{"name": "A"}, {"email": "a"}], False), ([1], False)]
    + [(1, False), ({"name": "A"}, False)],
)
def test_a_description_is_whole_where_each_contact_has_a_name(contacts, expected):
    core = dict.fromkeys(("titles", "descriptions", "creators", "publisher", "publication_year"), "A")
    description = {
        "core": dict(core, contacts=contacts),
        "sensitive": dict.fromkeys(("access_right", "access_conditions")),
    }
    assert Dataset("tsd", "a", description).is_whole == expected


def test_the_digest_is_of_the_description_alone():
    one = Dataset("tsd", "a", {"core": {"titles": [{"lang": "en", "text": "A"}]}, "sensitive": {}})
    description = {"sensitive": {}, "core": {"titles": [{"text": "A", "lang": "en"}]}}
    # printf '{"core":{"titles":[{"lang":"en","text":"A"}]},"sensitive":{}}' | sha256sum
    assert one.digest == "1bee6fef3cff4356526ce17a4dbf62cfa790446234faf3be0cfa00cf8d5f2deb"
    assert Dataset("csc", "b", description, pid="x", state="withdrawn").digest == one.digest
    assert one._replace(description=dict(description, files=[])).digest != one.digest
    assert (one.title, one.files) == ("A", [])
