"""Which routes of this instance accept a write, and why is each harmless? An unknown one is a finding."""

from typing import NamedTuple

from .gate import SAFE

OURS = {
    "secureb2share_datasets.register": "a signed description, checked against a closed schema",
    "secureb2share_datasets.take_many": "signed descriptions and changes, each checked like a single one",
    "secureb2share_datasets.change_state": "a signed change of state",
    "secureb2share_datasets.transfer": "a signed change of tenant",
    "secureb2share_datasets.note_receipt": "a signed receipt of an event",
    "secureb2share_review.decide": "a curator's decision: a few form fields",
    "secureb2share_datasets.note_decision": "a signed decision, counted",
}


class Row(NamedTuple):
    """One writing route and what is known of it."""

    app: str  # "api" or "ui"
    rule: str
    methods: str
    endpoint: str
    kind: str  # refused, host, ours, site or unknown
    reason: str


def classify(rules, content, host, site):
    """[Row] of the writing routes among `rules`: (app, rule, methods, endpoint) tuples. Pure.

    content: {endpoint: what it would take}; host, site: {endpoint, or its beginning with a *: reason}.
    """
    rows = []
    for app, rule, methods, endpoint in rules:
        writing = sorted(set(methods) - set(SAFE))
        if not writing:
            continue
        if endpoint in content:
            # deleting what was uploaded in former times stays possible
            kind, reason = "refused", content[endpoint] + (" (DELETE is the host's)" if "DELETE" in writing else "")
        else:
            kind, reason = _known(endpoint, (("ours", OURS), ("site", site), ("host", host)))
        rows.append(Row(app, rule, ",".join(writing), endpoint, kind, reason))
    return sorted(rows, key=order)


def order(row):
    """Unknown ones first."""
    return row.kind != "unknown", row.app, row.rule, row.methods


def matches(endpoint, pattern):
    """Whether a pattern, an endpoint or its beginning with a *, names this endpoint."""
    return endpoint == pattern or (pattern.endswith("*") and endpoint.startswith(pattern[:-1]))


def _known(endpoint, tables):
    for kind, table in tables:
        for pattern, reason in table.items():
            if matches(endpoint, pattern):
                return kind, reason
    return (
        "unknown",
        "not known to this package: name it in SECUREB2SHARE_AUDIT_KNOWN with a reason, if it takes no content",
    )


def rules_of(app):
    """(app, rule, methods, endpoint) of every rule of an application's url_map."""
    name = "api" if any(r.endpoint.startswith("secureb2share_datasets.") for r in app.url_map.iter_rules()) else "ui"
    return [(name, rule.rule, tuple(rule.methods or ()), rule.endpoint) for rule in app.url_map.iter_rules()]
