"""A check of the whole demo over HTTP, without a browser. Each step prints one line with what it saw."""

from . import circle, review, ways
from .trip import RoundTrip

STEPS = review.BEFORE + circle.STEPS + review.STEPS + ways.STEPS


def run(catalogue, secure, second, third, sd_apply, data):
    """0 when every step succeeds, else 1; the servers run at these URLs (TSD, CSC, CINECA, SD Apply); data: folder."""
    trip = RoundTrip(catalogue, secure, second, third, sd_apply, data)
    for step in STEPS:
        name = step.__name__.replace("_", " ")
        try:
            print("  ok    %-46s %s" % (name, step(trip)), flush=True)
        except Exception as error:
            print("  FAILED %-45s %s: %s" % (name, type(error).__name__, error), flush=True)
            return 1
    print("%d passed, 0 failed" % len(STEPS))
    return 0
