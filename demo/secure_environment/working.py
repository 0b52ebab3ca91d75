"""How an approved person works with the data, and how that ends, in sentences. Pure.

What is said follows from the ways of access that a description states.
"""

from typing import Any, Dict, List

from secureb2share_ext.exports import coverage
from secureb2share_ext.pages.language import gettext

from . import datasets


def sentences(dataset: Dict[str, Any]) -> List[str]:
    """A sentence for each way of access of a datasets.view, or the one that says that none is stated."""
    said = _by_code(datasets.allows_download(dataset))
    found = [said[mode] for mode in datasets.access_modes(dataset) if mode in said]
    return found or [gettext("The description of the dataset does not state how one works with the data.")]


def place(dataset: Dict[str, Any]) -> str:
    """The service that holds the data and its organisation, as far as they are stated."""
    named = (coverage.stated(dataset["sensitive"], name) for name in ("storage_service", "storage_organisation"))
    return ", ".join(text for text in named if isinstance(text, str) and text.strip())


def kind(dataset: Dict[str, Any]) -> str:
    """What an approval opens: "link" to files, "token" for programs, "inside" an account, "other" what is elsewhere."""
    if datasets.allows_download(dataset):
        return "link"
    if datasets.serves_files(dataset):
        return "token"
    return "inside" if datasets.INSIDE in datasets.access_modes(dataset) else "other"


def ending(dataset: Dict[str, Any]) -> Dict[str, str]:
    """The sentences about an end of access.

    ask: before the owner takes an approval back; taken: to the owner afterwards; ended: to who was approved; change:
    before the owner changes the last day
    """
    if kind(dataset) == "link":
        return {
            "ask": gettext("The link is closed at once. What was collected before stays with the person."),
            "taken": gettext("You have taken the approval back. Its link is closed from this moment on."),
            "ended": gettext(
                "The link is closed. What you have of the data may no longer be used; please ask the contact of the"
                " dataset what to do with it."
            ),
            "change": gettext("The link to the files stays the same, and is open until the end of that day."),
        }
    if kind(dataset) == "token":
        return {
            "ask": gettext("The token stops working at once. What was collected before stays with the person."),
            "taken": gettext("You have taken the approval back. Its token does not work any more."),
            "ended": gettext(
                "The token does not work any more. What you have of the data may no longer be used; please ask the"
                " contact of the dataset what to do with it."
            ),
            "change": gettext("The token stays the same, and works until the end of that day."),
        }
    if kind(dataset) == "inside":
        return {
            "ask": gettext("Access ends now. Please close the account inside the environment; this page does not."),
            "taken": gettext(
                "You have taken the approval back, and access ends now. Please close the account inside the"
                " environment."
            ),
            "ended": gettext(
                "Access ends now. Please ask the contact of the dataset what happens to your work inside the"
                " environment."
            ),
            "change": gettext("Please let the account inside the environment end with that day too."),
        }
    return {
        "ask": gettext("Access ends now. Please close what you opened for the person elsewhere; this page does not."),
        "taken": gettext(
            "You have taken the approval back, and access ends now. Please close what you opened for the person"
            " elsewhere."
        ),
        "ended": gettext(
            "Access ends now. What you have of the data may no longer be used; please ask the contact of the dataset"
            " what to do with it."
        ),
        "change": gettext("Please let what you opened for the person elsewhere end with that day too."),
    }


def _by_code(downloads):
    if downloads:
        portal = gettext("You download the files by the link on this page, as long as it is open.")
        agreement = gettext(
            "When the agreement is signed, you download the files by the link on this page, as long as it is open."
        )
    else:
        portal = gettext("The owner hands the files over, for this dataset has no link to download them.")
        agreement = gettext("You sign an agreement with the owner, who then hands the files over.")
    return {
        "secure-environment-only": gettext(
            "You work inside the secure environment, which the data do not leave. You need an account there."
        ),
        "publication-portal": portal,
        "download-after-agreement": agreement,
        "file-api": gettext("Your programs read the files through a file interface, for which you need access."),
        "remote-query": gettext(
            "You send queries, which are answered inside the secure environment. You see the answers, and not the data."
        ),
    }
