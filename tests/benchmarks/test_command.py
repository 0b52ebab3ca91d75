import json
import sys

import pytest

pytest.importorskip("psycopg2")
if sys.version_info < (3, 10):
    pytest.skip("the benchmarks need Python 3.10", allow_module_level=True)

from benchmarks import __main__ as command
from benchmarks.figures import Figure


class NoMachine:
    def __init__(self, size):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def slow(machine, size):
    return [Figure("slow.claim", "ms", [9000], ("<=", 5))]


def broken(machine, size):
    raise RuntimeError("the server ended")


def plain(machine, size):
    return [Figure("plain.rate", "events/s", [size.runs])]


@pytest.fixture
def run(monkeypatch, capsys):
    if not sys.platform.startswith("linux"):
        pytest.skip("the benchmarks need Linux")
    monkeypatch.setattr(command, "Machine", NoMachine)
    monkeypatch.setattr(command.signal, "signal", lambda *_: None)

    def run(groups, *arguments):
        monkeypatch.setattr(command, "GROUPS", {group.__name__: group for group in groups})
        code = command.main(arguments)
        return (code, *capsys.readouterr())

    return run


def test_a_missed_goal_is_printed_and_no_error(run):
    code, out, _ = run([slow, plain])
    assert code == 0
    assert "MISSED" in out and "0 of 1 goals are met. Missed: slow.claim." in out


def test_what_does_not_run_is_an_error_and_keeps_nothing_else_from_running(run):
    code, out, err = run([broken, plain])
    assert code == 1
    assert "plain.rate" in out
    assert "the server ended" in err and "These did not run: broken." in err


def test_json_has_one_line_a_figure_and_nothing_else(run):
    code, out, _ = run([slow, broken, plain], "--json")
    assert code == 1
    assert [json.loads(line)["name"] for line in out.splitlines()] == ["slow.claim", "plain.rate"]


def test_only_named_groups_run_and_quick_measures_less(run):
    code, out, _ = run([slow, plain], "--json", "--quick", "--only", "plain")
    (line,) = out.splitlines()
    assert json.loads(line)["value"] == command.QUICK.runs < command.WHOLE.runs
    with pytest.raises(SystemExit):
        run([slow, plain], "--only", "other")
