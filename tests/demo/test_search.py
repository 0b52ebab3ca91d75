"""The search of the demo's catalogue: the same on SQLite, on PostgreSQL and in a search cluster."""

import html
import itertools
import random
import re
from collections import Counter
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree

import pytest

pytest.importorskip("invenio_records_rest")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from instance import example, running, skip_unless_there  # noqa: E402
from invenio_db import db  # noqa: E402
from sqlalchemy import event  # noqa: E402
from werkzeug.datastructures import MultiDict  # noqa: E402
from werkzeug.exceptions import default_exceptions  # noqa: E402

from demo.catalogue import asking, errors, facets, find, hits, search, spelling  # noqa: E402
from secureb2share_ext.datasets import store  # noqa: E402
from secureb2share_ext.descriptions import search_document  # noqa: E402
from secureb2share_ext.descriptions.schema import SCHEMA  # noqa: E402
from secureb2share_ext.descriptions.search_document import FACETS  # noqa: E402
from secureb2share_ext.pages import words  # noqa: E402
from secureb2share_ext.pages.language import LANGUAGES  # noqa: E402

EXAMPLES = (
    "child-welfare-inquiry",
    "finngen",
    "genomics-diabetes",
    "hunt",
    "interviews-after-prison",
    "moba",
    "moli-sani",
    "norwegian-prescription-database",
    "occupational-exposure",
    "tromso-study",
)
PAUSED, REPLACED, GONE = "moli-sani", "hunt", "interviews-after-prison"


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "services"])
def site(request, tmp_path_factory):
    """A catalogue with the examples, {name: PID} of them as `pids`."""
    skip_unless_there(request.param)
    with running(request.param, tmp_path_factory.mktemp("site"), {"tsd": {"release": "publish"}}) as found:
        found.pids = {}
        for name in EXAMPLES:
            found.pids[name] = found.source.register(name, example(name))["pid"]
        for name, state in ((PAUSED, "suspended"), (REPLACED, "superseded"), (GONE, "withdrawn")):
            successor = {"successor": "moba"} if state == "superseded" else {}
            found.source.set_state(name, state, "for this test", **successor)
        found.index()
        yield found


def asked(site, address, language="en"):
    """(names of the datasets in their order, Result) of a query as an address has it."""
    arguments = MultiDict(itertools.chain(*([(k, v) for v in vs] for k, vs in parse_qs(address).items())))
    with site.app.test_request_context("/"):
        result = search.find(asking.read(arguments), language)
    names = {pid: name for name, pid in site.pids.items()}
    assert len(result.found) == min(result.total, asking.PAGE)
    return [names[pid] for _, pid in result.found], result


SHOWN = set(EXAMPLES) - {GONE}


@pytest.mark.parametrize(
    "address, names",
    [
        ("", SHOWN),
        ("q=type+1+diabetes", {"genomics-diabetes"}),
        ("q=DIABET", {"genomics-diabetes", "hunt"}),
        ("q=Tromso", {"tromso-study"}),
        ("q=troms%C3%B8", {"tromso-study"}),
        ("q=ICD-10", {"finngen", "genomics-diabetes", "norwegian-prescription-database", "occupational-exposure"}),
        ("q=ICD-1", set()),
        ("q=%22disease+specific+research%22", {"genomics-diabetes"}),
        ("q=DUO:0000046", {"genomics-diabetes"}),
        ("q=biomedical+research", {"occupational-exposure"}),
        ("q=norvegia&country=NO", SHOWN - {"finngen", "genomics-diabetes", "moli-sani", "occupational-exposure"}),
        ("q=moba+norvegia", {"moba"}),
        ("q=%22cohort+tromso%22", set()),
        ("q=after+the+sentence", set()),
        ("country=FI", {"finngen", "genomics-diabetes", "occupational-exposure"}),
        ("country=FI&country=IT", {"finngen", "genomics-diabetes", "occupational-exposure", "moli-sani"}),
        ("country=FI&country=IT&who=researcher-eea", {"genomics-diabetes", "occupational-exposure"}),
        ("access=embargoed", {"occupational-exposure"}),
        ("access=suspended&access=superseded", {PAUSED, REPLACED}),
        ("use=DUO:0000006&q=finland", {"occupational-exposure"}),
        ("years=1970", {"tromso-study", "child-welfare-inquiry"}),
        ("years=2010&country=NO", {"moba", "norwegian-prescription-database", "hunt", "tromso-study"}),
        ("controller=Folkehelseinstituttet", {"moba", "norwegian-prescription-database"}),
        ("who=affiliated:&participants=100000-999999", {"finngen", "moba", "hunt"}),
        ("country=ZZ", set()),
    ],
)
def test_what_is_found(site, address, names):
    found, result = asked(site, address)
    assert (set(found), result.total) == (names, len(names))


