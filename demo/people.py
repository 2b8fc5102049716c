"""Residents of the demo city: households with surnames, addresses, phones, marriages and identity papers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from demo import digits
from demo.households import CHILD, GRANDFATHER, HEAD, SECOND, SPOUSE, draw_ages, draw_households, find_spouses
from demo.names import Index, draw_given, draw_surnames, skewed, spell, tables
from demo.papers import CITIZEN, HONG_KONG, PERMANENT_OLD, TAIWAN, Flags, Slot, draw_numbers
from demo.places import Addresses, draw_addresses, draw_divisions, gazetteer
from demo.profile import Profile

PREFIXES = np.array(
    [
        130,
        131,
        132,
        133,
        135,
        136,
        137,
        138,
        139,
        147,
        150,
        151,
        152,
        155,
        156,
        157,
        158,
        159,
        166,
        170,
        176,
        177,
        178,
        180,
        181,
        182,
        183,
        185,
        186,
        187,
        188,
        189,
        192,
        198,
        199,
    ]
)


@dataclass(frozen=True)
class People:
    """A chunk of residents, one row a person. Dates are days since 1970; `spouse` is a row of this chunk or -1."""

    start: int
    household: Index
    role: Index
    sex: npt.NDArray[np.int8]
    birth: Index
    ethnic: Index
    education: Index
    marital: Index
    spouse: Index
    paper: Index
    state: Index  # 1 in register, 2 moved away, 3 dead
    death: Index  # -1 while alive
    known: Flags
    moved_on: Index
    name: pa.Array
    former_name: pa.Array
    number: pa.Array
    travel: pa.Array
    phone: pa.Array
    old_phone: pa.Array
    address: Addresses

    def __len__(self) -> int:
        return len(self.sex)

    def ids(self, rows: Index) -> pa.Array:
        """Return the person ids (P and nine digits) of rows; -1 is null."""
        return party_ids("P", self.start, rows)

    def age(self, as_of: int) -> Index:
        """Return ages in whole years on the day."""
        return (as_of - self.birth) // 365


def party_ids(letter: str, start: int, rows: Index) -> pa.Array:
    """Return ids of a letter and nine digits; rows of -1 are null."""
    made = digits.text(digits.join(digits.constant(letter, len(rows)), digits.matrix(rows + start, 9)))
    return pc.if_else(pa.array(rows >= 0), made, pa.scalar(None, pa.string()))


def draw_people(random: np.random.Generator, slot: Slot, profile: Profile) -> People:
    """Return `slot.count` people of whole households (the last one cut), the same for the same generator state."""
    household, role, kind = draw_households(random, slot.count)
    heads = np.searchsorted(household, household)  # the row of each person's head
    sex, birth = draw_ages(random, role, heads, kind, slot.as_of)
    spouse = find_spouses(household, role)
    division = draw_divisions(random, household[-1] + 1)
    ethnic = draw_ethnic(random, division, household)
    surname, first, second = draw_names(random, (role, heads, kind, sex, birth))
    plant_namesakes(random, (role, kind, sex, birth, surname, first, second), profile)
    paper = draw_papers(random, role, kind, profile)
    surname, first, second = rename(random, (surname, first, second), paper, ethnic)
    state, death = draw_states(random, birth, slot.as_of, profile)
    known = draw_known(random, household, paper, profile)
    number, travel, birth = draw_numbers(random, slot, (sex, birth, paper, known, household))
    phone, old_phone = draw_phones(random, slot, (role, heads, birth))
    name = spell(surname, first, second)
    return People(
        start=slot.start,
        household=household,
        role=role,
        sex=sex,
        birth=birth,
        ethnic=ethnic,
        education=draw_education(random, birth, slot.as_of),
        marital=draw_marital(random, role, kind, birth, slot.as_of),
        spouse=spouse,
        paper=paper,
        state=state,
        death=death,
        known=known,
        moved_on=slot.as_of - (random.random(slot.count) * 6000).astype(np.int64) - 30,
        name=name,
        former_name=draw_former(random, (surname, sex, birth, paper), profile),
        number=number,
        travel=travel,
        phone=phone,
        old_phone=old_phone,
        address=draw_addresses(random, division).take(household),
    )


def draw_ethnic(random: np.random.Generator, division: Index, household: Index) -> Index:
    """Return ethnic codes (GB/T 3304) by household: 满 in 青龙, some 满 and 回 elsewhere, a few from far away."""
    manchu = gazetteer().codes[division] == 130321
    draw = random.random(len(division))
    home = np.select([draw < np.where(manchu, 0.68, 0.05), draw > 0.999, draw > 0.997, draw > 0.99], [11, 5, 2, 3], 1)
    result: Index = home[household]
    return result


def draw_names(
    random: np.random.Generator, facts: tuple[Index, Index, Index, npt.NDArray[np.int8], Index]
) -> tuple[Index, Index, Index]:
    """Return surname and given indices; children and grandfather carry the head's surname (a few the mother's)."""
    role, heads, kind, sex, birth = facts
    surname = draw_surnames(random, len(role))
    mothers = (random.random(len(role)) < 0.04)[heads]
    mate = np.minimum(heads + 1, len(role) - 1)
    inherited = np.where(mothers & (kind != 5), surname[mate], surname[heads])
    child = (role == CHILD) | (role == SECOND)
    surname = np.where(child, inherited, np.where(role == GRANDFATHER, surname[heads], surname))
    year = digits.year_month_day(birth) // 10000
    first, second = draw_given(random, sex, year)
    return surname, first, second


def plant_namesakes(random: np.random.Generator, facts: tuple[npt.NDArray[Any], ...], profile: Profile) -> None:
    """Give some people who live alone the name and the birth day of another person who lives alone (in place)."""
    role, kind, sex, birth, surname, first, second = facts
    alone = np.flatnonzero((role == HEAD) & (kind == 0))
    count = int(len(role) * profile.world["namesakes_born_the_same_day"])
    pair = random.permutation(alone)[: 2 * count].reshape(-1, 2) if len(alone) >= 2 * count else np.empty((0, 2), int)
    source, target = pair[:, 0], pair[:, 1]
    for column in (sex, birth, surname, first, second):
        column[target] = column[source]


def draw_papers(random: np.random.Generator, role: Index, kind: Index, profile: Profile) -> Index:
    """Return the kind of paper each person holds; foreigners live alone or are wives."""
    may = ((role == HEAD) & (kind == 0)) | (role == SPOUSE)
    foreign = may & (random.random(len(role)) < profile.world["foreigners"] / 0.45)
    paper = np.searchsorted(np.cumsum([0.0, 0.14, 0.06, 0.14, 0.12, 0.14, 0.40]), random.random(len(role)))
    return np.where(foreign, np.clip(paper, 1, 6), CITIZEN)


def rename(
    random: np.random.Generator, parts: tuple[Index, Index, Index], paper: Index, ethnic: Index
) -> tuple[Index, Index, Index]:
    """Return name indices with foreigners' names in Latin letters and some minority names in their own form."""
    surname, first, second = parts
    book, count = tables(), len(paper)
    foreign = paper >= PERMANENT_OLD
    own = ((ethnic == 5) | (ethnic == 2)) & (random.random(count) < 0.8)
    first = np.where(
        foreign,
        skewed(random, book.foreign_last, count, 1.0),
        np.where(own, skewed(random, book.minority, count, 1.0), first),
    )
    second = np.where(foreign, skewed(random, book.foreign_first, count, 1.0), np.where(own, 0, second))
    return np.where(foreign | own, 0, surname), first, second


