"""The page of deliveries: the targets, and the events that are on their way or were not delivered."""

from typing import List

from flask import abort, request

from .. import instance
from ..compat import utcnow
from ..datasets import store as datasets
from ..outbox import orders, pauses, steps, store
from ..pages import notices, private
from ..pages.render import render
from ..proxies import current
from . import standing
from .page import PAGE, blueprint, paged, start_of_page, state_of


@blueprint.route("/")
def deliveries() -> str:
    """Show the targets, and the events in the states and of the target that are asked for."""
    chosen, target = request.args.get("state", "open"), request.args.get("target") or None
    states = dict(standing.FILTERS).get(chosen, ())
    if not states or "\x00" in (target or ""):
        abort(404)
    start = start_of_page()
    extension, now = current(), utcnow()
    paused = {row.target: (orders.kind(row), row) for row in pauses.every()}
    found = store.page(states, target, start, PAGE + 1)
    events = found[:PAGE]
    return render(
        "secureb2share_ext/operate/deliveries.html",
        targets=standing.targets(extension.targets, paused, store.counts()),
        paused=paused,
        stops=_stops(extension),
        events=events,
        rows=datasets.by_numbers({event.dataset_id for event in events}),
        filters=[name for name, _ in standing.FILTERS],
        chosen=chosen,
        target=target,
        most=store.MOST,
        form=private.Order(),
        notice=notices.take(),
        swept=steps.finished(),
        state_of=state_of,
        **paged(start, found, now),
    )


def _stops(extension) -> List[str]:
    """[sentence] of what keeps everything from being sent."""
    fault = extension.mark.fault() if extension.mark.is_kept else None
    return instance.doubts(extension) + ["%s." % fault] * bool(fault)
