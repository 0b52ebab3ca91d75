"""A receiver in a process of its own, which removes duplicates, survives its end, and misbehaves by plan.

python receiver.py SETTINGS, a JSON file with port, name, log, keys (a JWK set), plan (a file), seed, and late (seconds
past the time-out). The log has one line for each request; the plan is {"mode": a key of MODES or ""; "chance": of a
misbehaviour, 0 to 1}, and is read before each answer.
"""

import hashlib
import http.server
import json
import os
import random
import socketserver
import sys
import threading
import time

from secureb2share_ext import client

# what a receiver does to every request for a while
MODES = {"storm": (500, 502, 503), "busy": (429,), "unauthorised": (401,), "gone": (410,), "hanging": (None,)}
# what it does to one request; those of the second line take no effect
MISBEHAVIOURS = ("drop", "cut", "late", "doubled", "hints", "close", "vanish", "slow", "slow")
WITHOUT_EFFECT = ("error", "busy", "refuse")


class Receiver:
    def __init__(self, settings):
        self.settings = settings
        self.lock = threading.Lock()
        self.taken, self.arrivals = set(), {}
        if os.path.exists(settings["log"]):
            with open(settings["log"]) as file:
                for line in file:
                    # the last line of a receiver that was killed may be cut: it answered nothing then
                    if line.endswith("\n"):
                        self.note(json.loads(line))
        self.log = os.open(settings["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(self, arrival):
        self.arrivals[arrival["id"]] = self.arrivals.get(arrival["id"], 0) + 1
        if arrival["took"]:
            self.taken.add(arrival["id"])

    def plan(self):
        with open(self.settings["plan"]) as file:
            return json.load(file)

    def decide(self, event, plan):
        """(status or None, name of the misbehaviour) for the next arrival of an event."""
        said = "%s %s %d" % (self.settings["seed"], event["id"], self.arrivals.get(event["id"], 0))
        chosen = random.Random(hashlib.sha256(said.encode()).hexdigest())
        if plan["mode"]:
            return chosen.choice(MODES[plan["mode"]]), plan["mode"]
        if chosen.random() >= plan["chance"]:
            return 200, ""
        name = chosen.choice(MISBEHAVIOURS + WITHOUT_EFFECT)
        # refused by chance once: an operator has it sent again
        return {"error": 500, "busy": 429, "refuse": 422}.get(name, 200), name

    def take(self, headers, body):
        """(event, status, misbehaviour), noted in the log before anything is answered."""
        with self.lock:
            try:
                event = client.verify_event(headers, body, jwks=self.settings["keys"])
            except client.NotVerified:
                return None, 401, ""
            status, name = self.decide(event, self.plan())
            arrival = {
                "id": event["id"],
                "dataset": event["data"]["identifier"],
                "sequence": event["data"]["sequence"],
                "digest": client.digest(body),
                "took": status == 200 or event["id"] in self.taken,
                "did": name,
            }
            os.write(self.log, (json.dumps(arrival) + "\n").encode())
            self.note(arrival)
            return event, status, name


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    receiver = None  # set by main
    wbufsize = -1

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        event, status, name = self.receiver.take({key.lower(): value for key, value in self.headers.items()}, body)
        said = client.canonical(client.receipt(event, body, "r-" + event["id"])) if status == 200 else b"{}"
        if status is None:
            time.sleep(self.receiver.settings["late"])
            self.close_connection = True
            return
        if name in ("slow", "late"):
            time.sleep(self.receiver.settings["late"] if name == "late" else 0.1)
        if name == "drop":
            self.close_connection = True
            return
        if name == "hints":
            self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        self.answer(status, name, said)
        if name == "doubled":
            self.answer(status, name, said)
        # "close" says so before, and "vanish" does not
        self.close_connection = self.close_connection or name in ("close", "vanish", "cut")

    def answer(self, status, name, said):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(said)))
        if name == "close":
            self.send_header("connection", "close")
        if status == 429:
            self.send_header("retry-after", "2")
        self.end_headers()
        self.wfile.write(said[: len(said) // 2] if name == "cut" else said)
        self.wfile.flush()

    def log_message(self, *args):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main(path):
    with open(path) as file:
        settings = json.load(file)
    Handler.receiver = Receiver(settings)
    Server(("127.0.0.1", settings["port"]), Handler).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
