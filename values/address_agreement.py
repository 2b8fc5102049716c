"""How alike two addresses are, part by part: the same house, building, number, road or town, or another place.

An address that tells less than the other is as far alike as it tells (`same_road`: one names no number); one that tells
another part is less so (`other_number`: the same road, two numbers).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.gazetteer import Gazetteer
from values.address_parts import parse
from values.cleaned import Mask
from values.fingerprints import Fingerprints, Prints
from values.gazetteer_index import index_of
from values.levels import DIFFERENT, MISSING, CompareRows, Levels, Rows
from values.name_keys import folded_points
from values.text_column import TextColumn, with_nulls

LEVELS = (
    "missing", "different", "same_town", "other_number", "same_road", "other_building", "same_number", "other_room",
    "same_building", "same_house",
)  # fmt: skip
_TOWN, _OTHER_NUMBER, _ROAD, _OTHER_BUILDING, _NUMBER, _OTHER_ROOM, _BUILDING, _HOUSE = range(2, 10)
_LONG_ENOUGH = 6  # letters: unread addresses of fewer say too little to be the same


def parts_of(values: pa.Array, gazetteer: Gazetteer | None) -> pa.Table:
    """Return the parts of each value, every distinct value read once. Columns as in values.address_parts."""
    encoded = TextColumn(values).texts.dictionary_encode()
    return parse(encoded.dictionary, gazetteer).parts.take(encoded.indices)


def part_keys(values: pa.Array, gazetteer: Gazetteer | None) -> dict[str, pa.Array]:
    """Return keys for blocking, each null where the address does not say it.

    `road`: the road, else village, else estate; `number`: road and house number; `building`: road, number and estate
    with the building; `house`: that with unit and room, or road and number of a house without any.
    """
    parts = parts_of(values, gazetteer)
    column = {name: parts.column(name).combine_chunks() for name in parts.column_names}
    road = pc.coalesce(column["road"], column["village"], column["estate"])
    number = _path(road, column["number"])
    estate = pc.if_else(pc.is_valid(column["estate"]), pc.coalesce(column["estate"], ""), pc.coalesce(number, road))
    building = _path(estate, column["building"])
    room = _path(pc.coalesce(building, number), pc.coalesce(column["unit"], ""), column["room"])
    inside = pc.or_(pc.is_valid(column["building"]), pc.is_valid(column["unit"]))
    house = pc.coalesce(room, with_nulls(number, inside.to_numpy(zero_copy_only=False)))
    return {"road": road, "number": number, "building": building, "house": house}


def _path(*pieces: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(*pieces, "|")


def likeness(values: pa.Array, gazetteer: Gazetteer | None = None) -> CompareRows:
    """Return a comparison of rows of `values` that are there; each value is read once."""
    return PlaceCodes.of(parse(values, gazetteer).parts, gazetteer, values).levels


def compare_parts(left: pa.Table, right: pa.Table, gazetteer: Gazetteer | None = None) -> Levels:
    """Return the levels of aligned tables of parts (columns as in values.address_parts), as they were read before.

    Texts that could not be read say nothing here: such a pair is missing.
    """
    codes = PlaceCodes.of(pa.concat_tables([left, right.select(left.column_names)]), gazetteer)
    rows = np.arange(len(left), dtype=np.int64)
    return codes.levels(rows, rows + len(left))


@dataclass(frozen=True)
class PlaceCodes:
    """The parts of addresses as integers, a row each: equal parts have equal codes, -1 where an address has none."""

    parts: Mapping[str, npt.NDArray[np.int32]]
    division_codes: Sequence[str]  # what the codes of the part `division` stand for
    anchored: Mask  # names a town, village, road or estate
    letters: Prints  # of the whole text, marks aside; 0 where it is not given or short
    gazetteer: Gazetteer | None

    @classmethod
    def of(cls, parts: pa.Table, gazetteer: Gazetteer | None, texts: pa.Array | None = None) -> PlaceCodes:
        """Return the codes of a table of parts, and of the texts they were read from."""
        encoded = {name: _encoded(parts[name]) for name in _COMPARED}
        codes = {name: column.indices.fill_null(-1).to_numpy().astype(np.int32) for name, column in encoded.items()}
        anchored = np.logical_or.reduce([codes[name] >= 0 for name in ("town_name", "village", "road", "estate")])
        letters = np.zeros(len(parts), dtype=np.uint64)
        if texts is not None:
            points = folded_points(TextColumn(texts))
            letters = np.where(points.lengths >= _LONG_ENOUGH, Fingerprints(points).rows, letters)
        return cls(codes, encoded["division"].dictionary.to_pylist(), anchored, letters, gazetteer)

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
        unread = (self.letters[left] == self.letters[right]) & (self.letters[left] != 0)
        unread &= ~(self.anchored[left] & self.anchored[right]) & pair.both("rest")
        levels[unread] = _HOUSE
        return levels


_COMPARED = (
    "division", "town_name", "village", "road", "number", "lane", "estate", "building", "unit", "room", "rest",
    "outside",
)  # fmt: skip


def _encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    whole = column.combine_chunks()
    plain = whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole
    return plain.cast(pa.string()).dictionary_encode()


class _Pair:
    """What each part says about pairs of rows; both sides of a part are looked up once."""

    def __init__(self, codes: PlaceCodes, left: Rows, right: Rows) -> None:
        self._codes = codes
        self._sides: dict[str, tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]] = {
            name: (part[left], part[right]) for name, part in codes.parts.items()
        }

    def same(self, name: str) -> Mask:
        a, b = self._sides[name]
        return np.asarray((a == b) & (a >= 0), dtype=bool)

    def clash(self, name: str) -> Mask:
        a, b = self._sides[name]
        return np.asarray((a != b) & (np.minimum(a, b) >= 0), dtype=bool)

    def both(self, name: str) -> Mask:
        a, b = self._sides[name]
        return np.asarray(np.minimum(a, b) >= 0, dtype=bool)

    def neither(self, name: str) -> Mask:
        a, b = self._sides[name]
        return np.asarray(np.maximum(a, b) < 0, dtype=bool)

    def alike(self, name: str) -> Mask:
        a, b = self._sides[name]
        return np.asarray(a == b, dtype=bool)

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
        apart = self.clash("division")
        rows = np.flatnonzero(apart)
        if len(rows):
            a, b = (side[rows].astype(np.int64) for side in self._sides["division"])
            codes = self._codes.division_codes
            pairs, which = np.unique(a * len(codes) + b, return_inverse=True)
            index = index_of(self._codes.gazetteer)
            meets = [index.meet(codes[pair // len(codes)], codes[pair % len(codes)]) for pair in pairs.tolist()]
            apart[rows] = ~np.array(meets, dtype=bool)[which]
        return apart
