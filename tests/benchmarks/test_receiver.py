import http.client
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(sys.version_info < (3, 10), reason="the benchmarks need Python 3.10")


@pytest.fixture
def port():
    child = subprocess.Popen([sys.executable, "-m", "benchmarks.receiver"], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        yield int(child.stdout.readline())
    finally:
        child.terminate()
        child.wait()
        child.stdout.close()


def post(connection, path, message_id, body=b"{}"):
    connection.request("POST", path, body=body, headers={"webhook-id": message_id})
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_receiver_answers_over_one_connection_and_counts_each_message_once(port):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for message_id in ("one", "two", "two"):
        assert post(connection, "/0/ingest", message_id, b"x" * 100000) == (200, b"{}")
    connection.request("GET", "/counts")
    assert json.loads(connection.getresponse().read()) == {"requests": 3, "messages": 2}
    # the counts begin anew
    connection.request("GET", "/counts")
    assert json.loads(connection.getresponse().read()) == {"requests": 0, "messages": 0}


def test_receiver_answers_as_late_as_the_path_says(port):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    began = time.monotonic()
    assert post(connection, "/50/ingest", "one")[0] == 200
    assert time.monotonic() - began >= 0.05
