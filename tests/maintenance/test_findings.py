import datetime
import json

import pytest

from secureb2share_ext import config
from secureb2share_ext.errors import ConfigError
from secureb2share_ext.maintenance import expiry, report
from secureb2share_ext.maintenance import findings as health

WELL = health.Figures("on", sweep_age=4.0)
NAMES = [
    "lock",
    "sweep",
    "undelivered",
    "unacknowledged",
    "parked",
    "paused",
    "index",
    "ghosts",
    "sources",
    "signing-key",
    "restore",
    "clock",
    "instance",
    "stopped",
]


def levels(figures, limits=health.THRESHOLDS):
    return {(f.name, f.label): f.level for f in health.judge(figures, limits) if f.level != "ok"}


def test_all_is_well():
    found = health.judge(WELL)
    assert [f.name for f in found] == NAMES
    assert {f.level for f in found} == {"ok"} and {f.advice for f in found} == {""}
    assert report.exit_code(found) == 0


@pytest.mark.parametrize(
    "figure, value, name, label, level",
    [
        ("lock", ("The gate is not the first.",), "lock", "", "critical"),
        ("sweep_age", None, "sweep", "", "critical"),
        ("sweep_age", 119.9, "sweep", "", None),
        ("sweep_age", 120.0, "sweep", "", "warning"),
        ("sweep_age", 599.9, "sweep", "", "warning"),
        ("sweep_age", 600.0, "sweep", "", "critical"),
        ("undelivered", (5, 3599.0), "undelivered", "", None),
        ("undelivered", (5, 3600.0), "undelivered", "", "warning"),
        ("undelivered", (1, 86400.0), "undelivered", "", "critical"),
        ("unacknowledged", (9, 3600.0), "unacknowledged", "", "warning"),
        ("unacknowledged", (9, 10.0**9), "unacknowledged", "", "warning"),
        ("parked", (1, 5.0), "parked", "", "warning"),
        ("parked", (99, 5.0), "parked", "", "warning"),
        ("parked", (100, 5.0), "parked", "", "critical"),
        ("paused", (("tsd-ingest", "status 401", False),), "paused", "tsd-ingest", "warning"),
        ("paused", (("tsd-ingest", "moving house", True),), "paused", "tsd-ingest", "critical"),
        ("expiring", (("the secret of rems", 31),), "expires", "the secret of rems", None),
        ("expiring", (("the secret of rems", 30),), "expires", "the secret of rems", "warning"),
        ("expiring", (("the secret of rems", 8),), "expires", "the secret of rems", "warning"),
        ("expiring", (("the secret of rems", 7),), "expires", "the secret of rems", "critical"),
        ("expiring", (("the secret of rems", -400),), "expires", "the secret of rems", "critical"),
        ("index_age", 599.0, "index", "", None),
        ("index_age", 600.0, "index", "", "warning"),
        ("index_age", 86400.0, "index", "", "critical"),
        ("ghosts", 1, "ghosts", "", "warning"),
        ("ghosts", None, "ghosts", "", None),
        ("sources", (("tsd", "Renamed.", False),), "sources", "tsd", "warning"),
        ("sources", (("tsd", "Renamed.", False), ("tsd", "No owner.", True)), "sources", "tsd", "critical"),
        ("has_signing_key", False, "signing-key", "", "critical"),
        ("notices_restore", False, "restore", "", "warning"),
        ("mark_fault", "outbox.mark cannot be written (No space left on device)", "restore", "", "critical"),
        ("clock_ahead", 59.0, "clock", "", None),
        ("clock_ahead", 60.0, "clock", "", "warning"),
        ("clock_ahead", 3600.0, "clock", "", "critical"),
        ("doubts", ("The key folder has no instance.json.",), "instance", "", "critical"),
        ("stopped", ("The source tsd is suspended since 2026-01-31T12:00:00Z.",), "stopped", "", "warning"),
    ],
)
def test_where_each_figure_turns_bad(figure, value, name, label, level):
    figures = WELL._replace(**{figure: value})
    assert levels(figures) == ({(name, label): level} if level else {})
    bad = [f for f in health.judge(figures) if f.level != "ok"]
    assert all(f.text and f.advice.endswith(".") for f in bad)
    assert report.exit_code(health.judge(figures)) == {None: 0, "warning": 1, "critical": 2}[level]


@pytest.mark.parametrize(
    "days, level, words", [(61, "ok", ""), (60, "warning", "weeks"), (31, "warning", "weeks"), (30, "warning", "now")]
    + [(8, "warning", "now"), (7, "critical", "now"), (-1, "critical", "now")],
)  # fmt: skip
def test_a_secret_that_its_command_renews_is_told_of_earlier_and_by_its_name(days, level, words):
    figures = WELL._replace(
        expiring=(("the secret of tsd", days), ("the secret of rems", days)), renewable=(("the secret of tsd", "tsd"),)
    )
    first, second = (one for one in health.judge(figures) if one.name == "expires")
    assert first.level == level and words in first.advice
    assert ("`secureb2share target renew tsd`" in first.advice) == (level != "ok")
    # of another kind, 30 and 7 days before, as ever
    assert second.level == ("ok" if days > 30 else level) and "renew" not in second.advice


