"""What a person does on the demo's pages, in a browser that reports every complaint."""

import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright for Python is not installed")

from demo.launch import SOURCES, free_ports  # noqa: E402
from demo.secure_environment.seed import SAMPLE  # noqa: E402

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FRONT = "Find data about people. Ask to work with them."
HOSTILE = '<script>alert(1)</script> & "quotes" שלום'
REASON = 'Consent is under review. <img src="/nowhere" onerror="alert(1)">'

# what is wrong with the structure of a page; [] is good
FAULTS = """() => {
    const all = (selector) => [...document.querySelectorAll(selector)];
    const faults = [];
    if (!document.documentElement.lang) faults.push("no lang");
    if (!document.title.trim()) faults.push("no title");
    if (all("h1").length !== 1 || !all("h1")[0].innerText.trim()) faults.push("not one h1");
    for (const input of all("input:not([type=hidden]), select, textarea"))
        if (![...input.labels].some((label) => label.textContent.trim()))
            faults.push("no label: " + input.outerHTML);
    for (const image of all("img:not([alt])")) faults.push("no alt: " + image.outerHTML);
    for (const target of all("a, button"))
        if (target.tabIndex < 0 || !(target.ariaLabel || target.textContent).trim())
            faults.push(target.outerHTML);
    for (const script of all("script:not([type='application/ld+json'], [src^='/static/']), style, [style]"))
        faults.push("inline: " + script.outerHTML);
    if (document.documentElement.scrollWidth > innerWidth) faults.push("wider than the window");
    return faults;
}"""
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

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium was found, and CHROMIUM does not name one"),
]


class Site:
    def __init__(self, ports, data):
        self.catalogue, self.secure, self.second = ("http://localhost:%d" % port for port in ports)
        self.login = json.loads((data / "catalogue" / "curator.json").read_text())
        self.passwords = {
            address: (data / folder / "password").read_text().strip()
            for address, folder in zip((self.secure, self.second), SOURCES.values())
        }


