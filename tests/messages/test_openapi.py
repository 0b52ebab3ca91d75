import json
import re
import uuid
from pathlib import Path

import pytest

pytest.importorskip("invenio_records_rest")
validator_of_documents = pytest.importorskip("openapi_spec_validator", reason="openapi-spec-validator is not installed")

import requests  # noqa: E402
from flask import Flask  # noqa: E402
from instance import example, running  # noqa: E402
from jsonschema import Draft202012Validator  # noqa: E402
from rems_events import event  # noqa: E402

import secureb2share_ext  # noqa: E402
from secureb2share_ext import client  # noqa: E402
from secureb2share_ext.descriptions import schema  # noqa: E402
from secureb2share_ext.messages import bulk, envelope, message, openapi, views  # noqa: E402

PACKAGE = Path(openapi.__file__).parents[1]
# words that mean the same in JSON Schema draft-04 and in 2020-12, the dialect of OpenAPI 3.1
SAME = set(
    "title description type enum pattern minLength maxLength minimum maximum minItems maxItems uniqueItems required"
    " additionalProperties properties items x-labels".split()
)
# HTML for people, and what such a page needs
PAGES = {"secureb2share_uploads.closed", "secureb2share_uploads.refused", "secureb2share_pages.static"}
# codes that only the host's own routes, the curator's page and the command line meet
ELSEWHERE = {
    "changed", "community-of-source", "draft-open", "has-files", "identifier-taken", "legacy", "manifest-differs",
    "no-access", "no-files", "not-allowed", "not-confirmed", "not-exported", "not-frozen", "one-by-one", "problem",
    "registered-elsewhere", "request-elsewhere", "second-community", "too-many-drafts", "upload-refused",
}  # fmt: skip


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    sources = {"csc": {"quota": 1}}
    rems = {"provider": "rems", "url": "https://rems.example.org", "events": "x" * 24}
    form = {"provider": "template", "url": "https://forms.example.org/{identifier}"}
    access = {"tsd-form": form, "csc-form": form, "sd-apply": rems}
    with running("sqlite", tmp_path_factory.mktemp("instance"), sources=sources, SECUREB2SHARE_ACCESS=access) as found:
        yield found


@pytest.fixture(scope="module")
def document():
    return openapi.document("https://catalogue.example.org/api", 1000000)


def closed(found):
    # the same, but that an object has no member that the description does not name
    if isinstance(found, list):
        return [closed(entry) for entry in found]
    if not isinstance(found, dict):
        return found
    made = {word: value if word in ("oneOf", "allOf") else closed(value) for word, value in found.items()}
    return dict(made, unevaluatedProperties=False) if isinstance(found.get("properties"), dict) else made


def resolved(document, part):
    # the part itself, where it is a reference to one that many operations share
    if part and "$ref" in part:
        _, kind, name = part["$ref"].rsplit("/", 2)
        return document["components"][kind][name]
    return part


def operation_of(document, method, path):
    path = path[len("/api") :].partition("?")[0]
    # a word sorts before a brace, and is met last
    for template in sorted(document["paths"], reverse=True):
        pattern = re.sub(r"{(source|entry)}", "[^/]+", re.sub(r"{(identifier|pid)}", ".+", template))
        if re.fullmatch(pattern, path) and method.lower() in document["paths"][template]:
            found = document["paths"][template][method.lower()]
    return found


class Seen:
    """Checks each answer that a session gets, and remembers which ones there were."""

    def __init__(self, document):
        self.document, self.met, self.faults = document, set(), []
        self.components = {"schemas": closed(document["components"]["schemas"])}
        self.session = requests.Session()
        self.session.hooks["response"].append(self.look)

    def look(self, answer, **_):
        operation = operation_of(self.document, answer.request.method, answer.request.path_url)
        said = resolved(self.document, operation["responses"].get(str(answer.status_code)))
        form = said and said.get("content", {}).get(answer.headers.get("content-type", "").partition(";")[0])
        value = self.value(answer)
        code = value.get("code", value.get("result")) if isinstance(value, dict) else None
        self.met.add((operation["operationId"], answer.status_code, code))
        if said and answer.status_code == 302 and answer.headers["location"]:
            return
        if form is None:
            self.faults.append((operation["operationId"], answer.status_code, answer.headers, answer.text[:300]))
            return
        found = self.faults_of(form["schema"], value)
        if answer.status_code < 300 and "requestBody" in operation:
            ((media_type, asked),) = operation["requestBody"]["content"].items()
            if media_type == "application/json":
                found += self.faults_of(asked["schema"], json.loads(answer.request.body))
        if found:
            self.faults.append((operation["operationId"], answer.status_code, found, answer.text[:300]))

    def faults_of(self, form, value):
        # as a document of its own, so that references are found
        whole = dict(closed(form), components=self.components)
        return [error.message for error in Draft202012Validator(whole).iter_errors(value)]

    @staticmethod
    def value(answer):
        if "ndjson" in answer.headers["content-type"]:
            return [json.loads(line) for line in answer.text.splitlines()]
        return answer.json() if "json" in answer.headers["content-type"] else answer.text


