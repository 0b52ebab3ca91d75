"""A person finds a dataset, asks for it and follows the request; its owner asks back, approves, and takes it back."""

import datetime
from pathlib import Path
from urllib.parse import urlsplit

from playwright import sync_api as playwright
from scene import FILE
from visitor import PERSON, until

from secureb2share_ext.pages import language

DAY, LATER = (
    (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).date().isoformat()
    for days in (90, 400)
)
QUESTION = 'Which variables?\nWe have 300. <img src="/nowhere" onerror="alert(1)">'
HOW = "Write to <b>the office</b> for an account."
REASON = "The approval of the ethics committee has ended."


def in_words(person, day):
    """A day as the pages say it to a person."""
    return language.format_date(day, language.supported([person.language]))


def test_a_request_from_the_search_to_the_end_of_the_approval(site, meet, scene, setting):
    reader, owner = meet(**setting), meet(**setting)
    title = "Asked for in %s" % setting["language"]
    dataset = scene.description(access_mode=["publication-portal"])
    dataset["core"]["titles"] = [{"lang": "en", "text": title}]
    scene.register("asked-" + setting["language"], dataset)

    # find and read
    reader.open(site.catalogue, "Find data about people. Ask to work with them.")
    until(lambda: reader.find('"%s"' % title) == [title])
    reader.follow(title, title)
    record = reader.page.url
    reader.follow("Request access", "Request access")
    assert reader.page.url.startswith(site.secure)
    form = reader.page.url

    # ask: what is missing is said beside its field, and nothing that was typed is lost
    reader.fill({"title": "A question of diet", "name": PERSON[0]})
    reader.press("Send the request", "Request access")
    for fault in ("email-fault", "purpose-fault"):
        reader.sees("Please fill in this field.", "#" + fault)
    assert reader.page.locator("#name").input_value() == PERSON[0]
    email = setting["language"].lower() + "@example.org"
    reader.fill({"email": email, "purpose": PERSON[2]})
    reader.press("Send the request", "A question of diet")
    reader.sees("Your request was sent to the owner of the data.")
    reader.sees("The owner of the data has your request")
    status = reader.page.url
    number = reader.page.locator(".page-head code").inner_text()

    # a reload asks nobody again; a second submission of the form makes no second request
    reader.page.reload()
    reader.sees("The owner of the data has your request")
    assert reader.page.get_by_role("status").count() == 0
    reader.open(form, "Request access")
    reader.fill({"name": PERSON[0], "email": email.upper(), "purpose": "Again."})
    reader.press("Send the request", "Secure environment")
    reader.sees("Sent")
    reader.follow("My requests", "My requests")
    assert reader.page.locator(".queue li").count() == 1
    reader.follow("A question of diet", "A question of diet")
    assert reader.page.url == status

    # the owner asks a question, with words that are harmless
    owner.open(site.secure + "/inbox", "Sign in")
    owner.sign_in("owner-tsd")
    owner.arrive("Inbox")
    owner.page.locator("li", has_text=number).get_by_role("link").first.click()
    owner.arrive("A question of diet")
    owner.sees(PERSON[2])
    owner.follow("Ask the applicant…", "Ask the applicant a question?")
    owner.press("Send the question", "Ask the applicant a question?")
    owner.sees("Please say why: the person who asked reads this.", "#reason-fault")
    owner.fill({"reason": QUESTION})
    owner.press("Send the question", "A question of diet")
    request = owner.page.url

    reader.open(status, "A question of diet")
    reader.sees("Your turn: the owner asks a question")
    for line in QUESTION.split("\n"):
        reader.sees(line)
    reader.follow("Answer and send again", "Answer the owner")
    for line in QUESTION.split("\n"):
        reader.sees(line)
    assert reader.page.locator("main img").count() == 0
    reader.press("Send the answer", "Answer the owner")
    reader.sees("Please fill in this field.", "#answer-fault")
    reader.fill({"answer": "Two of the 300.", "purpose": "Only blood pressure."})
    reader.press("Send the answer", "A question of diet")
    reader.sees("Two of the 300.")

    # the owner approves; the reader collects the file
    owner.open(request, "A question of diet")
    owner.sees("Only blood pressure.")
    owner.sees("Two of the 300.", ".kv:has-text('Which variables?')")
    owner.follow("Approve…", "Approve this request?")
    owner.press("Approve", "Approve this request?")
    owner.sees("Please choose a day from today on, within the next five years.", "#until-fault")
    owner.fill({"until": DAY})
    owner.press("Approve", "A question of diet")
    owner.sees("The link to collect the files is open.")
    owner.sees(in_words(owner, DAY), ".time")
    reader.open(status, "A question of diet")
    reader.follow("Collect the files", "Collect the files")
    link = reader.page.url
    with reader.page.expect_download() as download:
        reader.page.locator("table a").first.click()
    assert download.value.suggested_filename == "values.csv"
    assert Path(download.value.path()).read_bytes() == FILE
    counts = {"open": 0, "approved": 1, "denied": 0, "closed": 0}
    identifier = scene.identifier("asked-" + setting["language"])
    until(lambda: scene.known(identifier)["requests"] == counts)

    # the owner gives more days; the link is the same
    owner.follow("Change the last day…", "Change the last day of access?")
    assert owner.page.locator("#until").input_value() == DAY
    owner.fill({"until": LATER})
    owner.press("Change the last day", "A question of diet")
    owner.sees("Approval changed")
    reader.open(status, "A question of diet")
    reader.sees("The owner changed the approval")
    reader.sees(in_words(reader, LATER), "#how")
    reader.open(link, "Collect the files")

    # the owner takes the approval back, which is asked once more and needs a reason
    owner.follow("Take the approval back…", "Take the approval back?")
    owner.press("Take the approval back", "Take the approval back?")
    owner.fill({"reason": REASON})
    owner.press("Take the approval back", "A question of diet")
    owner.sees("Nothing is left to decide.")
    reader.open(link, "There is nothing to collect at this address")
    reader.open(status, "A question of diet")
    reader.sees("The owner has taken the approval back")
    reader.sees(REASON)
    assert reader.refused == [(400, "/a/127835"), (400, urlsplit(status).path + "/change"), (404, urlsplit(link).path)]
    decisions = [(400, "%s/%s" % (urlsplit(request).path, verb)) for verb in ("return", "approve", "revoke")]
    assert owner.refused == decisions
    ended = {"open": 0, "approved": 0, "denied": 0, "closed": 1}
    until(lambda: scene.known(identifier)["requests"] == ended)
    reader.open(record, title)


