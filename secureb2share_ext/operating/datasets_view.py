"""The pages of datasets, with what each target was told of them."""

from typing import Any, Dict, List

from flask import abort, request

from ..compat import utcnow
from ..datasets import store as datasets
from ..outbox import store
from ..pages.render import render
from ..proxies import current
from . import answers, standing, words
from .page import PAGE, addresses, blueprint, paged, start_of_page, state_of


@blueprint.route("/datasets")
def list_datasets() -> str:
    """List the datasets, with what each target was told last."""
    named = request.args.get("q", "").strip()[:255].replace("\x00", "")
    start, host = start_of_page(), current().host
    pid = host.pid_of(named) if named else None
    found = datasets.newest(start, PAGE + 1, named, pid)
    rows = found[:PAGE]
    last: Dict[int, List[Any]] = {}
    for event in store.last_of([row.id for row in rows]):
        last.setdefault(event.dataset_id, []).append(event)
    return render(
        "secureb2share_ext/operate/datasets.html",
        entries=[(row, last.get(row.id, []), host.record_url(row) if row.pid else "") for row in rows],
        reviews=_reviews(rows),
        standing=standing,
        named=named,
        state_of=state_of,
        **paged(start, found, utcnow()),
    )


def _reviews(rows):
    reasons = datasets.held_reasons([row.id for row in rows])
    return {number: "held" if reason is None else "refused" for number, reason in reasons.items()}


@blueprint.route("/datasets/<int:number>")
def show_dataset(number: int) -> str:
    """Show one dataset: what it is registered as, and its newest events."""
    row, host = _row(number), current().host
    review = _reviews([row]).get(row.id, "")
    return render(
        "secureb2share_ext/operate/dataset.html",
        row=row,
        names=host.names(row) if row.pid else [],
        address=host.record_url(row) if row.pid else "",
        access=host.access_url(row.pid) if row.pid else "",
        state=standing.of_dataset(row, review),
        review=review,
        events=store.newest_of(row.id, PAGE),
        decisions=datasets.decisions_of(row.id, PAGE),
        most=PAGE,
        addresses={name: standing.address(url) for name, url in addresses().items()},
        words=words,
        answers=answers,
        state_of=state_of,
        now=utcnow(),
    )


def _row(number):
    row = datasets.by_number(number)
    if row is None:
        abort(404)
    return row
