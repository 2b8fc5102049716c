"""The texts of a chunk's rows as one emit sees them: which rows emit it, and the cell or cells behind each field."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.contract import Emit, FieldMapping
from schemas.reasons import Reason
from standardise.notes import Notes
from standardise.plan import TablePlan
from values.cleaned import Cleaned
from values.row_identity import source_keys
from values.text_forms import is_number_sentinel, is_sentinel

Positions = npt.NDArray[np.int64]
_BLANKS = " \t\r\n\u3000"
LONGEST_PLACEHOLDER = 12  # characters; the longest way to say "nothing" that values/ knows
FEWEST_REPEATED = 4


@dataclass(frozen=True)
class SourceRows:
    """The rows of a chunk that are standardised: `raw` columns, with key and source time beside them.

    `cleaned` remembers what was made of whole columns, by `standardise.cleaning.recipe`: a person's address and the
    household's are the same cells, cut once.
    """

    raw: pa.Table
    keys: pa.Array
    observed: pa.Array
    cleaned: dict[Hashable, Cleaned] = field(default_factory=dict, compare=False, repr=False)

    def __len__(self) -> int:
        return int(self.raw.num_rows)

    def column(self, name: str) -> pa.Array:
        return self.raw.column(name).combine_chunks()


@dataclass(frozen=True)
class Selection:
    """The statements of one emit: `rows` are positions in the chunk, ascending; `parts` number those of one row from 0.

    `texts` holds the split columns' parts by field; `shared` says that parts are several values of one party.
    """

    rows: Positions
    parts: Positions
    texts: Mapping[str, pa.Array] = field(default_factory=dict)
    shared: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def whole(self) -> bool:
        """Whether every statement is the first of its row."""
        return not self.parts.any()


def select(source: SourceRows, emit: Emit, plan: TablePlan, notes: Notes) -> Selection:
    """Return which rows emit the statement, and how often where the contract splits a cell."""
    rows = np.arange(len(source), dtype=np.int64)
    if emit.when_present:
        rows = rows[~pc.is_null(any_value(source, emit.when_present)).to_numpy(zero_copy_only=False)]
    splits = [mapping for mapping in emit.fields if mapping.split]
    if not splits:
        return Selection(rows, np.zeros(len(rows), np.int64))
    shared = all(plan.standard_field(emit, mapping.field).many for mapping in splits)
    return _split(source, rows, splits, shared, notes)


def any_value(source: SourceRows, columns: tuple[str, ...]) -> pa.Array:
    """Return the first of the columns' texts that says something; null where none does."""
    return pc.coalesce(*(source_keys(source.raw, [name]) for name in columns))


def text_of(source: SourceRows, mapping: FieldMapping, chosen: Selection) -> pa.Array:
    """Return the text a field is read from: a constant, a cell, cells joined, or one part of a split cell."""
    if mapping.field in chosen.texts:
        return chosen.texts[mapping.field]
    if mapping.constant:
        return pa.repeat(pa.scalar(mapping.constant, pa.string()), len(chosen))
    return taken(_cell(source, mapping), chosen, len(source))


def taken(column: pa.Array, chosen: Selection, whole: int) -> pa.Array:
    """Return the column's values for the chosen statements, without a copy where they are all the rows."""
    if len(chosen) == whole and chosen.whole:
        return column
    return column.take(pa.array(chosen.rows))


def _cell(source: SourceRows, mapping: FieldMapping) -> pa.Array:
    if len(mapping.columns) == 1:
        return source.column(mapping.columns[0])
    parts = [_said(source.column(name)) for name in mapping.columns]  # blank parts leave no joiner behind
    # a row whose every part is skipped would vanish from Arrow's result: an empty first part keeps it
    parts = [pa.repeat("", len(source)), *parts]
    joined = pc.binary_join_element_wise(*parts, mapping.joiner, null_handling="skip")
    joined = pc.utf8_slice_codeunits(joined, len(mapping.joiner))
    return pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), joined)


