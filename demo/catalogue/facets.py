"""The facets of a list as its page shows them, in the reader's language. Pure."""

from typing import NamedTuple

from secureb2share_ext.descriptions.schema import SCHEMA
from secureb2share_ext.descriptions.search_document import FACETS
from secureb2share_ext.pages import language, words
from secureb2share_ext.pages.words import N_

SHOWN = 7  # values of a facet; the others are one click away
MOST = 30  # values of a facet on a page; whoever looks for another one writes it
OPEN = ("access", "who", "way", "country")  # without a choice in them


NAMES = {
    "access": N_("Access"),
    "who": N_("Who may ask"),
    "way": N_("Way of access"),
    "country": N_("Country"),
    "kind": N_("Kind of data"),
    "use": N_("Permitted use"),
    "participants": N_("Participants"),
    "years": N_("Years"),
    "controller": N_("Data controller"),
}
STATES = {state: text for state, (_, _, text) in words.STATES.items()}
GROUPS = {
    "national-eid:": N_("Holders of a national electronic identity"),
    "affiliated:": N_("Members of named organisations"),
}
FIELDS = {
    "access": "sensitive.access_right",
    "who": "sensitive.access_eligibility",
    "way": "sensitive.access_mode",
    "use": "sensitive.duo_codes",
    "participants": "sensitive.participants_band",
    "controller": "sensitive.controller_name",
}
IN_ORDER = {
    "access": ["controlled", "embargoed", "suspended", "metadata-only", "superseded"],
    "participants": SCHEMA["properties"]["sensitive"]["properties"]["participants_band"]["enum"],
}


class Value(NamedTuple):
    """A value that one can choose, or choose no longer."""

    label: str
    count: int
    address: str  # of the list with it, or without it
    is_chosen: bool


class Facet(NamedTuple):
    """A facet with its values."""

    name: str
    title: str
    values: list  # of Value
    more: list
    left: int  # the number of values that have no place on the page
    is_open: bool


def of(query, counts, tag, path):
    """[Facet] of an asking.Query and the counts of its Result; those with nothing to choose are left out."""
    made = (_facet(name, query, counts.get(name, {}), tag, path) for name in FACETS)
    return [facet for facet in made if facet.values]


def chips(query, tag, path):
    """[(label, address without it)] of all that is chosen."""
    return [(label(facet, value, tag), query.toggled(facet, value).address(path)) for facet, value in query.chosen]


def label(facet, value, tag):
    """A value of a facet in words."""
    if facet == "access" and value in STATES:
        return language.translate(tag, STATES[value])
    if facet == "who" and value in GROUPS:
        return language.translate(tag, GROUPS[value])
    if facet == "country":
        return language.country(value, tag)
    if facet == "years" and value.isdigit():
        return "%s–%d" % (value, int(value) + 9)
    if facet == "kind":
        special = words.label("sensitive.special_categories", value, tag)
        return special if special != value else words.label("sensitive.health_categories", value, tag)
    return words.label(FIELDS[facet], value, tag) if facet in FIELDS else value


def _facet(name, query, counts, tag, path):
    chosen = query.by_facet.get(name, [])
    known = dict({value: 0 for value in chosen}, **counts)
    values = [
        Value(label(name, code, tag), known[code], query.toggled(name, code).address(path), code in chosen)
        for code in _sorted(name, known, tag)
    ]
    # what is chosen is never hidden
    first = [value for number, value in enumerate(values) if number < SHOWN or value.is_chosen]
    more = [value for value in values if value not in first]
    if len(more) == 1:
        first, more = values, []
    more, left = more[:MOST], len(more[MOST:])
    return Facet(name, language.translate(tag, NAMES[name]), first, more, left, name in OPEN or bool(chosen))


def _sorted(name, counts, tag):
    if name == "years":
        return sorted(counts, reverse=True)
    if name in IN_ORDER:
        order = IN_ORDER[name]
        return sorted(counts, key=lambda code: (order.index(code) if code in order else len(order), code))
    # whoever narrows a list down wants to know something
    return sorted(counts, key=lambda code: (code == "not-stated", -counts[code], label(name, code, tag)))
