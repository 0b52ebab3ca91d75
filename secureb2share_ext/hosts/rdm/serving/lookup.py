"""The published records of ours that a page of RDM shows; those that cannot be ours are not asked for."""

from typing import Any, Dict, List, Optional, Set

from invenio_rdm_records.proxies import current_rdm_records_service as service

from ....datasets.view import Entry
from ....descriptions.tolerant import member
from ....exports.published import Published
from ....proxies import active
from ... import bindings, published
from ..fields.names import full


def found_of(records: List[Dict[str, Any]]) -> Dict[str, Entry]:
    """{PID: view.Entry} of those records that are ours; records: dicts as RDM serves, indexes or describes them."""
    extension = active()
    if extension is None:
        return {}
    communities = {source.community for source in extension.sources.values()}
    communities.update(filter(None, map(bindings.bound, extension.sources)))
    pids = {one["id"]: may_be_ours(one, communities) for one in records if isinstance(one.get("id"), str)}
    published.rule_out([pid for pid, may_be in pids.items() if not may_be])
    return published.by_pids([pid for pid, may_be in pids.items() if may_be])


def found_in(record: Dict[str, Any]) -> Optional[Entry]:
    """The view.Entry of a record (dict as in found_of), or None."""
    return found_of([record]).get(record.get("id", ""))


def may_be_ours(record: Dict[str, Any], communities: Set[str]) -> bool:
    """Whether a record (dict) has a custom field of ours, or is in one of these communities (slugs or ids). Pure.

    A damaged record may have lost its custom fields; a record that does not tell its communities may be in any.
    """
    if "parent" not in record or any(name.startswith(full("")) for name in member(record, "custom_fields")):
        return True
    told = member(member(record, "parent"), "communities")
    ids, entries = told.get("ids") or [], told.get("entries") or []
    if len(entries) < len(ids):
        return True
    return any(entry.get(name) in communities for entry in entries for name in ("id", "slug"))


def shown_of_pid(pid: Optional[str]) -> Optional[Published]:
    """The Published of the published record with this PID; None for one that is not ours, or damaged."""
    found = published.by_pid(pid)
    return None if found is None else published.shown(found)


def shown_in(record: Dict[str, Any]) -> Optional[Published]:
    """The Published of a record (dict as in found_of); None for one that is not ours, or damaged."""
    found = found_in(record)
    return None if found is None else published.shown(found)


def shown_of_source(found: Entry, source: Dict[str, Any]) -> Optional[Published]:
    """The Published of a record that the index holds as `source` (dict): nothing is read from the database for it."""
    return published.shown(found, service.record_cls.loads(source))
