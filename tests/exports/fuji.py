"""What the metrics of F-UJI ask of a dataset (version 0.8), and what of ours answers: a table, and a check of each row.

A row: test of a metric | points | who answers | what. Who: us; the site, by its PIDs; nobody, for want of a file that
can be downloaded. A check starts where F-UJI does, at the record's page, and takes nothing that no link leads to.
Metrics and evaluators: https://github.com/pangaea-data-publisher/fuji, commit 3215372.
"""

import json
import re
from typing import Any, Dict, List, NamedTuple, Tuple

from lxml import etree

US, SITE, NOBODY = "us", "site", "nobody"
TABLE = """
FsF-F1-01MD-1 | 1 | us | the address of the record's page, as `cite-as` and as `@id`
FsF-F1-02MD-1 | 0.5 | site | a DOI or Handle as PID, in `identifier` of schema.org and as `doi` of DataCite
FsF-F1-02MD-2 | 0.5 | site | the DOI's registration, whose `url` is the record's page
FsF-F2-01M-2 | 1 | us | `creator`, `name`, `identifier`, `datePublished`, `publisher` and `@type` of schema.org
FsF-F2-01M-3 | 1 | us | these, `description` and `keywords`
FsF-F3-01M-2 | 1 | nobody | a link to a downloadable file
FsF-F4-01M-1 | 2 | us | schema.org as JSON-LD in the page
FsF-A1-01M-1 | 1 | us | `conditionsOfAccess`, `dct:accessRights`, `rights` with the terms of COAR and info:eu-repo
FsF-A1-02MD-1 | 1 | us | each `describedby` of the page's `Link` header leads to a description
FsF-A1-02MD-2 | 1 | nobody | the download of the data
FsF-A1.1-01MD-1 | 1 | us | the page is served by HTTP
FsF-A1.1-01MD-2 | 1 | nobody | the protocol of a download
FsF-A1.2-01MD-1 | 1 | us | HTTP knows authentication
FsF-A1.2-01MD-2 | 1 | nobody | the protocol of a download, with authentication
FsF-I1-01M-1 | 2 | us | schema.org as JSON-LD in the page
FsF-I1-01M-2 | 2 | us | DCAT as Turtle and RDF/XML, linked by `describedby`
FsF-I2-01M-2 | 2 | us | terms of PROV, ADMS, CSVW, GeoDCAT-AP and the EU's vocabularies in DCAT
FsF-I3-01M-1 | 2 | us | `relatedIdentifiers` of DataCite, each with its relation
FsF-I3-01M-2 | 2 | us | these as addresses; in schema.org `citation`, `isBasedOn`, `subjectOf`, and the catalogue itself
FsF-R1-01M-1 | 1 | us | the type `Dataset`
FsF-R1-01M-2 | 1 | us | `sizes` and `formats` of DataCite: bands, and formats by code or media type
FsF-R1-01M-3 | 0 | us | `variableMeasured`
FsF-R1.1-01M-1 | 1 | us | the terms under which data are given: conditions and terms of use in `rightsList`, terms of use as `dct:license` of the way of access. The open licence is the description's and is said of that alone
FsF-R1.2-01M-1 | 1 | us | creators, publisher, dates
FsF-R1.2-01M-2 | 1 | us | `prov:qualifiedAttribution`; `prov:wasGeneratedBy` and `prov:wasDerivedFrom` where they are known
FsF-R1.3-01M-1 | 1 | us | HealthDCAT-AP for health data. F-UJI's list lacks it and counts GeoDCAT-AP and ADMS, which the document uses
FsF-R1.3-01M-3 | 1 | us | DCAT and DataCite
FsF-R1.3-02D-1 | 1 | nobody | the format of a downloaded file
"""  # noqa: E501
TURTLE, RDF_XML, DATACITE = "text/turtle", "application/rdf+xml", "application/vnd.datacite.datacite"
CITED = ("creator", "name", "identifier", "datePublished", "publisher", "@type")
# of F-UJI's list of registered vocabularies, without those that it takes for granted
REGISTERED = {
    "http://www.w3.org/ns/prov#",
    "http://www.w3.org/ns/adms#",
    "http://www.w3.org/ns/csvw#",
    "http://data.europa.eu/930/",
    "http://data.europa.eu/r5r/",
    "http://data.europa.eu/m8g/",
}
HEALTH = "http://healthdataportal.eu/ns/health#"
KERNEL = "http://datacite.org/schema/kernel-4"
DCAT, DCT, PROV = "http://www.w3.org/ns/dcat#", "http://purl.org/dc/terms/", "http://www.w3.org/ns/prov#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RELATIONS = ("citation", "isBasedOn", "subjectOf", "isPartOf", "includedInDataCatalog")


class Seen(NamedTuple):
    """What a reader has of a record who knows the address of its page alone."""

    address: str
    links: List[Tuple[str, str, str]]  # (relation, URL, media type) of its `Link` header
    embedded: Dict[str, Any]  # the JSON-LD in it
    documents: Dict[str, str]  # {media type: text} of what describedby leads to

    def json(self, kind):
        return json.loads(self.documents[kind])

    def xml(self, kind):
        return etree.fromstring(self.documents[kind].encode("utf-8"))


def links_of(header):
    """[(relation, URL, media type)] of a `Link` header."""
    found = []
    for part in re.split(r",\s*(?=<)", header):
        attributes = dict(re.findall('(rel|type)="([^"]*)"', part))
        found.append((attributes["rel"], part[1 : part.index(">")], attributes.get("type", "")))
    return found


