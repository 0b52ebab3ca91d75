"""The comparison of the triggers with those that `init` makes, and of what was noted with what is there now. Pure."""

from typing import Dict, List, NamedTuple, Optional

OPENED = "opened"  # the event after which uploads are no longer closed


class Marks(NamedTuple):
    """What changes when rows come past the triggers."""

    triggers: Dict[str, str]  # {trigger: the stamp of it, its table and its function}; empty on SQLite
    inserted: Dict[str, int]  # {table: rows inserted, as the database counts; on SQLite its highest rowid}


class Noted(NamedTuple):
    """The last row of secureb2share_lock."""

    event: str
    at: str
    marks: Marks


def is_open(noted: Optional[Noted]) -> bool:
    """Whether it was not noted that uploads are closed."""
    return noted is None or noted.event == OPENED


def differences(
    found: Dict[str, Dict[str, str]], expected: Dict[str, Dict[str, str]], children: Dict[str, str]
) -> List[str]:
    """[sentence] for each trigger that is not as it should be or not ours, and for each table with a child."""
    said = []
    for name, should in expected.items():
        if name not in found:
            said.append("The database has no trigger %s: run `secureb2share init`." % name)
            continue
        others = sorted(key for key, value in should.items() if found[name].get(key) != value)
        if others:
            said.append(
                "The trigger %s is not as `secureb2share init` makes it (%s): run it." % (name, ", ".join(others))
            )
    for name in sorted(set(found) - set(expected)):
        said.append(
            "The trigger %s of %s is not ours and may change rows that ours let pass: find out who made it; drop it."
            % (name, found[name]["table"])
        )
    for table, names in sorted(children.items()):
        said.append(
            "Rows of %s are rows of %s as well, and pass its triggers: find out who made it, then detach or drop it."
            % (names, table)
        )
    return said


def broken(noted: Optional[Noted], now: Marks) -> List[str]:
    """[sentence] of what came past triggers that are as they should be.

    A counter that fell began anew, as after a crash of PostgreSQL or a deletion on SQLite, and says nothing.
    """
    if noted is None or noted.event == OPENED:
        return ["It was not noted that uploads are closed: run `secureb2share init`."]
    said = []
    altered = sorted(name for name, stamp in now.triggers.items() if noted.marks.triggers.get(name) != stamp)
    if altered:
        said.append(
            "The triggers %s or their function were altered, so that rows may have passed." % ", ".join(altered)
        )
    for table, count in sorted(now.inserted.items()):
        more = count - noted.marks.inserted.get(table, 0)
        if more > 0:
            said.append("The database counts %d more inserted into %s." % (more, table))
    if not said:
        return []
    advice = "Find out what it was, then run `secureb2share lock acknowledge --reason TEXT`."
    return [" ".join(["Since %sZ:" % noted.at] + said + [advice])]
