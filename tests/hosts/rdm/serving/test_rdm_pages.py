from urllib.parse import urlsplit

import pytest

pytest.importorskip("invenio_rdm_records", reason="InvenioRDM has environments of its own: see run-tests.sh")

import rdm_instance  # noqa: E402
from flask import Flask, session  # noqa: E402
from flask_security import login_user  # noqa: E402
from invenio_accounts.models import User  # noqa: E402
from invenio_db import db  # noqa: E402
from lxml import html  # noqa: E402

from secureb2share_ext.hosts.rdm.serving import pages  # noqa: E402

HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)> שלום"
BOX, DATA = "secureb2share-access", "secureb2share-data"
STYLES = "/secureb2share/static/style.css"
OF_DEPOSIT = "/secureb2share/rdm-static/secureb2share_rdm/"
TEXTS = [{"lang": "nb", "text": "Søk."}, {"lang": "en-GB", "text": "Apply."}, {"lang": "fi", "text": "Hae."}]


def landing(instance, pid, language="en"):
    answer = instance.call("GET", "/records/" + pid, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text[:500]
    return answer.text


def part(page, name):
    """The element (lxml) with this id."""
    return html.document_fromstring(page).get_element_by_id(name)


def words(element):
    return " ".join(element.text_content().split())


def links(box):
    """[(address, words)] of the described files."""
    return [
        (entry.get("href"), entry.get("aria-label")) for entry in box.xpath(".//ul[starts-with(@class, 'files')]//a")
    ]


def buttons(box):
    """The addresses of the main button, of which there is one at most."""
    return [entry.get("href") for entry in box.xpath(".//a[contains(@class, 'btn-main')]")]


def published(instance, name, **sensitive):
    description = rdm_instance.example()
    description["sensitive"].update(sensitive)
    return instance.source.register("pages/" + name, description)


def test_the_page_leads_to_the_request(instance):
    said = published(
        instance,
        "open",
        access_eligibility=["national-eid:NO"],
        expected_decision_days=30,
        fees=[{"lang": "en", "text": "None."}],
        access_conditions=TEXTS,
    )
    page = landing(instance, said["pid"])
    box = part(page, BOX)
    assert buttons(box) == [said["access_url"]]
    told = (
        "People with a national electronic identity (Norway) can ask to work with these data.",
        "About 30 days", "None.", "1 GB to 100 GB", "Table (SPSS)", "Nothing can be downloaded here.",
    )  # fmt: skip
    assert [text for text in told if text not in words(box)] == []
    assert [one.text for one in box.xpath(".//div[contains(@class, 'quote')]//p[@lang='en-GB']")] == [
        "Apply."
    ] and "Søk." not in words(box)
    described = [(said["access_url"], "Request access: " + one["label"]) for one in rdm_instance.example()["files"]]
    assert links(box) == described and len(described) > 1
    assert "Folkehelseinstituttet" in words(part(page, DATA))
    assert page.count(STYLES) == 1
    # the host's own box for files and its own form for requests
    assert 'id="record-files"' not in page and "access-form" not in page
    pages = [url for url in box.xpath("//a/@href") if "/secureb2share/access/" in url]
    assert pages == [instance.base_url + "/secureb2share/access/" + said["pid"]]
    answer = instance.call("GET", urlsplit(pages[0]).path)
    assert answer.status_code == 200 and said["access_url"] in answer.text
    turtle = "%s/secureb2share/cite/%s?format=dcat-ttl" % (instance.base_url, said["pid"])
    assert answer.headers["Link"] == '<%s>; rel="canonical", <%s>; rel="describedby"; type="text/turtle"' % (
        said["record_url"],
        turtle,
    )
    # in the frame of the host
    assert "invenio" in answer.text and answer.text.count("<h1") == 1


def test_the_page_speaks_the_readers_language_or_the_one_chosen(instance):
    said = published(instance, "languages", access_conditions=TEXTS)
    chosen = instance.call("GET", "/records/%s?text=fi" % said["pid"], headers={"Accept-Language": "en"}).text
    assert [one.text for one in part(chosen, BOX).xpath(".//div[contains(@class, 'quote')]//p[@lang='fi']")] == ["Hae."]


@pytest.mark.parametrize(
    "sensitive, state, told",
    (
        ({"access_right": "embargoed", "embargo_until": "2199-01-31"}, None, ("Requests open on 31 January 2199.",)),
        ({"access_right": "metadata-only"}, None, ("These data are not available for research.",)),
        ({}, ("suspended", "Consent is under review."), ("No new requests", "Consent is under review.", "given on")),
    ),
    ids=("embargoed", "metadata-only", "suspended"),
)
def test_the_page_says_why_access_cannot_be_requested(instance, sensitive, state, told, request):
    name = request.node.callspec.id
    said = published(instance, name, **sensitive)
    if state:
        instance.source.set_state("pages/" + name, *state)
    box = part(landing(instance, said["pid"]), BOX)
    assert [text for text in told if text not in words(box)] == []
    assert "Request access" not in words(box) and buttons(box) == links(box) == []
    labels = [words(one) for one in box.xpath(".//ul[starts-with(@class, 'files')]//strong")]
    assert labels == [entry["label"] for entry in rdm_instance.example()["files"]]
    assert instance.call("GET", "/secureb2share/access/" + said["pid"]).status_code == 200


def test_the_page_of_withdrawn_data_says_when_and_why_and_nothing_else(instance):
    said = published(instance, "withdrawn")
    instance.source.set_state("pages/withdrawn", "withdrawn", "Consent ended.")
    box = part(landing(instance, said["pid"]), BOX)
    for told in ("The data were withdrawn on", "cannot be asked for any more", "Consent ended.", said["pid"]):
        assert told in words(box)
    assert buttons(box) == links(box) == [] and rdm_instance.example()["files"][0]["label"] not in words(box)
    assert instance.call("GET", "/secureb2share/access/" + said["pid"]).status_code == 410


def test_the_page_names_versions_and_hides_what_its_source_hides(instance):
    first = published(instance, "first")
    description = rdm_instance.example()
    description["version"] = {"replaces": "pages/first", "label": "2"}
    second = instance.source.register("pages/second", description)
    old, new = (landing(instance, one["pid"]) for one in (first, second))
    assert "A newer dataset takes the place of this one: pages/second" in words(part(old, BOX))
    assert second["record_url"] in part(old, DATA).xpath("//*[@class='versions']//a/@href")
    assert first["record_url"] in part(new, DATA).xpath("//*[@class='versions']//a/@href")


def test_hostile_texts_stay_texts(instance):
    description = rdm_instance.example()
    description["core"]["titles"][0]["text"] = HOSTILE
    description["core"]["contacts"] = [{"name": HOSTILE, "email": "access@example.org"}]
    description["files"] = [{"label": HOSTILE, "media_type": "text/csv"}]
    description["version"] = {"label": HOSTILE}
    texts = [{"lang": "en", "text": HOSTILE}]
    description["sensitive"].update(access_conditions=texts, fees=texts, population_coverage=texts)
    said = instance.source.register("pages/hostile", description)
    instance.source.set_state("pages/hostile", "suspended", HOSTILE)
    page = landing(instance, said["pid"])
    assert "<script>alert" not in page and "<img src=x" not in page
    # conditions, fees, contact, file and reason; population and version
    assert words(part(page, BOX)).count(HOSTILE) == 5 and words(part(page, DATA)).count(HOSTILE) == 2
    for path in ("/secureb2share/access/", "/api/access/"):
        page = instance.call("GET", path + said["pid"], headers={"Accept": "text/html"}).text
        assert "<script>alert" not in page and "<img src=x" not in page and "alert(1)" in page


def test_other_records_and_pages_are_as_the_host_shows_them(instance):
    body = instance.metadata(rdm_instance.example())
    body.pop("custom_fields")
    pid = instance.draft(body).json()["id"]
    assert instance.submit(pid, "open").status_code in (200, 202)
    ours = landing(instance, pid)
    instance.app.config[pages.LANDING] = "invenio_app_rdm/records/detail.html"
    try:
        own = landing(instance, pid)
    finally:
        instance.app.config[pages.LANDING] = pages.TEMPLATES[pages.LANDING]
    assert BOX not in ours and STYLES not in ours
    assert ours == own


def test_the_deposit_form_says_that_uploads_are_closed(instance):
    with logged_in(instance) as browser:
        pid = instance.draft(instance.metadata(rdm_instance.example())).json()["id"]
        for path in ("/uploads/new", "/uploads/" + pid):
            answer = browser.get(path)
            assert answer.status_code == 200, path
            page = answer.get_data(as_text=True)
            note = part(page, "secureb2share-closed")
            assert "Nothing can be uploaded here" in words(note)
            assert instance.base_url + "/api/secureb2share/uploads" in note.xpath(".//a/@href")
            assert page.index('id="secureb2share-closed"') < page.index('id="deposit-form"')
            assert page.count(OF_DEPOSIT) == 1
    for path in (OF_DEPOSIT + "deposit.css", STYLES):
        answer = instance.call("GET", path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert "#files-section" in instance.call("GET", OF_DEPOSIT + "deposit.css").text


def logged_in(instance, role="curator"):
    client = instance.app.test_client()
    with instance.app.test_request_context():
        login_user(db.session.get(User, instance.users[role]))
        held = dict(session)
    with client.session_transaction() as opened:
        opened.update(held)
    return client


def test_only_an_application_with_the_hosts_pages_gets_ours_and_once(instance):
    bare = Flask("bare")
    pages.install(bare)
    assert pages.blueprint.name not in bare.blueprints and pages.faults(bare) == []
    before = dict(instance.app.config)
    pages.install(instance.app)
    assert dict(instance.app.config) == before and pages.faults(instance.app) == []


def test_a_key_that_was_set_anew_is_a_fault(instance):
    instance.app.config[pages.DEPOSIT] = "of/another.html"
    try:
        assert pages.faults(instance.app) == ["%s was set anew after this package had set it." % pages.DEPOSIT]
    finally:
        instance.app.config[pages.DEPOSIT] = pages.TEMPLATES[pages.DEPOSIT]
