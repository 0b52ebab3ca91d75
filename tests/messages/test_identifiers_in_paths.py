"""Identifiers in paths behind gunicorn, an nginx that passes the path on, and one that writes it anew."""

import uuid
from urllib.parse import quote

import pytest
import requests
from fronted import gunicorn, nginx, skip_without_nginx
from served import ONE_DATABASE, example

pytest.importorskip("gunicorn")
instance = pytest.importorskip("instance")

from demo.launch import free_ports  # noqa: E402
from secureb2share_ext import client  # noqa: E402

# nginx decodes the path, merges slashes, resolves dots, and encodes what it passes on
FRONTS = {"gunicorn": None, "passing": "", "rewriting": "rewrite ^(.*)$ $1 break;"}


@pytest.fixture(scope="module")
def behind(tmp_path_factory):
    folder = tmp_path_factory.mktemp("paths")
    (port,) = free_ports(1)
    with instance.running(ONE_DATABASE[0], folder) as found, gunicorn(found.configured, folder, port):
        yield found, port


@pytest.fixture(params=FRONTS)
def source(request, behind, tmp_path):
    found, upstream = behind
    if FRONTS[request.param] is None:
        yield client.Client("http://127.0.0.1:%d" % upstream, "tsd", found.key, catalogue=found.base_url)
        return
    skip_without_nginx()
    (port,) = free_ports(1)
    with nginx(tmp_path, port, upstream, location=FRONTS[request.param]) as url:
        yield client.Client(url, "tsd", found.key, catalogue=found.base_url)


STARTS = [
    "https://example.org/", "https:/example.org/", "https://example.org//a/../", "/", "", "state/", "/../", "a b/",
    "a%2Fb/", "a?b=#c;d\\", "æ/",
]  # fmt: skip


def test_each_identifier_is_its_own_dataset_whatever_stands_before_the_catalogue(source):
    name = uuid.uuid4().hex
    identifiers = [start + name for start in STARTS] + ["a/%s/" % name, "a/%s/state" % name, "a/" + name]
    pids = {identifier: source.register(identifier, example())["pid"] for identifier in identifiers}
    assert len(set(pids.values())) == len(identifiers)
    for identifier, pid in pids.items():
        assert source.set_state(identifier, "suspended", "Why.")["pid"] == pid
        seen = source.get(identifier)
        assert (seen["identifier"], seen["pid"], seen["state"]) == (identifier, pid, "suspended")


def test_percent_encoded_url_meets_no_dataset(source):
    url = "https://example.org/" + uuid.uuid4().hex
    source.register(url.replace("//", "/"), example())
    body = source.envelope("state", url, state="withdrawn", reason="Gone.")
    headers = dict(client.signed_headers(source.key, url, body), **{"Content-Type": "application/json"})
    path = "%s/api/datasets/tsd/%s/state" % (source.base_url, quote(url, safe=""))
    answer = requests.post(path, data=body, headers=headers, timeout=30)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, ["identifier"])
    assert source.get(url.replace("//", "/"))["state"] == "active"
