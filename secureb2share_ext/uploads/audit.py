"""The routes of this instance that accept a write, and why each is harmless. An unknown route is a finding."""

from typing import Any, Dict, Iterable, List, NamedTuple, Tuple

from .gate import SAFE

OURS = {
    "secureb2share_datasets.register": "a signed description, checked against a closed schema",
    "secureb2share_datasets.take_many": "signed descriptions and changes, each checked like a single one",
    "secureb2share_datasets.change_state": "a signed change of state",
    "secureb2share_datasets.transfer": "a signed change of tenant",
    "secureb2share_datasets.note_receipt": "a signed receipt of an event",
    "secureb2share_datasets.erase": "a signed order to erase a dataset",
    "secureb2share_datasets.attest": "a signed word that a description is still held",
    "secureb2share_review.decide": "a curator's decision: a few form fields",
    "secureb2share_describe.begin": "a curator begins a draft; no file fields",
    "secureb2share_describe.edit": "a curator begins a draft of a change; no file fields",
    "secureb2share_describe.save": "a curator's description as form fields, checked against a closed schema",
    "secureb2share_describe.publish": "a curator publishes a draft; no file fields",
    "secureb2share_describe.discard": "a curator deletes a draft; no file fields",
    "secureb2share_describe.withdraw": "a curator's reason; no file fields",
    "secureb2share_operate.order": "an operator's order about deliveries: a few form fields",
    "secureb2share_datasets.note_decision": "a signed decision, counted",
    "secureb2share_datasets.take_event": "an event of REMS, of which five members are read",
}


Rule = Tuple[str, str, Tuple[str, ...], str]  # (app, rule, methods, endpoint)


class Row(NamedTuple):
    """One writing route and what is known of it."""

    app: str  # "api" or "ui"
    rule: str
    methods: str
    endpoint: str
    kind: str  # refused, host, ours, site or unknown
    reason: str


def classify(rules: Iterable[Rule], content: Dict[str, str], host: Dict[str, str], site: Dict[str, str]) -> List[Row]:
    """[Row] of the writing routes among `rules`: (app, rule, methods, endpoint) tuples. Pure.

    content: {endpoint: what it would take}; host, site: {endpoint, or its beginning with a *: reason}.
    """
    rows = []
    for app, rule, methods, endpoint in rules:
        writing = sorted(set(methods) - set(SAFE))
        if not writing:
            continue
        if endpoint in content:
            # what was uploaded before can still be deleted
            kind, reason = "refused", content[endpoint] + (" (DELETE is the host's)" if "DELETE" in writing else "")
        else:
            kind, reason = _known(endpoint, (("ours", OURS), ("site", site), ("host", host)))
        rows.append(Row(app, rule, ",".join(writing), endpoint, kind, reason))
    return sorted(rows, key=order)


def order(row: Row) -> Tuple[bool, str, str, str]:
    """The key by which rows are sorted: unknown routes first."""
    return row.kind != "unknown", row.app, row.rule, row.methods


def matches(endpoint: str, pattern: str) -> bool:
    """Whether a pattern, an endpoint or its beginning with a *, names this endpoint."""
    return endpoint == pattern or (pattern.endswith("*") and endpoint.startswith(pattern[:-1]))


def _known(endpoint: str, tables: Iterable[Tuple[str, Dict[str, str]]]) -> Tuple[str, str]:
    for kind, table in tables:
        for pattern, reason in table.items():
            if matches(endpoint, pattern):
                return kind, reason
    return (
        "unknown",
        "not known to this package: name it in SECUREB2SHARE_AUDIT_KNOWN with a reason, if it takes no content",
    )


def rules_of(app: Any) -> List[Rule]:
    """(app, rule, methods, endpoint) of every rule of an application's url_map."""
    name = "api" if any(r.endpoint.startswith("secureb2share_datasets.") for r in app.url_map.iter_rules()) else "ui"
    return [(name, rule.rule, tuple(rule.methods or ()), rule.endpoint) for rule in app.url_map.iter_rules()]
