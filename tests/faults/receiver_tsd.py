"""A file API of TSD in a process of its own, which survives its end, and misbehaves by plan.

python receiver_tsd.py SETTINGS, as receiver.py; its settings have `database` too, the file of its tables.
"""

import hashlib
import json
import os
import random
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.dirname(HERE))

from squril import Squril  # noqa: E402

from secureb2share_ext import client  # noqa: E402
from secureb2share_ext.testing.tsd import FileApi  # noqa: E402

LATER = {"Retry-After": "2"}
# what it does to every request for a while; 403 is also what it says of the client secret
MODES = {
    "storm": (500, 502, 503, 507),
    "busy": ((503, LATER), (507, LATER)),
    "unauthorised": (403,),
    "gone": (404,),
    "hanging": (None,),
}
# what it does to one request; the first line has the row stored, and "expired" makes every token void
MISBEHAVIOURS = ("drop", "late", "slow", "slow", "error behind it", "error behind it")
# 503 and 507 have the target rest, so that it sees little else where they come often
WITHOUT_EFFECT = (500, 500, 404, 404, 413, 507, "expired", "expired", "expired", "expired")


class Api(FileApi):
    """What the others do not see of it is noted in a log, one line for each request that brings a row."""

    def __init__(self, settings):
        super().__init__(storage=Squril(settings["database"]), port=settings["port"])
        self.settings, self.seen, self.noting = settings, {}, threading.Lock()
        self.log = os.open(settings["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def plan(self):
        with open(self.settings["plan"]) as file:
            return json.load(file)

    def decide(self, number, plan):
        """(answer or None for none, name of a misbehaviour) for the next request of a row with this id."""
        said = "%s %s %d" % (self.settings["seed"], number, self.seen.get(number, 0))
        self.seen[number] = self.seen.get(number, 0) + 1
        chosen = random.Random(hashlib.sha256(said.encode()).hexdigest())
        if plan["mode"]:
            return chosen.choice(MODES[plan["mode"]]), plan["mode"]
        if chosen.random() >= plan["chance"]:
            return 201, ""
        name = chosen.choice(MISBEHAVIOURS + WITHOUT_EFFECT)
        return (name, "") if isinstance(name, int) else (201, name)

    def answer(self, method, path, headers, body, address):
        self.requests.clear()
        plan = self.plan()
        if plan["mode"] == "hanging":
            time.sleep(self.settings["late"])
            return None
        if method != "PUT":
            if plan["mode"] == "unauthorised":
                return 403, None, {}
            return super().answer(method, path, headers, body, address)
        row = json.loads(body.decode("utf-8"))
        with self.noting:
            status, name = self.decide(row["event_id"], plan)
        if name == "expired":
            self.revoked_before = time.time()
        if status == 201:
            said = super().answer(method, path, headers, body, address)
        else:
            status, more = status if isinstance(status, tuple) else (status, {})
            said = status, None, more
        self.note(row, said[0] == 201, name or str(said[0]))
        if name in ("late", "slow"):
            time.sleep(self.settings["late"] if name == "late" else 0.1)
        if name == "error behind it" and said[0] == 201:
            return 500, {"message": "Internal Server Error"}, {}
        return None if name == "drop" else said

    def note(self, row, took, name):
        frozen = {name: value for name, value in row.items() if name not in ("event_id", "digest")}
        body = client.canonical(frozen)
        arrival = {
            "id": row["event_id"],
            "dataset": row["data"]["identifier"],
            "sequence": row["data"]["sequence"],
            "digest": client.digest(body),
            "took": took,
            "did": name,
        }
        os.write(self.log, (json.dumps(arrival) + "\n").encode())


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        api = Api(json.load(file))
    with api:
        while True:
            time.sleep(3600)
