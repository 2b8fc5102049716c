"""What is still refused or held: lines of quarantine that no later state of the source and no replay has settled."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting or a constant

from __future__ import annotations

import pyarrow as pa

from engine.quoting import literal, quote
from engine.relation import ParquetFiles, Relation
from engine.step import Step
from pipeline.hub import Hub
from pipeline.lake_tables import quarantine_table, standing_table
from pipeline.raw_rows import selected_rows
from pipeline.staging import STANDING
from schemas.contract import Contract
from standardise.quarantine import QUARANTINE_SCHEMA
from warehouse.batch import Batch

BATCHES = pa.schema(
    [
        ("batch", pa.int64()),
        ("source_table", pa.string()),
        ("origin", pa.int64()),
        ("whole", pa.bool_()),  # takes the whole table, or the whole of its origin
        ("replay", pa.bool_()),
        ("fingerprint", pa.string()),
    ]
)
COVERED = pa.schema([("batch", pa.int64()), ("origin", pa.int64()), ("row_number", pa.int64())])
PENDING = ("landed", "standardised", "held")

# A refused statement is open while the row that made it is the one that stands. A refused row does not stand: it is
# open until a later whole extract, a later sound row of its key, or a replay has had the last word.
OPEN = [
    Step(
        "of_standing",
        """
        SELECT quarantine.*, batches.origin, standing.contract_fingerprint AS fingerprint
        FROM quarantine
        JOIN standing ON standing.source_table = quarantine.source_table
            AND standing.source_key = quarantine.source_key
            AND standing.batch = quarantine.batch AND standing.row_number = quarantine.row_number
        JOIN batches ON batches.batch = quarantine.batch
        WHERE quarantine.state <> 'rejected'""",
    ),
    Step(
        "of_rejected",
        """
        SELECT quarantine.*, batches.origin, batches.fingerprint
        FROM quarantine JOIN batches ON batches.batch = quarantine.batch
        ANTI JOIN batches AS later ON later.source_table = quarantine.source_table
            AND later.whole AND NOT later.replay AND later.batch > batches.origin
        ANTI JOIN standing ON standing.source_table = quarantine.source_table
            AND standing.source_key = quarantine.source_key AND standing.batch > quarantine.batch
        ANTI JOIN batches AS again ON again.replay AND again.whole
            AND again.origin = batches.origin AND again.batch > quarantine.batch
        ANTI JOIN covered ON covered.origin = batches.origin
            AND covered.row_number = quarantine.row_number AND covered.batch > quarantine.batch
        WHERE quarantine.state = 'rejected'""",
    ),
    Step("open", "SELECT * FROM of_standing UNION ALL SELECT * FROM of_rejected"),
]


def open_lines(hub: Hub, contract: Contract, sql: str = "SELECT * FROM open") -> pa.Table:
    """Return the rows of `sql` over `open`: the quarantine's columns, the `origin` batch of each line's raw row, and
    the contract's `fingerprint` under which it was refused."""
    files = hub.lake.files(quarantine_table(contract.department))
    if not files:
        empty = [*QUARANTINE_SCHEMA, pa.field("origin", pa.int64()), pa.field("fingerprint", pa.string())]
        return hub.engine.run([Step("asked", sql)], {"open": pa.schema(empty).empty_table()}, "asked")
    accepted = hub.ledger.batches("accepted", contract.department)
    relations: dict[str, Relation] = {
        "quarantine": ParquetFiles(tuple(files), QUARANTINE_SCHEMA),
        "batches": accepted_batches(accepted),
        "covered": covered_rows(hub, accepted),
    }
    standing, places = standing_rows_of(hub, contract)
    return hub.engine.run([standing, *OPEN, Step("asked", sql)], {**relations, **places}, "asked")


def pending_rows(hub: Hub, contract: Contract) -> set[tuple[int, int]]:
    """Return (origin batch, row number) of every row that a replay of some rows, not yet accepted, takes again."""
    waiting = [one for one in hub.ledger.batches(PENDING, contract.department) if one.is_replay]
    rows = covered_rows(hub, waiting)
    return set(zip(rows.column("origin").to_pylist(), rows.column("row_number").to_pylist(), strict=True))


def covered_rows(hub: Hub, batches: list[Batch]) -> pa.Table:
    """Return `batch`, `origin`, `row_number` of the rows that replays of some rows take again."""
    parts = []
    for one in batches:
        chosen = selected_rows(hub, one)
        if chosen is not None:
            own, origin = pa.repeat(pa.scalar(one.id, pa.int64()), len(chosen)), pa.scalar(one.origin, pa.int64())
            parts.append(pa.table([own, pa.repeat(origin, len(chosen)), chosen], schema=COVERED))
    return pa.concat_tables(parts) if parts else COVERED.empty_table()


def accepted_batches(accepted: list[Batch]) -> pa.Table:
    """Return the accepted batches (BATCHES): what each took and under which contract."""
    rows = [
        {
            "batch": one.id,
            "source_table": one.source_table,
            "origin": one.origin,
            "whole": one.mode == "full" or (one.is_replay and not one.selection),
            "replay": one.is_replay,
            "fingerprint": one.contract_fingerprint,
        }
        for one in accepted
    ]
    return pa.Table.from_pylist(rows, schema=BATCHES)


def standing_rows_of(hub: Hub, contract: Contract) -> tuple[Step, dict[str, Relation]]:
    """Return the step that puts the standing rows of all the department's tables together, and their files."""
    places: dict[str, Relation] = {}
    parts = []
    for number, table in enumerate(contract.tables):
        files = tuple(hub.lake.files(standing_table(contract.department, table.name)))
        places[f"standing_{number}"] = ParquetFiles(files, STANDING)
        parts.append(f"SELECT {literal(table.name)} AS source_table, * FROM {quote(f'standing_{number}')}")
    return Step("standing", " UNION ALL ".join(parts)), places
