"""What a reader asks of the list: words, chosen values of facets, an order, a page; read from an address, and written.

Pure. A facet's values are alternatives; facets narrow each other down.
"""

from typing import NamedTuple
from urllib.parse import urlencode

from secureb2share_ext.descriptions import search_document
from secureb2share_ext.descriptions.search_document import FACETS

PAGE = 10  # datasets on a page, as on InvenioRDM: a page with its stylesheet stays small
LAST_PAGE = 10000 // PAGE  # a search cluster goes no further
LONGEST = 300  # characters of the words, or of a value
MOST_VALUES = 40
BEST, NEWEST, TITLE, DECISION = "best", "newest", "title", "decision"


class Query(NamedTuple):
    """One question."""

    words: str = ""
    chosen: tuple = ()  # (facet, value), in the order of FACETS
    order: str = NEWEST
    page: int = 1
    size: int = PAGE

    @property
    def terms(self):
        """[term] as descriptions.search_document has them."""
        return search_document.terms(self.words)

    @property
    def by_facet(self):
        """{facet: [value]} of the facets in which something is chosen."""
        found = {}
        for facet, value in self.chosen:
            found.setdefault(facet, []).append(value)
        return found

    @property
    def start(self):
        """The number of datasets on the pages before this one."""
        return (self.page - 1) * self.size

    @property
    def orders(self):
        """The orders that make sense; the first is the one that is used unless another is asked for."""
        return ((BEST,) if self.terms else ()) + (NEWEST, TITLE, DECISION)

    def toggled(self, facet, value):
        """The question with a value chosen, or no longer chosen, from its first page on."""
        pair = (facet, value)
        kept = [one for one in self.chosen if one != pair]
        return self._replace(chosen=_in_order(kept if pair in self.chosen else [*kept, pair]), page=1)

    def address(self, path):
        """The path with the question behind it; whatever goes without saying is left out."""
        pairs = [("q", self.words)] if self.words else []
        pairs += self.chosen
        if self.order != self.orders[0]:
            pairs.append(("sort", self.order))
        if self.page > 1:
            pairs.append(("page", self.page))
        return path + ("?" + urlencode(pairs) if pairs else "")


def read(arguments):
    """The Query of the arguments of an address (werkzeug's MultiDict); what makes no sense is passed over."""
    pairs = [(facet, value[:LONGEST]) for facet in FACETS for value in arguments.getlist(facet) if value]
    asked = Query(" ".join(arguments.get("q", "").split())[:LONGEST], _in_order(pairs)[:MOST_VALUES])
    order, page = arguments.get("sort", ""), arguments.get("page", 1, type=int)
    return asked._replace(order=order if order in asked.orders else asked.orders[0], page=min(max(page, 1), LAST_PAGE))


def _in_order(pairs):
    return tuple(sorted(dict.fromkeys(pairs), key=lambda pair: FACETS.index(pair[0])))
