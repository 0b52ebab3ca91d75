"""The questions that `secureb2share check` asks a REMS: whether it answers, which version it is, what it takes."""

import http.client
from typing import Any, List, Tuple

from ..descriptions import duo
from ..errors import AttemptEnded, EgressRefused

SECONDS = 20
NOBODY = "secureb2share-check"  # an external id that no dataset has
OTHER = "what answers at url is no REMS."


def look(target: Any) -> Tuple[List[str], List[str]]:
    """([what is wrong], [what an operator should know]) of the REMS of a rems.Rems, in sentences; never raises."""
    session = None
    try:
        session = target.session()
        session.begin(SECONDS)
        return _asked(target, session)
    except AttemptEnded as error:
        return ["%s." % error], []
    except (OSError, http.client.HTTPException, EgressRefused) as error:
        return ["REMS does not answer (%s)." % type(error).__name__], []
    except (TypeError, AttributeError, ValueError):
        return [OTHER], []
    finally:
        if session is not None:
            session.close()


def _printable(said):
    return "".join(one for one in str(said)[:40] if one.isprintable())


def _asked(target, session):
    health, config = session.get("/api/health"), session.get("/api/config")
    if not isinstance(health, dict) or not isinstance(config, dict) or "languages" not in config:
        return [OTHER], []
    version = health.get("version") or {}
    named = version.get("version", "of an unknown version"), version.get("revision")
    noted = ["it is REMS %s (%s)." % tuple(_printable(one) for one in named)]
    found = [] if health.get("healthy") is True else ["REMS says that it is not healthy."]
    spoken = [str(one) for one in config["languages"]]
    wrong = [one for one in target.languages if one not in spoken]
    if wrong:
        said = "languages names %s, which this REMS is not configured for; it has %s."
        found.append(said % (", ".join(wrong), ", ".join(spoken)))
    left = [one for one in spoken if one not in target.languages]
    if left:
        noted.append("titles are not written in %s, which this REMS has too." % ", ".join(left))
    # as the user and with the key of every other request
    session.look_up(NOBODY)
    known = session.duo_codes()
    unknown = [code for code in duo.PERMISSIONS + duo.MODIFIERS if code not in known]
    if not known:
        noted.append("it takes no DUO codes (:enable-duo is not set), so that none are sent.")
    elif unknown:
        noted.append("it does not know these DUO codes, which are not sent: %s." % ", ".join(sorted(unknown)))
    return found, noted
