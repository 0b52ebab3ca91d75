import pytest

from demo.catalogue.app import create_app as create_catalogue
from demo.catalogue.config import settings
from secureb2share_ext import client, targets
from secureb2share_ext.maintenance import install
from secureb2share_ext.testing.tsd import FileApi


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
        "sign-in",
        "target",
        "transfer",
        "uninstall",
        "unlock",
        "who",
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
        (["target", "renew", "nobody"], 1, "There is no target nobody; SECUREB2SHARE_TARGETS has: tsd-ingest."),
        (["target", "renew", "tsd-ingest"], 1, "tsd-ingest has no secret that can be renewed here"),
    ],
)
def test_a_command_says_what_is_wrong(run, words, code, said):
    result = run(*words)
    assert result.exit_code == code and said in result.output


def test_a_secret_of_tsd_is_renewed(run, base_app, monkeypatch, tmp_path):
    path = tmp_path / "secret"
    with FileApi() as api:
        path.write_text(api.secret(days=10))
        settings = {"kind": "tsd", "url": api.url, "project": "p11", "app": "a", "secret_file": str(path)}
        found = targets.read({"SECUREB2SHARE_TARGETS": {"tsd-table": settings}, "SECUREB2SHARE_DEMO": True})
        monkeypatch.setattr(base_app.extensions["secureb2share"], "targets", found)
        result = run("target", "renew", "tsd-table")
        ends = found["tsd-table"].expires
        assert result.output == "The secret of tsd-table was renewed; the new one ends on %s.\n" % ends
        assert result.exit_code == 0
        # one that broke off may have left the only good secret
        (tmp_path / "secret.renewing").write_text("x")
        result = run("target", "renew", "tsd-table")
        assert result.exit_code == 1 and "secret.renewing is there" in result.output
        (tmp_path / "secret.renewing").unlink()
        api.void.append(path.read_text().strip())
        result = run("target", "renew", "tsd-table")
        assert result.exit_code == 1 and "status 403. The old one was kept." in result.output
        assert path.read_text().strip() not in result.output
    result = run("target", "renew", "tsd-table")
    assert result.exit_code == 1 and "was not renewed" in result.output


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
