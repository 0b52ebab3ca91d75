"""The target of kind rems: each dataset becomes a resource and a catalogue item of a REMS instance (SD Apply).

An event is carried out in single steps (rems_plan.py). REMS is asked what it has before each of them, the journal
notes the ids after each, and only the worker that holds the dataset's registration sends anything.
"""

import contextlib
import datetime
import http.client
import json
import logging
from typing import Any, Dict, List, Optional, Tuple

from .. import client
from ..access import link, rems
from ..errors import AttemptEnded, SecureB2ShareError
from . import rems_check, rems_duo, rems_plan, rems_settings
from .answer import DELIVERED, LATER, PARK, Answer
from .rems_plan import Wanted
from .rems_registration import Registration
from .rems_session import Session
from .webhook import Sign

UNREADABLE = (KeyError, ValueError, TypeError, AttributeError, IndexError, RecursionError)
LOG = logging.getLogger(__name__)  # its threads have no application
TOTAL = 60  # seconds of one attempt; claims.LEASE has to be longer than a batch and two of these


class Rems:
    """One target of kind rems."""

    registers = True
    echo = False  # nor does it have to be asked for: what registers hears of everything, see messages/sources.py
    fingerprint = None  # its key signs nothing

    def __init__(self, url: str, user: str, key: Any, **settings: Any) -> None:
        """key: callable giving the API key; settings: as rems_settings.OPTIONAL, and organization and workflow."""
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
        return cls(**rems_settings.read(key, settings, demo))

    def open(self, journal: Any) -> "Channel":
        """A Channel to the target; one thread at a time uses it. journal: outbox.registrations.Journal."""
        return Channel(self, journal)

    def session(self) -> Session:
        """A Session with this REMS; raises AttemptEnded where the key cannot be read."""
        return Session(self.url, self.user, self.key(), self.allow_private)

    def resid(self, identifier: str, pid: str, source: str, record_url: str) -> str:
        """The external id of a dataset, as the links of its source have it."""
        return rems.resid(self.resource, identifier, pid, source, record_url)

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
            with _readable():
                said = json.loads(event.body.decode("utf-8"))
                receipt, is_told = client.receipt(said, event.body, "rems-nothing"), "dataset" in said["data"]
            item = self._register(event, said) if is_told else None
        except AttemptEnded as ended:
            return Answer(ended.status, retry_after=ended.retry_after, meaning=ended.meaning, reason=str(ended))
        except (OSError, http.client.HTTPException, SecureB2ShareError) as error:
            return Answer(error=type(error).__name__)
        except UNREADABLE as error:
            return Answer(meaning=LATER, reason="REMS gives an answer that cannot be read: %s" % type(error).__name__)
        if item:
            receipt = client.receipt(said, event.body, "rems-item-%d" % item)
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
                return hold.item if hold.is_open else None
            with _readable():
                has_codes = said["data"]["dataset"]["sensitive"].get("duo_codes")
            known = self._session.duo_codes() if has_codes else ()
            with _readable():
                wanted = self.target.wanted(said, known)
                left_out = rems_duo.unknown(said["data"]["dataset"], known)
            if hold.later is not None:
                # this one was parked: it opens no more than the last one allows
                wanted = wanted._replace(state=rems_plan.stricter(wanted.state, _state_of(hold.later)))
            if left_out:
                LOG.info("secureb2share.duo-left-out event=%s codes=%s", event.message_id, ",".join(left_out))
            return Registration(self.target, self._session, hold, wanted, said).run()
        finally:
            hold.give_back()


@contextlib.contextmanager
def _readable():
    """Park what stands in no event that the catalogue writes: no attempt would ever read it."""
    try:
        yield
    except UNREADABLE as error:
        raise AttemptEnded(PARK, "the event cannot be read: %s" % type(error).__name__)


def _state_of(body):
    """What the dataset of another event (bytes) is to be; one that cannot be read opens nothing."""
    try:
        return _state(json.loads(body.decode("utf-8"))["data"])
    except UNREADABLE:
        return rems_plan.SHUT


def _state(data):
    """What a dataset is to be in REMS: an embargo is kept by the catalogue's link, which opens on a day."""
    if data["state"] in ("withdrawn", "superseded"):
        return rems_plan.ENDED
    can_ask = data["dataset"]["sensitive"]["access_right"] in ("controlled", "embargoed")
    return rems_plan.OPEN if data["state"] == "active" and can_ask else rems_plan.SHUT
