"""A curator decides on what CSC sends: refuses it with a reason, publishes it, and publishes a change of it."""

from visitor import until

REASON = "The contact cannot be reached. <b id=harm>"


def test_a_registration_is_refused_mended_published_and_changed(site, meet, scene, setting):
    curator, slower, owner, reader = (meet(**setting) for _ in range(4))
    name, title = "review-" + setting["language"], "Sent for review in " + setting["language"]
    identifier = scene.identifier(name)
    dataset = scene.description("finngen")
    dataset["core"]["titles"] = [{"lang": "en", "text": title}]
    scene.register(name, dataset, site.second)

    reader.open(site.catalogue + "/search", "Datasets")
    assert title not in reader.find(title)
    curator.open(site.catalogue + "/secureb2share/review/")
    # the catalogue's own login is there, for who decides nothing
    curator.opened("Log in with a password alone")
    curator.fill({"email": "curator@catalogue.example.org", "password": "not the password"})
    curator.page.keyboard.press("Enter")
    curator.page.get_by_role("alert").wait_for()
    curator.sign_in("curator")
    curator.arrive("Review")

    # refuse with a reason
    curator.follow(title, title)
    curator.press("Refuse", title)
    assert curator.page.locator("#reason-fault").inner_text()
    curator.fill({"reason": REASON})
    curator.press("Refuse", "Review")
    assert curator.page.get_by_role("link", name=title).count() == 0
    curator.follow("Decided", exact=False)
    curator.sees(REASON)

    # the owner reads why and mends it
    owner.log_in("second")
    page = "%s/registered/%s" % (site.second, identifier)
    owner.open(page, title)
    until(lambda: owner.page.reload() and REASON in owner.page.locator("main").inner_text())
    owner.follow("Correct the description", "Correct the description")
    owner.press("Correct it", "What it is")
    owner.fill({"core.contacts.0.name": "Access office"})
    owner.press("Save and go on", "Access")
    owner.press("Check and send", "Check and send")
    owner.press("Send the correction", title)
    owner.sees("The description waits for the catalogue's curator")

    # publish: asked once more; who was slower is told so
    slower.log_in("curator")
    for one in (curator, slower):
        one.open(site.catalogue + "/secureb2share/review/", "Review")
        one.follow(title, title)
        one.press("Publish…", "Publish this dataset?")
    curator.press("Yes, publish the dataset", "Review")
    slower.press("Yes, publish the dataset", "This registration waits no longer")
    slower.sees("Another curator was faster")
    reader.open(site.catalogue + "/search", "Datasets")
    assert until(lambda: reader.find('"%s"' % title)) == [title]

    # a change: what was and what will be, each with its label, word by word
    dataset["core"]["contacts"][0]["name"] = "Access office by telephone"
    scene.register(name, dataset, site.second)
    curator.open(site.catalogue + "/secureb2share/review/", "Review")
    curator.follow(title, title)
    change = curator.page.locator(".change", has_text="telephone")
    assert "telephone" in change.locator("ins").first.inner_text()
    assert curator.say("Published now") in change.inner_text() and curator.say("Sent") in change.inner_text()
    curator.press("Publish…", "Publish this change?")
    curator.press("Yes, publish the change", "Review")
    curator.follow("Log out")
    curator.open(site.catalogue + "/secureb2share/review/")
    assert curator.page.locator("#password").count() == 1
    reader.page.locator(".hits h3 a").first.click()
    reader.arrive(title)
    until(lambda: reader.page.reload() and "by telephone" in reader.page.locator("main").inner_text())
    assert reader.refused == owner.refused == []
