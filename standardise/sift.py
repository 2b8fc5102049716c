"""Which rows of an extract are to be standardised, decided over the whole extract from keys and hashes alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.contract import TableContract
from schemas.reasons import Reason
from standardise.source_time import TIMESTAMP, source_times
from values.row_identity import row_hashes, source_keys

Positions = npt.NDArray[np.int64]
Fates = npt.NDArray[np.int8]
Mask = npt.NDArray[np.bool_]

NO_KEYS = pa.array([], pa.string())
LANDING_COLUMNS = ("batch", "row_number", "row_hash", "ragged")
SIFT_SCHEMA = pa.schema(
    [
        ("row_number", pa.int64()),
        ("source_key", pa.string()),
        ("row_hash", pa.string()),
        ("observed", TIMESTAMP),
        ("deleted", pa.bool_()),
        ("ragged", pa.bool_()),
    ]
)


class Fate(IntEnum):
    """What becomes of a row; every row has exactly one."""

    STANDARDISE = 0
    NULL_KEY = 1
    RAGGED = 2
    REPEATED_KEY = 3  # same key, other content, and no time says which is right: all of them are refused
    IDENTICAL = 4  # byte for byte a row of the same batch, which stays
    UNCHANGED = 5  # equal to the row already accepted
    SUPERSEDED = 6  # an earlier state of a row that is here, or stands already, in a later one
    DELETED = 7  # a marker that the row is gone
    DAMAGED_KEY = 8  # bytes of the key could not be read: nobody knows whose row it is


ROW_REASONS = {
    Fate.NULL_KEY: Reason.NULL_KEY,
    Fate.RAGGED: Reason.RAGGED_ROW,
    Fate.REPEATED_KEY: Reason.REPEATED_KEY,
    Fate.DAMAGED_KEY: Reason.DAMAGED_TEXT,
}
REJECTED = tuple(ROW_REASONS)


@dataclass(frozen=True)
class Verdict:
    """The fate of every row of an extract. `row_numbers` ascend; `fates` stand beside them.

    `absent`: keys of the standing rows that the extract does not hold; after a full extract those rows are gone.
    """

    row_numbers: Positions
    fates: Fates
    absent: pa.Array

    def fates_of(self, row_numbers: pa.ChunkedArray | pa.Array) -> Fates:
        """Return the fate of each row number. Raises `KeyError` for a row the extract did not hold."""
        wanted = _whole(row_numbers).to_numpy(zero_copy_only=False)
        places = np.minimum(np.searchsorted(self.row_numbers, wanted), max(len(self.row_numbers) - 1, 0))
        if len(wanted) and (not len(self.row_numbers) or not np.array_equal(self.row_numbers[places], wanted)):
            raise KeyError("a row number that was not sifted")
        return self.fates[places] if len(wanted) else np.zeros(0, np.int8)

    def count(self, fate: Fate) -> int:
        return int((self.fates == fate).sum())


def observed_times(raw: pa.Table, table: TableContract, timezone: str) -> pa.Array:
    """Return the source's own time of each row (local, `timestamp[us]`); null where the table has no clock."""
    clock = table.observed or (table.cursor.column if table.cursor else "")
    return source_times(raw.column(clock), timezone) if clock else pa.nulls(raw.num_rows, TIMESTAMP)


def sift_columns(raw: pa.Table, table: TableContract, timezone: str = "Asia/Shanghai") -> pa.Table:
    """Return what `sift` needs of one chunk of raw rows: `SIFT_SCHEMA`, one row per raw row, in the same order.

    A missing `row_hash` column is computed over the source's columns; a missing `ragged` column means no ragged row.
    """
    source = [name for name in raw.column_names if name not in LANDING_COLUMNS]
    hashes = raw.column("row_hash") if "row_hash" in raw.column_names else row_hashes(raw, source)
    columns = {
        "row_number": raw.column("row_number"),
        "source_key": source_keys(raw, table.key),
        "row_hash": hashes,
        "observed": observed_times(raw, table, timezone),
        "deleted": deleted_rows(raw, table),
        "ragged": _ragged(raw),
    }
    return pa.table(columns).cast(SIFT_SCHEMA)


