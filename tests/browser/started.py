"""The demo, started once for all tests in a browser, and what is needed to log in to it."""

import contextlib
import itertools
import signal
import socket
import subprocess
import sys
from pathlib import Path

from demo.identity_provider import launch, people
from demo.launch import PORTS, free_ports

ROOT = Path(__file__).resolve().parents[2]


class Site:
    """The addresses of a demo that runs, and who can sign in to it: see demo/identity_provider/people.py."""

    def __init__(self, ports, data):
        self.data = data
        self.catalogue, self.secure, self.second, self.third, self.sd_apply, self.identity_provider = (
            "http://localhost:%d" % port for port in ports
        )
        self.people = people.people(data / launch.NAME)


@contextlib.contextmanager
def started(data):
    """Start the demo with its data in a folder; afterwards nothing of it is left."""
    ports = free_ports(len(PORTS))
    options = ["--data", data, *itertools.chain(*zip(PORTS, map(str, ports)))]
    demo = subprocess.Popen(
        [sys.executable, "-m", "demo", *options],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        seen = ""
        while "Press Ctrl-C to stop the demo." not in seen:
            line = demo.stdout.readline()
            assert line, seen
            seen += line
        yield Site(ports, data)
    finally:
        demo.send_signal(signal.SIGTERM)
        output, _ = demo.communicate(timeout=20)
    assert (demo.returncode, output) == (0, "Stopped.\n")
    for port in ports:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
