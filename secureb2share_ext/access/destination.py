"""The destination of an access link: the form of a dataset's source, or the reason why there is none now."""

from typing import Collection, Optional

from .. import stops
from ..compat import utcnow
from ..datasets import view
from ..errors import DAMAGED, Gone, NoAccess, NoSigningKey, NotReady, UnknownDataset
from ..exports.rights import today_utc
from ..proxies import Extension
from . import link, reference

UNKNOWN = "This catalogue has published no such dataset."
WITHOUT_KEY = "This catalogue has no signing key yet, so it cannot lead to the form; its operator has to make one."


def destination(extension: Extension, pid: Optional[str], languages: Collection[str] = ()) -> str:
    """The address of the form for the dataset with a PID (or None); raises the Problem that says why there is none.

    extension: ext.SecureB2Share; languages: tags that the reader prefers, the best first.
    """
    host = extension.host
    found = next(iter(view.look_up(host, pids=[pid])), None) if pid else None
    if found is None:
        raise UnknownDataset(UNKNOWN)
    row = found.row
    record = host.record(row)
    dataset = view.dataset_of(host, row, record) if record is not None else None
    is_whole = dataset is not None and dataset.is_whole
    members = dict(_members(host, found), **({"contacts": dataset.core["contacts"]} if dataset and is_whole else {}))
    if row.state == "withdrawn" or dataset is None:
        why = ("This dataset was withdrawn. %s" % (row.reason or "")).strip()
        raise Gone(why, **dict(members, state="withdrawn"))
    if not is_whole:
        raise NotReady(DAMAGED, code="damaged")
    if row.state == "suspended":
        raise NoAccess("Requests for this dataset are suspended. %s" % row.reason, code="suspended", **members)
    if row.state == "superseded":
        raise NoAccess(
            "This dataset was superseded by %s. %s" % (row.successor, row.reason), code="superseded", **members
        )
    shown = view.shown(host, found, dataset, today_utc(utcnow()))
    if shown.right.value != "controlled":
        raise NoAccess(shown.label + ".", code=shown.right.value, requests_from=shown.requests_from, **members)
    if row.source not in extension.sources:
        raise NotReady("The source of this dataset is not configured here any more.", code="no-source")
    if not shown.is_open:
        raise NoAccess(
            "The secure environment has not confirmed this dataset yet; try again later.",
            code="not-yet-open",
            **members,
        )
    return _link(extension, shown, extension.providers[extension.sources[row.source].access], languages)


def site(extension: Extension, source: str) -> str:
    """The host of a source's form, such as ``nettskjema.no``; "" where the source is not configured any more."""
    if source not in extension.sources:
        return ""
    return link.site(extension.providers[extension.sources[source].access].url)


def _link(extension, shown, provider, languages):
    dataset = shown.dataset
    values = {
        "identifier": dataset.identifier,
        "pid": dataset.pid,
        "pid_url": link.pid_url(dataset.pid, shown.record_url),
        "source": dataset.source,
        "revision": dataset.revision,
        "record_url": shown.record_url,
    }
    if provider.signs:
        values["reference"] = _reference(extension, dataset)
    return provider.expand(values, languages)


def _reference(extension, dataset):
    # in an incident nothing is signed, and the reader gets to the form all the same
    if extension.is_on and stops.is_frozen():
        return ""
    try:
        return reference.mint(extension.keyring.current(), extension.host.base_url(), dataset)
    except NoSigningKey:
        raise NotReady(WITHOUT_KEY, code="no-signing-key")


def _members(host, found):
    """The members of a problem that tell of a dataset what its sentence does not."""
    row = found.row
    members = {"state": row.state, "record_url": host.record_url(row)}
    members.update((name, getattr(row, name)) for name in ("reason", "state_at") if getattr(row, name))
    if row.successor:
        members["successor"] = host.record_url(found.relatives[row.successor])
    return members