def documents(site):
    """{name: what a search knows of it} of the datasets that are shown, made from the examples alone."""
    states = {PAUSED: "suspended", REPLACED: "superseded"}
    return {
        name: search_document.facets(example(name), states.get(name, "active")) for name in EXAMPLES if name != GONE
    }


def expected(found, chosen, today):
    """({names}, {facet: counts}) that one must get, counted one by one."""
    values = {
        name: dict(
            known,
            access=["controlled" if one == "embargoed" and today >= "2031-01-01" else one for one in known["access"]],
        )
        for name, known in found.items()
    }

    def has(name, leave_out=None):
        return all(set(values[name][facet]) & set(some) for facet, some in chosen.items() if facet != leave_out)

    counts = {f: Counter(v for name in values if has(name, f) for v in values[name][f]) for f in FACETS}
    return {name for name in values if has(name)}, {facet: dict(one) for facet, one in counts.items()}


@pytest.mark.parametrize("today", ["2030-12-31", "2031-01-01"])
def test_facets_combine_and_count_as_one_counts_by_hand(site, monkeypatch, today):
    monkeypatch.setattr(search, "_today", lambda: today)
    found, chance = documents(site), random.Random(14)
    for _ in range(40):
        chosen = {}
        for facet in chance.sample(FACETS, chance.randint(0, 3)):
            known = sorted({value for one in found.values() for value in one[facet]})
            chosen[facet] = chance.sample(known, min(len(known), chance.randint(1, 3)))
        pairs = tuple((facet, value) for facet in FACETS for value in chosen.get(facet, ()))
        names, result = asked(site, asking.Query(chosen=pairs).address("")[1:])
        assert (set(names), result.counts) == expected(found, chosen, today), chosen
        with site.app.test_request_context("/"):
            assert search.total(asking.Query(chosen=pairs)) == result.total


@pytest.mark.parametrize(
    "order, language, first",
    [
        ("newest", "en", ["tromso-study", "occupational-exposure", "norwegian-prescription-database"]),
        ("title", "en", ["finngen", "genomics-diabetes", "child-welfare-inquiry"]),
        ("title", "nb", ["moba", "finngen", "genomics-diabetes"]),
        ("title", "it", ["finngen", "genomics-diabetes", "child-welfare-inquiry"]),
        ("decision", "en", ["genomics-diabetes", "tromso-study", "finngen"]),
    ],
)
def test_orders(site, order, language, first):
    assert asked(site, "sort=" + order, language)[0][:3] == first


def test_best_match_has_the_words_in_its_title(site):
    assert asked(site, "q=register")[0][0] in ("finngen", "occupational-exposure")
    assert asked(site, "q=prescription")[0][0] == "norwegian-prescription-database"


@pytest.mark.parametrize(
    "word, meant",
    [("diabtes", "diabetes"), ("tromos", "tromso"), ("genomcs", "genomics"), ("zzzzzz", None), ("xy", None)]
    # words of other languages than those that are near to them
    + [("heart", None), ("sydan", None), ("sangue", None), ("hud", None)],
)
def test_word_that_was_meant(site, word, meant):
    with site.app.test_request_context("/"):
        assert search.meant(word) == meant


CODED = ("health_themes", "health_categories", "special_categories")


@pytest.fixture
def coded(site):
    """{(field, code)} of all codes of some fields, which one dataset has as long as the test lasts."""
    description = example("moba")
    codes = {name: list(SCHEMA["properties"]["sensitive"]["properties"][name]["items"]["enum"]) for name in CODED}
    # it stands alone
    codes["special_categories"].remove("not-stated")
    description["sensitive"].update(codes)
    site.pids["coded"] = site.source.register("coded", description)["pid"]
    site.index()
    yield {(name, code) for name in CODED for code in codes[name]}
    site.source.set_state("coded", "withdrawn", "the test is over")
    site.index()


def test_a_codes_label_finds_in_every_language_what_the_code_is_said_of(site, coded):
    for language, (name, code) in itertools.product(LANGUAGES, sorted(coded)):
        having = {one for one in SHOWN if code in example(one)["sensitive"].get(name, [])} | {"coded"}
        label = words.label("sensitive." + name, code, language)
        found, _ = asked(site, urlencode({"q": '"%s"' % label}))
        assert having <= set(found), (language, label)
    for word in ("nutrizione", "ernæring", "ernaering", "ravitsemus", "NUTRITION"):
        assert asked(site, urlencode({"q": word}))[0] == ["coded"], word
    for word in ("cancro", "kreft", "syöpä", "cancer"):
        assert set(asked(site, urlencode({"q": word}))[0]) >= {"finngen", "moli-sani", "coded"}, word


