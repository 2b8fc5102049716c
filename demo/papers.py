"""Identity papers of residents: which number each person gets, unique over the whole city without remembering any."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from demo import digits
from demo.names import Index
from demo.places import gazetteer

Flags = npt.NDArray[np.bool_]
# papers a person may hold; the first is the citizen's number
CITIZEN, HONG_KONG, MACAO, TAIWAN, PERMANENT_OLD, PERMANENT_NEW, PASSPORT = range(7)
PAPERS = [
    "citizen_id",
    "hong_kong_residence",
    "macao_residence",
    "taiwan_residence",
    "permanent_old",
    "permanent_new",
    "passport",
]
SEQUENCES = 497  # 001–994: the marks 996–999 of the over-hundreds are left alone


@dataclass(frozen=True)
class Slot:
    """Where a chunk of people stands: its number, its first person, the sequence numbers it may use, the day."""

    chunk: int
    start: int
    count: int
    sequence: int
    stride: int
    rooms: int  # how many people of one region, birth day and sex fit
    as_of: int  # days since 1970


def draw_numbers(
    random: np.random.Generator, slot: Slot, facts: tuple[npt.NDArray[np.int8], Index, Index, Flags, Index]
) -> tuple[pa.Array, pa.Array, Index]:
    """Return paper numbers, travel permits (or null) and birth days; days move when a day's numbers run out."""
    sex, birth, paper, known, household = facts
    book, count = gazetteer(), len(sex)
    local = book.local_regions[np.searchsorted(book.local_cumulative, random.random(household[-1] + 1), side="right")]
    outside = book.outside_regions[(random.random(count) * len(book.outside_regions)).astype(np.int64)]
    migrant = random.random(count) < np.where(known, 0.14, 0.85)
    region = np.where(migrant, outside, local[household])
    province = np.select([paper == HONG_KONG, paper == MACAO, paper == TAIWAN], [810000, 820000, 830000], region)
    country = np.array([840, 643, 410, 392, 276, 704, 250, 826])[(random.random(count) * 8).astype(np.int64)]
    region = np.where(paper == PERMANENT_NEW, 900000 + 13000 + country, province)
    birth = birth.copy()
    rank = ranks(region, birth, sex)
    while (full := rank >= slot.rooms).any():
        birth[full] -= 37
        rank = ranks(region, birth, sex)
    mixed = (region * 7919 + birth * 104729) % SEQUENCES  # the same for all who share region and day
    place = (slot.sequence + slot.stride * rank + mixed) % SEQUENCES
    number = digits.citizen(region, digits.year_month_day(birth), place * 2 + np.where(sex == 1, 1, 2))
    identity = np.arange(slot.start, slot.start + count)
    return papers(digits.text(number), paper, birth, identity), travel_permits(paper, identity), birth


def ranks(region: Index, birth: Index, sex: npt.NDArray[np.int8]) -> Index:
    """Return each person's position among those of the same region, birth day and sex."""
    key = (region * 100000 + birth) * 4 + sex
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    fresh = np.r_[True, ordered[1:] != ordered[:-1]]
    position = np.arange(len(key)) - np.maximum.accumulate(np.where(fresh, np.arange(len(key)), 0))
    rank = np.empty(len(key), dtype=np.int64)
    rank[order] = position
    return rank


def papers(number: pa.Array, paper: Index, birth: Index, identity: Index) -> pa.Array:
    """Return numbers with old permanent-residence cards and passports in their own forms."""
    old = np.flatnonzero(paper == PERMANENT_OLD)
    passport = np.flatnonzero(paper == PASSPORT)
    country = np.array([np.frombuffer(word, dtype=np.uint8) for word in (b"USA", b"RUS", b"KOR", b"JPN", b"DEU")])
    card = digits.icao(
        digits.join(
            country[identity[old] % 5],
            digits.constant("1303", len(old)),
            digits.matrix(digits.year_month_day(birth[old]) % 1000000, 6),
            digits.matrix(identity[old] % 10, 1),
        )
    )
    letter = np.frombuffer(b"CKLMNPR", dtype=np.uint8)[identity[passport] % 7][:, None]
    book = digits.join(letter, digits.matrix(identity[passport] * 7368787 % 10**8, 8))
    for rows, made in ((old, card), (passport, book)):
        mask = np.zeros(len(paper), dtype=bool)
        mask[rows] = True
        number = pc.replace_with_mask(number, pa.array(mask), digits.text(made))
    return number


def travel_permits(paper: Index, identity: Index) -> pa.Array:
    """Return travel permits: H or M and 8 digits, 8 digits for Taiwan, null for others."""
    body = digits.matrix(identity * 6700417 % 10**8, 8)
    lettered = digits.join(np.where(paper == HONG_KONG, 72, 77).astype(np.uint8)[:, None], body)
    made = pc.if_else(pa.array(paper == TAIWAN), digits.text(body), digits.text(lettered))
    return pc.if_else(pa.array((paper >= HONG_KONG) & (paper <= TAIWAN)), made, pa.scalar(None, pa.string()))
