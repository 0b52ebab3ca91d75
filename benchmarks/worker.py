"""A process with a catalogue's application in it, which measures its outbox as it is told.

python -m benchmarks.worker SPEC.json

It reads one JSON object a line, {"do": name of a function of deliveries.py, "with": its arguments}, and answers each
with one line: {"gave": ...} or {"failed": text}.
"""

import json
import os
import sys
import traceback
import warnings

warnings.simplefilter("ignore")


def main(path):
    # what libraries print must not come between the answers
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    from .catalogue import create_app, prepare

    with open(path) as file:
        spec = json.load(file)
    app = create_app(spec)
    prepare(app, spec)

    from invenio_db import db

    from . import deliveries

    print(json.dumps({"gave": "ready"}), file=answers, flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        try:
            with app.app_context():
                try:
                    answer = {"gave": getattr(deliveries, order["do"])(**order["with"])}
                finally:
                    db.session.remove()
        except Exception:
            answer = {"failed": traceback.format_exc()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
