"""What the demo holds beside its examples, so that there is a page of each type: datasets in every state, applications.

It is made over HTTP as its people make it, once for a plain description and once for a hostile one.
"""

import copy
import functools
import json
import types
from urllib.parse import urlsplit

import hostile
import requests
from started import ROOT
from visitor import PERSON

from demo.check import forms, review, sd_apply
from demo.check.trip import ask
from demo.secure_environment.sites import API, INSIDE

EXAMPLES = ROOT / "docs" / "examples"
JSON = {"Accept": "application/json"}
OWNERS = ("owner-tsd", "owner-csc", "owner-cineca")
REASON = "Consent is under review."
# each has a title of its own, as in a real catalogue
NAMED = ("active", "suspended", "withdrawn", "older", "embargoed", "closed", "newer", "held", "asked-plainly")
FILE = b"participant,value\n1,42\n"


class Scene:
    """The datasets of one kind, plain or hostile, and the requests for one of them."""

    def __init__(self, site, kind):
        self.site, self.kind = site, kind
        self.datasets = {}  # name: what the secure environment says of it
        self.requests = {}  # state: what the secure environment said to who asked
        self.owners = {}
        self.opened = False  # whether SD Apply approved what there is at CSC

    def words(self, plain):
        """A text of a person: the plain one, or one that means harm."""
        return hostile.TEXT + "w" * 500 if self.kind == "hostile" else plain

    def owner(self, address):
        """The session of the owner at a secure environment."""
        if address not in self.owners:
            self.owners[address] = session = requests.Session()
            session.headers.update(JSON)
            name = dict(zip((self.site.secure, self.site.second, self.site.third), OWNERS))[address]
            _must(forms.sign_in(session, address + "/login/start", name, self.site.people[name]))
        return self.owners[address]

    @functools.cached_property
    def curator(self):
        """The session of the catalogue's curator."""
        session, begin = requests.Session(), forms.catalogue_address(self.site.catalogue)
        _must(forms.sign_in(session, begin, "curator", self.site.people["curator"]))
        return session

    def description(self, example="moli-sani", **sensitive):
        """The `dataset` member of an example, changed."""
        dataset = json.loads((EXAMPLES / (example + ".json")).read_text())["dataset"]
        if self.kind == "hostile":
            dataset = hostile.described(dataset)
        dataset["sensitive"].update(sensitive)
        return dataset

    def identifier(self, name):
        return "%s-%s" % (self.kind, name)

    def register(self, name, dataset, address=None):
        """Register a dataset with a file, or correct it."""
        address = address or self.site.secure
        if self.kind == "plain" and name in NAMED:
            dataset = copy.deepcopy(dataset)
            for title in dataset["core"]["titles"]:
                title["text"] += ", " + name
        form = {"dataset": json.dumps(dataset), "identifier": self.identifier(name)}
        values = {} if name in self.datasets else {"file": ("values.csv", FILE, "text/csv")}
        answer = _must(self.owner(address).post(address + "/api/register", data=form, files=values, timeout=30))
        self.datasets[name] = answer.json()

    def close(self, name, state):
        """Change the state of a dataset."""
        address = "%s/datasets/%s/state" % (self.site.secure, self.identifier(name))
        # a longer word of one letter is refused by the catalogue as encoded content
        reason = hostile.TEXT + hostile.WORD if self.kind == "hostile" else REASON
        _must(self.owner(self.site.secure).post(address, data={"state": state, "reason": reason}, timeout=30))
        known = "%s/api/datasets/tsd/%s" % (self.site.catalogue, self.identifier(name))
        assert _must(requests.get(known, timeout=30)).json()["state"] == state

    def ask(self, state, *steps):
        """Make a request for the active dataset, and take steps: verbs of the owner."""
        link = requests.get(self.datasets["active"]["access_url"], allow_redirects=False, timeout=30)
        form = link.headers["location"]
        page, said = ask(
            form,
            self.words(PERSON[0])[:190],
            state + "@example.org",
            title=self.words("Blood pressure and diet")[:190],
            institution=self.words("An institution")[:190],
            purpose=self.words(PERSON[2]),
        )
        self.requests[state] = dict(said, status_url=page)
        for verb in steps:
            address = "%s/inbox/%s/%s" % (self.site.secure, said["application"], verb)
            reason = {"reason": self.words("Please say which variables you need.")[:900]}
            _must(self.owner(self.site.secure).post(address, data=reason, timeout=30))

    def at_csc(self):
        """Approve in SD Apply a dataset of CSC for work inside and one for programs; made at the first call."""
        if self.opened:
            return
        self.opened = True
        trip = types.SimpleNamespace(sd_apply=self.site.sd_apply, call=_call, known=self.known_of_csc)
        for name, mode in (("inside", INSIDE), ("token", API)):
            description = self.description("finngen")
            description["sensitive"]["access_mode"] = [mode]
            self.register(name, description, self.site.second)
            self.release(self.identifier(name))
            sd_apply.apply_and_approve(trip, self.known_of_csc(self.identifier(name)))

    def known_of_csc(self, identifier, source="csc"):
        """What the catalogue tells of a dataset of CSC."""
        return _must(requests.get("%s/api/datasets/csc/%s" % (self.site.catalogue, identifier), timeout=30)).json()

    def release(self, identifier):
        """Publish what waits for a curator, over the pages of the review."""
        trip = types.SimpleNamespace(catalogue=self.site.catalogue, curator=self.curator, known=lambda *named: False)
        review.release(trip, identifier)

    def described_by_curator(self, title):
        """Publish a dataset as a program of the curator's; returns its identifier."""
        description = self.description()
        description["core"]["titles"] = [{"lang": "en", "text": title}]
        metadata = dict(description.pop("core"), **description)
        token = forms.make_token(self.curator, self.site.catalogue)
        address, headers = self.site.catalogue + "/api/records/", {"Authorization": "Bearer " + token}
        return "pid:" + _must(requests.post(address, json=metadata, headers=headers, timeout=30)).json()["id"]

    def known(self, identifier):
        """What the catalogue tells everybody of a dataset of TSD."""
        return _must(requests.get("%s/api/datasets/tsd/%s" % (self.site.catalogue, identifier), timeout=30)).json()

    def link(self):
        """The address at which the approved person collects the files."""
        said = _must(requests.get(self.requests["approved"]["status_url"], headers=JSON, timeout=30)).json()
        return said["publication_url"]

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
    scene.register("newer", dict(free, version={"label": "2", "replaces": scene.identifier("older")}))
    scene.register("held", scene.description("finngen"), site.second)
    scene.register("asked-plainly", scene.description(access_mode=[INSIDE]), site.third)
    for name in ("suspended", "withdrawn"):
        scene.close(name, name)
    scene.ask("submitted")
    scene.ask("returned", "return")
    scene.ask("approved", "approve")
    scene.ask("denied", "deny")
    scene.ask("revoked", "approve", "revoke")
    return scene


def _call(method, address):
    return requests.request(method, address, allow_redirects=False, timeout=30)


def _must(answer):
    assert answer.status_code < 400, (answer.status_code, answer.url, answer.text[:500])
    return answer