def test_an_approval_may_give_no_download(site, meet, scene, setting):
    reader, owner = meet(**setting), meet(**setting)
    reader.open(site.catalogue + "/search", "Datasets")
    (title,) = until(lambda: reader.find("MoBa"))
    reader.page.locator(".hits h3 a").click()
    reader.follow("Request access", "Request access")
    reader.fill({"name": PERSON[0], "email": "inside-%(width)d@example.org" % setting, "purpose": PERSON[2]})
    reader.press("Send the request", "Your request for access")
    number = reader.page.locator(".page-head code").inner_text()

    owner.log_in("owner")
    owner.open("%s/inbox/%s" % (site.secure, number))
    owner.sees("An approval gives no download here: you tell the person how to work with the data.")
    owner.follow("Approve…", "Approve this request?")
    owner.fill({"until": DAY, "how": HOW})
    owner.press("Approve", owner.say("Request of %(name)s", name=PERSON[0]))
    owner.opened("Data owner")
    owner.press("Sign out", "Secure environment")
    owner.open(site.secure + "/inbox", "Sign in")
    assert owner.refused == []

    reader.page.reload()
    reader.sees("Inside the secure environment only")
    reader.sees("The owner has approved the request")
    reader.sees("The files of this dataset cannot be downloaded here. How to work with them is said below.")
    reader.sees(
        "You work inside the secure environment, which the data do not leave. You need an account there.", "#how"
    )
    reader.sees(HOW, "#how")
    assert reader.page.get_by_role("link", name=reader.say("Collect the files")).count() == 0


def test_a_second_request_of_a_browser_leads_to_the_first(site, meet, scene, setting):
    reader = meet(**setting)
    reader.open(scene.datasets["asked-plainly"]["access_url"], "Request access")
    assert reader.page.url.startswith(site.third + "/request?")
    form, person = reader.page.url, {"name": PERSON[0], "email": "again-%(width)d@example.org" % setting}
    reader.fill({"title": "A question of diet", "purpose": PERSON[2], **person})
    reader.press("Send the request", "A question of diet")
    status = reader.page.url
    reader.open(form, "Request access")
    reader.sees("You have asked for this dataset already")
    reader.fill({**person, "email": person["email"].upper(), "purpose": "Again."})
    reader.press("Send the request", "A question of diet")
    assert reader.page.url == status
    reader.follow("My requests", "My requests")
    assert reader.page.locator(".queue li").count() == 1
    assert reader.refused == []


def test_a_keyboard_is_enough_to_ask(site, visitor, scene):
    visitor.open(site.catalogue + scene.path("active"))
    reached = visitor.tab_through()
    assert "Request access" in reached, reached
    visitor.page.reload()
    for _ in range(len(reached)):
        visitor.page.keyboard.press("Tab")
        if visitor.focused() == "Request access":
            break
    assert visitor.focused() == "Request access"
    visitor.page.keyboard.press("Enter")
    visitor.arrive("Request access")
    visitor.press("Send the request", "Request access")
    visitor.page.get_by_role("alert").get_by_role("link").first.click()
    person = {"name": PERSON[0], "institution": "", "email": "keyboard@example.org", "purpose": PERSON[2]}
    for control, text in person.items():
        assert visitor.focused() == control
        visitor.page.keyboard.type(text)
        visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Enter")
    visitor.arrive("Your request for access")


def test_a_forged_reference_is_refused_with_a_way_back(site, meet, scene, setting):
    reader = meet(**setting)
    forged = site.secure + "/request?dataset=%s&ref=e30.e30.e30" % scene.identifier("active")
    reader.open(forged, "This link is not valid")
    said = "The catalogue did not make this link, or it is out of date, or it was changed on its way."
    playwright.expect(reader.page.get_by_role("alert")).to_have_text(reader.say(said))
    assert reader.page.locator("main form").count() == 0
    reader.follow("Begin again from the dataset's page in the catalogue")
    assert urlsplit(reader.page.url).path == scene.path("active")
    reader.follow("Request access", "Request access")
    assert reader.refused == [(400, "/request")]
