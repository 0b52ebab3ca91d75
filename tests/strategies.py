"""Descriptions, and whatever else may stand in their place, for property tests."""

import json
import re

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from secureb2share_ext import characters
from secureb2share_ext.descriptions import schema

MANY = settings(max_examples=120, suppress_health_check=list(HealthCheck))
TAGS = st.sampled_from(["en", "nb", "nn", "sv-FI", "sma", "zh-Hant-TW", "und", "eng"])
HOSTILE = [
    "Helse i Tromsø", "健康", "صحة", "😀 é", "nb=1", "none", "=1", "</script><script>alert(1)</script>", "a\nb\r\n",
    "{{7*7}}", "' OR 1=1 --", " leading", "https://orcid.org/x", "a;b,c", "\\u0000", "2024", "null", "A", "B",
]  # fmt: skip
# as descriptions are kept
WORDS = (st.sampled_from(HOSTILE) | st.text(min_size=1, max_size=20)).map(characters.composed)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS | TAGS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def values_of(node):
    # whatever the schema allows
    if "enum" in node:
        return st.sampled_from(node["enum"])
    if node["type"] == "object" and "lang" in node["properties"]:
        # few texts, so that one is often there in two languages
        return st.fixed_dictionaries({"lang": TAGS, "text": st.sampled_from(["A", "nb=1"]) | WORDS.filter(str.strip)})
    if node["type"] == "object":
        properties, needed = node["properties"], node.get("required", [])
        some = {name: values_of(inner) for name, inner in properties.items() if name in needed}
        more = {name: values_of(inner) for name, inner in properties.items() if name not in needed}
        # of many optional members a few
        names = st.lists(st.sampled_from(sorted(more)), max_size=12, unique=True) if more else st.just([])
        found = names.flatmap(lambda names: st.fixed_dictionaries(dict(some, **{name: more[name] for name in names})))
        return found.map(_without_contradictions) if "affiliation_ror" in properties else found
    if node["type"] == "array":
        unique = (lambda entry: json.dumps(entry, sort_keys=True)) if node.get("uniqueItems") else None
        return st.lists(
            values_of(node["items"]),
            min_size=node.get("minItems", 0),
            max_size=min(4, node["maxItems"]),
            unique_by=unique,
        )
    if node["type"] == "integer":
        return st.integers(node["minimum"], node["maximum"])
    if node["type"] == "boolean":
        return st.booleans()
    if node["pattern"].startswith("^[a-z]{2,3}(-"):
        return TAGS
    if node["pattern"] == r"\S":
        return WORDS.filter(lambda text: re.search(r"\S", text))
    return st.from_regex(re.sub(r"\$$", r"\\Z", node["pattern"])).filter(
        lambda text: len(text) <= node.get("maxLength", 999)
    )


def _without_contradictions(row):
    # what the rules of descriptions/people.py refuse, as far as hosts have no place for it
    leave_out = set() if "affiliation" in row else {"affiliation_ror"}
    if row.get("kind") != "organisation" and {"orcid", "given_name", "family_name"} & set(row):
        leave_out.add("ror")
    if row.get("kind") == "organisation":
        leave_out |= {"orcid", "given_name", "family_name"}
    if "family_name" not in row:
        leave_out.add("given_name")
    return {name: value for name, value in row.items() if name not in leave_out}


DESCRIPTIONS = values_of(schema.SCHEMA).map(characters.composed)
