"""What the demo city's generator makes of one value: the probability of a seen text, given the true one.

Each function returns shares by kind of error; a share times the profile's rate of that kind is a probability. Only
kinds that survive standardising are here: what is recognised as damage becomes a missing value and says nothing.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from demo.name_errors import clipped, groups, swapped_order, traditional
from demo.names import draw_given, tables

MARRIED = "王李张刘陈"
NUMBERS = 35 * 10**8  # mobile numbers there are: prefixes and eight digits
NAMES = 2_000_000  # given names drawn to see how common each is
Shares = dict[str, float]


def name_shares(true: str, seen: str) -> Shares:
    """Return how a name turns into another one: each kind's chance to make just this of it."""
    found: Shares = {}
    unlike = [place for place in range(len(true)) if true[place] != seen[place]] if len(true) == len(seen) else []
    if len(unlike) == 1:
        place = unlike[0]
        for kind, table in (("homophone", "homophones"), ("variant", "variants"), ("lookalike", "shapes")):
            others = groups(table).get(true[place], "")
            if seen[place] in others:
                places = sum(bool(groups(table).get(letter)) for letter in true)
                found[kind] = 1 / places / len(others)
    if traditional(true, 0, 0, 0) == seen:
        found["traditional"] = 1.0
    if swapped_order(true, 0, 0, 0) == seen:
        found["swapped_order"] = 1.0
    if clipped(true, 0, 0, 0) == seen:
        found["clipped"] = 1.0
    if seen[1:] == true and seen[0] in MARRIED:
        found["married_name"] = 1 / len(MARRIED)
    return found


def date_shares(true: str, seen: str) -> Shares:
    """Return how a date (YYYYMMDD) turns into another one."""
    found: Shares = {}
    unlike = [place for place in range(8) if true[place] != seen[place]]
    if len(unlike) == 1:
        found["wrong_digit"] = 1 / 8 / 9
    if _swapped(true, seen, unlike):
        found["transposed"] = 1 / 7
    if true[:4] == seen[:4] and true[4:6] == seen[6:] and true[6:] == seen[4:6]:
        found["month_day_swapped"] = 1.0
    if true[4:] == seen[4:] and int(seen[:4]) - int(true[:4]) in (-10, -1, 1):
        found["year_off"] = 1 / 3
    return found


def digit_shares(true: str, seen: str) -> Shares:
    """Return how a number of digits turns into another one of as many."""
    if len(true) != len(seen):
        return {}
    unlike = [place for place in range(len(true)) if true[place] != seen[place]]
    found: Shares = {}
    if len(unlike) == 1:
        found["wrong_digit"] = 1 / len(true) / 9
    if _swapped(true, seen, unlike):
        found["transposed"] = 1 / (len(true) - 1)
    return found


def number_shares(true: str, seen: str) -> Shares:
    """Return how a citizen's number turns into another one that passes its check."""
    if true[:9] != seen[:9]:
        return {}
    unlike = [place for place in range(17) if true[place] != seen[place]]
    found: Shares = {}
    if len(unlike) == 1 and unlike[0] in (14, 15):
        found["wrong_but_passing"] = 1 / 2 / 9
    if len(unlike) in (1, 2):
        found["keypad_passing"] = 1 / 20
    return found


def _swapped(true: str, seen: str, unlike: list[int]) -> bool:
    two = len(unlike) == 2 and unlike[1] == unlike[0] + 1
    return two and true[unlike[0]] == seen[unlike[1]] and true[unlike[1]] == seen[unlike[0]]


def address_share(true: str, seen: str) -> float:
    """Return the chance that one digit of an address off makes `seen` of `true`; 0 where it cannot."""
    if len(true) != len(seen):
        return 0.0
    unlike = [place for place in range(len(true)) if true[place] != seen[place]]
    digits = sum(letter.isdigit() for letter in true)
    one = len(unlike) == 1 and true[unlike[0]].isdigit() and seen[unlike[0]].isdigit()
    return 1 / digits / 9 if one else 0.0


@cache
def common_names() -> tuple[dict[str, float], dict[str, float]]:
    """Return the generator's shares of surnames and of given names, the latter counted in NAMES draws."""
    book, random = tables(), np.random.default_rng(1)
    weights = np.diff(book.surname_cumulative, prepend=0.0)
    surnames = {name: float(weight) for name, weight in zip(book.surnames.to_pylist(), weights, strict=True) if name}
    sex = random.integers(1, 3, NAMES).astype(np.int8)
    first, second = draw_given(random, sex, random.integers(1936, 2026, NAMES))
    pairs, counts = np.unique(first * len(book.given) + second, return_counts=True)
    words = book.given.to_pylist()
    given: dict[str, float] = {}
    for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
        word = words[pair // len(words)] + words[pair % len(words)]
        given[word] = given.get(word, 0.0) + count / NAMES
    return surnames, given


def given_share(given: str) -> float:
    """Return how common a given name is."""
    return common_names()[1].get(given, 0.3 / NAMES)


def surname_of(name: str) -> str:
    """Return the surname: two characters where it is one of the compound ones."""
    return name[:2] if len(name) > 2 and name[:2] in common_names()[0] else name[:1]


def name_share(name: str) -> float:
    """Return how common a whole name is among people drawn at random."""
    surname = surname_of(name)
    return common_names()[0].get(surname, 1e-5) * given_share(name[len(surname) :])
