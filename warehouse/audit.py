"""The audit of a staged version: what must be true of it before readers may see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, exists, func, or_, select

from warehouse.serving_tables import ServedTable
from warehouse.staged_tables import staged_change, staged_gone, staged_redirect
from warehouse.staging import CHANGES, REDIRECTS, Staged

GONE_OPS = ("REMOVED", "MERGED")


def audit_faults(
    connection: Connection, version: int, tables: Mapping[str, ServedTable], staged: Mapping[str, Staged]
) -> list[str]:
    """Return what is wrong with the staged version in words with counts; empty when it may be published.

    Checked: as many rows as were loaded; keys unique and not null; required columns filled; no row from a later
    version; no id both put and removed; every id whose values change has a line in the change feed and the other way
    round.
    """
    faults = []
    for label, loaded in staged.items():
        checks = _row_checks(version, tables[label], loaded) if label in tables else _feed_checks(label, loaded)
        faults += [f"{label}: {words} ({count})" for words, query in checks if (count := _number(connection, query))]
    for label, served in tables.items():
        if label in staged and served.key != "record_id":
            checks = _change_checks(served, staged[label], CHANGES in staged)
            faults += [
                f"{label}: {words} ({count})" for words, query in checks if (count := _number(connection, query))
            ]
    return faults


def _number(connection: Connection, query: Select[int]) -> int:
    return connection.execute(query).scalar_one() or 0


Check = tuple[str, Select[int]]


def _row_checks(version: int, served: ServedTable, loaded: Staged) -> Iterator[Check]:
    table = served.staged
    key = table.c[served.key]
    rows = select(func.count()).select_from(table)
    yield "行数与载入不符 rows differ from what was loaded", _difference(table, loaded.rows)
    gone = staged_gone.c.label == served.label
    yield "删除数与载入不符 deletions differ from what was loaded", _difference(staged_gone, loaded.gone, gone)
    repeated = select(key).where(key.is_not(None)).group_by(key).having(func.count() > 1).subquery()
    yield "主键重复 repeated keys", select(func.count()).select_from(repeated)
    empty = [table.c[name].is_(None) for name in (served.key, *served.required)]
    yield "必填列为空 required columns are null", rows.where(or_(*empty))
    if "commit" in table.c:
        yield "来自更晚的版本 rows of a later version", rows.where(table.c.commit > version)
    both = exists().where(gone, staged_gone.c.id == key)
    yield "既写入又删除 both put and removed", rows.where(both)


def _feed_checks(label: str, loaded: Staged) -> Iterator[Check]:
    table = staged_change if label == CHANGES else staged_redirect
    yield "行数与载入不符 rows differ from what was loaded", _difference(table, loaded.rows)
    if label == REDIRECTS:
        circle = staged_redirect.c.id == staged_redirect.c.into
        yield "指向自己 redirects to itself", select(func.count()).where(circle)


def _change_checks(served: ServedTable, loaded: Staged, has_feed: bool) -> Iterator[Check]:
    """The change feed must tell exactly what the swap will do: snapshot + changes = next snapshot."""
    table, live = served.staged, served.live
    key, live_key = table.c[served.key], live.c[served.key]
    feed = staged_change.c.entity == served.label
    rows = select(func.count()).select_from(table)
    told = _told(feed, key)
    if loaded.whole:
        known = exists().where(live_key == key)
        yield "新行不在变更流中 new rows without a change", rows.where(~known, ~told)
        left = select(func.count()).select_from(live).where(~exists().where(key == live_key), ~_told(feed, live_key))
        yield "消失的行不在变更流中 vanished rows without a change", left
    else:
        # A row whose values are what they were (only an origin moved) is no change to those who read it.
        same = exists().where(live_key == key, live.c.content_hash == table.c.content_hash)
        yield "改动不在变更流中 rows without a change", rows.where(~told, ~same)
        leaving = select(func.count()).select_from(staged_gone).where(staged_gone.c.label == served.label)
        yield "删除不在变更流中 deletions without a change", leaving.where(~_told(feed, staged_gone.c.id))
    if not has_feed:
        return
    changes = select(func.count()).select_from(staged_change).where(feed)
    put = exists().where(key == staged_change.c.id)
    yield "变更没有对应的行 changes without a row", changes.where(staged_change.c.op.in_(("ADDED", "CHANGED")), ~put)
    yield "已删除却仍写入 removed, yet put", changes.where(staged_change.c.op.in_(GONE_OPS), put)


def _told(feed: ColumnElement[bool], key: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that the change feed speaks of `key`: as the changed id, or as what one was split into."""
    changed = exists().where(feed, staged_change.c.id == key)
    split = exists().where(feed, staged_change.c.op == "SPLIT", staged_change.c.into == key)
    return or_(changed, split)


def _difference(table: Table, expected: int, *conditions: ColumnElement[bool]) -> Select[int]:
    return select(func.abs(func.count() - expected)).select_from(table).where(and_(True, *conditions))
