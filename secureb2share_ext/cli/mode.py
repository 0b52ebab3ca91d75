"""The check of the mode before a command publishes."""

import functools
from typing import Any, Callable

import click
from flask import current_app

from ..proxies import current


def only_when_on(command: Callable[..., Any]) -> Callable[..., Any]:
    """Have a command that changes records end with a sentence unless the mode is on."""

    @functools.wraps(command)
    def checked(*args, **kwargs):
        if not current().is_on:
            mode = current_app.config["SECUREB2SHARE_MODE"]
            raise click.ClickException("SECUREB2SHARE_MODE is %r: nothing is published; set it to 'on' first." % mode)
        return command(*args, **kwargs)

    return checked
