"""The findings of health: which figure is bad, and what an operator can do about it.

Figures come in and findings go out; figures.py measures. The levels and exit codes are those of Nagios plugins.
"""

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..errors import ConfigError
from .wording import counted

Limits = Tuple[Optional[float], Optional[float]]  # (warning, critical)

COUNTED = 10000  # events of one kind; the database counts one more and stops, see outbox/store.py
LEVELS = ("ok", "warning", "critical", "unknown")  # the exit code is the place in this list


class Figures(NamedTuple):
    """The measured figures. Ages are seconds, None where there is nothing."""

    mode: str
    configuration: Tuple[str, ...] = ()  # faults in our keys, while the mode is off
    lock: Tuple[str, ...] = ()  # what is missing
    triggers_left: int = 0  # while the mode is not on
    sweep_age: Optional[float] = None
    undelivered: Tuple[int, Optional[float]] = (0, None)  # (count, age of the oldest)
    unacknowledged: Tuple[int, Optional[float]] = (0, None)
    parked: Tuple[int, Optional[float]] = (0, None)
    paused: Tuple[Tuple[str, str, bool], ...] = ()  # (target, reason, whether it is held until an operator's word)
    expiring: Tuple[Tuple[str, int], ...] = ()  # (what, days left)
    renewable: Tuple[Tuple[str, str], ...] = ()  # (what of `expiring`, target whose secret `target renew` replaces)
    index_age: Optional[float] = None
    ghosts: Optional[int] = 0  # entries of the search index without a record; None: the index could not be asked
    sources: Tuple[Tuple[str, str, bool], ...] = ()  # (source, sentence, whether its registrations stop)
    has_signing_key: bool = True
    notices_restore: bool = True
    mark_fault: str = ""  # why the outbox's mark cannot be written, for which nothing is sent
    clock_ahead: float = 0  # seconds by which something was written later than now
    doubts: Tuple[str, ...] = ()  # reasons why this may be a copy
    stopped: Tuple[str, ...] = ()  # [sentence] of what an operator has stopped


class Finding(NamedTuple):
    """One figure and what it means."""

    name: str
    level: str  # of LEVELS
    value: Optional[float]  # None: without end
    unit: str  # of Nagios' performance data: "s" or ""; "d" is ours
    warning: Optional[float]  # from this value on; None: never
    critical: Optional[float]
    text: str
    advice: str  # what to do, empty while all is well
    label: str = ""  # target or secret, where a name has several findings


# name -> (warning, critical): from this value on; of expires: at this value and below
THRESHOLDS: Dict[str, Limits] = {
    "lock": (None, 1),
    "triggers-left": (1, None),
    "configuration": (1, None),
    "sweep": (120, 600),
    "undelivered": (3600, 86400),
    "unacknowledged": (3600, None),
    "parked": (1, 100),
    "paused": (1, 2),
    "expires": (30, 7),
    "index": (600, 86400),
    "ghosts": (1, None),
    "sources": (1, 2),
    "signing-key": (None, 1),
    "restore": (1, 2),
    "clock": (60, 3600),
    "instance": (None, 1),
    "stopped": (1, None),
}
UNITS = {"clock": "s", "sweep": "s", "undelivered": "s", "unacknowledged": "s", "index": "s", "expires": "d"}
FLAGS = ("signing-key",)  # 0: as it should be
ADVICE = {
    "lock": "Run `secureb2share check` and mend what it names, or `secureb2share lock acknowledge`; until then every"
    " write answers 503.",
    "triggers-left": "Run `secureb2share unlock`, or set SECUREB2SHARE_MODE to on.",
    "configuration": "Correct the key that the finding names: with this fault the application starts only in mode off.",
    "sweep": "Look whether the Celery worker and beat run.",
    "undelivered": "Run `secureb2share deliveries list`: it says why the oldest wait.",
    "unacknowledged": "Ask the target's operator why it answers without a receipt of what was sent.",
    "parked": "Run `secureb2share deliveries list --state parked`, then retry or discard each.",
    "paused": "Solve the problem that the reason names, then run `secureb2share deliveries resume --target NAME`.",
    "expires": "Replace it by a new one; see the page Rotate keys.",
    "index": "Look whether the search cluster answers and the Celery worker runs.",
    "ghosts": "Run `secureb2share reindex`, and look whether the Celery worker runs: each sweep looks for some.",
    "sources": "Do what the sentence names; `secureb2share check` says whether it helped.",
    "signing-key": "Run `secureb2share keys new`, or bring the folder SECUREB2SHARE_SIGNING_KEY back.",
    "restore": "Let the worker write in SECUREB2SHARE_STATE_FOLDER, by default the folder of the signing keys. While it"
    " is read-only, run `secureb2share deliveries restored` after every restore.",
    "clock": "Set the clocks of all servers by NTP. Where Celery beat has stopped since, delete its schedule file and"
    " start it again.",
    "instance": "Nothing is sent. If the catalogue has another address now, run `secureb2share rename`; if this is a"
    " copy, see the page Make a staging copy.",
    "stopped": "Once the cause is gone, run `secureb2share incident end` or `secureb2share source resume NAME`.",
}
# days: a secret that only its old one can renew is told of earlier, and once more urgently
EARLY, URGENT = 60, 30
RENEW = {
    False: "Run `secureb2share target renew %s` in the next weeks.",
    True: "Run `secureb2share target renew %s` now: behind that day only the other side can give a new one.",
}
# the findings of an instance whose mode is not on
WHILE_NOT_ON = ("triggers-left", "configuration")


