"""The facts of an application on which `check` judges its sign-in: configuration, remote apps, accounts, issuers."""

import contextlib
from typing import Any, Dict, List, Mapping

from flask import Flask
from invenio_accounts.models import User
from invenio_db import db
from sqlalchemy import inspect

from ..errors import ProviderDown
from ..proxies import Extension
from ..sign_in import gate, identities
from ..sign_in.discovery import Discovery
from ..sign_in.roles import NOT
from ..sign_in.rules import ACTIONS, AGE, LEVEL
from ..uploads import observe
from .sign_in import Facts, Observed, of_handlers

APPS = ("OAUTHCLIENT_REMOTE_APPS", "OAUTHCLIENT_REST_REMOTE_APPS")


def collect(app: Flask, extension: Extension) -> Facts:
    """The Facts of an application whose sign-in is configured. Reads the database, then asks each issuer."""
    # an instance without a second factor need not have that package
    from ..sign_in import remote_app

    settings = extension.sign_in
    # some hosts do this before their first request, and a command makes none
    for name in settings.providers:
        remote_app.equip(app, name)
    missing = _missing_tables()
    holders, unlinked = (0, 0) if missing else _accounts(extension)
    unconfirmed = 0 if missing else len(identities.unconfirmed(settings.providers))
    observed = {action: _observed(action) for action in ACTIONS}
    # an issuer may let us wait, and SQLite lets one connection write at a time
    db.session.rollback()
    down = {name: _fault(one.issuer) for name, one in settings.providers.items() if one.issuer}
    return Facts(
        settings=settings,
        remotes=_remotes(app),
        has_password=bool(app.config.get("ACCOUNTS_LOCAL_LOGIN_ENABLED", True))
        and "security.login" in app.view_functions,
        vain=[
            key for name in settings.providers for key in of_handlers(name, _is_ours(app, name)) if key in app.config
        ],
        shared=_shared(app),
        tables=missing,
        holders=holders,
        unlinked=unlinked,
        unconfirmed=unconfirmed,
        down={name: reason for name, reason in down.items() if reason},
        observed=observed,
    )


def _remotes(app) -> Dict[str, str]:
    # an instance without a second factor need not have these packages
    from ..sign_in.remote_app import RemoteApp

    made: Mapping[str, Any] = getattr(app.extensions.get("oauthlib.client"), "remote_apps", {})
    found = {name: "" if isinstance(one, RemoteApp) else type(one).__name__ for name, one in made.items()}
    named = {name for key in APPS for name in app.config.get(key) or ()}
    # what another application of the site makes of its configuration is a way of login too
    return dict({name: "" for name in named - set(found) - set(_providers(app))}, **found)


def _shared(app) -> List[List[str]]:
    """[[name]] of remote apps that have one consumer_key, a provider of ours among them."""
    by_key: Dict[str, List[str]] = {}
    made: Mapping[str, Any] = getattr(app.extensions.get("oauthlib.client"), "remote_apps", {})
    for name, one in sorted(made.items()):
        # its credentials may be missing in the configuration
        with contextlib.suppress(KeyError, TypeError, AttributeError):
            by_key.setdefault(one.consumer_key, []).append(name)
    by_key.pop(None, None)  # type: ignore[call-overload]
    return [names for _, names in sorted(by_key.items()) if len(names) > 1 and set(names) & set(_providers(app))]


def _providers(app):
    return app.extensions["secureb2share"].sign_in.providers


def _is_ours(app, name):
    from ..sign_in import entry

    handlers = ((app.config.get(APPS[0]) or {}).get(name) or {}).get("signup_handler") or {}
    return handlers.get("info") is entry.info


def _missing_tables():
    from invenio_oauthclient.models import RemoteAccount, RemoteToken, UserIdentity

    needed = {one.__tablename__ for one in (RemoteAccount, RemoteToken, UserIdentity)}
    return sorted(needed - set(inspect(db.session.connection()).get_table_names()))


def _accounts(extension):
    """(accounts with rights, those of them without an identity at a provider of ours), of those that can log in."""
    rights = extension.host.rights()
    # registering is done by tokens of programs, and asks for no second factor
    holding = {account for account, held in rights.items() if any(not _is_apart(one) for one in held)}
    active = {one for (one,) in db.session.query(User.id).filter(User.id.in_(sorted(holding)), User.active.is_(True))}
    methods = {provider.method for provider in extension.sign_in.providers.values()}
    linked = {account for method in methods for account, _, _ in identities.linked(method)}
    return len(active), len(active - linked)


def _is_apart(right):
    return right.startswith(NOT) or right.partition(":")[0] == "register"


def _observed(action):
    level, age = (observe.counted_of_sign_in(gate.OBSERVED % (action, one)) for one in (LEVEL, AGE))
    begun = [first for _, first in (level, age) if first is not None]
    return Observed(level[0], age[0], min(begun) if begun else None)


def _fault(issuer):
    """The reason for which an issuer cannot be read now, or ""; what this process knows of it is of no account here."""
    fresh = Discovery(issuer)
    try:
        for member in ("authorization_endpoint", "token_endpoint"):
            fresh.address(member)
        fresh.key("")
    except ProviderDown as error:
        return str(error)
    return ""
