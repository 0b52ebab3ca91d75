"""Tell how well the rule of role addresses judges labelled ones.

    python scripts/role_addresses.py addresses.csv

The file has the columns `local_part` (what stands before the @ of an address) and `kind` (`role` or `person`), and may
have `domain`. Without a file, the made-up sample of the tests is judged. Printed are how many persons are refused of
all persons (recall) and of all that are refused (precision), and which were judged otherwise than labelled.
"""

import csv
import pathlib
import sys
from typing import Dict, Iterable, List, NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "tests" / "descriptions" / "role-addresses.csv"
sys.path.insert(0, str(ROOT))

from secureb2share_ext.descriptions.role_address import own_address_fault  # noqa: E402


class Judged(NamedTuple):
    """How labelled addresses were judged."""

    refused: int  # persons that were refused
    passed: List[str]  # persons that were not
    wrongly: List[str]  # roles that were refused
    roles: int  # roles that were not


def judge(rows: Iterable[Dict[str, str]]) -> Judged:
    """Judge rows of {local_part, kind, domain?}."""
    refused, passed, wrongly, roles = 0, [], [], 0
    for row in rows:
        is_refused = own_address_fault("%s@%s" % (row["local_part"], row.get("domain") or "example.org")) is not None
        if row["kind"] == "person":
            refused += is_refused
            passed += [] if is_refused else [row["local_part"]]
        else:
            roles += not is_refused
            wrongly += [row["local_part"]] if is_refused else []
    return Judged(refused, passed, wrongly, roles)


def main(path: pathlib.Path = SAMPLE) -> None:
    """Print what was judged."""
    with open(str(path), newline="", encoding="utf-8") as file:
        found = judge(csv.DictReader(file))
    persons, all_refused = found.refused + len(found.passed), found.refused + len(found.wrongly)
    print("recall     %d of %d persons refused: %.2f" % (found.refused, persons, found.refused / (persons or 1)))
    print(
        "precision  %d of %d refused are persons: %.2f"
        % (found.refused, all_refused, found.refused / (all_refused or 1))
    )
    print("roles      %d accepted, %d refused" % (found.roles, len(found.wrongly)))
    print("persons accepted: %s" % " ".join(found.passed))
    print("roles refused: %s" % " ".join(found.wrongly))


if __name__ == "__main__":
    main(*map(pathlib.Path, sys.argv[1:2]))
