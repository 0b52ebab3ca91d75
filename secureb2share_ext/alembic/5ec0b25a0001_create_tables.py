"""Create the tables of datasets, messages, events, pauses, keys and applications."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy_utils import UUIDType

revision = "5ec0b25a0001"
down_revision = "5ec0b25a0000"
branch_labels = ()
depends_on = None


def upgrade():
    """Create the tables."""
    op.create_table(
        "secureb2share_dataset",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("identifier", sa.String(255), nullable=False),
        sa.Column("tenant", sa.String(100)),
        sa.Column("origin", sa.String(10), nullable=False),
        sa.Column("pid", sa.String(255)),
        sa.Column("record_uuid", UUIDType()),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("state_at", sa.String(32)),
        sa.Column("successor", sa.String(255)),
        sa.Column("digest", sa.String(64)),
        sa.Column("issued", sa.DateTime()),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("event_digest", sa.String(64)),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_secureb2share_dataset"),
        sa.UniqueConstraint("source", "identifier", name="uq_secureb2share_dataset_source_identifier"),
        sa.UniqueConstraint("pid", name="uq_secureb2share_dataset_pid"),
        sa.UniqueConstraint("record_uuid", name="uq_secureb2share_dataset_record_uuid"),
    )
    op.create_table(
        "secureb2share_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("message_id", sa.String(255), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("accepted", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_secureb2share_message"),
        sa.UniqueConstraint("source", "message_id", name="uq_secureb2share_message_source_message_id"),
    )
    op.create_table(
        "secureb2share_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(100), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(36), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("next_at", sa.DateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_token", sa.String(36)),
        sa.Column("lease_until", sa.DateTime()),
        sa.Column("outcome", sa.String(200)),
        sa.Column("finished", sa.DateTime()),
        sa.Column("receipt", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_secureb2share_event"),
        sa.ForeignKeyConstraint(["dataset_id"], ["secureb2share_dataset.id"], name="fk_secureb2share_event_dataset_id"),
        sa.UniqueConstraint("target", "dataset_id", "sequence", name="uq_secureb2share_event_target_dataset_sequence"),
    )
    op.create_index("ix_secureb2share_event_state_next_at", "secureb2share_event", ["state", "next_at"])
    op.create_table(
        "secureb2share_pause",
        sa.Column("target", sa.String(100), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("target", name="pk_secureb2share_pause"),
    )
    op.create_table(
        "secureb2share_key",
        sa.Column("kid", sa.String(64), nullable=False),
        sa.Column("public", sa.String(100), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("kid", name="pk_secureb2share_key"),
    )
    op.create_table(
        "secureb2share_application",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("issued", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_secureb2share_application"),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["secureb2share_dataset.id"], name="fk_secureb2share_application_dataset_id"
        ),
        sa.UniqueConstraint("dataset_id", "digest", name="uq_secureb2share_application_dataset_id_digest"),
    )


def downgrade():
    """Drop the tables."""
    for name in ("application", "key", "pause", "event", "message", "dataset"):
        op.drop_table("secureb2share_" + name)
