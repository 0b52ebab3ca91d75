import os
from types import SimpleNamespace

import pytest

pytest.importorskip("invenio_db")

import click  # noqa: E402

from secureb2share_ext.cli import ingest  # noqa: E402
from secureb2share_ext.errors import NotAccepted  # noqa: E402
from secureb2share_ext.messages import withdrawal_limit  # noqa: E402
from secureb2share_ext.messages.sources import Sender  # noqa: E402


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


@pytest.mark.parametrize("tenant, stops", [("p11", False), ("p22", True)])
def test_a_run_does_not_tell_what_other_tenants_have(tenant, stops, monkeypatch):
    row = SimpleNamespace(state="active", tenant=tenant)
    withdrawn = []
    monkeypatch.setattr(
        withdrawal_limit,
        "store",
        SimpleNamespace(
            find=lambda *named: row, count=lambda source: 11, withdrawn_since=lambda *named: len(withdrawn)
        ),
    )
    run, sender = withdrawal_limit.Withdrawals(False), Sender(None, ("p22",))
    messages = [
        SimpleNamespace(source="tsd", identifier=str(n), action="state", members={"state": "withdrawn"})
        for n in range(11)
    ]
    for message in messages[:10]:
        run.check(message, sender)
        withdrawn.append(message)
    if stops:
        with pytest.raises(NotAccepted):
            run.check(messages[10], sender)
    else:
        run.check(messages[10], sender)
