"""The page of health: what the commands `health` and `check` say."""

from typing import Any, List

from flask import url_for
from invenio_db import db
from sqlalchemy.exc import SQLAlchemyError

from .. import compat
from ..compat import utcnow
from ..datasets import store as datasets
from ..maintenance import check, figures
from ..maintenance.findings import Finding, judge, worst
from ..maintenance.report import ORDER
from ..pages.render import render
from ..proxies import current
from . import answers, standing, words
from .page import DELIVERIES, blueprint, paused_targets, targets


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
        told = [one.label for one in found if one.name == "paused" and one.level != "ok"]
        known = standing.unsettled(targets(paused_targets(), now), told) if extension.is_on else []
    except (SQLAlchemyError, OSError):
        db.session.rollback()
        return render("secureb2share_ext/operate/health.html", found=None, words=words, now=now), 503
    found = sorted(found, key=lambda one: ORDER[one.level])
    return render(
        "secureb2share_ext/operate/health.html",
        found=found,
        level=worst(found),
        bad=sum(one.level != "ok" for one in found),
        known=known,
        missing=missing,
        waiting=waiting,
        links={name: _link(name) for name in ("undelivered", "parked", "unacknowledged", "paused")},
        words=words,
        answers=answers,
        now=now,
    )


def _link(name):
    state = {"undelivered": "open", "parked": "parked", "unacknowledged": "delivered", "paused": "open"}[name]
    return url_for(DELIVERIES, state=state)
