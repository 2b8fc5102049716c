"""The raw rows of a batch, as the source had them; a replay's are those of the batch it takes again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from pipeline.hub import Hub
from pipeline.lake_tables import raw_table, replays_table
from warehouse.batch import Batch

SELECTION = pa.schema([("selection", pa.string()), ("row_number", pa.int64())])


def raw_chunks(hub: Hub, batch: Batch, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """Yield the raw rows of a batch as tables of at most `batch_rows` rows: memory is bounded by that.

    The rows of a replay keep their row numbers and carry the replay's own number as `batch`. `columns` (of the
    source, or `row_number`) reads only those.
    """
    wanted = None if columns is None else list(dict.fromkeys([*columns, "row_number"]))
    chosen = selected_rows(hub, batch)
    for path in hub.lake.files(raw_table(batch.department, batch.source_table), batch=batch.origin):
        file = parquet.ParquetFile(path.removeprefix("file://"))
        for rows in file.iter_batches(hub.settings.batch_rows, columns=wanted):
            table = pa.Table.from_batches([rows])
            table = table.drop_columns([name for name in table.column_names if name.startswith("partition_")])
            if chosen is not None:
                table = table.filter(pc.is_in(table.column("row_number"), value_set=chosen))
            if batch.is_replay and "batch" in table.column_names:
                own = pa.array([batch.id] * table.num_rows, pa.int64())
                table = table.set_column(table.column_names.index("batch"), "batch", own)
            if table.num_rows:
                yield table


def selected_rows(hub: Hub, batch: Batch) -> pa.Array | None:
    """Return the row numbers that a replay of some rows takes again; None where a batch takes all it has."""
    if not batch.selection:
        return None
    found = hub.lake.read(replays_table(batch.department, batch.source_table), selection=batch.selection)
    return found.column("row_number").combine_chunks()


def select_rows(hub: Hub, origin: Batch, row_numbers: Sequence[int]) -> str:
    """Write down which rows of `origin` are to be taken again and return the selection's name; twice is once."""
    ordered = sorted(set(row_numbers))
    name = blake2b(f"{origin.origin}:{ordered}".encode(), digest_size=12).hexdigest()
    place = replays_table(origin.department, origin.source_table)
    rows = {"selection": pa.array([name] * len(ordered)), "row_number": pa.array(ordered, pa.int64())}
    hub.lake.append(place, pa.table(rows, schema=SELECTION), ("selection",), idempotency=(f"selection-{name}", 1))
    return name
