"""The commands on the identities with which accounts sign in at the providers."""

import click
from flask.cli import with_appcontext
from invenio_db import db

from ..proxies import current
from ..sign_in import identities, unlinking


@click.group("sign-in")
def group() -> None:
    """The sign-in with a second factor."""


def _providers():
    settings = current().sign_in
    if settings is None:
        raise click.ClickException("SECUREB2SHARE_SIGN_IN or SECUREB2SHARE_MODE is off: there is no provider.")
    return settings.providers


def _method(name):
    providers = _providers()
    if name not in providers:
        known = ", ".join(sorted(providers))
        raise click.ClickException("There is no provider %s; SECUREB2SHARE_SIGN_IN has: %s." % (name, known))
    return providers[name].method


def _account(address):
    user = identities.account_of(address)
    if user is None:
        raise click.ClickException("No account has the address %s." % address)
    return user


@group.command("list")
@with_appcontext
def list_identities() -> None:
    """List the identities that are linked: provider, account, address, the identity (sub), and whether it counts.

    What nobody has confirmed was linked by a sign-in, or under another issuer.
    """
    refused = identities.unconfirmed(_providers())
    for name, provider in sorted(_providers().items()):
        for account, address, subject in identities.linked(provider.method):
            said = "" if identities.is_confirmed(account, provider, subject) else " (not confirmed)"
            if name in refused.get(account, ()):
                said = " (not confirmed, and refused, as the account has rights)"
            click.echo("%s %d %s %s%s" % (name, account, address, subject, said))


@group.command()
@click.argument("address")
@click.option("--provider", required=True, help="Its name in SECUREB2SHARE_SIGN_IN.")
@click.option("--subject", required=True, help="The claim sub of its id tokens for this person.")
@with_appcontext
def link(address: str, provider: str, subject: str) -> None:
    """Link an identity at a provider to the account with this ADDRESS, which signs in with it from then on.

    For accounts that decide about datasets, which no sign-in links by itself. A link that a sign-in has made before is
    confirmed. An identity belongs to one account, and an account has one identity at a provider.
    """
    method, user = _method(provider), _account(address)
    owner, has = identities.owner(method, subject), identities.subject_of(user.id, method)
    if owner == user.id and identities.is_confirmed(user.id, _providers()[provider], subject):
        click.echo("It is linked already.")
        return
    if owner == user.id:
        identities.confirm(user.id, method, subject)
        db.session.commit()
        click.echo("The link of the account %d is confirmed." % user.id)
        return
    if owner is not None:
        raise click.ClickException("This identity is linked to the account %d: unlink it there first." % owner)
    if has is not None:
        raise click.ClickException("The account has another identity at %s: unlink it first." % provider)
    identities.link(user.id, method, subject)
    db.session.commit()
    click.echo("Linked to the account %d." % user.id)


@group.command()
@click.argument("address")
@click.option("--provider", required=True, help="Its name in SECUREB2SHARE_SIGN_IN.")
@with_appcontext
def unlink(address: str, provider: str) -> None:
    """Take the identity at a provider from the account with this ADDRESS, with the rights that the provider gave.

    The sessions of the account end, and no token of it counts as made with a second factor any more.
    """
    _method(provider)
    user = _account(address)
    number = user.id
    if not unlinking.unlink(number, _providers()[provider]):
        raise click.ClickException("The account has no identity at %s." % provider)
    db.session.commit()
    click.echo("Unlinked from the account %d, and its sessions are ended." % number)


COMMANDS = (group,)