def refused(call, *args, **kwargs):
    with pytest.raises(client.Refused):
        call(*args, **kwargs)


def test_document_is_openapi(document):
    validator_of_documents.validate(document)
    assert document["openapi"] == "3.1.0" and document["info"]["version"] == secureb2share_ext.__version__
    operations_ = [one for path in document["paths"].values() for one in path.values()]
    names = [one["operationId"] for one in operations_]
    assert len(set(names)) == len(names) and all(one["summary"] for one in operations_)


def test_document_has_the_routes_and_no_other(instance, document):
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in instance.app.wsgi_app.mounts["/api"].url_map.iter_rules()
        if rule.endpoint.startswith("secureb2share_") and rule.endpoint not in PAGES
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert {(path, method) for path, found in document["paths"].items() for method in found} == routes
    assert ("/datasets/{source}/{identifier}", "put") in routes


def test_document_is_served_only_while_the_catalogue_is_on(instance, monkeypatch):
    extension = instance.app.wsgi_app.mounts["/api"].extensions["secureb2share"]
    monkeypatch.setattr(extension, "mode", "observe")
    assert instance.call("GET", "/api/datasets/openapi.json").status_code == 404


def test_document_has_every_code(document):
    known = {"embargoed", "metadata-only", "form-data-refused", "body-too-long", "body-unsized"}
    for path in PACKAGE.rglob("*.py"):
        known |= set(re.findall(r'\bcode ?= ?"([a-z-]+)"', path.read_text(encoding="utf-8")))
    said = {code for part in parts(document) for code in part.get("code", {}).get("enum", ())}
    assert (known - said, said - known) == (ELSEWHERE, {"conflict"} - known)


def parts(value):
    # every object of a document
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(inner)


def schemas(node):
    # every schema of a schema
    yield node
    for inner in node.get("properties", {}).values():
        yield from schemas(inner)
    if "items" in node:
        yield from schemas(node["items"])


@pytest.mark.parametrize("action", message.ACTIONS)
def test_messages_are_those_that_are_accepted(document, action):
    wanted = json.loads(json.dumps(message._VALIDATORS[action].schema))
    wanted["properties"]["action"] = {"const": action}
    if "dataset" in wanted["properties"]:
        wanted["properties"]["dataset"] = {"$ref": "#/components/schemas/Description"}
    described = document["components"]["schemas"]
    assert described[action.capitalize() + "Message"] == wanted
    body = described["Envelope"]["properties"]["body"]
    assert {"$ref": "#/components/schemas/%sMessage" % action.capitalize()} in body["contentSchema"]["oneOf"]


def test_envelopes_and_their_number_are_those_that_are_accepted(document):
    described = document["components"]["schemas"]["Envelope"]
    wanted = dict(envelope.SHAPE.schema["properties"], body=described["properties"]["body"])
    assert described == dict(envelope.SHAPE.schema, properties=wanted) and wanted["body"]["type"] == "string"
    ((_, asked),) = document["paths"]["/datasets"]["post"]["requestBody"]["content"].items()
    assert asked["schema"]["maxItems"] == bulk.MAX_ENVELOPES


# so that a schema can stand in the document as it is
@pytest.mark.parametrize("validator", [schema._VALIDATOR, envelope.SHAPE] + list(message._VALIDATORS.values()))
def test_schemas_mean_the_same_in_both_dialects(validator):
    for node in schemas(validator.schema):
        assert set(node) - {"$schema"} <= SAME


def test_description_stands_in_the_document_and_beside_the_file(document):
    described = document["components"]["schemas"]["Description"]
    assert dict(described, **{"$schema": schema.SCHEMA["$schema"]}) == schema.SCHEMA
    kept = json.loads(Path(openapi.PATH).read_text(encoding="utf-8"))["components"]["schemas"]["Description"]
    assert json.loads((Path(openapi.PATH).parent / kept["$ref"]).read_text(encoding="utf-8")) == schema.SCHEMA


