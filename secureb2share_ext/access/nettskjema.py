"""The link to a Nettskjema form that knows which dataset it is about.

`/a/<form>?CB<code>=<value>&LCK<code>=true` of Nettskjema: CB fills in the question with that codebook code, LCK locks
it in the page. A lock is no proof, for anybody can edit the address; the signed reference cannot be altered.
"""

import re
from typing import Any, Collection, Dict, Mapping, NamedTuple, Tuple

from ..config import check_settings
from ..errors import ConfigError
from . import link

HOME = "https://nettskjema.no"


class Nettskjema(NamedTuple):
    """Forms with the same codebook, one for each language."""

    url: str
    forms: Tuple[Tuple[str, str], ...]  # (language tag in lower case, number or name); the first is the default
    codes: Tuple[Tuple[str, str], ...]  # (codebook code, one of link.PLACES)
    locked: Tuple[str, ...]  # codebook codes

    @classmethod
    def read(cls, key: str, settings: Mapping[str, Any], demo: bool) -> "Nettskjema":
        """Make one from an entry of SECUREB2SHARE_ACCESS; raises ConfigError."""
        check_settings(key, settings, ("codes",), ("form", "forms", "lock", "url"))
        if ("form" in settings) == ("forms" in settings):
            raise ConfigError("%s needs either form, or forms with one form for each language." % key)
        codes = _codes(key, settings["codes"])
        locked = settings.get("lock", list(codes))
        if not isinstance(locked, (list, tuple)) or set(locked) - set(codes):
            raise ConfigError("%s: lock must be a list of some of the codes; leave it out to lock all of them." % key)
        return cls(
            url=link.check_base(key, settings.get("url", HOME), demo),
            forms=_forms(key, settings["forms"]) if "forms" in settings else (("", _form(key, settings["form"])),),
            codes=tuple(codes.items()),
            locked=tuple(locked),
        )

    @property
    def signs(self) -> bool:
        """Whether its links carry a signed reference."""
        return "reference" in dict(self.codes).values()

    def expand(self, values: Dict[str, Any], languages: Collection[str] = ()) -> str:
        """The link for `values` (dict by link.PLACES), to the form in the first of `languages` that there is."""
        asked = []
        for code, place in self.codes:
            asked.append("CB%s=%s" % (code, link.encoded(values[place])))
            if code in self.locked:
                asked.append("LCK%s=true" % code)
        return "%s/a/%s?%s" % (self.url, self._form_in(languages), "&".join(asked))

    def _form_in(self, languages):
        # the lookup of RFC 4647, section 3.4: nb-NO is served by nb
        by_tag = dict(self.forms)
        for language in languages:
            subtags = language.lower().split("-")
            while subtags:
                if "-".join(subtags) in by_tag:
                    return by_tag["-".join(subtags)]
                subtags.pop()
        return self.forms[0][1]


def _forms(key, forms):
    found = {}
    for language, form in forms.items() if isinstance(forms, dict) else ():
        tag = str(language).lower()
        if not re.match(r"[a-z]{2,3}(-[a-z0-9]{1,8})*\Z", tag) or tag in found:
            raise ConfigError("%s: forms has %r, which is not a language tag or is there twice." % (key, language))
        found[tag] = _form(key, form)
    if not found:
        raise ConfigError("%s: forms must be a dict of language tag -> form; the first is the default." % key)
    return tuple(found.items())


def _form(key, form):
    if isinstance(form, bool) or not re.match(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z", str(form)):
        raise ConfigError("%s: %r is not the number or name of a form." % (key, form))
    return str(form)


def _codes(key, codes):
    seen = set()
    for code, place in codes.items() if isinstance(codes, dict) else ():
        if not re.match(r"[A-Za-z0-9_.-]+\Z", str(code)):
            raise ConfigError("%s: codes has %r; a code has letters, digits, '_', '.' and '-' only." % (key, code))
        if code.lower() in seen:
            raise ConfigError("%s: codes has %r twice." % (key, code))
        if place not in link.PLACES:
            raise ConfigError("%s: code %r must name one of %s." % (key, code, ", ".join(link.PLACES)))
        seen.add(code.lower())
    if not seen:
        raise ConfigError("%s: codes must be a dict of codebook code -> place." % key)
    return codes