@pytest.mark.parametrize("count, words", [(1, "1 event"), (10000, "10000 events"), (10001, "more than 10000 events")])
def test_events_are_counted_up_to_a_bound_and_said_to_be_more(count, words):
    figures = WELL._replace(undelivered=(count, 90), unacknowledged=(count, 90), parked=(count, 90))
    said = {one.name: one.text for one in health.judge(figures)}
    assert [said[name].partition(",")[0] for name in ("undelivered", "unacknowledged", "parked")] == [words] * 3


@pytest.mark.parametrize("mode", ["off", "observe"])
def test_an_instance_that_promises_nothing_is_asked_for_left_triggers_only(mode):
    worst = health.Figures(mode, lock=("x",), parked=(1000, 1.0), has_signing_key=False)
    assert levels(worst) == {}
    assert levels(worst._replace(triggers_left=4)) == {("triggers-left", ""): "warning"}


def test_a_site_sets_its_own_thresholds():
    limits = health.thresholds({"unacknowledged": (None, None), "parked": [5, 6]})
    late = WELL._replace(unacknowledged=(9, 10.0**9), parked=(5, 1.0))
    assert levels(late, limits) == {("parked", ""): "warning"}
    assert health.thresholds({}) == health.THRESHOLDS


@pytest.mark.parametrize(
    "configured", [{"sweeps": (1, 2)}, {"sweep": 5}, {"sweep": (1,)}, {"sweep": ("1", 2)}, {"sweep": (True, 2)}]
)
def test_thresholds_that_make_no_sense(configured):
    with pytest.raises(ConfigError, match="SECUREB2SHARE_HEALTH"):
        health.thresholds(configured)


def test_what_expires():
    today = datetime.date(2026, 11, 23)
    secrets = {"rems": datetime.date(2026, 12, 3), "key 0 of tsd": None, "old": datetime.date(2026, 11, 22)}
    keys = {"k1": datetime.date(2025, 11, 30), "k2": datetime.date(2026, 11, 23)}
    assert expiry.upcoming(secrets, keys, today) == (
        ("old", -1),
        ("rems", 10),
        ("the signing key k1", 7),
        ("the signing key k2", 365),
    )


@pytest.mark.parametrize("text", ["2027-02-30", "31.1.2027", 20270131, ""])
def test_a_day_that_is_none(text):
    with pytest.raises(ConfigError, match="x: expires must be a day"):
        config.day("x", text)
    assert config.day("x", None) is None and config.day("x", "2027-01-31") == datetime.date(2027, 1, 31)


SICK = WELL._replace(
    lock=("A | bar.",),
    sweep_age=None,
    undelivered=(2, 7200.5),
    paused=(('odd "name"\n', "status 401", False),),
    expiring=(("the secret of it's", 5),),
)


def test_the_lines_for_nagios():
    lines = report.nagios(health.judge(SICK), "on").split("\n")
    assert lines[0] == (
        "SECUREB2SHARE CRITICAL - lock: A / bar.; sweep: no sweep has ended yet; expires: the secret of it's ends in"
        " 5 days; undelivered: 2 events, the oldest 2 h old; paused: odd \"name\" : status 401 | 'lock'=1;;1"
        " 'undelivered'=7200.500s;3600;86400 'unacknowledged'=0s;3600; 'parked'=0;1;100 'paused odd \"name\"'=1;1;2"
        " 'expires the secret of its'=5;30:;7: 'index'=0s;600;86400 'ghosts'=0;1;"
        " 'sources'=0;1;2 'signing-key'=0;;1 'restore'=0;1;2 'clock'=0s;60;3600 'instance'=0;;1 'stopped'=0;1;"
    )
    assert lines[1:3] == [
        "critical lock           A / bar.",
        "                        -> Run `secureb2share check` and mend what it names, or `secureb2share lock"
        " acknowledge`; until then every write answers 503.",
    ]
    assert report.nagios(health.judge(health.Figures("off")), "off").startswith(
        "SECUREB2SHARE OK - MODE is off, no fault was found | 'triggers-left'=0;1; 'configuration'=0;1;\n"
    )


def test_the_document_for_programs():
    said = json.loads(report.as_json(health.judge(SICK), "on", "2026-11-23T00:00:00Z"))
    assert (said["status"], said["exit_code"], said["mode"]) == ("critical", 2, "on")
    assert said["findings"][1] == {
        "name": "sweep",
        "level": "critical",
        "value": None,
        "unit": "s",
        "warning": 120,
        "critical": 600,
        "text": "no sweep has ended yet",
        "advice": "Look whether the Celery worker and beat run.",
        "label": "",
    }


def test_the_metrics_are_read_by_an_openmetrics_parser():
    parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    families = {f.name: f for f in parser.text_string_to_metric_families(report.metrics(health.judge(SICK)))}
    assert {f.type for f in families.values()} == {"gauge"}
    values = {tuple(sorted(s.labels.items())): s.value for s in families["secureb2share_health_value"].samples}
    assert values[(("finding", "sweep"),)] == float("inf")
    assert values[(("finding", "undelivered"),)] == 7200.5
    assert values[(("finding", "paused"), ("of", 'odd "name"\n'))] == 1
    levels = {s.labels["finding"]: s.value for s in families["secureb2share_health_level"].samples}
    assert (levels["lock"], levels["expires"], levels["parked"]) == (2, 2, 0)
