"""The page of deliveries: the targets, and the events that are on their way or were not delivered."""

from typing import List

from flask import abort, request

from .. import instance
from ..compat import utcnow
from ..datasets import store as datasets
from ..outbox import steps, store
from ..pages import notices, private
from ..pages.render import render
from ..proxies import current
from . import standing
from .page import PAGE, blueprint, paged, paused_targets, start_of_page, state_of, targets


@blueprint.route("/")
def deliveries() -> str:
    """Show the targets, and the events in the states and of the target that are asked for."""
    chosen, target = request.args.get("state", "open"), request.args.get("target") or None
    states = dict(standing.FILTERS).get(chosen, ())
    if not states or "\x00" in (target or ""):
        abort(404)
    start = start_of_page()
    paused, now = paused_targets(), utcnow()
    found = store.page(states, target, start, PAGE + 1)
    events = [_entry(event, paused.get(event.target), now) for event in found[:PAGE]]
    return render(
        "secureb2share_ext/operate/deliveries.html",
        targets=targets(paused, now),
        stops=_stops(current()),
        entries=events,
        rows=datasets.by_numbers({event.dataset_id for event in found[:PAGE]}),
        filters=[name for name, _ in standing.FILTERS],
        chosen=chosen,
        is_open=chosen in standing.OPEN,
        target=target,
        most=store.MOST,
        form=private.Order(),
        notice=notices.take(),
        swept=steps.finished(),
        **paged(start, found, now),
    )


def _entry(event, paused, now):
    """(event, state, when it is tried next, whether its target's card does not say what to do)."""
    state, pause = state_of(event, now), paused[1] if paused else None
    return event, state, standing.next_try(state, event.next_at, pause, now), pause is None


def _stops(extension) -> List[str]:
    """[sentence] of what keeps everything from being sent."""
    fault = extension.mark.fault() if extension.mark.is_kept else None
    return instance.doubts(extension) + ["%s." % fault] * bool(fault)
