"""Serves an RDM application in a process that has no copy of this package: rdm_without.py FILE prints its port.

FILE holds the application's configuration as JSON. `environment` gives a process everything that is installed but
this package, with its metadata; invenio.cfg in the instance's folder counts, as on a site.
"""

import contextlib
import json
import os
import subprocess
import sys

OURS = "secureb2share"


def environment(folder):
    """Arguments and variables for a Python that finds everything in this environment but this package."""
    packages = os.path.join(folder, "packages")
    if not os.path.isdir(packages):
        os.makedirs(packages)
        installed = os.path.dirname(os.path.dirname(os.path.abspath(__import__("flask").__file__)))
        for name in os.listdir(installed):
            if OURS not in name and not name.endswith(".pth"):
                os.symlink(os.path.join(installed, name), os.path.join(packages, name))
    return [sys.executable, "-S", "-W", "ignore"], dict(os.environ, PYTHONPATH=packages, INVENIO_INSTANCE_PATH=folder)


@contextlib.contextmanager
def serving(folder, configured):
    """The address of an application without this package."""
    path = os.path.join(folder, "without.json")
    with open(path, "w") as file:
        json.dump(configured, file)
    python, variables = environment(folder)
    process = subprocess.Popen(python + [os.path.abspath(__file__), path], env=variables, stdout=subprocess.PIPE)
    try:
        yield "http://localhost:%d" % int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def main(path):
    """Serve until this process is ended."""
    from flask_webpackext.manifest import JinjaManifest, JinjaManifestEntry, JinjaManifestLoader
    from invenio_app.factory import create_app
    from werkzeug.serving import make_server

    class Manifest(JinjaManifest):
        def __getitem__(self, key):
            return JinjaManifestEntry(key, [key])

        def __getattr__(self, name):
            return JinjaManifestEntry(name, [name])

    class Loader(JinjaManifestLoader):
        def load(self, filepath):
            return Manifest()

    with open(path) as file:
        configured = json.load(file)
    app = create_app(WEBPACKEXT_MANIFEST_LOADER=Loader, **configured)
    assert not [name for name in sys.modules if name.startswith(OURS)]
    assert OURS not in app.extensions
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(server.port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
