"""The target of kind rems over a REMS in this process, without a network and without a database."""

import json
from types import SimpleNamespace

from secureb2share_ext import client
from secureb2share_ext.targets import rems
from secureb2share_ext.targets.answer import Answer
from secureb2share_ext.targets.rems_session import Session
from secureb2share_ext.testing import rems as fake
from secureb2share_ext.testing.rems_routes import Request

SETTINGS = {
    "url": "http://127.0.0.1:1",
    "user": fake.OWNER,
    "api_key": fake.KEY,
    "organization": fake.ORGANIZATION,
    "workflow": 11,
    "form": 31,
    "licenses": [51],
    "languages": ["en", "fi"],
}
RESID = "p11-moba"
CONTROLLED = {"access_right": "controlled"}


class Killed(BaseException):
    """The worker ends here."""


def target(**changed):
    settings = {name: value for name, value in dict(SETTINGS, **changed).items() if value is not None}
    return rems.Rems.read("SECUREB2SHARE_TARGETS['rems']", settings, True)


def event(number=1, state="active", title="A", identifier=RESID, **sensitive):
    """An event as the outbox claims it: id, message_id and body."""
    core = {"titles": [{"lang": "nb", "text": "Norsk"}, {"lang": "en", "text": title}], "contacts": [{"name": "Desk"}]}
    data = {
        "source": "tsd", "identifier": identifier, "pid": "10.1234/x1", "state": state, "sequence": number,
        "record_url": "https://catalogue.example.org/records/x1",
        "dataset": {"core": core, "sensitive": dict(CONTROLLED, **sensitive)},
    }  # fmt: skip
    said = {"id": "m%d" % number, "source": "https://catalogue.example.org", "data": data}
    return SimpleNamespace(id=number, message_id=said["id"], body=client.canonical(said))


class Journal:
    """The journal in memory, one registration; `at` is called at each point at which a worker may be killed."""

    def __init__(self, at=lambda: None):
        self.at = at
        self.resource = self.item = self.digest = None
        self.is_open, self.is_held, self.is_overtaken = False, False, False
        self.resid = self.sequence = self.of_event = self.later = None

    def take(self, event_id):
        return self

    def note(self, **values):
        self.at()
        vars(self).update(values)
        self.at()

    def give_back(self):
        pass


class Direct(Session):
    """A session whose requests are calls; REMS restarts between no two of them."""

    def __init__(self, server, at=lambda: None):
        super().__init__(SETTINGS["url"], fake.OWNER, fake.KEY, True)
        self.server, self.at = server, at

    def _request(self, method, path, body, headers, end, most):
        self.at()
        told = self.server.decide(Request(method, path, headers, body or b""))
        self.at()
        if told is None:
            raise ConnectionResetError
        said = json.dumps(told.body) if told.type == "application/json" else told.body
        return Answer(told.status, said.encode("utf-8"))


def channel(server, journal=None, at=lambda: None, **changed):
    """A channel of a target with changed settings to a server in this process."""
    found = rems.Channel(target(**changed), journal or Journal(at))
    found._session = Direct(server, at)
    return found


def send(server, journal, told, **changed):
    return channel(server, journal, **changed).send(told, None)


def writes(server, start=0):
    """["POST resources/create", ...] of the requests that change something, each with the number that it names."""
    found = []
    for one in server.requests[start:]:
        if one.method != "GET":
            said = json.loads(one.body.decode("utf-8"))
            flag = [" %s" % said[name] for name in ("enabled", "archived") if name in said and "id" in said]
            found.append(one.target.replace("/api/", "") + "".join(flag))
    return found