def thresholds(configured: Dict[str, Any]) -> Dict[str, Limits]:
    """THRESHOLDS with the changes of SECUREB2SHARE_HEALTH (configured); raises ConfigError."""
    for name, pair in configured.items():
        is_pair = isinstance(pair, (list, tuple)) and len(pair) == 2
        if name not in THRESHOLDS or not is_pair or not all(_is_limit(limit) for limit in pair):
            known = ", ".join(sorted(THRESHOLDS))
            raise ConfigError(
                "SECUREB2SHARE_HEALTH: %r must be one of %s, with a pair of numbers or None." % (name, known)
            )
    return dict(THRESHOLDS, **{name: tuple(pair) for name, pair in configured.items()})


def _is_limit(limit: Any) -> bool:
    return limit is None or (isinstance(limit, (int, float)) and not isinstance(limit, bool))


def judge(figures: Figures, limits: Dict[str, Limits] = THRESHOLDS) -> List[Finding]:
    """[Finding] for Figures, in the order of THRESHOLDS; limits: from `thresholds`."""
    found: List[Finding] = []
    for name in THRESHOLDS:
        if (figures.mode == "on") != (name in WHILE_NOT_ON):
            for value, text, label in _values(figures, name):
                bounds = limits[name]
                target = dict(figures.renewable).get(label) if name == "expires" else None
                if target is not None and bounds[0] is not None:
                    bounds = max(bounds[0], EARLY), bounds[1]
                level = _level(value, bounds, name == "expires")
                advice = "" if level == "ok" else ADVICE[name]
                if advice and target is not None:
                    advice = RENEW[(value or 0) <= URGENT] % target
                found.append(Finding(name, level, value, UNITS.get(name, ""), *bounds, text, advice, label))
    return found


def _level(value: Optional[float], limits: Limits, falls: bool) -> str:
    for level, limit in (("critical", limits[1]), ("warning", limits[0])):
        if limit is not None and (value is None or (value <= limit if falls else value >= limit)):
            return level
    return "ok"


def _events(count):
    return counted(count, "event") if count <= COUNTED else "more than %d events" % COUNTED


def _values(figures: Figures, name: str) -> Sequence[Tuple[Optional[float], str, str]]:
    """[(value, text, label)] of a finding's name."""
    if name == "lock":
        return [(len(figures.lock), " ".join(figures.lock) or "all layers are in place", "")]
    if name == "triggers-left":
        return [(figures.triggers_left, "%d triggers refuse uploads" % figures.triggers_left, "")]
    if name == "configuration":
        return [(len(figures.configuration), " ".join(figures.configuration) or "every key makes sense", "")]
    if name == "sweep":
        age = figures.sweep_age
        return [(age, "no sweep has ended yet" if age is None else "the last sweep ended %s ago" % _span(age), "")]
    if name in ("undelivered", "unacknowledged"):
        count, age = getattr(figures, name)
        text = "%s, the oldest %s old" % (_events(count), _span(age or 0)) if count else "none"
        return [(age or 0, text, "")]
    if name == "parked":
        return [(figures.parked[0], _events(figures.parked[0]), "")]
    if name == "paused":
        # one that waits for an operator weighs more than one that is probed
        said = [(2 if held else 1, "%s: %s" % (target, reason), target) for target, reason, held in figures.paused]
        return said or [(0, "no target is held or has been down for long", "")]
    if name == "expires":
        return [(days, _expiry(what, days), what) for what, days in figures.expiring]
    if name == "index":
        age = figures.index_age
        return [(age or 0, "no change waits" if age is None else "the oldest change waits %s" % _span(age), "")]
    if name == "ghosts":
        count = figures.ghosts
        if count is None:
            return [(0, "the search index could not be asked", "")]
        return [(count, "entries of the search index without a record: %d" % count if count else "none", "")]
    if name == "sources":
        # one whose registrations are refused weighs more than one that goes on
        by_source: Dict[str, List[Tuple[float, str]]] = {}
        for source, sentence, stops in figures.sources:
            by_source.setdefault(source, []).append((2 if stops else 1, sentence))
        told = [(max(said)[0], " ".join(text for _, text in said), source) for source, said in by_source.items()]
        return told or [(0, "every source can register", "")]
    if name == "signing-key":
        here = figures.has_signing_key
        return [(0 if here else 1, "there is a key that can sign" if here else "there is no key that can sign", "")]
    if name == "clock":
        ahead = figures.clock_ahead
        leap = "something was written %s later than now: the clock was set back" % _span(ahead)
        return [(ahead, leap if ahead else "nothing was written later than now", "")]
    if name == "stopped":
        return [(len(figures.stopped), " ".join(figures.stopped) or "nothing is frozen or suspended", "")]
    if name == "instance":
        return [
            (len(figures.doubts), " ".join(figures.doubts) or "database and key folder belong to this instance", "")
        ]
    if figures.mark_fault:
        return [(2, figures.mark_fault + ": nothing is sent", "")]
    notices = figures.notices_restore
    is_not = "" if notices else "not "
    return [(0 if notices else 1, "a restored database would %sbe noticed" % is_not, "")]


def _expiry(what: str, days: int) -> str:
    return (
        "%s ended %s ago" % (what, counted(-days, "day"))
        if days < 0
        else "%s ends in %s" % (what, counted(days, "day"))
    )


def _span(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return "%d %s" % (seconds // length, unit)
    return "%d s" % seconds


def worst(findings: List[Finding]) -> str:
    """The worst level of the findings."""
    return max((finding.level for finding in findings), key=LEVELS.index, default="ok")
