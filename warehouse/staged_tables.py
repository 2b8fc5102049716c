"""Staging tables that are the same whatever the standard says: counts, ids that go, changes and redirects."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, MetaData, Named, String, Table, TypedColumns

staged_metadata = MetaData()


class StagedCountColumns(TypedColumns):
    """What the loader says it staged, for the audit to compare; `whole`: the rows are the whole new table."""

    label: Named[str] = Column(String(80), primary_key=True)
    version: Named[int] = Column(BigInteger)
    rows: Named[int] = Column(BigInteger)
    gone: Named[int] = Column(BigInteger)
    whole: Named[bool] = Column(Boolean)


class StagedGoneColumns(TypedColumns):
    """Ids that leave a table."""

    label: Named[str] = Column(String(80), primary_key=True)
    id: Named[str] = Column(String(64), primary_key=True)


class StagedChangeColumns(TypedColumns):
    """Lines of the change feed in their order."""

    ordinal: Named[int] = Column(BigInteger, primary_key=True)
    op: Named[str] = Column(String(10))
    entity: Named[str] = Column(String(80))
    id: Named[str] = Column(String(64), index=True)
    into: Named[str | None] = Column(String(64), index=True)


class StagedRedirectColumns(TypedColumns):
    """Where retired ids lead; `into` null: the id stands by itself again."""

    id: Named[str] = Column(String(64), primary_key=True)
    entity: Named[str] = Column(String(80))
    into: Named[str | None] = Column(String(64))


staged_count = Table("staged_count", staged_metadata, StagedCountColumns)
staged_gone = Table("staged_gone", staged_metadata, StagedGoneColumns)
staged_change = Table("staged_change", staged_metadata, StagedChangeColumns)
staged_redirect = Table("staged_redirect", staged_metadata, StagedRedirectColumns)
