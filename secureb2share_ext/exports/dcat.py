"""DCAT of a dataset, and of access to it, as a graph: HealthDCAT-AP Release 8 for health data, else DCAT-AP 3.

Elements by number: Annex B of Implementing Regulation (EU) 2026/2098. What a description does not say is left out;
no number is derived from a band. A withdrawn dataset is told as deleted, without its description.
"""

import datetime
from typing import Any, Dict, Iterator, List, Tuple

from ..descriptions.health import is_health
from . import concepts, coverage, dcat_health, dcat_provenance
from .concepts import EU
from .dcat_agents import agent, contact_point, creator, vcard
from .graph import Graph, Iri, Literal, add, iri, json_ld_text, text, turtle, typed
from .graph import xml as graph_xml
from .published import Published

CHANGES = "http://purl.org/adms/changetype"
LICENSES = {"CC0-1.0": EU + "licence/CC0", "CC-BY-4.0": EU + "licence/CC_BY_4_0"}
SPDX = "https://spdx.org/licenses/"
TYPES = {"synthetic": ("SYNTHETIC_DATA", "Synthetic data"), "aggregated": ("STATISTICAL", "Statistical data")}
NO_FILE = "No file can be downloaded. The link leads to the form for an access application, or says why there is none."
DATES = {4: "gYear", 7: "gYearMonth", 10: "date"}
IANA = "https://www.iana.org/assignments/media-types/"


def document(shown: Published) -> Graph:
    """The graph of one record: the dataset, and the catalogue's record of it."""
    graph: Graph = {}
    if shown.dataset.state == "withdrawn":
        _tombstone(graph, shown)
    else:
        _dataset(graph, shown)
    _record(graph, shown)
    return graph


def as_turtle(shown: Published) -> str:
    """The Turtle of a record."""
    return turtle(document(shown))


def as_json_ld(shown: Published) -> str:
    """The JSON-LD (text) of a record."""
    return json_ld_text(document(shown))


def xml(shown: Published) -> str:
    """The RDF/XML of a record."""
    return graph_xml(document(shown))


def subject(shown: Published) -> Iri:
    """The dataset."""
    return iri(shown.record_url)


def record_of(shown: Published) -> Iri:
    """The catalogue's record of the dataset."""
    return part(shown, "record")


def part(shown: Published, fragment: str) -> Iri:
    """A node that belongs to the dataset."""
    return iri("%s#%s" % (shown.record_url, fragment))


def contacts(core: Dict[str, Any]) -> List[Dict[str, str]]:
    """The role contacts of a description, the main one first."""
    return core.get("contacts") or []


def _dataset(graph, shown):
    core, sensitive = shown.dataset.core, shown.dataset.sensitive
    health = is_health(sensitive)
    dataset = typed(graph, subject(shown), "dcat:Dataset")

    def say(predicate, *values):
        add(graph, dataset, predicate, *(value for value in values if value is not None))

    say("dct:identifier", text(shown.record_url))  # 15
    say("dct:title", *_texts(core["titles"]))  # 24
    say("dct:description", *_texts(core["descriptions"]))  # 8
    words = core.get("keywords") or []
    if health and not words:
        # health data need a keyword; the names of their categories are no invention
        words = [concepts.label_of("health_categories", one) for one in sensitive.get("health_categories", [])]
    say("dcat:keyword", *map(text, words))  # 17
    say("dct:issued", Literal(str(core["publication_year"]), datatype="gYear"))
    say("dct:modified", *_changed(shown))
    say("dct:language", *(concepts.language(graph, tag) for tag in core.get("languages", [])))  # 18
    for number, one in enumerate(contacts(core), 1):
        # HealthDCAT-AP demands an address; without one, the access page tells whom to ask
        reached = one if {"email", "url"} & set(one) else dict(one, url=shown.access_url)
        say("dcat:contactPoint", vcard(graph, part(shown, "contact-%d" % number), reached))  # 5
    say("dct:publisher", _publisher(graph, shown, core))  # 22
    say("dct:creator", *_people(graph, shown, "creators"))
    contributors = _people(graph, shown, "contributors")
    say("dct:contributor", *contributors)
    parts = list(zip(contributors, (one["role"] for one in core.get("contributors", []))))
    if coverage.stated(sensitive, "storage_organisation"):
        parts.append((agent(graph, part(shown, "host"), sensitive["storage_organisation"]), "HostingInstitution"))
    dcat_provenance.attributions(graph, dataset, parts)
    say("dcat:version", *([text(shown.version_label)] if shown.version_label else []))
    say("dcat:previousVersion", *([iri(shown.replaces.url)] if shown.replaces else []))
    say("dct:isReplacedBy", *(iri(other.url) for other in shown.newer))
    for number, (value, scheme) in enumerate(_identifiers(shown), 1):
        other = typed(graph, part(shown, "identifier-%d" % number), "adms:Identifier")
        add(graph, other, "skos:notation", text(value))
        add(graph, other, "adms:schemaAgency", text(scheme))
        say("adms:identifier", other)
    dcat_provenance.related(graph, dataset, core)
    say("adms:versionNotes", *([text(shown.state_text, "en")] if shown.state_text else []))
    _access(graph, shown, dataset, health)
    _coverage(graph, shown, dataset)
    code, label = TYPES.get(sensitive.get("deidentification"), ("PERSONAL_DATA", "Personal data"))
    say("dct:type", concepts.concept(graph, EU + "dataset-type", code, label))  # 25
    if sensitive.get("periodicity"):
        code = sensitive["periodicity"]
        say("dct:accrualPeriodicity", concepts.of_field(graph, EU + "frequency", "periodicity", code, "dct:Frequency"))
    if sensitive.get("provenance"):
        node = typed(graph, part(shown, "provenance"), "dct:ProvenanceStatement")
        add(graph, node, "rdfs:label", *_texts(sensitive["provenance"]))
        say("dct:provenance", node)  # 21
    _custodian(graph, shown, dataset, health)
    dcat_health.privacy(graph, dataset, sensitive, health)
    if health:
        dcat_health.health(graph, shown, dataset, part)


