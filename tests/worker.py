"""The Celery application of a test's instance; its configuration is the JSON file that an environment variable names."""

import json
import os

from flask_celeryext import create_celery_app
from invenio_app.factory import create_ui

from demo.catalogue import sqlite  # noqa: F401 (listens)

with open(os.environ["SECUREB2SHARE_TEST_WORKER"]) as file:
    celery = create_celery_app(create_ui(**json.load(file)))
