"""The pages of operation: deliveries and the orders about them, datasets, health."""

from typing import Any, Dict, List

from flask import Blueprint, abort, redirect, request, url_for
from invenio_db import db
from sqlalchemy.exc import SQLAlchemyError

from .. import compat, instance
from ..compat import utcnow
from ..datasets import store as datasets
from ..maintenance import check, figures
from ..maintenance.findings import Finding, judge, worst
from ..maintenance.report import ORDER
from ..outbox import orders, pauses, steps, store
from ..pages import notices, private
from ..pages.language import gettext, ngettext
from ..pages.render import render
from ..pages.words import N_
from ..proxies import current
from . import standing, words

PAGE = 50
MOST_REASON = 200  # characters, as models.Pause and models.Event keep them
DELIVERIES = "secureb2share_operate.deliveries"
NEEDS = N_("This page is for operators. Ask an administrator of the catalogue for the right to operate.")

blueprint = Blueprint(
    "secureb2share_operate", __name__, url_prefix="/secureb2share/operate", template_folder="templates"
)
private.keep(blueprint, lambda: current().host.may_operate(), NEEDS, DELIVERIES)


@blueprint.route("/")
def deliveries() -> str:
    """Show the targets, and the events in the states and of the target that are asked for."""
    chosen, target = request.args.get("state", "open"), request.args.get("target") or None
    states = dict(standing.FILTERS).get(chosen, ())
    if not states or "\x00" in (target or ""):
        abort(404)
    start = _start()
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
        state_of=_state_of,
        **_paged(start, found, now),
    )


def _start() -> int:
    return min(max(request.args.get("start", 0, type=int), 0), 2**31 - PAGE)


def _paged(start, found, now) -> Dict[str, Any]:
    """What every list has: its neighbours, words, and the time."""
    before, more = max(start - PAGE, 0) if start else None, start + PAGE if len(found) > PAGE else None
    return {"start": start, "before": before, "more": more, "words": words, "now": now}


def _stops(extension) -> List[str]:
    """[sentence] of what keeps everything from being sent."""
    fault = extension.mark.fault() if extension.mark.is_kept else None
    return instance.doubts(extension) + ["%s." % fault] * bool(fault)


def _state_of(event, now) -> str:
    return "sending" if event.state == "pending" and orders.is_claimed(event, now) else event.state


@blueprint.route("/discard")
def discard() -> Any:
    """Ask once more before events are discarded, and for a reason."""
    events = store.some(_numbers(request.args.getlist("event")))
    if not events:
        return redirect(url_for(DELIVERIES), 303)
    return _asked(events, [])


def _asked(events, faults, status=200):
    rows = datasets.by_numbers({event.dataset_id for event in events})
    page = render(
        "secureb2share_ext/operate/discard.html",
        events=events,
        rows=rows,
        form=private.Order(),
        faults=faults,
        reason=request.form.get("reason", ""),
        words=words,
    )
    return page if status == 200 else (page, status)


def _numbers(texts) -> List[int]:
    return sorted({int(text) for text in texts[:PAGE] if text.isdigit() and len(text) < 10})


@blueprint.route("/orders", methods=["POST"])
def order() -> Any:
    """Take an order: retry or discard events, or retry, hold or resume a target."""
    form = private.Order()
    if not form.validate():
        notices.leave(gettext("This page was open for too long, and nothing was done. Try again."), "stop")
        return redirect(url_for(DELIVERIES), 303)
    name = request.form.get("order", "")
    take = {
        "retry": _retry,
        "ask-discard": _ask_discard,
        "discard": _discard,
        "retry-target": _retry_target,
        "hold": _hold,
        "resume": _resume,
    }.get(name)
    answer = take() if take is not None else abort(400)
    if answer is None:
        db.session.commit()
        back: Dict[str, Any] = {key: request.form[key] for key in ("state", "target") if request.form.get(key)}
        return redirect(url_for(DELIVERIES, **(back if name in ("retry", "discard") else {})), 303)
    db.session.rollback()
    return answer


def _chosen() -> List[int]:
    return _numbers(request.form.getlist("event"))


def _retry():
    numbers, now = _chosen(), utcnow()
    if not numbers:
        notices.leave(gettext("Choose at least one delivery first."), "wait")
        return
    stopped = {row.target for row in pauses.every()}
    taken, busy = store.take(numbers)
    done = [event for event in taken if store.retry(event.id, now)]
    later = sum(event.target in stopped for event in done)
    said = [_sent_next(len(done) - later)] * (len(done) > later or not later) + [_sent_later(later)] * bool(later)
    notices.leave(" ".join(said) + _busy(busy) + _left(len(numbers) - len(done) - busy), "ok" if done else "wait")


