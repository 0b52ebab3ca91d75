"""References of the catalogue: the link that led a person here names a dataset, and nobody."""

import requests
from flask import url_for

from secureb2share_ext import client
from secureb2share_ext.pages.language import gettext

from . import datasets, look
from .environment import here
from .problem import Problem


def referenced(given):
    """The dataset (see datasets.view) that a link's `dataset` and `ref` name; raises Problem."""
    identifier, ref = given.get("dataset", ""), given.get("ref", "")
    if not identifier or not ref:
        raise Problem(
            400,
            gettext("This link is not complete"),
            gettext("Access is requested from a dataset's page in the catalogue, by its link “Request access”."),
            ways(identifier),
        )
    try:
        claims = here().keys.verify(lambda jwks: client.verify_reference(ref, jwks, issuer=here().catalogue_url))
    except client.NotVerified:
        raise _not_valid(
            gettext("The catalogue did not make this link, or it is out of date, or it was changed on its way."),
            identifier,
        )
    except (requests.RequestException, client.Refused):
        raise Problem(
            503,
            gettext("Please try again in a while"),
            gettext("The catalogue cannot be reached, and only it can say whether this link is its own."),
            ways(identifier),
        )
    if (claims["source"], claims["identifier"]) != (here().site.source, identifier):
        raise _not_valid(gettext("The catalogue made this link for another dataset."), identifier)
    dataset = datasets.find(here().store, identifier)
    if dataset is None:
        raise Problem(
            404,
            gettext("This dataset is not known here yet"),
            gettext("The catalogue has not told us of it so far. Please try again later."),
            ways(""),
        )
    try:
        datasets.must_take_requests(dataset)
    except Problem as problem:
        problem.ways = ways(identifier)
        raise
    return dataset


def _not_valid(detail, identifier):
    return Problem(400, gettext("This link is not valid"), detail, ways(identifier))


def ways(identifier):
    """[(text, address)]: where a person whose link does not lead on can go."""
    # the record is public; whoever writes a link by hand learns nothing from it
    dataset = datasets.find(here().store, identifier) if identifier else None
    found = [(gettext("All datasets in the catalogue"), here().catalogue_url)]
    if dataset and look.is_weblink(dataset["record_url"]):
        found.insert(0, (gettext("Begin again from the dataset's page in the catalogue"), dataset["record_url"]))
    return found + [(gettext("The start of the secure environment"), url_for("front"))]
