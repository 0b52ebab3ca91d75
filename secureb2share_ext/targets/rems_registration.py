"""The registration of one dataset in REMS: the steps of one event, by the worker that holds the dataset."""

from typing import Any, Dict, Optional, Set

from .. import client
from ..errors import AttemptEnded
from . import rems_duo, rems_plan
from .answer import LATER, PAUSE
from .rems_plan import Found, Noted, Step, Wanted
from .rems_session import ARCHIVED, Session

MOST_STEPS = 40  # of one attempt; what is left is for the next one
_CHANGES = {
    rems_plan.ENABLE: ("catalogue-items/enabled", {"enabled": True}, "enable an item"),
    rems_plan.DISABLE: ("catalogue-items/enabled", {"enabled": False}, "disable an item"),
    rems_plan.ARCHIVE: ("catalogue-items/archived", {"archived": True}, "archive an item"),
    rems_plan.UNARCHIVE: ("catalogue-items/archived", {"archived": False}, "bring an item back"),
    rems_plan.ENABLE_RESOURCE: ("resources/enabled", {"enabled": True}, "enable a resource"),
    rems_plan.ARCHIVE_RESOURCE: ("resources/archived", {"archived": True}, "archive a resource"),
    rems_plan.UNARCHIVE_RESOURCE: ("resources/archived", {"archived": False}, "bring a resource back"),
}  # fmt: skip


class Registration:
    """The steps towards what one event wants."""

    def __init__(self, target: Any, session: Session, hold: Any, wanted: Wanted, said: Dict[str, Any]) -> None:
        """target: rems.Rems; hold: outbox.registrations.Hold; said: the event."""
        self.target, self.session, self.hold, self.wanted, self.said = target, session, hold, wanted, said
        self.resid = client.digest(wanted.resid.encode("utf-8"))
        self.taken: Set[Step] = set()
        self.unusable: Set[int] = set()

    def run(self) -> Optional[int]:
        """The id of the item that is enabled in the end, or None; raises AttemptEnded."""
        if self.hold.resid != self.resid:
            # what is noted belongs to another external id: `resource` or the catalogue's address was another
            self.hold.note(resid=self.resid, resource=None, item=None, digest=None, is_open=False)
        found = self._look_up()
        for _ in range(MOST_STEPS):
            step = rems_plan.next_step(self.wanted, found, self._noted(), self.unusable)
            is_open = rems_plan.is_open(self.wanted, found)
            if step is None:
                return self._end(found, is_open)
            if step in self.taken:
                raise AttemptEnded(LATER, "REMS says that it did the step %s, and does not show it" % step.action)
            if not self.session.has_time():
                raise AttemptEnded(LATER, "the time of one attempt is over; the next one goes on with %s" % step.action)
            self.taken.add(step)
            # no reader is led to a link that may lead nowhere after this step
            self.hold.note(is_open=is_open and step.action != rems_plan.DISABLE)
            self._take(step)
            found = self._look_up()
        raise AttemptEnded(LATER, "the registration needs more than %d steps" % MOST_STEPS)

    def _end(self, found: Found, is_open: bool) -> Optional[int]:
        values: Dict[str, Any] = {"is_open": is_open, "sequence": self.hold.of_event}
        if self.wanted.state != rems_plan.OPEN:
            # the journal keeps what it knew of the dataset, for the way back
            self.hold.note(**values)
            return None
        resource, item = rems_plan.chosen(self.wanted, found, self._noted(), self.unusable)
        ids = {"resource": resource and resource.id, "item": item and item.id, "digest": self.wanted.digest}
        self.hold.note(**dict(values, **ids))
        return self.hold.item

    def _noted(self):
        return Noted(self.hold.resource, self.hold.item, self.hold.digest)

    def _look_up(self):
        found = self.session.look_up(self.wanted.resid)
        for kind, number, shown in (
            ("resources", self.hold.resource, found.resources),
            ("catalogue-items", self.hold.item, found.items),
        ):
            # what is there and not shown would be made again by each attempt
            is_shown = number is None or number in {one.id for one in shown}
            if not is_shown and self.session.has(kind, number, self.wanted.resid):
                said = "REMS has %d among its %s, and does not show it to this user by its external id"
                raise AttemptEnded(PAUSE, said % (number, kind))
        return found

    def _take(self, step):
        try:
            self._carry_out(step)
        except AttemptEnded as error:
            if step.action != rems_plan.UNARCHIVE or error.code != ARCHIVED:
                raise
            # its form, workflow or licence is no longer in use: a new item takes the present ones
            self.unusable.add(step.number)

    def _carry_out(self, step):
        owner = {"organization/id": self.target.organization}
        if step.action == rems_plan.CREATE_RESOURCE:
            said: Dict[str, Any] = {
                "resid": self.wanted.resid,
                "organization": owner,
                "licenses": list(self.wanted.licenses),
            }
            codes = rems_duo.of(self.said["data"]["dataset"], [code for code, _ in self.wanted.duo])
            said.update({"resource/duo": {"duo/codes": codes}} if codes else {})
            made = self.session.write("POST", "/api/resources/create", said, "make a resource")
            self.hold.note(resource=made, item=None, digest=self.wanted.digest)
        elif step.action == rems_plan.CREATE_ITEM:
            said = {"resid": step.number, "wfid": self.target.workflow, "form": self.target.form}
            said.update({"organization": owner, "localizations": self._texts(), "enabled": False})
            made = self.session.write("POST", "/api/catalogue-items/create", said, "make an item")
            self.hold.note(resource=step.number, item=made, digest=self.wanted.digest)
        elif step.action == rems_plan.EDIT:
            said = {"id": step.number, "localizations": self._texts()}
            self.session.write("PUT", "/api/catalogue-items/edit", said, "edit an item")
        else:
            path, change, what = _CHANGES[step.action]
            self.session.write("PUT", "/api/" + path, dict(change, id=step.number), what)

    def _texts(self):
        return {language: {"title": title, "infourl": url} for language, (title, url) in self.wanted.texts.items()}
