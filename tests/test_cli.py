import pytest

from demo.catalogue.app import create_app as create_catalogue
from demo.catalogue.config import settings
from secureb2share_ext import client
from secureb2share_ext.maintenance import install


@pytest.fixture(scope="module", name="create_app")
def factory(tmp_path_factory):
    """pytest-invenio builds its base_app with this."""
    configured = settings(str(tmp_path_factory.mktemp("cli")), 5000, "http://localhost:5001", client.new_key()[1])
    return lambda **config: create_catalogue(dict(configured, SECUREB2SHARE_MODE="on"))


@pytest.fixture(scope="module")
def run(base_app, database):
    with base_app.app_context():
        install.init(is_on=True)

    def run(*args):
        return base_app.test_cli_runner().invoke(args=["secureb2share", *args])

    return run


def test_every_command_is_there_and_says_what_it_does(run):
    said = run("--help").output
    for command in (
        "audit",
        "check",
        "deliveries",
        "health",
        "ingest",
        "init",
        "keys",
        "lock",
        "rename",
        "review",
        "transfer",
        "uninstall",
        "unlock",
    ):
        assert "\n  %s " % command in said
        assert run(command, "--help").exit_code == 0


@pytest.mark.parametrize(
    "words, code, said",
    [
        (["deliveries", "list"], 0, ""),
        (["deliveries", "retry"], 2, "Name an event's number, --target or --all."),
        (["deliveries", "retry", "1", "--target", "x"], 2, "Name an event's number, --target or --all."),
        (["deliveries", "retry", "1"], 1, "There is no unfinished event 1."),
        (["deliveries", "discard", "1"], 2, "--reason"),
        (["deliveries", "discard", "1", "--reason", "x"], 1, "There is no unfinished event 1."),
        (["deliveries", "list", "--state", "lost"], 2, "lost"),
        (["keys", "list"], 0, ""),
    ],
)
def test_a_command_says_what_is_wrong(run, words, code, said):
    result = run(*words)
    assert result.exit_code == code and said in result.output


@pytest.mark.parametrize(
    "words",
    [
        ["ingest", "-"],
        ["review", "release", "tsd", "a"],
        ["review", "refuse", "tsd", "a", "--reason", "x"],
        ["transfer", "tsd", "a", "--tenant", "p12"],
        ["decisions", "reconcile", "sd-apply", "--user", "x"],
    ],
)
def test_a_command_publishes_nothing_unless_the_mode_is_on(run, base_app, monkeypatch, words):
    assert "nothing is published" not in run(*words).output
    monkeypatch.setattr(base_app.extensions["secureb2share"], "mode", "observe")
    result = run(*words)
    assert (result.exit_code, "nothing is published; set it to 'on' first" in result.output) == (1, True)
