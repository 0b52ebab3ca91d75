"""The difference between a role's address and a person's: by form, and counted on labelled ones."""

import csv
import importlib.util
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secureb2share_ext.descriptions.role_address import OWN, PRIVATE_PROVIDERS, is_persons, own_address_fault

COMMAND = os.path.join(os.path.dirname(__file__), "..", "..", "scripts", "role_addresses.py")
SAMPLE = os.path.join(os.path.dirname(__file__), "..", "..", "..", "shared", "data", "role-addresses.csv")

PERSONS = (
    "kari.nordmann Kari.Nordmann k.nordmann k.n.nordmann kari.anne.nordmann-hansen åse.østby kari_nordmann"
    " kari-nordmann karinordmann kari.nordmann2 kari.postma k.serven xiaoli.ng ab123 knor4 brunhilde.schneider"
    " tsehay.l.nordmann nordm001 knordma42"
).split()
ROLES = (
    "access data.access moba.tilgang tietosuoja.vastaava dac.moba ega.2024 hunt_data ctc.trial phs.xyz mrcctu.stempel"
    " north.biorepository valley.saildatabank covid.study cohort-collective kirjaamo bristol-biobank kari.registry"
    " research.support hjelp2 helsedata.service responsabile.ricerca c4c-samples icon-8 sentinel1 covid19 nordbank22"
    " norcohort2024 finngen2024 kari knordmann"
).split()


@pytest.mark.parametrize("local", PERSONS)
def test_a_form_that_organisations_give_to_people_is_refused(local):
    assert own_address_fault(local + "@example.org") == OWN


@pytest.mark.parametrize("local", ROLES)
def test_a_role_is_not_taken_for_a_person(local):
    # the last two may be either: no test can tell them apart
    assert own_address_fault(local + "@example.org") is None


@pytest.mark.parametrize("provider", PRIVATE_PROVIDERS)
def test_a_provider_of_private_mail_has_no_roles(provider):
    assert own_address_fault("access@" + provider) == OWN


@given(st.text())
def test_any_text_is_judged(address):
    assert own_address_fault(address) in (OWN, None)


def test_the_command_tells_recall_and_precision(capsys):
    spec = importlib.util.spec_from_file_location("role_addresses", COMMAND)
    command = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(command)
    rows = [("access", "role"), ("data.access", "role"), ("tsehay.falk", "role"), ("kari.nordmann", "person")]
    rows += [("knordmann", "person")]
    found = command.judge({"local_part": local, "kind": kind} for local, kind in rows)
    assert found == (1, ["knordmann"], ["tsehay.falk"], 2)
    assert command.judge([{"local_part": "access", "domain": "gmail.com", "kind": "role"}]).wrongly == ["access"]
    command.main()
    recall, precision = capsys.readouterr().out.splitlines()[:2]
    assert recall == "recall     %d of %d persons refused: 0.90" % (len(PERSONS), len(PERSONS) + 2)
    assert precision.endswith(": 1.00")


@pytest.mark.skipif(not os.path.exists(SAMPLE), reason="the labelled addresses are not beside this copy")
def test_recall_and_precision_on_the_labelled_addresses():
    with open(SAMPLE, newline="") as file:
        judged = [(row["kind"] == "person", is_persons(row["local_part"])) for row in csv.DictReader(file)]
    found = judged.count((True, True))
    assert found >= 0.95 * (found + judged.count((True, False)))
    assert found >= 0.95 * (found + judged.count((False, True)))
