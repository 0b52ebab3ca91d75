import json

import pytest
from samples import ACCESS, ACCESS_URL, CHECKSUM, EXPORTS, MOBA, NAME, NEW, OLD, RECORD_URL, SIZE, STATES, shown

from secureb2share_ext.exports import datacite, dublin_core, linkset, record_json, schema_org

HIT = {"id": "7", "metadata": {"_oai": {"id": "oai:x:7"}, "_files": [NAME]}, "links": {"files": "/api/files/b"}}
CONDITIONS = [condition["text"] for condition in MOBA["sensitive"]["access_conditions"]]
PROMISES = ("embargoedAccess", "openAccess", "c_f1cf", "c_abf2", "isAccessibleForFree", "api/files", "embargoEnd")


def of_json(seen, body=None):
    said = record_json.item(body or {}, seen)
    access = said["access"]
    # what the JSON says more than other formats is looked at here, the rest by the test
    assert access["state"] == seen.dataset.state and access["conditions"] == MOBA["sensitive"]["access_conditions"]
    assert [access.get(name) for name in ("reason", "state_at", "successor")] == [
        STATES[access["state"]][3].get(name) for name in ("reason", "state_at", "successor")
    ]
    assert access.get("successor_url") == (NEW if access["state"] == "superseded" else None)
    assert said["links"] == {"request_access": ACCESS_URL} and set(said["metadata"]) == set()
    return said, {
        "value": access["right"],
        "terms": (access["coar"], access["info_eu_repo"], access["eu"]),
        "label": access["label"],
        "link": access["url"],
        "from": access.get("requests_from"),
    }


def of_hit(seen):
    return of_json(seen, HIT)


def of_schema_org(seen):
    said = schema_org.document(seen)
    right, *state = said["additionalProperty"]
    assert said["creativeWorkStatus"] == seen.dataset.state and "distribution" not in said
    assert said["conditionsOfAccess"] == " ".join([right["description"] + "."] + CONDITIONS)
    assert [entry["name"] for entry in said["additionalProperty"]] == ["access right", "state"][: 1 + len(state)]
    return said, {
        "value": right["value"],
        "coar": said["usageInfo"],
        "label": right["description"],
        "link": right["url"],
        "can ask": said.get("potentialAction", {}).get("target") == ACCESS_URL,
        "in words": state[0]["value"] if state else None,
    }


def of_datacite(seen):
    said = datacite.document(seen)
    *terms, label, norwegian, english = said["rightsList"]
    assert [(c["rights"], c["lang"], c["rightsUri"]) for c in (norwegian, english)] == [
        (CONDITIONS[0], "nb", ACCESS_URL), (CONDITIONS[1], "en", ACCESS_URL)
    ]  # fmt: skip
    for term in terms:
        assert term["schemeUri"] + term["rightsIdentifier"] == term["rightsUri"] and term["rightsIdentifierScheme"]
    issued, collected, *dates = said["dates"]
    assert issued == {"date": "2019", "dateType": "Issued"} and collected["dateType"] == "Collected"
    assert said["sizes"] == ["100000-999999 participants"]
    requests_from = [d["date"] for d in dates if d.get("dateInformation", "").startswith("Access can be requested")]
    assert all(d["dateType"] == "Other" for d in dates if d["date"] in requests_from)
    other = [d["description"] for d in said["descriptions"] if d["descriptionType"] == "Other"]
    return said, {
        "terms": tuple(term["rightsUri"] for term in terms),
        "coar label": terms[0]["rights"],
        "label": label["rights"],
        "link": label["rightsUri"],
        "from": requests_from[0] if requests_from else None,
        "in words": other[0] if other else None,
        "state date": next((d for d in dates if d["date"] not in requests_from), None),
    }


def of_dublin_core(seen):
    said = dublin_core.document(seen)
    info_eu_repo, coar, eu, label, link, *conditions = said["rights"]
    assert conditions == CONDITIONS and said["dates"] == ["2019"]
    words = said["descriptions"][: len(said["descriptions"]) - 2]
    return said, {
        "terms": (coar, info_eu_repo, eu), "label": label, "link": link, "in words": words[0] if words else None
    }  # fmt: skip


def of_linkset(seen):
    said = linkset.document(seen, EXPORTS)
    page, *exports = said["linkset"]
    assert page["anchor"] == RECORD_URL and "item" not in page and "license" not in page
    assert [entry["describes"][0]["href"] for entry in exports] == [RECORD_URL] * 2
    (request,) = page["urn:secureb2share:rel:request-access"]
    return said, {"label": request["title"], "link": request["href"]}


READERS = [of_json, of_hit, of_schema_org, of_datacite, of_dublin_core, of_linkset]


@pytest.mark.parametrize("describe_files", ["labels", "full"])
@pytest.mark.parametrize("state", sorted(set(STATES) - {"withdrawn"}))  # whose tombstone has a test of its own
@pytest.mark.parametrize("access", sorted(ACCESS))
@pytest.mark.parametrize("read", READERS)
def test_every_export_says_one_truth_of_access(read, access, state, describe_files):
    _, _, value, terms, coar_label, label, requests_from, can_ask = ACCESS[access]
    instead, in_words, date, _ = STATES[state]
    truth = {
        "value": value, "terms": terms, "coar": terms[0], "coar label": coar_label, "label": instead or label,
        "link": ACCESS_URL, "from": requests_from, "can ask": can_ask and state == "active", "in words": in_words,
        "state date": date,
    }  # fmt: skip
    said, found = read(shown(access, state, describe_files))
    assert found == {name: truth[name] for name in found} and {"label", "link"} <= set(found)
    text = json.dumps(said, ensure_ascii=False)
    assert not [promise for promise in PROMISES if promise in text]
    is_told = read in (of_json, of_hit) and describe_files == "full"
    assert [secret in text for secret in (NAME, CHECKSUM, str(SIZE))] == [is_told] * 3


