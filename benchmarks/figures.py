"""A figure: what was measured in several runs, and whether it meets its goal. Pure."""

import json
import operator
import statistics
from typing import Any, Dict, NamedTuple, Optional, Sequence, Tuple

HOST = "records_rest"
GOALS = {">=": operator.ge, "<=": operator.le, "<": operator.lt}


class Figure(NamedTuple):
    """The values of one figure, one for each run; goal: (one of GOALS, number), or None where there is none."""

    name: str
    unit: str
    values: Sequence[float]
    goal: Optional[Tuple[str, float]] = None
    host: str = HOST

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def spread(self) -> float:
        """The distance between the first and the third quartile, in the figure's unit."""
        if len(self.values) < 2:
            return 0.0
        first, _, third = statistics.quantiles(self.values, n=4, method="inclusive")
        return third - first

    @property
    def met(self) -> Optional[bool]:
        """Whether the median meets the goal; None without a goal."""
        return None if self.goal is None else bool(GOALS[self.goal[0]](self.median, self.goal[1]))

    @property
    def goal_text(self) -> Optional[str]:
        return None if self.goal is None else "%s %g" % self.goal

    def as_dict(self) -> Dict[str, Any]:
        return {
            "name": self.name,
            "host": self.host,
            "value": rounded(self.median),
            "unit": self.unit,
            "goal": self.goal_text,
            "met": self.met,
            "runs": len(self.values),
            "spread": rounded(self.spread),
        }

    def line(self) -> str:
        """One line of JSON, without its end."""
        return json.dumps(self.as_dict())


def rounded(value: float) -> float:
    """A value with four digits that count."""
    return float("%.4g" % value)


def ratios(name: str, above: Sequence[float], below: Sequence[float], goal: Any = None) -> Figure:
    """The Figure of the ratios of two measurements, run by run; a run in which the lower one is 0 does not count."""
    return Figure(name, "ratio", [one / other for one, other in zip(above, below) if other], goal)
