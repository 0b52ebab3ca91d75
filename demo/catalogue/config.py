"""How is the demo's Invenio configured? No broker, no Redis, no search cluster, no npm; all that differs says why."""

import os
import secrets

from flask_webpackext.manifest import JinjaManifest, JinjaManifestLoader

HERE = "demo.catalogue"


class NoBundles(JinjaManifestLoader):
    """Pages without JavaScript bundles: every entry of the manifest is empty."""

    def load(self, filepath):
        return _EmptyManifest()


class _EmptyManifest(JinjaManifest):
    def __getattr__(self, name):
        return ""

    def __getitem__(self, name):
        return ""


def settings(data, port, secure_environment, source_key):
    """The configuration of one instance.

    data: its folder; secure_environment: URL; source_key: the "whpk_..." with which the secure side signs.
    """
    base = "http://localhost:%d" % port
    permissions = "secureb2share_ext.hosts.records_rest.permissions:"
    return {
        "SECRET_KEY": _secret(os.path.join(data, "secret")),
        "SQLALCHEMY_DATABASE_URI": "sqlite:///" + os.path.join(data, "catalogue.db"),
        "SITE_UI_URL": base,
        "SITE_API_URL": base + "/api",
        "THEME_SITENAME": "Secure B2SHARE",
        "TRUSTED_HOSTS": ["localhost", "127.0.0.1"],
        "OAISERVER_ID_PREFIX": "oai:localhost:",
        # without Redis, broker and search cluster
        "CACHE_TYPE": "SimpleCache",
        "ACCESS_CACHE": "invenio_cache:current_cache",
        "OAUTH2_CACHE_TYPE": "simple",
        "RATELIMIT_STORAGE_URI": "memory://",
        "RATELIMIT_GUEST_USER": "100000 per hour",
        "RATELIMIT_AUTHENTICATED_USER": "100000 per hour",
        "BROKER_URL": "memory://",
        "CELERY_BROKER_URL": "memory://",
        "CELERY_TASK_ALWAYS_EAGER": True,
        "CELERY_RESULT_BACKEND": "cache",
        "CELERY_CACHE_BACKEND": "memory",
        # http on localhost
        "APP_DEFAULT_SECURE_HEADERS": {
            "force_https": False,
            "session_cookie_secure": False,
            "content_security_policy": {"default-src": ["'self'"]},
        },
        "SESSION_COOKIE_SECURE": False,
        # the pages that Invenio brings render without npm
        "WEBPACKEXT_MANIFEST_LOADER": HERE + ".config:NoBundles",
        "BASE_TEMPLATE": "catalogue/theme.html",
        "COVER_TEMPLATE": "catalogue/theme.html",
        "SETTINGS_TEMPLATE": "catalogue/theme.html",
        "THEME_BASE_TEMPLATE": "catalogue/theme.html",
        "THEME_COVER_TEMPLATE": "catalogue/theme.html",
        "THEME_SETTINGS_TEMPLATE": "catalogue/theme.html",
        "THEME_ERROR_TEMPLATE": "catalogue/theme.html",
        "THEME_FRONTPAGE": False,
        "RECORDS_REST_ENDPOINTS": {
            "tsd": {
                "pid_type": "recid",
                "pid_minter": "recid",
                "pid_fetcher": "recid",
                "list_route": "/records/",
                "item_route": "/records/<pid(recid):pid_value>",
                "default_media_type": "application/json",
                "default_endpoint_prefix": True,
                "max_result_window": 10000,
                "record_serializers": {"application/json": "invenio_records_rest.serializers:json_v1_response"},
                "search_serializers": {"application/json": "invenio_records_rest.serializers:json_v1_search"},
                "search_class": HERE + ".search:Search",
                "search_factory_imp": HERE + ".search:search_factory",
                "indexer_class": None,
                "create_permission_factory_imp": permissions + "curator",
                "update_permission_factory_imp": permissions + "curator",
                "delete_permission_factory_imp": permissions + "administrator",
                "read_permission_factory_imp": permissions + "everybody",
                "list_permission_factory_imp": permissions + "everybody",
            }
        },
        "SECUREB2SHARE_MODE": "on",
        "SECUREB2SHARE_DEMO": True,
        "SECUREB2SHARE_SIGNING_KEY": os.path.join(data, "keys"),
        "SECUREB2SHARE_TARGETS": {"tsd-ingest": {"kind": "webhook", "url": secure_environment + "/ingest"}},
        "SECUREB2SHARE_ACCESS": {
            "tsd-form": {
                "provider": "template",
                "url": secure_environment + "/request?dataset={identifier}&ref={reference}",
            }
        },
        "SECUREB2SHARE_SOURCES": {
            "tsd": {"keys": [source_key], "community": "tsd", "access": "tsd-form", "targets": ["tsd-ingest"]}
        },
    }


def _secret(path):
    try:
        with open(path) as file:
            return file.read()
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        return _secret(path)