@dataclass(frozen=True)
class Place:
    """Where a batch stands among the others of its table.

    `batch` is its number. `twins`: keys whose standing row the source still held, unchanged, in this very extract,
    though landing left it out. `whole`: the extract holds the table's every row, so that a standing row of an earlier
    batch that is not in it is no longer the source's, whatever its time says (a backup was restored).
    """

    batch: int | None = None
    twins: pa.Array = field(default_factory=lambda: NO_KEYS)
    whole: bool = False


NEWEST = Place()


def sift(rows: pa.Table, standing: pa.Table | None = None, place: Place = NEWEST) -> Verdict:
    """Return the fate of every row of a whole extract (`rows` has `SIFT_SCHEMA`).

    `standing` (`source_key`, `row_hash`, and where known `observed_at`, `batch`) holds the rows accepted before under
    the same contract: equals are skipped, and a row older than the standing one of its key is superseded, by the
    source's own times where both are known, else by the batches' numbers. After a whole extract only what it holds
    counts.
    Independent of the order of `rows`: copies keep the one with the lowest row number.
    """
    rows = _in_order(rows)
    keys, hashes = rows.column("source_key").combine_chunks(), rows.column("row_hash").combine_chunks()
    fates = np.zeros(rows.num_rows, np.int8)
    fates[_mask(rows.column("ragged"))] = Fate.RAGGED
    fates[_mask(pc.is_null(keys))] = Fate.NULL_KEY
    fates[_mask(pc.fill_null(pc.match_substring(keys, "\ufffd"), False))] = Fate.DAMAGED_KEY
    _decide_repeated(fates, rows)
    fates[(fates == Fate.STANDARDISE) & _mask(rows.column("deleted"))] = Fate.DELETED
    if standing is not None and standing.num_rows:
        news = np.isin(fates, (Fate.STANDARDISE, Fate.DELETED))
        fates[news & _stands(keys, hashes, standing)] = Fate.UNCHANGED
        _decide_by_standing(fates, rows, standing, place)
    return Verdict(rows.column("row_number").to_numpy(), fates, _absent(keys, standing))


def _in_order(rows: pa.Table) -> pa.Table:
    numbers = rows.column("row_number").to_numpy()
    if bool((numbers[1:] > numbers[:-1]).all()):  # the usual case: copying millions of keys is saved
        return rows.combine_chunks()
    return rows.take(pc.sort_indices(rows, sort_keys=[("row_number", "ascending")])).combine_chunks()


def _decide_repeated(fates: Fates, rows: pa.Table) -> None:
    """Write the fates of rows that share their key with another row of the extract."""
    encoded = rows.column("source_key").combine_chunks().dictionary_encode()
    codes = encoded.indices.fill_null(0).to_numpy(zero_copy_only=False)
    candidate = fates == Fate.STANDARDISE
    sizes = np.bincount(codes[candidate], minlength=max(len(encoded.dictionary), 1))
    shared = np.flatnonzero(candidate & (sizes[codes] > 1))
    if not len(shared):
        return
    hashes = rows.column("row_hash").combine_chunks().take(pa.array(shared)).dictionary_encode().indices.to_numpy()
    order = np.lexsort((shared, hashes, codes[shared]))
    first = np.ones(len(order), bool)
    same_key = codes[shared][order][1:] == codes[shared][order][:-1]
    first[1:] = ~(same_key & (hashes[order][1:] == hashes[order][:-1]))
    fates[shared[order[~first]]] = Fate.IDENTICAL
    different = shared[order[first]]
    observed = rows.column("observed").combine_chunks().take(pa.array(different))
    _decide_different(fates, different, codes[different], observed)


