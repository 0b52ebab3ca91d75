"""The extension of an application: what this package does to it."""

from typing import Any, Callable, Dict, Mapping, Optional, Tuple

from flask import Flask, current_app, has_app_context
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm.exc import StaleDataError

from . import config, errors, keyring, stops, targets
from .access import providers, rems
from .compat import is_installed, utcnow
from .datasets import withdrawal
from .hosts import selection
from .hosts.host import Host
from .maintenance import findings
from .messages import attempts, quota, sources
from .outbox import mark
from .problems import problem_response
from .sign_in import settings
from .sign_in.discovery import Discovery
from .uploads import gate, guard, lock

SWEEP = "secureb2share_ext.outbox.tasks.sweep"
UNREADABLE = "A SECUREB2SHARE_* key has a value of a wrong type, which cannot be read (%s)."


class SecureB2Share:
    """The extension: what an application has of sources, targets, providers, keys and host.

    Found at ``current_app.extensions["secureb2share"]``, or by ``current()``. One object per application.
    """

    def __init__(self, app: Optional[Flask] = None) -> None:
        self.mode = "off"
        self.config_faults: Tuple[str, ...] = ()
        self.has_tables = False
        self.instance_id: Optional[str] = None  # see instance.id_of
        self.former_names: Any = None  # see names.py
        self.sign_in: Any = None  # sign_in.settings.SignIn
        self.sign_in_providers: Mapping[str, settings.Provider] = {}  # whatever the modes are
        self.ask_for_strength: Optional[Callable[..., Any]] = None  # see sign_in.gate
        self.refuse_token: Optional[Callable[[str], Any]] = None  # see sign_in.gate
        self.issuers: Dict[str, Discovery] = {}
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Read the SECUREB2SHARE_* keys (config.py) and take their consequences. A second call changes nothing."""
        if "secureb2share" in app.extensions:
            return
        config.set_defaults(app.config)
        self.attempts, self.quotas = attempts.Attempts(app.config), quota.Met()
        self.init_config(app)
        self.init_host(app)
        self.init_sign_in(app)
        app.extensions["secureb2share"] = self
        self.init_errors(app)
        self.init_logs()
        self.init_cli(app)
        self.lock = lock.Lock(app, self.host, app.config["SECUREB2SHARE_AUDIT_KNOWN"])
        if self.mode == "observe":
            gate.install(app)
            self.host.observe(app)
        if self.is_on:
            self.init_lock(app)
            self.init_records(app)
            self.init_schedule(app)

    def init_config(self, app: Flask) -> None:
        self.mode = app.config["SECUREB2SHARE_MODE"]
        if self.mode not in ("off", "observe", "on"):
            raise errors.ConfigError("SECUREB2SHARE_MODE is %r; it must be 'off', 'observe' or 'on'." % (self.mode,))
        try:
            self.read_settings(app)
        except Exception as error:
            self.note_fault(error)

    def note_fault(self, error: Exception) -> None:
        # while the mode is off nothing is promised: `check` and `health` tell, and the application starts
        if self.mode != "off":
            raise error
        told = str(error) if isinstance(error, errors.ConfigError) else UNREADABLE % type(error).__name__
        self.config_faults += (told,)

    def read_settings(self, app: Flask) -> None:
        self.targets: Dict[str, Any] = {}
        self.providers: Dict[str, providers.Provider] = {}
        self.sources: Dict[str, sources.Source] = {}
        self.thresholds = findings.THRESHOLDS
        self.withdrawal_days = config.SECUREB2SHARE_WITHDRAWAL_DAYS
        self.keyring = keyring.Keyring(app.config["SECUREB2SHARE_SIGNING_KEY"])
        keys = app.config["SECUREB2SHARE_SIGNING_KEY"]
        self.mark = mark.Mark(app.config["SECUREB2SHARE_STATE_FOLDER"] or keys, former=keys)
        try:
            config.check_values(app.config)
        except errors.ConfigError as error:
            # access links answer while the mode is off, whatever is wrong with another key
            self.note_fault(error)
        self.targets = targets.read(app.config)
        self.providers = providers.read(app.config)
        self.sources = sources.read(app.config, self.targets, self.providers)
        rems.check_targets(self.sources, self.targets, self.providers)
        self.withdrawal_days = app.config["SECUREB2SHARE_WITHDRAWAL_DAYS"]
        self.sign_in_providers = settings.read_providers(app.config)
        found = settings.read(app.config)
        self.sign_in = found if self.is_on else None
        self.thresholds = findings.thresholds(app.config["SECUREB2SHARE_HEALTH"])

    def init_host(self, app: Flask) -> None:
        try:
            chosen = selection.choose(app.config["SECUREB2SHARE_HOST"])
        except errors.ConfigError as error:
            self.note_fault(error)
            chosen = selection.choose(None)
        self.host: Host = chosen(app.config, self.sources)
        faults = self.host.faults() if self.is_on else []
        if faults:
            raise errors.ConfigError(" ".join(faults))
        if app.config["SECUREB2SHARE_SOURCES"]:
            self.host.define(app)

    def init_sign_in(self, app: Flask) -> None:
        is_there = is_installed("invenio_oauthclient")
        if self.sign_in is not None and not is_there:
            raise errors.ConfigError("SECUREB2SHARE_SIGN_IN needs the package invenio-oauthclient; install it.")
        # an instance without a second factor need not have that package
        self.sign_in_providers = self.sign_in_providers if is_there else {}
        if self.sign_in_providers:
            from .sign_in import account_check

            # the button of a remote app of ours is there while a mode is off
            issuers = {one.issuer for one in self.sign_in_providers.values() if one.issuer}
            self.issuers = {issuer: Discovery(issuer) for issuer in issuers}
            account_check.watch()
        if self.sign_in is not None:
            from .sign_in import gate, strength, tokens

            self.ask_for_strength, self.refuse_token = gate.ask, gate.refuse_token
            strength.watch()
            tokens.watch()

    def init_errors(self, app: Flask) -> None:
        def answer(problem):
            return problem_response(self.host.explained(problem))

        def conflict(error):
            return answer(errors.NotAccepted(errors.CHANGED_MEANWHILE))

        app.register_error_handler(errors.Problem, answer)
        if self.is_on:
            app.register_error_handler(StaleDataError, conflict)

    def init_logs(self) -> None:
        if not event.contains(Engine, "handle_error", _forget_parameters):
            event.listen(Engine, "handle_error", _forget_parameters)

    def init_cli(self, app: Flask) -> None:
        from .cli import secureb2share

        app.cli.add_command(secureb2share)

    def init_lock(self, app: Flask) -> None:
        self.host.lock(app)
        gate.install(app)
        guard.install()
        stops.watch()

    def init_records(self, app: Flask) -> None:
        self.host.watch(app)
        self.host.serve(app)

    def init_schedule(self, app: Flask) -> None:
        entry = {"task": SWEEP, "schedule": app.config["SECUREB2SHARE_SWEEP_INTERVAL"]}
        app.config["CELERY_BEAT_SCHEDULE"] = dict(
            app.config.get("CELERY_BEAT_SCHEDULE") or {}, **{"secureb2share-sweep": entry}
        )

    def forget(self) -> None:
        """Delete what an operator can no longer bring back; each sweep does so."""
        withdrawal.forget(self.withdrawal_days, utcnow())

    def end_sessions(self) -> None:
        """End the sessions of accounts that have lost a right since they signed in; each sweep does so."""
        if self.sign_in is not None:
            from .sign_in import endings

            endings.sweep()

    @property
    def is_on(self) -> bool:
        """Whether the promise holds: uploads are refused, and sources, events and links work."""
        return self.mode == "on"

    @property
    def help_url(self) -> str:
        """The page that says what to do instead of uploading."""
        return self.host.api_url() + "/secureb2share/uploads"


def finalize_app(app: Flask) -> None:
    """Put the gate back in front of what other extensions installed after it, and do what has to wait for them."""
    extension = app.extensions.get("secureb2share")
    if extension is not None and extension.mode != "off":
        gate.install(app)
        extension.host.finalize(app)
    if extension is not None and extension.sign_in is not None:
        from .sign_in import token_page

        token_page.install(app)
    if extension is not None and extension.is_on and extension.sign_in_providers:
        from .sign_in import remote_app

        for name in extension.sign_in_providers:
            remote_app.equip(app, name)


def _forget_parameters(context):
    # the text of a database error goes into logs, and a description, held or not, stays out of them
    extension = current_app.extensions.get("secureb2share") if has_app_context() else None
    error = context.sqlalchemy_exception
    if extension is not None and extension.mode != "off" and error is not None:
        error.hide_parameters = True
        error.params = ()
