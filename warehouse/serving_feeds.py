"""Serving tables whose shape does not follow the standard: the change feed and the redirects of retired hub ids."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Named, String, Table, TypedColumns

from warehouse.ledger_tables import Number, metadata


class ChangeColumns(TypedColumns):
    """What a version did to an entity: ADDED, CHANGED, MERGED (into), SPLIT (into), REMOVED."""

    seq: Named[int] = Column(Number, primary_key=True, autoincrement=True)
    commit: Named[int] = Column(BigInteger)
    op: Named[str] = Column(String(10))
    entity: Named[str] = Column(String(80))
    id: Named[str] = Column(String(64))
    into: Named[str | None] = Column(String(64))


class RedirectColumns(TypedColumns):
    """Where a retired hub id leads now."""

    id: Named[str] = Column(String(64), primary_key=True)
    entity: Named[str] = Column(String(80))
    into: Named[str] = Column(String(64))
    commit: Named[int] = Column(BigInteger)


change_feed = Table("change_feed", metadata, ChangeColumns, sqlite_autoincrement=True)
redirect = Table("redirect", metadata, RedirectColumns)

Index(None, change_feed.c.entity, change_feed.c.id)
Index(None, change_feed.c.commit)
Index(None, redirect.c.into)