def placeholder_rows(source: SourceRows, mapping: FieldMapping, chosen: Selection) -> Positions:
    """Return the statements where one of several joined cells says "nothing" in words or digits (无, 999999)."""
    found = np.zeros(len(source), bool)
    for name in mapping.columns if len(mapping.columns) > 1 else ():
        cell = source.column(name)
        blank = pc.equal(pc.utf8_length(pc.utf8_trim(pc.fill_null(cell, ""), characters=_BLANKS)), 0)
        found |= (_said(cell).is_null().to_numpy(zero_copy_only=False)) & ~blank.to_numpy(zero_copy_only=False)
    return np.flatnonzero(found[chosen.rows]) if found.any() else np.zeros(0, np.int64)


def _said(cell: pa.Array) -> pa.Array:
    """Return the trimmed cell; null where it is blank or only says that there is nothing."""
    trimmed = pc.utf8_trim(cell, characters=_BLANKS)
    short = pc.fill_null(pc.less_equal(pc.utf8_length(trimmed), LONGEST_PLACEHOLDER), False)
    few = pc.unique(trimmed.filter(short)).to_pylist()
    nothing = pa.array([text for text in few if text == "" or _is_placeholder(text)], pa.string())
    return pc.if_else(pc.is_in(trimmed, value_set=nothing), pa.scalar(None, pa.string()), trimmed)


def _is_placeholder(text: str) -> bool:
    """A house may have the number 9 or 99; four and more of one digit stand for no number."""
    return is_sentinel(text) or (len(text) >= FEWEST_REPEATED and is_number_sentinel(text))


def _split(source: SourceRows, rows: Positions, splits: list[FieldMapping], shared: bool, notes: Notes) -> Selection:
    lists = {mapping.field: _parts(_cell(source, mapping).take(pa.array(rows)), mapping.split) for mapping in splits}
    sizes = {name: np.maximum(pc.list_value_length(cells).to_numpy(), 1) for name, cells in lists.items()}
    counts = np.maximum.reduce(list(sizes.values())) if shared else sizes[splits[0].field]
    owners = np.repeat(np.arange(len(rows)), counts)
    parts = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    texts = {}
    for name, cells in lists.items():
        aligned = parts < sizes[name][owners]
        if shared:  # the shorter list repeats its first value
            place = np.where(aligned, parts, 0)
        else:  # names and numbers that differ in count cannot be told together
            mismatch = sizes[name][owners] != counts[owners]
            notes.add(name, Reason.SPLIT_MISMATCH, np.flatnonzero(mismatch))
            place = np.where(mismatch, -1, parts)
        texts[name] = _element(cells, owners, place)
    return Selection(rows[owners], parts, texts, shared)


def _parts(cells: pa.Array, separator: str) -> pa.Array:
    """Return the non-blank parts of each cell as lists; a null or blank cell is the list of one null.

    Spaces around a part stay: its own kind of value takes them off and says so.
    """
    pieces = pc.split_pattern(pc.fill_null(cells, ""), separator)
    flat = pieces.flatten()
    said = pc.utf8_length(pc.utf8_trim(flat, characters=_BLANKS))
    keep = pc.greater(said, 0).to_numpy(zero_copy_only=False)
    owners = np.repeat(np.arange(len(cells)), pc.list_value_length(pieces).to_numpy())[keep]
    sizes = np.bincount(owners, minlength=len(cells))
    return pa.ListArray.from_arrays(pa.array(np.r_[0, np.cumsum(sizes)].astype(np.int32)), flat.filter(pa.array(keep)))


def _element(cells: pa.Array, owners: Positions, place: Positions) -> pa.Array:
    sizes = pc.list_value_length(cells).to_numpy()[owners]
    index = cells.offsets.to_numpy()[owners] + place
    absent = (place < 0) | (place >= sizes)
    return cells.flatten().take(pa.array(index.astype(np.int64), mask=absent))
