import pytest

from secureb2share_ext.dataset import Dataset, identifier_fault, state_fault

NOT_EMPTY = "must be a text that is not empty"
LONG = "must have at most 255 characters"
CONTROLS = "must have no control characters"
SLASHES = "must not begin or end with a slash, nor have two in a row"
DOTS = "must have no segment that is '.' or '..'"


@pytest.mark.parametrize(
    "identifier, fault",
    [
        ("", NOT_EMPTY),
        (None, NOT_EMPTY),
        (7, NOT_EMPTY),
        (b"a", NOT_EMPTY),
        (["a"], NOT_EMPTY),
        ("a" * 256, LONG),
        ("a\x00b", CONTROLS),
        ("a\nb", CONTROLS),
        ("a\n", CONTROLS),
        ("\ta", CONTROLS),
        ("a\x1f", CONTROLS),
        ("a\x7fb", CONTROLS),
        ("a\x80b", CONTROLS),
        ("a\x9fb", CONTROLS),
        ("a\u2028b", CONTROLS),
        ("a\u2029b", CONTROLS),
        ("a\ud800b", CONTROLS),
        ("a\udfff", CONTROLS),
        ("/", SLASHES),
        ("/a", SLASHES),
        ("a/", SLASHES),
        ("a//b", SLASHES),
        (".", DOTS),
        ("..", DOTS),
        ("a/./b", DOTS),
        ("../a", DOTS),
        ("a/..", DOTS),
        ("state", "must not end in the segment 'state', which is a route"),
        ("a/decisions", "must not end in the segment 'decisions', which is a route"),
        ("a/b/receipt", "must not end in the segment 'receipt', which is a route"),
        ("a/transfer", "must not end in the segment 'transfer', which is a route"),
    ],
)
def test_an_identifier_that_no_url_carries_safely_is_refused(identifier, fault):
    assert identifier_fault(identifier) == fault


@pytest.mark.parametrize(
    "identifier",
    [
        "a", "a" * 255, "p11/moba/v12", "a.b:c", "...", "a..b", "a/.b", "state/a", "a/State", "a/states",
        "keys", "%2F", "a b?c#d", "é日本",
    ],
)
def test_other_identifiers_are_not(identifier):
    assert identifier_fault(identifier) is None


MAY_FOLLOW = {
    ("active", "suspended"), ("active", "superseded"), ("active", "withdrawn"), ("suspended", "active"),
    ("suspended", "superseded"), ("suspended", "withdrawn"), ("superseded", "withdrawn"),
}
STATES = ("active", "suspended", "superseded", "withdrawn")


@pytest.mark.parametrize("new", STATES)
@pytest.mark.parametrize("old", STATES)
def test_which_state_may_follow_which(old, new):
    successor = "b" if new == "superseded" else None
    fault = state_fault(old, new, successor, "a")
    if (old, new) in MAY_FOLLOW:
        assert fault is None
    else:
        assert fault.startswith("cannot follow the state %s" % old)


@pytest.mark.parametrize(
    "new, successor, fault",
    [
        ("superseded", None, "superseded needs a successor, and no other state has one"),
        ("superseded", "", "superseded needs a successor, and no other state has one"),
        ("suspended", "b", "superseded needs a successor, and no other state has one"),
        ("withdrawn", "b", "superseded needs a successor, and no other state has one"),
        ("superseded", "a", "a dataset cannot succeed itself"),
        ("gone", None, "cannot follow the state active (suspended, superseded, withdrawn can)"),
    ],
)
def test_only_a_superseded_dataset_has_a_successor(new, successor, fault):
    assert state_fault("active", new, successor, "a") == fault


def test_the_digest_is_of_the_description_alone():
    one = Dataset("tsd", "a", {"core": {"titles": [{"lang": "en", "text": "A"}]}, "sensitive": {}})
    two = Dataset(
        "csc",
        "b",
        {"sensitive": {}, "core": {"titles": [{"text": "A", "lang": "en"}]}},
        pid="x",
        state="withdrawn",
    )
    # printf '{"core":{"titles":[{"lang":"en","text":"A"}]},"sensitive":{}}' | sha256sum
    assert one.digest == two.digest == "1bee6fef3cff4356526ce17a4dbf62cfa790446234faf3be0cfa00cf8d5f2deb"
    assert one.digest != one._replace(description=dict(one.description, files=[])).digest
    assert (one.title, one.files) == ("A", [])
