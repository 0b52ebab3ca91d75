"""The target of kind rems: each dataset becomes a resource and a catalogue item of a REMS instance (SD Apply).

An event is carried out in single steps (rems_plan.py). REMS is asked what it has before each of them, the journal
notes the ids after each, and only the worker that holds the dataset's registration sends anything.
"""

import datetime
import http.client
import json
import logging
import os
from typing import Any, Dict, List, Optional, Set, Tuple

from .. import client
from ..access import link, rems
from ..config import check_settings, day, url_fault
from ..errors import AttemptEnded, ConfigError, SecureB2ShareError
from . import rems_check, rems_duo, rems_plan
from .answer import DELIVERED, LATER, PARK, PAUSE, Answer
from .rems_plan import Step, Wanted
from .rems_session import ARCHIVED, Session
from .webhook import MOST_AT_ONCE, Sign

# a revision is no place: each would be a resource of its own, and old grants would be left behind
PLACES = tuple(place for place in rems.PLACES if place != "revision")
LOG = logging.getLogger(__name__)  # its threads have no application
TOTAL = 60  # seconds of one attempt; claims.LEASE has to be longer than a batch and two of these
MOST_STEPS = 40  # of one attempt; what is left is for the next one
NEEDED = ("url", "user", "organization", "workflow")
OPTIONAL = (
    "api_key", "api_key_file", "form", "licenses", "resource", "languages", "visas", "allow_private", "expires",
    "concurrency",
)  # fmt: skip
_CHANGES = {
    rems_plan.ENABLE: ("catalogue-items/enabled", {"enabled": True}, "enable an item"),
    rems_plan.DISABLE: ("catalogue-items/enabled", {"enabled": False}, "disable an item"),
    rems_plan.ARCHIVE: ("catalogue-items/archived", {"archived": True}, "archive an item"),
    rems_plan.UNARCHIVE: ("catalogue-items/archived", {"archived": False}, "bring an item back"),
    rems_plan.ENABLE_RESOURCE: ("resources/enabled", {"enabled": True}, "enable a resource"),
    rems_plan.ARCHIVE_RESOURCE: ("resources/archived", {"archived": True}, "archive a resource"),
    rems_plan.UNARCHIVE_RESOURCE: ("resources/archived", {"archived": False}, "bring a resource back"),
}  # fmt: skip


