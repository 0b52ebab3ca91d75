"""The citation of a dataset: as a text, and in the forms that reference managers and other catalogues read.

A citation names the main title, whatever language its reader prefers: all citations of a dataset look the same.
"""

import json
import re
from typing import Any, Callable, Dict, List, NamedTuple, Tuple
from urllib.parse import quote

from . import dcat
from .datacite import doi_of
from .published import Published

BIBTEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
# BibTeX counts a brace behind a backslash too
BIBTEX.update({"{": r"\textbraceleft{}", "}": r"\textbraceright{}"})
BIBTEX.update((letter, "\\" + letter) for letter in "$&%#_")
PLAIN = "!#$%&'()*+,-./:;<=>?@[]^_`|~"  # stands in an address as it is; a brace or backslash would end the field


class Form(NamedTuple):
    """One form of a citation."""

    name: str  # in a link
    title: str  # a proper name, the same in every language
    mimetype: str
    ending: str  # of the file's name
    write: Callable[[Published], str]
    needs: Tuple[str, ...] = ()  # modules of other packages


def parts(shown: Published) -> List[Tuple[str, bool]]:
    """The citation as [(text, whether it is the title)], in the manner of the American Psychological Association."""
    core = shown.dataset.core
    names = "; ".join(_line(creator["name"]) for creator in core["creators"])
    version = " (Version %s)" % _line(shown.version_label) if shown.version_label else ""
    publisher = _line(core["publisher"])
    # an organisation that publishes its own data is named once
    by = "" if publisher == names else " %s." % publisher.rstrip(".")
    return [
        ("%s (%s). " % (names if names.endswith(".") else names + ".", core["publication_year"]), False),
        (_line(shown.dataset.title), True),
        ("%s [Dataset].%s %s" % (version, by, address(shown)), False),
    ]


def text(shown: Published) -> str:
    """The citation as one line."""
    return "".join(part for part, _ in parts(shown))


def address(shown: Published) -> str:
    """The address that a citation names: the DOI's, or the record's page."""
    doi = doi_of(shown)
    return "https://doi.org/" + doi if doi else shown.record_url


def bibtex(shown: Published) -> str:
    """A BibTeX entry (UTF-8)."""
    core = shown.dataset.core
    # braces keep an organisation's name, and the title's capital letters, as they are
    authors = [_bibtex(_name(creator), is_whole=not _is_person(creator)) for creator in core["creators"]]
    fields = [
        ("author", " and ".join(authors)),
        ("title", _bibtex(shown.dataset.title, is_whole=True)),
        ("year", str(core["publication_year"])),
        ("publisher", _bibtex(core["publisher"], is_whole=True)),
        ("version", _bibtex(shown.version_label or "")),
        ("doi", quote(doi_of(shown), safe=PLAIN)),
        ("url", quote(address(shown), safe=PLAIN)),
        ("note", "Dataset"),
    ]
    lines = ["  %s = {%s}" % (name, value) for name, value in fields if value]
    return "@misc{%s,\n%s\n}\n" % (key(shown), ",\n".join(lines))


def ris(shown: Published) -> str:
    """A RIS entry (UTF-8)."""
    core = shown.dataset.core
    fields = [("TY", "DATA")] + [("AU", _line(_name(creator))) for creator in core["creators"]]
    fields += [
        ("TI", _line(shown.dataset.title)),
        ("PY", str(core["publication_year"])),
        ("PB", _line(core["publisher"])),
        ("ET", _line(shown.version_label or "")),
        ("DO", doi_of(shown)),
        ("UR", address(shown)),
        ("ER", None),
    ]
    return "".join("%s  - %s\r\n" % (tag, value or "") for tag, value in fields if value != "")


def csl(shown: Published) -> Dict[str, Any]:
    """An item of CSL JSON (dict)."""
    core = shown.dataset.core
    said = {
        "id": key(shown),
        "type": "dataset",
        "title": _line(shown.dataset.title),
        "author": [_csl_name(creator) for creator in core["creators"]],
        "issued": {"date-parts": [[core["publication_year"]]]},
        "publisher": _line(core["publisher"]),
        "URL": address(shown),
        "language": core["titles"][0]["lang"],
    }
    if shown.version_label:
        said["version"] = _line(shown.version_label)
    if doi_of(shown):
        said["DOI"] = doi_of(shown)
    return said


def key(shown: Published) -> str:
    """The name of the entry in a bibliography: letters, digits and dashes."""
    return "-".join(["dataset"] + re.findall("[A-Za-z0-9]+", shown.dataset.pid or ""))


def _csl(shown):
    return json.dumps([csl(shown)], ensure_ascii=False, indent=1) + "\n"


FORMS = (
    Form("bibtex", "BibTeX", "application/x-bibtex", "bib", bibtex),
    Form("ris", "RIS", "application/x-research-info-systems", "ris", ris),
    Form("csl", "CSL JSON", "application/vnd.citationstyles.csl+json", "json", _csl),
    Form("dcat-ttl", "DCAT (Turtle)", "text/turtle", "ttl", dcat.as_turtle),
    Form("dcat-jsonld", "DCAT (JSON-LD)", "application/ld+json", "jsonld", dcat.as_json_ld),
    Form("dcat", "DCAT (RDF/XML)", "application/rdf+xml", "rdf", dcat.xml, ("lxml",)),
)


def _is_person(creator):
    return creator.get("kind", "person") == "person" and bool({"kind", "orcid", "family_name"} & set(creator))


def _name(creator):
    # "family, given", as reference managers take people's names
    if _is_person(creator) and "family_name" in creator:
        return ", ".join(creator[name] for name in ("family_name", "given_name") if name in creator)
    return creator["name"]


def _csl_name(creator):
    if _is_person(creator) and "family_name" in creator:
        parts = (("family", "family_name"), ("given", "given_name"))
        return {member: _line(creator[name]) for member, name in parts if name in creator}
    return {"literal": _line(creator["name"])}


def _line(value):
    return " ".join(str(value).split())


def _bibtex(value, is_whole=False):
    escaped = "".join(BIBTEX.get(letter, letter) for letter in _line(value))
    return "{%s}" % escaped if is_whole else escaped
