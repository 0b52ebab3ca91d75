"""The kinds of target that a run can have: what receives, how the catalogue is told of it, and what is judged."""

import json
import threading
from urllib.parse import quote

import requests
import sqlalchemy
from judge import judge, of_outbox, of_rows
from judge_rems import Held, Item, Wanted, of_registrations
from receivers import RECEIVERS
from servers import Receiving, wait_for_port

from secureb2share_ext.testing.rems import KEY, ORGANIZATION, OWNER, FakeRems, example_store

TARGET = "sd-apply"
ABSTRACT = "DUO:0000042"  # as REMS says, and does not take it
# all of them without what they leave open; REMS takes all but ABSTRACT
DUO = (["DUO:0000004"], ["DUO:0000011", "DUO:0000021"], [ABSTRACT, "DUO:0000045"])


class Events:
    """Two receivers of each event, the second with several threads."""

    withdraws = False
    registers = False
    chance = 0.2

    def __init__(self, receiving):
        """receiving: of receivers.RECEIVERS."""
        self.receiving = receiving

    def receivers(self, folder, seed, chance, late):
        return [self.receiving(name, folder, seed, chance, late) for name in ("tsd-ingest", "archive")]

    def configure(self, found, receivers):
        """Change a configuration so that the source tsd tells the receivers."""
        found["SECUREB2SHARE_TARGETS"] = {one.name: one.target(number) for one, number in zip(receivers, (1, 4))}
        found["SECUREB2SHARE_SOURCES"]["tsd"]["targets"] = [one.name for one in receivers]

    def describe(self, found, title):
        """The description whose title is `title`."""
        return found

    def watch(self, catalogue):
        return Watch(catalogue, lambda catalogue: None)

    def judge(self, catalogue, accepted, rows, arrivals, parked):
        """[Violation] of the events."""
        names = [one.name for one in catalogue.receivers]
        return [*judge(accepted, names, rows, arrivals, parked), *of_rows(rows, catalogue.tables())]


