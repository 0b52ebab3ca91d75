"""What may a program ask of our routes, and what do they answer, in the words of OpenAPI 3.1?

Paths, methods and summaries are those of the routes, bodies those of the validators; what routes do not say
themselves stands in operations.py.
"""

import re
from typing import NamedTuple

from . import envelope, message, schema
from .operations import ANSWERS, OPERATIONS, PATH, SECURITY, STATUSES, named, ref

# words of JSON Schema draft-04 that mean the same in 2020-12, the dialect of OpenAPI 3.1
SAME = (
    "title description type enum pattern minLength maxLength minimum maximum minItems maxItems uniqueItems required"
    " additionalProperties x-labels"
).split()
ABOUT = (
    "Datasets that stay in a secure environment: their public descriptions, states and access links.\n\nA message is"
    " signed by Standard Webhooks 1.0.0 over `id.timestamp.body`. A request without a body signs its method and target"
    " in the body's place, such as `GET /api/datasets/tsd?after=a`. Where the host's OAuth2 tokens have scopes, a token"
    " may stand for the signature.\n\nThe description of a dataset obeys rules beyond its schema; each is explained in"
    " its fault. All this answers only while the catalogue has it switched on; access links answer always."
)


class Route(NamedTuple):
    """One method of one route, as Flask knows it."""

    rule: str  # "/datasets/<source>/<path:identifier>"
    method: str
    endpoint: str  # "secureb2share_datasets.read"
    docstring: str


def describe(base_url, version, routes):
    """The OpenAPI document, as dict.

    base_url: of the REST interface, "https://catalogue.example.org/api"; version: of this package; routes: iterable of
    Route, of which those that have an entry in OPERATIONS are described.
    """
    paths = {}
    for route in sorted(routes):
        if route.endpoint in OPERATIONS:
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.rule)
            paths.setdefault(path, {})[route.method.lower()] = _operation(route, OPERATIONS[route.endpoint])
    return {
        "openapi": "3.1.0",
        "info": {"title": "Secure B2SHARE", "version": version, "description": ABOUT},
        "servers": [{"url": base_url}],
        "paths": paths,
        "components": {"schemas": dict(ANSWERS, **_messages()), "securitySchemes": SECURITY},
    }


def to_2020(found):
    """A schema of JSON Schema draft-04 in the dialect 2020-12, as a new dict; raises ValueError on an unknown word.

    What differs of the words that our schemas have (json-schema.org, release notes): an exclusive bound is a number
    and not a flag, and `$schema` stands at the top of a document only.
    """
    made = {}
    for word, value in found.items():
        if word == "properties":
            made[word] = {name: to_2020(member) for name, member in value.items()}
        elif word == "items" and isinstance(value, dict):
            made[word] = to_2020(value)
        elif word in ("exclusiveMinimum", "exclusiveMaximum"):
            if value:
                made[word] = found[word[len("exclusive") :].lower()]
        elif word in SAME:
            made[word] = value
        elif word != "$schema":
            raise ValueError("The word %s may mean something else in JSON Schema 2020-12; translate it here." % word)
    for word in ("minimum", "maximum"):
        if "exclusive" + word.capitalize() in made:
            del made[word]
    return made


def _messages():
    made = {"Description": to_2020(schema.SCHEMA), "Envelope": to_2020(envelope.SHAPE.schema)}
    for action, validator in message._VALIDATORS.items():
        body = made[named(action)] = to_2020(validator.schema)
        body["properties"]["action"] = {"const": action}
        if "dataset" in body["properties"]:
            body["properties"]["dataset"] = ref("Description")
    made["Envelope"]["properties"]["body"] = {
        "type": "string",
        "description": "The message, exactly as it was signed.",
        "contentMediaType": "application/json",
        "contentSchema": {"oneOf": [ref(named(action)) for action in message._VALIDATORS]},
    }
    return made


def _operation(route, operation):
    blueprint, name = route.endpoint.split(".")
    described = {
        "operationId": name,
        "tags": [blueprint.replace("secureb2share_", "")],
        "summary": route.docstring.strip().split("\n")[0],
        "parameters": [PATH[name] for name in re.findall(r"<(?:\w+:)?(\w+)>", route.rule)] + list(operation.query),
        "responses": {},
        "security": list(operation.security),
    }
    if operation.body:
        described["requestBody"] = {"required": True, "content": operation.body}
    for status, content in operation.answers.items():
        described["responses"][str(status)] = {"description": STATUSES[status], "content": content}
    for status, codes in operation.problems.items():
        described["responses"][str(status)] = _problem(status, codes, operation.is_page)
    if 302 in operation.answers:
        described["responses"]["302"]["headers"] = {"Location": {"required": True, "schema": {"type": "string"}}}
    described["responses"]["default"] = {"description": "The host's own answers, such as 405 or 429; without a code."}
    return described


def _problem(status, codes, is_page):
    told = {"properties": {"status": {"const": status}, "code": {"enum": sorted(codes)}}}
    content = {"application/problem+json": {"schema": {"allOf": [ref("Problem"), told]}}}
    if is_page:
        content["text/html"] = {"schema": {"type": "string"}}
    return {"description": STATUSES[status], "content": content}
