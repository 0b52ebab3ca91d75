"""The commands on the signing keys of the catalogue."""

import click
from flask.cli import with_appcontext
from invenio_db import db

from ..errors import KeyStays, SecureB2ShareError
from ..proxies import current


@click.group()
def keys() -> None:
    """The keys that sign events and access references."""


@keys.command("new")
@with_appcontext
def new_key() -> None:
    """Make a key that signs from now on; the older keys stay published."""
    try:
        kid = current().keyring.new()
    except SecureB2ShareError as error:
        raise click.ClickException(str(error))
    db.session.commit()
    click.echo(kid)


@keys.command("list")
@with_appcontext
def list_keys() -> None:
    """List kid, state, time made, time ended and public part of every key, the newest first."""
    for row in current().keyring.list():
        made, ended = (moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else "-" for moment in (row.created, row.ended))
        click.echo("%s %-8s %s %-20s %s" % (row.kid, row.state, made, ended, row.public))


@keys.command("retire")
@click.argument("kid")
@with_appcontext
def retire_key(kid: str) -> None:
    """Stop signing with a key; what it signed can still be verified."""
    _end(current().keyring.retire, kid)
    click.echo("Retired. It stays published; its private part stays in the folder.")


@keys.command("revoke")
@click.argument("kid")
@with_appcontext
def revoke_key(kid: str) -> None:
    """Stop publishing a key, so that nothing it signed can be verified, and delete its private part here."""
    keyring = current().keyring
    _end(keyring.revoke, kid)
    deleted = keyring.forget(kid)
    click.echo("Revoked. Its private part %s." % ("was deleted" if deleted else "is not on this machine"))


def _end(act, kid):
    try:
        act(kid)
    except KeyStays as error:
        db.session.rollback()
        raise click.ClickException(str(error))
    db.session.commit()


COMMANDS = (keys,)
