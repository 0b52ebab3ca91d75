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
    for (const script of all("script:not([type='application/ld+json'], [src^='/']), style, [style]"))
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
        self.write("Search", words)
        self.page.keyboard.press("Enter")
        playwright.expect(self.page.get_by_text("for “%s”" % words)).to_be_visible()
        self.arrive("Datasets")
        return self.page.locator(".hits h2").all_inner_texts()

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

    def log_in(self, address, then="Owner's inbox"):
        """Open the inbox of a secure environment, or what was asked for, as its data owner."""
        if then == "Owner's inbox":
            self.open(address + "/inbox", "Log in")
        assert self.focused() == "password"
        self.page.keyboard.type(self.site.passwords[address])
        self.press("Log in", then)

    def register(self, title, right="controlled", requests_from="", with_file=True):
        self.open(self.site.secure, "Secure environment")
        if self.page.get_by_role("button", name="Log out").count():
            self.follow("Register a dataset", "Register a dataset")
        else:
            self.follow("Register a dataset", "Log in")
            self.log_in(self.site.secure, "Register a dataset")
        self.write("Title (required)", title)
        self.write("Description (required)", "A cohort that was made up.")
        self.write("Made by (required)", "A made-up group")
        self.write("Publisher (required)", "A made-up institute")
        self.write("Contact (required)", "Access committee")
        self.write("Contact's e-mail", "access@example.org")
        self.choose("Access right (required)", right)
        self.page.get_by_label("Requests from").fill(requests_from)
        self.write("Access conditions (required)", "A project plan is needed.")
        self.write("Data controller (required)", "A made-up institute")
        self.choose("De-identification (required)", "aggregated")
        if with_file:
            values = {"name": "values.csv", "mimeType": "text/csv", "buffer": b"participant,value\n1,42\n"}
            self.page.get_by_label("File 1", exact=True).set_input_files([values])
            self.write("Label of file 1", title)
        self.page.get_by_role("button", name="Register").click()
        playwright.expect(self.page.get_by_role("status")).to_have_text("The catalogue has published the description.")
        self.arrive(self.heading.inner_text())
        return self.page.locator("dd a").first.inner_text()

    def set_state(self, title, verb, reason):
        self.open(self.site.secure, "Secure environment")
        self.follow("Owner's inbox", "Owner's inbox")
        entry = self.page.locator("article", has=self.page.get_by_role("link", name=title, exact=True))
        entry.get_by_label("Reason").click()
        self.page.keyboard.type(reason)
        entry.get_by_role("button", name=verb).click()
        closed = "withdrawn" if verb == "Withdraw" else "suspended"
        playwright.expect(entry.locator(".state")).to_have_text(closed)
        self.arrive("Owner's inbox")


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
    reader.open(site.catalogue, "Datasets")
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
    assert reader.focused() == "name"  # the browser says that it is empty
    reader.page.keyboard.type("A researcher")
    for label, text in (("email", "researcher@example.org"), ("purpose", "To compare.\n" + HOSTILE)):
        reader.page.keyboard.press("Tab")
        assert reader.focused() == label
        reader.page.keyboard.type(text)
    reader.press("Send the request", "Your request was sent")
    number = reader.page.locator("[role=status] code").inner_text()
    reader.follow(site.secure, "Request " + number, exact=False)
    status = reader.page.get_by_role("status")
    playwright.expect(status).to_have_text("The data owner has not decided yet.")

    owner.log_in(site.secure)
    entry = owner.page.locator("article", has_text=number)
    playwright.expect(entry).to_contain_text(HOSTILE)
    entry.get_by_role("button", name="Approve").click()
    playwright.expect(entry.locator(".state")).to_have_text("approved")
    owner.arrive("Owner's inbox")

    reader.page.reload()
    playwright.expect(status).to_have_text("The data owner has approved the request.")
    reader.follow("Collect the files", "Collect the files")
    with reader.page.expect_download() as download:
        reader.page.get_by_role("link", name="Measurements (made up)").click()
    assert download.value.suggested_filename == "measurements.csv"
    assert Path(download.value.path()).read_bytes() == SAMPLE
    reader.open(site.catalogue, "Datasets")
    reader.follow(title, title)
    playwright.expect(reader.page.get_by_text("Requests: 0 open, 1 approved, 0 denied.")).to_be_visible()
    assert reader.refused == owner.refused == []


