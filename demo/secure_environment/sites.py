"""The secure environments that this program stands in for, and what is the same for every dataset of one."""

from typing import NamedTuple


class Site(NamedTuple):
    """One secure environment."""

    source: str  # the name that the catalogue has for it
    name: str  # of the service that keeps the data
    organisation: str
    country: str  # two letters
    tenant: str  # where a dataset goes if nothing else is said


SITES = {
    "tsd": Site("tsd", "TSD", "University of Oslo", "NO", "p11"),
    "csc": Site("csc", "Sensitive data services", "CSC – IT Center for Science", "FI", "project_2000021"),
}
