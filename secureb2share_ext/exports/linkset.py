"""The links by which a machine goes on from a record's page: Signposting (https://signposting.org/FAIR/).

The forms are those of RFC 9264 and RFC 8288. There is no `item`: no link leads to content. IANA has no relation for
asking for access, so ours is a URI of our own.
"""

from typing import Any, Dict, List, Mapping, Optional, Tuple

from .published import Published

REQUEST_ACCESS = "urn:secureb2share:rel:request-access"
MIMETYPE = "application/linkset+json"
MOST_AUTHORS = 20  # of a header
SPDX = "https://spdx.org/licenses/"
TYPES = ("https://schema.org/AboutPage", "https://schema.org/Dataset")


def links(
    shown: Published, exports: Mapping[str, str], cite_as: Optional[str] = None
) -> List[Tuple[str, Dict[str, str]]]:
    """The links [(relation, target attributes)] of the record's page.

    exports: {media type: URL} of its serialisations; cite_as: URL of its DOI, or None where the page is cited.
    """
    found = [("cite-as", {"href": cite_as or shown.record_url})]
    found += [("type", {"href": kind}) for kind in TYPES]
    found += [("author", {"href": address}) for address in _authors(shown.dataset.core)]
    found += [("describedby", {"href": url, "type": kind}) for kind, url in exports.items() if kind != MIMETYPE]
    if shown.replaces:
        found.append(("predecessor-version", {"href": shown.replaces.url}))
    found += [("successor-version", {"href": other.url}) for other in shown.newer]
    return found + [(REQUEST_ACCESS, {"href": shown.access_url, "title": shown.label})]


def document(shown: Published, exports: Mapping[str, str], cite_as: Optional[str] = None) -> Dict[str, Any]:
    """The linkset (dict): the page's links, and from each serialisation the way back."""
    page: Dict[str, Any] = {"anchor": shown.record_url}
    for relation, target in links(shown, exports, cite_as):
        page.setdefault(relation, []).append(target)
    back = {"href": shown.record_url, "type": "text/html"}
    # the licence is the description's: a link from the page itself would promise the data
    license_ = _license(shown)
    return {"linkset": [page] + [dict({"anchor": url, "describes": [back]}, **license_) for url in exports.values()]}


def _license(shown):
    if shown.is_withdrawn:
        return {}
    return {"license": [{"href": SPDX + shown.dataset.core.get("metadata_license", "CC0-1.0")}]}


def page_header(shown: Published, exports: Mapping[str, str]) -> str:
    """The value of the `Link` header of the record's page."""
    found, authors = [], 0
    for relation, target in links(shown, exports):
        authors += relation == "author"
        # servers refuse long headers; the linkset names everybody
        if relation != "author" or authors <= MOST_AUTHORS:
            found.append((relation, target))
    return _header(found + _linkset(exports))


def export_header(shown: Published, exports: Mapping[str, str]) -> str:
    """The value of the `Link` header of one of the record's serialisations."""
    back = ("describes", {"href": shown.record_url, "type": "text/html"})
    request = (REQUEST_ACCESS, {"href": shown.access_url, "title": shown.label})
    return _header([back] + _linkset(exports) + [request])


def _authors(core):
    for creator in core["creators"]:
        if "orcid" in creator or "ror" in creator:
            yield "https://orcid.org/" + creator["orcid"] if "orcid" in creator else creator["ror"]


def _linkset(exports):
    return [("linkset", {"href": exports[MIMETYPE], "type": MIMETYPE})] if MIMETYPE in exports else []


def _header(found):
    return ", ".join(_link(relation, target) for relation, target in found)


def _link(relation, target):
    # labels are ASCII words of ours, addresses are percent-encoded: nothing here ends a quoted string early
    attributes = "".join('; %s="%s"' % (name, target[name]) for name in ("type", "title") if name in target)
    return '<%s>; rel="%s"%s' % (target["href"], relation, attributes)
