"""The closed uploads beside invenio-oauthclient, with which a host leads to identity providers, over HTTP."""

import json

import pytest

pytest.importorskip("invenio_records_rest")

from instance import example, running  # noqa: E402

# {(application, endpoint): (path, what a form is answered that comes out of the blue)}
WRITING = {
    ("api", "invenio_oauthclient.rest_signup"): ("/api/oauth/signup/nobody/", 404),
    ("ui", "invenio_oauthclient.signup"): ("/oauth/signup/nobody/", 404),
    ("ui", "invenio_oauthclient_settings.index"): ("/account/settings/linkedaccounts/", 302),
}


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    with running("sqlite", tmp_path_factory.mktemp("instance")) as found:
        yield found


def test_its_writing_routes_are_known_and_a_registration_is_accepted(instance):
    result = instance.run_cli("audit", "--json")
    said = json.loads(result.output[result.output.index("{") :])
    found = {(row["app"], row["endpoint"]): row["kind"] for row in said["routes"]}
    # no more and no fewer: the reason in KNOWN was checked for these
    assert {at: kind for at, kind in found.items() if "oauthclient" in at[1]} == dict.fromkeys(WRITING, "host")
    assert said["ok"] and "unknown" not in found.values()
    pid = instance.source.register("linked/1", example())["pid"]
    assert instance.call("GET", "/api/records/" + pid).status_code == 200


@pytest.mark.parametrize("path, status", WRITING.values())
def test_its_writing_routes_take_forms_and_no_files(instance, path, status):
    before = instance.content()
    assert instance.call("POST", path, data={"email": "CANARY"}).status_code == status
    answer = instance.call("POST", path, files={"file": ("canary.txt", b"CANARY")})
    assert (answer.status_code, answer.json()["code"]) == (403, "form-data-refused")
    assert instance.content() == before
