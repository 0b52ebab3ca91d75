"""The part of the launcher that says where people sign in, and starts the demo's own provider for it."""

from typing import NamedTuple

from . import people

NAME = "identity-provider"
PORT = "--identity-provider-port"  # the option that names its port
SECRET = "SECUREB2SHARE_DEMO_IDP_SECRET"  # the environment variable with the secret of the client at another provider


class Other(NamedTuple):
    """A provider that is there already, such as a realm of Keycloak."""

    issuer: str
    client: str
    secret: str
    curator: str  # the subject of the catalogue's curator there
    owner: str  # the subject of the data owner of all three secure environments


def url(launcher):
    """The address of the demo's own provider."""
    return "http://localhost:%d" % launcher.ports[PORT]


def redirect_uris(launcher):
    """{"catalogue", or a source: where its browsers come back}: what the client is registered with."""
    found = {source: address + "/login/back" for source, address in launcher.secure_urls.items()}
    return dict(found, catalogue=launcher.catalogue_url + "/oauth/authorized/idp/")


def options(launcher):
    """What the catalogue and the secure environments are told of it, as options of their commands."""
    folder, back, other = str(launcher.data / NAME), redirect_uris(launcher), launcher.idp
    if other is None:
        return ["--sign-in", people.tell(folder, back, url(launcher) + "/openid", subjects=people.subjects())]
    owners = dict.fromkeys(launcher.secure_urls, other.owner)
    there = {"issuer": other.issuer, "client": other.client, "secret": other.secret}
    return ["--sign-in", people.tell(folder, back, **there, subjects=dict(owners, curator=other.curator))]


def serve(launcher, start):
    """Start the demo's own provider; start: callable(name, what is done, arguments, address that answers 200)."""
    if launcher.idp is None:
        folder, port = str(launcher.data / NAME), str(launcher.ports[PORT])
        people.people(folder)
        arguments = ["demo.identity_provider", "--data", folder, "--port", port]
        start(NAME, "Starting the identity provider", arguments, url(launcher) + "/health")


def explain(launcher):
    """Who can sign in, as lines of text."""
    if launcher.idp is not None:
        return WITH_OTHER.format(issuer=launcher.idp.issuer)
    known = people.people(str(launcher.data / NAME))
    lines = ["  %-31s %-14s %s" % (known[name]["name"], name, known[name]["password"]) for name in people.PARTS]
    return WITH_OWN + "\n".join(lines)


WITH_OWN = """\
Signing in takes a user name, a password and a code; the page that asks for the code shows it:

"""
WITH_OTHER = """\
Sign in with two factors at {issuer}
as the curator and as the data owner whom you named by --idp-curator and --idp-owner."""
