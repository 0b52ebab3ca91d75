import configparser
import io
import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from served import ONE_DATABASE

instance_module = pytest.importorskip("instance")

from secureb2share_ext import client  # noqa: E402
from secureb2share_ext.cli.ingest import lines_of  # noqa: E402
from secureb2share_ext.messages import drop_folder, drop_state  # noqa: E402

UNITS = Path(__file__).resolve().parents[1] / "docs" / "howto" / "drop-folder"
PAGE = UNITS.with_suffix(".md")
LOOSEST = 3.0  # of systemd-analyze security, from 0 (closed) to 10


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    with instance_module.running(ONE_DATABASE[0], tmp_path_factory.mktemp("drop")) as found:
        yield found


@pytest.fixture
def folder(tmp_path):
    for name in ("drop", "state"):
        (tmp_path / name).mkdir()
    os.chmod(str(tmp_path / "drop"), 0o777)
    return tmp_path


def line(instance, action, identifier, **members):
    source = instance.source
    return client.line(instance.key, source.envelope(action, identifier, **members))


def registers(instance, *identifiers):
    return b"".join(line(instance, "register", one, dataset=instance_module.example()) for one in identifiers)


def put(path, content):
    path.write_bytes(content)
    os.utime(str(path), (time.time() - 60, time.time() - 60))


def run(instance, folder, *words):
    said = instance.run_cli("ingest-folder", str(folder / "drop"), "--state", str(folder / "state"), *words)
    assert said.exception is None or isinstance(said.exception, SystemExit), said.exc_info
    return said.exit_code, said.output


def kept(folder, where):
    return sorted(os.listdir(str(folder / "state" / where)))


def test_files_are_carried_out_and_kept_apart(instance, folder):
    assert run(instance, folder) == (0, "")
    put(folder / "drop" / "a.jsonl", registers(instance, "d/1", "d/2"))
    put(folder / "drop" / "b.jsonl", registers(instance, "d/3") + b"not JSON\n")
    code, said = run(instance, folder)
    assert code == 1 and "a.jsonl: 2 created." in said and "b.jsonl: 1 created, 1 refused." in said
    assert os.listdir(str(folder / "drop")) == [] and kept(folder, "incoming") == []
    assert [name.split("-", 2)[2] for name in kept(folder, "done")] == ["a.jsonl", "b.jsonl"]
    (refused,) = kept(folder, "refused")
    (problem,) = (folder / "state" / "refused" / refused).read_text().splitlines()
    assert refused.endswith("-b.jsonl.refused.jsonl") and json.loads(problem)["message"] == "not JSON\n"
    # the same name again replaces nothing, and the same lines have no second effect
    put(folder / "drop" / "a.jsonl", (folder / "state" / "done" / kept(folder, "done")[0]).read_bytes())
    code, said = run(instance, folder)
    assert code == 0 and "a.jsonl: 2 created." in said and len(kept(folder, "done")) == 3
    assert instance.count("secureb2share_dataset", "identifier LIKE 'd/%'") == 3
    assert (folder / "state" / "log").read_text().count("created") == 3
    with open(str(folder / "state" / "log"), "rb") as file:
        assert os.fstat(file.fileno()).st_mode & 0o007 == 0


def test_a_file_of_rubbish_keeps_neither_the_disk_nor_the_run(instance, folder):
    # each NUL would be six bytes of JSON, and each short line a reason of 280
    put(folder / "drop" / "a.jsonl", b"\0" * 3000000 + b"\n")
    put(folder / "drop" / "b.jsonl", b"x\n" * 100000)
    put(folder / "drop" / "c.jsonl", registers(instance, "rubbish/1"))
    code, said = run(instance, folder)
    assert code == 1 and "a.jsonl: 3 refused." in said and "c.jsonl: 1 created." in said
    assert "b.jsonl: 1001 refused. More than 1000 lines have no valid signature" in said
    sizes = [os.path.getsize(str(folder / "state" / "refused" / name)) for name in kept(folder, "refused")]
    assert len(sizes) == 2 and sum(sizes) < 400000
    assert kept(folder, "incoming") == [] and len(kept(folder, "done")) == 3


