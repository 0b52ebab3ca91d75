"""The search in a cluster, whose index this package fills."""

from invenio_search import current_search_client
from invenio_search.utils import build_alias_name

from secureb2share_ext.descriptions import search_document
from secureb2share_ext.hosts.records_rest.index_document import ALIAS
from secureb2share_ext.hosts.records_rest.search_member import NAME

from . import asking

MOST_VALUES = 1000  # of a facet
MOST_WORDS = 1000  # that begin as a term ends
ACCESS = ("controlled", "embargoed", "metadata-only", "suspended", "superseded")
LAST = {"order": "asc", "missing": "_last", "unmapped_type": "keyword"}
PID = {"control_number": "asc"}


def find(query, language, today):
    """(total, [(uuid, pid)] of the page, {facet: {value: count}}) of an asking.Query, by one request."""
    filters = {facet: _chosen(facet, values, today) for facet, values in query.by_facet.items()}
    answer = _search(
        query=_words(query.terms),
        post_filter=_all(filters.values()),
        aggs={facet: _counts(facet, filters, today) for facet in search_document.FACETS},
        sort=_order(query.order, language),
        size=query.size,
        _source=["control_number"],
        **{"from": query.start},
    )
    counts = {}
    for facet, one in answer["aggregations"].items():
        found = one["values"]["buckets"]
        pairs = found.items() if isinstance(found, dict) else ((bucket["key"], bucket) for bucket in found)
        counts[facet] = {value: bucket["doc_count"] for value, bucket in pairs if bucket["doc_count"]}
    hits = [(hit["_id"], hit["_source"]["control_number"]) for hit in answer["hits"]["hits"]]
    return answer["hits"]["total"]["value"], hits, counts


def total(query, today):
    """The number of datasets that an asking.Query finds."""
    filters = [_chosen(facet, values, today) for facet, values in query.by_facet.items()]
    answer = _search(query={"bool": {"must": [_words(query.terms)], "filter": filters}}, size=0)
    return answer["hits"]["total"]["value"]


def similar(word):
    """{word: number of datasets that have it} of the words that one could mean."""
    term = {"field": NAME + ".text", "suggest_mode": "always", "prefix_length": 1, "min_word_length": 3, "size": 50}
    answer = _search(suggest={"word": {"text": word, "term": dict(term, max_inspections=50)}}, size=0)
    return {found["text"]: found["freq"] for entry in answer["suggest"]["word"] for found in entry["options"]}


def _search(**body):
    return current_search_client.search(index=build_alias_name(ALIAS), body=dict(body, track_total_hits=True))


def _words(terms):
    return {"bool": {"must": [_term(term) for term in terms]}} if terms else {"match_all": {}}


def _term(term):
    text = NAME + ".text"
    should = [{"match_phrase": {text: {"query": term}}}, {"match_phrase": {"titles.text": {"query": term, "boost": 5}}}]
    if search_document.is_beginning(term) and " " in term:
        should.append({"match_phrase_prefix": {text: {"query": term, "max_expansions": MOST_WORDS}}})
    elif search_document.is_beginning(term):
        should.append({"prefix": {text: {"value": term}}})
    return {"bool": {"should": should, "minimum_should_match": 1}}


def _order(order, language):
    newest, title = {"_created": {"order": "desc", "unmapped_type": "date"}}, {"%s.title.%s" % (NAME, language): LAST}
    return {
        asking.BEST: [{"_score": "desc"}, newest, PID],
        asking.NEWEST: [newest, PID],
        asking.TITLE: [title, PID],
        asking.DECISION: [{NAME + ".days": dict(LAST, unmapped_type="integer")}, title, PID],
    }[order]


def _counts(facet, filters, today):
    # what is chosen in a facet does not change its own counts
    others = _all(condition for other, condition in filters.items() if other != facet)
    if facet == "access":
        values = {"filters": {"filters": {value: _chosen(facet, [value], today) for value in ACCESS}}}
    else:
        values = {"terms": {"field": "%s.%s" % (NAME, facet), "size": MOST_VALUES}}
    return {"filter": others, "aggs": {"values": values}}


def _chosen(facet, values, today):
    field = "%s.%s" % (NAME, facet)
    if facet != "access":
        return {"terms": {field: values}}
    # an embargo ends with a day
    opened = {"bool": {"filter": [{"term": {field: "embargoed"}}, {"range": {NAME + ".opens": {"lte": today}}}]}}
    anyof = [{"terms": {field: [value for value in values if value != "embargoed"]}}]
    if "controlled" in values:
        anyof.append(opened)
    if "embargoed" in values:
        anyof.append({"bool": {"filter": [{"term": {field: "embargoed"}}], "must_not": [opened]}})
    return {"bool": {"should": anyof, "minimum_should_match": 1}}


def _all(conditions):
    return {"bool": {"filter": list(conditions)}}