def test_withdrawn_dataset_is_no_card_while_the_index_lags(site):
    with site.app.test_request_context("/"):
        rows = [store.find("tsd", name) for name in (GONE, "moba")]
        found = hits.of([(str(row.record_uuid), row.pid) for row in rows])
    assert [hit.shown.dataset.identifier for hit in found] == ["moba"]


def test_card_names_the_publisher_where_no_controller_is_stated(site):
    with site.app.test_request_context("/"):
        told = [
            list(hits._facts({"publisher": "Publisher"}, sensitive, "en"))[-1]
            for sensitive in ({}, {"controller_name": "not-stated"}, {"controller_name": "Controller"})
        ]
    assert told == ["Publisher", "Publisher", "Controller"]


def test_change_of_a_dataset_is_found_and_its_former_words_are_not(site):
    description = example("moba")
    description["core"]["keywords"] = ["formerword"]
    site.source.register("changing", description)
    site.pids["changing"] = site.source.get("changing")["pid"]
    site.index()
    assert asked(site, "q=formerword")[0] == ["changing"]
    description["core"]["keywords"] = ["laterword"]
    site.source.register("changing", description)
    site.index()
    assert (asked(site, "q=formerword")[0], asked(site, "q=laterword")[0]) == ([], ["changing"])
    site.source.set_state("changing", "withdrawn", "the test is over")
    site.index()
    assert asked(site, "q=laterword")[1].total == 0


def get(site, path, **headers):
    answer = site.call("GET", path, headers=headers)
    return answer, html.unescape(re.sub(r"\s+", " ", answer.text))


def test_list_says_the_count_first_and_links_keep_the_query(site):
    answer, page = get(site, "/search?q=norge&country=NO&who=affiliated:&sort=title")
    assert answer.status_code == 200
    assert re.search(r"<title>\d datasets for “norge” ·", page)
    for chip in ("Norway", "Members of named organisations"):
        assert "Remove filter: </span>%s<svg" % chip in page
    links = [link for link in re.findall(r'href="(/search[^"]*)"', page) if "?" in link]
    assert any("way=" in link and "q=norge" in link and "country=NO" in link and "sort=title" in link for link in links)
    assert all("q=norge" in link for link in links)


def test_chip_takes_one_filter_away():
    query = asking.read(MultiDict([("country", "NO"), ("country", "FI"), ("access", "embargoed")]))
    assert facets.chips(query, "it", "/search")[1:] == [
        ("Norvegia", "/search?access=embargoed&country=FI"),
        ("Finlandia", "/search?access=embargoed&country=NO"),
    ]


def test_a_controller_that_nobody_states_is_not_named_so(site):
    with site.app.test_request_context("/"):
        core, said = {"publisher": "An archive"}, {"controller_name": "not-stated"}
        assert list(hits._facts(core, said, "en"))[-1] == "An archive"
    assert facets.label("controller", "not-stated", "en") == "Not stated"
    assert facets.label("controller", "Institute: 99", "en") == "Institute: 99"


def test_facet_with_many_values_names_some_and_counts_the_others():
    counts = {"controller": {"Institute %d" % number: 1 for number in range(300)}}
    chosen = asking.Query(chosen=(("controller", "Institute 99"),))
    (facet,) = facets.of(chosen, counts, "en", "/search")
    assert [value.label for value in facet.values if value.is_chosen] == ["Institute 99"]
    assert len(facet.more) == facets.MOST and len(facet.values) + len(facet.more) + facet.left == 300


def test_empty_list_helps(site):
    _, page = get(site, "/search?q=diabtes+exome&country=FI")
    assert "Nothing for “diabtes exome” ·" in page
    assert '<a href="/search?q=diabetes+exome&country=FI">diabetes exome</a>' in page
    assert "Search for “exome” alone" in page and "See all datasets" in page
    _, page = get(site, "/search?q=ekommune+nothing")
    assert "Did you mean" not in page
    _, page = get(site, "/search?country=IT&q=tromso")
    assert re.search(r"Remove the filter “Italy”</a> <span class=\"muted\">1 dataset<", page)


def test_a_hit_says_in_a_sentence_who_may_ask(site):
    _, page = get(site, "/search?who=researcher-eea&q=genomics")
    assert "Researchers in the EEA can ask to work with these data." in page
    _, page = get(site, "/search?q=tromso", **{"Accept-Language": "it"})
    assert "possono chiedere di lavorare con questi dati" in page
    # whoever cannot ask now is not told to
    _, page = get(site, "/search?access=suspended")
    assert "can ask to work" not in page and "Ask the owner" not in page
    assert page.index(">Who may ask<") < page.index(">Access<")


def test_titles_and_texts_in_the_readers_language(site):
    _, page = get(site, "/search?q=moli-sani", **{"Accept-Language": "it"})
    assert ">Studio Moli-sani: visita di arruolamento 2005–2010 e follow-up</a>" in page and 'lang="it"' in page
    _, page = get(site, "/search?q=moli-sani", **{"Accept-Language": "nb"})
    assert '<a href="/records/%s" lang="' % site.pids["moli-sani"] in page


