"""The days on which keys and secrets end. None of them stops working by itself: health warns."""

import datetime

KEY_AGE = 365  # days after which a signing key should be changed for a new one


def upcoming(secrets, keys, today):
    """((what, days left), ...). secrets: {what: date or None}; keys: {kid: date made} of the active signing keys."""
    ends = {what: end for what, end in secrets.items() if end is not None}
    ends.update(("the signing key %s" % kid, made + datetime.timedelta(days=KEY_AGE)) for kid, made in keys.items())
    return tuple(sorted((what, (end - today).days) for what, end in ends.items()))
