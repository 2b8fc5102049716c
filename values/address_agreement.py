"""How alike two addresses are, part by part: the same house, building, number, road or town, or another place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.gazetteer import Gazetteer
from values.address_parts import parse
from values.cleaned import Mask
from values.gazetteer_index import index_of
from values.levels import DIFFERENT, MISSING, Levels
from values.text_column import TextColumn, with_nulls

LEVELS = ("missing", "different", "same_town", "same_road", "same_number", "same_building", "same_house")
_TOWN, _ROAD, _NUMBER, _BUILDING, _HOUSE = range(2, 7)
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


def compare_parts(left: pa.Array, right: pa.Array, letters: Mask, gazetteer: Gazetteer | None) -> Levels:
    """Return the level of each pair; `letters` says which are letter for letter the same.

    A part that one side lacks is no disagreement: such a pair stays at the coarser level, or is missing.
    """
    pair = _Pair(parts_of(left, gazetteer), parts_of(right, gazetteer), gazetteer)
    apart = pair.divisions_apart() | pair.clash("outside")
    road = pair.same_place() & ~apart
    number = road & pair.same("number") & ~pair.clash("lane")
    stands = number | (road & pair.same("estate") & ~pair.clash("number") & ~pair.clash("road"))
    building = stands & pair.same("building")
    inside = (building | (number & pair.neither("building"))) & pair.alike("unit")
    house = inside & (pair.same("room") | (number & pair.alike("room") & pair.alike("estate")))
    town = pair.same("town_name") & ~apart
    levels = np.full(len(apart), MISSING, dtype=np.int8)
    levels[apart | pair.other_place() | pair.clash("town_name")] = DIFFERENT
    for found, level in ((town, _TOWN), (road, _ROAD), (number, _NUMBER), (building, _BUILDING), (house, _HOUSE)):
        levels[found] = level
    unread = letters & ~pair.anchored() & (pc.utf8_length(TextColumn(left).texts).to_numpy() >= _LONG_ENOUGH)
    levels[unread & pair.both("rest")] = _HOUSE
    return levels


@dataclass(frozen=True)
class _Pair:
    """The parts of both sides, and what each part says about them."""

    left: pa.Table
    right: pa.Table
    gazetteer: Gazetteer | None

    def same(self, name: str) -> Mask:
        return _mask(pc.equal(self.left[name], self.right[name]))

    def clash(self, name: str) -> Mask:
        return _mask(pc.not_equal(self.left[name], self.right[name]))

    def both(self, name: str) -> Mask:
        return _mask(pc.and_(pc.is_valid(self.left[name]), pc.is_valid(self.right[name])))

    def neither(self, name: str) -> Mask:
        return _mask(pc.and_(pc.is_null(self.left[name]), pc.is_null(self.right[name])))

    def alike(self, name: str) -> Mask:
        return self.same(name) | self.neither(name)

    def anchored(self) -> Mask:
        """Both name a town, village, road or estate."""
        sides = []
        for table in (self.left, self.right):
            names = (table[name] for name in ("town_name", "village", "road", "estate"))
            sides.append(np.logical_or.reduce([_mask(pc.is_valid(column)) for column in names]))
        found: Mask = sides[0] & sides[1]
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
        rows = np.flatnonzero(self.clash("division"))
        apart = np.zeros(len(self.left), dtype=bool)
        if len(rows):
            left, right = (
                table["division"].take(pa.array(rows)).cast(pa.int64()).to_numpy() for table in (self.left, self.right)
            )
            pairs, which = np.unique(left * 1_000_000 + right, return_inverse=True)
            index = index_of(self.gazetteer)
            meets = [index.meet(f"{pair // 1_000_000:06d}", f"{pair % 1_000_000:06d}") for pair in pairs.tolist()]
            apart[rows] = ~np.array(meets, dtype=bool)[which]
        return apart


def _mask(values: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    found: Mask = pc.fill_null(values, False).to_numpy()
    return found.astype(bool)
