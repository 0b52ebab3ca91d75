"""What happened to an application, how many days it took, and what comes next. Pure.

A step is {"at": time, "what": see table `steps`, "text": of the owner, or the answer of who asked, "until": the last
day of access that it gives, or ""}; the first one is always ``sent``.
"""

import datetime

DAY = 24 * 3600
OPEN = ("submitted", "returned")
STATE_AFTER = {
    "sent": "submitted",
    "returned": "returned",
    "sent-again": "submitted",
    "approved": "approved",
    "changed": "approved",
    "denied": "denied",
    "revoked": "revoked",
    "taken-back": "closed",
}
# what the catalogue counts: it knows no return, and that an approval ended is told as "closed"
REPORTED = {
    "sent": "submitted",
    "approved": "approved",
    "denied": "denied",
    "revoked": "closed",
    "taken-back": "closed",
}
# the states from which a step may be taken
MAY = {
    "returned": ("submitted",),
    "sent-again": ("returned",),
    "approved": ("submitted",),
    "changed": ("approved",),
    "denied": ("submitted", "returned"),
    "revoked": ("approved",),
    "taken-back": ("submitted", "returned"),
}


def days(steps, now):
    """The number of the day (1 on the first) that the owner has used; it stands still while the applicant has it.

    now: seconds since 1970
    """
    used, since = 0.0, None
    for step in steps:
        if step["what"] in ("sent", "sent-again"):
            since = seconds(step["at"])
        elif since is not None:
            used, since = used + seconds(step["at"]) - since, None
    if since is not None:
        used += now - since
    return int(max(used, 0) // DAY) + 1


def exchanges(steps):
    """[(step that asks for more, step that answers it, or None)], the first one first."""
    found = []
    for step in steps:
        if step["what"] == "returned":
            found.append((step, None))
        elif step["what"] == "sent-again" and found:
            found[-1] = (found[-1][0], step)
    return found


def last_of(steps, what):
    """The last step of a kind, or None."""
    return next((step for step in reversed(steps) if step["what"] == what), None)


def seconds(text):
    """Seconds since 1970 of a UTC time such as ``2026-01-31T12:00:00.000000Z``."""
    moment = datetime.datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")
    return moment.replace(tzinfo=datetime.timezone.utc).timestamp()


def day_of(moment):
    """The day, such as ``2026-01-31``, of seconds since 1970, in UTC."""
    return datetime.datetime.fromtimestamp(moment, datetime.timezone.utc).date().isoformat()


def end_of(day):
    """Seconds since 1970 at the end of a day such as ``2026-01-31``, in UTC; raises ValueError."""
    moment = datetime.datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=datetime.timezone.utc)
    return moment.timestamp() + DAY


def days_left(expires, now):
    """Whole days until an end, at least 1 while it has not come; 0 afterwards."""
    return int((expires - now + DAY - 1) // DAY) if expires and expires > now else 0
