"""The table of figures, for people. Pure."""

from typing import Sequence

from .figures import Figure

HEADINGS = ("figure", "median", "spread", "unit", "goal", "met", "runs")
NUMBERS = ("median", "spread", "runs")
MET = {True: "met", False: "MISSED", None: "-"}


def table(figures: Sequence[Figure]) -> str:
    """Lines of aligned columns, with a heading; an empty line stands between two groups of figures."""
    rows = [_row(figure) for figure in figures]
    widths = [max(len(row[n]) for row in [HEADINGS, *rows]) for n in range(len(HEADINGS))]
    lines = [_line(HEADINGS, widths), "  ".join("-" * width for width in widths)]
    group = None
    for figure, row in zip(figures, rows):
        if group not in (None, _group(figure)):
            lines.append("")
        group = _group(figure)
        lines.append(_line(row, widths))
    return "\n".join(lines)


def summary(figures: Sequence[Figure]) -> str:
    """One sentence that says how many goals are met, and names the missed ones."""
    judged = [figure for figure in figures if figure.met is not None]
    missed = [figure.name for figure in judged if not figure.met]
    text = "%d of %d goals are met." % (len(judged) - len(missed), len(judged))
    return text + (" Missed: %s." % ", ".join(missed) if missed else "")


def number(value: float) -> str:
    """A value with three digits that count, and never with an exponent."""
    if abs(value) >= 100 or value == 0:
        return "%.0f" % value
    return "%.1f" % value if abs(value) >= 10 else "%.2f" % value if abs(value) >= 1 else "%.3f" % value


def _group(figure):
    return figure.name.partition(".")[0]


def _row(figure):
    shown = (number(figure.median), number(figure.spread), figure.unit, figure.goal_text or "-", MET[figure.met])
    return (figure.name, *shown, str(len(figure.values)))


def _line(row, widths):
    cells = [
        text.rjust(width) if heading in NUMBERS else text.ljust(width)
        for heading, text, width in zip(HEADINGS, row, widths)
    ]
    return "  ".join(cells).rstrip()