def test_an_owner_registers_hostile_text_then_closes_the_dataset(site, visitor):
    record = visitor.register(HOSTILE)
    visitor.follow(record, HOSTILE)
    assert visitor.page.url == record
    name = "JSON.parse(document.querySelector('script').textContent).name[0]['@value']"
    assert visitor.page.evaluate(name) == HOSTILE
    playwright.expect(visitor.page.get_by_role("link", name="Request access: " + HOSTILE)).to_be_visible()
    visitor.follow("Secure B2SHARE", "Datasets")
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
    visitor.open(site.catalogue, "Datasets")
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
    waiting = owner.page.locator("article", has_text="It waits for the catalogue's curator.")
    until(lambda: owner.page.reload() and waiting.count() >= 2)
    refused, released = waiting.get_by_role("heading").get_by_role("link").all_inner_texts()[:2]

    curator.open(site.catalogue, "Datasets")
    titles = curator.page.locator(".hits h2").all_inner_texts()
    assert refused not in titles and released not in titles
    curator.follow("For curators", "Log in")
    curator.write("E-mail address", site.login["email"])
    curator.write("Password", "not the password")
    curator.press("Log in", "Log in")
    playwright.expect(curator.page.get_by_role("alert")).to_have_text("Invalid password")
    curator.write("Password", site.login["password"])
    curator.press("Log in", "Review")

    curator.follow(refused, refused)
    curator.press("Refuse", refused)
    playwright.expect(curator.page.get_by_role("alert")).to_contain_text("reason")
    curator.page.locator("#reason").fill(HOSTILE)
    curator.press("Refuse", "Review")
    playwright.expect(curator.page.get_by_role("status")).to_contain_text("was refused")
    playwright.expect(curator.page.get_by_role("link", name=refused)).to_have_count(0)
    curator.follow(released, released)
    curator.press("Publish…", "Publish this dataset?")
    curator.press("Yes, publish the dataset", "Review")
    playwright.expect(curator.page.get_by_role("status")).to_contain_text("is published")
    curator.follow("Secure B2SHARE", "Datasets")
    curator.follow(released, released)
    curator.follow("Log out", "Datasets")
    curator.follow("For curators", "Log in")

    entry = owner.page.locator("article", has_text=refused)
    until(lambda: owner.page.reload() and HOSTILE in entry.inner_text())
    owner.arrive("Owner's inbox")
    identifier = entry.locator("code").inner_text()
    owner.follow("Correct %s and send it again" % identifier, "Correct the description of " + identifier)
    playwright.expect(owner.page.get_by_role("alert")).to_contain_text(HOSTILE)
    owner.write("Contact (required)", "Access office %d" % width)
    owner.press("Send the correction", "Dataset " + identifier)
    playwright.expect(owner.page.get_by_role("status")).to_contain_text("it waits for the catalogue's curator")
    assert owner.refused == []


@pytest.mark.parametrize("width", [1200, 390])
def test_an_approved_reader_is_told_to_work_inside(site, meet, width):
    reader, owner = meet(width), meet(width)
    reader.open(site.catalogue, "Datasets")
    (title,) = until(lambda: reader.search("mor og barn"))
    reader.follow(title, title)
    reader.follow("Request access", "Request access")
    playwright.expect(reader.page.locator("dl")).to_contain_text("Inside the secure environment only")
    for label, text in (
        ("Your name", "A researcher"),
        ("Your e-mail address", "researcher@example.org"),
        ("What you need the data for", "To compare."),
    ):
        reader.write(label, text)
    reader.press("Send the request", "Your request was sent")
    number = reader.page.locator("[role=status] code").inner_text()
    reader.follow(site.secure, "Request " + number, exact=False)
    status = reader.page.get_by_role("status")

    owner.open(site.secure + "/inbox", "Log in")
    owner.page.keyboard.type("not the password")
    owner.press("Log in", "Log in")
    playwright.expect(owner.page.get_by_role("alert")).to_have_text("This is not the password.")
    owner.log_in(site.secure)
    entry = owner.page.locator("article", has_text=number)
    playwright.expect(entry).to_contain_text("An approval gives no download here.")
    entry.get_by_role("button", name="Approve").click()
    playwright.expect(entry.locator(".state")).to_have_text("approved")
    owner.press("Log out", "Secure environment")
    owner.follow("Owner's inbox", "Log in")
    assert owner.refused == [(403, "/login")]

    reader.page.reload()
    playwright.expect(status).to_have_text("The data owner has approved the request.")
    told = "The files of this dataset cannot be downloaded here."
    playwright.expect(reader.page.locator("main")).to_contain_text(told)
    assert reader.page.get_by_role("link", name="Collect the files").count() == 0


def test_an_upload_from_a_page_is_refused_and_the_script_reads_why(site, visitor):
    visitor.open(site.catalogue, "Datasets")
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
        visitor.open(answer["said"]["help"], "Uploads are closed")
        visitor.follow("To the catalogue", "Datasets")
    assert visitor.refused == [(403, path) for _, path, _, _ in attempts]


def test_every_page_fits_a_narrow_window(site, meet):
    visitor = meet(width=390)
    title = "A_title_that_has_no_place_to_break_" * 4
    record = visitor.register(title)
    visitor.open(site.catalogue, "Datasets")
    visitor.follow("Why nothing can be uploaded here", "Uploads are closed")
    visitor.follow("To the catalogue", "Datasets")
    visitor.follow(title, title)
    visitor.follow("Request access", "Request access")
    visitor.follow(record, title)
    visitor.open(site.secure + "/inbox", "Owner's inbox")
    visitor.open(site.secure + "/login", "Log in")
    visitor.open(site.catalogue + "/nowhere", "Not found")
    visitor.open(site.secure + "/nowhere", "Not Found")
    visitor.follow("To the start of the secure environment", "Secure environment")
    visitor.follow("Register a dataset", "Register a dataset")
    reached = visitor.tab_through()
    fields = visitor.page.locator("input:not([type=checkbox]), select, textarea").all()
    assert {field.get_attribute("id") for field in fields} <= set(reached)
    assert visitor.refused == [(404, "/nowhere"), (404, "/nowhere")]