class HostWithoutSites:
    """A host that does not know RDM's keys SITE_UI_URL and SITE_API_URL, as B2SHARE 2."""

    config = {}

    def base_url(self):
        return "https://catalogue.example.org"

    def api_url(self):
        return "https://catalogue.example.org/api"


def test_addresses_are_those_of_the_host(monkeypatch):
    class Extension:
        is_on, host = True, HostWithoutSites()

    monkeypatch.setattr(views, "current", Extension)
    app = Flask("api")
    app.extensions["secureb2share"] = Extension()
    app.config["SECUREB2SHARE_MAX_BODY"] = 2000000
    app.register_blueprint(views.blueprint)
    base = "https://catalogue.example.org/api/datasets"
    assert app.test_client().get("/datasets").get_json() == {
        "catalogue": "https://catalogue.example.org", "keys": base + "/keys", "openapi": base + "/openapi.json",
        "bulk": {"envelopes": 500, "bytes": 2000000},
    }  # fmt: skip
    served = app.test_client().get("/datasets/openapi.json").get_json()
    assert served == openapi.document("https://catalogue.example.org/api", 2000000)
    (server,) = served["servers"]
    assert server["url"] == "https://catalogue.example.org/api" and "2000000 bytes" in server["description"]


def test_every_answer_is_as_described(instance, document):
    seen = Seen(document)
    base, prefix = instance.base_url, "test-" + uuid.uuid4().hex
    tsd = client.Client(base, "tsd", instance.key, session=seen.session)
    csc = client.Client(base, "csc", instance.second[0], session=seen.session)
    stranger = client.Client(base, "tsd", client.new_key()[0], session=seen.session)
    get = lambda path, **headers: seen.session.get(base + path, headers=headers, allow_redirects=False)  # noqa: E731
    first, second, third = (prefix + end for end in ("/a", "/b", "/c"))

    for path in ("/api/datasets", "/api/datasets/openapi.json"):
        get(path)
    tsd.keys()

    pid = tsd.register(first, example(), tenant="p11")["pid"]
    tsd.register(first, example())
    tsd.register(second, dict(example("hunt"), version={"replaces": first}))
    refused(tsd.register, first, {"core": 5, "files": [{}]})
    refused(stranger.register, first, example())
    refused(client.Client(base, "csc", instance.key, session=seen.session).register, first, example())
    staging = client.Client(base, "tsd", instance.key, seen.session, catalogue="https://staging.example.org")
    for call, members in (
        (staging.register, (example(),)), (staging.set_state, ("withdrawn", "x")), (staging.transfer, ("p12",)),
        (staging.report_decision, ("app-1", "submitted")), (staging.erase, ("x",)), (staging.attest, ("0" * 64,)),
        (tsd.erase, ("x",)), (tsd.attest, ("0" * 64,)), (tsd.erase, ("",)), (tsd.attest, ("",)),
    ):  # fmt: skip
        refused(call, first, *members)
    refused(tsd.register, first, example(), issued="2020-01-01T00:00:00Z")
    tsd.register(third, example("finngen"), message_id=prefix)
    refused(tsd.register, third, example("hunt"), message_id=prefix)
    form = {"content-type": "multipart/form-data; boundary=x"}
    seen.session.put(base + "/api/datasets/tsd/" + first, data=b"x", headers=form)
    seen.session.put(base + "/api/datasets/tsd/" + first, data=b"x" * 1000001)

    csc.register(first, example("finngen"))
    csc.get(first)
    get("/api/datasets/csc/" + first)
    refused(csc.set_state, first, "suspended", "why")
    assert instance.run_cli("review", "refuse", "csc", first, "--reason", "Not yet.").exit_code == 0
    csc.get(first)
    csc.list()
    refused(csc.register, first, example("finngen"))
    refused(csc.register, second, example("finngen"))

    tsd.transfer(first, "p12", {"name": "Access office", "email": "access@example.org"})
    refused(tsd.transfer, prefix, "p12")
    tsd.report_decision(first, "app-1", "submitted")
    refused(tsd.report_decision, first, "app-1", "lost")
    tsd.set_state(first, "suspended", "An error is looked at.")
    get("/api/access/" + pid)
    get("/api/access/" + pid, Accept="text/html")
    tsd.set_state(first, "superseded", "A new freeze.", successor=second)
    refused(tsd.set_state, first, "active", "Back.")
    get("/api/access/" + pid)
    get("/api/datasets/tsd/" + first)
    get("/api/access/?source=tsd&id=" + second)
    get("/api/access/?source=tsd&id=" + prefix)
    get("/api/access/none")
    tsd.set_state(first, "withdrawn", "Consent was withdrawn.")
    get("/api/access/" + pid)
    refused(tsd.register, first, example("hunt"))
    refused(tsd.transfer, first, "p13")

    closed_one = example()
    closed_one["sensitive"]["access_right"] = "metadata-only"
    instance.curate(closed_one, prefix + "/curated")
    body = instance.events(prefix + "/curated")[0][2]
    get("/api/access/" + body["subject"])
    refused(tsd.acknowledge, body, b"other bytes")
    tsd.acknowledge(body, client.canonical(body), "receipt-1")
    refused(tsd.acknowledge, dict(body, id=str(uuid.uuid4())), client.canonical(body))
    tsd.get(prefix + "/curated")

    tsd.list()
    refused(tsd.list, "..")
    refused(stranger.list)
    get("/api/datasets/tsd/" + first, **{"webhook-signature": "v1,none"})
    refused(tsd.get, prefix)
    many = [prefix + "/many/%d" % number for number in range(12)]
    lines = [client.line(tsd.key, tsd.envelope("register", one, dataset=example())) for one in many]
    lines += [client.line(stranger.key, tsd.envelope("register", prefix, dataset={})), b'{"id": 1}\n']
    assert [line["status"] for line in tsd.send_many(lines)] == [201] * 12 + [401, 400]
    gone = [client.line(tsd.key, tsd.envelope("state", one, state="withdrawn", reason="x")) for one in many]
    refused(list, tsd.send_many(gone))
    assert [line["status"] for line in tsd.send_many(gone, confirm=True)] == [200] * 12
    body = lines[0] + client.line(staging.key, staging.envelope("register", prefix, dataset={}))
    body += client.line(tsd.key, tsd.envelope("erase", many[0], reason="x"))
    for sent, source in ((body, "tsd"), (b"", "tsd"), (b"", "none")):
        headers = dict(
            client.signed_headers(tsd.key, "whole", client.whole("", sent)), **{client.SOURCE_HEADER: source}
        )
        seen.session.post(base + "/api/datasets", data=sent, headers=headers)
    seen.session.post(base + "/api/datasets", data=body)

    for secret, sent in (("x" * 24, event(1, "created", 7, ["a"])), ("x" * 24, {}), ("y" * 24, {})):
        headers = {"x-secureb2share-secret": secret}
        seen.session.put(base + "/api/datasets/rems/sd-apply", data=json.dumps(sent), headers=headers)

    assert seen.faults == []
    assert seen.met == {
        ("take_event", 200, "ignored"), ("take_event", 400, "invalid"), ("take_event", 401, "secret"),
        ("about", 200, None), ("description", 200, None), ("keys", 200, None),
        ("register", 201, "created"), ("register", 200, "unchanged"), ("register", 202, "held"),
        ("register", 400, "invalid"), ("register", 401, "signature"), ("register", 403, "quota"),
        ("register", 403, "form-data-refused"), ("register", 403, "body-too-long"),
        ("register", 401, "other-catalogue"), ("register", 409, "stale"), ("register", 409, "refused"),
        ("register", 409, "withdrawn"), ("register", 422, "message-reused"),
        ("erase", 400, "invalid"), ("erase", 401, "other-catalogue"), ("erase", 501, "not-built"),
        ("attest", 400, "invalid"), ("attest", 401, "other-catalogue"), ("attest", 501, "not-built"),
        ("change_state", 401, "other-catalogue"), ("transfer", 401, "other-catalogue"),
        ("note_decision", 401, "other-catalogue"),
        ("change_state", 200, "changed"), ("change_state", 409, "held"), ("change_state", 409, "state"),
        ("transfer", 200, "changed"), ("transfer", 404, "unknown-dataset"), ("transfer", 409, "state"),
        ("note_decision", 200, "changed"), ("note_decision", 400, "invalid"),
        ("note_receipt", 200, "changed"), ("note_receipt", 400, "invalid"), ("note_receipt", 409, "digest"),
        ("listing", 200, None), ("listing", 400, "invalid"), ("listing", 401, "signature"),
        ("read", 200, None), ("read", 401, "signature"), ("read", 404, "unknown-dataset"),
        ("take_many", 200, None), ("take_many", 400, "invalid"), ("take_many", 401, "signature"),
        ("by_pid", 403, "suspended"), ("by_pid", 403, None), ("by_pid", 403, "superseded"),
        ("by_pid", 403, "metadata-only"), ("by_pid", 404, "unknown-dataset"), ("by_pid", 410, "withdrawn"),
        ("by_identifier", 302, None), ("by_identifier", 404, "unknown-dataset"),
    }  # fmt: skip