def draw_states(random: np.random.Generator, birth: Index, as_of: int, profile: Profile) -> tuple[Index, Index]:
    """Return register states (1, 2 moved away, 3 dead) and days of death (-1 while alive)."""
    age = (as_of - birth) / 365.25
    risk = np.clip(np.exp((age - 96) / 13), 0.0005, 0.9) * profile.world["dead"] / 0.03
    dead = random.random(len(birth)) < risk
    away = ~dead & (random.random(len(birth)) < profile.world["moved_away"])
    death = as_of - (random.random(len(birth)) * np.minimum(12 * 365, (as_of - birth) * 0.5)).astype(np.int64) - 1
    return np.where(dead, 3, np.where(away, 2, 1)), np.where(dead, death, -1)


def draw_known(random: np.random.Generator, household: Index, paper: Index, profile: Profile) -> Flags:
    """Return who is in the population register: whole households are missing, and all but some foreigners."""
    missing = random.random(household[-1] + 1) < profile.world["households_unknown_to_police"]
    known = ~missing[household] & (random.random(len(paper)) > profile.world["people_unknown_to_police"])
    residents = (paper >= HONG_KONG) & (paper <= TAIWAN) & (random.random(len(paper)) < 0.5)
    registered: Flags = np.where(paper == CITIZEN, known, residents)
    return registered


