"""Start one secure environment.

python -m demo.secure_environment --data DIR --make-key
python -m demo.secure_environment --data DIR --source tsd --port 5001 --catalogue http://localhost:5000
"""

import argparse
import logging
import os

from werkzeug.serving import run_simple

from . import keys, seed
from .app import create_app
from .sites import SITES

EXAMPLES = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "examples")


def main(arguments=None):
    """Make the key, or serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m demo.secure_environment", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", required=True, help="folder of the database, the archive and the key; made if missing"
    )
    parser.add_argument("--make-key", action="store_true", help="only make the key, and print its public part")
    parser.add_argument("--source", default="tsd", choices=sorted(SITES), help="whose environment it is")
    parser.add_argument("--catalogue", help="base URL of the catalogue")
    parser.add_argument("--sd-apply", metavar="URL", help="address of the SD Apply that decides on applications")
    parser.add_argument("--sd-apply-data", metavar="DIR", help="folder of its secrets")
    parser.add_argument("--sign-in", metavar="FILE", help="what is told of the provider where the owner signs in")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5001)
    parser.add_argument(
        "--seed", default=EXAMPLES, metavar="DIR", help="folder of which to register the examples of this source"
    )
    parser.add_argument("--no-seed", action="store_true", help="register no examples")
    options = parser.parse_args(arguments)
    if options.make_key:
        print(keys.own(options.data)[1])
        return
    if not options.catalogue:
        parser.error("--catalogue is needed")
    # its access log would hold the secret addresses of applications and publications
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    decides = (options.sd_apply, options.sd_apply_data) if options.sd_apply else None
    app = create_app(options.data, options.catalogue, source=options.source, decides=decides, signs_in=options.sign_in)
    if not options.no_seed:
        seed.register_all(app, options.seed)
    print("The secure environment listens at http://%s:%d/" % (options.host, options.port), flush=True)
    run_simple(options.host, options.port, app, threaded=True)


if __name__ == "__main__":
    main()
