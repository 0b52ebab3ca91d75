"""The official NON_PUBLIC shapes of HealthDCAT-AP Release 8 as the judge of our DCAT, and rdflib as reader."""

import copy
import os
import sys
from pathlib import Path

import pytest

rdflib = pytest.importorskip("rdflib", reason="the extra `tests` brings rdflib from Python 3.9 on")
pytest.importorskip("pyshacl", reason="the extra `tests` brings pySHACL from Python 3.9 on")

from dcat_samples import examples, full, of  # noqa: E402
from hypothesis import HealthCheck, Phase, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from strategies import DESCRIPTIONS  # noqa: E402

from secureb2share_ext.descriptions.health import is_health  # noqa: E402
from secureb2share_ext.exports import dcat, graph  # noqa: E402
from secureb2share_ext.exports.graph import name  # noqa: E402

PLACES = [path / "shared/data/healthdcat-ap-r8" for path in Path(__file__).resolve().parents]
JUDGE = next((place for place in PLACES if (place / "validate.py").is_file()), None)
judged = pytest.mark.skipif(JUDGE is None, reason="the official shapes are not beside this repository")
SOME = settings(
    max_examples=int(os.environ.get("HEALTHDCAT_EXAMPLES", 25)),
    suppress_health_check=list(HealthCheck),
    # each example costs the judge half a second
    phases=[Phase.explicit, Phase.generate],
)
WITHOUT_BODY = "healthdcatap:hdab"
WITHOUT_COLUMNS = "the dataset must include at least one healthdcatap:hasVariables"


def violations(document, self_contained=False):
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(JUDGE))
    try:
        from validate import check
    finally:
        sys.path.remove(str(JUDGE))
    read = rdflib.Graph().parse(data=graph.turtle(document), format="turtle")
    found = check(read, self_contained=self_contained)
    return [(one["path"], one["message"]) for one in found if one["severity"] == "Violation"]


def health_examples():
    return {key: one for key, one in examples().items() if is_health(one["sensitive"])}


@judged
@pytest.mark.parametrize("key", ["full"] + sorted(health_examples()))
def test_examples_have_no_violation(key):
    description = full() if key == "full" else health_examples()[key]
    sensitive = description["sensitive"]
    if "hdab_name" not in sensitive:
        # Release 8 asks every country for a body, and there is none outside the EEA
        assert sensitive["controller_country"] == "US"
        ((path, message),) = violations(dcat.document(of(description)))
        assert WITHOUT_BODY in path + message
        sensitive.update(hdab_name="B", hdab_contact="https://example.org/b")
    document = dcat.document(of(description))
    assert violations(document) == [] and violations(document, self_contained=True) == []


def test_structured_data_without_columns_are_refused_for_this_alone():
    description = full()
    del description["sensitive"]["columns"]
    # allowed by our schema with a hint
    ((_, message),) = violations(dcat.document(of(description)))
    assert WITHOUT_COLUMNS in message


def valid(description):
    # what the rules between fields say of access
    if description["sensitive"]["access_right"] == "embargoed":
        description["sensitive"]["embargo_until"] = "2099-01-01"
    return description


MORE = st.fixed_dictionaries(
    {
        "has_structured_data": st.just(False),
        "hdab_name": st.just("B"),
        "hdab_contact": st.just("https://example.org/b"),
        "provenance": st.just([{"lang": "en", "text": "Collected"}]),
        "health_categories": st.lists(st.sampled_from(["EHRS", "RQSH", "HGPD"]), min_size=1, unique=True),
    }
)
FULL = full()["sensitive"]
PICKED = st.lists(st.sampled_from(sorted(FULL)), unique=True).map(lambda names: {one: FULL[one] for one in names})


@judged
@SOME
@given(description=DESCRIPTIONS, needed=MORE, more=PICKED)
def test_descriptions_have_no_violation(description, needed, more):
    description = valid(copy.deepcopy(description))
    sensitive = description["sensitive"]
    sensitive.update(needed, **more)
    if sensitive["has_structured_data"]:
        sensitive["columns"] = FULL["columns"]
    assert violations(dcat.document(of(description))) == []


# (node, property): taken out, the judge says so
MANDATORY = [
    ("", one)
    for one in (
        "dct:accessRights dcatap:applicableLegislation dcat:contactPoint dct:description dcat:distribution"
        " healthdcatap:hdab healthdcatap:healthCategory dct:identifier healthdcatap:hasStructuredData dcat:keyword"
        " dct:provenance dct:title dct:type healthdcatap:hasVariables dcat:theme rdf:type"
    ).split()
] + [
    ("#access-1", "dcat:accessURL"),
    ("#access-1", "dcatap:applicableLegislation"),
    ("#hdab", "cv:contactPoint"),
    ("#hdab", "foaf:name"),
    ("#publisher", "cv:contactPoint"),
    ("#custodian", "cv:contactPoint"),
    ("#contact-1", "vcard:hasEmail"),
    ("#provenance", "rdf:type"),
    ("#variables", "dct:title"),
    ("#table-1", "csvw:column"),
    ("#column-1", "csvw:name"),
    ("#column-1", "csvw:title"),
    ("#column-1", "dct:description"),
    ("#column-1", "csvw:datatype"),
]


@judged
@pytest.mark.parametrize("node, predicate", MANDATORY)
def test_what_is_mandatory_is_missed(node, predicate):
    document = dcat.document(of(full()))
    subject = next(iter(document)) + node
    del document[subject][name(predicate)]
    assert violations(document)


@settings(parent=SOME, max_examples=40)
@given(description=DESCRIPTIONS, state=st.sampled_from(["active", "suspended", "withdrawn"]))
def test_three_forms_say_the_same(description, state):
    document = dcat.document(of(valid(description), state=state, state_at="2026-01-31T12:00:00Z"))
    forms = {"turtle": graph.turtle(document), "json-ld": graph.json_ld_text(document), "xml": graph.xml(document)}
    read = {form: set(rdflib.Graph().parse(data=text, format=form)) for form, text in forms.items()}
    # rdflib takes a carriage return of RDF/XML as XML does, and is asked for the texts of the other two
    assert read["turtle"] == read["json-ld"] and len(read["turtle"]) == len(read["xml"])
    assert len(read["turtle"]) == sum(len(values) for said in document.values() for values in said.values())
