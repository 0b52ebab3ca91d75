"""The example datasets that the environment holds at its first start."""

import io
import json
import logging
import os

from . import registration
from .archive import Upload

log = logging.getLogger(__name__)

# made up; it describes nobody
SAMPLE = b"participant,visit,value\nA-001,1,5.2\nA-002,1,4.8\nA-001,2,5.0\n"


def register_all(app, folder):
    """Register every example of this source in `folder` that is not registered yet; returns the new identifiers.

    An example is a JSON object with source, identifier, tenant and dataset; other files are left alone.
    """
    environment, new = app.extensions["environment"], []
    for example in _examples(folder):
        if example.get("source") != environment.site.source:
            continue
        identifier = example["identifier"]
        if environment.store.one("SELECT 1 FROM datasets WHERE identifier = ?", (identifier,)):
            continue
        upload = Upload(io.BytesIO(SAMPLE), "measurements.csv", "text/csv", "Measurements (made up)")
        with app.app_context():
            registration.register(environment, example["dataset"], [upload], example.get("tenant"), identifier)
        new.append(identifier)
        log.info("registered the example %s", identifier)
    return new


def _examples(folder):
    if not os.path.isdir(folder):
        return
    for name in sorted(os.listdir(folder)):
        if name.endswith(".json"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                example = json.load(file)
            if isinstance(example, dict) and isinstance(example.get("dataset"), dict) and example.get("identifier"):
                yield example
