"""Who signs in to the demo and with what, and what its programs know of their provider; made once for each folder."""

import base64
import hashlib
import json
import os
import secrets

CLIENT = "secureb2share-demo"
# name at the provider -> (part in the demo, name of a person)
PARTS = {
    "curator": ("curator", "Curator of the catalogue"),
    "owner-tsd": ("tsd", "Data owner of TSD"),
    "owner-csc": ("csc", "Data owner of CSC"),
    "owner-cineca": ("cineca", "Data owner of CINECA"),
}
PEOPLE, PROVIDER = "people.json", "provider.json"  # files of the folder


def read(path):
    """The JSON value of a file."""
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def people(folder):
    """{name: {"password", "totp" (Base32), "email", "name"}}, the same at every start."""
    path = os.path.join(folder, PEOPLE)
    if not os.path.exists(path):
        _write(path, {name: _person(name) for name in PARTS})
    return read(path)


def subjects():
    """{part: subject (claim sub)} at the demo's own provider, see secureb2share_ext/testing/openid_grants.py."""
    return {part: hashlib.sha256(name.encode("utf-8")).hexdigest()[:32] for name, (part, _) in PARTS.items()}


def tell(folder, redirect_uris, issuer, client=CLIENT, secret=None, subjects=None):
    """The path of the file in which the demo's programs read of their provider; it is written anew at each start.

    redirect_uris: {"catalogue", or a source: where its browsers come back}; secret: of the client, None for one that
    is made; subjects: {part: subject}.
    """
    path = os.path.join(folder, PROVIDER)
    value = {"issuer": issuer, "client": client, "secret": secret or secrets.token_urlsafe(24)}
    _write(path, dict(value, redirect_uris=redirect_uris, subjects=subjects))
    return path


def _person(name):
    return {
        "password": secrets.token_urlsafe(9),
        "totp": base64.b32encode(secrets.token_bytes(20)).decode("ascii"),
        "email": name + "@catalogue.example.org",
        "name": PARTS[name][1],
    }


def _write(path, value):
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    # for whoever started the demo alone
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(value, file)
