"""The page that leads a site to its first decision, followed as it is written at a catalogue of this test."""

import json
import re
import sys
import types
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

pytest.importorskip("invenio_records_rest")

from instance import running  # noqa: E402
from served import serving  # noqa: E402

from secureb2share_ext import client  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "howto" / "site-cineca.md").read_text(encoding="utf-8")
CONFIGURED, PART, REGISTERED, DECIDED = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The module site_part of the page, at a catalogue with the settings of the page, and a door for its events."""
    folder, part = tmp_path_factory.mktemp("site"), types.ModuleType("site_part")

    class Door(BaseHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

        def do_POST(self):
            status, answer = part.ingest(self.headers, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(answer)

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Door)) as door:
        here = "http://127.0.0.1:%d" % door.server_address[1]
        key, public = client.new_key()
        settings = {}
        exec(CONFIGURED.replace("https://ada.example.org", here).replace("whpk_...", public), settings)
        settings = {name: value for name, value in settings.items() if name.startswith("SECUREB2SHARE_")}
        settings["SECUREB2SHARE_SOURCES"]["cineca"]["community"] = "tsd"  # the name of the collection here
        with running("sqlite", folder, **settings) as catalogue:
            (folder / "source.key").write_text(key + "\n")
            replaced = PART.replace("https://catalogue.example.org", catalogue.base_url)
            replaced = replaced.replace('open("source.key")', "open(%r)" % str(folder / "source.key"))
            sys.modules["client"] = client  # as the page has it, beside the module
            exec(replaced, part.__dict__)
            del sys.modules["client"]
            part.instance = catalogue
            yield part


def registered(site, **sensitive):
    example = json.loads((ROOT / "docs" / "examples" / "moli-sani.json").read_text(encoding="utf-8"))
    example["dataset"]["sensitive"].update(sensitive)
    run = REGISTERED.replace("import json", "").replace('json.load(open("example.json", encoding="utf-8"))', "example")
    given = dict(site.__dict__, example=example)
    exec(run, given)
    return given["answer"]


def test_the_page_leads_to_the_first_decision(site, capsys):
    with pytest.raises(client.Refused) as refused:
        registered(site, access_mode=["secure-environment-only", "file-api"])
    assert refused.value.problem["errors"][0]["field"] == "dataset.sensitive.access_mode[1]"
    answer = registered(site)
    assert capsys.readouterr().out == "created %s\n" % answer["record_url"]
    identifier = answer["identifier"]
    site.instance.sweep()
    (event,) = site.catalogue.get(identifier)["receipts"]
    assert event["state"] == "acknowledged" and event["receipt"]["receipt_id"] == "receipt-0"
    link = site.instance.call("GET", urlsplit(answer["access_url"]).path).headers["location"]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    assert urlsplit(link).path == "/request" and asked["dataset"] == identifier
    assert site.asked(identifier, asked["ref"])["core"]["publisher"]
    for wrong in ((identifier, asked["ref"][:-4] + "AAAA"), ("another", asked["ref"])):
        with pytest.raises(client.NotVerified):
            site.asked(*wrong)
    site.decided(identifier, "app-5f3c9a1d", "submitted")
    exec(DECIDED, site.__dict__)
    assert site.catalogue.get(identifier)["requests"] == {"open": 0, "approved": 1, "denied": 0, "closed": 0}
    page = site.instance.call("GET", "/api/datasets/cineca/" + identifier).text
    assert "app-5f3c9a1d" not in page
    assert list(site.opened(identifier)) == ["download-after-agreement"] and site.may_download(identifier)


def test_an_event_is_kept_once_and_a_forged_one_not_at_all(site):
    key, _ = client.new_key()
    body = client.canonical({"id": "e-1", "source": site.CATALOGUE, "target": "cineca-ingest", "data": {}})
    before = dict(site.seen)
    assert site.ingest(client.signed_headers(key, "e-1", body), body) == (401, b"") and site.seen == before