def test_old_address_of_a_search_leads_to_the_list(site):
    answer = site.call("GET", "/?q=cohort&page=2", allow_redirects=False)
    assert (answer.status_code, urlsplit(answer.headers["Location"]).path) == (301, "/search")
    assert parse_qs(urlsplit(answer.headers["Location"]).query) == {"q": ["cohort"], "page": ["2"]}


ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def test_feed_of_a_search(site):
    answer = site.call("GET", "/search.atom?q=norge&country=NO")
    feed = ElementTree.fromstring(answer.content)
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    found, _ = asked(site, "q=norge&country=NO&sort=newest")
    links = [entry.find(ATOM + "link").get("href").rpartition("/")[2] for entry in feed.iter(ATOM + "entry")]
    assert links == [site.pids[name] for name in found] and links
    for entry in [feed, *feed.iter(ATOM + "entry")]:
        assert all(entry.find(ATOM + name).text for name in ("id", "title", "updated"))
    assert feed.find(ATOM + "link[@rel='self']").get("href").endswith("/search.atom?q=norge&country=NO")


def test_map_of_the_site_has_every_page_of_a_dataset(site):
    answer = site.call("GET", "/sitemap.xml")
    places = [loc.text for loc in ElementTree.fromstring(answer.content).iter(SITEMAP + "loc")]
    assert {site.pids[name] for name in SHOWN} <= {place.rpartition("/")[2] for place in places}
    assert site.pids[GONE] not in {place.rpartition("/")[2] for place in places}
    assert "/sitemap.xml" in site.call("GET", "/robots.txt").text


@pytest.mark.parametrize(
    "method, path, status, heading",
    [
        ("GET", "/nowhere", 404, "There is no such page"),
        ("POST", "/search", 405, "This page cannot be used in that way"),
        ("POST", "/login/", 400, None),
    ],
)
def test_errors_are_pages_of_ours(site, method, path, status, heading):
    answer = site.call(method, path)
    if heading is None:
        assert "</footer>" in answer.text
        return
    assert answer.status_code == status and "<h1>%s</h1>" % heading in answer.text and "</footer>" in answer.text


def test_every_error_has_a_page_with_what_to_do(site):
    with site.app.test_request_context("/"):
        for status in errors.TEXTS:
            error = default_exceptions[status]()
            answer = errors.page(error)
            heading, text = errors.TEXTS[status]
            assert answer.status_code == status and heading in answer.get_data(as_text=True)
            assert text in html.unescape(answer.get_data(as_text=True))


def test_hostile_words_come_back_as_text(site):
    for path in ("/search", "/search.atom"):
        answer = site.call(
            "GET", path + "?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E%27)&country=%3Cb%3E&page=-7&sort=x"
        )
        assert answer.status_code == 200 and "<script>alert" not in answer.text and "<b>" not in answer.text
    for typed in ("%22", "*", "AND+OR+NOT", "title:x", "%", "_", "%27%3B--", "a" * 5000, "%00", "%F0%9F%98%80"):
        assert site.call("GET", "/search?q=" + typed).status_code == 200


def test_few_statements_find_a_page(site):
    if site.app.config.get("SEARCH_HOSTS"):
        pytest.skip("the cluster counts")
    seen = []
    with site.app.test_request_context("/search?q=norge&country=NO&who=affiliated:"):
        event.listen(db.engine, "before_cursor_execute", lambda *arguments: seen.append(arguments[2]))
        search.find(asking.read(MultiDict([("q", "norge"), ("country", "NO"), ("who", "affiliated:")])))
    assert len([one for one in seen if "catalogue_" in one]) == 2


@given(st.text(max_size=12), st.text(max_size=12))
def test_distance_is_the_same_both_ways(one, other):
    assert spelling.distance(one, other) == spelling.distance(other, one) <= max(len(one), len(other))


@pytest.mark.parametrize(
    "one, other, distance", [("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("abcd", "xbcy", 2)]
)
def test_distance(one, other, distance):
    assert spelling.distance(one, other) == distance


def test_query_survives_its_address():
    query = asking.Query("øl & brød", (("country", "NO"), ("controller", "A & B=C")), asking.TITLE, 3)
    arguments = MultiDict(itertools.chain(*([(k, v) for v in vs] for k, vs in parse_qs(query.address("")[1:]).items())))
    assert asking.read(arguments) == query


@pytest.mark.parametrize(
    "page, last, numbers", [(1, 1, []), (1, 3, [1, 2, 3]), (5, 10, [1, None, 3, 4, 5, 6, 7, None, 10])]
)
def test_pages_that_are_named(page, last, numbers):
    assert [number for number, _ in find._pages(asking.Query(page=page), last)] == numbers