def _decide_different(fates: Fates, rows: Positions, codes: npt.NDArray[np.int32], observed: pa.Array) -> None:
    """Decide among rows of one key with different content (`rows` sorted by key): the single latest one stays."""
    starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
    lengths = np.diff(np.r_[starts, len(codes)])
    unknown = np.isnan(times := pc.cast(observed, pa.int64()).to_numpy(zero_copy_only=False).astype(float))
    latest = np.repeat(np.maximum.reduceat(np.where(unknown, -np.inf, times), starts), lengths)
    at_latest = times == latest
    decidable = (np.add.reduceat(at_latest.astype(int), starts) == 1) & ~np.logical_or.reduceat(unknown, starts)
    decidable, several = np.repeat(decidable, lengths), np.repeat(lengths > 1, lengths)
    fates[rows[several & ~decidable]] = Fate.REPEATED_KEY
    fates[rows[several & decidable & ~at_latest]] = Fate.SUPERSEDED


def _stands(keys: pa.Array, hashes: pa.Array, standing: pa.Table) -> Mask:
    place = pc.index_in(keys, value_set=_whole(standing.column("source_key")))
    before = _whole(standing.column("row_hash")).take(place)
    return _mask(pc.fill_null(pc.equal(before, hashes), False))


def _decide_by_standing(fates: Fates, rows: pa.Table, standing: pa.Table, place: Place) -> None:
    """Write the fates of rows whose key stands with other content: taken, superseded, or not to be told apart."""
    keys = rows.column("source_key").combine_chunks()
    spot = pc.index_in(keys, value_set=_whole(standing.column("source_key")))
    news = np.isin(fates, (Fate.STANDARDISE, Fate.DELETED)) & _mask(pc.is_valid(spot))
    if not news.any():
        return
    arriving, before = _microseconds(rows.column("observed")), np.full(len(fates), np.nan)
    later_batch = gone = np.zeros(len(fates), bool)
    if "observed_at" in standing.column_names:
        before = _microseconds(standing.column("observed_at").take(spot))
    if "batch" in standing.column_names and place.batch is not None:
        taken = pc.fill_null(standing.column("batch").take(spot), 0)
        numbers = _whole(taken).to_numpy(zero_copy_only=False)
        later_batch, gone = numbers > place.batch, place.whole & (numbers < place.batch)
    known = ~np.isnan(arriving) & ~np.isnan(before)
    undecided = ~known | (arriving == before)
    twin = _mask(pc.is_in(keys, value_set=place.twins))
    fates[news & known & (arriving < before) & ~(gone & ~twin)] = Fate.SUPERSEDED
    fates[news & undecided & later_batch] = Fate.SUPERSEDED
    fates[news & undecided & twin] = Fate.REPEATED_KEY


def _microseconds(times: pa.ChunkedArray | pa.Array) -> npt.NDArray[np.float64]:
    whole: npt.NDArray[np.float64] = pc.cast(_whole(times), pa.int64()).to_numpy(zero_copy_only=False).astype(float)
    return whole


def _absent(keys: pa.Array, standing: pa.Table | None) -> pa.Array:
    if standing is None:
        return NO_KEYS
    known = _whole(standing.column("source_key"))
    return known.filter(pc.invert(pc.is_in(known, value_set=keys)))


def deleted_rows(raw: pa.Table, table: TableContract) -> pa.Array | pa.ChunkedArray:
    """Return for each row whether it is a delete marker: it holds every value that `deleted_when` names."""
    flags = pa.array(np.full(raw.num_rows, bool(table.deleted_when)))
    for column, value in table.deleted_when.items():
        flags = pc.and_(flags, pc.fill_null(pc.equal(pc.utf8_trim_whitespace(raw.column(column)), value), False))
    return flags


def _ragged(raw: pa.Table) -> pa.Array | pa.ChunkedArray:
    if "ragged" not in raw.column_names:
        return pa.array(np.zeros(raw.num_rows, bool))
    return pc.fill_null(raw.column("ragged"), False)


def _whole(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _mask(flags: pa.ChunkedArray | pa.Array) -> Mask:
    whole = _whole(flags)
    result: Mask = whole.to_numpy(zero_copy_only=False)
    return result
