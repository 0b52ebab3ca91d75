"""The way from a question to the data, as a description implies it: who may ask, what is needed, what happens. Pure."""

from typing import Any, Dict, List, Tuple

from ..exports.published import Published
from .language import translate, translate_number
from .permitted import permit
from .words import ELIGIBILITY, N_, label, ways

# code of duo_codes -> (icon, what one has to bring)
NEEDED = {
    "DUO:0000021": ("shield", N_("The approval of an ethics committee for your project")),
    "DUO:0000020": ("people", N_("An agreement to work together with those who made the data")),
    "DUO:0000019": ("book", N_("A plan to publish the results")),
    "DUO:0000029": ("back", N_("A plan to hand back the data that you derive")),
}
AGREEMENT = ("file", N_("An agreement on how the data are used"))
# way of access -> (what happens when access is granted, in a few words and in a sentence)
INSIDE = {
    "secure-environment-only": (
        N_("You work inside"),
        N_("You get a place in the secure environment, and the data stay there."),
    ),
    "file-api": (N_("You get access"), N_("You read the data through an interface that knows your permit.")),
    "publication-portal": (N_("You get access"), N_("You collect the data through the secure environment's portal.")),
    "remote-query": (N_("You ask the data"), N_("You send queries, and they are answered inside.")),
    "download-after-agreement": (
        N_("You sign an agreement"),
        N_("After that the owner hands the data over. This catalogue has none of them."),
    ),
    "not-stated": (
        N_("You get access"),
        N_("The description of the dataset does not state how one works with the data."),
    ),
}


def eligible(sensitive: Dict[str, Any], language: str) -> List[str]:
    """[text]: each group of those who may ask."""
    return [label(ELIGIBILITY, code, language) for code in sensitive.get("access_eligibility") or ["not-stated"]]


def needed(sensitive: Dict[str, Any], language: str) -> List[Tuple[str, str]]:
    """[(icon, text)]: what somebody who asks has to bring."""
    codes = sensitive.get("duo_codes") or []
    found = [NEEDED[code] for code in codes if code in NEEDED]
    if "download-after-agreement" in (sensitive.get("access_mode") or []):
        found.append(AGREEMENT)
    return [(icon, translate(language, text)) for icon, text in found]


def steps(shown: Published, language: str) -> List[Tuple[str, str]]:
    """[(title, text)]: what happens from the request to the work with the data."""
    sensitive = shown.dataset.sensitive
    days = sensitive.get("expected_decision_days")
    if isinstance(days, int):
        one, many = N_("This takes about %(number)s day."), N_("This takes about %(number)s days.")
        decided = translate_number(language, one, many, days)
    else:
        decided = translate(language, N_("How long that takes is not stated."))
    asked = N_("The form opens on another site, and takes the reference to this dataset with it.")
    return [
        (translate(language, N_("You ask")), translate(language, asked)),
        (translate(language, N_("The owner decides")), decided),
        _inside(sensitive, language),
    ]


def _inside(sensitive, language):
    modes = sensitive.get("access_mode") or []
    title, text = INSIDE.get(modes[0], ("", "")) if len(modes) == 1 else ("", "")
    title, text = translate(language, title or N_("You get access")), translate(language, text)
    lasting = permit(sensitive, language)
    said = [text or ways(sensitive, language)]
    if len(modes) > 1:
        said = [translate(language, N_("The owner decides which of these ways applies: %(ways)s.")) % {"ways": said[0]}]
    if lasting:
        said.append(translate(language, N_("A permit lasts %(time)s.")) % {"time": lasting})
    return title, " ".join(said)
