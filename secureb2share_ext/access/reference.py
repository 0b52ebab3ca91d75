"""The signed reference, which says to the form which published dataset is meant.

It is public and the same for every reader, so that it says nothing of who brings it, nor of what has happened since.
It is a compact JWS that is a pure function of the published record and the signing key: minted at the redirect, never
stored, without an end. It names no person and grants nothing; `client.verify_reference` checks it.
"""

from ..client import mint_reference
from ..dataset import Dataset


def mint(private: str, issuer: str, dataset: Dataset) -> str:
    """The token for a published Dataset; issuer: the catalogue's base URL; private: a "whsk_..."."""
    claims = {
        "iss": issuer,
        "pid": dataset.pid,
        "revision": dataset.revision,
        "source": dataset.source,
        "identifier": dataset.identifier,
        "iat": dataset.updated,
    }
    return mint_reference(private, claims)
