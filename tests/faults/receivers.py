"""The kinds of receivers that a run can have."""

import os

from servers import Receiving

from secureb2share_ext.testing.tsd import FileApi


class TableOfTsd(Receiving):
    """The file API of TSD, with the storage of the real one in a file."""

    script = "receiver_tsd.py"

    def __init__(self, name, folder, *arguments):
        super().__init__(name, folder, *arguments)
        self.settings["database"] = os.path.join(folder, name + ".db")
        self.secret = os.path.join(folder, name + ".secret")
        with open(self.secret, "w") as file:
            file.write(FileApi().secret())

    def target(self, concurrency):
        settings = {"kind": "tsd", "url": self.url, "project": "p11", "app": "secureb2share", "echo": True}
        return dict(settings, secret_file=self.secret, concurrency=concurrency)

    def table(self):
        from squril import Squril

        return [row["event_id"] for row in Squril(self.settings["database"]).rows("events")]


RECEIVERS = {"webhook": Receiving, "tsd": TableOfTsd}
