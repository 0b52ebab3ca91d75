"""docs/howto/site-csc.md, followed as it is written against a fake REMS, with the API key that the page makes."""

import json
import re
import shlex
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytest.importorskip("invenio_records_rest")

from instance import running  # noqa: E402
from invenio_db import db  # noqa: E402

from secureb2share_ext import client  # noqa: E402
from secureb2share_ext.outbox.models import Event  # noqa: E402
from secureb2share_ext.testing import rems as fake  # noqa: E402
from secureb2share_ext.testing.rems_routes import ApiKey, Request  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "howto" / "site-csc.md").read_text(encoding="utf-8")
(CONFIGURED,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)
(TOLD,) = re.findall(r"^```clojure\n(.*?)^```$", PAGE, re.M | re.S)
CONSOLES = re.findall(r"^```console\n(.*?)^```$", PAGE, re.M | re.S)
API_KEY = "the-key-of-the-page"


def api_key(commands):
    """The ApiKey that the page's commands make; rems.jar takes the words after `api-key`."""
    users, paths = [], []
    for line in commands.replace("KEY", API_KEY).splitlines():
        verb, key, *words = shlex.split(line.split(" api-key ")[1])
        assert key == API_KEY
        if verb == "set-users":
            users += words
        elif verb == "allow":
            paths.append(tuple(words))
    return ApiKey(users, paths)


def notified(text):
    """The entry of :event-notification-targets in REMS's configuration, as FakeRems takes it."""
    (url,) = re.findall(r':url "([^"]+)"', text)
    types = [one[1:] for one in re.findall(r":application\.event/[\w-]+", text)]
    (header,) = re.findall(r':headers \{"([^"]+)" "([^"]+)"\}', text)
    assert ":send-application? false" in text
    return {"url": url, "event-types": types, "headers": dict([header]), "send-application?": False}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The catalogue of the page, and `rems`, which the page's API key opens."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "rems.key").write_text(API_KEY + "\n")
    keys = {API_KEY: api_key(CONSOLES[0]), fake.KEY: ApiKey()}
    with fake.FakeRems(keys=keys, poll=0.1) as rems:
        key, public = client.new_key()
        replaced = CONFIGURED.replace("whpk_...", public).replace("https://rems.example.org", rems.url)
        settings = {}
        exec(replaced.replace("/etc/catalogue/rems.key", str(folder / "rems.key")), settings)
        settings = {name: value for name, value in settings.items() if name.startswith("SECUREB2SHARE_")}
        settings["SECUREB2SHARE_SOURCES"]["csc"]["community"] = "tsd"  # the name of the collection here
        with running("sqlite", folder, **settings) as instance:
            instance.rems, instance.csc = rems, client.Client(instance.base_url, "csc", key)
            yield instance


def said(site, console, *numbers):
    """Run the page's command; what it says has the lines of the page about the target, with these numbers for 12."""
    command, *lines = console.splitlines()
    result = site.run_cli(*shlex.split(command)[3:])
    assert isinstance(result.exception, (SystemExit, type(None))), result.exception
    for line in lines:
        if "sd-apply" in line:
            for number in numbers:
                line = line.replace("12 datasets", number).replace("12 can", "1 can")
            assert line in result.output.splitlines(), result.output


def requests(site, console):
    """Whether the dataset answers what the page shows, within the time that REMS takes."""
    (shown,) = re.findall(r'"requests": ({.*?})', console)
    (path,) = re.findall(r"https://catalogue.example.org(\S+)", console)
    end = time.monotonic() + 30
    while True:
        found = json.loads(site.call("GET", path).text)["requests"]
        if found == json.loads(shown) or time.monotonic() > end:
            return found == json.loads(shown)
        time.sleep(0.05)


def test_the_page_leads_a_site_with_rems_to_its_first_decision(site):
    example = json.loads((ROOT / "docs" / "examples" / "moli-sani.json").read_text(encoding="utf-8"))
    (identifier,) = set(re.findall(r"api/datasets/csc/([\w-]+)", PAGE))
    answer = site.csc.register(identifier, example["dataset"])
    with site.app.app_context():
        # as if it was there before the target
        assert db.session.query(Event).delete() == 1
        db.session.commit()
        db.session.remove()
    _, check, announce, watch, curl, submitted, approved = CONSOLES
    said(site, check)
    path = urlsplit(answer["access_url"]).path
    assert site.call("GET", path).status_code == 403
    said(site, announce, "1 dataset")
    site.sweep()
    said(site, watch[watch.index("$ invenio secureb2share check") :], "1 dataset")
    there = site.call("GET", path).headers["location"]
    (shown,) = re.findall(r"Location: https://rems.example.org(\S+)", curl)
    assert there.startswith(site.rems.url + shown.split("=")[0] + "=http")
    redirected = site.rems.take(Request("GET", there[len(site.rems.url) :], {}))
    item = int(re.fullmatch(r"/application\?items=(\d+)", redirected.location).group(1))
    target = notified(TOLD)
    target["url"] = target["url"].replace("https://catalogue.example.org", site.base_url)
    site.rems.outbox.targets.append(target)
    number = site.rems.act("create", fake.APPLICANT, catalogue_item_ids=[item]).body["application-id"]
    ours = {"application_id": number}
    site.rems.act("accept-licenses", fake.APPLICANT, accepted_licenses=[51], **ours)
    assert site.rems.act("submit", fake.APPLICANT, **ours).body == {"success": True}
    assert requests(site, submitted)
    assert site.rems.act("approve", fake.HANDLER, **ours).body == {"success": True}
    assert requests(site, approved)
    assert fake.APPLICANT not in site.call("GET", "/api/datasets/csc/" + identifier).text
    # nothing is left that REMS tries again
    assert site.rems.outbox.entries == []


@pytest.mark.parametrize(
    "user, method, path",
    [
        (fake.OWNER, "GET", "/api/applications"), (fake.OWNER, "GET", "/api/applications/1"),
        (fake.HANDLER, "POST", "/api/applications/approve"), (fake.OWNER, "PUT", "/api/catalogue-items/change-form"),
        ("owner", "POST", "/api/resources/create"), ("reporter", "GET", "/api/resources"),
    ],
)  # fmt: skip
def test_the_key_of_the_page_opens_no_application(user, method, path):
    with fake.FakeRems(keys={API_KEY: api_key(CONSOLES[0])}) as rems:
        headers = {"x-rems-api-key": API_KEY, "x-rems-user-id": user, "content-type": "application/json"}
        assert rems.take(Request(method, path, headers, b"{}")).status in (401, 403)
        headers["x-rems-user-id"] = fake.OWNER
        assert rems.take(Request("GET", "/api/resources", headers)).status == 200
