"""Households of the demo city: who lives together, how old they are, who is married to whom."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from demo.names import Index

# who lives in each kind of household: head, spouse, first child, second child, grandfather, grandmother
HOUSEHOLDS = np.array(
    [
        [1, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0],
        [1, 1, 1, 1, 0, 0],
        [1, 1, 1, 0, 1, 1],
        [1, 0, 1, 0, 0, 0],
    ],
    dtype=bool,
)
HOUSEHOLD_SHARES = [0.18, 0.22, 0.27, 0.12, 0.12, 0.09]
HEAD, SPOUSE, CHILD, SECOND, GRANDFATHER, GRANDMOTHER = range(6)


def draw_households(random: np.random.Generator, count: int) -> tuple[Index, Index, Index]:
    """Return household, role and household kind of each of `count` people, in household order."""
    homes = count // 2 + 10
    kind = np.searchsorted(np.cumsum(HOUSEHOLD_SHARES), random.random(homes), side="right")
    kind = np.minimum(kind, len(HOUSEHOLDS) - 1)
    household, role = np.nonzero(HOUSEHOLDS[kind])
    return household[:count], role[:count], kind[household[:count]]


def draw_ages(
    random: np.random.Generator, role: Index, heads: Index, kind: Index, as_of: int
) -> tuple[npt.NDArray[np.int8], Index]:
    """Return sex and birth day: husbands near wives, children a generation later, elders a generation before."""
    count = len(role)
    alone = (kind == 0) | (kind == 5)
    sex = np.where(alone, random.integers(1, 3, count), 1)[heads]
    sex = np.where(role == SPOUSE, 2, sex)
    child = (role == CHILD) | (role == SECOND)
    sex = np.where(child, random.integers(1, 3, count), sex)
    sex = np.where(role == GRANDFATHER, 1, np.where(role == GRANDMOTHER, 2, sex))
    spread = random.random(count)
    years = np.select(
        [kind == 0, kind == 1, kind == 4], [20 + spread**1.3 * 66, 23 + spread * 62, 27 + spread * 26], 25 + spread * 37
    )
    head_birth = (as_of - years * 365.25)[heads].astype(np.int64)
    mate_birth = np.minimum(head_birth + random.normal(500, 1000, count)[heads].astype(np.int64), as_of - 22 * 366)
    parent_age = as_of - np.maximum(head_birth, mate_birth)
    longest = np.minimum(35 * 365, parent_age - 30)
    gap = (longest - np.minimum(20 * 365, longest * 0.8)) * random.random(count)[heads]
    first_birth = np.maximum(head_birth, mate_birth) + (longest - gap).astype(np.int64)
    later = (random.random(count) * 6 * 365 + 330).astype(np.int64)[heads]
    second_birth = np.where(first_birth + later < as_of, first_birth + later, first_birth - later)
    twins = (random.random(count) < 0.04)[heads]
    second_birth = np.where(twins, first_birth, second_birth)
    elder = head_birth - ((20 + random.random(count) * 12) * 365.25).astype(np.int64)[heads]
    birth = np.select(
        [role == HEAD, role == SPOUSE, role == CHILD, role == SECOND, role == GRANDFATHER],
        [head_birth, mate_birth, first_birth, second_birth, elder],
        elder + (random.random(count) * 1500).astype(np.int64),
    )
    return sex.astype(np.int8), np.maximum(birth, as_of - 104 * 365).astype(np.int64)


def find_spouses(household: Index, role: Index) -> Index:
    """Return the row of each person's spouse in the household, or -1."""
    rows = np.arange(len(role))
    spouse = np.full(len(role), -1, dtype=np.int64)
    for one, other in ((HEAD, SPOUSE), (GRANDFATHER, GRANDMOTHER)):
        pair = np.flatnonzero((role[:-1] == one) & (role[1:] == other) & (household[:-1] == household[1:]))
        spouse[pair], spouse[pair + 1] = rows[pair + 1], rows[pair]
    return spouse
