"""`invenio secureb2share ...` for a test's instance, configured by the file that SECUREB2SHARE_TEST_INGEST names."""

import json
import os
import sys


def main():
    """Run one command in a process that can be killed."""
    from flask.cli import ScriptInfo
    from invenio_app.cli import cli
    from invenio_app.factory import create_app

    from secureb2share_ext.messages import bulk

    with open(os.environ["SECUREB2SHARE_TEST_INGEST"]) as file:
        configured = json.load(file)
    bulk.CHUNK = configured["chunk"]
    configured = dict(configured["own"], **configured["ours"])
    cli.main(args=sys.argv[1:], obj=ScriptInfo(create_app=lambda: create_app(**configured)))


if __name__ == "__main__":
    main()
