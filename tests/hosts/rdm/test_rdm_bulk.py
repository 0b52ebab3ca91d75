import json
import os
import re

import pytest

pytest.importorskip("invenio_rdm_records", reason="InvenioRDM has environments of its own: see run-tests.sh")

import rdm_instance  # noqa: E402
from bulk_contract import DIGEST, RunContract  # noqa: E402
from keys_contract import SOURCES, KeysContract  # noqa: E402

# what differs by chance: numbers of rows, PIDs, UUIDs, and moments
NUMBER = re.compile(r'"((?:\w+_)?id|pk|sequence|index)": \d+')
PID = re.compile(r"(?<![0-9a-z])[0-9a-z]{5}-[0-9a-z]{5}(?![0-9a-z])")
IDENTIFIER = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}(?![0-9a-f])")
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?|\b1[789]\d{8}(?:\.\d+)?\b")
OF_DRAFTS = (
    "files_bucket",
    "pidstore_pid",
    "rdm_drafts_metadata",
    "rdm_parents_metadata",
    "rdm_versions_state",
    "request_metadata",
    "request_number_seq",
)
EXPORTS = ("application/ld+json", "application/vnd.datacite.datacite+json", "application/dcat+xml")


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if rdm_instance.missing():
        pytest.skip("%s is not set" % rdm_instance.missing())
    # one catalogue for both contracts: a start takes longer than most tests
    folder, echo = tmp_path_factory.mktemp("instance"), {name + "-ingest": {"echo": True} for name in SOURCES}
    with rdm_instance.running(folder, SOURCES, echo) as found:
        found.configured["chunk"] = TestRDMBulk.chunk
        yield found


class TestRDMKeys(KeysContract):
    # a curator may write drafts meanwhile, which nobody else sees
    not_compared = KeysContract.not_compared + OF_DRAFTS
    many = 16

    def is_found(self, instance, pid):
        # of a withdrawn record OAI-PMH says that it is deleted
        instance.index()
        identifier = instance.call("GET", "/api/records/" + pid).json()["pids"]["oai"]["identifier"]
        path = "/oai2d?verb=GetRecord&metadataPrefix=oai_dc&identifier=" + identifier
        said = instance.call("GET", path).text
        assert ("One of ours" in said) != ('status="deleted"' in said)
        return "Access can be requested" in said

    def exports(self, instance, pid):
        path = "/api/records/" + pid
        said = {kind: instance.call("GET", path, headers={"Accept": kind}).text for kind in EXPORTS}
        hits = instance.call("GET", "/api/records?q=id:" + pid).json()["hits"]["hits"]
        found = {kind: ("One of ours" in text, "Withdrawn" in text) for kind, text in said.items()}
        return dict(found, hits=[hit["access"]["state"] for hit in hits])


class TestRDMBulk(RunContract):
    not_compared = ("transaction",)
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rdm_ingesting.py")
    many, chunk = 60, 1

    # rows by the hundred, or the command's own words and parts: nothing of this host, and a minute of its time
    test_mass_withdrawal_stops = test_ingest_stops_before_a_mass_withdrawal = None
    test_ingest_says_how_it_ended = test_ingest_reads_standard_input = test_parts_side_by_side = None

    # each message is one of its own here: every way and every history once
    @pytest.mark.parametrize("way, history", [("post", "history"), ("file", "plain")])
    def test_bulk_and_single_leave_the_same_rows(self, instance, history, way, tmp_path):
        super().test_bulk_and_single_leave_the_same_rows(instance, history, way, tmp_path)

    @pytest.mark.parametrize("order, kind", [(1, "plain"), (-1, "history")])
    def test_two_posts_of_the_same_at_once(self, instance, order, kind):
        super().test_two_posts_of_the_same_at_once(instance, order, kind)

    def normal(self, rows, folder):
        kept = {row["digest"] for row in rows["secureb2share_dataset"]}

        def text(row):
            said = DIGEST.sub(
                lambda m: m.group() if m.group() in kept else "D", json.dumps(row, sort_keys=True).replace(folder, "F")
            )
            return NUMBER.sub(r'"\1": N', TIME.sub("T", PID.sub("P", IDENTIFIER.sub("U", said))))

        return {table: sorted(map(text, found)) for table, found in rows.items()}
