"""The routes of B2SHARE that carry content, and the writing routes that do not.

This covers the whole API application; the other application serves the web interface's files and takes no writes.
"""

import uuid
from typing import Dict

from flask import Flask, current_app, request
from invenio_db import db

from ...descriptions import strict_json
from ...errors import Invalid
from . import communities, external_files

CONTENT_BLUEPRINTS = {
    "invenio_files_rest": "file content and buckets: stream, form and multipart",
    "invenio_deposit_rest": "file content of deposits",
    "remotes": "copies files from B2DROP",
}
KNOWN = {
    "b2share_records_rest*": "record metadata as JSON, abuse reports and access requests; no file fields",
    "b2share_deposit_rest*": "draft metadata as JSON patch, no files",
    "b2share_communities*": "communities as JSON",
    "b2share_users*": "users and their tokens as JSON",
    "b2share_roles*": "roles as JSON",
    "b2share_ownership*": "owners of records as JSON",
    "b2share_statistics*": "queries for statistics as JSON",
    "invenio_accounts_rest*": "accounts and roles as JSON",
    "invenio_accounts*": "login, logout and sign-up forms; no file fields",
    "security*": "login, logout and sign-up forms; no file fields",
    "invenio_oauthclient*": "sign-up form; no file fields",
    "invenio_oauth2server*": "token and application forms; no file fields",
    "invenio_oaiserver*": "OAI-PMH requests as form fields",
    "invenio_stats*": "queries for statistics as JSON",
}
DESCRIPTIONS = (
    "b2share_records_rest.b2rec_list",
    "b2share_records_rest.b2rec_item",
    "b2share_deposit_rest.b2dep_item",
)
LONGEST_READ = 1000000  # bytes of a body that is read to tell its community


def content_endpoints(app: Flask) -> Dict[str, str]:
    """{endpoint: what it would take}, by blueprint: B2SHARE replaces view functions while it runs."""
    found = {rule.endpoint: rule.endpoint.partition(".")[0] for rule in app.url_map.iter_rules()}
    return {endpoint: CONTENT_BLUEPRINTS[of] for endpoint, of in found.items() if of in CONTENT_BLUEPRINTS}


def known_writes(app: Flask) -> Dict[str, str]:
    """{endpoint, or its beginning with a *: reason} of the writing routes that take no content."""
    return dict(KNOWN)


def brings_content() -> bool:
    """Whether the current request links files into a record or draft; raises Invalid where its body cannot be read."""
    if request.endpoint not in DESCRIPTIONS or request.method not in ("POST", "PATCH", "PUT"):
        return False
    body = request.get_data()
    # the view guesses encodings and replaces what it cannot decode, so that nothing passes to it unread
    return external_files.are_linked(body)


def community_of_request() -> str:
    """The name of the community of the record, draft or bucket that the current request writes to, or ""."""
    try:
        community = _community_id()
        return communities.name_of(community) if community else ""
    except Exception:
        # counting must not fail the user's request; nothing of it is in the session yet
        db.session.rollback()
        current_app.logger.exception("secureb2share.community-unknown endpoint=%s", request.endpoint)
        return ""


def _community_id():
    arguments = request.view_args or {}
    if "bucket_id" in arguments:
        return communities.of_bucket(uuid.UUID(str(arguments["bucket_id"])))
    if "pid_value" in arguments:
        pid = arguments["pid_value"]
        return communities.of_pid(getattr(pid, "value", pid))
    length = request.content_length
    if request.mimetype == "application/json" and length is not None and length <= LONGEST_READ:
        try:
            body = strict_json.parse(request.get_data())
        except Invalid:
            return None
        return body.get("community") if isinstance(body, dict) else None
    return None
