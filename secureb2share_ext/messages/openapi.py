"""The description of our routes for programs, OpenAPI 3.1: openapi.json, with what a site puts in.

Tests hold the file against the routes, the validators and real answers.
"""

import json
import os
from typing import Any, Dict

from ..descriptions.schema import SCHEMA

PATH = os.path.join(os.path.dirname(__file__), "openapi.json")


def document(api_url: str, max_body: int) -> Dict[str, Any]:
    """Read the description as one site serves it.

    api_url: of the REST interface, "https://catalogue.example.org/api"; max_body: bytes that a request may have.
    """
    with open(PATH, encoding="utf-8") as file:
        found = json.load(file)
    found["servers"] = [{"url": api_url, "description": "The body of a request has at most %d bytes." % max_body}]
    # the file refers to the schema's own; every word of that means the same in the dialect of OpenAPI 3.1
    found["components"]["schemas"]["Description"] = {word: SCHEMA[word] for word in SCHEMA if word != "$schema"}
    return found
