"""The command that tells who may do what."""

import json

import click
from flask.cli import with_appcontext

from ..sign_in import people


@click.command()
@click.option("--json", "is_json", is_flag=True, help="For programs: one JSON array of objects.")
@with_appcontext
def who(is_json: bool) -> None:
    """List who may do what: account, address, right, by whom it was given and since when, and the last sign-in.

    Rights are those of the actions of invenio-access; what members of a community may do there is not listed. Only
    what a provider gave has a time.
    """
    lines = people.lines()
    if is_json:
        click.echo(json.dumps([people.as_json(line) for line in lines], indent=1, ensure_ascii=False))
        return
    for line in lines:
        told = people.as_json(line)
        whose = "everybody" if line.account is None else "%d %s" % (line.account, line.address)
        what = ("not " if line.is_denied else "") + line.right + (" for " + line.source if line.source else "")
        since = "since " + told["since"] if told["since"] else "since when is not known"
        said = "%s: %s, by %s, %s; %s" % (whose, what, line.by, since, _sign_in(told["last_sign_in"]))
        more = "; not confirmed, and refused: the link at %s" % ", ".join(line.unconfirmed) if line.unconfirmed else ""
        click.echo(said + more)


def _sign_in(last):
    if last is None:
        return "no sign-in at a provider is known"
    if "provider" not in last:
        return "last sign-in %s" % last["at"]
    factors = " ".join(last["amr"]) or "none told"
    return "last sign-in %s at %s, acr %s, amr %s" % (
        last["at"],
        last["provider"],
        last["acr"] or "none told",
        factors,
    )


COMMANDS = (who,)
