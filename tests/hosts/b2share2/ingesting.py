"""`b2share ...` for a test's instance, configured by the JSON file that SECUREB2SHARE_TEST_INGEST names."""

import json
import os
import sys


def main():
    """Run one command in a process that can be killed."""
    from b2share.factory import create_app
    from flask.cli import ScriptInfo

    with open(os.environ["SECUREB2SHARE_TEST_INGEST"]) as file:
        app = create_app(**json.load(file))
    app.cli.main(args=sys.argv[1:], obj=ScriptInfo(create_app=lambda info: app))


if __name__ == "__main__":
    main()
