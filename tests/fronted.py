"""A catalogue behind gunicorn, which drains nothing, and a plain nginx in front of it; for tests of what clients see.

`python fronted.py CONFIGURATION.json PORT` serves the demo's application on loopback with those settings.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time

import pytest
import requests

HERE = os.path.dirname(os.path.abspath(__file__))
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
SETTINGS = """\
%(user)s daemon off; pid %(folder)s/pid; error_log %(folder)s/error.log; worker_processes 1; events {}
http {
    access_log off;
    %(temporary)s
    %(http)s
    server {
        listen 127.0.0.1:%(port)d;
        # nothing but what lets a longer body pass
        client_max_body_size 200m;
        location / { proxy_pass http://127.0.0.1:%(upstream)d; %(location)s }
    }
}
"""


def skip_without_nginx():
    if NGINX is None:
        pytest.skip("nginx is not installed")


@contextlib.contextmanager
def gunicorn(configured, folder, port):
    """The port of gunicorn with an application of these settings, in a process of its own."""
    path = os.path.join(str(folder), "fronted.json")
    with open(path, "w") as file:
        json.dump(configured, file)
    environment = dict(
        os.environ, PYTHONPATH=os.pathsep.join([os.path.dirname(HERE)] + sys.path), PYTHONWARNINGS="ignore"
    )
    with _running([sys.executable, os.path.abspath(__file__), path, str(port)], port, environment, folder):
        yield port


@contextlib.contextmanager
def nginx(folder, port, upstream, http="", location=""):
    """The base URL of an nginx in front of the port `upstream`, plain but for directives of these contexts."""
    folder = os.path.join(str(folder), "nginx")
    os.makedirs(folder)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    values = {
        "folder": folder,
        "port": port,
        "upstream": upstream,
        "http": http,
        "location": location,
        "temporary": " ".join("%s_temp_path %s/%s;" % (kind, folder, kind) for kind in kinds),
        # its workers write where pytest let this user only
        "user": "user root;" if os.geteuid() == 0 else "",
    }
    with open(os.path.join(folder, "nginx.conf"), "w") as file:
        file.write(SETTINGS % values)
    with _running([NGINX, "-p", folder, "-c", os.path.join(folder, "nginx.conf")], port, None, folder):
        yield "http://127.0.0.1:%d" % port


@contextlib.contextmanager
def _running(command, port, environment, folder):
    with open(os.path.join(str(folder), "output.log"), "ab") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        end = time.monotonic() + 60
        while True:
            assert process.poll() is None and time.monotonic() < end, open(log.name).read()
            with contextlib.suppress(requests.RequestException):
                requests.get("http://127.0.0.1:%d/" % port, timeout=5)
                break
            time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait()


def main(path, port):
    """Serve until a signal comes."""
    from demo.catalogue.app import create_app
    from demo.catalogue.server import serve

    with open(path) as file:
        configured = json.load(file)
    serve(create_app(configured), int(port))


if __name__ == "__main__":
    main(*sys.argv[1:])
