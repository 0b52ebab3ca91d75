import json
import os
import shutil
import subprocess

import pytest

pytest.importorskip("b2share", reason="the real B2SHARE 2.4 is in no registry: see docs/howto/test-on-b2share2.md")

import real_instance  # noqa: E402
import session  # noqa: E402

VISIT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "visit.py")
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
# the web interface of B2SHARE as it was built, and a Python that has Playwright
NEEDS = ("SECUREB2SHARE_TEST_B2SHARE_UI", "SECUREB2SHARE_TEST_PLAYWRIGHT")
SHOWN = ".filelist a"  # the list of files on a record's page
SUBMIT = "label:has-text('Submit draft for publication') input"
PUBLISH = "button[type=submit].btn-block"

pytestmark = [
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium was found, and CHROMIUM does not name one"),
    pytest.mark.skipif(
        not all(map(os.environ.get, NEEDS)), reason="%s: a built web interface and a Python with Playwright" % (NEEDS,)
    ),
]


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if real_instance.missing():
        pytest.skip("%s is not set" % real_instance.missing())
    folder = tmp_path_factory.mktemp("instance")
    with real_instance.stock(folder) as found:
        shutil.rmtree(str(folder / "ui"))
        os.symlink(os.environ[NEEDS[0]], str(folder / "ui"))
        real_instance.start(found)
        for command in (["init"], ["keys", "new"]):
            assert found.run_cli(*command).exit_code == 0
        yield found


def visit(instance, steps, role=None):
    """What each step saw, as visit.py says it; {"thrown", "banners"} comes last."""
    cookie = session.cookie(instance, role) if role else None
    plan = {"chromium": CHROMIUM, "cookie": cookie, "base": instance.base_url, "steps": steps}
    said = subprocess.check_output([os.environ[NEEDS[1]], VISIT], input=json.dumps(plan).encode(), timeout=240)
    return json.loads(said.decode().splitlines()[-1])


def page(pid):
    return [["open", "/records/" + pid], ["see", SHOWN], ["links", SHOWN], ["see", ".statistic-details"]]


def test_a_record_page_leads_to_the_request_and_complains_of_nothing_new(instance):
    stock = visit(instance, page(instance.records["open"]["pid"]))
    assert stock[2][0][0] == "open.csv"
    for name, label in (("moba", "How to request access"), ("suspended", "Requests are suspended")):
        said = instance.source.register("browser/" + name, real_instance.example("moba"))
        if name == "suspended":
            instance.source.set_state("browser/suspended", "suspended", "Consent is under review.")
        seen = visit(instance, page(said["pid"]))
        (first, address), *others = seen[2]
        assert first.startswith(label + "; ")
        assert address == instance.base_url + "/api/secureb2share/access/" + said["pid"]
        assert {link for _, link in others} == ({said["access_url"]} if name == "moba" else set())
        assert instance.call("GET", address.replace(instance.base_url, "")).status_code == 200
        assert seen[3][0].split() == ["Files", "-", "Total", "Size", "-"]
        # without a network the stock page cannot fetch its citation either
        assert set(seen[-1]["thrown"]) <= {"Failed to fetch"} and seen[-1]["banners"] == []
        assert set(stock[-1]["thrown"]) <= {"Failed to fetch"}


def edit(pid):
    # a cold load of another page than the first one does not know the user yet
    first = [["open", "/"], ["see", "text=@catalogue.example.org"]]
    return first + [["open", "/records/%s/edit" % pid], ["see", PUBLISH], ["count", "button.dropzone"]]


def test_a_draft_of_another_community_has_the_drop_zone_still(instance):
    metadata = {"titles": [{"title": "Other"}], "community": instance.communities["open"], "open_access": True}
    pid = instance.draft(dict(metadata, community_specific={})).json()["id"]
    seen = visit(instance, edit(pid), "curator")
    assert seen[4] > 0 and seen[-1]["banners"] == []


def test_a_curator_publishes_without_a_drop_zone(instance):
    metadata = instance.metadata(real_instance.example("moba"))
    publisher = metadata.pop("publisher")
    drafted = instance.draft(metadata)
    pid = drafted.json()["id"]
    send = [["press", SUBMIT], ["see", PUBLISH], ["press", PUBLISH], ["see", ".alert-warning"]]
    seen = visit(instance, edit(pid) + send, "curator")
    assert seen[4] == 0
    notes = seen[-1]["banners"]
    assert any("no file is uploaded here" in note for note in notes)
    assert "Error in field 'publisher': is required (see “Publisher”, under “Show more details”)" in notes
    assert set(seen[-1]["thrown"]) <= {"Failed to fetch"}

    patch = [{"op": "add", "path": "/publisher", "value": publisher}]
    assert instance.patch("/api/records/%s/draft" % pid, patch).status_code == 200
    send[-1:] = [["arrive", "/records/" + pid], ["see", ".metadata-main"]]
    seen = visit(instance, edit(pid) + send, "curator")
    assert seen[-1]["banners"] == []
    link = visit(instance, page(pid))[2][1]
    assert link == ["Request access: Spørreskjemaer, mor", instance.base_url + "/api/access/" + pid]
