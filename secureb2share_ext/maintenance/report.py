"""The texts in which health is told to an operator, to Nagios, to a program and to Prometheus. Pure."""

import json
from typing import Any, List

from .findings import LEVELS, Finding, worst

ORDER = {level: number for number, level in enumerate(("critical", "unknown", "warning", "ok"))}


def exit_code(findings: List[Finding]) -> int:
    """The exit code of findings: 0 ok, 1 warning, 2 critical, 3 unknown."""
    return LEVELS.index(worst(findings))


def nagios(findings: List[Finding], mode: str) -> str:
    """The lines of a Nagios plugin: the state with the worst findings and performance data, then each finding."""
    wrong = sorted((f for f in findings if f.level != "ok"), key=lambda f: ORDER[f.level])
    said = "; ".join("%s: %s" % (f.name, f.text) for f in wrong) or "MODE is %s, no fault was found" % mode
    data = " ".join(_performance(f) for f in findings if f.value is not None)
    lines = ["SECUREB2SHARE %s - %s%s" % (worst(findings).upper(), _plain(said), " | " + data if data else "")]
    for finding in findings:
        lines.append("%-8s %-14s %s" % (finding.level, finding.name, _plain(finding.text)))
        if finding.advice:
            lines.append("%-8s %-14s -> %s" % ("", "", finding.advice))
    return "\n".join(lines)


def _performance(finding: Finding) -> str:
    label = "%s %s" % (finding.name, finding.label) if finding.label else finding.name
    # a number at the other end of a range: alert at and below it
    edge = "%s:" if finding.name == "expires" else "%s"
    limits = [edge % _number(limit) if limit is not None else "" for limit in (finding.warning, finding.critical)]
    unit = "s" if finding.unit == "s" else ""
    return "'%s'=%s%s;%s;%s" % (_plain(label).replace("'", ""), _number(finding.value), unit, limits[0], limits[1])


def _plain(text: str) -> str:
    # a bar begins the performance data, and a line ends with its break
    return " ".join(text.replace("|", "/").split())


def as_json(findings: List[Finding], mode: str, time: str) -> str:
    """A JSON document; time: RFC 3339."""
    level = worst(findings)
    return json.dumps(
        {
            "status": level,
            "exit_code": LEVELS.index(level),
            "mode": mode,
            "time": time,
            "findings": [finding._asdict() for finding in findings],
        },
        indent=1,
    )


def metrics(findings: List[Finding]) -> str:
    """OpenMetrics 1.0 text: for each finding its level as in Nagios, and its value."""
    lines = [
        "# TYPE secureb2share_health_level gauge",
        "# HELP secureb2share_health_level 0 ok, 1 warning, 2 critical, 3 unknown.",
    ]
    lines += ["secureb2share_health_level%s %d" % (_labels(f), LEVELS.index(f.level)) for f in findings]
    lines += [
        "# TYPE secureb2share_health_value gauge",
        "# HELP secureb2share_health_value The figure: seconds, days left or a number, see the page Watch health.",
    ]
    for finding in findings:
        value = "+Inf" if finding.value is None else _number(finding.value)
        lines.append("secureb2share_health_value%s %s" % (_labels(finding), value))
    return "\n".join(lines + ["# EOF"]) + "\n"


def _labels(finding: Finding) -> str:
    said = {"finding": finding.name, "of": finding.label}
    return "{%s}" % ",".join('%s="%s"' % (name, _escaped(text)) for name, text in said.items() if text)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: Any) -> str:
    return "%d" % value if value == int(value) else "%.3f" % value