def draw_phones(
    random: np.random.Generator, slot: Slot, facts: tuple[Index, Index, Index]
) -> tuple[pa.Array, pa.Array]:
    """Return phones now and before. Children and many elders use the head's; each mobile number is given out once."""
    role, heads, birth = facts
    count, age = len(role), (slot.as_of - birth) // 365
    identity = np.arange(slot.start, slot.start + count)
    prefix = PREFIXES[(random.random(count) ** 1.3 * len(PREFIXES)).astype(np.int64)]
    mobile = prefix * 10**8 + (identity * 48271301 + 27182818) % 10**8
    before = prefix[::-1] * 10**8 + (identity * 48271301 + 77182835) % 10**8
    shares_head = (age < 14) | ((age > 70) & (random.random(count) < 0.35)) | (random.random(count) < 0.03)
    own = np.where(shares_head, mobile[heads], mobile)
    line = digits.join(
        digits.constant("0335-", count), digits.matrix(3000000 + (identity[heads] * 7351 + 141421) % 6000000, 7)
    )
    landline = pa.array((random.random(count) < 0.04) & (age > 45))
    now = pc.if_else(landline, digits.text(line), digits.text(digits.matrix(own, 11)))
    return now, digits.text(digits.matrix(before, 11))


def draw_education(random: np.random.Generator, birth: Index, as_of: int) -> Index:
    """Return GB/T 4658 two-digit codes by age: primary to doctorate."""
    age, draw = (as_of - birth) // 365, random.random(len(birth))
    adult = np.select(
        [draw < 0.003, draw < 0.04, draw < 0.27, draw < 0.50, draw < 0.60, draw < 0.80], [11, 14, 21, 31, 41, 61], 71
    )
    older = np.select([draw < 0.01, draw < 0.05, draw < 0.15, draw < 0.45], [21, 31, 61, 71], 81)
    return np.where(age < 7, 90, np.where(age < 13, 81, np.where(age < 16, 71, np.where(age > 60, older, adult))))


def draw_marital(random: np.random.Generator, role: Index, kind: Index, birth: Index, as_of: int) -> Index:
    """Return GB/T 2261.2 codes: 10 single, 20 married, 30 widowed, 40 divorced."""
    married = (role >= GRANDFATHER) | (((role == HEAD) | (role == SPOUSE)) & (kind != 0) & (kind != 5))
    old = (as_of - birth) > 50 * 365
    alone = np.where(old, np.where(random.random(len(role)) < 0.6, 30, 40), 10)
    return np.where(married, 20, np.where((role == HEAD) & (kind == 5), 40, np.where(role == HEAD, alone, 10)))


def draw_former(
    random: np.random.Generator, facts: tuple[Index, npt.NDArray[np.int8], Index, Index], profile: Profile
) -> pa.Array:
    """Return former names, null for most: another given name under the same surname."""
    surname, sex, birth, paper = facts
    first, second = draw_given(random, sex, digits.year_month_day(birth) // 10000)
    has = (random.random(len(sex)) < profile.world["former_names"]) & (paper == CITIZEN) & (surname > 0)
    return pc.if_else(pa.array(has), spell(surname, first, second), pa.scalar(None, pa.string()))
