"""At which of several providers a step-up begins."""

import json

import pytest
from html_form import Page
from signing import Person

from secureb2share_ext.sign_in.settings import Provider

REVIEW = "/secureb2share/review/"
# names before that of the provider which everybody has
WITHOUT_TOKENS = Provider("aaa", userinfo="https://aaa.example.org/userinfo", method="AAA")
ANOTHER = Provider("aaa", "https://aaa.example.org", method="AAA")


@pytest.fixture
def another(served, monkeypatch):
    """Configure another provider beside that of the catalogue."""
    extension = served[0].app.extensions["secureb2share"]

    def another(provider):
        providers = dict(extension.sign_in.providers, aaa=provider)
        monkeypatch.setattr(extension, "sign_in", extension.sign_in._replace(providers=providers))

    return another


def log_in(served, how):
    curator = Person(*served, "curator")
    if how == "provider":
        curator.sign_in("/")
    else:
        with open(served[0].data + "/curator.json") as file:
            login = json.load(file)
        page = curator.open("/login/")
        curator.open("/login/", data=dict(Page(page.text).sent, **login))
    return curator


@pytest.mark.parametrize("how", ["provider", "password"])
@pytest.mark.parametrize("provider", [WITHOUT_TOKENS, ANOTHER], ids=["unable", "not-linked"])
def test_a_step_up_begins_where_it_can_end(served, another, how, provider):
    curator = log_in(served, how)
    another(provider)
    page = curator.open(REVIEW)
    assert (page.status_code, page.url) == (200, served[0].base + REVIEW)
