"""The words of the button that has sent a form, by which a page names what a form that waits would do. Pure.

They are those of the templates: a button is known by its name and value, and one without a name by the route.
"""

from typing import Dict, Iterable, Optional, Tuple

from ..pages.marking import N_

BY_VALUE = {
    ("decision", "ask"): N_("Publish…"),
    ("decision", "refuse"): N_("Refuse"),
    ("decision", "release"): N_("Yes, publish the dataset"),
    ("order", "resume"): N_("Resume"),
    ("order", "retry-target"): N_("Try everything now"),
    ("order", "hold"): N_("Hold %(target)s"),
    ("order", "retry"): N_("Try the chosen ones now"),
    ("order", "ask-discard"): N_("Discard the chosen ones…"),
    ("order", "discard"): N_("Yes, discard for good"),
    ("go", "here"): N_("Save"),
    ("go", "next"): N_("Save and go on"),
    ("go", "leave"): N_("Save and leave"),
}
BY_NAME = {"add": N_("Add"), "remove": N_("Remove"), "go": N_("Save")}  # whatever the value
BY_ROUTE = {
    "secureb2share_describe.begin": N_("Begin a new description"),
    "secureb2share_describe.edit": N_("Change"),
    "secureb2share_describe.publish": N_("Yes, publish the dataset"),
    "secureb2share_describe.discard": N_("Yes, discard the draft"),
    "secureb2share_describe.withdraw": N_("Yes, withdraw it for good"),
}


def of(route: str, form: Iterable[Tuple[str, str]]) -> Optional[Tuple[str, Dict[str, str]]]:
    """(text to translate, what stands in it) of the pressed button, None where it is not known.

    route: the endpoint to which the form was sent; form: [(name, text)] as it was sent.
    """
    sent = [(name, text) for name, text in form]
    for pair in sent:
        if pair in BY_VALUE:
            return BY_VALUE[pair], {"target": dict(sent).get("name", "")} if pair == ("order", "hold") else {}
    for name, _ in sent:
        if name in BY_NAME:
            return BY_NAME[name], {}
    return (BY_ROUTE[route], {}) if route in BY_ROUTE else None
