"""Create the secureb2share branch."""

revision = "5ec0b25a0000"
down_revision = None
branch_labels = ("secureb2share",)
depends_on = "dbdbc1b19cf2"  # invenio-db's first revision, in every version of it


def upgrade() -> None:
    """Nothing yet: the branch begins here."""


def downgrade() -> None:
    """Nothing yet: the branch begins here."""
