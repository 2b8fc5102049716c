"""Addresses: a gazetteer flattened into string tables, drawn by integers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from demo import digits
from demo.names import read

Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Ragged:
    """Lists of different lengths as one string table: the words of list i start at `start[i]`."""

    words: pa.Array
    start: Index
    length: Index

    @classmethod
    def of(cls, lists: list[list[str]]) -> Ragged:
        """Return the flattened form of `lists`."""
        length = np.array([len(one) for one in lists], dtype=np.int64)
        return cls(pa.array([word for one in lists for word in one]), np.cumsum(length) - length, length)

    def draw(self, which: Index, random: np.random.Generator, power: float = 1.0) -> pa.Array:
        """Return one word of each list named in `which`, the front ones favoured by `power`."""
        spot = self.start[which] + (random.random(len(which)) ** power * self.length[which]).astype(np.int64)
        return self.words.take(pa.array(spot))


@dataclass(frozen=True)
class Gazetteer:
    """Divisions with their towns, roads and villages; codes are whole numbers of six digits."""

    codes: Index
    names: pa.Array
    cumulative: npt.NDArray[np.float64]
    towns: Ragged
    roads: Ragged
    villages: Ragged
    compounds: pa.Array
    communities: pa.Array
    stations: pa.Array
    local_regions: Index
    local_cumulative: npt.NDArray[np.float64]
    outside_regions: Index


@dataclass(frozen=True)
class Addresses:
    """One address a row, in the parts that the population register keeps. All parts are text."""

    division: Index
    code: pa.Array
    district: pa.Array
    town: pa.Array
    community: pa.Array
    road: pa.Array
    number: pa.Array
    detail: pa.Array

    def take(self, rows: Index) -> Addresses:
        """Return the addresses of `rows`."""
        spot = pa.array(rows)
        return Addresses(
            self.division[rows],
            self.code.take(spot),
            self.district.take(spot),
            self.town.take(spot),
            self.community.take(spot),
            self.road.take(spot),
            self.number.take(spot),
            self.detail.take(spot),
        )

    def free_text(self, style: Index) -> pa.Array:
        """Return whole addresses as text; `style` 0 has the province, 1 the city, 2 the district, 3 the town."""
        prefix = pa.array(["河北省秦皇岛市", "秦皇岛市", "", "秦皇岛市"]).take(pa.array(style))
        town = pc.if_else(pa.array(style == 3), self.town, pa.scalar(""))
        return pc.binary_join_element_wise(prefix, self.district, town, self.road, self.number, self.detail, "")


def shares(weights: list[float]) -> npt.NDArray[np.float64]:
    """Return the cumulative shares of weights."""
    total = np.cumsum(np.array(weights, dtype=np.float64))
    result: npt.NDArray[np.float64] = total / total[-1]
    return result


@lru_cache(maxsize=1)
def gazetteer() -> Gazetteer:
    """Return the gazetteer of data/places.yaml."""
    source = read("places")
    divisions: dict[str, dict[str, str]] = source["divisions"]
    regions: dict[str, dict[str, int]] = source["regions"]
    every = list(divisions.values())
    return Gazetteer(
        codes=np.array([int(code) for code in divisions]),
        names=pa.array([one["name"] for one in every]),
        cumulative=shares([float(one["weight"]) for one in every]),
        towns=Ragged.of([one["towns"].split() for one in every]),
        roads=Ragged.of([one["roads"].split() for one in every]),
        villages=Ragged.of([one["villages"].split() for one in every]),
        compounds=pa.array(str(source["compounds"]).split()),
        communities=pa.array(str(source["communities"]).split()),
        stations=pa.array(str(source["stations"]).split()),
        local_regions=np.array([int(code) for code in regions["local"]]),
        local_cumulative=shares([float(weight) for weight in regions["local"].values()]),
        outside_regions=np.array([int(code) for code in str(regions["outside"]).split()]),
    )


def draw_divisions(random: np.random.Generator, count: int) -> Index:
    """Return `count` division indices by population."""
    return np.searchsorted(gazetteer().cumulative, random.random(count), side="right").astype(np.int64)


def whole(values: Index, suffix: str) -> pa.Array:
    """Return whole numbers as text with a suffix."""
    return pc.binary_join_element_wise(pa.array(values).cast(pa.string()), pa.scalar(suffix), "")


def draw_addresses(random: np.random.Generator, division: Index) -> Addresses:
    """Return one address for each division index: a road, house, building, unit and room, or a village and number."""
    book, count = gazetteer(), len(division)
    town = book.towns.draw(division, random, 1.5)
    streets = pc.match_substring(town, "街道").to_numpy(zero_copy_only=False)
    urban = streets | (random.random(count) < 0.25)
    village = book.villages.draw(division, random)
    road = pc.if_else(pa.array(urban), book.roads.draw(division, random, 1.4), village)
    crowd = book.communities.take(pa.array((random.random(count) * len(book.communities)).astype(np.int64)))
    community = pc.if_else(
        pa.array(urban),
        pc.binary_join_element_wise(crowd, pa.scalar("社区居委会"), ""),
        pc.binary_join_element_wise(village, pa.scalar("委会"), ""),
    )
    estate = book.compounds.take(pa.array((random.random(count) * len(book.compounds)).astype(np.int64)))
    estate = pc.if_else(pa.array(random.random(count) < 0.6), estate, pa.scalar(""))
    room = (random.random(count) * 18 + 1).astype(np.int64) * 100 + (random.random(count) * 4 + 1).astype(np.int64)
    detail = pc.binary_join_element_wise(
        estate,
        whole((random.random(count) * 40 + 1).astype(np.int64), "栋"),
        whole((random.random(count) * 6 + 1).astype(np.int64), "单元"),
        whole(room, "室"),
        "",
    )
    return Addresses(
        division=division,
        code=digits.text(digits.matrix(book.codes[division], 6)),
        district=book.names.take(pa.array(division)),
        town=town,
        community=community,
        road=road,
        number=whole((random.random(count) ** 1.5 * 480 + 1).astype(np.int64), "号"),
        detail=pc.if_else(pa.array(urban), detail, pa.scalar("")),
    )
