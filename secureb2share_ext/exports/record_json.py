"""Access in a record's JSON.

It is made from the Published, not from what the host stored: every serialisation says the same right and the same
link, and no link to content is in any of them.
"""

from typing import Any, Collection, Dict, List

from . import tombstone
from .published import Published

CONTENT_LINKS = ("files", "bucket", "self_file")
FULL_ONLY = ("name", "size", "checksum")  # of a described file: shown while its source says describe_files: full


def access_member(shown: Published) -> Dict[str, Any]:
    """The `access` member: right in words and vocabularies, state, and the link where one can be followed."""
    dataset, right = shown.dataset, shown.right
    member = {
        "right": right.value,
        "label": shown.label,
        "coar": right.coar,
        "info_eu_repo": right.info_eu_repo,
        "eu": right.eu,
        "conditions": dataset.sensitive["access_conditions"],
        "state": dataset.state,
        "url": shown.access_url,
    }
    if shown.requests_from:
        member["requests_from"] = shown.requests_from
    for name in ("reason", "state_at", "successor"):
        if getattr(dataset, name):
            member[name] = getattr(dataset, name)
    if shown.is_withdrawn:
        member["contact"] = dataset.contact
    if shown.successor:
        member["successor_url"] = shown.successor.url
    return member


def files_member(shown: Published) -> List[Dict[str, Any]]:
    """The described files, each leading to the access address; a description may be older than its source's setting."""
    hidden = () if shown.describe_files == "full" else FULL_ONLY
    return [
        dict(
            {name: value for name, value in entry.items() if name not in hidden},
            key="Request access: " + entry["label"],
            links={"request_access": shown.access_url},
        )
        for entry in shown.dataset.files
    ]


def versions_member(shown: Published) -> Dict[str, Dict[str, str]]:
    """The `versions` member: {"replaces" and "replaced_by": {identifier, pid, url}} where there are any, else {}."""
    related = {"replaces": shown.replaces, "replaced_by": shown.replaced_by}
    return {name: dict(other._asdict()) for name, other in related.items() if other}


def without_content(body: Dict[str, Any]) -> Dict[str, Any]:
    """The JSON of a record or search hit (dict with id, metadata, links) without files and links to them.

    Members that begin with an underscore are the host's own: buckets, files, what an index needs.
    """
    metadata = {k: v for k, v in body.get("metadata", {}).items() if k != "files" and not k.startswith("_")}
    links = {k: v for k, v in body.get("links", {}).items() if k not in CONTENT_LINKS}
    bare = {k: v for k, v in body.items() if k != "files"}
    return dict(bare, metadata=metadata, links=links)


def item(body: Dict[str, Any], shown: Published, kept: Collection[str] = ()) -> Dict[str, Any]:
    """The JSON of a record without content, with our members added; `body` is left alone.

    They are the access member, the link, the described files and the versions. Of a withdrawn dataset it is a
    tombstone; kept: names of the host's metadata that it keeps, because they do not describe the dataset.
    """
    versions = versions_member(shown)
    if shown.is_withdrawn:
        metadata = body.get("metadata", {})
        own = {name: metadata[name] for name in kept if name in metadata}
        said = tombstone.item(body, shown, access_member(shown), own)
        # which dataset takes its place does not describe this one
        return dict(said, **({"versions": versions} if versions else {}))
    bare = without_content(body)
    return dict(
        bare,
        links=dict(bare["links"], request_access=shown.access_url),
        access=access_member(shown),
        files=files_member(shown),
        **({"versions": versions} if versions else {}),
    )
