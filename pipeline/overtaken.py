"""What a batch may still say when batches extracted after it were taken first: a held one released, an old replayed.

The later extract saw the later state of the source, so it wins, whatever the order in which batches are accepted.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.relation import ParquetFiles
from engine.step import Step
from pipeline.hub import Hub
from pipeline.lake_tables import standing_table
from pipeline.raw_rows import raw_chunks
from pipeline.staging import STANDING
from pipeline.vanished import vanished_keys
from schemas.contract import TableContract
from standardise.sift import REJECTED, Fate, Verdict
from values.row_identity import source_keys
from warehouse.batch import Batch


def settle(hub: Hub, table: TableContract, batch: Batch, rows: pa.Table, verdict: Verdict) -> Verdict:
    """Return the verdict with the rows that a later accepted extract has overtaken marked as superseded.

    `rows` are what was sifted. `absent` becomes the keys that this batch withdraws: those that had left the source
    and were not brought by a later extract; for a replay, keys under which its rows stand and which they no longer
    have.
    A row that a replay finds standing is not overtaken: whatever was read later, it was the same.
    """
    later, own = later_batches(hub, batch), _standing(hub, table, batch, rows)
    if batch.is_replay:
        stood = own.column("source_key").combine_chunks()
        absent = stood.filter(pc.invert(pc.is_in(stood, value_set=_whole(rows, "source_key"))))
    else:
        absent = verdict.absent
    if not later:
        return replace(verdict, absent=absent)
    overtaken = np.ones(len(verdict.fates), bool)
    if any(one.mode == "full" for one in later):  # it has said all there is to say of every key
        absent = absent if batch.is_replay else absent[:0]
    else:
        seen = keys_of(hub, table, later)
        places = pc.index_in(pa.array(verdict.row_numbers), value_set=_whole(rows, "row_number"))
        overtaken = _flags(pc.is_in(_whole(rows, "source_key").take(places), value_set=seen))
        absent = absent if batch.is_replay else absent.filter(pc.invert(pc.is_in(absent, value_set=seen)))
    overtaken &= ~_flags(pc.is_in(pa.array(verdict.row_numbers), value_set=_whole(own, "row_number")))
    # a row that was refused stays refused: no later state makes it readable
    overtaken &= ~np.isin(verdict.fates, REJECTED)
    return replace(verdict, fates=np.where(overtaken, np.int8(Fate.SUPERSEDED), verdict.fates), absent=absent)


def later_batches(hub: Hub, batch: Batch) -> list[Batch]:
    """Return the accepted extracts of the same table that were read after this batch's rows, oldest first."""
    accepted = hub.ledger.batches("accepted", batch.department, batch.source_table)
    read = [one for one in accepted if not one.is_replay and one.id > batch.origin]
    return [one for one in read if one.rows_extracted or one.mode == "full"]


def own_batches(hub: Hub, batch: Batch) -> list[int]:
    """Return the numbers of the batches that took the same rows as this replay before it; none for an extract."""
    if not batch.is_replay:
        return []
    known = hub.ledger.batches(None, batch.department, batch.source_table)
    return [one.id for one in known if one.origin == batch.origin]


def keys_of(hub: Hub, table: TableContract, batches: list[Batch]) -> pa.Array:
    """Return every source key that the batches hold or found gone, deleted rows and refused ones too."""
    chunks = [vanished_keys(hub, batches, "absent")]
    chunks += [source_keys(chunk, table.key) for one in batches for chunk in raw_chunks(hub, one, table.key)]
    return pa.chunked_array(chunks, pa.string()).combine_chunks().drop_null().unique()


def _standing(hub: Hub, table: TableContract, batch: Batch, rows: pa.Table) -> pa.Table:
    """Return `source_key`, `row_number` of a replay's rows that stand, under whatever key; none for an extract."""
    if not batch.is_replay:
        return pa.table({"source_key": pa.array([], pa.string()), "row_number": pa.array([], pa.int64())})
    files = hub.lake.files(standing_table(batch.department, table.name))
    step = Step(
        "stood",
        """
        SELECT standing.source_key, standing.row_number FROM standing
        SEMI JOIN own ON standing.batch = own.batch
        SEMI JOIN rows ON standing.row_number = rows.row_number
        ORDER BY standing.row_number""",
    )
    relations = {
        "standing": ParquetFiles(tuple(files), STANDING),
        "own": pa.table({"batch": pa.array(own_batches(hub, batch), pa.int64())}),
        "rows": rows.select(["row_number"]),
    }
    return hub.engine.run([step], relations, "stood")


def _whole(table: pa.Table, name: str) -> pa.Array:
    return table.column(name).combine_chunks()


def _flags(mask: pa.Array) -> np.ndarray:
    return mask.to_numpy(zero_copy_only=False)
