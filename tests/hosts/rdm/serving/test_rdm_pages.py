import re
from html import unescape

import pytest

pytest.importorskip("invenio_rdm_records", reason="InvenioRDM has environments of its own: see run-tests.sh")

import rdm_instance  # noqa: E402
from flask import Flask, session  # noqa: E402
from flask_security import login_user  # noqa: E402
from invenio_accounts.models import User  # noqa: E402
from invenio_db import db  # noqa: E402

from secureb2share_ext.hosts.rdm.serving import pages  # noqa: E402

HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)> שלום"
ESCAPED = "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&gt;&lt;img src=x onerror=alert(1)&gt; שלום"
BOX = '<section id="secureb2share-access"'
DATA = '<section id="secureb2share-data"'
STYLES = "/secureb2share/rdm-static/secureb2share_rdm/"
TEXTS = [{"lang": "nb", "text": "Søk."}, {"lang": "en-GB", "text": "Apply."}, {"lang": "fi", "text": "Hae."}]


def landing(instance, pid, language="en"):
    answer = instance.call("GET", "/records/" + pid, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text[:500]
    return answer.text


def part(page, start):
    found = re.search(re.escape(start) + ".*?</section>", page, re.S)
    return found.group(0) if found else None


def links(box):
    """[(address, words)] of the described files."""
    entries = re.search('<ul class="secureb2share-files">.*?</ul>', box, re.S).group(0)
    return [
        (url, unescape(words)) for url, words in re.findall('<li><a href="([^"]+)" rel="nofollow">([^<]+)<', entries)
    ]


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
    assert '<a class="ui primary button" href="%s" rel="nofollow">Request access</a>' % said["access_url"] in box
    told = ("Access can be requested", "Holders of a national electronic identity: NO", "<dd>30</dd>", ">None.<")
    assert [text for text in told if text not in box] == []
    assert "1 GB to 100 GB" in box and "application/x-spss-sav" in box
    assert '<dd lang="en-GB">Apply.</dd>' in box and "Søk." not in box
    described = [(said["access_url"], "Request access: " + one["label"]) for one in rdm_instance.example()["files"]]
    assert links(box) == described and len(described) > 1
    assert "Folkehelseinstituttet" in part(page, DATA)
    assert page.count(STYLES) == 1
    # the host's own box for files and its own form for requests
    assert 'id="record-files"' not in page and "access-form" not in page


@pytest.mark.parametrize(
    "sensitive, state, words",
    (
        ({"access_right": "embargoed", "embargo_until": "2199-01-31"}, None, "requested from 2199-01-31"),
        ({"access_right": "metadata-only"}, None, "Access cannot be requested"),
        ({}, ("suspended", "Consent is under review."), r"Suspended since 20\d\d-\d\d-\d\d: Consent is under review\."),
        ({}, ("withdrawn", "Consent ended."), r"Withdrawn since 20\d\d-\d\d-\d\d: Consent ended\."),
    ),
    ids=("embargoed", "metadata-only", "suspended", "withdrawn"),
)
def test_the_page_says_why_access_cannot_be_requested(instance, sensitive, state, words, request):
    name = request.node.callspec.id
    said = published(instance, name, **sensitive)
    if state:
        instance.source.set_state("pages/" + name, *state)
    box = part(landing(instance, said["pid"]), BOX)
    assert re.search(words, box)
    assert "Request access" not in box
    # what stands there says the same
    assert links(box) == [(said["access_url"], entry["label"]) for entry in rdm_instance.example()["files"]]


def test_the_page_names_versions_and_hides_what_its_source_hides(instance):
    first = published(instance, "first")
    description = rdm_instance.example()
    description["version"] = {"replaces": "pages/first", "label": "2"}
    second = instance.source.register("pages/second", description)
    old, new = (part(landing(instance, one["pid"]), BOX) for one in (first, second))
    assert '<dt>Replaced by</dt><dd><a href="%s">pages/second</a>' % second["record_url"] in old
    assert '<dt>Replaces</dt><dd><a href="%s">pages/first</a>' % first["record_url"] in new
    assert "<dt>Version</dt><dd>2</dd>" in new


def test_hostile_texts_stay_texts(instance):
    description = rdm_instance.example()
    description["core"]["titles"][0]["text"] = HOSTILE
    description["core"]["contact"] = {"name": HOSTILE, "email": "access@example.org"}
    description["files"] = [{"label": HOSTILE, "media_type": "text/csv"}]
    description["version"] = {"label": HOSTILE}
    texts = [{"lang": "en", "text": HOSTILE}]
    description["sensitive"].update(access_conditions=texts, fees=texts, population_coverage=texts)
    said = instance.source.register("pages/hostile", description)
    instance.source.set_state("pages/hostile", "suspended", HOSTILE)
    page = landing(instance, said["pid"])
    assert "<script>alert" not in page and "<img src=x" not in page
    # conditions, fees, contact, version, file and reason
    assert part(page, BOX).count(ESCAPED) == 6 and part(page, DATA).count(ESCAPED) == 1


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
            note = part(page, '<section id="secureb2share-closed"')
            assert "Uploads are closed" in note and instance.base_url + "/api/secureb2share/uploads" in note
            assert page.index(note) < page.index('id="deposit-form"')
            assert page.count(STYLES) == 2
    for name in ("pages.css", "deposit.css"):
        answer = instance.call("GET", STYLES + name)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert "#files-section" in answer.text


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


@pytest.mark.parametrize(
    "languages, expected",
    (
        (["nb"], ["Søk."]),
        (["de", "en_US", "fi"], ["Apply."]),
        (["EN-us"], ["Apply."]),
        (["de"], ["Søk.", "Apply.", "Hae."]),
        ([], ["Søk.", "Apply.", "Hae."]),
    ),
)
def test_texts_are_in_the_readers_language_or_in_all(languages, expected):
    assert [entry["text"] for entry in pages.in_language(TEXTS, languages)] == expected
