"""One running SD Apply: the fake REMS, its secrets in a folder, and the catalogue that it tells of events."""

import os
import secrets

from secureb2share_ext.testing.rems import APPLICANT, HANDLER, ORGANIZATION, OWNER, FakeRems, example_store
from secureb2share_ext.testing.rems_routes import ApiKey

HEADER = "X-SecureB2SHARE-Secret"
ENTRY = "csc-sd-apply"  # of SECUREB2SHARE_ACCESS
EVENTS = [
    "application.event/" + kind
    for kind in "created resources-changed submitted returned approved rejected closed revoked deleted".split()
]
# what the catalogue's key may do, and nothing else
PATHS = [
    ("get", "/api/(health|config)"),
    ("get", "/api/(resources|catalogue-items)(/.*)?"),
    ("post", "/api/(resources|catalogue-items)/create"),
    ("put", "/api/(resources|catalogue-items)/(edit|enabled|archived)"),
]
REPORTER = "reporter"  # who reads all applications for the secure environment
PEOPLE = {APPLICANT: "The applicant", "colleague": "The colleague", HANDLER: "The handler"}
WORKFLOW, FORM, LICENCE = 11, 31, 51  # of example_store


def secret(folder, name):
    """The secret of a name in a folder, which is made where it is missing."""
    path = os.path.join(folder, name)
    os.makedirs(folder, exist_ok=True)
    try:
        with open(path) as file:
            return file.read()
    except FileNotFoundError:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
        return secret(folder, name)


def make(folder, port, catalogue_url=None):
    """A FakeRems whose changes outlast the process, in a folder; catalogue_url: None tells nobody."""
    target = {
        "url": "%s/api/datasets/rems/%s" % (catalogue_url, ENTRY),
        "headers": {HEADER: secret(folder, "events")},
        "event-types": EVENTS,
        "send-application?": False,
    }
    return FakeRems(
        example_store(duo=True),
        {
            secret(folder, "api-key"): ApiKey([OWNER], PATHS),
            secret(folder, "environment"): ApiKey([REPORTER], [("get", "/api/applications(/[0-9]+)?")]),
            secret(folder, "pages"): ApiKey(),
        },
        targets=[target] if catalogue_url else [],
        journal=os.path.join(folder, "journal"),
        port=port,
    )


def of_catalogue(folder, url):
    """(target, provider of access links) as the catalogue's configuration has them."""
    target = {
        "kind": "rems",
        "url": url,
        "user": OWNER,
        "api_key": secret(folder, "api-key"),
        "organization": ORGANIZATION,
        "workflow": WORKFLOW,
        "form": FORM,
        "licenses": [LICENCE],
        "languages": ["en", "fi"],
    }
    return target, {"provider": "rems", "url": url, "events": secret(folder, "events")}
