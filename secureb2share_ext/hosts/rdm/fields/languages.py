"""The entries of RDM's vocabulary of languages for the language tags of descriptions.

RDM has languages by their ISO 639-3 codes; descriptions have BCP 47 tags, which begin with the shorter code of
ISO 639-1 where a language has one. The tables are pycountry's, which RDM brings.
"""

from typing import Any, Iterable, List, Optional

import pycountry

UNDETERMINED = "und"  # BCP 47


def vocabulary_id(tag: str) -> Optional[str]:
    """The ISO 639-3 code of a tag's language, or None."""
    code = tag.split("-")[0]
    found = pycountry.languages.get(**{"alpha_2" if len(code) == 2 else "alpha_3": code})
    return found.alpha_3 if found else None


def tag(vocabulary_id: Any) -> Any:
    """The tag of an entry of the vocabulary; of one that pycountry does not know, its id."""
    found = pycountry.languages.get(alpha_3=vocabulary_id) if isinstance(vocabulary_id, str) else None
    return getattr(found, "alpha_2", vocabulary_id) if found else vocabulary_id


def vocabulary_ids(tags: Iterable[str]) -> List[str]:
    """[code] of the languages of these tags that have one, each once, in their order."""
    return list(dict.fromkeys(filter(None, map(vocabulary_id, tags))))
