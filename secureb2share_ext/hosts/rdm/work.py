"""The unit of work in which this package uses RDM's services, inside a transaction that it does not commit itself."""

from invenio_records_resources.services.uow import UnitOfWork


class OpenWork(UnitOfWork):
    """Leaves its changes in the session, and everything after the commit undone, which index.py does durably.

    row: of the dataset whose record is written; data: {"metadata", "custom_fields"} that its drafts hold as they are,
    whatever RDM's schema makes of such texts.
    """

    def __init__(self, row, data):
        super().__init__()
        self.row, self.data = row, data

    def register(self, op):
        op.on_register(self)
