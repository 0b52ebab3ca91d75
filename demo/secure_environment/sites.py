"""The secure environments that this program stands in for, and what is the same for every dataset of one."""

from typing import Dict, NamedTuple

INSIDE, API, PORTAL = "secure-environment-only", "file-api", "publication-portal"
QUERY, AGREED = "remote-query", "download-after-agreement"


class Site(NamedTuple):
    """One secure environment."""

    source: str  # the name that the catalogue has for it
    name: str  # of the service that keeps the data
    organisation: str
    country: str  # two letters
    tenant: str  # where a dataset goes if nothing else is said
    ways: Dict[str, str]  # way of access -> path where it begins for who was approved
    default_way: str  # of a description that is begun here


# TSD publishes to its portal, CSC opens inside and by one file interface, CINECA inside and after an agreement
_TSD = {INSIDE: "/inside", PORTAL: "/publication", AGREED: "/publication"}
_CSC = {INSIDE: "/inside", API: "/api/files", QUERY: "/inside"}
_CINECA = {INSIDE: "/inside", QUERY: "/inside", AGREED: "/publication"}
SITES = {
    "tsd": Site("tsd", "TSD", "University of Oslo", "NO", "p11", _TSD, PORTAL),
    "csc": Site("csc", "Sensitive data services", "CSC – IT Center for Science", "FI", "project_2000021", _CSC, INSIDE),
    "cineca": Site("cineca", "ADA Cloud", "CINECA", "IT", "ada-01", _CINECA, INSIDE),
}
