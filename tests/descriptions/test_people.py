import pytest
from test_schema import plain

from secureb2share_ext.descriptions import check_digits, people, related, rules, schema

ORCIDS = ["0000-0002-1825-0097", "0000-0001-5109-3700", "0000-0002-1694-233X", "0000-0003-4654-1403"]
RORS = ["https://ror.org/" + one for one in ("046nvst19", "05xg72x27", "01xtthb56", "040af2s02", "03yrm5c26")]
LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"


def test_every_wrong_or_swapped_digit_of_an_orcid_is_told():
    for orcid in ORCIDS:
        assert check_digits.is_orcid(orcid)
        for place, digit in enumerate(orcid):
            others = "0123456789" if digit in "0123456789" else ""
            wrong = [orcid[:place] + other + orcid[place + 1 :] for other in others if other != digit]
            following = orcid[place + 1 : place + 2]
            if digit.isdigit() and following.isdigit() and digit != following:
                wrong.append(orcid[:place] + following + digit + orcid[place + 2 :])
            assert not [one for one in wrong if check_digits.is_orcid(one)]
    assert not check_digits.is_orcid("0000-0002-1825-009") and not check_digits.is_orcid("")


def test_every_wrong_letter_of_a_ror_is_told():
    for ror in RORS:
        assert check_digits.is_ror(ror)
        start = len("https://ror.org/0")
        for place in range(start, len(ror)):
            letters = LETTERS if place < start + 6 else "0123456789"
            wrong = [ror[:place] + other + ror[place + 1 :] for other in letters if other != ror[place]]
            assert not [one for one in wrong if check_digits.is_ror(one)], ror
    # i, l, o and u are no letters of a ROR
    assert not check_digits.is_ror("https://ror.org/0il0ou519") and not check_digits.is_ror("046nvst19")


WRONG_ORCID, WRONG_ROR = "0000-0002-1825-0098", "https://ror.org/046nvst18"
PERSON = {"name": "Etternavn, Fornavn", "kind": "person", "given_name": "Fornavn", "family_name": "Etternavn"}


@pytest.mark.parametrize(
    "row, expected",
    [
        (dict(PERSON, orcid=ORCIDS[0], affiliation="A", affiliation_ror=RORS[0]), []),
        ({"name": "A", "kind": "organisation", "ror": RORS[0]}, []),
        ({"name": "A", "ror": RORS[0]}, []),
        ({"name": "A", "orcid": ORCIDS[0]}, []),
        ({"name": "A", "orcid": WRONG_ORCID}, [("orcid", people.ORCID)]),
        ({"name": "A", "ror": WRONG_ROR}, [("ror", people.ROR)]),
        ({"name": "A", "affiliation": "B", "affiliation_ror": WRONG_ROR}, [("affiliation_ror", people.ROR)]),
        ({"name": "A", "affiliation_ror": RORS[0]}, [("affiliation", "is required with affiliation_ror")]),
        ({"name": "A", "kind": "person", "ror": RORS[0]}, [("ror", people.ORGANISATIONS_ONLY)]),
        ({"name": "A", "orcid": ORCIDS[0], "ror": RORS[0]}, [("ror", people.ORGANISATIONS_ONLY)]),
        (
            dict(PERSON, kind="organisation", orcid=ORCIDS[0]),
            [(name, people.PERSONS_ONLY) for name in ("family_name", "given_name", "orcid")],
        ),
        ({"name": "A", "given_name": "A"}, [("family_name", "is required with given_name")]),
    ],
    ids=range(12),
)
def test_what_a_kind_can_have(row, expected):
    for name, entry in (("creators", row), ("contributors", dict(row, role="DataCollector"))):
        description = plain()
        description["core"][name] = [entry]
        assert schema.description_faults(description) == [
            ("core.%s[0].%s" % (name, field), message) for field, message in expected
        ]


@pytest.mark.parametrize("field", ["core.publisher_ror", "sensitive.controller_ror"])
def test_check_digits_are_tested_wherever_a_ror_stands(field):
    part, name = field.split(".")
    for ror, expected in ((RORS[1], []), (WRONG_ROR, [(field, people.ROR)])):
        assert rules.faults({part: {name: ror}}) == expected
    assert rules.faults({"core": {"funders": [{"name": "A", "ror": WRONG_ROR}]}}) == [
        ("core.funders[0].ror", people.ROR)
    ]


@pytest.mark.parametrize(
    "scheme, identifier, is_right",
    [
        ("DOI", "10.5281/zenodo.1234", True),
        ("DOI", "https://doi.org/10.5281/zenodo.1234", False),
        ("URL", "https://example.org/article", True),
        ("URL", "example.org", False),
        ("URN", "urn:nbn:fi:lb-2023", True),
        ("URN", "nbn:fi", False),
        ("Handle", "11304/a95d", True),
        ("Handle", "https://hdl.handle.net/11304/a95d", False),
        ("PMID", "1234", True),
    ],
)
def test_a_related_identifier_is_of_its_scheme(scheme, identifier, is_right):
    description = plain()
    description["core"]["related"] = [{"relation": "IsCitedBy", "scheme": scheme, "identifier": identifier}]
    expected = [] if is_right else [("core.related[0].identifier", related.FORMS[scheme][1])]
    assert schema.description_faults(description) == expected


def test_the_publishers_contact_is_a_roles():
    for address, is_right in (("dataservice@example.org", True), ("kari.nordmann@example.org", False)):
        assert (rules.faults({"core": {"publisher_contact": address}}) == []) is is_right
