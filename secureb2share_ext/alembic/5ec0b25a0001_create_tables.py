"""Create the tables of datasets, messages, events, sweeps, keys, applications, the lock, stops and sign-in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy_utils import UUIDType

revision = "5ec0b25a0001"
down_revision = "5ec0b25a0000"
branch_labels = ()
depends_on = None


def upgrade() -> None:
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
        sa.Column("former", sa.Text()),
        sa.Column("replaced_by", sa.String(255)),
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
    op.create_index("ix_secureb2share_dataset_replaced_by", "secureb2share_dataset", ["replaced_by"])
    for name, columns, condition in (
        ("final", ["source", "state_at"], "state IN ('superseded', 'withdrawn')"),
        ("former", ["state_at"], "former IS NOT NULL"),
    ):
        where = sa.text(condition)
        op.create_index(
            "ix_secureb2share_dataset_" + name,
            "secureb2share_dataset",
            columns,
            postgresql_where=where,
            sqlite_where=where,
        )
    op.create_table(
        "secureb2share_held",
        sa.Column("dataset_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("received", sa.DateTime(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("decided_at", sa.String(32)),
        sa.PrimaryKeyConstraint("dataset_id", name="pk_secureb2share_held"),
        sa.ForeignKeyConstraint(["dataset_id"], ["secureb2share_dataset.id"], name="fk_secureb2share_held_dataset_id"),
    )
    op.create_table(
        "secureb2share_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("decided", sa.DateTime(), nullable=False),
        sa.Column("account", sa.String(36)),
        sa.PrimaryKeyConstraint("id", name="pk_secureb2share_review"),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["secureb2share_dataset.id"], name="fk_secureb2share_review_dataset_id"
        ),
    )
    op.create_index("ix_secureb2share_review_dataset_id", "secureb2share_review", ["dataset_id", "id"])
    op.create_table(
        "secureb2share_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("dataset_id", sa.Integer()),
        sa.Column("base", sa.String(64)),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("updated", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_secureb2share_draft"),
        sa.ForeignKeyConstraint(["dataset_id"], ["secureb2share_dataset.id"], name="fk_secureb2share_draft_dataset_id"),
        sa.UniqueConstraint("dataset_id", name="uq_secureb2share_draft_dataset_id"),
    )
    op.create_table(
        "secureb2share_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("message_id", sa.String(255), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("key", sa.String(16)),
        sa.Column("accepted", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_secureb2share_message"),
        sa.UniqueConstraint("source", "message_id", name="uq_secureb2share_message_source_message_id"),
    )
    op.create_table(
        "secureb2share_sent",
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("revisions", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "day", name="pk_secureb2share_sent"),
    )
    op.create_table(
        "secureb2share_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(100), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("message_id", sa.String(36), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("next_at", sa.DateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("wakes", sa.Boolean(name="ck_secureb2share_event_wakes"), nullable=False),
        sa.Column("lease_token", sa.String(36)),
        sa.Column("lease_until", sa.DateTime()),
        sa.Column("outcome", sa.String(200)),
        sa.Column("finished", sa.DateTime()),
        sa.Column("receipt", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_secureb2share_event"),
        sa.ForeignKeyConstraint(["dataset_id"], ["secureb2share_dataset.id"], name="fk_secureb2share_event_dataset_id"),
        sa.UniqueConstraint(
            "dataset_id", "target", "sequence", name="uq_secureb2share_event_dataset_id_target_sequence"
        ),
    )
    for name, columns, condition in (
        ("due", ["target", "next_at", "id"], "state = 'pending'"),
        ("order", ["target", "dataset_id", "sequence"], "state = 'pending'"),
        ("open", ["state", "created"], "state IN ('pending', 'parked')"),
        ("delivered", ["finished"], "state = 'delivered'"),
    ):
        where = sa.text(condition)
        name = "ix_secureb2share_event_" + name
        op.create_index(name, "secureb2share_event", columns, postgresql_where=where, sqlite_where=where)
    op.create_table(
        "secureb2share_registration",
        sa.Column("dataset_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("target", sa.String(100), nullable=False),
        sa.Column("resid", sa.String(64)),
        sa.Column("sequence", sa.Integer()),
        sa.Column("resource", sa.BigInteger()),
        sa.Column("item", sa.BigInteger()),
        sa.Column("digest", sa.String(64)),
        sa.Column("is_open", sa.Boolean(name="ck_secureb2share_registration_is_open"), nullable=False),
        sa.Column("holder", sa.String(36)),
        sa.Column("held_until", sa.DateTime()),
        sa.PrimaryKeyConstraint("dataset_id", "target", name="pk_secureb2share_registration"),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["secureb2share_dataset.id"], name="fk_secureb2share_registration_dataset_id"
        ),
    )
    op.create_table(
        "secureb2share_pause",
        sa.Column("target", sa.String(100), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("target", name="pk_secureb2share_pause"),
    )
    op.create_table(
        "secureb2share_sweep",
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("finished", sa.DateTime()),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("floor", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_secureb2share_sweep"),
    )
    op.create_table(
        "secureb2share_instance",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("catalogue", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_secureb2share_instance"),
    )
    op.create_table(
        "secureb2share_former",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_secureb2share_former"),
    )
    op.create_table(
        "secureb2share_stop",
        sa.Column("what", sa.String(110), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("what", name="pk_secureb2share_stop"),
    )
    op.create_table(
        "secureb2share_binding",
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("community", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_secureb2share_binding"),
    )
    op.create_table(
        "secureb2share_observed",
        sa.Column("what", sa.String(30), nullable=False),
        sa.Column("endpoint", sa.String(200), nullable=False),
        sa.Column("community", sa.String(100), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first", sa.DateTime(), nullable=False),
        sa.Column("last", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("what", "endpoint", "community", name="pk_secureb2share_observed"),
    )
    op.create_table(
        "secureb2share_lock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("event", sa.String(12), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_secureb2share_lock"),
    )
    op.create_table(
        "secureb2share_key",
        sa.Column("kid", sa.String(64), nullable=False),
        sa.Column("public", sa.String(100), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("ended", sa.DateTime()),
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
    op.create_table(
        "secureb2share_rems",
        sa.Column("entry", sa.String(100), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("state", sa.String(12)),
        sa.Column("state_event", sa.BigInteger(), nullable=False),
        sa.Column("issued", sa.DateTime()),
        sa.Column("resources", sa.Text()),
        sa.Column("resources_event", sa.BigInteger(), nullable=False),
        sa.Column("counted", sa.Text(), nullable=False),
        sa.Column("touched", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("entry", "digest", name="pk_secureb2share_rems"),
    )
    where = sa.text("resources IS NULL")
    op.create_index(
        "ix_secureb2share_rems_touched",
        "secureb2share_rems",
        ["touched"],
        postgresql_where=where,
        sqlite_where=where,
    )
    op.create_table(
        "secureb2share_index",
        sa.Column("record_uuid", UUIDType(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("next_at", sa.DateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_token", sa.String(36)),
        sa.Column("outcome", sa.String(200)),
        sa.PrimaryKeyConstraint("record_uuid", name="pk_secureb2share_index"),
    )
    op.create_index("ix_secureb2share_index_next_at", "secureb2share_index", ["next_at"])
    op.create_table(
        "secureb2share_legacy",
        sa.Column("pid", sa.String(255), nullable=False),
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("buckets", sa.Text(), nullable=False),
        sa.Column("closed", sa.Text(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(64)),
        sa.Column("receipt_id", sa.String(255)),
        sa.Column("places", sa.Text()),
        sa.Column("frozen_at", sa.DateTime(), nullable=False),
        sa.Column("exported_at", sa.DateTime()),
        sa.Column("confirmed_at", sa.DateTime()),
        sa.Column("purged_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("pid", name="pk_secureb2share_legacy"),
    )
    op.create_table(
        "secureb2share_sign_in",
        sa.Column("account", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("strength", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("rights", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_secureb2share_sign_in"),
    )
    op.create_table(
        "secureb2share_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(80), nullable=False),
        sa.Column("argument", sa.String(100), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(100), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_secureb2share_grant"),
        sa.UniqueConstraint("account", "action", "argument", name="uq_secureb2share_grant_account_action_argument"),
    )
    op.create_table(
        "secureb2share_link",
        sa.Column("method", sa.String(255), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("method", "subject", name="pk_secureb2share_link"),
    )
    op.create_table(
        "secureb2share_token",
        sa.Column("token_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("strength", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("token_id", name="pk_secureb2share_token"),
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in (
        "token",
        "link",
        "grant",
        "sign_in",
        "binding",
        "stop",
        "former",
        "instance",
        "legacy",
        "index",
        "rems",
        "lock",
        "observed",
        "sweep",
        "application",
        "key",
        "pause",
        "registration",
        "event",
        "sent",
        "message",
        "draft",
        "review",
        "held",
        "dataset",
    ):
        op.drop_table("secureb2share_" + name)
