"""Where can a machine go from a record's page? Signposting (https://signposting.org/FAIR/), RFC 9264 and RFC 8288.

There is no `item`: no link leads to content. IANA has no relation for asking for access, so ours is a URI of our own.
"""

REQUEST_ACCESS = "urn:secureb2share:rel:request-access"
MIMETYPE = "application/linkset+json"
TYPES = ("https://schema.org/AboutPage", "https://schema.org/Dataset")


def links(shown, exports, cite_as=None):
    """[(relation, target attributes)] of the record's page.

    exports: {media type: URL} of its serialisations; cite_as: URL of its DOI, or None where the page is cited.
    """
    found = [("cite-as", {"href": cite_as or shown.record_url})]
    found += [("type", {"href": kind}) for kind in TYPES]
    orcids = [creator["orcid"] for creator in shown.dataset.core["creators"] if "orcid" in creator]
    found += [("author", {"href": "https://orcid.org/" + orcid}) for orcid in orcids]
    found += [("describedby", {"href": url, "type": kind}) for kind, url in exports.items() if kind != MIMETYPE]
    if shown.replaces:
        found.append(("predecessor-version", {"href": shown.replaces.url}))
    found += [("successor-version", {"href": other.url}) for other in shown.newer]
    return found + [(REQUEST_ACCESS, {"href": shown.access_url, "title": shown.label})]


def document(shown, exports, cite_as=None):
    """The linkset (dict): the page's links, and from each serialisation the way back."""
    page = {"anchor": shown.record_url}
    for relation, target in links(shown, exports, cite_as):
        page.setdefault(relation, []).append(target)
    back = {"href": shown.record_url, "type": "text/html"}
    return {"linkset": [page] + [{"anchor": url, "describes": [back]} for url in exports.values()]}


def page_header(shown, exports):
    """The value of the `Link` header of the record's page."""
    return _header(links(shown, exports) + _linkset(exports))


def export_header(shown, exports):
    """The value of the `Link` header of one of the record's serialisations."""
    back = ("describes", {"href": shown.record_url, "type": "text/html"})
    request = (REQUEST_ACCESS, {"href": shown.access_url, "title": shown.label})
    return _header([back] + _linkset(exports) + [request])


def _linkset(exports):
    return [("linkset", {"href": exports[MIMETYPE], "type": MIMETYPE})] if MIMETYPE in exports else []


def _header(found):
    return ", ".join(_link(relation, target) for relation, target in found)


def _link(relation, target):
    # labels are ASCII words of ours, addresses are percent-encoded: nothing here ends a quoted string early
    attributes = "".join('; %s="%s"' % (name, target[name]) for name in ("type", "title") if name in target)
    return '<%s>; rel="%s"%s' % (target["href"], relation, attributes)
