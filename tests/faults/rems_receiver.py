"""A fake REMS in a process of its own, which survives its end, and misbehaves by plan.

python rems_receiver.py SETTINGS, a JSON file with port, log (its journal), plan (a file), seed, and late (seconds past
the time-out). The plan is {"mode": a key of MODES or ""; "chance": of a misbehaviour, 0 to 1}, and is read before each
answer. The links of readers never misbehave.
"""

import json
import random
import sys
import threading
import time

from secureb2share_ext.testing.rems import DROP_AFTER, DROP_BEFORE, UNSUCCESSFUL, FakeRems, example_store

# what it does to every request for a while
MODES = {"storm": ("500", "502", "503"), "busy": ("429",), "unauthorised": ("401",), "gone": ("410",)}
# what it does to one request
MISBEHAVIOURS = (
    "500", "500 after", "502", "504 after", "503", "200", "late", "late after", UNSUCCESSFUL, DROP_BEFORE, DROP_AFTER,
)  # fmt: skip


class Rems(FakeRems):
    """A FakeRems that reads its faults from a file."""

    def __init__(self, settings):
        self.settings = settings
        self.chosen = random.Random("%s %f" % (settings["seed"], time.time()))
        super().__init__(example_store(duo=True), journal=settings["log"], port=settings["port"])

    def decide(self, request):
        said = self.next_fault() if request.target.startswith("/api/") else None
        if said == "hanging" or (said and said.startswith("late")):
            if said == "late after":
                self.take(request)
            time.sleep(self.settings["late"])
            return None
        with self.lock:
            del self.requests[:]
            self.fault = lambda number: said
            return super().decide(request)

    def next_fault(self):
        with open(self.settings["plan"]) as file:
            plan = json.load(file)
        if plan["mode"] == "hanging":
            return "hanging"
        if plan["mode"]:
            return self.chosen.choice(MODES[plan["mode"]])
        return self.chosen.choice(MISBEHAVIOURS) if self.chosen.random() < plan["chance"] else None


def main(path):
    with open(path) as file:
        settings = json.load(file)
    with Rems(settings):
        threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1])
