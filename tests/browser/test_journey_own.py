"""The owner of data registers them by the form, and closes, opens and withdraws them; the catalogue says so."""

import json
from urllib.parse import urlsplit

import hostile
from playwright.sync_api import expect
from visitor import until

REASON = 'Consent is under review. <img src="/nowhere" onerror="alert(1)">'
GROUPS = (
    "What it is",
    "Access",
    "The people in the data",
    "Responsibility and law",
    "Permitted use",
    "Health data",
    "Where and how long",
    "What the data are made of",
    "Files",
)
WHAT = {
    "core.descriptions.0.text": "A cohort that was made up.",
    "core.creators.0.name": "A group",
    "core.publisher": "An institute",
    "core.contacts.0.name": "Access committee",
    "core.contacts.0.email": "access@example.org",
}
VALUES = {"name": "values.csv", "mimeType": "text/csv", "buffer": b"participant,value\n1,42\n"}


def test_a_dataset_from_its_registration_to_its_withdrawal(site, meet, setting):
    owner, reader = meet(**setting), meet(**setting)
    title = "%s %s" % (hostile.TEXT[:120].strip(), setting["language"])
    owner.log_in("owner")
    owner.open(site.secure + "/register", "Register a dataset")
    owner.press("Begin", "What it is")
    owner.fill({"core.titles.0.text": title})
    owner.press("Save and go on", "Access")

    # nothing is lost by leaving, and what is missing is said before it is sent
    owner.press("Save and leave", "Register a dataset")
    owner.follow(title, "What it is")
    assert owner.page.locator("[id='core.titles.0.text']").input_value() == title
    owner.fill(WHAT)
    owner.press("Save and go on", "Access")
    owner.fill({"sensitive.access_right": "controlled", "sensitive.access_conditions.0.text": "A plan is needed."})
    for name in GROUPS[2:]:
        owner.press("Save and go on", name)
    owner.page.locator("[id='file-1']").set_input_files([VALUES])
    owner.fill({"label-1": title})
    if setting["script"]:
        owner.page.get_by_text(owner.say("The file is here, and its checksum is right.")).wait_for()
    owner.press("Save and go on", "Check and send")
    owner.press("Register", "Check and send")
    alert = owner.page.get_by_role("alert")
    alert.get_by_role("link").first.click()
    owner.arrive()
    assert owner.page.locator(".has-fault").count()
    owner.page.goto(owner.page.url.partition("#")[0].rpartition("/")[0] + "/people")
    owner.fill({"sensitive.deidentification": "aggregated"})
    owner.page.locator("[id='sensitive.special_categories.none']").check()
    owner.press("Save and go on", GROUPS[3])
    owner.fill({"sensitive.controller_name": "An institute"})
    for name in GROUPS[4:]:
        owner.press("Save and go on", name)
    owner.press("Save and go on", "Check and send")
    owner.press("Register", title)
    owner.sees("The catalogue has published the description")
    expect(owner.page.locator("#files")).to_contain_text("values.csv")
    dataset, record = owner.page.url, owner.page.locator("dd a").first.inner_text()

    reader.open(record, title)
    assert reader.page.locator("main").get_by_text("values.csv").count() == 0
    assert reader.page.locator("#harm").count() == 0
    json_ld = reader.page.locator("script[type='application/ld+json']").first.text_content()
    assert json.loads(json_ld)["name"][0]["@value"] == title
    reader.open(site.catalogue + "/search", "Datasets")
    words = "onerror " + setting["language"].partition("-")[2]
    assert until(lambda: title in reader.find(words))

    def change(verb, heading, button):
        owner.open(dataset, title)
        owner.follow(verb, heading)
        owner.press(button, heading)
        assert owner.page.locator("#reason-fault").inner_text()
        owner.fill({"reason": REASON})
        owner.press(button, title)

    access = urlsplit(record).path.replace("/records", "/api/access")
    change("Suspend…", "Suspend this dataset?", "Suspend")
    reader.open(record, title)
    reader.sees(REASON)
    assert reader.page.get_by_role("link", name=reader.say("Request access"), exact=True).count() == 0
    reader.open(site.catalogue + access)
    reader.sees(REASON)
    reader.sees("access@example.org")
    change("Open again…", "Open this dataset again?", "Open again")
    reader.open(record, title)
    reader.follow("Request access", "Request access")
    change("Withdraw…", "Withdraw this dataset for good?", "Withdraw for good")
    reader.open(record)
    reader.sees(REASON)
    reader.open(site.catalogue + access)
    reader.sees(REASON)
    reader.open(site.catalogue + "/search", "Datasets")
    assert until(lambda: title not in reader.find(words))
    assert reader.refused == [(403, access), (410, access)]


def test_datasets_that_cannot_be_requested_say_so(site, meet, scene, setting):
    reader = meet(**setting)
    for name in ("embargoed", "closed", "suspended"):
        reader.open(site.catalogue + scene.path(name))
        assert reader.page.get_by_role("link", name=reader.say("Request access"), exact=True).count() == 0
        reader.open(scene.datasets[name]["access_url"])
        reader.page.locator("main a[href*='/records/']").first.click()
        reader.arrive()
        assert urlsplit(reader.page.url).path == scene.path(name)
    assert [status for status, _ in reader.refused] == [403, 403, 403]