def rows():
    """[(test, points, who, what)]"""
    cells = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines()]
    return [(test, float(points), who, what) for test, points, who, what in cells]


def markdown():
    """The table of docs/reference/exports.md."""
    lines = ["| Test | Points | Reached | What answers |", "|---|---|---|---|"]
    reached = {US: "yes", SITE: "with DOIs", NOBODY: "no"}
    return "\n".join(lines + ["| %s | %g | %s | %s |" % (t, p, reached[w], said) for t, p, w, said in rows()]) + "\n"


def has(document, *names):
    return all(document.get(name) for name in names)


def used(seen):
    """The namespaces of the properties that the DCAT uses; one that is declared alone does not count."""
    return {etree.QName(element).namespace for element in seen.xml(RDF_XML).iter("*")}


def properties(seen, namespace):
    return {etree.QName(one).localname for one in seen.xml(RDF_XML).iter("{%s}*" % namespace)}


def is_web(address):
    return re.match(r"https?://[^/]+/", address) is not None


def unique(seen):
    cited = [url for relation, url, _ in seen.links if relation == "cite-as"]
    return len(cited) == 1 and is_web(cited[0]) and seen.embedded["@id"] == seen.address


def persistent(seen):
    doi = seen.json(DATACITE + "+json")["doi"]
    return doi.startswith("10.") and doi in seen.embedded["identifier"]


def registered(seen):
    return persistent(seen) and seen.json(DATACITE + "+json")["url"] == seen.address


def is_schema_org(seen):
    context = seen.embedded["@context"]
    return "https://schema.org/" in context and seen.embedded["@type"] == "Dataset"


def access(seen):
    dc = [one.text for one in seen.xml("application/x-dc+xml").iter("{http://purl.org/dc/elements/1.1/}rights")]
    rights = seen.xml(RDF_XML).find(".//{%s}accessRights" % DCT).get("{%s}resource" % RDF)
    coar = [one for one in dc if one.startswith("http://purl.org/coar/access_right/")]
    return has(seen.embedded, "conditionsOfAccess") and rights.endswith("/NON_PUBLIC") and len(coar) == 1


def described(seen):
    kinds = [kind for relation, _, kind in seen.links if relation == "describedby"]
    return len(kinds) >= 6 and all(seen.documents.get(kind) for kind in kinds)


def is_rdf(seen):
    linked = {kind for relation, _, kind in seen.links if relation == "describedby"}
    whole = len(seen.xml(RDF_XML)) > 10 and seen.documents[TURTLE].count("\n<") == len(seen.xml(RDF_XML))
    return {TURTLE, RDF_XML} <= linked and whole


def related(seen):
    found = seen.json(DATACITE + "+json")["relatedIdentifiers"]
    return len(found) > 0 and all(has(one, "relatedIdentifier", "relationType") for one in found)


def related_by_address(seen):
    works = [seen.embedded[name] for name in RELATIONS if name in seen.embedded]
    works = [one for value in works for one in (value if isinstance(value, list) else [value])]
    return len(works) > 0 and all(is_web(work["@id"]) for work in works)


def terms(seen):
    rights = seen.json(DATACITE + "+json")["rightsList"]
    said = [one for one in rights if "rightsIdentifier" not in one]
    # the first is our label of the right
    return len(said) > 1 and all(is_web(one["rightsUri"]) for one in said)


CHECKS = {
    "FsF-F1-01MD-1": unique,
    "FsF-F1-02MD-1": persistent,
    "FsF-F1-02MD-2": registered,
    "FsF-F2-01M-2": lambda seen: has(seen.embedded, *CITED),
    "FsF-F2-01M-3": lambda seen: has(seen.embedded, "description", "keywords", *CITED),
    "FsF-F4-01M-1": is_schema_org,
    "FsF-A1-01M-1": access,
    "FsF-A1-02MD-1": described,
    "FsF-A1.1-01MD-1": lambda seen: is_web(seen.address),
    "FsF-A1.2-01MD-1": lambda seen: is_web(seen.address),
    "FsF-I1-01M-1": is_schema_org,
    "FsF-I1-01M-2": is_rdf,
    "FsF-I2-01M-2": lambda seen: len(REGISTERED & used(seen)) > 2,
    "FsF-I3-01M-1": related,
    "FsF-I3-01M-2": related_by_address,
    "FsF-R1-01M-1": lambda seen: seen.json(DATACITE + "+json")["types"]["resourceTypeGeneral"] == "Dataset",
    "FsF-R1-01M-2": lambda seen: has(seen.json(DATACITE + "+json"), "sizes", "formats"),
    "FsF-R1-01M-3": lambda seen: all(one["name"] for one in seen.embedded["variableMeasured"]),
    "FsF-R1.1-01M-1": terms,
    "FsF-R1.2-01M-1": lambda seen: has(seen.embedded, "creator", "publisher", "datePublished"),
    "FsF-R1.2-01M-2": lambda seen: "qualifiedAttribution" in properties(seen, PROV),
    "FsF-R1.3-01M-1": lambda seen: "healthCategory" in properties(seen, HEALTH),
    "FsF-R1.3-01M-3": lambda seen: DCAT in used(seen) and KERNEL in seen.documents[DATACITE + "+xml"],
}


def failing(seen, who):
    """The tests of the table that a record fails, of those that `who` answers."""
    return [test for test, _, whose, _ in rows() if whose in who and not passes(test, seen)]


def passes(test, seen):
    try:
        return bool(CHECKS[test](seen))
    except (KeyError, AttributeError, IndexError, TypeError):
        return False


if __name__ == "__main__":
    print(markdown(), end="")
