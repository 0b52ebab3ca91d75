import hashlib
import io
import json

import pytest

from secureb2share_ext.legacy import manifest
from secureb2share_ext.legacy.holder import Content, LegacyRecord

FORMER = LegacyRecord("p1", "tsd", "record", ("u",), ("b",), 1, 3)
MD5_OF_ABC = "md5:900150983cd24fb0d6963f7d28e17f72"
SHA256_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def content(**changed):
    values = {"id": "f1", "size": 3, "checksum": MD5_OF_ABC, "elsewhere": None, "objects": (("b", "../a", "v"),)}
    return Content(**dict(values, **changed))


def abc():
    return manifest.measure(io.BytesIO(b"abc"))


def test_measures_and_hands_on_every_byte():
    written, size = [], 3 * manifest.CHUNK + 7
    found = manifest.measure(io.BytesIO(b"a" * size), written.append)
    assert b"".join(written) == b"a" * size and len(written) == 4
    assert found == (size, hashlib.sha256(b"a" * size).hexdigest(), hashlib.md5(b"a" * size).hexdigest())


def test_the_whole_manifest():
    assert json.loads(manifest.build(FORMER, "hospital", [(content(), abc())]).decode()) == {
        "manifest": 1,
        "source": "tsd",
        "community": "hospital",
        "identifier": "pid:p1",
        "kind": "record",
        "files": [
            {
                "path": "files/f1",
                "size": 3,
                "sha256": SHA256_OF_ABC,
                "checksum": MD5_OF_ABC,
                "intact": True,
                "names": ["../a"],
                "objects": [{"bucket": "b", "name": "../a", "version": "v"}],
            }
        ],
    }


def test_same_files_same_bytes_in_whatever_order():
    objects = (("b", "a", "v"), ("c", "a", "w"))
    pairs = [(content(objects=objects), abc()), (content(id="f0"), abc())]
    other = [(content(id="f0"), abc()), (content(objects=objects[::-1]), abc())]
    assert manifest.build(FORMER, "hospital", pairs) == manifest.build(FORMER, "hospital", other)


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "f2"},
        {"objects": (("b", "renamed", "v"),)},
        {"objects": (("b", "../a", "another version"),)},
        {"objects": (("b", "../a", "v"), ("b", "../a", "w"))},
        {"checksum": None},
        {"elsewhere": "http://hdl.handle.net/11304/1"},
    ],
)
def test_whatever_changes_gives_another_digest(changed):
    before = manifest.build(FORMER, "hospital", [(content(), abc())])
    after = manifest.build(FORMER, "hospital", [(content(**changed), abc())])
    assert manifest.digest_of(before) != manifest.digest_of(after)


def test_other_bytes_give_another_digest():
    found = [manifest.build(FORMER, "h", [(content(), manifest.measure(io.BytesIO(b)))]) for b in (b"abc", b"abd")]
    assert len(set(map(manifest.digest_of, found))) == 2


@pytest.mark.parametrize(
    "changed, measured, is_intact",
    [
        ({}, abc(), True),
        ({"checksum": None}, abc(), True),
        ({"checksum": "sha1:0"}, abc(), True),
        ({"size": None, "checksum": None}, abc(), True),
        ({"size": 4}, abc(), False),
        ({"checksum": "md5:0"}, abc(), False),
        ({}, manifest.NOTHING, False),
        ({"size": None, "checksum": None}, manifest.NOTHING, False),
    ],
)
def test_what_is_intact(changed, measured, is_intact):
    assert manifest.is_intact(content(**changed), measured) is is_intact


def test_no_name_becomes_a_path():
    assert manifest.path(content()) == "files/f1"
    elsewhere = json.loads(manifest.build(FORMER, "h", [(content(elsewhere="http://x"), manifest.NOTHING)]).decode())
    assert elsewhere["files"][0].get("path") is None and elsewhere["files"][0]["elsewhere"] == "http://x"