def _sent_next(number):
    return ngettext(
        "The next run of the worker sends %(number)s event.",
        "The next run of the worker sends %(number)s events.",
        number,
    )


def _sent_later(number):
    return ngettext(
        "%(number)s event is sent once its target takes events again: it is held or paused now.",
        "%(number)s events are sent once their targets take events again: these are held or paused now.",
        number,
    )


def _left(number):
    return (
        ""
        if not number
        else " "
        + ngettext("%(number)s event was finished already.", "%(number)s events were finished already.", number)
    )


def _busy(number):
    return (
        ""
        if not number
        else " "
        + ngettext(
            "%(number)s event is being sent now, and was left as it is.",
            "%(number)s events are being sent now, and were left as they are.",
            number,
        )
    )


def _ask_discard():
    numbers = _chosen()
    if numbers:
        return redirect(url_for("secureb2share_operate.discard", event=numbers), 303)
    notices.leave(gettext("Choose at least one delivery first."), "wait")
    return None


def _discard():
    numbers, reason = _chosen(), request.form.get("reason", "").strip()
    if not _is_reason(reason):
        events = store.some(numbers)
        return _asked(events, [_no_reason()], 400) if events else redirect(url_for(DELIVERIES), 303)
    now = utcnow()
    found, busy = store.take(numbers)
    # a worker has told the target, or is about to
    done = sum(store.discard(event.id, now, reason) for event in found if not orders.is_claimed(event, now))
    said = ngettext("%(number)s event was discarded.", "%(number)s events were discarded.", done)
    said += _busy(len(found) - done + busy) + _left(len(numbers) - len(found) - busy)
    notices.leave(said, "ok" if done else "wait")
    return None


def _is_reason(text):
    return 0 < len(text) <= MOST_REASON and text.isprintable()


def _no_reason():
    return gettext("Write a reason on one line, of at most %(number)s characters.", number=MOST_REASON)


def _target():
    """The target that a form names; 404 for one that nobody knows."""
    name = request.form.get("name", "")
    if name not in {row.target for row in pauses.every()}.union(current().targets):
        abort(404)
    return name


def _retry_target():
    name = _target()
    done = orders.retry_unless_held(name)
    if done is None:
        notices.leave(gettext("%(target)s is held, and nothing was done. Resume it first.", target=name), "stop")
        return
    said = ngettext(
        "%(number)s event for %(target)s will be sent by the next runs of the worker.",
        "%(number)s events for %(target)s will be sent by the next runs of the worker.",
        done.due,
        target=done.target,
    )
    notices.leave(said)


def _hold():
    name, reason = _target(), request.form.get("reason", "").strip()
    if not _is_reason(reason):
        notices.leave(gettext("%(target)s is not held.", target=name) + " " + _no_reason(), "stop")
        return
    orders.hold([name], reason, utcnow())
    notices.leave(gettext("Nothing is sent to %(target)s until somebody resumes it.", target=name))


def _resume():
    name = _target()
    orders.resume(name, utcnow())
    notices.leave(gettext("Events are sent to %(target)s again.", target=name))


@blueprint.route("/datasets")
def list_datasets() -> str:
    """List the datasets, with what each target was told last."""
    named = request.args.get("q", "").strip()[:255].replace("\x00", "")
    start, host = _start(), current().host
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
        state_of=_state_of,
        **_paged(start, found, utcnow()),
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
        words=words,
        state_of=_state_of,
        now=utcnow(),
    )


def _row(number):
    row = datasets.by_number(number)
    if row is None:
        abort(404)
    return row


@blueprint.route("/health")
def health() -> Any:
    """Show what `health` and `check` say, the worst first."""
    app, extension, now = compat.application(), current(), utcnow()
    # what follows has connections of its own, and SQLite lets one write at a time
    db.session.commit()
    try:
        found: List[Finding] = judge(figures.measure(app, extension, now), extension.thresholds)
        missing = check.missing(app, extension)
        waiting = datasets.waiting()
    except (SQLAlchemyError, OSError):
        db.session.rollback()
        return render("secureb2share_ext/operate/health.html", found=None, words=words, now=now), 503
    found = sorted(found, key=lambda one: ORDER[one.level])
    return render(
        "secureb2share_ext/operate/health.html",
        found=found,
        level=worst(found),
        bad=sum(one.level != "ok" for one in found),
        missing=missing,
        waiting=waiting,
        links={name: _link(name) for name in ("undelivered", "parked", "unacknowledged", "paused")},
        words=words,
        now=now,
    )


def _link(name):
    state = {"undelivered": "open", "parked": "parked", "unacknowledged": "delivered", "paused": "open"}[name]
    return url_for(DELIVERIES, state=state)
