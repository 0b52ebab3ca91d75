"""The actions and token scopes that this package brings to every host.

The entry points of invenio-access and invenio-oauth2server load this module wherever these run, so that it imports no
host. Whether somebody holds an action is asked by each host: the invenio-access of B2SHARE 2 takes an action that was
given to nobody for one that everybody has.
"""

from flask_principal import ActionNeed
from invenio_access import ParameterizedActionNeed
from invenio_oauth2server.models import Scope

curate = ActionNeed("secureb2share-curate")  # given with a source's name as its argument, it is for that source
review = ActionNeed("secureb2share-review")  # likewise; it releases and refuses, and does not describe
operate = ActionNeed("secureb2share-operate")
erase = ActionNeed("secureb2share-erase")
register_for_all = ParameterizedActionNeed("secureb2share-register", None)
curate_scope = Scope(
    "secureb2share:curate", group="secureb2share", help_text="Create and edit records of datasets", internal=False
)
register_scope = Scope(
    "secureb2share:register", group="secureb2share", help_text="Register datasets of a source", internal=False
)


def register(source: str) -> ParameterizedActionNeed:
    """The action of registering for a source, by its name."""
    return ParameterizedActionNeed("secureb2share-register", source)
