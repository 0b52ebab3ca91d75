"""Each type of page, with who reads it and how they come to it."""

from typing import Any, Callable, NamedTuple, Optional
from urllib.parse import quote

from demo.check.sd_apply import APPLICANT
from secureb2share_ext.describing.groups import GROUPS


class PageType(NamedTuple):
    """One type of page; the way gets the visitor and the scene, and returns an address to open, or walks there."""

    name: str
    role: str  # reader, curator, owner (of TSD), second (the owner of CSC)
    way: Callable[[Any, Any], Optional[str]]
    status: int = 200
    weight: int = 60_000  # bytes of the page and its stylesheet, not compressed
    described: bool = True  # whether it shows what an owner, or a person who asks, wrote


def at(path):
    """The way to a path of the catalogue."""
    return lambda visitor, scene: visitor.site.catalogue + path


def inside(path):
    """The way to a path of TSD; {active} and so on in it are identifiers, {submitted} and so on are requests."""

    def way(visitor, scene):
        return visitor.site.secure + _filled(path, scene)

    return way


def second(path):
    """The way to a path of CSC."""
    return lambda visitor, scene: visitor.site.second + _filled(path, scene)


def _filled(path, scene):
    known = {name: quote(scene.identifier(name)) for name in scene.datasets}
    known.update((state, one["application"]) for state, one in scene.requests.items())
    return path.format(**known)


def found(visitor, scene):
    """The way to a search that finds datasets of the scene."""
    words = {"plain": "moli-sani", "hostile": "onerror"}[scene.kind]
    return "%s/search?q=%s&access=controlled" % (visitor.site.catalogue, words)


def record(name):
    """The way to the record page of a dataset."""
    return lambda visitor, scene: visitor.site.catalogue + scene.path(name)


def access(name):
    """The way to what the access link of a dataset says, or to the form."""
    return lambda visitor, scene: scene.datasets[name]["access_url"]


def access_page(visitor, scene, name):
    """The address of the access page of a dataset, which is the same on every host."""
    return "%s/secureb2share/access/%s" % (visitor.site.catalogue, scene.datasets[name]["pid"])


def status(state, path=""):
    """The way to the page of a request, or to one that belongs to it."""
    return lambda visitor, scene: scene.requests[state]["status_url"] + path


def after(way, name, **typed):
    """The way over a form that is sent by the button of this name, with texts in its controls."""

    def walk(visitor, scene):
        visitor.page.goto(way(visitor, scene))
        for control, text in typed.items():
            visitor.page.locator("#" + control).fill(text)
        visitor.press(name)

    return walk


def collect(visitor, scene):
    """The way to the page of the files, by the page of the request, which signs in at the portal."""
    visitor.open(scene.requests["approved"]["status_url"])
    return scene.link()


def opened(visitor, scene):
    """The way to what SD Apply approved at CSC, as the person for whom it did."""
    scene.at_csc()
    visitor.open(visitor.site.second + "/inside")
    visitor.fill({"person": APPLICANT})
    visitor.press("Be this person")


def draft(key, dataset="active"):
    """The way to a page of the registration form: of a correction, or of a new registration."""

    def walk(visitor, scene):
        begun = visitor.drafts.get((scene.kind, dataset))
        if begun is None:
            identifier = scene.identifier(dataset) if dataset else ""
            visitor.open("%s/register%s" % (visitor.site.secure, "?dataset=" + quote(identifier) if dataset else ""))
            visitor.press("Correct it" if dataset else "Begin")
            begun = visitor.drafts[scene.kind, dataset] = visitor.page.url.rpartition("/")[0]
        visitor.open(begun + "/" + key)

    return walk


def refused_registration(visitor, scene):
    """The way to the last page of the form, with what is wrong, after it was sent empty."""
    draft("check", "")(visitor, scene)
    visitor.press("Register")
    visitor.drafts.pop((scene.kind, ""))  # from now on it is a correction


def reviewed():
    """The way to a registration that waits for a curator, or to one that changes a record."""

    def way(visitor, scene):
        listed = visitor.site.catalogue + "/secureb2share/review/"
        visitor.open(listed)
        entry = visitor.page.locator("li", has=visitor.page.get_by_text(scene.identifier("held"), exact=True))
        return listed + entry.get_by_role("link").first.get_attribute("href").rpartition("/")[2]

    return way


def described_by_curator(key):
    """The way to a page of the form of a description that the curator has begun."""

    def way(visitor, scene):
        begun = visitor.drafts.get("described")
        if begun is None:
            visitor.open(visitor.site.catalogue + "/secureb2share/describe/")
            visitor.press("Begin a new description")
            begun = visitor.drafts["described"] = visitor.page.url.rpartition("/")[0]
        visitor.open(begun + "/" + key)

    return way