def _people(graph, shown, field):
    given = enumerate(shown.dataset.core.get(field, []), 1)
    return [creator(graph, part(shown, "%s-%d" % (field[:-1], number)), one) for number, one in given]


def _publisher(graph, shown, core):
    # the dataset's contact answers for the publisher where no other is named
    contact = core.get("publisher_contact") or next(
        (one.get("url") or one.get("email") for one in contacts(core) if one.get("url") or one.get("email")),
        shown.access_url,
    )
    node = agent(graph, part(shown, "publisher"), core["publisher"], core.get("publisher_type"), "publisher_type")
    contact_point(graph, node, part(shown, "publisher-contact"), contact)
    return node


def _custodian(graph, shown, dataset, health):
    sensitive = shown.dataset.sensitive
    name = coverage.controller(sensitive)
    contact = sensitive.get("controller_contact") or sensitive.get("dpo_contact")
    # HealthDCAT-AP refuses a custodian without contact, and asks for none
    if not name or (health and not contact):
        return
    node = agent(graph, part(shown, "custodian"), name, sensitive.get("controller_type"), "controller_type")
    contact_point(graph, node, part(shown, "custodian-contact"), contact)
    add(graph, dataset, "geodcatap:custodian", node)  # 7


def _access(graph, shown, dataset, health):
    sensitive, right = shown.dataset.sensitive, shown.right
    code = right.eu.rpartition("/")[2]
    eu = concepts.concept(graph, EU + "access-right", code, "non-public", "dct:RightsStatement")
    add(graph, dataset, "dct:accessRights", eu)  # 1
    words = [text(said, "en") for said in (shown.label, shown.state_text) if said]
    words += _texts(sensitive["access_conditions"])
    for node, labels in (
        (iri(right.coar), [text(right.coar_label, "en")]),
        (iri(right.info_eu_repo), [text(right.info_eu_repo.rpartition("/")[2])]),
        (part(shown, "conditions"), words),
    ):
        add(graph, typed(graph, node, "dct:RightsStatement"), "rdfs:label", *labels)
        add(graph, dataset, "dct:rights", node)
    named = ([dcat_health.EHDS] if health else []) + sensitive.get("applicable_legislation", [])
    laws = [typed(graph, iri(law), "eli:LegalResource") for law in dict.fromkeys(named)]
    add(graph, dataset, "dcatap:applicableLegislation", *laws)  # 2
    # DCAT-AP allows one format a distribution
    for number, format_ in enumerate(sensitive.get("formats") or [None], 1):
        way = typed(graph, part(shown, "access-%d" % number), "dcat:Distribution")
        add(graph, way, "dct:title", text("Access on request", "en"))
        add(graph, way, "dct:description", text(NO_FILE, "en"))
        add(graph, way, "dcat:accessURL", iri(shown.access_url))
        add(graph, way, "dcatap:applicableLegislation", *laws)
        if sensitive.get("terms_url"):
            terms = typed(graph, iri(sensitive["terms_url"]), "dct:LicenseDocument")
            add(graph, way, "dct:license", terms)
        if format_ and "/" in format_:
            add(graph, way, "dcat:mediaType", typed(graph, iri(IANA + format_), "dct:MediaType"))
        elif format_:
            kind = concepts.of_field(graph, EU + "file-type", "formats", format_, "dct:MediaTypeOrExtent")
            add(graph, way, "dct:format", kind)
        add(graph, dataset, "dcat:distribution", way)  # 9


