"""The holders of rights: who may do what, by whom they got it and since when, and how they signed in last."""

import datetime
import json
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from invenio_accounts.models import User
from invenio_db import db

from ..proxies import current
from . import identities, rules
from .models import GrantRow, SignInRow
from .roles import NOT


class Line(NamedTuple):
    """One right of one account. Its address is for operators alone, and in no log."""

    account: Optional[int]  # None: of everybody whom a system role names
    address: str
    right: str  # "curate" for example
    source: str  # "" for every source, and for rights that are not for sources
    is_denied: bool
    by: str  # "hand", "role NAME", "system role NAME" or "provider NAME"
    since: Optional[datetime.datetime]  # naive UTC; only what a provider gave has a time
    strength: Optional[rules.Strength]  # of the last sign-in at a provider of ours
    at: Optional[datetime.datetime]  # of that sign-in, naive UTC
    unconfirmed: Sequence[str] = ()  # names of the providers where its identity does not count


def lines() -> List[Line]:
    """[Line] of all rights, by account; the rights that a community's members have there are not among them."""
    grants = {row.row_id: row for row in db.session.query(GrantRow)}
    last = {row.account: row for row in db.session.query(SignInRow)} if grants or current().sign_in else {}
    holdings = current().host.holdings()
    accounts = {one.account for one in holdings if one.account is not None}
    addresses = dict(db.session.query(User.id, User.email).filter(User.id.in_(sorted(accounts))).all())
    refused = identities.unconfirmed(current().sign_in.providers) if current().sign_in else {}
    found = [_line(one, grants.get(one.row_id), last.get(one.account), addresses, refused) for one in holdings]
    # those of everybody first
    return sorted(found, key=lambda line: (line.account or 0, line.right, line.source, line.by))


def _line(one, grant, sign_in, addresses, refused):
    is_denied = one.right.startswith(NOT)
    right, _, source = one.right[len(NOT) * is_denied :].partition(":")
    return Line(
        one.account,
        addresses.get(one.account) or "",
        right,
        source,
        is_denied,
        "provider " + grant.provider if grant is not None and grant.account == one.account else one.by,
        grant.since if grant is not None else None,
        rules.from_session(json.loads(sign_in.strength)) if sign_in is not None else None,
        sign_in.at if sign_in is not None else None,
        refused.get(one.account, ()),
    )


def as_json(line: Line) -> Dict[str, Any]:
    """A Line as values of JSON; times as in RFC 3339, in UTC."""
    proved = line.strength
    has = {"provider": proved.provider, "acr": proved.acr, "amr": sorted(proved.amr)} if proved is not None else {}
    return {
        "account": line.account,
        "address": line.address,
        "right": line.right,
        "source": line.source or None,
        "denied": line.is_denied,
        "by": line.by,
        "since": _time(line.since),
        "unconfirmed": list(line.unconfirmed),
        "last_sign_in": dict(has, at=_time(line.at)) if line.at is not None else None,
    }


def _time(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment is not None else None
