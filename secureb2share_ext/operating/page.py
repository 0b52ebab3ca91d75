"""What the pages of operation share: their blueprint, and what every list has."""

import datetime
from typing import Any, Dict, List

from flask import Blueprint, request

from ..outbox import orders, pauses, store
from ..outbox.models import Event
from ..pages import private
from ..pages.words import N_
from ..proxies import current
from . import answers, standing, words

PAGE = 50
DELIVERIES = "secureb2share_operate.deliveries"
NEEDS = N_("This page is for operators. Ask an administrator of the catalogue for the right to operate.")

blueprint = Blueprint(
    "secureb2share_operate", __name__, url_prefix="/secureb2share/operate", template_folder="templates"
)
private.keep(blueprint, lambda: current().host.may_operate(), NEEDS, DELIVERIES, "operate")


def start_of_page() -> int:
    """The number of entries before the page that is asked for."""
    return min(max(request.args.get("start", 0, type=int), 0), 2**31 - PAGE)


def paged(start: int, found: List[Any], now: datetime.datetime) -> Dict[str, Any]:
    """What every list has: its neighbours, words, and the time; found: the entries of the page, and one more."""
    before, more = max(start - PAGE, 0) if start else None, start + PAGE if len(found) > PAGE else None
    return {"start": start, "before": before, "more": more, "words": words, "answers": answers, "now": now}


def paused_targets() -> standing.Paused:
    """The targets to which nothing is sent now."""
    return {row.target: (orders.kind(row), row) for row in pauses.every()}


def addresses() -> Dict[str, str]:
    """{target: URL} of the configured targets."""
    return {name: target.url for name, target in current().targets.items()}


def targets(paused: standing.Paused, now: datetime.datetime) -> List[standing.Target]:
    """The standing of each target; now: naive UTC."""
    return standing.targets(addresses(), paused, store.counts(), store.waits(), now)


def state_of(event: Event, now: datetime.datetime) -> str:
    """The state of an event as an operator reads it; now: naive UTC."""
    return "sending" if event.state == "pending" and orders.is_claimed(event, now) else event.state
