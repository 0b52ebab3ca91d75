"""What the demo holds beside its examples, so that there is a page of each type: datasets in every state, applications.

It is made over HTTP as its people make it, once for a plain description and once for a hostile one.
"""

import json
from urllib.parse import urlsplit

import hostile
import requests
from started import ROOT
from visitor import PERSON

EXAMPLES = ROOT / "docs" / "examples"
JSON = {"Accept": "application/json"}
REASON = "Consent is under review."
# the state of each dataset that gets into it by a message of its owner
CLOSED = {"suspended": "suspended", "withdrawn": "withdrawn"}


class Scene:
    """The datasets of one kind, plain or hostile: {name: its entry in the owner's inbox}, and applications."""

    def __init__(self, site, kind):
        self.site, self.kind = site, kind
        self.datasets = {}
        self.applications = {}  # state: what the secure environment said of it
        self.owners = {}

    def owner(self, address):
        if address not in self.owners:
            self.owners[address] = session = requests.Session()
            _must(session.post(address + "/login", data={"password": self.site.passwords[address]}, timeout=30))
        return self.owners[address]

    def description(self, example="moli-sani", **sensitive):
        dataset = json.loads((EXAMPLES / (example + ".json")).read_text())["dataset"]
        if self.kind == "hostile":
            dataset = hostile.described(dataset)
        dataset["sensitive"].update(sensitive)
        return dataset

    def register(self, name, dataset, address=None):
        address = address or self.site.secure
        identifier = "%s-%s" % (self.kind, name)
        form = {"dataset": json.dumps(dataset), "identifier": identifier}
        answer = _must(self.owner(address).post(address + "/api/register", data=form, timeout=30))
        self.datasets[name] = answer.json()
        return identifier

    def close(self, name, state, address=None):
        path = "%s/datasets/%s/state" % (address or self.site.secure, self.datasets[name]["identifier"])
        reason = hostile.TEXT if self.kind == "hostile" else REASON
        _must(
            self.owner(self.site.secure).post(path, data={"state": state, "reason": reason}, headers=JSON, timeout=30)
        )

    def apply(self, state):
        person = dict(zip(("name", "email", "purpose"), PERSON))
        if self.kind == "hostile":
            person.update(name=hostile.TEXT[:190], purpose=hostile.TEXT + "w" * 500)
        person["email"] = state + "@example.org"
        form = requests.get(self.datasets["active"]["access_url"], allow_redirects=False, timeout=30).headers[
            "location"
        ]
        said = _must(requests.post(form, json=person, headers=JSON, timeout=30)).json()
        self.applications[state] = dict(said, form=form)
        return said["application"]

    def path(self, name):
        """The path of a dataset's record in the catalogue."""
        return urlsplit(self.datasets[name]["record_url"]).path


def make(site, kind):
    """Everything of one kind."""
    scene = Scene(site, kind)
    free = scene.description(access_mode=["publication-portal"])
    for name in ("active", "suspended", "withdrawn", "older"):
        scene.register(name, free)
    scene.register("embargoed", scene.description(access_right="embargoed", embargo_until="2099-01-31"))
    scene.register("closed", scene.description(access_right="metadata-only"))
    scene.register("newer", dict(free, version={"label": "2", "replaces": "%s-older" % kind}))
    scene.register("held", scene.description("finngen"), site.second)
    for name, state in CLOSED.items():
        scene.close(name, state)
    return scene


def _must(answer):
    assert answer.status_code < 400, (answer.status_code, answer.url, answer.text[:1000])
    return answer
