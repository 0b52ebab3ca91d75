"""A description whose author means harm, in every text that the schema leaves free."""

import copy

from secureb2share_ext.descriptions.schema import SCHEMA

# it ends each element, attribute, script and format in which it may stand
TEXT = (
    "</title></textarea></script><script>alert(1)</script><img src=\"/nowhere\" onerror='alert(1)' id=harm>"
    " & \"quotes' %(name)s %d {{ 7*7 }} javascript:alert(1) שלום "
)
WORD = "en" * 125  # of letters that are usual side by side: others, and longer ones, are refused as encoded content
ADDRESS = "https://example.org/'onmouseover='alert(1)'/" + "en" * 100


def described(dataset):
    """The same dataset, described with harm in mind; its codes, dates and languages stay."""
    dataset = copy.deepcopy(dataset)
    dataset["core"]["keywords"] = ["k"]
    dataset["sensitive"]["access_eligibility"] = ["affiliated:a"]
    dataset["sensitive"]["joint_controllers"] = ["j"]
    dataset["sensitive"]["columns"] = dataset["sensitive"]["columns"][:1]  # two would become the same
    dataset["files"] = [{"label": "l"}]
    return _spoilt(dataset, SCHEMA)


def _spoilt(value, schema):
    if isinstance(value, dict):
        return {name: _spoilt(part, schema["properties"][name]) for name, part in value.items()}
    if isinstance(value, list):
        spoilt = [_spoilt(part, schema["items"]) for part in value]
        return spoilt if not isinstance(value[0] if value else {}, str) else list(dict.fromkeys(spoilt))
    if not isinstance(value, str):
        return value
    pattern, longest = schema.get("pattern", ""), schema.get("maxLength", 0)
    if pattern == "\\S":
        return (TEXT + WORD)[:longest].strip()
    if "affiliated:" in pattern:
        return ("affiliated:" + TEXT + WORD)[:longest].strip()
    return ADDRESS if pattern.startswith("^https://[A") else value
