import json
import os
import re

import pytest

pytest.importorskip("b2share", reason="the real B2SHARE 2.4 is in no registry: see docs/howto/test-on-b2share2.md")

import real_instance  # noqa: E402
from bulk_contract import DIGEST, MOMENT, RunContract  # noqa: E402

# what differs by chance: numbers of rows, PIDs and UUIDs, which are the same 32 digits here, and where signatures begin
NUMBER = re.compile(r'"((?:\w+_)?id|sequence|index)": \d+')
IDENTIFIER = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}(?![0-9a-f])")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?|\b1[789]\d{8}(?:\.\d+)?\b")


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if real_instance.missing():
        pytest.skip("%s is not set" % real_instance.missing())
    folder, echo = tmp_path_factory.mktemp("instance"), {"tsd-ingest": {"echo": True}}
    with real_instance.running(folder, {"tsd": {"release": "publish"}}, echo) as found:
        yield found


class TestB2Share2Bulk(RunContract):
    not_compared = ("transaction",)
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ingesting.py")
    many, chunk = 200, 1

    def normal(self, rows, folder):
        kept = {row["digest"] for row in rows["secureb2share_dataset"]}

        def text(row):
            said = DIGEST.sub(
                lambda m: m.group() if m.group() in kept else "D", json.dumps(row, sort_keys=True).replace(folder, "F")
            )
            return TIME.sub("T", NUMBER.sub(r'"\1": N', MOMENT.sub("T", IDENTIFIER.sub("U", said))))

        return {table: sorted(map(text, found)) for table, found in rows.items()}
