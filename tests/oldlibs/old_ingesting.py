"""The command line of a test's instance, configured by the JSON file that SECUREB2SHARE_TEST_INGEST names."""

import json
import os
import sys

import plain_app
from flask.cli import ScriptInfo

if __name__ == "__main__":
    with open(os.environ["SECUREB2SHARE_TEST_INGEST"]) as file:
        app = plain_app.create_app(json.load(file))
    app.cli.main(args=sys.argv[1:], obj=ScriptInfo(create_app=lambda info: app))