class Rems:
    """One target of kind rems."""

    registers = True
    echo = False  # nor does it have to be asked for: what registers hears of everything, see messages/sources.py
    fingerprint = None  # its key signs nothing

    def __init__(self, url: str, user: str, key: Any, **settings: Any) -> None:
        """key: callable giving the API key; settings: as OPTIONAL, and organization and workflow."""
        self.url, self.user, self.key = url, user, key
        self.organization: str = settings["organization"]
        self.workflow: int = settings["workflow"]
        self.form: Optional[int] = settings.get("form")
        self.licenses: Tuple[int, ...] = tuple(sorted(settings.get("licenses", ())))
        self.resource: str = settings.get("resource", "{identifier}")
        self.languages: Tuple[str, ...] = tuple(settings.get("languages", ("en",)))
        self.visas: bool = bool(settings.get("visas"))
        self.allow_private: bool = bool(settings.get("allow_private"))
        self.expires: Optional[datetime.date] = settings.get("expires")
        self.concurrency: int = settings.get("concurrency", 1)

    @classmethod
    def read(cls, key: str, settings: Dict[str, Any], demo: bool) -> "Rems":
        """The Rems of an entry of SECUREB2SHARE_TARGETS; raises ConfigError. key, demo: as of webhook.Webhook."""
        check_settings(key, settings, NEEDED, OPTIONAL)
        fault = url_fault(settings["url"], demo) if isinstance(settings["url"], str) else "must be a text"
        if fault or "?" in settings["url"]:
            raise ConfigError("%s: url %s." % (key, fault or "is the address of the service, without a query"))
        for name in ("user", "organization"):
            if not _is_plain(settings[name]):
                raise ConfigError("%s: %s must be an id of REMS, a text." % (key, name))
        numbers = [("workflow", settings["workflow"])]
        numbers += [("form", settings["form"])] if settings.get("form") is not None else []
        licenses = settings.get("licenses", ())
        if not isinstance(licenses, (list, tuple)) or len(set(licenses)) != len(licenses):
            raise ConfigError("%s: licenses must be a list of the ids of licences in REMS, each once." % key)
        for name, number in numbers + [("licenses", number) for number in licenses]:
            if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                raise ConfigError("%s: %s must be an id of REMS, a number." % (key, name))
        languages = settings.get("languages", ("en",))
        if not isinstance(languages, (list, tuple)) or not languages or not all(map(_is_plain, languages)):
            raise ConfigError("%s: languages must be a list of those that REMS is configured for." % key)
        rems.check_resource(key, settings.get("resource", "{identifier}"), PLACES, bool(settings.get("visas")))
        concurrency = settings.get("concurrency", 1)
        if isinstance(concurrency, bool) or not isinstance(concurrency, int) or not 1 <= concurrency <= MOST_AT_ONCE:
            raise ConfigError("%s: concurrency must be a number from 1 to %d." % (key, MOST_AT_ONCE))
        read_values = {name: settings[name] for name in NEEDED[2:] + OPTIONAL[2:] if name in settings}
        read_values["expires"] = day(key, settings.get("expires"))
        read_values["allow_private"] = bool(settings.get("allow_private")) or demo
        return cls(settings["url"].rstrip("/"), settings["user"], _key_of(key, settings), **read_values)

    def open(self, journal: Any) -> "Channel":
        """A Channel to the target; one thread at a time uses it. journal: outbox.registrations.Journal."""
        return Channel(self, journal)

    def session(self) -> Session:
        """A Session with this REMS; raises AttemptEnded where the key cannot be read."""
        return Session(self.url, self.user, self.key(), self.allow_private)

    def resid(self, identifier: str, pid: str, source: str, record_url: str) -> str:
        """The external id of a dataset, as the links of its source have it."""
        url = link.pid_url(pid, record_url)
        return self.resource.format(identifier=identifier, pid=pid, source=source, record_url=record_url, pid_url=url)

    def visa_fault(self, *places: str) -> Optional[str]:
        """The reason why the external id of a dataset (as of resid) fits no visa, where it has to; None: it does."""
        return link.visa_fault(self.resid(*places)) if self.visas else None

    def look(self) -> Tuple[List[str], List[str]]:
        """([what is wrong], [what an operator should know]) of this REMS now, in sentences."""
        return rems_check.look(self)

    def wanted(self, said: Dict[str, Any], known: Any) -> Wanted:
        """The rems_plan.Wanted of an event (dict) that tells of a dataset; raises AttemptEnded.

        known: ids of the DUO codes that this REMS takes.
        """
        data = said["data"]
        places = [data[name] for name in ("identifier", "pid", "source", "record_url")]
        resid, fault = self.resid(*places), self.visa_fault(*places)
        if fault:
            raise AttemptEnded(PARK, "the resource id %s" % fault)
        titles = {one["lang"]: one["text"] for one in reversed(data["dataset"]["core"]["titles"])}
        first = titles.get("en") or data["dataset"]["core"]["titles"][0]["text"]
        texts = {language: (titles.get(language, first), data["record_url"]) for language in self.languages}
        duo = rems_duo.of(data["dataset"], known)
        digest = client.digest(client.canonical([list(self.licenses), duo]))
        return Wanted(resid, _state(data), self.licenses, rems_duo.canonical(duo), texts, digest)


class Channel:
    """One connection to a REMS, which is kept between events."""

    def __init__(self, target: Rems, journal: Any) -> None:
        self.target, self.journal = target, journal
        self.last: Any = None  # the event that was sent over it before
        self._session: Optional[Session] = None

    def send(self, event: Any, sign: Sign) -> Answer:
        """The Answer to one attempt; never raises for what the network, REMS or the journal does.

        event: with id, message_id and body; sign: not needed, for REMS takes no signatures.
        """
        try:
            said = json.loads(event.body.decode("utf-8"))
            item = self._register(event, said) if "dataset" in said["data"] else None
        except AttemptEnded as ended:
            return Answer(ended.status, retry_after=ended.retry_after, meaning=ended.meaning, reason=str(ended))
        except (OSError, http.client.HTTPException, SecureB2ShareError, ValueError, KeyError) as error:
            return Answer(error=type(error).__name__)
        receipt = client.receipt(said, event.body, "rems-item-%d" % item if item else "rems-nothing")
        return Answer(200, client.canonical(receipt), meaning=DELIVERED)

    def close(self) -> None:
        """End the connection."""
        if self._session is not None:
            self._session.close()

    def _register(self, event, said):
        """Carry an event out; returns the id of the item that stays, or None."""
        if self._session is None:
            self._session = self.target.session()
        self._session.begin(TOTAL)
        hold = self.journal.take(event.id)
        try:
            if hold.is_overtaken:
                return hold.item
            has_codes = said["data"]["dataset"]["sensitive"].get("duo_codes")
            known = self._session.duo_codes() if has_codes else ()
            wanted = self.target.wanted(said, known)
            left_out = rems_duo.unknown(said["data"]["dataset"], known)
            if left_out:
                LOG.info("secureb2share.duo-left-out event=%s codes=%s", event.message_id, ",".join(left_out))
            return _Registration(self.target, self._session, hold, wanted, said).run()
        finally:
            hold.give_back()


