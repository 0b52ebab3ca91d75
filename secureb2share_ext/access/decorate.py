"""What does a reader see of access in a record's JSON, and in schema.org?

From the Dataset, not from what the host stored: every serialisation says the same right and the same link, and no
link to content is in any of them.
"""

from .rights import label_of, right_of

CONTENT_MEMBERS = ("_files", "_bucket", "_buckets")
CONTENT_LINKS = ("files", "bucket", "self_file")


STATES = {
    "suspended": "Requests are suspended",
    "superseded": "Superseded by another dataset",
    "withdrawn": "Withdrawn",
}


def label(dataset, right):
    """How access stands, in plain words."""
    return STATES.get(dataset.state) or label_of(right, dataset.sensitive)


def is_requestable(dataset, right):
    """Whether the access address leads to a form now."""
    return dataset.state == "active" and right.value == "controlled"


def access_member(dataset, access_url, today):
    """The `access` member: right in words and vocabularies, state, and the link where one can be followed."""
    right = right_of(dataset.sensitive, today)
    member = {
        "right": right.value,
        "label": label(dataset, right),
        "coar": right.coar,
        "info_eu_repo": right.info_eu_repo,
        "eu": right.eu,
        "conditions": dataset.sensitive["access_conditions"],
        "state": dataset.state,
        "url": access_url,
    }
    if right.value == "embargoed":
        member["requests_from"] = dataset.sensitive["embargo_until"]
    for name in ("reason", "state_at", "successor"):
        if getattr(dataset, name):
            member[name] = getattr(dataset, name)
    return member


def files_member(dataset, access_url):
    """The described files, each leading to the access address."""
    return [
        dict(entry, key="Request access: " + entry["label"], links={"request_access": access_url})
        for entry in dataset.files
    ]


def without_content(body):
    """The JSON of a record or search hit (dict with id, metadata, links) without files and links to them."""
    metadata = {k: v for k, v in body.get("metadata", {}).items() if k not in CONTENT_MEMBERS + ("files",)}
    links = {k: v for k, v in body.get("links", {}).items() if k not in CONTENT_LINKS}
    return dict(body, metadata=metadata, links=links)


def item(body, dataset, access_url, today):
    """The same, with the access member, the link and the described files; the given one is left alone."""
    bare = without_content(body)
    return dict(
        bare,
        links=dict(bare["links"], request_access=access_url),
        access=access_member(dataset, access_url, today),
        files=files_member(dataset, access_url),
    )


def schema_org(dataset, record_url, access_url, today):
    """A schema.org Dataset as JSON-LD (dict). isAccessibleForFree is left out: it is about money, not openness."""
    core, sensitive = dataset.core, dataset.sensitive
    right = right_of(sensitive, today)
    said_label = label(dataset, right)
    said = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": record_url,
        "url": record_url,
        "identifier": [dataset.pid, dataset.identifier],
        "name": [{"@language": t["lang"], "@value": t["text"]} for t in core["titles"]],
        "description": [{"@language": d["lang"], "@value": d["text"]} for d in core["descriptions"]],
        "creator": [
            {"@type": "Organization" if "orcid" not in c else "Person", "name": c["name"]} for c in core["creators"]
        ],
        "publisher": {"@type": "Organization", "name": core["publisher"]},
        "datePublished": str(core["publication_year"]),
        "keywords": core.get("keywords", []),
        "inLanguage": core.get("languages", []),
        "creativeWorkStatus": dataset.state,
        "conditionsOfAccess": " ".join([said_label + "."] + [c["text"] for c in sensitive["access_conditions"]]),
        "usageInfo": right.coar,
        "additionalProperty": [{"@type": "PropertyValue", "name": right.value, "value": said_label, "url": access_url}],
    }
    if is_requestable(dataset, right):
        said["potentialAction"] = {"@type": "ViewAction", "name": "Request access", "target": access_url}
    return said
