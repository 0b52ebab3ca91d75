"""What holds beside the journeys: uploads are refused to scripts too, and a language that is chosen stays."""

import pytest
from playwright.sync_api import expect

PUT = """async ([method, path, kind]) => {
    let body = new Blob(["x".repeat(3000000)]);
    if (kind === "form") {
        const file = new File(["participant,value"], "values.csv", {type: "text/csv"});
        body = new FormData();
        body.append("file", file);
    }
    const answer = await fetch(path, {method, body});
    return {status: answer.status, type: answer.headers.get("Content-Type"), said: await answer.json()};
}"""


def test_an_upload_from_a_page_is_refused_and_the_script_reads_why(site, visitor):
    visitor.open(site.catalogue)
    bucket = "/api/files/7e7d4f1e-9a35-4d1e-8a0f-8d2f0b4f1a11"
    attempts = [
        ("PUT", bucket + "/values.csv", "bytes", "upload-refused"),
        ("PUT", bucket + "/values.csv", "form", "upload-refused"),
        ("POST", "/api/records/", "form", "form-data-refused"),
    ]
    for method, path, kind, code in attempts:
        answer = visitor.page.evaluate(PUT, [method, path, kind])
        assert (answer["status"], answer["type"]) == (403, "application/problem+json")
        assert answer["said"]["code"] == code and "secure environment" in answer["said"]["detail"]
        visitor.open(answer["said"]["help"], "Nothing can be uploaded here")
    assert visitor.refused == [(403, path) for _, path, _, _ in attempts]


@pytest.mark.parametrize("script", [True, False])
def test_a_language_that_is_chosen_stays(site, meet, scene, script):
    visitor = meet(script=script)
    for base, path in ((site.catalogue, scene.path("active")), (site.secure, "/")):
        visitor.open(base + path)
        visitor.page.locator("details.drop summary").first.click()
        visitor.page.get_by_role("link", name="Norsk bokmål").click()
        for address in (base + path, base + "/nowhere"):
            expect(visitor.page.locator("html")).to_have_attribute("lang", "nb")
            visitor.open(address)
        visitor.page.locator("details.drop summary").first.click()
        visitor.page.get_by_role("link", name="English").click()
        expect(visitor.page.locator("html")).to_have_attribute("lang", "en")
    assert {status for status, _ in visitor.refused} == {404}


def test_every_control_of_the_form_is_reached_by_the_keyboard(site, visitor):
    visitor.log_in("owner")
    visitor.open(site.secure + "/register", "Register a dataset")
    visitor.press("Begin", "What it is")
    reached = visitor.tab_through()
    fields = visitor.page.locator(
        "main input:not([type=checkbox]):not([type=hidden]), main select, main textarea"
    ).all()
    assert {field.get_attribute("id") for field in fields} <= set(reached)
