"""Start the demo's identity provider.

python -m demo.identity_provider --data DIR --port 5006
"""

import argparse
import logging
import os

from werkzeug.serving import run_simple

from . import people
from .app import create_app


def main(arguments=None):
    """Serve until interrupted; the launcher has made the files of the folder."""
    parser = argparse.ArgumentParser(prog="python -m demo.identity_provider", description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder of the people and of what is told of the provider")
    parser.add_argument("--port", type=int, default=5006)
    options = parser.parse_args(arguments)
    # its access log would hold the codes by which a sign-in ends
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    app = create_app(people.people(options.data), people.read(os.path.join(options.data, people.PROVIDER)))
    print("The identity provider listens at http://localhost:%d/" % options.port, flush=True)
    run_simple("127.0.0.1", options.port, app, threaded=True)


if __name__ == "__main__":
    main()
