import json
import uuid
from urllib.parse import unquote, urlsplit

import pytest
import rems_events

pytest.importorskip("invenio_records_rest")
schemathesis = pytest.importorskip("schemathesis", reason="schemathesis needs Python 3.10")

from hypothesis import HealthCheck, Phase, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from instance import example, running  # noqa: E402
from invenio_access.models import ActionUsers  # noqa: E402
from invenio_accounts.proxies import current_datastore  # noqa: E402
from invenio_db import db  # noqa: E402
from invenio_oauth2server.models import Token  # noqa: E402
from requests.auth import AuthBase  # noqa: E402
from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.generation import GenerationMode  # noqa: E402
from schemathesis.specs.openapi.checks import (  # noqa: E402
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from secureb2share_ext import client  # noqa: E402
from secureb2share_ext.hosts.actions import register_for_all, register_scope  # noqa: E402

LINES = "application/x-ndjson"
CHECKS_OF_WRONG_ONES = [
    not_a_server_error, status_code_conformance, response_headers_conformance, response_schema_conformance,
]  # fmt: skip
CHECKS = CHECKS_OF_WRONG_ONES + [content_type_conformance]
NOT_BUILT = ("erase", "attest")
ACTIONS = {
    "register": "register", "change_state": "state", "transfer": "transfer", "note_decision": "decision",
    "note_receipt": "receipt", "erase": "erase", "attest": "attest",
}  # fmt: skip
READING = ["listing", "read"]
SECRET = "the-secret-of-the-tests-of-rems"
PUBLIC = ["about", "by_identifier", "by_pid", "description", "keys"]
WITHOUT_INPUT = ["about", "description", "keys"]
# some are registered before, one by a curator, and some never
IDENTIFIERS = ["p11/%d" % number for number in range(12)]


@schemathesis.serializer(LINES)
def write_lines(context, value):
    entries = value if isinstance(value, list) else [value]
    return b"".join(e if isinstance(e, bytes) else json.dumps(e).encode("ascii") + b"\n" for e in entries)


@schemathesis.deserializer(LINES)
def read_lines(context, answer):
    return [json.loads(line) for line in answer.content.splitlines()]


class Signature(AuthBase):
    """Signs whatever is sent, as its source would."""

    def __init__(self, key):
        self.key = key

    def __call__(self, request):
        parts = urlsplit(request.url)
        catalogue = "%s://%s" % (parts.scheme, parts.netloc)
        signed = request.body or client.bare(catalogue, request.method, unquote(parts.path), parts.query)
        signed = signed.encode("utf-8") if isinstance(signed, str) else signed
        if request.method == "POST" and parts.path.endswith("/datasets"):
            request.headers[client.SOURCE_HEADER] = "tsd"
            signed = client.whole(parts.query, signed if request.body else b"")
        request.headers.update(client.signed_headers(self.key, str(uuid.uuid4()), signed))
        return request


class Bearer(AuthBase):
    """Sends an OAuth2 token instead, and no signature."""

    def __init__(self, token):
        self.token = token

    def __call__(self, request):
        request.headers.pop("webhook-signature", None)
        request.headers["Authorization"] = "Bearer " + self.token
        return request


class Secret(AuthBase):
    """Sends the secret of REMS."""

    def __call__(self, request):
        request.headers["x-secureb2share-secret"] = SECRET
        return request


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    access = {
        "tsd-form": {"provider": "rems", "url": "https://rems.example.org", "events": SECRET},
        "csc-form": {"provider": "template", "url": "https://forms.example.org/{identifier}"},
    }
    with running("sqlite", tmp_path_factory.mktemp("instance"), SECUREB2SHARE_ACCESS=access) as found:
        for identifier in IDENTIFIERS[:5]:
            found.source.register(identifier, example(), tenant="p11")
        assert found.curate(example(), IDENTIFIERS[5]).status_code == 201
        yield found


@pytest.fixture(scope="module")
def auths(instance):
    with instance.app.app_context():
        user = current_datastore.get_user("curator@catalogue.example.org").id
        db.session.add(ActionUsers.allow(register_for_all, user_id=user))
        token = Token.create_personal("register", user, scopes=[register_scope.id])
        db.session.commit()
        return {
            "unsigned": None,
            "signed": Signature(instance.key),
            "token": Bearer(token.access_token),
            "secret": Secret(),
        }


@pytest.fixture(scope="module")
def operations(instance):
    api = schemathesis.openapi.from_dict(instance.call("GET", "/api/datasets/openapi.json").json())
    api.config.update(base_url=instance.base_url + "/api")
    found = [result.ok() for result in api.get_all_operations()]
    return {operation.definition.raw["operationId"]: operation for operation in found}


@st.composite
def messages(draw, operation, event, mode):
    """What schemathesis makes; mostly agreeing with its address and with what is there, which chance never does."""
    case = draw(operation.as_strategy(mode))
    name, identifier = operation.definition.raw["operationId"], draw(st.sampled_from(IDENTIFIERS))
    if draw(st.integers(0, 4)) == 0:
        return case
    if "{source}" in operation.path:
        case.path_parameters["source"] = "tsd"
    if "{identifier}" in operation.path:
        case.path_parameters["identifier"] = identifier
    if "{pid}" in operation.path:
        case.path_parameters["pid"] = draw(st.sampled_from("123456"))
    if name == "take_event":
        case.path_parameters["entry"] = "tsd-form"
        if isinstance(case.body, dict) and draw(st.booleans()):
            kind = draw(st.sampled_from(["created", "resources-changed", "submitted", "approved", "deleted"]))
            case.body.update(rems_events.event(draw(st.integers(0, 20)), kind, draw(st.integers(0, 3)), [identifier]))
    if name == "by_identifier":
        case.query.update(source="tsd", id=identifier)
    if name in ACTIONS and isinstance(case.body, dict):
        said = {"action": ACTIONS[name], "catalogue": operation.base_url[: -len("/api")], "source": "tsd"}
        said.update(identifier=identifier, issued=client.now_utc())
        if draw(st.booleans()):
            said["id"] = str(uuid.uuid4())
        if name == "note_receipt" and draw(st.booleans()):
            case.path_parameters["identifier"] = said["identifier"] = IDENTIFIERS[5]
            said.update(event=event["id"], digest=client.digest(client.canonical(event)))
        dataset = case.body.get("dataset")
        if isinstance(dataset, dict) and draw(st.booleans()):
            # a whole description with what was made in its place
            whole = example()
            for part in ("core", "sensitive"):
                if isinstance(dataset.get(part), dict):
                    names = sorted(dataset[part])
                    changed = draw(st.sets(st.sampled_from(names), max_size=2)) if names else ()
                    whole[part].update((name, dataset[part][name]) for name in changed)
            said["dataset"] = dict(dataset, **whole)
        case.body.update(said)
        case.body.pop("id") if "id" not in said and draw(st.booleans()) and "id" in case.body else None
    return case


@st.composite
def bulks(draw, operations, key, event, mode):
    """A bulk of lines that schemathesis makes, and of messages that the source signs."""
    case = draw(operations["take_many"].as_strategy(mode))
    acting = st.sampled_from(sorted(ACTIONS)).flatmap(lambda name: messages(operations[name], event, mode))
    bodies = [one.body for one in draw(st.lists(acting, max_size=4))]
    # a wrong one may be no JSON at all
    signed = [client.line(key, one if isinstance(one, bytes) else client.canonical(one)) for one in bodies]
    case.body = (case.body if isinstance(case.body, list) else []) + signed
    return case


def trying(strategy, examples):
    # the same tries in each run; what fails is not made smaller, for that takes minutes
    kind = {"derandomize": True, "database": None, "phases": [Phase.generate]}
    chosen = settings(max_examples=examples, suppress_health_check=list(HealthCheck), **kind)
    return lambda function: chosen(given(strategy)(function))()


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.name.lower())
@pytest.mark.parametrize(
    "name, auth, examples",
    [(name, "unsigned", 6) for name in PUBLIC + READING + ["take_many", "take_event"] + sorted(ACTIONS)]
    + [("take_event", "secret", 25)]
    + [(name, "signed", 25) for name in READING + ["take_many"] + sorted(ACTIONS)]
    + [(name, "token", 6) for name in READING + sorted(ACTIONS)],
)
def test_no_request_is_answered_by_a_failure(instance, operations, auths, name, auth, examples, mode):
    if name in WITHOUT_INPUT and mode == GenerationMode.NEGATIVE:
        pytest.skip("there is nothing to get wrong")
    event = instance.events(IDENTIFIERS[5])[0][2]
    strategy = messages(operations[name], event, mode)
    if name == "take_many" and auth == "signed":
        strategy = bulks(operations, instance.key, event, mode)
    is_right = mode == GenerationMode.POSITIVE

    @trying(strategy, examples if is_right else examples // 2 + 1)
    def ask(case):
        answer = case.call(auth=auths[auth], allow_redirects=False)
        # an address that is none of ours, such as one with a line end, is answered by the host
        checks = CHECKS if is_right else CHECKS_OF_WRONG_ONES
        if answer.status_code == 501 and name in NOT_BUILT:
            checks = [check for check in checks if check is not not_a_server_error]
        case.validate_response(answer, checks=checks)
        if answer.headers["content-type"] == [LINES]:
            lines = [json.loads(line) for line in answer.content.splitlines()]
            failed = [line for line in lines if line["status"] >= 500]
            assert [line for line in failed if line["problem"]["code"] != "not-built"] == []


def test_every_operation_is_tried(operations):
    assert set(operations) == set(PUBLIC + READING + ["take_many", "take_event"]) | set(ACTIONS)
