"""How an approved person works with the data, in sentences, from the ways of access that a description states. Pure."""

from typing import Any, Dict, List

from secureb2share_ext.pages.language import gettext

from . import datasets


def sentences(dataset: Dict[str, Any]) -> List[str]:
    """A sentence for each way of access of a datasets.view, or the one that says that none is stated."""
    said = _by_code(datasets.allows_download(dataset))
    found = [said[mode] for mode in datasets.access_modes(dataset) if mode in said]
    return found or [gettext("The description of the dataset does not state how one works with the data.")]


def place(dataset: Dict[str, Any]) -> str:
    """The service that holds the data and its organisation, as far as they are stated."""
    named = (dataset["sensitive"].get(name) for name in ("storage_service", "storage_organisation"))
    return ", ".join(text for text in named if isinstance(text, str) and text.strip())


def _by_code(downloads):
    if downloads:
        portal = agreement = gettext("You download the files by the link on this page, as long as it is open.")
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
