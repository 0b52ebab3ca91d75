import re
from urllib.parse import unquote

import pytest
from hypothesis import given as holds
from hypothesis import strategies as st
from samples import HOSTILE, given
from strategies import MANY

from secureb2share_ext.exports import citation

EVIL = HOSTILE + ["x}} , note = {evil", "{", "}", "\\}", "\\{{", "}\n@misc{evil,", "a, b and c", "100 % of #1 & $2"]
NAMES = {"author", "title", "year", "publisher", "version", "doi", "url", "note"}
FIELD = re.compile(r",\s*([a-z]+) = \{")


def read(entry):
    """{name: value} of a BibTeX entry, read as BibTeX does: a brace counts whether a backslash stands before it."""
    start = re.match(r"@misc\{[A-Za-z0-9-]+", entry)
    at, found = start.end(), {}
    while FIELD.match(entry, at):
        name = FIELD.match(entry, at)
        at, depth = name.end(), 1
        while depth:
            depth += {"{": 1, "}": -1}.get(entry[at], 0)
            at += 1
        assert name.group(1) not in found
        found[name.group(1)] = entry[name.end() : at - 1]
    assert entry[at:] == "\n}\n", entry[at:]
    return found


def check(text):
    seen = given(text)
    seen.dataset.description["core"]["publisher"] = text
    seen.dataset.description["version"] = {"label": text[:100]}
    said = read(citation.bibtex(seen))
    assert set(said) <= NAMES and said["note"] == "Dataset"
    for value in said.values():
        # what TeX takes for a command is one of ours
        assert set(re.findall(r"\\(?:text[a-z]+\{\}|.)", value)) <= set(citation.BIBTEX.values())


@pytest.mark.parametrize("text", EVIL)
def test_no_text_leaves_its_field(text):
    check(text)


@MANY
@holds(st.text(alphabet="{}\\ab, =@&%#_~^$\n", min_size=1, max_size=40).filter(str.strip))
def test_nor_does_any_mixture_of_marks(text):
    check(text)


@pytest.mark.parametrize(
    "pid, url, doi",
    [
        ("10.5072/a_b%c&d#e", "https://doi.org/10.5072/a_b%c&d#e", "10.5072/a_b%c&d#e"),
        ("10.5072/a{b}\\c", "https://doi.org/10.5072/a%7Bb%7D%5Cc", "10.5072/a%7Bb%7D%5Cc"),
        ("7", "https://catalogue.example.org/records/a_b%20c", None),
    ],
)
def test_addresses_stand_as_they_are(pid, url, doi):
    seen = given("a")
    address = "https://catalogue.example.org/records/a_b%20c"
    seen = seen._replace(record_url=address, dataset=seen.dataset._replace(pid=pid))
    said = read(citation.bibtex(seen))
    assert (said["url"], said.get("doi")) == (url, doi)
    assert unquote(said["url"]) == unquote(citation.address(seen))


@pytest.mark.parametrize("doi, cited", [("10.5072/x", "10.5072/x"), ("no-doi/x", None), (None, None)])
def test_a_doi_beside_the_pid_is_cited_and_a_feigned_one_is_not(doi, cited):
    seen = given("a")
    seen = seen._replace(doi=doi, dataset=seen.dataset._replace(pid="7"))
    address = "https://doi.org/" + cited if cited else seen.record_url
    said, tags = read(citation.bibtex(seen)), citation.ris(seen).split("\r\n")
    assert (said["url"], said.get("doi"), citation.csl(seen).get("DOI")) == (address, cited, cited)
    assert "UR  - " + address in tags and ("DO  - %s" % cited in tags) == bool(cited)
    assert citation.text(seen).endswith(address)
