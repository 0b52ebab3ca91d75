"""The applications of the fake REMS: commands in, events out, as in CSCfi/rems application/commands.clj.

The events and what is shown hold persons, on purpose: who receives them has to drop these.
"""

import uuid
from typing import Any, Dict, List, Optional

from .rems_answers import NOT_FOUND, Answer, failure, success
from .rems_store import Store, stamp

OF_APPLICANT = {
    "draft": "save-draft submit delete change-resources copy-as-new accept-licenses invite-member",
    "submitted": "copy-as-new accept-licenses",
    "returned": "save-draft submit change-resources copy-as-new accept-licenses invite-member close",
    "approved": "copy-as-new accept-licenses",
}
OF_HANDLER = {
    "submitted": "approve reject return close change-resources add-member invite-member remark",
    "returned": "close change-resources add-member invite-member remark",
    "approved": "close revoke change-resources add-member invite-member remark",
}
# a command -> (event, state after it)
DECISIONS = {
    "submit": ("submitted", "submitted"),
    "approve": ("approved", "approved"),
    "reject": ("rejected", "rejected"),
    "return": ("returned", "returned"),
    "close": ("closed", "closed"),
    "revoke": ("revoked", "revoked"),
}


class Applications:
    """The applications of a store, and the events of all of them in order."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.rows: Dict[int, Dict[str, Any]] = {}
        self.events: List[Dict[str, Any]] = []  # each with event/id, from 1
        self._last = 0  # also of those that were deleted

    def command(self, name: str, body: Dict[str, Any], userid: str) -> Answer:
        """Do a command of a person; the answer says whether it was done."""
        if userid not in self.store.users:
            return failure("t.form.validation/invalid-user", userid=userid)
        if name == "create":
            return self._create(body["catalogue-item-ids"], userid)
        row = self.rows.get(body["application-id"])
        if row is None:
            return failure("application-not-found")
        fault = getattr(self, "_fault_of_" + name.replace("-", "_"), lambda *_: None)(row, body, userid)
        if fault is not None:
            # the more specific one comes before "forbidden", as in REMS
            return fault
        if name not in self.permitted(row, userid):
            return failure("forbidden")
        if name in DECISIONS:
            return self._decide(row, name, body, userid)
        return getattr(self, "_" + name.replace("-", "_"))(row, body, userid)

    def permitted(self, row: Dict[str, Any], userid: str) -> List[str]:
        """The commands that a person may give."""
        found: List[str] = []
        if userid == row["applicant"]:
            found += OF_APPLICANT.get(row["state"], "copy-as-new").split()
        if userid in row["members"]:
            found += ["copy-as-new", "accept-licenses"]
        if self._is_handler(row, userid) and row["state"] != "draft":
            found += OF_HANDLER.get(row["state"], "remark").split()
        return found

    def sees(self, row: Dict[str, Any], userid: str) -> bool:
        """Whether a person sees an application: nobody but its own people and reporters sees a draft."""
        of_it = userid == row["applicant"] or userid in row["members"]
        handles = self._is_handler(row, userid) and row["state"] != "draft"
        return of_it or handles or "reporter" in self.store.roles(userid)

    def find(self, userid: str, query: Optional[str] = None, own: bool = False) -> Answer:
        """The applications that a person sees; query: `resource:"<external id>"` or None."""
        resid = query[len("resource:") :].strip('"') if query and query.startswith("resource:") else None
        rows = [
            row
            for row in self.rows.values()
            if self.sees(row, userid)
            and (not own or userid == row["applicant"] or userid in row["members"])
            and (resid is None or resid in [one["resource/ext-id"] for one in row["resources"]])
        ]
        return Answer(200, [self.shown(row) for row in rows])

    def get(self, number: int, userid: str) -> Answer:
        """An application by its id."""
        row = self.rows.get(number)
        return Answer(200, self.shown(row)) if row is not None and self.sees(row, userid) else NOT_FOUND

    def shown(self, row: Dict[str, Any]) -> Dict[str, Any]:
        """An application with everything that REMS says of it, persons too."""
        events = [one for one in self.events if one["application/id"] == row["id"]]
        return {
            "application/id": row["id"],
            "application/external-id": row["external"],
            "application/state": "application.state/" + row["state"],
            "application/applicant": self._person(row["applicant"]),
            "application/members": [self._person(one) for one in row["members"]],
            "application/invited-members": row["invited"],
            "application/resources": row["resources"],
            "application/licenses": [{"license/id": number} for number in row["licenses"]],
            "application/accepted-licenses": row["accepted"],
            "application/forms": [{"form/id": one["form"], "form/fields": [one]} for one in row["values"]],
            "application/attachments": [
                {"attachment/id": number, "attachment/filename": "cv-%s.pdf" % row["applicant"]}
                for number in row["attachments"]
            ],
            "application/workflow": {"workflow/id": row["workflow"], "workflow/type": "workflow/default"},
            "application/created": events[0]["event/time"] if events else None,
            "application/last-activity": events[-1]["event/time"] if events else None,
            "application/events": events,
            "application/permissions": [],
        }

    # commands

    def _create(self, numbers, userid):
        fault = self._fault_of_items(numbers)
        if fault is not None:
            return fault
        items = [self.store.items[number] for number in numbers]
        wrong = [
            {"type": "disabled-catalogue-item", "catalogue-item-id": one["id"]}
            for one in items
            if not one["enabled"] or one["archived"] or self.store.is_expired(one)
        ]
        if wrong:
            return Answer(200, {"success": False, "errors": wrong})
        self._last += 1
        row: Dict[str, Any] = {
            "id": self._last,
            "external": "%d/%d" % (self.store.clock().year, self._last),
            "state": "draft",
            "applicant": userid,
            "workflow": items[0]["workflow"],
            "members": [],
            "invited": [],
            "accepted": {},
            "values": [],
            "attachments": [],
        }
        self.rows[self._last] = row
        self._event(row, "created", userid, **dict(self._take(row, items), **self._created(row)))
        return success(**{"application-id": row["id"]})

    def _created(self, row):
        said = {"application/external-id": row["external"], "workflow/id": row["workflow"]}
        return dict(said, **{"workflow/type": "workflow/default"})

    def _take(self, row, items):
        """Put items into an application; what an event says of them."""
        resources = [(one, self.store.resources[one["resource"]]) for one in items]
        row["resources"] = [
            {"catalogue-item/id": one["id"], "resource/ext-id": resource["resid"]} for one, resource in resources
        ]
        row["licenses"] = sorted({number for _, resource in resources for number in resource["licenses"]})
        forms = sorted({one["form"] for one in items if one["form"] is not None})
        return {
            "application/resources": row["resources"],
            "application/licenses": [{"license/id": number} for number in row["licenses"]],
            "application/forms": [{"form/id": number} for number in forms],
        }

    def _fault_of_items(self, numbers):
        if not numbers:
            return failure("must-not-be-empty", key="catalogue-item-ids")
        known = self.store.items
        wrong = [{"type": "invalid-catalogue-item", "catalogue-item-id": one} for one in numbers if one not in known]
        if wrong:
            return Answer(200, {"success": False, "errors": wrong})
        if len({self.store.items[number]["workflow"] for number in numbers}) > 1:
            return failure("unbundlable-catalogue-items", **{"catalogue-item-ids": numbers})
        return None

    def _fault_of_change_resources(self, row, body, userid):
        return self._fault_of_items(body["catalogue-item-ids"])

    def _fault_of_submit(self, row, body, userid):
        if set(row["licenses"]) <= set(row["accepted"].get(userid, [])):
            return None
        return failure("t.actions.errors/licenses-not-accepted")

    def _fault_of_delete(self, row, body, userid):
        return None if row["state"] == "draft" else failure("only-draft-may-be-deleted")

    def _decide(self, row, name, body, userid):
        event, row["state"] = DECISIONS[name]
        more = {"entitlement/end": body["entitlement-end"]} if "entitlement-end" in body else {}
        self._event(row, event, userid, **dict(self._said(row, body), **more))
        return success()

    def _change_resources(self, row, body, userid):
        taken = self._take(row, [self.store.items[number] for number in body["catalogue-item-ids"]])
        self._event(row, "resources-changed", userid, **dict(taken, **self._said(row, body)))
        return success()

    def _save_draft(self, row, body, userid):
        row["values"] = body["field-values"]
        self._event(row, "draft-saved", userid, **{"application/field-values": row["values"]})
        return success()

    def _accept_licenses(self, row, body, userid):
        row["accepted"][userid] = body["accepted-licenses"]
        self._event(row, "licenses-accepted", userid, **{"application/accepted-licenses": body["accepted-licenses"]})
        return success()

    def _add_member(self, row, body, userid):
        row["members"].append(body["member"]["userid"])
        self._event(row, "member-added", userid, **{"application/member": body["member"]})
        return success()

    def _invite_member(self, row, body, userid):
        row["invited"].append(body["member"])
        token = uuid.uuid5(uuid.NAMESPACE_URL, "%d %d" % (row["id"], len(self.events))).hex
        self._event(row, "member-invited", userid, **{"application/member": body["member"], "invitation/token": token})
        return success()

    def _remark(self, row, body, userid):
        self._event(row, "remarked", userid, **dict(self._said(row, body), **{"event/public": body["public"]}))
        return success()

    def _delete(self, row, body, userid):
        self._event(row, "deleted", userid)
        del self.rows[row["id"]]
        return success()

    def _copy_as_new(self, row, body, userid):
        answer = self._create([one["catalogue-item/id"] for one in row["resources"]], userid)
        number = answer.body.get("application-id")
        if number is None:
            return answer
        new = self.rows[number]
        new["values"] = row["values"]
        self._event(new, "draft-saved", userid, **{"application/field-values": new["values"]})
        if row["state"] != "draft":
            of_both = [{"application/id": one["id"], "application/external-id": one["external"]} for one in (row, new)]
            self._event(new, "copied-from", userid, **{"application/copied-from": of_both[0]})
            self._event(row, "copied-to", userid, **{"application/copied-to": of_both[1]})
        return answer

    # events

    def _event(self, row, kind, userid, **members):
        event = {
            "event/id": len(self.events) + 1,
            "event/type": "application.event/" + kind,
            "event/time": stamp(self.store.clock()),
            "event/actor": userid,
            "application/id": row["id"],
        }
        self.events.append(dict(members, **event))

    def _said(self, row, body):
        said = {}
        if "comment" in body:
            said["application/comment"] = body["comment"]
        if body.get("attachments"):
            said["event/attachments"] = body["attachments"]
            row["attachments"] += [one["attachment/id"] for one in body["attachments"]]
        return said

    def _is_handler(self, row, userid):
        return userid in self.store.workflows[row["workflow"]]["handlers"]

    def _person(self, userid):
        row = self.store.users.get(userid, {})
        return {"userid": userid, "name": row.get("name"), "email": row.get("email")}
