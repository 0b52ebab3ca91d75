"""The form in which a record of invenio-records holds a description.

The members of core stand at the top, as in most Invenio repositories; sensitive, files and version as they are. Two
more are written by us alone: the PID's field and `secureb2share`, which says what the dataset is and where it stands.
"""

from typing import Any, Dict, List, Mapping, Optional

STAMP = "secureb2share"
PID_FIELD = "control_number"  # invenio-pidstore's recid minter and fetcher
_PARTS = ("sensitive", "files", "version")


def to_record(description: Dict[str, Any]) -> Dict[str, Any]:
    """The metadata that hold a description."""
    metadata = dict(description["core"])
    metadata.update((part, description[part]) for part in _PARTS if part in description)
    return metadata


def from_record(metadata: Mapping[str, Any]) -> Dict[str, Any]:
    """The description in a record's metadata; whatever we do not know ends in core, where the schema refuses it."""
    outside = _PARTS + (STAMP, PID_FIELD, "$schema")
    description = {part: metadata[part] for part in _PARTS if part in metadata}
    description["core"] = {k: v for k, v in metadata.items() if k not in outside and not k.startswith("_")}
    return description


def claimed(metadata: Mapping[str, Any]) -> Optional[str]:
    """The identifier that a record's editor gave its dataset, or that it has; None where there is none."""
    stamp = metadata.get(STAMP)
    return stamp.get("identifier") if isinstance(stamp, dict) else None


def written_by_host(metadata: Mapping[str, Any]) -> List[str]:
    """[name] of the members that the host alone may write."""
    return [name for name in metadata if name.startswith("_") or name == "$schema"]


def field(name: str) -> str:
    """A field of a description, as an editor of the record knows it."""
    return name[len("core.") :] if name.startswith("core.") else name


def stamp(source: str, identifier: str, row: Any = None) -> Dict[str, str]:
    """The member that is written into a record of ours beside its description."""
    said = {"source": source, "identifier": identifier, "state": row.state if row else "active"}
    if row is not None:
        output = ("reason", "state_at", "successor", "replaced_by")
        said.update((name, getattr(row, name)) for name in output if getattr(row, name))
    return said
