"""The ledger, the change feed and the redirects."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables of the first edition."""
    create_batches()
    create_versions()
    create_feeds()


def create_batches() -> None:
    op.create_table(
        "batch",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("department", sa.String(80), nullable=False),
        sa.Column("source_table", sa.String(200), nullable=False),
        sa.Column("mode", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("contract_fingerprint", sa.String(80), nullable=False),
        sa.Column("since", sa.Text()),
        sa.Column("high_water", sa.Text()),
        sa.Column("rows_extracted", sa.BigInteger()),
        sa.Column("checksum", sa.String(80)),
        sa.Column("lake_version", sa.BigInteger()),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("landed_at", sa.DateTime()),
        sa.Column("decided_at", sa.DateTime()),
        sa.Column("run_id", sa.String(200), nullable=False),
        sa.Column("held_reason", sa.Text()),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("taken_by", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_batch"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_batch_department_source_table_state", "batch", ["department", "source_table", "state"])
    op.create_index("ix_batch_state_taken_by", "batch", ["state", "taken_by"])
    op.create_table(
        "watermark",
        sa.Column("department", sa.String(80), nullable=False),
        sa.Column("source_table", sa.String(200), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("department", "source_table", name="pk_watermark"),
    )
    op.create_table(
        "fence",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("acquired_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_fence"),
    )


def create_versions() -> None:
    op.create_table(
        "hub_version",
        sa.Column("number", Number, autoincrement=True, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("published_at", sa.DateTime()),
        sa.Column("batches", sa.Text(), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("run_id", sa.String(200), nullable=False),
        sa.Column("rolled_back_to", sa.BigInteger()),
        sa.PrimaryKeyConstraint("number", name="pk_hub_version"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_hub_version_state", "hub_version", ["state"])
    op.create_table(
        "stage_log",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("run_id", sa.String(200), nullable=False),
        sa.Column("stage", sa.String(40), nullable=False),
        sa.Column("department", sa.String(80), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_stage_log"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_stage_log_run_id", "stage_log", ["run_id"])


def create_feeds() -> None:
    op.create_table(
        "change_feed",
        sa.Column("seq", Number, autoincrement=True, nullable=False),
        sa.Column("commit", sa.BigInteger(), nullable=False),
        sa.Column("op", sa.String(10), nullable=False),
        sa.Column("entity", sa.String(80), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("into", sa.String(64)),
        sa.PrimaryKeyConstraint("seq", name="pk_change_feed"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_change_feed_entity_id", "change_feed", ["entity", "id"])
    op.create_index("ix_change_feed_commit", "change_feed", ["commit"])
    op.create_table(
        "redirect",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("entity", sa.String(80), nullable=False),
        sa.Column("into", sa.String(64), nullable=False),
        sa.Column("commit", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_redirect"),
    )
    op.create_index("ix_redirect_into", "redirect", ["into"])
