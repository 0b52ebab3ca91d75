import json
import shutil
import socket
import subprocess
import time
from urllib.parse import quote

import pytest
import requests

from secureb2share_ext.access.nginx_map import LOCATIONS, Address, server_map

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
KEYS = json.dumps({"keys": [{"kid": "a'\\b", "x": "é"}]})
FORM = "https://forms.example.org/request?dataset="
HOSTILE = (
    'a"; return 200 "x', "a\\", "a\\\"b", "a$uri", "${request_uri}", "a;b}c{d", "~^.*$", "a b", "a?b#c", "a%2Fb", "%",
    "æøå/日本", "default", "10.1002/(SICI)1096<1::AID-X>3.0;2-#", "a'b", "a&b=c", "*.b", "x" * 255,
)  # fmt: skip


def site(folder, text):
    """A real nginx on loopback; its base URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "map.conf").write_text(text, encoding="utf-8")
    (folder / "locations.conf").write_text(LOCATIONS, encoding="utf-8")
    (folder / "nginx.conf").write_text(
        "daemon off; pid %(f)s/pid; error_log %(f)s/error.log; worker_processes 1; events {}\n"
        "http { access_log off; include %(f)s/map.conf; client_body_temp_path %(f)s/body; proxy_temp_path %(f)s/proxy;"
        " fastcgi_temp_path %(f)s/a; uwsgi_temp_path %(f)s/b; scgi_temp_path %(f)s/c; server { listen 127.0.0.1:%(p)d;"
        " include %(f)s/locations.conf; location / { return 418; } } }" % {"f": folder, "p": port}
    )
    started = subprocess.Popen(
        [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=subprocess.PIPE, universal_newlines=True
    )
    return started, "http://127.0.0.1:%d" % port


@pytest.fixture
def serve(tmp_path):
    if NGINX is None:
        pytest.skip("nginx is not installed")
    running = []

    def serve(addresses):
        started, base = site(tmp_path, server_map(addresses, KEYS, "https://catalogue.example.org"))
        running.append(started)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            assert started.poll() is None, started.stderr.read()
            try:
                requests.get(base, timeout=5)
                return base
            except requests.ConnectionError:
                time.sleep(0.05)
        raise AssertionError("nginx did not start")

    yield serve
    for started in running:
        started.terminate()
        started.wait()
        started.stderr.close()


def ask(base, name):
    return requests.get(base + "/api/access/" + quote(name), allow_redirects=False, timeout=5)


def test_every_name_leads_where_its_dataset_does(serve):
    base = serve(
        [
            Address(("11aa", "10.23728/b2share.11aa", "11304/11aa"), 302, FORM + "1"),
            Address(("22bb", "11304/22bb"), 410),
            Address(("33cc",), 403),
        ]
    )
    for name, status, to in (
        ("11aa", 302, FORM + "1"), ("10.23728/b2share.11aa", 302, FORM + "1"), ("11304/11aa", 302, FORM + "1"),
        ("22bb", 410, None), ("11304/22bb", 410, None), ("33cc", 403, None), ("44dd", 404, None), ("", 404, None),
        ("11aa/", 404, None),
    ):  # fmt: skip
        answer = ask(base, name)
        assert (name, answer.status_code, answer.headers.get("Location")) == (name, status, to)
        assert answer.headers["Cache-Control"] == "no-store" and answer.headers["Referrer-Policy"] == "no-referrer"
    assert "withdrawn" in ask(base, "22bb").text
    assert requests.get(base + "/api/records/").status_code == 418
    found = requests.get(base + "/api/datasets/keys")
    assert found.json() == json.loads(KEYS) and found.headers["Content-Type"].startswith("application/json")


def test_hostile_names_stay_names(serve):
    base = serve([Address((name,), 302, FORM + quote(name, safe="")) for name in HOSTILE])
    for name in HOSTILE:
        answer = ask(base, name)
        assert (name, answer.status_code) == (name, 302)
        assert answer.headers["Location"] == FORM + quote(name, safe="")
    assert ask(base, "a").status_code == 404


@pytest.mark.parametrize(
    "to, location",
    [
        ("https://forms.example.org/$uri?a=$arg_a", "https://forms.example.org/%24uri?a=%24arg_a"),
        ('https://forms.example.org/"; return 200 "', "https://forms.example.org/%22;%20return%20200%20%22"),
        ("https://forms.example.org/\\\r\nSet-Cookie:a", "https://forms.example.org/%5C%0D%0ASet-Cookie:a"),
        ("https://forms.example.org/å?a=%2F", "https://forms.example.org/%C3%A5?a=%2F"),
    ],
)
def test_hostile_addresses_stay_addresses(serve, to, location):
    answer = ask(serve([Address(("1",), 302, to)]), "1")
    assert (answer.status_code, answer.headers["Location"]) == (302, location)
    assert "Set-Cookie" not in answer.headers


def test_names_that_differ_in_case_only_are_told_apart(serve):
    base = serve([Address(("ab.c$d",), 302, FORM + "1"), Address(("aB.c$d",), 302, FORM + "2")])
    for name, to in (("ab.c$d", FORM + "1"), ("aB.c$d", FORM + "2"), ("abxc$d", None), ("AB.C$D", None)):
        assert (name, ask(base, name).headers.get("Location")) == (name, to)


def test_what_nginx_cannot_hold_does_not_keep_it_from_starting(serve):
    base = serve(
        [
            Address(("long",), 302, FORM + "x" * 5000),
            Address(("x" * 5000,), 410),
            Address(("fits",), 302, FORM + "x" * 3900),
            Address(("y" * 3900,), 410),
        ]
    )
    assert ask(base, "long").status_code == 403
    assert ask(base, "fits").headers["Location"] == FORM + "x" * 3900
    assert ask(base, "y" * 3900).status_code == 410


def test_twenty_thousand_links(serve):
    base = serve([Address(("%032x" % n, "10.23728/b2share.%032x" % n), 302, FORM + str(n)) for n in range(20000)])
    for n in (0, 9999, 19999):
        assert ask(base, "10.23728/b2share.%032x" % n).headers["Location"] == FORM + str(n)
    assert ask(base, "%032x" % 20000).status_code == 404


def test_no_links(serve):
    assert ask(serve([]), "11aa").status_code == 404
