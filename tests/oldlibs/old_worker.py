"""The Celery application of a test's instance, configured by the JSON file that SECUREB2SHARE_TEST_WORKER names."""

import json
import os

import plain_app
from flask_celeryext import create_celery_app

with open(os.environ["SECUREB2SHARE_TEST_WORKER"]) as file:
    celery = create_celery_app(plain_app.create_app(json.load(file)))
