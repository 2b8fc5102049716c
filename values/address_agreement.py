"""How alike two addresses are, part by part: the same house, building, number, road or town, or another place.

An address that tells less than the other is as far alike as it tells (`same_road`: one names no number); one that tells
another part is less so (`other_number`: the same road, two numbers).
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from schemas.gazetteer import Gazetteer
from values.address_parts import ParsedAddresses, parse
from values.cleaned import Mask
from values.fingerprints import Fingerprints, Prints
from values.gazetteer_index import index_of
from values.levels import DIFFERENT, MISSING, CompareRows, Levels, Rows
from values.name_keys import folded_points
from values.part_texts import FEW, Texts, as_column, codes, first_of, or_nothing, path, there, where
from values.text_column import TextColumn, as_texts

LEVELS = (
    "missing", "different", "same_town", "other_number", "same_road", "other_building", "same_number", "other_room",
    "same_building", "same_house",
)  # fmt: skip
_TOWN, _OTHER_NUMBER, _ROAD, _OTHER_BUILDING, _NUMBER, _OTHER_ROOM, _BUILDING, _HOUSE = range(2, 10)
_KEYS = ("road", "number", "building", "house")
_LONG_ENOUGH = 6  # letters: unread addresses of fewer say too little to be the same


def read(values: pa.Array, gazetteer: Gazetteer | None) -> ParsedAddresses:
    """Return the addresses read. A few are remembered with what was read: keys and likeness ask for the same ones."""
    if len(values) >= FEW:
        return parse(values, gazetteer)
    return _read_few(tuple(as_texts(values).to_pylist()), gazetteer)


@lru_cache(maxsize=32)  # of fewer than FEW addresses each: some hundred kilobytes
def _read_few(texts: tuple[str | None, ...], gazetteer: Gazetteer | None) -> ParsedAddresses:
    return parse(pa.array(texts, pa.string()), gazetteer)


def part_keys(
    values: pa.Array, gazetteer: Gazetteer | None, wanted: Container[str] = _KEYS
) -> dict[str, pa.Array]:
    """Return those keys for blocking that are `wanted`, each null where the address does not say it.

    `road`: the road, else village, else estate; `number`: road and house number; `building`: road, number and estate
    with the building; `house`: that with unit and room, or road and number of a house without any.
    """
    if len(values) < FEW:
        made = _keys(read(values, gazetteer).columns)
        return {name: as_column(key) for name, key in made.items() if name in wanted}
    encoded = TextColumn(values).texts.dictionary_encode()
    made = _keys(parse(encoded.dictionary, gazetteer).columns)
    return {name: key.take(encoded.indices) for name, key in made.items() if name in wanted}


def _keys(parts: Mapping[str, Texts]) -> dict[str, Texts]:
    road = first_of(parts["road"], parts["village"], parts["estate"])
    number = path(road, parts["number"])
    building = path(first_of(parts["estate"], number, road), parts["building"])
    room = path(first_of(building, number), or_nothing(parts["unit"]), parts["room"])
    inside = there(parts["building"]) | there(parts["unit"])
    return {"road": road, "number": number, "building": building, "house": first_of(room, where(~inside, number))}


def likeness(values: pa.Array, gazetteer: Gazetteer | None = None) -> CompareRows:
    """Return a comparison of rows of `values` that are there; each value is read once."""
    parsed = read(values, gazetteer)
    return PlaceCodes.of(parsed.columns, parsed.outside, gazetteer, values).levels


def compare_parts(left: pa.Table, right: pa.Table, gazetteer: Gazetteer | None = None) -> Levels:
    """Return the levels of aligned tables of parts (columns as in values.address_parts), as they were read before.

    Texts that could not be read say nothing here: such a pair is missing.
    """
    both = pa.concat_tables([left, right.select(left.column_names)]).combine_chunks()
    parts = {name: _whole(both.column(name)) for name in _COMPARED}
    codes = PlaceCodes.of(parts, _whole(both.column("outside")).to_numpy(zero_copy_only=False), gazetteer)
    rows = np.arange(len(left), dtype=np.int64)
    return codes.levels(rows, rows + len(left))


@dataclass(frozen=True)
class PlaceCodes:
    """The parts of addresses as integers, a row each: equal parts have equal codes, -1 where an address has none."""

    table: npt.NDArray[np.int32]  # (parts, rows), parts in the order of _PLACE
    division_codes: Sequence[str | None]  # what the codes of the part `division` stand for
    anchored: Mask  # names a town, village, road or estate
    gazetteer: Gazetteer | None
    texts: pa.Array | None = None

    @classmethod
    def of(
        cls, parts: Mapping[str, Texts], outside: Mask, gazetteer: Gazetteer | None, texts: pa.Array | None = None
    ) -> PlaceCodes:
        """Return the codes of columns of parts, and of the texts they were read from; `outside`: of another city."""
        encoded = {name: codes(parts[name]) for name in _COMPARED}
        table = np.stack([*(column[0] for column in encoded.values()), outside.astype(np.int32)])
        places = [_PLACE[name] for name in ("town_name", "village", "road", "estate")]
        anchored = np.asarray((table[places] >= 0).any(axis=0), dtype=bool)
        return cls(table, encoded["division"][1], anchored, gazetteer, texts)

    @cached_property
    def letters(self) -> Prints:
        """Fingerprints of the whole texts, marks aside; 0 where a text is not given or short."""
        letters = np.zeros(len(self.anchored), dtype=np.uint64)
        if self.texts is not None:
            points = folded_points(TextColumn(self.texts))
            letters = np.where(points.lengths >= _LONG_ENOUGH, Fingerprints(points).rows, letters)
        return letters

    def levels(self, left: Rows, right: Rows) -> Levels:
        """Return the level of each pair of rows.

        A part that one side lacks is no disagreement: such a pair is as alike as both tell, or missing.
        """
        pair = _Pair(self, left, right)
        apart = pair.divisions_apart() | pair.clash("outside")
        road = pair.same_place() & ~apart
        number = road & pair.same("number") & ~pair.clash("lane")
        stands = number | (road & pair.same("estate") & ~pair.clash("number") & ~pair.clash("road"))
        building = stands & pair.same("building")
        inside = (building | (number & pair.neither("building"))) & pair.alike("unit")
        house = inside & (pair.same("room") | (number & pair.alike("room") & pair.alike("estate")))
        town = pair.same("town_name") & ~apart
        levels = np.full(len(left), MISSING, dtype=np.int8)
        levels[apart | pair.other_place() | pair.clash("town_name")] = DIFFERENT
        inner = pair.clash("unit") | pair.clash("room")
        for found, level in (
            (town, _TOWN),
            (road, _ROAD),
            (road & (pair.clash("number") | pair.clash("lane")), _OTHER_NUMBER),
            (number, _NUMBER),
            (stands & pair.clash("building"), _OTHER_BUILDING),
            (number & inner & pair.neither("building"), _OTHER_ROOM),
            (building, _BUILDING),
            (building & inner, _OTHER_ROOM),
            (house, _HOUSE),
        ):
            levels[found] = level
        unread = np.flatnonzero(~(self.anchored[left] & self.anchored[right]) & pair.both("rest"))
        if len(unread):
            one, other = self.letters[left[unread]], self.letters[right[unread]]
            levels[unread[(one == other) & (one != 0)]] = _HOUSE
        return levels


_COMPARED = (
    "division", "town_name", "village", "road", "number", "lane", "estate", "building", "unit", "room", "rest",
)  # fmt: skip
_PLACE = {name: place for place, name in enumerate((*_COMPARED, "outside"))}


def _whole(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole


class _Pair:
    """What each part says about pairs of rows; both sides of a part are looked up once."""

    def __init__(self, codes: PlaceCodes, left: Rows, right: Rows) -> None:
        self._codes = codes
        self._sides = codes.table.take(left, axis=1), codes.table.take(right, axis=1)
        self._alike = self._sides[0] == self._sides[1]
        self._both = np.minimum(*self._sides) >= 0
        self._same = self._alike & self._both
        self._clash = self._both & ~self._alike

    def same(self, name: str) -> Mask:
        found: Mask = self._same[_PLACE[name]]
        return found

    def clash(self, name: str) -> Mask:
        found: Mask = self._clash[_PLACE[name]]
        return found

    def both(self, name: str) -> Mask:
        found: Mask = self._both[_PLACE[name]]
        return found

    def neither(self, name: str) -> Mask:
        a, b = (side[_PLACE[name]] for side in self._sides)
        return np.asarray(np.maximum(a, b) < 0, dtype=bool)

    def alike(self, name: str) -> Mask:
        found: Mask = self._alike[_PLACE[name]]
        return found

    def same_place(self) -> Mask:
        """The same road; or village or estate where no two roads or villages speak against it."""
        village = self.same("village") & ~self.clash("road")
        estate = self.same("estate") & ~self.clash("road") & ~self.clash("village")
        return self.same("road") | village | estate

    def other_place(self) -> Mask:
        """Two roads, two villages, or two estates without any road, that differ."""
        estate = self.clash("estate") & self.neither("road") & self.neither("village")
        return self.clash("road") | (self.clash("village") & ~self.same("road")) | estate

    def divisions_apart(self) -> Mask:
        """Two divisions that differ; a zone and a district it lies in do not."""
        apart = self.clash("division").copy()
        rows = np.flatnonzero(apart)
        if len(rows):
            a, b = (side[_PLACE["division"], rows].astype(np.int64) for side in self._sides)
            codes = self._codes.division_codes
            pairs, which = np.unique(a * len(codes) + b, return_inverse=True)
            index = index_of(self._codes.gazetteer)
            meets = [index.meet(codes[pair // len(codes)], codes[pair % len(codes)]) for pair in pairs.tolist()]
            apart[rows] = ~np.array(meets, dtype=bool)[which]
        return apart
