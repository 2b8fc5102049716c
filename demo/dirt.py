"""Plant the errors of a profile into one chunk of clean rows, at most one in a cell, and keep the truth of each."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo.defects import Cell, described
from demo.detect import JOINED
from demo.emission import Emission, Table
from demo.mutations import KINDS, Mutation
from demo.names import Index, read
from demo.papers import Flags
from demo.profile import Profile

GATES = {
    "separator": "·",
    "half_brackets": "（",
    "lower_x": "X$",
    "legal_form": "有限(责任)?公司$",
    "city_prefix": "^秦皇岛",
    "part_missing": "[、,]",
    "rare_lost": "[" + str(read("names")["letters"]["rare"]).replace(" ", "") + "]",
}
WHOLE_CELL = frozenset(["part_missing"])  # errors of a cell that names several parties, not of one of them


@dataclass(frozen=True)
class Store:
    """What the place a table is kept in can hold."""

    null_characters: bool
    control_characters: bool
    repeats_rows: bool  # a list typed by hand may hold one line twice


@dataclass
class Dirt:
    """Work in progress on one emission: columns, claimed cells and the errors so far."""

    emission: Emission
    columns: dict[str, pa.Array]
    claimed: dict[str, Flags] = field(default_factory=dict)
    cells: list[Cell] = field(default_factory=list)
    edits: dict[str, list[tuple[int, str | None]]] = field(default_factory=dict)

    def free(self, column: str, rows: Index) -> Index:
        """Return those rows whose cell in `column` holds no error yet, and claim none."""
        taken = self.claimed.get(column)
        return rows if taken is None else rows[~taken[rows]]

    def change(self, column: str, defect: str, rows: Index, planted: list[str | None]) -> None:
        """Plan `planted` at rows where it differs from what is there, claim the cells and record the errors."""
        original = self.columns[column].take(pa.array(rows)).to_pylist()
        kept = [spot for spot in range(len(rows)) if planted[spot] != original[spot]]
        rows = rows[kept]
        self.claim(column, rows)
        self.cells += [
            (int(row), column, defect, original[spot], planted[spot]) for row, spot in zip(rows, kept, strict=True)
        ]
        self.edits.setdefault(column, []).extend(
            (int(row), planted[spot]) for row, spot in zip(rows, kept, strict=True)
        )

    def write(self) -> None:
        """Write all planned errors, one pass a column; cells hold one error each, so their order does not matter."""
        for column, edits in self.edits.items():
            edits.sort(key=lambda edit: edit[0])
            mask = np.zeros(len(self.emission), dtype=bool)
            mask[[row for row, _ in edits]] = True
            new = pa.array([value for _, value in edits], pa.string())
            self.columns[column] = pc.replace_with_mask(self.columns[column], pa.array(mask), new)

    def claim(self, column: str, rows: Index) -> None:
        """Mark cells as holding an error."""
        self.claimed.setdefault(column, np.zeros(len(self.emission), dtype=bool))[rows] = True


@dataclass(frozen=True)
class Dirty:
    """What the department really holds: rows, whose they are (`truth`, one array a statement), and the errors."""

    table: Table
    columns: dict[str, pa.Array]
    truth: dict[str, pa.Array]
    defects: pa.Table
    emission: Emission  # what the rows would be without errors, and what they prove


def spoil(emission: Emission, profile: Profile, random: np.random.Generator, store: Store, day: int) -> Dirty:
    """Return the emission as the department holds it, with the errors of the profile planted."""
    work = Dirt(emission, {name: plain(values) for name, values in emission.columns.items()})
    for made in emission.planted:
        if made.column:
            work.claim(made.column, made.rows)
        work.cells += [
            (int(row), made.column, made.defect, before, after)
            for row, before, after in zip(made.rows, made.original.to_pylist(), made.planted.to_pylist(), strict=True)
        ]
    spoil_rows(work, profile, random)
    for column, kind in emission.table.columns.items():
        spoil_column(work, column, cell_rates(emission.table, column, kind, profile, store), random)
    work.write()
    truth = emission.parties
    if store.repeats_rows:
        truth = repeat_rows(work, profile, random)
    return Dirty(emission.table, work.columns, truth, described(work.emission, work.columns, work.cells, day), emission)


def plain(values: pa.Array) -> pa.Array:
    """Return one contiguous string array."""
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return values if values.type == pa.string() else values.cast(pa.string())


def pick(random: np.random.Generator, count: int, rate: float) -> Index:
    """Return row numbers, each chosen with probability `rate`."""
    return np.flatnonzero(random.random(count) < rate)


def spoil_rows(work: Dirt, profile: Profile, random: np.random.Generator) -> None:
    """Plant the errors that touch keys or several cells of a row."""
    table, count = work.emission.table, len(work.emission)

    def rate(kind: str) -> float:
        return profile.row_rate(table.department, kind)

    lost = pick(random, count, rate("null_key"))
    work.change(table.key, "null_key", lost, [None] * len(lost))
    again = pick(random, count, rate("repeated_key"))
    again = again[(again > 0)]
    again = work.free(table.key, again[np.diff(again, prepend=-9) > 1])
    again = again[np.isin(again - 1, lost, invert=True)]
    work.change(table.key, "repeated_key", again, work.columns[table.key].take(pa.array(again - 1)).to_pylist())
    for kind, pairs in (("swapped_columns", table.swaps), ("crossed_parties", table.crosses)):
        for one, other in pairs:
            exchange(work, kind, (one, other), pick(random, count, rate(kind)))
    for columns in table.neighbours:
        rows = pick(random, count, rate("copied_from_row_above"))
        for column in columns:
            copy_above(work, column, rows[rows > 0])


def exchange(work: Dirt, kind: str, pair: tuple[str, str], rows: Index) -> None:
    """Swap two cells of rows, where both are filled, free and different."""
    one, other = pair
    rows = work.free(other, work.free(one, rows))
    left, right = (work.columns[column].take(pa.array(rows)).to_pylist() for column in pair)
    good = [spot for spot in range(len(rows)) if left[spot] and right[spot] and left[spot] != right[spot]]
    work.change(one, kind, rows[good], [right[spot] for spot in good])
    work.change(other, kind, rows[good], [left[spot] for spot in good])


def copy_above(work: Dirt, column: str, rows: Index) -> None:
    """Copy a cell from the row above, where both are filled and the cell above is right itself."""
    rows = work.free(column, rows)
    taken = work.claimed.get(column)
    rows = rows if taken is None else rows[~taken[rows - 1]]
    rows = rows[np.diff(rows, prepend=-9) > 1]
    above = work.columns[column].take(pa.array(rows - 1)).to_pylist()
    own = work.columns[column].take(pa.array(rows)).to_pylist()
    good = [spot for spot in range(len(rows)) if above[spot] and own[spot]]
    work.change(column, "copied_from_row_above", rows[good], [above[spot] for spot in good])


def cell_rates(table: Table, column: str, kind: str, profile: Profile, store: Store) -> dict[str, float]:
    """Return the rate of each cell error of one column, without what its store cannot hold."""
    rates = dict(profile.rates(table.department, table.name, column, kind))
    if column in table.unlimited:
        for one in ("overlong", "null_character", "control_character"):
            rates[one] = rates.get(one, 0.0) + profile.row_rate(table.department, one)
    if kind not in JOINED:
        rates.pop("part_missing", None)
    if not store.null_characters:
        rates.pop("null_character", None)
    if not store.control_characters or table.printable_only:
        rates.pop("control_character", None)
    return rates


def spoil_column(work: Dirt, column: str, rates: dict[str, float], random: np.random.Generator) -> None:
    """Plant the cell errors of one column: one draw a cell says which error it gets, if any."""
    common = {name: rate for name, rate in rates.items() if name not in GATES}
    for name, rate in rates.items():
        if name in GATES:  # errors of a few values only: find those first, then draw
            found = pc.fill_null(pc.match_substring_regex(work.columns[column], GATES[name]), False)
            rows = work.free(column, np.flatnonzero(found.to_numpy(zero_copy_only=False)))
            mutate_cells(work, column, name, rows[random.random(len(rows)) < rate], random)
    if not common:
        return
    draw, edges = random.random(len(work.emission)), np.cumsum(list(common.values()))
    hit = work.free(column, np.flatnonzero(draw < edges[-1]))
    kinds = np.searchsorted(edges, draw[hit], side="right")
    for number, name in enumerate(common):
        mutate_cells(work, column, name, hit[kinds == number], random)


def mutate_cells(work: Dirt, column: str, name: str, rows: Index, random: np.random.Generator) -> None:
    """Plant one kind of error in the cells of a column at rows; empty cells stay empty."""
    if not len(rows):
        return
    mutate = KINDS[name]
    chance = random.random((len(rows), 3)).tolist()
    values = work.columns[column].take(pa.array(rows)).to_pylist()
    between = JOINED.get(work.emission.table.columns[column], "") if name not in WHOLE_CELL else ""
    if between:
        mutate = one_part(mutate, between)
    wrong = [(mutate(value, *three) or value) if value else value for value, three in zip(values, chance, strict=True)]
    work.change(column, name, rows, wrong)


def one_part(mutate: Mutation, between: str) -> Mutation:
    """Return a mutation of one of several values in a cell; the third draw says of which."""

    def mutated(value: str, a: float, b: float, c: float) -> str | None:
        parts = value.split(between)
        spot = int(c * len(parts))
        wrong = mutate(parts[spot], a, b, c)
        return None if wrong is None else between.join([*parts[:spot], wrong, *parts[spot + 1 :]])

    return mutated


def repeat_rows(work: Dirt, profile: Profile, random: np.random.Generator) -> dict[str, pa.Array]:
    """Append a second copy of some faultless rows; return the truth with the copies' parties."""
    table = work.emission.table
    faulty = {cell[0] for cell in work.cells}
    rows = [
        int(row)
        for row in pick(random, len(work.emission), profile.row_rate(table.department, "identical_row"))
        if int(row) not in faulty
    ]
    spots = pa.array(np.r_[np.arange(len(work.emission)), np.array(rows, dtype=np.int64)])
    work.columns = {name: values.take(spots) for name, values in work.columns.items()}
    work.cells += [(len(work.emission) + place, "", "identical_row", None, None) for place in range(len(rows))]
    return {statement: values.take(spots) for statement, values in work.emission.parties.items()}
