"""The Celery application of a test's instance, configured by the JSON file that SECUREB2SHARE_TEST_WORKER names."""

import json
import os

from flask_celeryext import create_celery_app
from invenio_app.factory import create_ui

from demo.catalogue import sqlite  # noqa: F401 (listens)

with open(os.environ["SECUREB2SHARE_TEST_WORKER"]) as file:
    celery = create_celery_app(create_ui(**json.load(file)))