def test_what_is_hostile_stays_and_the_rest_is_carried_out(instance, folder):
    secret = folder / "secret"
    put(secret, b"KEY OF THE SERVICE")
    os.symlink(str(secret), str(folder / "drop" / "link.jsonl"))
    os.link(str(secret), str(folder / "drop" / "hard.jsonl"))
    os.mkfifo(str(folder / "drop" / "pipe.jsonl"))
    # what the page's former script wrote through
    os.symlink(str(folder), str(folder / "drop" / "refused"))
    put(folder / "drop" / "\x1b[2J.jsonl", b"x")
    put(folder / "drop" / "long.jsonl", b"x" * 50001)
    put(folder / "drop" / "z.jsonl", registers(instance, "h/1") + b"refused\n")
    before = sorted(os.listdir(str(folder)))
    code, said = run(instance, folder, "--bytes", "50000")
    assert code == 3 and said.count("Not taken: ") == 6 and "z.jsonl: 1 created, 1 refused." in said
    assert "\x1b" not in said and "\x1b" not in (folder / "state" / "log").read_text()
    assert sorted(os.listdir(str(folder))) == before and secret.read_bytes() == b"KEY OF THE SERVICE"
    assert sorted(os.listdir(str(folder / "drop"))) == sorted(
        ["link.jsonl", "hard.jsonl", "pipe.jsonl", "refused", "\x1b[2J.jsonl", "long.jsonl"]
    )
    for where in drop_state.FOLDERS:
        for name in kept(folder, where):
            assert b"KEY OF" not in (folder / "state" / where / name).read_bytes()


def test_a_run_is_bounded(instance, folder):
    for number in range(5):
        put(folder / "drop" / ("%d.jsonl" % number), b"refused %d\n" % number)
    code, said = run(instance, folder, "--most", "2")
    assert code == 1 and said.endswith("3 files for the next run.\n") and len(kept(folder, "done")) == 2
    code, said = run(instance, folder, "--bytes", "21")
    assert said.count("1 refused.") == 2 and said.count("the next run looks again.") == 1
    assert run(instance, folder)[1].count("1 refused.") == 1 and len(kept(folder, "refused")) == 5


@pytest.mark.parametrize("junk", ["of no name", "not taken", "new in each run"])
def test_no_crowd_keeps_a_file_waiting_for_ever(instance, folder, junk, monkeypatch):
    monkeypatch.setattr(drop_folder, "LOOKED_AT", 5)
    good = folder / "drop" / "z.jsonl"
    put(good, b"refused\n")
    for number in range(12):
        if junk == "of no name":
            put(folder / "drop" / ("a %d" % number), b"x")
        elif junk == "not taken":
            os.symlink("/etc/passwd", str(folder / "drop" / ("a%d.jsonl" % number)))
    for _ in range(4):
        if junk == "new in each run":
            for number in range(3):
                put(folder / "drop" / ("a%d.jsonl" % number), b"refused\n")
        code, said = run(instance, folder, "--most", "2")
        assert junk == "new in each run" or code == 3
    assert not good.exists() and any(name.endswith("-z.jsonl") for name in kept(folder, "done"))


def test_many_withdrawals_wait_for_an_operator(instance, folder):
    names = ["w/%d" % number for number in range(12)]
    put(folder / "drop" / "a.jsonl", registers(instance, *names))
    assert run(instance, folder)[0] == 0
    gone = b"".join(line(instance, "state", name, state="withdrawn", reason="Test.") for name in names)
    put(folder / "drop" / "b.jsonl", gone)
    put(folder / "drop" / "c.jsonl", registers(instance, "w/after"))
    code, said = run(instance, folder)
    (waiting,) = kept(folder, "waiting")
    command = re.search(r"`(ingest --confirm .*?)`", said).group(1).split()
    assert code == 2 and "c.jsonl: 1 created." in said and command[2].endswith(waiting)
    assert instance.run_cli(*command).exit_code == 0
    assert instance.count("secureb2share_dataset", "identifier LIKE 'w/%' AND state = 'withdrawn'") == 12


