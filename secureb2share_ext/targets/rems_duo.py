"""A dataset's Data Use Ontology codes as REMS takes them, each with its restrictions.

REMS refuses a resource with any code that it does not know, and with `:enable-duo` false, the default, it knows none;
with true it leaves out the abstract ones, HMB and GRU among them. So the codes that it lists are sent, and no other.
"""

from typing import Any, Collection, Dict, List, Tuple

# code -> (type of REMS's restriction, our field); DUO:0000026 (users) has no field, for no person stands in a record
RESTRICTIONS = {
    "DUO:0000007": ("mondo", "duo_diseases"),
    "DUO:0000012": ("topic", "duo_topics"),
    "DUO:0000022": ("location", "duo_countries"),
    "DUO:0000024": ("date", "duo_until"),
    "DUO:0000025": ("months", "duo_months"),
    "DUO:0000027": ("project", "duo_projects"),
    "DUO:0000028": ("institute", "duo_institutions"),
}
COLLABORATION = "DUO:0000020"


def of(description: Dict[str, Any], known: Collection[str]) -> List[Dict[str, Any]]:
    """`duo/codes` of a resource for a description (dict), as far as REMS knows (ids) the codes."""
    sensitive = description["sensitive"]
    return [_code(code, description) for code in sorted(set(sensitive.get("duo_codes", ()))) if code in known]


def unknown(description: Dict[str, Any], known: Collection[str]) -> List[str]:
    """The codes of a description that REMS does not know, sorted."""
    return sorted(set(description["sensitive"].get("duo_codes", ())) - set(known))


def canonical(codes: Any) -> Tuple[Any, ...]:
    """`duo/codes` in the one spelling that can be compared: ids and values alone, sorted; labels are left out.

    Raises TypeError, KeyError and AttributeError for what REMS would never answer.
    """
    return tuple(sorted((code["id"], _restrictions(code)) for code in codes))


def _restrictions(code):
    found = [(one["type"], tuple(sorted(_value(v) for v in one.get("values") or ()))) for one in _list(code)]
    # with the feature on, REMS adds the type of a restriction that has no value
    return tuple(sorted(one for one in found if one[1]))


def _list(code):
    return code.get("restrictions") or ()


def _value(value):
    return str(value.get("id") or value["value"]) if isinstance(value, dict) else str(value)


def _code(code, description):
    if code == COLLABORATION:
        contact = (description["core"].get("contacts") or [{}])[0]
        value = contact.get("name") or contact.get("url") or contact.get("email")
        return {"id": code, "restrictions": [{"type": "collaboration", "values": [{"value": value}]}] if value else []}
    kind, field = RESTRICTIONS.get(code, ("", ""))
    value = description["sensitive"].get(field)
    if not kind or value is None:
        return {"id": code}
    values = value if isinstance(value, list) else [value]
    name = "id" if kind == "mondo" else "value"
    if kind == "mondo":
        # of diseases REMS knows MONDO's codes alone
        values = [one for one in values if str(one).startswith("MONDO:")]
        if not values:
            return {"id": code}
    return {"id": code, "restrictions": [{"type": kind, "values": [{name: str(one)} for one in values]}]}
