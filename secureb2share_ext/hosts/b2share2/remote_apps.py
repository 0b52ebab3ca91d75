"""B2SHARE's remote apps, which it makes itself whatever the configuration says, with what a second factor needs."""

from typing import Any

from ...proxies import current


def watch(app: Any) -> None:
    """Equip them before the first request: on B2SHARE nothing else is called after every extension is on the app."""
    app.before_first_request(_equip(app))


def _equip(app):
    def equip():
        # an instance without a second factor need not have what it is built on
        from ...sign_in import remote_app

        with app.app_context():
            for name in current().sign_in.providers:
                remote_app.equip(app, name)

    return equip
