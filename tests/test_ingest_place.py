import os
from types import SimpleNamespace

import pytest

pytest.importorskip("invenio_db")

import click  # noqa: E402

from secureb2share_ext.cli import ingest  # noqa: E402


def refused_line():
    answer = {"id": "1", "problem": {"code": "invalid"}}
    return SimpleNamespace(answer=answer, given=b"not JSON\n")


def test_a_link_in_a_drop_folder_has_nothing_read(tmp_path):
    secret, link = tmp_path / "secret.cfg", tmp_path / "drop.jsonl"
    secret.write_text("KEY")
    os.symlink(str(secret), str(link))
    with open(str(link), "rb") as file, pytest.raises(click.BadParameter):
        ingest._check_place(file)
    with open(str(secret), "rb") as file:
        ingest._check_place(file)


def test_a_link_in_a_drop_folder_has_nothing_overwritten(tmp_path):
    secret, link = tmp_path / "secret.cfg", tmp_path / "drop.jsonl.refused.jsonl"
    secret.write_text("KEY")
    os.symlink(str(secret), str(link))
    with pytest.raises(click.FileError), ingest.RefusedLines(str(link)) as refused:
        refused.write(refused_line())
    assert secret.read_text() == "KEY"
    os.remove(str(link))
    with ingest.RefusedLines(str(link)) as refused:
        refused.write(refused_line())
    assert "not JSON" in link.read_text()
