"""Start the demo's SD Apply.

python -m demo.sd_apply --data DIR --port 5005 --catalogue http://localhost:5000
"""

import argparse
import logging

from werkzeug.serving import run_simple

from . import service
from .app import create_app


def main(arguments=None):
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m demo.sd_apply", description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder of the journal and the secrets; made if missing")
    parser.add_argument("--port", type=int, default=5005)
    parser.add_argument("--catalogue", required=True, help="base URL of the catalogue")
    options = parser.parse_args(arguments)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    rems = service.make(options.data, options.port, options.catalogue.rstrip("/"))
    rems.poller.start()
    print("SD Apply listens at http://localhost:%d/" % options.port, flush=True)
    run_simple("127.0.0.1", options.port, create_app(rems, options.catalogue), threaded=True)


if __name__ == "__main__":
    main()
