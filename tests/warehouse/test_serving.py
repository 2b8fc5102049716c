"""Stage, audit, swap: readers see one whole version or the other, on both databases and both ways of swapping."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest
from sqlalchemy import inspect, text

from schemas.errors import FenceLost, LedgerError, PublishRefused, UnknownEntity
from schemas.standard_file import load_standard
from tests.warehouse.conftest import NOON, Hub
from tests.warehouse.test_batches import accepted
from warehouse.serving import Publication, Serving
from warehouse.serving_reader import ServingReader
from warehouse.versions import VersionOpening

STANDARD = load_standard()
PUBLICATION = Publication({"golden/person": 1}, {"people": 2}, NOON)
Line = tuple[str, str, str, str | None]


@pytest.fixture
def serving(hub: Hub) -> Serving:
    serving = Serving(hub.database, STANDARD)
    serving.ensure()
    return serving


@pytest.fixture
def reader(hub: Hub, serving: Serving) -> ServingReader:
    return ServingReader(hub.database, STANDARD)


def people(commit: int, **names: str) -> pa.Table:
    born = pa.array([date(1980, 1, 2)] * len(names), pa.date32())
    return pa.table(
        {
            "hub_id": pa.array(names, pa.string()),
            "name": pa.array(names.values(), pa.string()),
            "birth_date": born,
            "anchored": pa.array([True] * len(names), pa.bool_()),
            "records": pa.array([1] * len(names), pa.int32()),
            "commit": pa.array([commit] * len(names), pa.int64()),
        }
    )


def feed(*lines: Line) -> pa.Table:
    columns = list(zip(*lines, strict=True)) if lines else [[]] * 4
    names = ("op", "entity", "id", "into")
    return pa.table({name: pa.array(list(column), pa.string()) for name, column in zip(names, columns, strict=True)})


def ready(hub: Hub, *batches: int) -> int:
    version = hub.ledger.open_version(hub.fence, VersionOpening(batches, date(2026, 3, 1), "run-1"), NOON)
    hub.ledger.advance(hub.fence, version.number, "survived")
    return version.number


def publish(hub: Hub, serving: Serving, gone: tuple[str, ...] = (), **names: str) -> int:
    """Publish these people as a new version, with the change feed that goes with them; return its number."""
    number = ready(hub)
    known = {row["hub_id"] for row in everyone(hub)}
    lines: list[Line] = [("CHANGED" if name in known else "ADDED", "person", name, None) for name in names]
    lines += [("REMOVED", "person", name, None) for name in gone]
    serving.stage(hub.fence, number, "person", people(number, **names), pa.array(gone, pa.string()))
    serving.stage_changes(hub.fence, number, feed(*lines))
    serving.audit(number)
    serving.swap(hub.fence, number, PUBLICATION)
    return number


def everyone(hub: Hub) -> list[dict]:
    with hub.database.read() as connection:
        rows = connection.execute(text("SELECT hub_id, name FROM golden_person ORDER BY hub_id"))
        return [dict(row._mapping) for row in rows]


def names(hub: Hub) -> dict[str, str]:
    return {row["hub_id"]: row["name"] for row in everyone(hub)}


def crowd(count: int) -> dict[str, str]:
    return {f"p{number:04}": f"n{number}" for number in range(count)}


def index_names(hub: Hub, table: str) -> list[str]:
    with hub.database.read() as connection:
        return sorted(index["name"] or "" for index in inspect(connection).get_indexes(table))


def test_tables_are_made_once_and_grow_with_the_standard(hub: Hub, serving: Serving) -> None:
    publish(hub, serving, a="张伟")
    person = STANDARD.entities["person"]
    more = replace(person, fields=(*person.fields, replace(person.field("name"), name="nickname")))
    grown = Serving(hub.database, replace(STANDARD, entities={**STANDARD.entities, "person": more}))
    grown.ensure()
    grown.ensure()
    with hub.database.read() as connection:
        columns = {column["name"] for column in inspect(connection).get_columns("golden_person")}
    assert "nickname" in columns and names(hub) == {"a": "张伟"}


def test_a_version_goes_live_with_its_ledger_row(hub: Hub, serving: Serving, reader: ServingReader) -> None:
    batch = accepted(hub)
    number = ready(hub, batch)
    staged = serving.stage(hub.fence, number, "person", people(number, a="张伟", b="王芳").to_reader())
    serving.stage_changes(hub.fence, number, feed(("ADDED", "person", "b", None), ("ADDED", "person", "a", None)))
    assert staged.rows == 2 and reader.counts()["person"] == 0 and reader.commit() == 0
    assert serving.audit(number) == {"change_feed": 2, "person": 2}
    published = serving.swap(hub.fence, number, PUBLICATION)
    assert (published.state, published.published_at, published.manifest) == ("published", NOON, {"golden/person": 1})
    assert published == hub.ledger.version(number) == hub.ledger.published_version()
    assert hub.ledger.batch(batch).taken_by == number and hub.ledger.untaken_batches() == []
    assert reader.commit() == number and reader.counts()["person"] == 2
    assert [(line.commit, line.op, line.id) for line in reader.changes(0)] == [(1, "ADDED", "b"), (1, "ADDED", "a")]
    row = reader.golden("person", "a")
    assert (row["name"], row["birth_date"], row["anchored"], row["records"]) == ("张伟", date(1980, 1, 2), True, 1)


@pytest.mark.parametrize("changed", [1, 5], ids=["applied in place", "built beside"])
def test_both_ways_of_swapping_leave_the_same(hub: Hub, serving: Serving, changed: int) -> None:
    expected = crowd(9)
    publish(hub, serving, **expected)
    for turn in range(3):
        update = {f"p{number:04}": f"turn{turn}" for number in range(changed)} | {f"new{turn}": "n"}
        gone = f"p{8 - turn:04}"
        publish(hub, serving, (gone,), **update)
        expected = {name: text for name, text in {**expected, **update}.items() if name != gone}
        assert names(hub) == expected
    live = index_names(hub, "golden_person")
    assert len(live) == 4 and len({name[-2:] for name in live}) == 1
    with hub.database.read() as connection:
        left = [name for name in inspect(connection).get_table_names() if name.startswith(("old_", "next_", "staged_"))]
    assert left == ["staged_change", "staged_count", "staged_gone", "staged_redirect"] or set(left) == {
        "staged_change", "staged_count", "staged_gone", "staged_redirect",
    }  # fmt: skip


def test_a_whole_table_replaces_everything(hub: Hub, serving: Serving) -> None:
    publish(hub, serving, **crowd(5))
    number = ready(hub)
    serving.stage(hub.fence, number, "person", people(number, p0000="n0", z="z"), whole=True)
    lines = [("REMOVED", "person", f"p{one:04}", None) for one in range(1, 5)]
    serving.stage_changes(hub.fence, number, feed(("ADDED", "person", "z", None), *lines))
    serving.audit(number)
    serving.swap(hub.fence, number, PUBLICATION)
    assert names(hub) == {"p0000": "n0", "z": "z"}


def test_staging_again_replaces_and_streams_in_chunks(
    hub: Hub, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.staging.CHUNK_ROWS", 100)
    number = ready(hub)
    serving.stage(hub.fence, number, "person", people(number, wrong="x"))
    rows = pa.table(
        {
            "hub_id": pa.array([f"{one:07}" for one in range(1010)]),
            "commit": pa.array([number] * (1010), pa.int64()),
        }
    )
    reader = rows.to_reader(max_chunksize=230)
    assert serving.stage(hub.fence, number, "person", reader).rows == 1010
    with hub.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM staged_golden_person")).scalar_one() == 1010


def test_swapping_twice_is_once(hub: Hub, serving: Serving, reader: ServingReader) -> None:
    number = publish(hub, serving, a="张伟")
    assert serving.swap(hub.fence, number, PUBLICATION).number == number
    assert len(reader.changes(0)) == 1


def refused(hub: Hub, serving: Serving, rows: pa.Table, gone: tuple[str, ...], *lines: Line) -> str:
    number = ready(hub)
    serving.stage(hub.fence, number, "person", rows, pa.array(gone, pa.string()))
    serving.stage_changes(hub.fence, number, feed(*lines))
    with pytest.raises(PublishRefused) as caught:
        serving.audit(number)
    return str(caught.value)


ADDED: Line = ("ADDED", "person", "a", None)


@pytest.mark.parametrize(
    ("rows", "gone", "lines", "reason"),
    [
        (pa.concat_tables([people(1, a="x"), people(1, a="y")]), (), [ADDED], "repeated keys (1)"),
        (people(1, a="x").set_column(0, "hub_id", pa.array([None], pa.string())), (), [], "are null (1)"),
        (people(9, a="x"), (), [ADDED], "later version (1)"),
        (people(1, a="x"), ("a",), [ADDED], "both put and removed (1)"),
        (people(1, a="x"), (), [], "rows without a change (1)"),
        (people(1), ("a",), [], "deletions without a change (1)"),
        (people(1), (), [ADDED], "changes without a row (1)"),
        (people(1, a="x"), (), [("REMOVED", "person", "a", None)], "removed, yet put (1)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_faulty_version_is_refused(
    hub: Hub, serving: Serving, rows: pa.Table, gone: tuple[str, ...], lines: list[Line], reason: str
) -> None:
    assert reason in refused(hub, serving, rows, gone, *lines)
    assert names(hub) == {}


def test_a_row_whose_values_stayed_needs_no_line_in_the_change_feed(hub: Hub, serving: Serving) -> None:
    hashed = people(1, a="x").append_column("content_hash", pa.array(["h1"]))
    number = ready(hub)
    serving.stage(hub.fence, number, "person", hashed)
    serving.stage_changes(hub.fence, number, feed(ADDED))
    serving.swap(hub.fence, number, PUBLICATION)
    number = ready(hub)
    serving.stage(hub.fence, number, "person", hashed.append_column("origins", pa.array(["{}"])))
    serving.audit(number)
    other = people(1, a="y").append_column("content_hash", pa.array(["h2"]))
    serving.stage(hub.fence, number, "person", other)
    with pytest.raises(PublishRefused, match="rows without a change"):
        serving.audit(number)


def test_rows_lost_between_loading_and_audit_are_noticed(hub: Hub, serving: Serving) -> None:
    number = ready(hub)
    serving.stage(hub.fence, number, "person", people(number, a="x", b="y"))
    serving.stage_changes(hub.fence, number, feed(ADDED, ("ADDED", "person", "b", None)))
    with hub.database.write() as connection:
        connection.execute(text("DELETE FROM staged_golden_person WHERE hub_id = 'b'"))
    with pytest.raises(PublishRefused, match="differ from what was loaded"):
        serving.audit(number)


def test_an_unknown_column_or_table_is_an_error(hub: Hub, serving: Serving) -> None:
    number = ready(hub)
    with pytest.raises(LedgerError, match="unknown columns shoe_size"):
        serving.stage(hub.fence, number, "person", pa.table({"hub_id": ["a"], "shoe_size": ["43"]}))
    with pytest.raises(LedgerError, match="no served table ghost"):
        serving.stage(hub.fence, number, "ghost", None)


def test_the_first_of_two_publishers_loses(hub: Hub, serving: Serving) -> None:
    number = ready(hub)
    serving.stage(hub.fence, number, "person", people(number, a="old run"))
    newer = hub.ledger.acquire(hub.fence.name, "run-2", NOON)
    for attempt in (
        lambda: serving.stage(hub.fence, number, "person", people(number, a="zombie")),
        lambda: serving.swap(hub.fence, number, PUBLICATION),
        lambda: serving.tidy(hub.fence),
    ):
        with pytest.raises(FenceLost):
            attempt()
    serving.stage(newer, number, "person", people(number, a="new run"))
    serving.swap(newer, number, PUBLICATION)
    assert names(hub) == {"a": "new run"}


def test_a_version_that_did_not_survive_is_not_published(hub: Hub, serving: Serving) -> None:
    version = hub.ledger.open_version(hub.fence, VersionOpening((), date(2026, 3, 1), "run-1"), NOON)
    with pytest.raises(LedgerError, match="cannot be published"):
        serving.swap(hub.fence, version.number, PUBLICATION)


def test_a_failed_swap_leaves_the_old_version_whole(hub: Hub, serving: Serving, reader: ServingReader) -> None:
    publish(hub, serving, **crowd(6))
    before = names(hub)
    number = ready(hub)
    serving.stage(hub.fence, number, "person", people(number, p0000="x", p0001="y", p0002="z"))
    serving.stage(
        hub.fence, number, "hub_member", pa.table({"record_id": ["r"], "hub_id": ["a"], "entity": ["person"]})
    )
    with hub.database.write() as connection:
        connection.execute(text("DROP TABLE staged_golden_person"))
    with pytest.raises(Exception, match="staged_golden_person"):
        serving.swap(hub.fence, number, PUBLICATION)
    assert names(hub) == before and reader.commit() == 1 and reader.counts()["hub_member"] == 0
    assert hub.ledger.unfinished_version() is not None
    serving.stage(hub.fence, number, "person", people(number, p0000="x"))
    serving.swap(hub.fence, number, PUBLICATION)
    assert names(hub) == {**before, "p0000": "x"} and reader.counts()["hub_member"] == 1


@pytest.mark.parametrize("changed", [2, 40], ids=["applied in place", "built beside"])
def test_readers_always_see_one_whole_version(hub: Hub, serving: Serving, reader: ServingReader, changed: int) -> None:
    publish(hub, serving, **dict.fromkeys(crowd(40), "0"))
    stop, torn, seen = threading.Event(), [], set()

    def watch() -> None:
        while not stop.is_set():
            with reader.reading() as connection:
                first = reader.commit(connection)
                rows = connection.execute(text('SELECT "commit", count(*) FROM golden_person GROUP BY 1')).all()
                second = reader.commit(connection)
            newest = max(row[0] for row in rows)
            seen.add(newest)
            if not first == second == newest or sum(row[1] for row in rows) != 40:
                torn.append((first, second, rows))

    watchers = [threading.Thread(target=watch) for _ in range(2)]
    for thread in watchers:
        thread.start()
    for turn in range(4):
        publish(hub, serving, **{f"p{number:04}": str(turn) for number in range(changed)})
    stop.set()
    for thread in watchers:
        thread.join()
    assert torn == [] and seen <= {1, 2, 3, 4, 5} and len(seen) > 1


def test_a_reader_in_the_middle_keeps_its_version(hub: Hub, serving: Serving, reader: ServingReader) -> None:
    """SQLite's readers keep their snapshot; PostgreSQL's hold up the rename until they are done."""
    publish(hub, serving, **crowd(3))
    publisher = threading.Thread(target=lambda: publish(hub, serving, p0000="x", p0001="y", p0002="z"))
    with reader.reading() as connection:
        assert reader.commit(connection) == 1
        publisher.start()
        publisher.join(0.5)
        rows = connection.execute(text("SELECT DISTINCT name FROM golden_person ORDER BY 1")).scalars().all()
        assert rows == ["n0", "n1", "n2"] and reader.commit(connection) == 1
    publisher.join()
    assert reader.commit() == 2 and set(names(hub).values()) == {"x", "y", "z"}


def test_lookups_redirects_members_and_facts(hub: Hub, serving: Serving, reader: ServingReader) -> None:
    number = ready(hub)
    serving.stage(hub.fence, number, "person", people(number, h="张伟", w="王芳"))
    marriage = {"fact_id": ["m1"], "husband": ["h"], "wife": ["w"], "registered_on": pa.array([date(2020, 5, 1)])}
    serving.stage(hub.fence, number, "marriage", pa.table({**marriage, "commit": pa.array([number], pa.int64())}))
    member = {"record_id": "r1", "hub_id": "h", "entity": "person", "department": "police", "source_table": "RK"}
    member |= {"statement": "resident", "source_key": "7"}
    serving.stage(hub.fence, number, "hub_member", pa.Table.from_pylist([member]))
    serving.stage_redirects(
        hub.fence, number, pa.table({"id": ["x", "y"], "entity": ["person"] * 2, "into": ["y", "h"]})
    )
    lines = [("ADDED", "person", "h", None), ("ADDED", "person", "w", None), ("ADDED", "marriage", "m1", None)]
    serving.stage_changes(hub.fence, number, feed(*lines))
    serving.audit(number)
    serving.swap(hub.fence, number, PUBLICATION)
    assert [row["hub_id"] for row in reader.lookup("person", "name", "王芳")] == ["w"]
    assert [row["fact_id"] for row in reader.lookup("marriage", "husband", "h")] == ["m1"]
    assert reader.golden("person", "x")["hub_id"] == "h" == reader.resolve("x")
    assert [found.source_key for found in reader.members("h")] == ["7"] and reader.members("w") == []
    assert reader.facts("w")["marriage"][0]["registered_on"] == date(2020, 5, 1) and reader.facts("x") == {}
    assert [line.seq for line in reader.changes(since=1, limit=1)] == [2]
    with pytest.raises(UnknownEntity):
        reader.golden("person", "nobody")
    with pytest.raises(LedgerError, match="cannot be looked up"):
        reader.lookup("person", "address", "x")


def test_redirect_circles_are_refused_and_survived(hub: Hub, serving: Serving, reader: ServingReader) -> None:
    number = ready(hub)
    serving.stage_redirects(hub.fence, number, pa.table({"id": ["x"], "entity": ["person"], "into": ["x"]}))
    with pytest.raises(PublishRefused, match="redirects to itself"):
        serving.audit(number)
    serving.stage_redirects(
        hub.fence, number, pa.table({"id": ["x", "y"], "entity": ["person"] * 2, "into": ["y", "x"]})
    )
    serving.swap(hub.fence, number, PUBLICATION)
    assert reader.resolve("x") in ("x", "y")