PAGE_TYPES = (
    # the catalogue, for readers
    PageType("start", "reader", at("/")),
    PageType("search", "reader", at("/search")),
    PageType("search-found", "reader", found),
    PageType("search-none", "reader", at("/search?q=diabetis"), described=False),
    PageType("record", "reader", record("active")),
    PageType("record-suspended", "reader", record("suspended")),
    PageType("record-withdrawn", "reader", record("withdrawn")),
    PageType("record-superseded", "reader", record("older")),
    PageType("record-newer", "reader", record("newer")),
    PageType("record-embargoed", "reader", record("embargoed")),
    PageType("record-closed", "reader", record("closed")),
    PageType("access", "reader", lambda visitor, scene: access_page(visitor, scene, "active")),
    PageType("access-suspended", "reader", access("suspended"), 403),
    PageType("access-withdrawn", "reader", access("withdrawn"), 410),
    PageType("access-embargoed", "reader", access("embargoed"), 403),
    PageType("access-closed", "reader", access("closed"), 403),
    PageType("uploads", "reader", at("/api/secureb2share/uploads"), described=False),
    PageType("not-found", "reader", at("/nowhere"), 404, described=False),
    PageType("sign-in", "reader", at("/login/"), described=False),
    # the catalogue, for curators
    PageType("review", "curator", at("/secureb2share/review/")),
    PageType("review-decided", "curator", at("/secureb2share/review/decided")),
    PageType("review-new", "curator", reviewed()),
    PageType("review-fault", "curator", after(reviewed(), "Refuse"), 400),
    PageType("review-confirm", "curator", after(reviewed(), "Publish…")),
    PageType("describe", "curator", at("/secureb2share/describe/"), described=False),
    # the other groups are the same form as that of the secure environment, below
    PageType("describe-what", "curator", described_by_curator("what"), described=False),
    PageType("describe-check", "curator", described_by_curator("check"), described=False),
    PageType("describe-discard", "curator", described_by_curator("discard"), described=False),
    PageType("deliveries", "curator", at("/secureb2share/operate/")),
    PageType("deliveries-done", "curator", at("/secureb2share/operate/?state=acknowledged")),
    PageType("operated-datasets", "curator", at("/secureb2share/operate/datasets")),
    PageType("health", "curator", at("/secureb2share/operate/health"), described=False),
    # the secure environment, for who asks
    PageType("inside", "reader", inside("/"), described=False),
    PageType("requests", "reader", inside("/requests")),
    PageType("request", "reader", access("asked-plainly")),
    PageType("request-faults", "reader", after(access("asked-plainly"), "Send the request"), 400),
    PageType("request-nettskjema", "reader", access("active"), described=False),
    PageType("request-nettskjema-faults", "reader", after(access("active"), "Send the request"), 400, described=False),
    PageType("request-forged", "reader", inside("/request?dataset={active}&ref=forged"), 400),
    PageType("status-submitted", "reader", status("submitted")),
    PageType("status-returned", "reader", status("returned")),
    PageType("status-approved", "reader", status("approved")),
    PageType("status-denied", "reader", status("denied")),
    PageType("status-revoked", "reader", status("revoked")),
    PageType("status-change", "reader", status("returned", "/change")),
    PageType("status-end", "reader", status("submitted", "/end")),
    PageType("collect", "reader", collect),
    PageType("collect-another", "second", lambda visitor, scene: scene.link(), 403, described=False),
    PageType("work-inside", "reader", opened),
    PageType("apply-in-sd-apply", "reader", second("/request"), 410, described=False),
    PageType("front-cineca", "reader", lambda visitor, scene: visitor.site.third + "/", described=False),
    PageType("inside-not-found", "reader", inside("/nowhere"), 404, described=False),
    PageType("inside-sign-in", "reader", inside("/login"), described=False),
    PageType("inside-sign-in-fault", "reader", inside("/login/back?state=no"), 403, described=False),
    # the secure environment, for the owner
    PageType("inbox", "owner", inside("/inbox")),
    PageType("inbox-returned", "owner", inside("/inbox?show=returned")),
    PageType("inbox-decided", "owner", inside("/inbox?show=decided")),
    PageType("inbox-none", "owner", inside("/inbox?q=nothing+has+this")),
    PageType("application", "owner", inside("/inbox/{submitted}")),
    PageType("application-approved", "owner", inside("/inbox/{approved}")),
    PageType("decide-approve", "owner", inside("/inbox/{submitted}/approve")),
    PageType("decide-change", "owner", inside("/inbox/{approved}/change")),
    PageType("decide-return", "owner", inside("/inbox/{submitted}/return")),
    PageType("decide-deny", "owner", inside("/inbox/{submitted}/deny")),
    PageType("decide-deny-fault", "owner", after(inside("/inbox/{submitted}/deny"), "Deny for good"), 400),
    PageType("decide-revoke", "owner", inside("/inbox/{approved}/revoke")),
    PageType("own-datasets", "owner", inside("/datasets")),
    PageType("own-dataset", "owner", inside("/registered/{active}")),
    PageType("own-dataset-held", "second", second("/registered/{held}")),
    PageType("suspend", "owner", inside("/datasets/{active}/state?to=suspended")),
    PageType("open-again", "owner", inside("/datasets/{suspended}/state?to=active")),
    PageType("withdraw", "owner", inside("/datasets/{active}/state?to=withdrawn")),
    PageType("discard", "second", second("/datasets/{held}/discard")),
    PageType("archive", "owner", inside("/archive")),
    PageType("messages", "owner", inside("/messages")),
    PageType("register", "owner", inside("/register")),
    PageType("register-correct", "owner", inside("/register?dataset={active}")),
    # the lists of countries, languages and codes are most of such a page, and only who describes data opens it
    *(PageType("register-" + group.key, "owner", draft(group.key), weight=75_000) for group in GROUPS),
    PageType("register-new-files", "owner", draft("files", ""), described=False),
    PageType("register-check", "owner", draft("check")),
    PageType("register-faults", "owner", refused_registration, described=False),
)


def names():
    return [kind.name for kind in PAGE_TYPES]


def described():
    return [kind for kind in PAGE_TYPES if kind.described]


def go(visitor, scene, kind):
    """Bring a visitor, who is logged in as kind.role, to a page."""
    address = kind.way(visitor, scene)
    if address:
        visitor.open(address)