def test_what_failed_is_carried_out_again(instance, folder, monkeypatch):
    put(folder / "drop" / "a.jsonl", registers(instance, "f/1"))
    with monkeypatch.context() as patched:
        patched.setattr("secureb2share_ext.datasets.publication.publish", None)
        patched.setattr("secureb2share_ext.datasets.publication.publish_many", None)
        code, said = run(instance, folder)
    assert code == 1 and "the next run carries the file out again." in said and len(kept(folder, "incoming")) == 1
    code, said = run(instance, folder)
    assert code == 0 and "a.jsonl: 1 created." in said and kept(folder, "incoming") == []


def test_two_runs_are_never_at_work(instance, folder):
    put(folder / "drop" / "a.jsonl", b"refused\n")
    with drop_folder.opened(str(folder / "state"), is_ours=True) as (fd, _):
        other = drop_state.State(fd)
        with other.locked():
            code, said = run(instance, folder)
        other.close()
    assert code == 4 and "Another run is at work" in said and os.listdir(str(folder / "drop")) == ["a.jsonl"]


@pytest.mark.parametrize("fault", ["inside", "open", "link", "missing"])
def test_a_place_that_others_can_exchange_is_refused(instance, folder, fault):
    state = folder / "state"
    if fault == "inside":
        state = folder / "drop" / "state"
        state.mkdir()
    elif fault == "open":
        os.chmod(str(state), 0o777)
    elif fault == "link":
        os.rename(str(folder / "drop"), str(folder / "elsewhere"))
        os.symlink(str(folder / "elsewhere"), str(folder / "drop"))
    else:
        state = folder / "none"
    result = instance.run_cli("ingest-folder", str(folder / "drop"), "--state", str(state))
    assert result.exit_code == 1 and result.output.startswith("Error: "), result.output


def units():
    found = {}
    for path in UNITS.iterdir():
        # systemd lets a key stand several times
        found[path.name] = configparser.RawConfigParser(strict=False)
        found[path.name].optionxform = str
        found[path.name].read_string(path.read_text())
    return found


def test_the_units_start_the_command_as_the_page_says(instance):
    found = units()
    service = found["secureb2share-drop.service"]["Service"]
    words = service["ExecStart"].split()
    assert words[0].endswith("/bin/invenio") and words[1:3] == ["secureb2share", "ingest-folder"]
    folder, state = words[3], words[words.index("--state") + 1]
    assert state == "/var/lib/" + service["StateDirectory"] and folder in service["ReadWritePaths"].split()
    assert instance.run_cli(words[2], "--help").exit_code == 0
    for key in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "RestrictNamespaces"):
        assert service[key] == "yes", key
    assert service["ProtectSystem"] == "strict" and service["User"] != "root" and service["SuccessExitStatus"] == "1"
    assert "timers.target" == found["secureb2share-drop.timer"]["Install"]["WantedBy"]
    page = PAGE.read_text()
    for name in found:
        assert "drop-folder/%s)" % name in page


def test_systemd_understands_the_units(tmp_path):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    for path in UNITS.iterdir():
        # that of a site is not here
        (tmp_path / path.name).write_text(path.read_text().replace("/opt/invenio/bin/invenio", shutil.which("true")))
    made = [str(tmp_path / path.name) for path in sorted(UNITS.iterdir())]
    found = subprocess.run([analyze, "verify", "--man=no"] + made, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert (found.returncode, found.stdout) == (0, b"")
    rated = subprocess.run(
        [analyze, "security", "--offline=true", made[0]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ).stdout.decode()
    if "Overall exposure level" in rated:
        assert float(re.search(r"Overall exposure level for .*?: ([0-9.]+)", rated).group(1)) <= LOOSEST, rated


@pytest.mark.parametrize(
    "content, lines",
    [(b"\xef\xbb\xbf{}\n\n[]\n", [b"{}\n", b"[]\n"]), (b"{}", [b"{}"]), (b"", []), (b"\xef\xbb\xbf", []), (b"\n", [])],
)
def test_a_byte_order_mark_at_the_start_is_read_past(content, lines):
    assert list(lines_of(io.BytesIO(content))) == lines
