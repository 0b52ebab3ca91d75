"""The page of one dataset: everything that its pieces show, chosen for one reader. Pure.

The pieces are the macros of templates/secureb2share_ext/dataset/; they decide nothing.
"""

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from babel import Locale, UnknownLocaleError

from ..exports import citation
from ..exports.published import Published
from . import asking, files, folds, glance, permitted, timeline, words
from .language import LANGUAGES, format_date, format_number, listed, main, translate
from .words import N_

Entry = Dict[str, Any]  # {lang, text}
SUMMARY = 160  # letters of a page's description for search engines
FILES = 12  # that are seen without unfolding
SHOWN = ("name", "title", "description", "datatype")  # of a column
OLDER = ("", "newer", N_("Older version"))  # as words.State
NEWER = N_("There is a newer version of this dataset.")


class Version(NamedTuple):
    """A version of the dataset in the list of those that are known."""

    name: str
    url: str  # "" for the one on this page
    relation: str  # newer, this or older


class Table(NamedTuple):
    """A table of the data."""

    name: str  # "" where there is but one
    heads: List[str]
    rows: List[List[str]]  # the name comes first


def is_older(shown: Published) -> bool:
    """Whether a newer version is there: one can ask for this one still, but hardly ever wants to."""
    return shown.dataset.state == "active" and bool(shown.newer)


def state(shown: Published, language: str) -> words.State:
    """The badge of a dataset: the state of access, or that it is an older version."""
    kind, icon, text = OLDER
    return (kind, icon, translate(language, text)) if is_older(shown) else words.state(shown, language)


