"""Which keys does an operator set, what does each default to, and what follows from it?

Five are enough for a site: MODE, SOURCES, TARGETS, ACCESS and SIGNING_KEY. The keys are read when the application
starts; a value that makes no sense stops the start with a ConfigError that names it.
"""

from flask import current_app

SECUREB2SHARE_MODE = "off"
"""``"off"`` or ``"on"``. Off: nothing changes but that access links answer. On: uploads are closed on the whole
instance, and sources, events and access links work."""

SECUREB2SHARE_SOURCES = {}
"""dict: name of a source -> dict of its settings. A source is an authority that assigns dataset identifiers.

``keys``: list of ``"whpk_..."`` (Ed25519, advised) or ``"whsec_..."`` (HMAC) that sign its messages.
``community``: where its records are; on records-rest the name of an entry of ``RECORDS_REST_ENDPOINTS``.
``access``: name of an entry of ``SECUREB2SHARE_ACCESS``.
``targets``: list of names of ``SECUREB2SHARE_TARGETS``, told of its datasets. Default none.
``release``: ``"publish"``: a registration is public at once.
``describe_files``: ``"labels"`` (default) or ``"full"``; full allows names, sizes and checksums in public."""

SECUREB2SHARE_TARGETS = {}
"""dict: name of a target -> dict of its settings. A target is an ingest API of a secure side.

``kind``: ``"webhook"``. ``url``: https. ``secret``: ``"whsec_..."``, signs with HMAC instead of Ed25519.
``echo``: True tells the target also of what its own source caused. Default False.
``allow_private``: True allows an address in a private range. Default False."""

SECUREB2SHARE_ACCESS = {}
"""dict: name -> dict of a provider of access-request links.

``provider``: ``"template"``. ``url``: https, with any of ``{identifier}``, ``{pid}``, ``{source}``, ``{revision}``,
``{record_url}``, ``{reference}`` in its path or query; values are percent-encoded."""

SECUREB2SHARE_SIGNING_KEY = None
"""str: folder of the private keys that ``secureb2share keys new`` makes; readable by the service alone. They sign
events and access references; without one neither is made."""

SECUREB2SHARE_HOST = None
"""str: ``"rdm"``, ``"b2share2"`` or ``"records_rest"``; by default the first of these that is installed."""

SECUREB2SHARE_AUDIT_KNOWN = {}
"""dict: endpoint -> reason. A site's own write routes that take no content; any other unknown one stops writing."""

SECUREB2SHARE_MAX_BODY = 1000000
"""int, bytes: the longest body of a write request; a longer one is refused unread."""

SECUREB2SHARE_SWEEP_INTERVAL = 5
"""int, seconds between two sweeps of the outbox by Celery beat."""

SECUREB2SHARE_DEMO = False
"""bool: allows http on loopback for targets and access links. Never on a site."""


def set_defaults(config):
    """Give every key of this module that the site did not set its default."""
    for name, value in globals().items():
        if name.startswith("SECUREB2SHARE_"):
            config.setdefault(name, value)


def current():
    """The SecureB2Share extension of the current application."""
    return current_app.extensions["secureb2share"]
