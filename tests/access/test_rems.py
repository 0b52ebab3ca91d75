import pytest

from secureb2share_ext.access.rems import Rems
from secureb2share_ext.errors import ConfigError

KEY = "SECUREB2SHARE_ACCESS['csc']"
REMS = "https://rems.example.org"
VALUES = {
    "identifier": "p11/søvn & helse", "pid": "x1", "source": "csc", "revision": 2,
    "record_url": "https://catalogue.example.org/records/x1",
}  # fmt: skip

LINKS = [
    ({}, REMS + "/apply-for?resource=p11%2Fs%C3%B8vn%20%26%20helse"),
    ({"url": "https://host.example.org/rems/"},
     "https://host.example.org/rems/apply-for?resource=p11%2Fs%C3%B8vn%20%26%20helse"),
    ({"resource": "urn:nbn:fi:{source}-{pid}"}, REMS + "/apply-for?resource=urn%3Anbn%3Afi%3Acsc-x1"),
    ({"resource": "{record_url}"},
     REMS + "/apply-for?resource=https%3A%2F%2Fcatalogue.example.org%2Frecords%2Fx1"),
    ({"resource": "a&b={pid}#{{x}}"}, REMS + "/apply-for?resource=a%26b%3Dx1%23%7Bx%7D"),
]  # fmt: skip


def read(demo=False, **settings):
    return Rems.read(KEY, dict({"url": REMS}, **settings), demo)


@pytest.mark.parametrize("settings, url", LINKS)
def test_a_link_begins_an_application_for_the_resource(settings, url):
    assert read(**settings).expand(VALUES, ["fi"]) == url and not read(**settings).signs


FAULTS = [
    ("url", {"url": "http://rems.example.org"}),
    ("url", {"url": REMS + "/apply-for?resource="}),
    ("url", {"url": REMS + "/{pid}"}),
    ("url", {"url": ""}),
    ("resource", {"resource": ""}),
    ("resource", {"resource": "all"}),
    ("resource", {"resource": "{{identifier}}"}),
    ("resource", {"resource": "{identifier"}),
    ("resource", {"resource": 5}),
    ("{reference}", {"resource": "{reference}"}),
    ("{title}", {"resource": "{title}"}),
    ("{identifier}", {"resource": "{identifier!r}"}),
    ("{pid.__class__}", {"resource": "{pid.__class__}"}),
    ("form", {"form": 5}),
]


@pytest.mark.parametrize("word, settings", FAULTS)
def test_settings_that_make_no_sense_are_refused(word, settings):
    with pytest.raises(ConfigError) as error:
        read(**settings)
    assert KEY in str(error.value) and word in str(error.value)


def test_http_on_loopback_is_for_the_demo():
    assert read(demo=True, url="http://localhost:5001").expand(VALUES).startswith("http://localhost:5001/apply-for?")
