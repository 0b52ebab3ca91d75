"""A curator describes an interview study, publishes it, changes it and withdraws it."""

from visitor import until

WHAT = {
    "core.descriptions.0.text": "Interviews with nurses of one hospital, transcribed.",
    "core.creators.0.name": "An institute of social research",
    "core.publisher": "A university",
    "core.publication_year": "2024",
    "core.contacts.0.name": "Data access committee",
    "core.contacts.0.email": "access@example.org",
}
ACCESS = {
    "sensitive.access_right": "controlled",
    "sensitive.access_conditions.0.text": "The nurses consented to research.",
}
LAW = {"sensitive.controller_name": "A university", "sensitive.controller_country": "Norge"}
WHERE = {
    "sensitive.storage_service": "Services for sensitive data",
    "sensitive.storage_organisation": "A university",
    "sensitive.storage_country": "Norwegia",
}


def test_an_interview_study_is_described_published_changed_and_withdrawn(site, meet, setting):
    curator, reader = meet(**setting), meet(**setting)
    title = "Night shifts, 24 interviews " + setting["language"]
    curator.log_in("curator")
    curator.open(site.catalogue + "/secureb2share/describe/", "Describe a dataset")
    curator.press("Begin a new description", "What it is")
    curator.fill({"core.titles.0.lang": "en", "core.titles.0.text": title, "core.publication_year": "soon"})
    curator.press("Save and go on")
    # the fault stands beside its field, and nothing is lost
    assert curator.page.locator("[id='core.publication_year-e']").inner_text()
    assert curator.page.locator("[id='core.titles.0.text']").input_value() == title

    # a second title, in another language, without a script
    button = curator.page.locator("button[name=add][value='core.titles']")
    button.click()
    curator.fill({"core.titles.1.lang": "nb", "core.titles.1.text": "Nattskift, 24 intervjuer"})
    curator.fill(WHAT)
    curator.press("Save and go on", "Access")
    curator.fill(ACCESS)
    curator.page.locator("[name='sensitive.access_mode'][value='secure-environment-only']").check()
    curator.page.locator("[name='sensitive.access_eligibility'][value='researcher-eea']").check()
    curator.press("Save and go on", "The people in the data")
    curator.fill({"sensitive.deidentification": "anonymised"})
    curator.page.locator("[id='sensitive.special_categories.none']").check()
    curator.press("Save and go on", "Responsibility and law")
    curator.fill(LAW)
    for name in ("Permitted use", "Health data", "Where and how long"):
        curator.press("Save and go on", name)
    curator.fill(WHERE)
    curator.press("Save and go on", "Where and how long")
    # a country that nobody knows is told beside the field; whatever name or code it has is read
    country = curator.page.locator("[id='sensitive.storage_country']")
    assert curator.page.locator("[id='sensitive.storage_country-e']").inner_text()
    assert country.input_value() == "Norwegia"
    country.fill("NO")
    curator.press("Save and go on", "What the data are made of")
    curator.press("Save and go on", "Files")
    curator.press("Save and go on", "Check and publish")
    curator.follow("Publish…", "Publish this dataset?")
    reader.open(site.catalogue + "/search", "Datasets")
    assert reader.find('"%s"' % title) == []
    curator.press("Yes, publish the dataset", "Describe a dataset")
    said = curator.say("%(identifier)s is published.", identifier="")
    assert curator.page.get_by_role("status").inner_text().count(said.strip()) == 1

    mine = "Nattskift, 24 intervjuer" if setting["language"] == "nb-NO" else title
    assert mine in until(lambda: reader.find('"%s"' % title))
    reader.follow(mine, mine)
    reader.sees("Interviews with nurses of one hospital, transcribed.")

    # change it
    curator.open(site.catalogue + "/secureb2share/describe/", "Describe a dataset")
    entry = curator.page.locator("li", has_text=mine)
    entry.get_by_role("button", name=curator.say("Change")).click()
    curator.arrive("What it is")
    curator.fill({"core.publisher": "Another university"})
    curator.press("Save and leave", "Describe a dataset")
    curator.page.locator("li", has_text=mine).first.get_by_role("link").first.click()
    curator.arrive("What it is")
    # a step of the form saves what was typed on its way
    curator.fill({"core.publisher": "A third university"})
    curator.press("Check and publish", "Check and publish")
    curator.sees("third")  # the comparison marks words, so that the whole name stands in no single text
    curator.follow("Publish…", "Publish this change?")
    curator.press("Yes, publish the change")
    until(lambda: reader.page.reload() and "A third university" in reader.page.locator("main").inner_text())

    # withdraw it: a reason is needed, and it is asked once more
    curator.open(site.catalogue + "/secureb2share/describe/", "Describe a dataset")
    entry = curator.page.locator("li", has_text=mine)
    entry.get_by_role("link", name=curator.say("Withdraw…")).click()
    curator.arrive("Withdraw this dataset for good?")
    curator.fill({"reason": "A participant objected."})
    curator.press("Yes, withdraw it for good", "Describe a dataset")
    reader.page.reload()
    reader.sees("A participant objected.")
    assert reader.refused == []
