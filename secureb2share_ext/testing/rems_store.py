"""What REMS keeps of its catalogue, in memory: resources and catalogue items, and what these depend on.

As in CSCfi/rems 16bcd11 (service/resource.clj, service/catalogue.clj, service/dependencies.clj): a second resource with
the same external id is taken; an organisation that does not exist is taken from an owner and breaks the reading later;
an item may be made of an archived resource; languages that an edit leaves out stay; `update` enables its new item.
"""

import collections
import datetime
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Set

from .rems_answers import ASSERTION, BROKEN, NOT_FOUND, Answer, bad_request, failure, forbidden, success

WRITERS = {"owner", "organization-owner"}
READERS = WRITERS | {"handler", "reporter"}
# the codes of the ontology's release of 2021-02-23 that can be set, and what each is restricted by
DUO_RESTRICTIONS = {
    7: "mondo", 12: "topic", 20: "collaboration", 22: "location", 24: "date", 25: "months", 26: "users", 27: "project",
    28: "institute",
}  # fmt: skip
DUO_SIMPLE = (4, 11, 15, 16, 18, 19, 21, 29, 43, 44, 45, 46)
DUO_SHORT = dict(
    zip(
        sorted(DUO_SIMPLE + tuple(DUO_RESTRICTIONS)),
        "NRES DS POA RS NMDS GSO NPUNCU PUB COL IRB GS MOR TS US PS IS RTN CC NPOA NPU NCU".split(),
    )
)
GROUPS = {"resource": "resources", "workflow": "workflows", "form": "forms", "license": "licenses"}