class Rems:
    """A REMS that every event registers in, in several steps, between any two of which a worker may die."""

    withdraws = True
    registers = True
    chance = 0.05

    def __init__(self, deaths):
        self.deaths = deaths

    def receivers(self, folder, seed, chance, late):
        rems = RemsReceiving(TARGET, folder, seed, chance, late)
        rems.deaths = self.deaths
        rems.behave()
        return [rems]

    def configure(self, found, receivers):
        (rems,) = receivers
        found["SECUREB2SHARE_TARGETS"] = {
            TARGET: {
                "kind": "rems",
                "url": rems.url,
                "user": OWNER,
                "api_key": KEY,
                "organization": ORGANIZATION,
                "workflow": 11,
                "form": 31,
                "licenses": [51],
                "concurrency": 4,
            }
        }
        found["SECUREB2SHARE_ACCESS"][TARGET] = {"provider": "rems", "url": rems.url}
        found["SECUREB2SHARE_SOURCES"]["tsd"].update(targets=[TARGET], access=TARGET)

    def describe(self, found, title):
        # every third title or so has other codes, which need a new resource
        found["sensitive"]["duo_codes"] = list(DUO[int(title[1:]) // 2 % 3] if title != "TITLE" else DUO[0])
        return found

    def watch(self, catalogue):
        return Watch(catalogue, look_at_a_link)

    def judge(self, catalogue, accepted, rows, arrivals, parked):
        (rems,) = catalogue.receivers
        return [
            *of_outbox(accepted, [TARGET], rows),
            *of_registrations(wanted(catalogue), rems.held(), links(catalogue, rems)),
        ]


class RemsReceiving(Receiving):
    """A fake REMS in a process of its own, whose journal outlasts it."""

    script = "rems_receiver.py"
    deaths = 0  # chance that a worker ends itself before or after a request

    def start(self, keys):
        with open(self.path, "w") as file:
            json.dump(self.settings, file)
        self.process.start()
        wait_for_port(self.port)

    def heal(self):
        self.deaths = 0
        super().heal()

    def _put(self, plan):
        super()._put(dict(plan, deaths=self.deaths))

    def arrivals(self):
        """None: what came of them is judged, and no message is looked at."""
        return []

    def held(self):
        """{external id: judge_rems.Held} as the journal has it."""
        store = FakeRems(example_store(duo=True), journal=self.log).store
        resources, items = {}, {}
        for row in store.resources.values():
            resources.setdefault(row["resid"], []).extend([] if row["archived"] else [row["id"]])
        for one in store.items.values():
            row = store.resources[one["resource"]]
            duo = tuple(sorted(code["id"] for code in row["duo"]))
            item = Item(one["id"], one["enabled"], one["archived"], one["localizations"]["en"]["title"], duo)
            items.setdefault(row["resid"], []).append(item)
        return {name: Held(tuple(ids), tuple(items.get(name, ()))) for name, ids in resources.items()}


class Watch:
    """A thread that looks at something again and again; `found` is what it has to say."""

    def __init__(self, catalogue, look):
        self.catalogue, self.look, self.found, self.looks = catalogue, look, [], 0
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        self._ends.set()
        self._thread.join()

    def _run(self):
        while not self._ends.wait(0.01):
            try:
                said = self.look(self.catalogue)
            except (sqlalchemy.exc.SQLAlchemyError, requests.RequestException, OSError):
                # what is asked may be dead for a moment
                continue
            self.looks += said is not None
            if said:
                self.found.append(said)


OPEN = "SELECT d.identifier, r.* FROM secureb2share_registration r JOIN secureb2share_dataset d ON d.id = r.dataset_id"


def look_at_a_link(catalogue):
    """ "" where the link of a dataset that is open leads into an application, else what it answers; None: none is open.

    It counts only where nothing was noted meanwhile.
    """
    with catalogue.engine.connect() as connection:
        rows = connection.execute(sqlalchemy.text(OPEN + " WHERE r.is_open ORDER BY random() LIMIT 1")).fetchall()
        if not rows:
            return None
        before = tuple(rows[0])
        url = catalogue.receivers[0].url + "/apply-for?resource=" + quote(before[0], safe="")
        answer = requests.get(url, allow_redirects=False, timeout=10)
    with catalogue.engine.connect() as connection:
        query = sqlalchemy.text(OPEN + " WHERE d.identifier = :name")
        after = tuple(connection.execute(query, {"name": before[0]}).fetchone())
    if before != after:
        return None
    return "" if answer.status_code == 302 else "%s: %d %s" % (before[0], answer.status_code, answer.text)


def wanted(catalogue):
    """{identifier: judge_rems.Wanted} by the last event of each dataset."""
    found = {}
    for _, body in catalogue.bodies():
        data = json.loads(body.decode("utf-8"))["data"]
        described = data["dataset"]
        codes = tuple(sorted(set(described["sensitive"].get("duo_codes", ())) - {ABSTRACT}))
        title = described["core"]["titles"][0]["text"]
        found[data["identifier"]] = Wanted(data["state"], title, codes, data["pid"])
    return found


def links(catalogue, rems):
    """{identifier: (whether the catalogue's link leads to REMS, status that REMS answers there)}."""
    found, session = {}, requests.Session()
    for name, one in wanted(catalogue).items():
        url = "http://localhost:%d/api/access/%s" % (catalogue.port, one.pid)
        answer = session.get(url, allow_redirects=False, timeout=60)
        there = answer.headers.get("location", "")
        leads = answer.status_code == 302 and there.startswith(rems.url + "/apply-for?")
        status = session.get(there, allow_redirects=False, timeout=60).status_code if leads else 0
        found[name] = (leads, status)
    return found


KINDS = {
    "rems": Rems,
    **{name: lambda deaths, receiving=receiving: Events(receiving) for name, receiving in RECEIVERS.items()},
}  # each a callable(chance that a worker ends itself beside a request to REMS)