class DatasetPage:
    """What is shown of a Published to one reader."""

    def __init__(
        self,
        shown: Published,
        language: str,
        tags: Sequence[str] = (),
        chosen: str = "",
        links: Sequence[Tuple[str, str]] = (),
        counts: Optional[Dict[str, int]] = None,
        history: Sequence[timeline.Change] = (),
        site: str = "",
        calendar: str = "",
    ) -> None:
        """language: of the page; tags: languages that the reader prefers; chosen: the one asked for, or "".

        links: [(name of a form of the record, such as BibTeX, its address)]; counts: of applications;
        site: the host of the request form; calendar: the address of the calendar file of an embargo.
        """
        self.shown, self.language = shown, language
        self.tags = ([chosen] if chosen else []) + [language, *tags]
        self.links, self.counts, self.history = list(links), counts, list(history)
        self.site, self.calendar = site, calendar
        self.dataset, self.core, self.sensitive = shown.dataset, shown.dataset.core, shown.dataset.sensitive
        self.title = self.texts(self.core["titles"])[0]
        self.descriptions = self.texts(self.core["descriptions"])
        self.conditions = self.texts(self.sensitive["access_conditions"])
        self.fees = self.texts(self.sensitive.get("fees"))
        self.provenance = self.texts(self.sensitive.get("provenance"))
        self.contacts = self.core["contacts"]
        self.is_requestable = shown.is_requestable
        self.is_older = is_older(shown)
        self.state = state(shown, language)
        self.lead = translate(language, NEWER) if self.is_older and self.is_requestable else words.lead(shown, language)
        # whether there is a way to the data, now or later
        self.has_way = shown.right.value != "metadata-only" and self.dataset.state in ("active", "suspended")

    def texts(self, entries: Optional[Sequence[Entry]]) -> List[Entry]:
        """Those of [{lang, text}] that this reader sees: in one language."""
        return folds.one_language(entries or [], self.tags)

    @property
    def others(self) -> List[Tuple[str, str]]:
        """[(language, its own name)] of titles and descriptions in other languages than the one shown."""
        shown = main(self.descriptions[0]["lang"])
        tags = [main(entry["lang"]) for entry in self.core["titles"] + self.core["descriptions"]]
        found = [tag for tag in dict.fromkeys(tags) if tag != shown]
        return [(tag, LANGUAGES.get(tag) or _own_name(tag)) for tag in found]

    @property
    def by(self) -> List[str]:
        """The texts under the title: who made the dataset, who published it, when, and which version it is."""
        names = [creator["name"] for creator in self.core["creators"]]
        shown = "; ".join(names[:5]) + (" …" if len(names) > 5 else "")
        publisher = self.core["publisher"]
        version = translate(self.language, N_("version %(label)s"))
        label = self.shown.version_label
        found = [shown, "" if [publisher] == names else publisher, str(self.core["publication_year"])]
        return [text for text in found + ([version % {"label": label}] if label else []) if text]

    @property
    def summary(self) -> str:
        """The page in a sentence or two, for search engines."""
        text = " ".join(self.descriptions[0]["text"].split())
        if len(text) > SUMMARY:
            text = text[:SUMMARY].rsplit(" ", 1)[0] + "…"
        return "%s %s" % (text, self.lead)

    @property
    def glance(self) -> List[glance.Fact]:
        return glance.glance(self.shown, self.language, self.tags)

    @property
    def facts(self) -> List[Tuple[str, str, List[Entry]]]:
        """[(icon, name, [text])] of access: time, way, cost and length."""
        t, language = _in(self.language), self.language
        found = [
            ("clock", t(N_("Time to a decision")), glance.plain([words.decision(self.sensitive, language)])),
            ("screen", t(N_("Way of access")), glance.plain([words.ways(self.sensitive, language)])),
        ]
        if self.fees:
            found.append(("coin", t(N_("Cost")), self.fees))
        lasting = permitted.permit(self.sensitive, language)
        return found + ([("cal", t(N_("A permit lasts")), glance.plain([lasting]))] if lasting else [])

    @property
    def requests(self) -> str:
        """The sentence that counts the requests, or "" where nothing is known of them, or none could be made."""
        if self.counts is None or not self.has_way:
            return ""
        t = _in(self.language)
        if not sum(self.counts.values()):
            return "" if self.requests_from else t(N_("Nobody has asked for these data yet."))
        said = t(N_("Requests so far: %(open)s open, %(approved)s approved, %(denied)s denied, %(closed)s ended."))
        return said % {name: format_number(number, self.language) for name, number in self.counts.items()}

    @property
    def since(self) -> str:
        """The day since which the state holds, in words, or ""."""
        return format_date(self.dataset.state_at, self.language) if self.dataset.state_at else ""

    @property
    def requests_from(self) -> str:
        """The first day of requests, in words, or ""."""
        return format_date(self.shown.requests_from, self.language) if self.shown.requests_from else ""

    @property
    def eligible(self) -> List[str]:
        return asking.eligible(self.sensitive, self.language)

    @property
    def needed(self) -> List[Tuple[str, str]]:
        return asking.needed(self.sensitive, self.language)

    @property
    def steps(self) -> List[Tuple[str, str]]:
        return asking.steps(self.shown, self.language)

    @property
    def uses(self) -> List[permitted.Use]:
        return permitted.uses(self.sensitive, self.language)

    @property
    def purposes(self) -> str:
        """The purposes for which access can be granted, as one list, or ""."""
        codes = self.sensitive.get("purposes_allowed") or []
        return listed([words.label("sensitive.purposes_allowed", code, self.language) for code in codes], self.language)

    @property
    def protocol(self) -> str:
        """The address of the rules by which requests are decided, or ""."""
        url = self.sensitive.get("access_protocol_url") or ""
        return url if folds.is_address(url) else ""

    @property
    def folds(self) -> List[folds.Fold]:
        return folds.folds(self.shown, self.language, self.tags)

    @property
    def files(self) -> List[files.File]:
        return files.files(self.shown, self.language)

    @property
    def files_seen(self) -> int:
        """The number of files that stand on the page without unfolding."""
        return FILES if len(self.dataset.files) > FILES + 3 else len(self.dataset.files)

    @property
    def tables(self) -> List[Table]:
        """The tables that the columns are in, in the order in which these name them."""
        found: Dict[str, List[Dict[str, str]]] = {}
        for column in self.sensitive.get("columns") or []:
            found.setdefault(column.get("table", ""), []).append(column)
        return [self._table(name, columns) for name, columns in found.items()]

    def _table(self, name, columns):
        shown = [member for member in SHOWN if any(member in one for one in columns)]
        field = "sensitive.columns."
        rows = [
            [words.label(field + member, one[member], self.language) if member in one else "" for member in shown]
            for one in columns
        ]
        return Table(name, [words.title(field + member, self.language) for member in shown], rows)

    @property
    def has_versions(self) -> bool:
        """Whether there is more to say of versions than that there is this one."""
        return bool(self.shown.version_label or self.shown.replaces or self.shown.newer)

    @property
    def versions(self) -> List[Version]:
        """The versions that are known from here, the newest first; the one on this page is among them."""
        shown = self.shown
        older = [Version(shown.replaces.identifier, shown.replaces.url, "older")] if shown.replaces else []
        newer = [Version(other.identifier, other.url, "newer") for other in shown.newer]
        return newer + [Version(shown.version_label or self.dataset.identifier, "", "this")] + older

    @property
    def has_past(self) -> bool:
        """Whether the section of versions and of the record's history has anything in it."""
        return self.has_versions or bool(self.history)

    def parts(self, is_record: bool) -> List[Tuple[str, str, bool]]:
        """[(name, address, False)] of the sections of the page, as pieces.tabs takes them."""
        found = [
            ("about", N_("About"), True),
            ("who", N_("Who may ask") if self.has_way else N_("Conditions"), True),
            ("use", N_("Permitted use"), self.uses or self.purposes),
            ("files", N_("Files"), self.dataset.files),
            ("columns", N_("Columns"), self.tables),
            ("law", N_("Law and ethics"), True),
            ("versions", N_("Versions") if self.has_versions else N_("History"), is_record and self.has_past),
            ("cite", N_("Cite"), is_record),
        ]
        return [(translate(self.language, text), "#" + name, False) for name, text, is_there in found if is_there]

    @property
    def citation(self) -> List[Tuple[str, bool]]:
        return citation.parts(self.shown)


def _in(language):
    return lambda text: translate(language, text)


def _own_name(tag):
    try:
        return Locale.parse(tag).languages.get(tag, tag)
    except (UnknownLocaleError, ValueError):
        return tag