class _Registration:
    """The steps of one event, by the worker that holds the dataset."""

    def __init__(self, target, session, hold, wanted, said):
        self.target, self.session, self.hold, self.wanted, self.said = target, session, hold, wanted, said
        self.taken: Set[Step] = set()
        self.unusable: Set[int] = set()

    def run(self):
        found = self.look_up()
        for _ in range(MOST_STEPS):
            step = rems_plan.next_step(self.wanted, found, self.noted(), self.unusable)
            is_open = rems_plan.is_open(self.wanted, found)
            if step is None:
                resource, item = rems_plan.chosen(self.wanted, found, self.noted(), self.unusable)
                ids = {"resource": resource and resource.id, "item": item and item.id, "digest": self.wanted.digest}
                # of a dataset that is not open the journal keeps what it knew, for the way back
                self.hold.note(is_open=is_open, **(ids if self.wanted.state == rems_plan.OPEN else {}))
                return self.hold.item
            if step in self.taken:
                raise AttemptEnded(LATER, "REMS says that it did the step %s, and does not show it" % step.action)
            self.taken.add(step)
            # no reader is led to a link that may lead nowhere after this step
            self.hold.note(is_open=is_open and step.action != rems_plan.DISABLE)
            self.take(step)
            found = self.look_up()
        raise AttemptEnded(LATER, "the registration needs more than %d steps" % MOST_STEPS)

    def noted(self):
        return rems_plan.Noted(self.hold.resource, self.hold.item, self.hold.digest)

    def look_up(self):
        found = self.session.look_up(self.wanted.resid)
        for kind, number, shown in (
            ("resources", self.hold.resource, found.resources),
            ("catalogue-items", self.hold.item, found.items),
        ):
            # what is there and not shown would be made again by each attempt
            if number is not None and number not in {one.id for one in shown} and self.session.has(kind, number):
                said = "REMS has %d among its %s, and does not show it to this user by its external id"
                raise AttemptEnded(PAUSE, said % (number, kind))
        return found

    def take(self, step):
        try:
            self._take(step)
        except AttemptEnded as error:
            if step.action != rems_plan.UNARCHIVE or error.code != ARCHIVED:
                raise
            # its form, workflow or licence is no longer in use: a new item takes the present ones
            self.unusable.add(step.number)

    def _take(self, step):
        owner = {"organization/id": self.target.organization}
        if step.action == rems_plan.CREATE_RESOURCE:
            said = {"resid": self.wanted.resid, "organization": owner, "licenses": list(self.wanted.licenses)}
            codes = rems_duo.of(self.said["data"]["dataset"], [code for code, _ in self.wanted.duo])
            said.update({"resource/duo": {"duo/codes": codes}} if codes else {})
            made = self.session.write("POST", "/api/resources/create", said, "make a resource")
            self.hold.note(resource=made, item=None, digest=self.wanted.digest)
        elif step.action == rems_plan.CREATE_ITEM:
            said = {"resid": step.number, "wfid": self.target.workflow, "form": self.target.form}
            said.update({"organization": owner, "localizations": self.texts(), "enabled": False})
            made = self.session.write("POST", "/api/catalogue-items/create", said, "make an item")
            self.hold.note(resource=step.number, item=made, digest=self.wanted.digest)
        elif step.action == rems_plan.EDIT:
            said = {"id": step.number, "localizations": self.texts()}
            self.session.write("PUT", "/api/catalogue-items/edit", said, "edit an item")
        else:
            path, change, what = _CHANGES[step.action]
            self.session.write("PUT", "/api/" + path, dict(change, id=step.number), what)

    def texts(self):
        return {language: {"title": title, "infourl": url} for language, (title, url) in self.wanted.texts.items()}


def _state(data):
    """What a dataset is to be in REMS: an embargo is kept by the catalogue's link, which opens on a day."""
    if data["state"] in ("withdrawn", "superseded"):
        return rems_plan.ENDED
    can_ask = data["dataset"]["sensitive"]["access_right"] in ("controlled", "embargoed")
    return rems_plan.OPEN if data["state"] == "active" and can_ask else rems_plan.SHUT


def _is_plain(value):
    return isinstance(value, str) and 1 <= len(value) <= 300 and all(" " <= one <= "~" for one in value)


def _key_of(key, settings):
    """The callable that gives the API key: a file is read anew by each sweep, so that a new key needs no restart."""
    text, path = settings.get("api_key"), settings.get("api_key_file")
    if (text is None) == (path is None):
        raise ConfigError("%s needs api_key or api_key_file, and not both." % key)
    if text is not None:
        if not _is_plain(text):
            raise ConfigError("%s: api_key must be a text of printable ASCII." % key)
        return lambda: text
    if not isinstance(path, (str, os.PathLike)) or not os.path.isabs(path):
        raise ConfigError("%s: api_key_file must be the whole path of a file." % key)
    return lambda: _read_key(path)


def _read_key(path):
    try:
        with open(path, encoding="ascii") as file:
            text = file.read(1000).strip()
    except (OSError, ValueError):
        text = ""
    if not _is_plain(text):
        raise AttemptEnded(PAUSE, "the file api_key_file cannot be read, or holds no key")
    return text
