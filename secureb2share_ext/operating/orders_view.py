"""The orders that an operator gives about deliveries, each in one transaction."""

from typing import Any, Dict, List

from flask import abort, current_app, redirect, request, url_for
from invenio_db import db

from ..compat import utcnow
from ..datasets import store as datasets
from ..outbox import orders, pauses, store
from ..pages import notices, private
from ..pages.language import gettext, ngettext
from ..pages.render import render
from ..proxies import current
from . import words
from .page import DELIVERIES, PAGE, blueprint

MOST_REASON = 200  # characters, as models.Pause and models.Event keep them


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
    return sorted({int(text) for text in texts[:PAGE] if text.isdecimal() and len(text) < 10})


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
    said = [_tried_next(len(done) - later)] * (len(done) > later) + [_sent_later(later)] * bool(later)
    said = [" ".join(said) or gettext("Nothing was ordered."), _busy(busy), _left(len(numbers) - len(done) - busy)]
    notices.leave("".join(said), "" if done else "wait")


def _tried_next(number):
    said = ngettext(
        "Ordered: the next run of the worker tries %(number)s event.",
        "Ordered: the next run of the worker tries %(number)s events.",
        number,
    )
    return said + " " + _not_yet()


def _not_yet():
    return ngettext(
        "Nothing has been sent yet. The worker begins a run every second.",
        "Nothing has been sent yet. The worker begins a run every %(number)s seconds.",
        current_app.config["SECUREB2SHARE_SWEEP_INTERVAL"],
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
        "Ordered: the next run of the worker tries %(number)s event for %(target)s.",
        "Ordered: the next runs of the worker try %(number)s events for %(target)s.",
        done.due,
        target=done.target,
    )
    notices.leave(said + " " + _not_yet(), "")


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
    said = gettext("Ordered: %(target)s is tried again from the next run of the worker on.", target=name)
    notices.leave(said + " " + _not_yet(), "")
