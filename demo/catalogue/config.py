"""The configuration of the demo's Invenio: no broker, no Redis, no search cluster, no npm.

A comment says why where it differs otherwise. Real services take their places where the environment names them, see
services.py.
"""

import hashlib
import os
import secrets

from flask_webpackext.manifest import JinjaManifest, JinjaManifestLoader

from secureb2share_ext.pages.language import LANGUAGES

from . import services

HERE = "demo.catalogue"
# whether a curator sees a source's registrations before everybody does
RELEASE = {"tsd": "publish", "csc": "review", "cineca": "publish"}
# source -> settings of the provider of its access links, where it is another than the plain form of its own site
ACCESS = {
    "tsd": {"provider": "nettskjema", "form": "127835", "codes": {"reference": "reference", "dataset": "identifier"}},
}


class NoBundles(JinjaManifestLoader):
    """Pages without JavaScript bundles: every entry of the manifest is empty."""

    def load(self, filepath):
        return _EmptyManifest()


class _EmptyManifest(JinjaManifest):
    def __getattr__(self, name):
        return ""

    def __getitem__(self, name):
        return ""


def settings(data, port, secure_environment, source_key, environ=(), second=None, third=None, ways=()):
    """The configuration of one instance.

    data: its folder; secure_environment: URL of the source tsd; source_key: the "whpk_..." with which it signs;
    environ: a mapping that may name real services; second, third: (URL, "whpk_...") of the sources csc and cineca, or
    None without one; ways: {source: {way of access: path at its site}}, which limits what each may say.
    """
    base, environ = "http://localhost:%d" % port, dict(environ)
    environments = {"tsd": (secure_environment, source_key), "csc": second, "cineca": third}
    environments = {name: site for name, site in environments.items() if site}
    secret = _secret(os.path.join(data, "secret"))
    return {
        "SECRET_KEY": secret,
        "SQLALCHEMY_DATABASE_URI": "sqlite:///" + os.path.join(data, "catalogue.db"),
        "SITE_UI_URL": base,
        "SITE_API_URL": base + "/api",
        "THEME_SITENAME": "Secure B2SHARE",
        # Invenio-DB would keep the user and the network address of whoever publishes
        "DB_VERSIONING_USER_MODEL": None,
        "TRUSTED_HOSTS": ["localhost", "127.0.0.1"],
        "OAISERVER_ID_PREFIX": "oai:localhost:",
        "OAISERVER_ADMIN_EMAILS": ["curator@catalogue.example.org"],
        "OAISERVER_RECORD_INDEX": "secureb2share-dataset-v1.0.0",
        "RATELIMIT_GUEST_USER": "100000 per hour",
        "RATELIMIT_AUTHENTICATED_USER": "100000 per hour",
        # that of invenio-app counts each user agent of an address anew
        "RATELIMIT_KEY_FUNC": "flask_limiter.util:get_remote_address",
        # people who share an address log in one after the other
        "RATELIMIT_PER_ENDPOINT": {"security.login": "200 per minute"},
        # http on localhost
        "APP_DEFAULT_SECURE_HEADERS": {
            "force_https": False,
            "session_cookie_secure": False,
            "content_security_policy": {"default-src": ["'self'"]},
        },
        "SESSION_COOKIE_SECURE": False,
        "PERMANENT_SESSION_LIFETIME": 8 * 3600,  # seconds
        # the pages that Invenio brings render without npm
        "WEBPACKEXT_MANIFEST_LOADER": HERE + ".config:NoBundles",
        "BASE_TEMPLATE": "catalogue/theme.html",
        "COVER_TEMPLATE": "catalogue/theme.html",
        "SETTINGS_TEMPLATE": "invenio_theme/page_settings.html",
        "THEME_BASE_TEMPLATE": "catalogue/theme.html",
        "THEME_COVER_TEMPLATE": "catalogue/theme.html",
        "THEME_ERROR_TEMPLATE": "catalogue/theme.html",
        "SECUREB2SHARE_PAGE_TEMPLATE": "catalogue/base.html",
        "I18N_LANGUAGES": [(code, name) for code, name in LANGUAGES.items() if code != "en"],
        "THEME_FRONTPAGE": False,
        "SECURITY_LOGIN_USER_TEMPLATE": "catalogue/login.html",
        # the demo sends no mail, and has the two users that it makes
        "SECURITY_REGISTERABLE": False,
        "SECURITY_CONFIRMABLE": False,
        "SECURITY_RECOVERABLE": False,
        "SECURITY_CHANGEABLE": False,
        "RECORDS_REST_ENDPOINTS": {
            # one PID type, one index; links are made with the first one's route
            "tsd": dict(_endpoint("/records/", environ), default_endpoint_prefix=True),
            **{name: _endpoint("/%s/" % name, environ) for name in environments if name != "tsd"},
        },
        "SECUREB2SHARE_MODE": "on",
        "SECUREB2SHARE_DEMO": True,
        "SECUREB2SHARE_SIGNING_KEY": os.path.join(data, "keys"),
        **_sources(environments, dict(ways)),
        **services.settings(environ, "demo-" + hashlib.sha256(secret.encode()).hexdigest()[:12]),
    }


def _endpoint(route, environ):
    permissions = "secureb2share_ext.hosts.records_rest.permissions:"
    return {
        "pid_type": "recid",
        "pid_minter": "recid",
        "pid_fetcher": "recid",
        "list_route": route,
        "item_route": route + "<pid(recid):pid_value>",
        "default_media_type": "application/json",
        "max_result_window": 10000,
        "record_serializers": {"application/json": "invenio_records_rest.serializers:json_v1_response"},
        "search_serializers": {"application/json": "invenio_records_rest.serializers:json_v1_search"},
        **services.endpoint(environ),
        "create_permission_factory_imp": permissions + "curator",
        "update_permission_factory_imp": permissions + "curator",
        "delete_permission_factory_imp": permissions + "administrator",
        "read_permission_factory_imp": permissions + "everybody",
        "list_permission_factory_imp": permissions + "everybody",
    }


def _sources(environments, ways):
    """The three keys of {source: (URL of its secure environment, its public key)}."""
    return {
        "SECUREB2SHARE_TARGETS": {
            name + "-ingest": {"kind": "webhook", "url": url + "/ingest"} for name, (url, _) in environments.items()
        },
        "SECUREB2SHARE_ACCESS": {name + "-form": _access(name, url) for name, (url, _) in environments.items()},
        "SECUREB2SHARE_SOURCES": {
            name: {
                "keys": [key],
                "community": name,
                "access": name + "-form",
                "targets": [name + "-ingest"],
                "release": RELEASE[name],
                "ways": {way: url + path for way, path in ways.get(name, {}).items()},
            }
            for name, (url, key) in environments.items()
        },
    }


def _access(name, url):
    if name in ACCESS:
        return {"url": url, **ACCESS[name]}
    return {"provider": "template", "url": url + "/request?dataset={identifier}&ref={reference}"}


def _secret(path):
    try:
        with open(path) as file:
            return file.read()
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        return _secret(path)
