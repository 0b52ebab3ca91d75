"""May a command publish now?"""

import functools

import click
from flask import current_app

from ..proxies import current


def only_when_on(command):
    """Have a command that changes records end with a sentence unless the mode is on."""

    @functools.wraps(command)
    def checked(*args, **kwargs):
        if not current().is_on:
            mode = current_app.config["SECUREB2SHARE_MODE"]
            raise click.ClickException("SECUREB2SHARE_MODE is %r: nothing is published; set it to 'on' first." % mode)
        return command(*args, **kwargs)

    return checked
