"""What an authorization request asks of a person, and what of it a login has already.

The parameters are those of OpenID Connect Core 1.0, 3.1.2.1 and 5.5.1.1, with PKCE (RFC 7636) by S256 alone.
"""

import json
import re
from typing import Dict, List, NamedTuple, Optional, Tuple

PASSWORD, MFA = "password", "https://refeds.org/profile/mfa"
LEVELS = (PASSWORD, MFA)
PROMPTS = {"none", "login", "consent", "select_account"}
NEVER = float("-inf")
Times = Dict[str, float]  # {"password" or "otp": when it was last given, in seconds since 1970}


class Refusal(ValueError):
    """A request that is answered with an error at its redirect URI; `error`: its code."""

    def __init__(self, error: str, sentence: str) -> None:
        super().__init__(sentence)
        self.error = error


class Wish(NamedTuple):
    """What a request asks: levels in order of preference, and the oldest time of the factors."""

    levels: List[str]
    is_essential: bool  # one of the levels or an error
    since: float
    is_silent: bool  # no page may be shown

    def level(self, has_totp: bool) -> Optional[str]:
        """The level that somebody with or without a second factor has to reach, or None: no such level is there."""
        possible = LEVELS if has_totp else LEVELS[:1]
        found = next((level for level in self.levels if level in possible), None)
        return found or (None if self.is_essential else PASSWORD)

    def missing(self, times: Times, has_totp: bool) -> Optional[str]:
        """The factor to ask for next, "password" or "otp", or None."""
        wanted = ["password"] + ["otp"] * (self.level(has_totp) == MFA)
        return next((factor for factor in wanted if not self._counts(factor, times)), None)

    def reached(self, times: Times) -> Tuple[str, List[str], int]:
        """(acr, amr, auth_time) of a login that misses nothing; auth_time is that of the older factor.

        A second factor that is older than the request allows does not count, for auth_time would be too old.
        """
        is_strong = self._counts("otp", times) and not (self.is_essential and self.level(True) == PASSWORD)
        if is_strong:
            return MFA, ["pwd", "otp", "mfa"], int(min(times["password"], times["otp"]))
        return PASSWORD, ["pwd"], int(times["password"])

    def _counts(self, factor, times):
        return factor in times and times[factor] >= self.since


def read(parameters: Dict[str, List[str]], at: float, is_oauth_enough: bool = False) -> Wish:
    """The wish of a request that comes at this time; Refusal says what is wrong with it.

    is_oauth_enough: whether a request without the scope openid, which is one of OAuth 2.0 alone, is answered.
    """
    twice = sorted(name for name, found in parameters.items() if len(found) > 1)
    if twice:
        raise Refusal("invalid_request", "%s is there more than once." % ", ".join(twice))
    values = {name: found[0] for name, found in parameters.items()}
    if values.get("response_type") != "code":
        raise Refusal("unsupported_response_type", "response_type must be code.")
    if not is_oauth_enough and not is_openid(values):
        raise Refusal("invalid_scope", "scope must contain openid.")
    if values.get("code_challenge_method") != "S256":
        raise Refusal("invalid_request", "code_challenge_method must be S256.")
    if not re.match(r"[A-Za-z0-9_-]{43}\Z", values.get("code_challenge", "")):
        raise Refusal("invalid_request", "code_challenge must be a SHA-256 in Base64 for URLs.")
    prompts = set(values.get("prompt", "").split())
    if prompts - PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise Refusal("invalid_request", "prompt must be none, or some of login, consent and select_account.")
    if not re.match(r"[0-9]{0,9}\Z", values.get("max_age", "")):
        raise Refusal("invalid_request", "max_age must be a number of seconds.")
    levels, is_essential = _levels(values)
    since = at - int(values["max_age"]) if values.get("max_age") else NEVER
    return Wish(levels, is_essential, at if prompts & {"login", "select_account"} else since, "none" in prompts)


def is_openid(values: Dict[str, str]) -> bool:
    """Whether a request has the scope for which there is an id token."""
    return "openid" in values.get("scope", "").split()


def _levels(values):
    voluntary = values.get("acr_values", "").split()
    try:
        asked = (json.loads(values.get("claims") or "{}").get("id_token") or {}).get("acr") or {}
        levels = asked.get("values", [asked["value"]] if "value" in asked else [])
    except (ValueError, AttributeError):
        levels = None
    if not isinstance(levels, list):
        raise Refusal("invalid_request", "claims must be a JSON object as OpenID Connect Core 5.5 has it.")
    is_essential = bool(levels) and asked.get("essential") is True
    return (levels if is_essential else levels + voluntary), is_essential
