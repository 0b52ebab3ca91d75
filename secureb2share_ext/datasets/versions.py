"""Which dataset is a new version of which, and do both records say so?

New data get a new identifier and PID, and name in `version.replaces` what they replace. The record of the old one is
rewritten to name the new one, so that harvesters of its changes see it.
"""

from ..access.shown import Related
from ..errors import Invalid, NotAccepted
from . import store, writing

CHAIN = 1000  # versions that are looked at
TAKEN = "is replaced by %s already; both records could not say the same"


def check(source, identifier, replaces, field, sender=None):
    """Raise Invalid at `field` when a dataset cannot replace the one named.

    identifier: of the new one, or None when it is not known yet; replaces: identifier or None; sender: sources.Sender,
    whose datasets alone may be named; None is a curator.
    """
    if replaces is None:
        return
    old = store.find(source, replaces)
    if old is None or old.pid is None or not (sender is None or sender.may_touch(old.tenant)):
        raise Invalid([(field, "is not a published dataset of this source")])
    if _is_taken(old, identifier):
        raise Invalid([(field, TAKEN % old.replaced_by)])
    newer = identifier
    for _ in range(CHAIN):
        if newer == replaces:
            raise Invalid([(field, "is this dataset itself, or one that replaced it")])
        row = store.find(source, newer) if newer else None
        newer = row.replaced_by if row is not None else None
        if newer is None:
            return


def _is_taken(old, identifier):
    """Whether another dataset, which is not withdrawn, replaces the one of the row `old`."""
    if old.replaced_by in (None, identifier):
        return False
    other = store.find(old.source, old.replaced_by)
    return other is not None and other.state != "withdrawn"


def link(host, row, dataset):
    """Have the records of what `dataset` replaces, and of what it replaces no more, say so."""
    for old in store.replaced_by(row.source, row.identifier):
        if old.identifier != dataset.replaces:
            old.replaced_by = None
            _rewrite(host, old)
    old = store.lock(row.source, dataset.replaces) if dataset.replaces else None
    if old is not None and old.pid is not None and old.replaced_by != row.identifier:
        if _is_taken(old, row.identifier):
            # another one was faster than the check
            raise NotAccepted("What this dataset replaces " + TAKEN % old.replaced_by + ".", code="replaced")
        old.replaced_by = row.identifier
        _rewrite(host, old)


def _rewrite(host, row):
    record = host.record(row)
    if record is not None:
        writing.update(host, row, host.from_record(record), "curator")


def related(host, source, identifier):
    """The access.shown.Related of a published dataset, or None."""
    row = store.find(source, identifier) if identifier else None
    return Related(row.identifier, row.pid, host.record_url(row)) if row is not None and row.pid else None
