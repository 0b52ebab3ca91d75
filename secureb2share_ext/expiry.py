"""On which day does a key or secret end? None of them stops working by itself: health warns."""

import datetime

from .errors import ConfigError

KEY_AGE = 365  # days after which a signing key should be changed for a new one


def day(place, text):
    """The datetime.date of a setting such as "2027-01-31", or None for None; raises ConfigError naming the place."""
    if text is None:
        return None
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%d").date()
    except (TypeError, ValueError):
        raise ConfigError("%s: expires must be a day such as '2027-01-31'." % place)


def upcoming(secrets, keys, today):
    """((what, days left), ...). secrets: {what: date or None}; keys: {kid: date made} of the active signing keys."""
    ends = {what: end for what, end in secrets.items() if end is not None}
    ends.update(("the signing key %s" % kid, made + datetime.timedelta(days=KEY_AGE)) for kid, made in keys.items())
    return tuple(sorted((what, (end - today).days) for what, end in ends.items()))
