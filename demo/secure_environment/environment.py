"""One running environment, and what its pages share."""

from flask import current_app

from secureb2share_ext import client
from secureb2share_ext.messages.attempts import Attempts

from . import keys
from .archive import Archive
from .outgoing import Outgoing
from .sites import SITES
from .store import Store
from .uploads import Uploads


class Environment:
    """The store, the archive and the catalogue of one data folder."""

    def __init__(self, data, catalogue_url, source):
        self.site = SITES[source]
        self.catalogue_url = catalogue_url.rstrip("/")
        self.target = source + "-ingest"  # the catalogue's name for the door of this environment
        self._private, self.public = keys.own(data)
        self.password = keys.password(data)
        self.wrong_passwords = Attempts({"SECUREB2SHARE_WRONG_SIGNATURES": 20})
        self.store = Store(data)
        self.archive = Archive(data)
        self.uploads = Uploads(data, self.store)
        self.keys = keys.CatalogueKeys(lambda: self.client().keys())
        self.outgoing = Outgoing(self.store, self.client)
        self.sign_in = None  # the sign_in.Provider where its owner signs in; None: by the password
        self.sd_apply = None  # the sd_apply.SdApply that decides for this site, where there is one

    def client(self):
        """A new client of the catalogue; each has its own connections, so that threads do not share them."""
        return client.Client(self.catalogue_url, self.site.source, self._private)


def here():
    """The environment of the current application."""
    return current_app.extensions["environment"]
