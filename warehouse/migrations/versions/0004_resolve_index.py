"""The index for resolving one record at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the rows, their keys, and what the index of each entity is of."""
    op.create_table(
        "resolve_row",
        sa.Column("entity", sa.String(20), nullable=False),
        sa.Column("row", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.String(64), nullable=False),
        sa.Column("hub_id", sa.String(64), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("anchor", sa.Boolean(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "row", name="pk_resolve_row"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "resolve_key",
        sa.Column("entity", sa.String(20), nullable=False),
        sa.Column("rule", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("entity", "rule", "key", "row", name="pk_resolve_key"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_resolve_key_row", "resolve_key", ["row"])
    op.create_table(
        "resolve_state",
        sa.Column("entity", sa.String(20), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("model", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("entity", name="pk_resolve_state"),
    )
