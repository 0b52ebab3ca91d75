"""The start page and the list of datasets, which words and facets narrow down."""

from typing import NamedTuple

from flask import Blueprint, current_app, redirect, render_template, request, send_from_directory

from secureb2share_ext.pages import language
from secureb2share_ext.pages.views import blueprint as pages
from secureb2share_ext.pages.words import N_

from . import asking, facets, hits, search

PATH = "/search"
NEW = 4  # datasets on the start page
BROWSED = {"kind": 5, "who": 5, "way": 5, "country": 5}  # values of a facet there
EXAMPLES = ("type 1 diabetes", "Tromsø", "ICD-10", "general research use")
WINDOW = 2  # pages that are named before and after this one
MOST_TRIED = 6  # words, and filters, without which an empty list is tried

blueprint = Blueprint("catalogue_find", __name__, template_folder="templates")


ORDERS = {
    asking.BEST: N_("Best match"),
    asking.NEWEST: N_("Newest first"),
    asking.TITLE: N_("Title"),
    asking.DECISION: N_("Fewest days to a decision"),
}
BY = {
    "kind": N_("By kind of data"),
    "who": N_("By who may ask"),
    "way": N_("By way of access"),
    "country": N_("By country"),
}


class Wider(NamedTuple):
    """A way out of an empty list."""

    kind: str  # filter, filters, word or all
    text: str
    address: str
    total: int


@blueprint.route("/")
def front():
    """What this is, ways in, and the newest datasets; an old address with ?q= leads to the list."""
    if "q" in request.args:
        return redirect(asking.read(request.args).address(PATH), 301)
    query = asking.Query(size=NEW)
    tag = language.current()
    result = search.find(query, tag)
    found = {facet.name: facet for facet in facets.of(query, result.counts, tag, PATH)}
    return render_template(
        "catalogue/start.html",
        total=result.total,
        browse=[
            (language.gettext(BY[name]), found[name].values[:most]) for name, most in BROWSED.items() if name in found
        ],
        examples=[(words, one.address(PATH)) for words, one in _examples() if result.total and search.total(one)],
        hits=hits.of(result.found),
        path=PATH,
        canonical=_site("/"),
    )


@blueprint.route(PATH)
def results():
    """The datasets that have the words and what is chosen in the facets."""
    query, tag = asking.read(request.args), language.current()
    result = search.find(query, tag)
    last = min(-(-result.total // query.size), asking.LAST_PAGE)
    if query.page > 1 and query.page > last:
        return redirect(query._replace(page=max(last, 1)).address(PATH), 302)
    return render_template(
        "catalogue/search.html",
        query=query,
        total=result.total,
        hits=hits.of(result.found),
        facets=facets.of(query, result.counts, tag, PATH),
        chips=facets.chips(query, tag, PATH),
        orders=[(order, language.gettext(ORDERS[order])) for order in query.orders],
        pages=_pages(query, last),
        meant=None if result.total else _meant(query),
        wider=[] if result.total else _wider(query, tag),
        path=PATH,
        clear=query._replace(chosen=(), page=1).address(PATH),
        feed=query._replace(page=1).address("/search.atom"),
        canonical=_site(query._replace(order=query.orders[0]).address(PATH)),
    )


@blueprint.route("/favicon.ico")
def icon():
    """For browsers that ask for it where a page names none, such as JSON."""
    return send_from_directory(pages.static_folder, "mark.svg", mimetype="image/svg+xml")


def _examples():
    for words in EXAMPLES:
        query = asking.Query(words)
        yield words, query._replace(order=query.orders[0])


def _site(address):
    return current_app.config["SITE_UI_URL"] + address


def _pages(query, last):
    """[(number or None for a gap, address)] of the pages that are named; [] of a single one."""
    near = {1, last, *range(query.page - WINDOW, query.page + WINDOW + 1)}
    numbers = sorted(number for number in near if 1 <= number <= last)
    named = []
    for number in numbers if last > 1 else ():
        if named and number > named[-1][0] + 1:
            named.append((number - 1, None))
        named.append((number, query._replace(page=number).address(PATH)))
    return [(number if address else None, address) for number, address in named]


def _meant(query):
    """A Wider with the words that were probably meant, or None."""
    words = {term: _word_meant(term) for term in query.terms}
    if not any(words.values()):
        return None
    better = query._replace(words=" ".join(words[term] or term for term in query.terms), page=1)
    for one in (better, better._replace(chosen=())):
        found = search.total(one)
        if found:
            return Wider("meant", one.words, one.address(PATH), found)
    return None


def _word_meant(term):
    if " " in term or search.total(asking.Query(term)):
        return None
    return search.meant(term)


def _wider(query, tag):
    """[Wider] of the lists that are not empty without one filter, without any, or with one word."""
    tried = [
        ("filter", facets.label(facet, value, tag), query.toggled(facet, value))
        for facet, value in query.chosen[:MOST_TRIED]
    ]
    if len(query.chosen) > 1:
        tried.append(("filters", "", query._replace(chosen=(), page=1)))
    if len(query.terms) > 1:
        tried += [("word", term, query._replace(words=term, page=1)) for term in query.terms[:MOST_TRIED]]
    tried.append(("all", "", asking.Query()))
    found = [Wider(kind, text, one.address(PATH), search.total(one)) for kind, text, one in tried]
    return [one for one in found if one.total]
