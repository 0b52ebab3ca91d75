import re
import uuid

import pytest

pytest.importorskip("b2share", reason="the real B2SHARE 2.4 is in no registry: see docs/howto/test-on-b2share2.md")

import real_instance  # noqa: E402
import requests  # noqa: E402
import session  # noqa: E402

REVIEW = "/api/secureb2share/review/"


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if real_instance.missing():
        pytest.skip("%s is not set" % real_instance.missing())
    with real_instance.running(tmp_path_factory.mktemp("instance"), {"csc": {"release": "review"}}) as found:
        yield found


@pytest.fixture
def held(instance):
    identifier = "review/" + uuid.uuid4().hex
    description = real_instance.example("finngen")
    # the pages show the title in the reader's language
    description["core"]["titles"].sort(key=lambda title: title["lang"] != "en")
    assert instance.other.register(identifier, description)["result"] == "held"
    (number,) = instance.execute("SELECT id FROM secureb2share_dataset WHERE identifier = :i", i=identifier)[0]
    return identifier, description["core"]["titles"][0]["text"], REVIEW + str(number)


def browser(instance, role):
    found = requests.Session()
    found.cookies.set(*session.cookie(instance, role))
    return found


def fields(page):
    names = ("csrf_token", "digest", "page")
    return {name: re.search('name="%s"[^>]* value="([^"]*)"' % name, page).group(1) for name in names}


def test_only_those_who_are_logged_in_and_may_publish_see_what_waits(instance, held):
    anonymous = requests.get(instance.base_url + REVIEW)
    assert anonymous.status_code == 401 and "Log in" in anonymous.text and instance.base_url in anonymous.text
    for role, status in (("user", 403), ("curator", 200), ("superuser", 200)):
        answer = browser(instance, role).get(instance.base_url + REVIEW)
        assert (answer.status_code, held[1] in answer.text) == (status, status == 200), role
        assert answer.headers["Cache-Control"] == "no-store"
    # the name of a source tells nobody what waits
    assert held[1] not in anonymous.text and requests.get(instance.base_url + held[2]).status_code == 401


def test_a_curator_releases_what_the_page_showed(instance, held):
    identifier, title, path = held
    curator, address = browser(instance, "curator"), instance.base_url + path
    page = curator.get(address)
    assert page.status_code == 200 and title in page.text
    given = dict(fields(page.text), decision="release")
    question = curator.post(address, dict(given, decision="ask"))
    assert question.status_code == 200 and "Publish this dataset?" in question.text
    assert curator.get(address + "/preview").status_code == 200
    for wrong in ({"csrf_token": ""}, {"csrf_token": "x"}, {"digest": "0" * 64}):
        assert 400 <= curator.post(address, dict(given, **wrong)).status_code < 500
    assert requests.post(address, given).status_code == 401
    assert instance.other.get(identifier)["pid"] is None

    answer = curator.post(address, given, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, instance.base_url + REVIEW)
    listed = curator.get(instance.base_url + REVIEW).text
    pid = instance.other.get(identifier)["pid"]
    assert instance.call("GET", "/api/records/" + pid).json()["metadata"]["titles"][0]["title"] == title
    decided = curator.get(instance.base_url + REVIEW + "decided").text
    assert 'role="status"' in listed and pid in listed and identifier in decided
    late = curator.post(address, given)
    assert late.status_code == 409 and "Another curator was faster" in late.text
    assert curator.get(address).status_code == 200


def test_a_curator_refuses_with_a_reason(instance, held):
    identifier, _, path = held
    curator, address = browser(instance, "curator"), instance.base_url + path
    given = dict(fields(curator.get(address).text), decision="refuse", reason="")
    answer = curator.post(address, given)
    assert answer.status_code == 400 and "reason" in answer.text
    assert curator.post(address, dict(given, reason="The contact is missing.")).status_code == 200
    said = instance.other.get(identifier)
    assert said["pid"] is None
    assert (said["review"]["state"], said["review"]["reason"]) == ("refused", "The contact is missing.")


def test_operators_see_deliveries_datasets_and_health(instance, held):
    operate = instance.base_url + "/api/secureb2share/operate/"
    for role, status in (("user", 403), ("curator", 403), ("superuser", 200)):
        for path in ("", "datasets?q=" + held[0], "health"):
            answer = browser(instance, role).get(operate + path)
            assert answer.status_code == status, (role, path, answer.text[:500])
            assert held[1] not in answer.text
    operator = browser(instance, "superuser")
    assert held[0] in operator.get(operate + "datasets?q=" + held[0]).text
    target = next(iter(instance.configured["SECUREB2SHARE_TARGETS"]))
    token = re.search('name="csrf_token"[^>]* value="([^"]*)"', operator.get(operate).text).group(1)
    for order, said in (
        (dict(order="hold", reason="It moves."), "Held by an operator"),
        (dict(order="resume"), "again"),
    ):
        answer = operator.post(operate + "orders", dict(order, name=target, csrf_token=token))
        assert answer.status_code == 200 and said in answer.text and 'role="status"' in answer.text
    assert requests.get(operate).status_code == 401


def test_it_is_gone_where_the_package_is_off(instance):
    real_instance.start(instance, SECUREB2SHARE_MODE="off")
    try:
        assert browser(instance, "curator").get(instance.base_url + REVIEW).status_code == 404
    finally:
        real_instance.start(instance)
