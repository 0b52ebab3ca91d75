import pytest
from flask import Flask

from secureb2share_ext.uploads import audit

CONTENT = {"files.object": "file content", "files.upload": "file content"}
HOST = {"accounts*": "forms", "records.item": "metadata", "files.*": "never asked"}
SITE = {"site.poll": "counts votes", "accounts.avatar": "the site's own"}


def classify(*rules):
    return audit.classify([("api",) + rule for rule in rules], CONTENT, HOST, SITE)


@pytest.mark.parametrize(
    "endpoint, methods, kind, writing, reason",
    [
        ("files.object", ["GET", "PUT", "POST"], "refused", "POST,PUT", "file content"),
        ("files.object", ["PUT", "DELETE"], "refused", "DELETE,PUT", "file content (DELETE is the host's)"),
        ("files.upload", ["POST"], "refused", "POST", "file content"),
        ("files.other", ["POST"], "host", "POST", "never asked"),
        ("accounts", ["POST"], "host", "POST", "forms"),
        ("accounts.login", ["GET", "POST"], "host", "POST", "forms"),
        ("accounts.avatar", ["POST"], "site", "POST", "the site's own"),
        ("records.item", ["PUT", "PATCH", "OPTIONS"], "host", "PATCH,PUT", "metadata"),
        ("site.poll", ["POST"], "site", "POST", "counts votes"),
        ("secureb2share_datasets.register", ["PUT"], "ours", "PUT", "a signed description"),
        ("secureb2share_datasets.other", ["PUT"], "unknown", "PUT", None),
        ("records.item.more", ["POST"], "unknown", "POST", None),
        ("account", ["POST"], "unknown", "POST", None),
        ("site.Poll", ["POST"], "unknown", "POST", None),
        ("new.route", ["GET", "MKCOL"], "unknown", "MKCOL", None),
        ("", ["POST"], "unknown", "POST", None),
    ],
)
def test_what_is_known_of_a_writing_route(endpoint, methods, kind, writing, reason):
    (row,) = classify(("/x", methods, endpoint))
    assert row[:-1] == ("api", "/x", writing, endpoint, kind)
    assert row.reason.startswith(reason or "not known to this package: name it in SECUREB2SHARE_AUDIT_KNOWN")


def test_reading_routes_are_left_out():
    assert classify(("/x", ["GET", "HEAD", "OPTIONS"], "files.object"), ("/y", [], "new.route")) == []


def test_unknown_routes_come_first():
    endpoints = {"/a": "site.poll", "/z": "new", "/b": "files.object", "/y": "new"}
    rows = classify(*((rule, ["POST"], endpoint) for rule, endpoint in endpoints.items()))
    assert [row.rule for row in rows] == ["/y", "/z", "/a", "/b"]


def test_every_rule_of_an_application_is_looked_at():
    flask = Flask("a", static_folder=None)
    flask.add_url_rule("/x/<path:y>", "x", lambda y: y, methods=["POST"])
    ((name, rule, methods, endpoint),) = audit.rules_of(flask)
    assert (name, rule, sorted(methods), endpoint) == ("ui", "/x/<path:y>", ["OPTIONS", "POST"], "x")
    flask.add_url_rule("/datasets", "secureb2share_datasets.register", lambda: "", methods=["PUT"])
    assert {row[0] for row in audit.rules_of(flask)} == {"api"}
