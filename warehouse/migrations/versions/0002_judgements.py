"""Judgements of people about two records, and how many of them a version obeys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table, and the column that pins its last number to a version."""
    op.create_table(
        "judgement",
        sa.Column("number", Number, autoincrement=True, nullable=False),
        sa.Column("entity", sa.String(80), nullable=False),
        sa.Column("left_record", sa.String(64), nullable=False),
        sa.Column("right_record", sa.String(64), nullable=False),
        sa.Column("verdict", sa.String(20), nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("run_id", sa.String(200), nullable=False),
        sa.Column("supersedes", sa.BigInteger()),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_judgement"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_judgement_entity_left_record", "judgement", ["entity", "left_record"])
    op.create_index("ix_judgement_entity_right_record", "judgement", ["entity", "right_record"])
    op.add_column("hub_version", sa.Column("judged_through", sa.BigInteger(), server_default="0", nullable=False))
