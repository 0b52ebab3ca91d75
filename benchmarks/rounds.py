"""The order of measurements: what is compared is measured in turn, A B A B, after a warm-up of each."""

from typing import Any, Callable, Dict, List, Mapping


def interleave(sides: Mapping[str, Callable[[], Any]], runs: int) -> Dict[str, List[Any]]:
    """{side: what its measurement gave in each run}; sides: {name: measurement}.

    What else the machine does then meets all sides alike, and the first measurement of each, which is no like the
    others, is dropped.
    """
    for measure in sides.values():
        measure()
    found: Dict[str, List[Any]] = {name: [] for name in sides}
    for _ in range(runs):
        for name, measure in sides.items():
            found[name].append(measure())
    return found
