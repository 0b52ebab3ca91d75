"""The days on which keys and secrets end, of which health warns.

A source's key signs nothing after its day; the others go on.
"""

import datetime
from typing import Dict, Optional, Tuple

KEY_AGE = 365  # days after which a signing key should be replaced


def upcoming(
    secrets: Dict[str, Optional[datetime.date]], keys: Dict[str, datetime.date], today: datetime.date
) -> Tuple[Tuple[str, int], ...]:
    """((what, days left), ...). secrets: {what: date or None}; keys: {kid: date made} of the active signing keys."""
    ends = {what: end for what, end in secrets.items() if end is not None}
    ends.update(("the signing key %s" % kid, made + datetime.timedelta(days=KEY_AGE)) for kid, made in keys.items())
    return tuple(sorted((what, (end - today).days) for what, end in ends.items()))