@pytest.mark.parametrize("read", [of_json, of_hit])
def test_a_described_file_leads_to_the_access_address_and_its_name_stays_unless_full(read):
    labels, full = (read(shown(describe_files=setting))[0]["files"][0] for setting in ("labels", "full"))
    assert labels == {
        "key": "Request access: Spørreskjemaer, mor", "label": "Spørreskjemaer, mor",
        "media_type": "application/x-spss-sav", "size_band": "1GB-100GB", "links": {"request_access": ACCESS_URL},
    }  # fmt: skip
    assert full == dict(labels, name=NAME, checksum=CHECKSUM, size=SIZE)


def test_every_export_says_the_same_of_versions():
    seen, plain = shown(related=True), shown()
    assert record_json.item({}, seen)["versions"] == {
        "replaces": {"identifier": "p-moba/v11", "pid": "6", "url": OLD},
        "replaced_by": {"identifier": "p-moba/v13", "pid": "8", "url": NEW},
    }
    web = schema_org.document(seen)
    assert (web["prov:wasRevisionOf"], web["prov:hadRevision"]) == ({"@id": OLD}, [{"@id": NEW}])
    assert web["@context"] == ["https://schema.org/", {"prov": "http://www.w3.org/ns/prov#"}]
    url = {"relatedIdentifierType": "URL"}
    assert datacite.document(seen)["relatedIdentifiers"] == [
        dict(url, relatedIdentifier=OLD, relationType="IsNewVersionOf"),
        dict(url, relatedIdentifier=NEW, relationType="IsPreviousVersionOf"),
    ]
    superseded = datacite.document(shown(state="superseded"))["relatedIdentifiers"]
    assert superseded == [dict(url, relatedIdentifier=NEW, relationType="IsObsoletedBy")]
    assert dublin_core.document(seen)["relations"] == [OLD, NEW]
    page = linkset.document(seen, EXPORTS)["linkset"][0]
    assert (page["predecessor-version"], page["successor-version"]) == ([{"href": OLD}], [{"href": NEW}])
    for said in (record_json.item({}, plain), schema_org.document(plain), linkset.document(plain, EXPORTS)):
        assert OLD not in json.dumps(said) and NEW not in json.dumps(said) and "versions" not in said
    assert "relatedIdentifiers" not in datacite.document(plain) and dublin_core.document(plain)["relations"] == []


def test_a_successor_that_is_also_the_next_version_is_said_once():
    page = linkset.document(shown(state="superseded", related=True), EXPORTS)["linkset"][0]
    assert page["successor-version"] == [{"href": NEW}]


def test_dois_are_said_as_dois():
    seen = shown(related=True)
    named = seen._replace(
        dataset=seen.dataset._replace(pid="10.23728/abc"), replaces=seen.replaces._replace(pid="10.23728/abb")
    )
    said = datacite.document(named)
    assert said["doi"] == "10.23728/abc" and "doi" not in datacite.document(seen)
    assert said["relatedIdentifiers"][0]["relatedIdentifier"] == "10.23728/abb"
    assert said["relatedIdentifiers"][0]["relatedIdentifierType"] == "DOI"


def test_link_headers_name_where_a_machine_can_go():
    seen = shown("embargoed", related=True)
    back = '<%s>; rel="describes"; type="text/html"' % RECORD_URL
    whole = '<%s>; rel="linkset"; type="application/linkset+json"' % EXPORTS["application/linkset+json"]
    title = 'title="Access can be requested from 2026-03-01"'
    request = '<%s>; rel="urn:secureb2share:rel:request-access"; %s' % (ACCESS_URL, title)
    assert linkset.export_header(seen, EXPORTS) == ", ".join([back, whole, request])
    assert linkset.page_header(seen, EXPORTS).split(", ") == [
        '<%s>; rel="cite-as"' % RECORD_URL,
        '<https://schema.org/AboutPage>; rel="type"',
        '<https://schema.org/Dataset>; rel="type"',
        '<https://ror.org/046nvst19>; rel="author"',
        '<%s>; rel="describedby"; type="application/ld+json"' % EXPORTS["application/ld+json"],
        '<%s>; rel="predecessor-version"' % OLD,
        '<%s>; rel="successor-version"' % NEW,
        request,
        whole,
    ]


def test_creators_with_an_orcid_are_persons():
    person = {"name": "Etternavn, Fornavn", "orcid": "0000-0002-1825-0097", "affiliation": "UiO"}
    seen = shown(change=lambda description: description["core"]["creators"].append(person))
    uri = "https://orcid.org/0000-0002-1825-0097"
    organisation, creator = schema_org.document(seen)["creator"]
    ror = "https://ror.org/046nvst19"
    assert organisation == {"@type": "Organization", "@id": ror, "name": "Folkehelseinstituttet"}
    assert creator == {
        "@type": "Person", "@id": uri, "name": "Etternavn, Fornavn",
        "affiliation": {"@type": "Organization", "name": "UiO"},
    }  # fmt: skip
    plain, said = datacite.document(seen)["creators"]
    assert plain["nameType"] == "Organizational" and said["nameType"] == "Personal"
    assert said["nameIdentifiers"][0]["nameIdentifier"] == uri and said["affiliation"] == [{"name": "UiO"}]
    assert linkset.document(seen, {})["linkset"][0]["author"] == [{"href": ror}, {"href": uri}]