def _coverage(graph, shown, dataset):
    sensitive = shown.dataset.sensitive
    places = [concepts.country(graph, code) for code in sensitive.get("spatial", [])]
    regions = enumerate(sensitive.get("regions", []), 1)
    places += [concepts.region(graph, part(shown, "region-%d" % number), code) for number, code in regions]
    add(graph, dataset, "dct:spatial", *(place for place in places if place is not None))  # 10
    ends = [("dcat:startDate", sensitive.get("temporal_start")), ("dcat:endDate", sensitive.get("temporal_end"))]
    period(graph, part(shown, "period"), dataset, "dct:temporal", ends)  # 23
    kept = [("dcat:endDate", sensitive.get("retention_until"))]
    period(graph, part(shown, "retention"), dataset, "healthdcatap:retentionPeriod", kept)


def period(graph: Graph, node: Iri, dataset: Iri, predicate: str, ends: List[Tuple[str, Any]]) -> None:
    """Say a PeriodOfTime of a dataset, unless it has neither end; ends: [(property, day, month or year)]."""
    for end, value in ends:
        if value:
            add(graph, typed(graph, node, "dct:PeriodOfTime"), end, Literal(value, datatype=DATES[len(value)]))
            add(graph, dataset, predicate, node)


def _tombstone(graph, shown):
    description = shown.dataset.description
    core = description.get("core") or {}
    # no dcat:Dataset: one would have to say what it is about
    gone = typed(graph, subject(shown), "dcat:Resource")
    add(graph, gone, "dct:identifier", text(shown.record_url))
    add(graph, gone, "dct:title", *_texts(core.get("titles") or []))
    for number, one in enumerate(contacts(core), 1):
        add(graph, gone, "dcat:contactPoint", vcard(graph, part(shown, "contact-%d" % number), one))
    add(graph, gone, "adms:versionNotes", text(shown.state_text or "Withdrawn", "en"))
    add(graph, gone, "dct:modified", *_changed(shown))


def _record(graph, shown):
    record = typed(graph, record_of(shown), "dcat:CatalogRecord")
    add(graph, record, "foaf:primaryTopic", subject(shown))
    add(graph, record, "dct:identifier", text(str(shown.dataset.pid)))
    add(graph, record, "dct:modified", *_changed(shown))
    spdx = (shown.dataset.description.get("core") or {}).get("metadata_license", "CC0-1.0")
    add(graph, record, "dct:license", typed(graph, iri(LICENSES.get(spdx, SPDX + spdx)), "dct:LicenseDocument"))
    change = "deleted" if shown.dataset.state == "withdrawn" else "updated"
    add(graph, record, "adms:status", concepts.concept(graph, CHANGES, change, change))


def _changed(shown):
    # the later one of the record's change and that of its state
    days = [(shown.dataset.state_at or "")[:10]]
    if shown.dataset.updated:
        moment = datetime.datetime.fromtimestamp(shown.dataset.updated, datetime.timezone.utc)
        days.append(moment.date().isoformat())
    return [Literal(max(days), datatype="date")] if max(days) else []


def _identifiers(shown) -> Iterator[Tuple[str, str]]:
    yield str(shown.dataset.pid), "PID"
    yield shown.dataset.identifier, shown.dataset.source
    if shown.doi:
        yield shown.doi, "DOI"
    for one in shown.dataset.core.get("alternate_identifiers", []):
        yield one["value"], one["scheme"]


def _texts(entries):
    return [text(entry["text"], entry["lang"]) for entry in entries]