class Store:
    """The tables, each {id: row}; clock: callable giving the time as datetime in UTC."""

    def __init__(
        self,
        languages: Sequence[str] = ("en", "fi"),
        duo: bool = False,
        strict_languages: bool = True,
        clock: Callable[[], datetime.datetime] = datetime.datetime.utcnow,
    ) -> None:
        """languages: that it is configured for; duo: whether :enable-duo is set.

        strict_languages: a title in another language is a 400. REMS itself takes and never shows it.
        """
        self.languages, self.duo, self.strict_languages, self.clock = tuple(languages), duo, strict_languages, clock
        self.users: Dict[str, Dict[str, Any]] = {}
        self.organizations: Dict[str, Dict[str, Any]] = {}
        self.resources: Dict[int, Dict[str, Any]] = {}
        self.items: Dict[int, Dict[str, Any]] = {}
        self.workflows: Dict[int, Dict[str, Any]] = {}
        self.forms: Dict[int, Dict[str, Any]] = {}
        self.licenses: Dict[int, Dict[str, Any]] = {}
        self.categories: Dict[int, str] = {}
        self._resources_of: Dict[str, List[int]] = collections.defaultdict(list)  # external id -> ids
        self._items_of: Dict[int, List[int]] = collections.defaultdict(list)  # id of a resource -> ids of items
        self._organizations_of_items: Set[str] = set()

    # what an administrator sets up before

    def add_user(self, userid: str, name: str = "", email: str = "", roles: Iterable[str] = ()) -> str:
        """Add a person; roles: owner, reporter, user-owner or expirer. Other roles follow from the other tables."""
        self.users[userid] = {"name": name or None, "email": email or None, "roles": set(roles)}
        return userid

    def add_organization(self, name: str, owners: Iterable[str] = ()) -> str:
        """Add an organisation; its id is its name."""
        self.organizations[name] = {"owners": set(owners), "archived": False}
        return name

    def add_workflow(self, title: str, handlers: Iterable[str], organization: str) -> int:
        """Add a workflow, and return its id."""
        row = {"title": title, "handlers": sorted(handlers), "organization": organization, "archived": False}
        return self._add(self.workflows, 11, row)

    def add_form(self, name: str, organization: str) -> int:
        """Add a form, and return its id."""
        return self._add(self.forms, 31, {"name": name, "organization": organization, "archived": False})

    def add_license(self, title: str, organization: str) -> int:
        """Add a licence, and return its id."""
        return self._add(self.licenses, 51, {"title": title, "organization": organization, "archived": False})

    @staticmethod
    def _add(table, first, row):
        # the ids of no two tables are alike, so that one taken for another is seen
        number = first + len(table)
        table[number] = row
        return number

    # who somebody is

    def roles(self, userid: str) -> Set[str]:
        """The roles of a person, in whatever way they come."""
        found = {"logged-in"} | set(self.users.get(userid, {}).get("roles", ()))
        if any(userid in one["owners"] for one in self.organizations.values()):
            found.add("organization-owner")
        if any(userid in one["handlers"] for one in self.workflows.values()):
            found.add("handler")
        return found

    def _no_access(self, userid, organization):
        owners = self.organizations.get(organization, {}).get("owners", ())
        if "owner" in self.roles(userid) or userid in owners:
            return None
        return forbidden('no access to organization "%s"' % organization)

    # resources

    def find_resources(self, resid: Optional[str], disabled: bool, archived: bool) -> Answer:
        """The resources of an external id, or all."""
        numbers = list(self.resources) if resid is None else self._resources_of.get(resid, [])
        rows = [self.resources[number] for number in numbers]
        rows = [row for row in rows if (disabled or row["enabled"]) and (archived or not row["archived"])]
        return self._joined([row["organization"] for row in rows]) or Answer(200, [self.resource(row) for row in rows])

    def get_resource(self, number: int) -> Answer:
        """A resource by its own id."""
        row = self.resources.get(number)
        if row is None:
            return NOT_FOUND
        return self._joined([row["organization"]]) or Answer(200, self.resource(row))

    def create_resource(self, body: Dict[str, Any], userid: str) -> Answer:
        """A new resource, enabled, also where there is one of its external id."""
        organization = body["organization"]["organization/id"]
        codes = body.get("resource/duo", {}).get("duo/codes", [])
        refused = self._no_access(userid, organization) or self._unsupported(codes)
        if refused is not None:
            return refused
        if not set(body["licenses"]) <= set(self.licenses):
            return BROKEN
        row = {
            "resid": body["resid"],
            "organization": organization,
            "licenses": body["licenses"],
            "duo": codes,
            "enabled": True,
            "archived": False,
        }
        row["id"] = self._add(self.resources, 1001, row)
        self._resources_of[body["resid"]].append(row["id"])
        return success(id=row["id"])

    def _unsupported(self, codes):
        wrong = sorted({one["id"] for one in codes} - {one["id"] for one in self.duo_codes()})
        if not wrong:
            return None
        return bad_request("Resource contains unsupported DUO codes: #{%s}" % " ".join('"%s"' % one for one in wrong))

    def enable_resource(self, body: Dict[str, Any], userid: str) -> Answer:
        """Enable or disable; nobody looks at it when somebody applies."""
        return self._set(self.resources, "enabled", body, userid)

    def archive_resource(self, body: Dict[str, Any], userid: str) -> Answer:
        """Archive or unarchive: not while an item of it is not archived, and not while what it needs is."""
        return self._set(self.resources, "archived", body, userid, self._archive_fault)

    def resource(self, row: Dict[str, Any]) -> Dict[str, Any]:
        """A resource as it is shown."""
        said = {
            "id": row["id"],
            "resid": row["resid"],
            "organization": self._organization(row["organization"]),
            "enabled": row["enabled"],
            "archived": row["archived"],
            "licenses": [self._license(number) for number in row["licenses"]],
        }
        if row["duo"]:
            known = {one["id"]: one for one in self.duo_codes()}
            unknown = {"label": {"en": "unknown code"}, "description": {"en": "Unknown code"}}
            said["resource/duo"] = {"duo/codes": [dict(known.get(one["id"], unknown), **one) for one in row["duo"]]}
        return said

    def duo_codes(self) -> List[Dict[str, Any]]:
        """The codes that a resource may have: none by default, and never one that REMS calls abstract."""
        found = []
        for number, short in sorted(DUO_SHORT.items()) if self.duo else ():
            words = {"en": short}
            code: Dict[str, Any] = {"id": "DUO:%07d" % number, "shorthand": short, "label": words, "description": words}
            if number in DUO_RESTRICTIONS:
                code["restrictions"] = [{"type": DUO_RESTRICTIONS[number]}]
            found.append(code)
        return found

    # catalogue items

    def find_items(
        self, resid: Optional[str], disabled: bool, archived: bool, expired: bool, userid: str, names: bool = False
    ) -> Answer:
        """The items of an external id, or all."""
        disabled = disabled and bool(self.roles(userid) & READERS)
        rows = [
            row
            for row in self.items_of(resid)
            if (disabled or row["enabled"])
            and (archived or not row["archived"])
            and (expired or not self.is_expired(row))
        ]
        # REMS joins all of them before it leaves some out
        return self._joined(self._organizations_of_items) or Answer(200, [self.item(row, names) for row in rows])

    def items_of(self, resid: Optional[str]) -> List[Dict[str, Any]]:
        """The rows of the items of an external id, or of all."""
        if resid is None:
            return list(self.items.values())
        return [self.items[one] for number in self._resources_of.get(resid, ()) for one in self._items_of[number]]

    def get_item(self, number: int, userid: str) -> Answer:
        """An item by its own id."""
        row = self.items.get(number)
        if row is None or not (row["enabled"] or self.roles(userid) & READERS):
            return NOT_FOUND
        return self._joined([row["organization"]]) or Answer(200, self.item(row, names=True))

    def create_item(self, body: Dict[str, Any], userid: str) -> Answer:
        """A new item, enabled unless the body says otherwise."""
        organization = body["organization"]["organization/id"]
        refused = self._no_access(userid, organization) or self._unknown_language(body)
        if refused is not None:
            return refused
        needs = (body["resid"], self.resources), (body["wfid"], self.workflows), (body.get("form"), self.forms)
        if any(number is not None and number not in table for number, table in needs):
            return BROKEN
        row = self._new_item(
            {
                "resource": body["resid"],
                "workflow": body["wfid"],
                "form": body.get("form"),
                "organization": organization,
                "localizations": _localizations(body),
                "categories": body.get("categories", []),
                "enabled": body.get("enabled", True),
                "archived": body.get("archived", False),
            }
        )
        return success(id=row["id"])

    def _new_item(self, row):
        row.update(start=self.clock(), end=None)
        row["id"] = self._add(self.items, 1000001, row)
        self._items_of[row["resource"]].append(row["id"])
        self._organizations_of_items.add(row["organization"])
        return row

    def edit_item(self, body: Dict[str, Any], userid: str) -> Answer:
        """Change titles and links, organisation and categories; a language that is left out stays."""
        row = self.items.get(body["id"])
        if row is None:
            return NOT_FOUND
        refused = self._no_access(userid, row["organization"]) or self._unknown_language(body)
        if refused is None and "organization" in body:
            refused = self._no_access(userid, body["organization"]["organization/id"])
        if refused is not None:
            return refused
        row["localizations"].update(_localizations(body))
        row["categories"] = body.get("categories", row["categories"])
        if "organization" in body:
            row["organization"] = body["organization"]["organization/id"]
            self._organizations_of_items.add(row["organization"])
        return success()

    def enable_item(self, body: Dict[str, Any], userid: str) -> Answer:
        """Enable or disable, which takes an end away too."""
        answer = self._set(self.items, "enabled", body, userid)
        if answer.status == 200:
            self.items[body["id"]]["end"] = None
        return answer

    def archive_item(self, body: Dict[str, Any], userid: str) -> Answer:
        """Archive, or unarchive, where nothing that it needs is archived."""
        return self._set(self.items, "archived", body, userid, self._unarchive_fault)

    def update_item(self, number: int, body: Dict[str, Any], userid: str) -> Answer:
        """Change form or workflow: a new item, enabled, and the old one archived and disabled beside it."""
        row = self.items.get(number)
        if row is None:
            return NOT_FOUND
        refused = self._no_access(userid, row["organization"])
        if refused is not None:
            return refused
        form, workflow = body.get("form", row["form"]), body.get("workflow", row["workflow"])
        if (form, workflow) == (row["form"], row["workflow"]):
            return success(**{"catalogue-item-id": number})
        if workflow not in self.workflows or (form is not None and form not in self.forms):
            return BROKEN
        changed = {"form": form, "workflow": workflow, "enabled": True, "archived": False}
        new = self._new_item(dict(row, localizations=dict(row["localizations"]), **changed))
        row.update(enabled=False, archived=True)
        return success(**{"catalogue-item-id": new["id"]})

    def item(self, row: Dict[str, Any], names: bool = False) -> Dict[str, Any]:
        """An item as it is shown; its `resid` is the external id, and `resource-id` the internal one."""
        resid = self.resources[row["resource"]]["resid"]
        said = {
            "id": row["id"],
            "wfid": row["workflow"],
            "formid": row["form"],
            "resid": resid,
            "resource-id": row["resource"],
            "organization": self._organization(row["organization"]),
            "start": stamp(row["start"]),
            "end": None if row["end"] is None else stamp(row["end"]),
            "enabled": row["enabled"],
            "archived": row["archived"],
            "expired": self.is_expired(row),
            "localizations": {
                language: dict(one, id=row["id"], langcode=language) for language, one in row["localizations"].items()
            },
        }
        if row["categories"]:
            said["categories"] = [
                dict(one, **{"category/title": {"en": self.categories.get(one["category/id"], "")}})
                for one in row["categories"]
            ]
        if names:
            form = self.forms.get(row["form"], {}).get("name")
            workflow = self.workflows[row["workflow"]]["title"]
            said.update({"resource-name": resid, "form-name": form, "workflow-name": workflow})
        return said

    def is_expired(self, row: Dict[str, Any]) -> bool:
        """Whether now is not between the start and the end of an item."""
        now = self.clock()
        return now < row["start"] or (row["end"] is not None and now >= row["end"])

    def apply_for(self, resids: Sequence[Optional[str]]) -> Answer:
        """Where the link of one or several external ids leads; None: no parameter was there, so any item counts."""
        found = [[row for row in self.items_of(one) if row["enabled"] and not row["archived"]] for one in resids]
        if not all(found):
            return Answer(404, "Resource not found", "text/plain")
        if any(len(rows) > 1 for rows in found):
            return bad_request("Catalogue item is not unique")
        if len({rows[0]["workflow"] for rows in found}) > 1:
            return bad_request("Unbundlable catalogue items: workflows don't match")
        items = ",".join("%d" % rows[0]["id"] for rows in found)
        return Answer(302, "", "text/plain", "/application?items=" + items)

    # what depends on what

    def _set(self, table, name, body, userid, fault=None):
        row = table.get(body["id"])
        if row is None:
            return ASSERTION
        refused = self._no_access(userid, row["organization"])
        if refused is None and fault is not None:
            refused = fault(row, body[name])
        if refused is not None:
            return refused
        row[name] = body[name]
        return success()

    def _archive_fault(self, row, archived):
        if not archived:
            return self._unarchive_fault(row, archived)
        using = [self.items[one] for one in self._items_of[row["id"]] if not self.items[one]["archived"]]
        if not using:
            return None
        items = [{"catalogue-item/id": one["id"], "localizations": self.item(one)["localizations"]} for one in using]
        return failure("t.administration.errors/in-use-by", **{"catalogue-items": items})

    def _unarchive_fault(self, row, archived):
        if archived:
            return None
        found = collections.defaultdict(list)
        for kind, number, name, said in self._needs(row):
            found[GROUPS[kind]].append({kind + "/id": number, name: said})
        return failure("t.administration.errors/dependencies-archived", **found) if found else None

    def _needs(self, row):
        # what a row needs, itself left out, and is archived
        resource = self.resources[row["resource"]] if "resource" in row else row
        if resource is not row and resource["archived"]:
            yield "resource", resource["id"], "resid", resource["resid"]
        for number in resource["licenses"]:
            if self.licenses[number]["archived"]:
                yield "license", number, "localizations", {"en": {"title": self.licenses[number]["title"]}}
        for kind, table, name in (("workflow", self.workflows, "title"), ("form", self.forms, "form/internal-name")):
            needed = table.get(row.get(kind))
            if needed is not None and needed["archived"]:
                yield kind, row[kind], name, needed.get("title") or needed.get("name")

    # the parts of what is shown

    def _joined(self, organizations):
        for name in sorted(set(organizations) - set(self.organizations)):
            error = {"type": "t.actions.errors/organization-does-not-exist", "args": [name], "organization/id": name}
            return Answer(503, {"errors": [error]})
        return None

    def _unknown_language(self, body):
        wrong = sorted(set(body["localizations"]) - set(self.languages)) if self.strict_languages else []
        return bad_request("Unsupported language: %s" % ", ".join(wrong)) if wrong else None

    def _organization(self, name):
        words = {language: name for language in self.languages}
        return {"organization/id": name, "organization/name": words, "organization/short-name": words}

    def _license(self, number):
        row = self.licenses[number]
        words = {"title": row["title"], "textcontent": "https://licences.example.org/%d" % number}
        return {
            "id": number,
            "licensetype": "link",
            "organization": self._organization(row["organization"]),
            "enabled": True,
            "archived": row["archived"],
            "localizations": {language: words for language in self.languages},
        }


def stamp(time: datetime.datetime) -> str:
    """A time as REMS writes it: `2026-05-12T08:33:29.000Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (time.microsecond // 1000)


def _localizations(body):
    return {
        language: {"title": one["title"], "infourl": one.get("infourl")}
        for language, one in body["localizations"].items()
    }
