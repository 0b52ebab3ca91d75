"""The openness of a dataset in every vocabulary: the only table, from which all exports are derived.

COAR Access Rights 1.0, info:eu-repo/semantics, EU authority table access-right. An embargo means that requests can be
made from a date, never that the data become open: it is exported as restricted, with the date.
"""

import datetime
from typing import Any, Dict, NamedTuple

_COAR = "http://purl.org/coar/access_right/"
_EUREPO = "info:eu-repo/semantics/"
_EU = "http://publications.europa.eu/resource/authority/access-right/"


class Right(NamedTuple):
    """One access value in the vocabularies of the exports."""

    value: str
    coar: str
    info_eu_repo: str
    eu: str
    label: str
    coar_label: str  # the vocabulary's own


RIGHTS = {
    "controlled": Right(
        "controlled",
        _COAR + "c_16ec",
        _EUREPO + "restrictedAccess",
        _EU + "NON_PUBLIC",
        "Access can be requested",
        "restricted access",
    ),
    "embargoed": Right(
        "embargoed",
        _COAR + "c_16ec",
        _EUREPO + "restrictedAccess",
        _EU + "NON_PUBLIC",
        "Access can be requested from {date}",
        "restricted access",
    ),
    "metadata-only": Right(
        "metadata-only",
        _COAR + "c_14cb",
        _EUREPO + "closedAccess",
        _EU + "NON_PUBLIC",
        "Access cannot be requested",
        "metadata only access",
    ),
}


def right_of(sensitive: Dict[str, Any], today: datetime.date) -> Right:
    """The Right that a description's `sensitive` member means on the day `today` (UTC)."""
    value = sensitive["access_right"]
    if value == "embargoed" and sensitive["embargo_until"] <= today.isoformat():
        value = "controlled"
    return RIGHTS[value]


def label_of(right: Right, sensitive: Dict[str, Any]) -> str:
    """The right in plain words."""
    return right.label.format(date=sensitive.get("embargo_until"))


def today_utc(now: datetime.datetime) -> datetime.date:
    """The day of a naive UTC datetime."""
    return datetime.date(now.year, now.month, now.day)
