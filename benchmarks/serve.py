"""A catalogue behind gunicorn, with one worker process.

python -m benchmarks.serve SPEC.json
"""

import json
import sys
import warnings

# Invenio's own modules warn on every import
warnings.simplefilter("ignore")


def main(path):
    from demo.catalogue.server import serve

    from .catalogue import create_app, prepare

    with open(path) as file:
        spec = json.load(file)
    app = create_app(spec)
    prepare(app, spec)
    serve(app, spec["port"], threads=2, keepalive=60, timeout=120)


if __name__ == "__main__":
    main(sys.argv[1])