class Visitor:
    """A person with a browser of their own, who notes what it complains about."""

    def __init__(self, context, site):
        self.site = site
        self.complaints = []
        self.refused = []  # (status, path) of the answers from 400 on
        context.add_init_script(
            "document.addEventListener('securitypolicyviolation',"
            " (e) => console.error('policy', e.violatedDirective, e.blockedURI))"
        )
        context.on("console", self._said)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("dialog", self._asked)
        self.page = context.new_page()
        self.page.set_default_timeout(10000)
        self.heading = self.page.locator("h1")

    def _said(self, message):
        # such an answer is in self.refused, but for the icon that browsers look for where a page names none
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)

    def _failed(self, request):
        # the browser's own doing: a download ends its navigation, and a reader who goes on leaves an icon behind
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append("%s %s" % (request.url, request.failure))

    def _answered(self, response):
        if response.status >= 400:
            self.refused.append((response.status, urlsplit(response.url).path))

    def _asked(self, dialog):
        self.complaints.append("a dialog: " + dialog.message)
        dialog.dismiss()

    def open(self, address, heading):
        self.page.goto(address)
        self.arrive(heading)

    def arrive(self, heading):
        playwright.expect(self.heading).to_have_text(heading)
        self.page.wait_for_load_state()  # without its styles a page is wider
        assert self.page.evaluate(FAULTS) == [], self.page.url

    def follow(self, name, heading, exact=True):
        self.page.get_by_role("link", name=name, exact=exact).first.click()
        self.arrive(heading)

    def press(self, name, heading):
        self.page.get_by_role("button", name=name, exact=True).click()
        self.arrive(heading)

    def write(self, label, text):
        self.page.get_by_label(label, exact=True).click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, label, choice):
        self.page.get_by_label(label, exact=True).select_option(choice)

    def search(self, words):
        self.write("Search all datasets", words)
        self.page.keyboard.press("Enter")
        playwright.expect(self.page.get_by_role("heading", name="for “%s”" % words)).to_be_visible()
        self.arrive("Datasets")
        return self.page.locator(".hits h3").all_inner_texts()

    def tab_through(self):
        found = []
        for _ in range(200):
            self.page.keyboard.press("Tab")
            focused = self.focused()
            if focused == "body" or focused in found[:1]:
                return found
            # the parts of a date are one input
            if focused not in found[-1:]:
                found.append(focused)
        raise AssertionError(found)

    def focused(self):
        return self.page.evaluate(
            "[document.activeElement].map((e) => e === document.body ? 'body' : e.id || e.innerText)[0]"
        )

    def log_in(self, address, then="Inbox"):
        """Open the inbox of a secure environment, or what was asked for, as its data owner."""
        if then == "Inbox":
            self.open(address + "/inbox", "Sign in")
        assert self.focused() == "password"
        self.page.keyboard.type(self.site.passwords[address])
        self.press("Sign in", then)

    def fill(self, values):
        """Fill in controls of the form of a description, by their names."""
        for name, text in values.items():
            control = self.page.locator('[id="%s"]' % name)
            if control.evaluate("(e) => e.tagName") == "SELECT":
                control.select_option(text)
            else:
                control.fill(text)

    def register(self, title, right="controlled", requests_from="", with_file=True):
        self.open(self.site.secure, "Secure environment")
        if self.page.get_by_text("Data owner", exact=True).count():
            self.follow("Register a dataset", "Register a dataset")
        else:
            self.follow("Register a dataset", "Sign in")
            self.log_in(self.site.secure, "Register a dataset")
        self.press("Begin", "What it is")
        what = {
            "titles.0.text": title,
            "descriptions.0.text": "A cohort that was made up.",
            "creators.0.name": "A group",
        }
        what.update(
            {"publisher": "An institute", "contact.name": "Access committee", "contact.email": "access@example.org"}
        )
        self.fill({"core." + name: text for name, text in what.items()})
        self.press("Save and go on", "Access")
        access = {"access_right": right, "embargo_until": requests_from}
        access["access_conditions.0.text"] = "A project plan is needed."
        self.fill({"sensitive." + name: text for name, text in access.items()})
        self.press("Save and go on", "The people in the data")
        self.fill({"sensitive.controller_name": "An institute", "sensitive.deidentification": "aggregated"})
        self.page.get_by_label("There are none in the data").check()
        for heading in ("Permitted use", "Health data", "Where and how long", "Files"):
            self.press("Save and go on", heading)
        if with_file:
            values = {"name": "values.csv", "mimeType": "text/csv", "buffer": b"participant,value\n1,42\n"}
            self.page.get_by_label("File 1", exact=True).set_input_files([values])
            self.write("Label of file 1", title)
            arrived = self.page.get_by_text("The file is here, and its checksum is right.")
            playwright.expect(arrived).to_be_visible()
        self.press("Save and go on", "Check and send")
        self.press("Register", title)
        published = self.page.get_by_role("heading", name="The catalogue has published the description")
        playwright.expect(published).to_be_visible()
        if with_file:
            playwright.expect(self.page.locator("#files")).to_contain_text("values.csv · 23 bytes")
        return self.page.locator("dd a").first.inner_text()

    def set_state(self, title, verb, reason):
        self.open(self.site.secure + "/datasets", "Datasets")
        if verb != "Suspend":
            self.follow("Closed (", "Datasets", exact=False)
        self.follow(title, title)
        self.page.get_by_role("link", name=verb + "…", exact=True).click()
        self.page.locator("#reason").fill(reason)
        self.page.locator("main button").click()
        self.arrive(title)
        playwright.expect(self.page.get_by_role("status")).to_contain_text("here and in the catalogue")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    ports = free_ports(3)
    data = tmp_path_factory.mktemp("demo")
    names = ("--port", "--secure-port", "--second-secure-port")
    options = ["--data", data, *itertools.chain(*zip(names, map(str, ports)))]
    demo = subprocess.Popen(
        [sys.executable, "-m", "demo", *options],
        cwd=Path(__file__).resolve().parents[2],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        seen = ""
        while "Press Ctrl-C to stop the demo." not in seen:
            line = demo.stdout.readline()
            assert line, seen
            seen += line
        yield Site(ports, data)
    finally:
        demo.send_signal(signal.SIGTERM)
        output, _ = demo.communicate(timeout=20)
    assert (demo.returncode, output) == (0, "Stopped.\n")
    for port in ports:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def meet(chromium, site):
    visitors = []

    def meet(width=1200):
        context = chromium.new_context(viewport={"width": width, "height": 800}, locale="en-GB")
        visitors.append((context, Visitor(context, site)))
        return visitors[-1][1]

    yield meet
    for context, _ in visitors:
        context.close()
    assert [visitor.complaints for _, visitor in visitors] == [[] for _ in visitors]


@pytest.fixture
def visitor(meet):
    return meet()


def until(look):
    end = time.monotonic() + 15
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end
        time.sleep(0.3)


def test_a_reader_finds_a_dataset_and_collects_its_file(site, meet):
    reader, owner = meet(), meet()
    reader.open(site.catalogue + "/search", "Datasets")
    until(lambda: reader.page.reload() and reader.page.locator(".hits li").count() >= 7)
    assert any(title.startswith("Reseptregisteret") for title in reader.search("prescription"))
    (title,) = reader.search("moli-sani")
    reader.follow(title, title)

    reached = reader.tab_through()
    links = reader.page.get_by_role("link").all_inner_texts()
    assert set(links) <= set(reached) and "Request access" in reached
    for _ in range(reached.index("Request access") + 1):
        reader.page.keyboard.press("Tab")
    reader.page.keyboard.press("Enter")
    reader.arrive("Request access")
    assert reader.page.url.startswith(site.secure)

    reader.press("Send the request", "Request access")
    playwright.expect(reader.page.get_by_role("alert")).to_contain_text("3 things to mend")
    reader.page.get_by_role("alert").get_by_role("link").first.click()
    for label, text in (
        ("name", "A researcher"),
        ("institution", "A university"),
        ("email", "researcher@example.org"),
        ("purpose", "To compare.\n" + HOSTILE),
    ):
        assert reader.focused() == label
        reader.page.keyboard.type(text)
        reader.page.keyboard.press("Tab")
    form = reader.page.url
    reader.page.get_by_role("button", name="Send the request").click()
    playwright.expect(reader.page.get_by_role("status")).to_have_text("Your request was sent to the owner of the data.")
    status, number = reader.page.url, reader.page.locator(".page-head code").inner_text()
    reader.arrive("Request " + number)
    reader.page.reload()
    playwright.expect(reader.page.locator(".badge").first).to_have_text("Waits for a decision")
    assert reader.page.get_by_role("status").count() == 0

    # asking again shows the first request
    reader.open(form, "Request access")
    for label, text in (("name", "A researcher"), ("email", " Researcher@Example.org"), ("purpose", "Again.")):
        reader.page.locator("#" + label).fill(text)
    reader.press("Send the request", "Request " + number)
    playwright.expect(reader.page.get_by_role("status")).to_contain_text("no new request was made")
    assert reader.page.url == status

    owner.log_in(site.secure)
    owner.follow("Request " + number, "Request " + number)
    playwright.expect(owner.page.locator("main")).to_contain_text(HOSTILE)
    owner.follow("Approve…", "Approve this request?")
    owner.press("Approve", "Request " + number)
    playwright.expect(owner.page.get_by_role("status")).to_contain_text("You have approved the request.")

    reader.open(status, "Request " + number)
    playwright.expect(reader.page.locator("main")).to_contain_text("The owner has approved the request")
    reader.follow("Collect the files", "Collect the files")
    link = reader.page.url
    with reader.page.expect_download() as download:
        reader.page.get_by_role("link", name="Measurements (made up)").click()
    assert download.value.suggested_filename == "measurements.csv"
    assert Path(download.value.path()).read_bytes() == SAMPLE
    reader.open(site.catalogue, FRONT)
    reader.follow(title, title)
    playwright.expect(reader.page.get_by_text("Requests: 0 open, 1 approved, 0 denied.")).to_be_visible()

    owner.follow("Take the approval back…", "Take the approval back?")
    owner.page.locator("#reason").fill(REASON)
    owner.press("Take the approval back", "Request " + number)
    reader.open(link, "There is nothing to collect at this address")
    reader.open(status, "Request " + number)
    playwright.expect(reader.page.locator("main")).to_contain_text(REASON)
    assert reader.refused == [(400, "/request"), (404, urlsplit(link).path)] and owner.refused == []


def test_an_owner_registers_hostile_text_then_closes_the_dataset(site, visitor):
    record = visitor.register(HOSTILE)
    visitor.follow(record, HOSTILE)
    assert visitor.page.url == record
    name = "JSON.parse(document.querySelector('script').textContent).name[0]['@value']"
    assert visitor.page.evaluate(name) == HOSTILE
    playwright.expect(visitor.page.get_by_role("link", name="Request access: " + HOSTILE)).to_be_visible()
    visitor.follow("Secure B2SHARE", FRONT)
    assert visitor.search("quotes שלום") == [HOSTILE]
    visitor.follow(HOSTILE, HOSTILE)
    visitor.follow("Request access", "Request access")
    playwright.expect(visitor.page.locator(".lead")).to_have_text(HOSTILE)

    state = visitor.page.locator("p.state")
    visitor.set_state(HOSTILE, "Suspend", REASON)
    visitor.open(record, HOSTILE)
    playwright.expect(state).to_contain_text("Suspended since ")
    playwright.expect(state).to_contain_text(REASON)
    assert "Request access" not in visitor.tab_through()
    playwright.expect(visitor.page.get_by_text("Access can be requested")).to_have_count(0)
    visitor.follow("About access", "Access cannot be requested")
    body = visitor.page.locator("body")
    playwright.expect(body).to_contain_text("Requests for this dataset are suspended. " + REASON)
    playwright.expect(body).to_contain_text("access@example.org")
    visitor.follow("The record of this dataset", HOSTILE)

    visitor.set_state(HOSTILE, "Withdraw", REASON)
    visitor.open(record, HOSTILE)
    playwright.expect(state).to_contain_text("Withdrawn since ")
    visitor.follow("About access", "Withdrawn")
    playwright.expect(body).to_contain_text("This dataset was withdrawn. " + REASON)
    visitor.open(site.catalogue, FRONT)
    assert visitor.search("quotes שלום") == []
    access = urlsplit(record).path.replace("/records", "/api/access")
    assert visitor.refused == [(403, access), (410, access)]


def test_datasets_that_cannot_be_requested_say_so(site, visitor):
    refused, closed = [], "Access cannot be requested"
    for right, day, said, heading in (
        ("embargoed", "2099-01-31", "Access can be requested from 2099-01-31.", closed + " yet"),
        ("metadata-only", "", closed + ".", closed),
    ):
        title = "A dataset that is " + right
        record = visitor.register(title, right, day, with_file=False)
        visitor.follow(record, title)
        playwright.expect(visitor.page.locator(".request .access")).to_have_text(said)
        assert "Request access" not in visitor.tab_through()
        visitor.follow("About access", heading)
        playwright.expect(visitor.page.locator("main")).to_contain_text(said)
        visitor.follow("The record of this dataset", title)
        refused.append((403, urlsplit(record).path.replace("/records", "/api/access")))
    assert visitor.refused == refused


@pytest.mark.parametrize("width", [1200, 390])
def test_a_curator_reviews_and_the_owner_reads_why(site, meet, width):
    curator, owner = meet(width), meet(width)
    owner.log_in(site.second)
    owner.open(site.second + "/datasets?show=waiting", "Datasets")
    waiting = owner.page.locator(".queue > li", has_text="It waits for the catalogue's curator.")
    until(lambda: owner.page.reload() and waiting.count() >= 2)
    refused, released = waiting.get_by_role("heading").get_by_role("link").all_inner_texts()[:2]

    curator.open(site.catalogue + "/search", "Datasets")
    titles = curator.page.locator(".hits h3").all_inner_texts()
    assert refused not in titles and released not in titles
    curator.follow("For curators", "Log in")
    curator.write("E-mail address", site.login["email"])
    curator.write("Password", "not the password")
    curator.press("Log in", "Log in")
    playwright.expect(curator.page.get_by_role("alert")).to_contain_text("Invalid password")
    curator.write("Password", site.login["password"])
    curator.press("Log in", "Registrations that wait for review")

    curator.follow(refused, refused)
    curator.press("Refuse", refused)
    playwright.expect(curator.page.get_by_role("alert")).to_contain_text("reason")
    curator.page.locator("#reason").fill(HOSTILE)
    curator.press("Refuse", "Registrations that wait for review")
    playwright.expect(curator.page.get_by_role("link", name=refused)).to_have_count(0)
    curator.follow(released, released)
    curator.press("Release: publish it", "Registrations that wait for review")
    curator.follow("Secure B2SHARE", FRONT)
    curator.follow(released, released)
    curator.follow("Log out", FRONT)
    curator.follow("For curators", "Log in")

    entry = owner.page.locator(".queue > li", has_text=refused)
    until(lambda: owner.page.reload() and HOSTILE in entry.inner_text())
    owner.arrive("Datasets")
    owner.follow(refused, refused)
    playwright.expect(owner.page.locator("main")).to_contain_text(HOSTILE)
    owner.follow("Correct the description", "Correct the description")
    playwright.expect(owner.page.get_by_role("alert")).to_contain_text(HOSTILE)
    owner.press("Correct it", "What it is")
    owner.fill({"core.contact.name": "Access office %d" % width})
    owner.press("Save and go on", "Access")
    owner.follow("Check and send", "Check and send", exact=False)
    owner.press("Send the correction", refused)
    waits = owner.page.get_by_role("heading", name="The description waits for the catalogue's curator")
    playwright.expect(waits).to_be_visible()
    assert owner.refused == []


@pytest.mark.parametrize("width", [1200, 390])
def test_an_approved_reader_is_told_to_work_inside(site, meet, width):
    reader, owner = meet(width), meet(width)
    reader.open(site.catalogue, FRONT)
    (title,) = until(lambda: reader.search("mor og barn"))
    reader.follow(title, title)
    reader.follow("Request access", "Request access")
    playwright.expect(reader.page.locator(".facts")).to_contain_text("Inside the secure environment only")
    for label, text in (
        ("name", "A researcher"),
        ("email", "researcher-%d@example.org" % width),
        ("purpose", "To compare."),
    ):
        reader.page.locator("#" + label).fill(text)
    reader.page.get_by_role("button", name="Send the request").click()
    number = reader.page.locator(".page-head code").inner_text()
    reader.arrive("Request " + number)

    owner.open(site.secure + "/inbox", "Sign in")
    owner.page.keyboard.type("not the password")
    owner.press("Sign in", "Sign in")
    playwright.expect(owner.page.locator("#password-fault")).to_contain_text("This is not the password.")
    owner.log_in(site.secure)
    owner.follow("Request " + number, "Request " + number)
    playwright.expect(owner.page.locator("main")).to_contain_text("An approval gives no download here")
    owner.follow("Approve…", "Approve this request?")
    owner.press("Approve", "Request " + number)
    owner.page.get_by_text("Data owner", exact=True).click()
    owner.press("Sign out", "Secure environment")
    owner.follow("Decide on requests", "Sign in")
    assert owner.refused == [(403, "/login")]

    reader.page.reload()
    main = reader.page.locator("main")
    playwright.expect(main).to_contain_text("The owner has approved the request")
    playwright.expect(main).to_contain_text("The files of this dataset cannot be downloaded here.")
    assert reader.page.get_by_role("link", name="Collect the files").count() == 0


def test_an_upload_from_a_page_is_refused_and_the_script_reads_why(site, visitor):
    visitor.open(site.catalogue, FRONT)
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
        visitor.follow("To the catalogue", FRONT)
    assert visitor.refused == [(403, path) for _, path, _, _ in attempts]


def test_every_page_fits_a_narrow_window(site, meet):
    visitor = meet(width=390)
    title = "A_title_that_has_no_place_to_break_" * 4
    record = visitor.register(title)
    visitor.open(site.catalogue, FRONT)
    visitor.follow("Why nothing can be uploaded here", "Nothing can be uploaded here")
    visitor.follow("To the catalogue", FRONT)
    visitor.follow(title, title)
    visitor.follow("Request access", "Request access")
    visitor.follow(record, title)
    visitor.open(site.secure + "/inbox", "Inbox")
    visitor.open(site.secure + "/login", "Sign in")
    visitor.open(site.catalogue + "/nowhere", "There is no such page")
    visitor.open(site.secure + "/nowhere", "There is no such page")
    visitor.follow("The start of the secure environment", "Secure environment")
    visitor.follow("Register a dataset", "Register a dataset")
    visitor.press("Begin", "What it is")
    reached = visitor.tab_through()
    fields = visitor.page.locator("input:not([type=checkbox]), select, textarea").all()
    assert {field.get_attribute("id") for field in fields} <= set(reached)
    assert visitor.refused == [(404, "/nowhere"), (404, "/nowhere")]
