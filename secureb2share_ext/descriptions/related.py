"""The rules of related resources: an identifier has the form that its scheme promises, so that it can be a link."""

import re
from typing import Any, Iterator, Tuple

from .tolerant import member, rows

FORMS = {  # scheme -> (how its identifiers begin, what to write)
    "DOI": (re.compile(r"10\.[0-9]{4,9}/\S"), "begins with 10. in a DOI, such as 10.5281/zenodo.1234"),
    "URL": (re.compile(r"https?://[^\s/]"), "begins with https:// in a URL"),
    "URN": (re.compile(r"urn:[A-Za-z0-9]"), "begins with urn: in a URN, such as urn:nbn:fi:lb-2023"),
    "Handle": (re.compile(r"[0-9][0-9.]*/\S"), "begins with its prefix in a Handle, such as 11304/a95d"),
}


def schemes(description: Any) -> Iterator[Tuple[str, str]]:
    """The `identifier` of a related resource is a DOI, URL, URN or Handle, where `scheme` says so; a DOI is bare."""
    for number, row in rows(member(description, "core"), "related"):
        form, told = FORMS.get(row["scheme"], (None, "")) if isinstance(row.get("scheme"), str) else (None, "")
        identifier = row.get("identifier")
        if form and isinstance(identifier, str) and not form.match(identifier):
            yield "core.related[%d].identifier" % number, told


RULES = (schemes,)
