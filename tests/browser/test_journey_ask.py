"""A person finds a dataset, asks for it and follows the request; its owner asks back, approves, and takes it back."""

from pathlib import Path
from urllib.parse import urlsplit

from scene import FILE
from visitor import PERSON, until

QUESTION = 'Which variables?\nWe have 300. <img src="/nowhere" onerror="alert(1)">'
REASON = "The approval of the ethics committee has ended."


def test_a_request_from_the_search_to_the_end_of_the_approval(site, meet, scene, setting):
    reader, owner = meet(**setting), meet(**setting)
    title = "Asked for in %s" % setting["language"]
    dataset = scene.description(access_mode=["publication-portal"])
    dataset["core"]["titles"] = [{"lang": "en", "text": title}]
    scene.register("asked-" + setting["language"], dataset)

    # find and read
    reader.open(site.catalogue, "Find data about people. Ask to work with them.")
    assert until(lambda: reader.find('"%s"' % title)) == [title]
    reader.follow(title, title)
    record = reader.page.url
    reader.follow("Request access", "Request access")
    assert reader.page.url.startswith(site.secure)
    form = reader.page.url

    # ask: what is missing is said beside its field, and nothing that was typed is lost
    reader.fill({"title": "A question of diet", "name": PERSON[0]})
    reader.press("Send the request", "Request access")
    for fault in ("email-fault", "purpose-fault"):
        assert reader.page.locator("#" + fault).inner_text()
    assert reader.page.locator("#name").input_value() == PERSON[0]
    email = setting["language"].lower() + "@example.org"
    reader.fill({"email": email, "purpose": PERSON[2]})
    reader.press("Send the request", "A question of diet")
    reader.sees("Your request was sent to the owner of the data.")
    reader.sees("The owner of the data has your request")
    status = reader.page.url
    number = reader.page.locator(".page-head code").inner_text()

    # a reload asks nobody again; a second request of the same browser leads to the first
    reader.page.reload()
    assert reader.page.get_by_role("status").count() == 0
    reader.open(form, "Request access")
    reader.fill({"name": PERSON[0], "email": email.upper(), "purpose": "Again."})
    reader.press("Send the request", "A question of diet")
    assert reader.page.url == status

    # the owner asks for more, with words that are harmless
    owner.open(site.secure + "/inbox", "Sign in")
    owner.page.locator("#password").fill(site.passwords[site.secure])
    owner.press("Sign in", "Inbox")
    owner.page.locator("li", has_text=number).get_by_role("link").first.click()
    owner.arrive("A question of diet")
    owner.sees(PERSON[2])
    owner.follow("Ask for more…", "Give this request back?")
    owner.press("Give it back", "Give this request back?")
    assert owner.page.locator("#reason-fault").inner_text()
    owner.fill({"reason": QUESTION})
    owner.press("Give it back", "A question of diet")
    request = owner.page.url

    reader.open(status, "A question of diet")
    reader.sees("Your turn: the owner asks for more")
    reader.sees(QUESTION.partition("\n")[2])
    reader.follow("Answer and send again", "Answer the owner")
    reader.fill({"purpose": "Only blood pressure."})
    reader.press("Send the answer", "A question of diet")

    # the owner approves; the reader collects the file
    owner.open(request, "A question of diet")
    owner.sees("Only blood pressure.")
    owner.follow("Approve…", "Approve this request?")
    owner.press("Approve", "A question of diet")
    owner.sees("The link to collect the files is open.")
    reader.open(status, "A question of diet")
    reader.follow("Collect the files", "Collect the files")
    link = reader.page.url
    with reader.page.expect_download() as download:
        reader.page.locator("table a").first.click()
    assert download.value.suggested_filename == "values.csv"
    assert Path(download.value.path()).read_bytes() == FILE
    counts = {"open": 0, "approved": 1, "denied": 0}
    identifier = scene.identifier("asked-" + setting["language"])
    until(lambda: scene.known(identifier)["requests"].items() >= counts.items())

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
    assert reader.refused == [(400, "/request"), (404, urlsplit(link).path)]
    assert {status for status, _ in owner.refused} == {400}
    reader.open(record, title)


def test_an_approval_may_give_no_download(site, meet, scene, setting):
    reader, owner = meet(**setting), meet(**setting)
    reader.open(site.catalogue + "/search", "Datasets")
    (title,) = until(lambda: reader.find("MoBa"))
    reader.page.locator(".hits h3 a").click()
    reader.follow("Request access", "Request access")
    reader.sees("Inside the secure environment only")
    reader.fill({"name": PERSON[0], "email": "inside-%(width)d@example.org" % setting, "purpose": PERSON[2]})
    reader.page.get_by_role("button", name=reader.say("Send the request")).click()
    number = reader.page.locator(".page-head code").inner_text()
    reader.arrive(reader.say("Request %(number)s", number=number))

    owner.log_in("owner")
    owner.open("%s/inbox/%s" % (site.secure, number))
    owner.sees("An approval gives no download here: you tell the person how to work with the data.")
    owner.follow("Approve…", "Approve this request?")
    owner.press("Approve")
    owner.opened("Data owner")
    owner.press("Sign out", "Secure environment")
    owner.open(site.secure + "/inbox", "Sign in")
    assert owner.refused == []

    reader.page.reload()
    reader.sees("The owner has approved the request")
    reader.sees("The files of this dataset cannot be downloaded here. The owner will tell you how to work with them.")
    assert reader.page.get_by_role("link", name=reader.say("Collect the files")).count() == 0


def test_a_keyboard_is_enough_to_ask(site, visitor, scene):
    visitor.open(site.catalogue + scene.path("active"))
    reached = visitor.tab_through()
    assert reached.count("Request access") >= 1
    for _ in range(reached.index("Request access") + 1):
        visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Enter")
    visitor.arrive("Request access")
    visitor.press("Send the request", "Request access")
    visitor.page.get_by_role("alert").get_by_role("link").first.click()
    for control in ("name", "institution", "email", "purpose"):
        assert visitor.focused() == control
        visitor.page.keyboard.press("Tab")


def test_a_forged_reference_is_refused_with_a_way_back(site, meet, scene, setting):
    reader = meet(**setting)
    reader.open(site.secure + "/request?dataset=%s&ref=e30.e30.e30" % scene.identifier("active"))
    assert "Error" not in reader.page.locator("main").inner_text()
    reader.follow("Begin again from the dataset's page in the catalogue")
    assert urlsplit(reader.page.url).path == scene.path("active")
    reader.follow("Request access", "Request access")
    assert reader.refused == [(400, "/request")]
