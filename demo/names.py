"""Names of people and businesses: weighted tables addressed by integers, so that drawing a name is drawing numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import yaml

Index = npt.NDArray[np.int64]
FOLDER = Path(__file__).parent / "data"
GENERATIONS = ((1968, "old"), (1996, ""), (9999, "young"))


@dataclass(frozen=True)
class NameTables:
    """Surname and given parts as string tables; a given name is one or two entries of `given` ('' is entry 0)."""

    surnames: pa.Array
    surname_cumulative: npt.NDArray[np.float64]
    given: pa.Array
    whole: dict[str, Index]
    letters: dict[str, Index]
    minority: Index
    foreign_first: Index
    foreign_last: Index


@lru_cache(maxsize=8)
def read(name: str) -> dict[str, Any]:
    """Return one YAML file of the data folder."""
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded


@lru_cache(maxsize=1)
def tables() -> NameTables:
    """Return the name tables of data/names.yaml."""
    source = read("names")
    surnames, weights = [""], [0.0]
    for line in source["surnames"]:
        names = line["names"].split()
        surnames += names
        weights += [float(line["weight"])] * len(names)
    given: dict[str, int] = {"": 0}

    def place(words: str) -> Index:
        return np.array([given.setdefault(word, len(given)) for word in words.split()], dtype=np.int64)

    whole = {key: place(words) for key, words in source["given"].items()}
    letters = {key: place(words) for key, words in source["letters"].items()}
    minority = place(str(source["minority_names"]))
    foreign = source["foreign_names"]
    last = place(" ".join(foreign["last"].split()))
    share = np.cumsum(np.array(weights))
    # a foreign given name is printed as ' FIRST' after the family name: keep the spaced form in the table too
    spaced = np.array([given.setdefault(" " + word, len(given)) for word in foreign["first"].split()])
    return NameTables(
        pa.array(surnames), share / share[-1], pa.array(list(given)), whole, letters, minority, spaced, last
    )


def skewed(random: np.random.Generator, choices: Index, count: int, power: float = 2.0) -> Index:
    """Return `count` draws that favour the front of `choices` (`power` 1 is uniform)."""
    picked: Index = choices[(random.random(count) ** power * len(choices)).astype(np.int64)]
    return picked


def draw_surnames(random: np.random.Generator, count: int) -> Index:
    """Return `count` surname indices by their frequencies."""
    return np.searchsorted(tables().surname_cumulative, random.random(count), side="right").astype(np.int64)


def draw_given(random: np.random.Generator, sex: npt.NDArray[np.int8], year: Index) -> tuple[Index, Index]:
    """Return two indices a person: a whole given name and 0, or two letters, after sex and generation."""
    book, count = tables(), len(sex)
    first, second = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    composed = random.random(count) < 0.55
    single = random.random(count) < np.where((year > 1972) & (year < 1998), 0.22, 0.08)
    rare = random.random(count) < 0.006
    for code, word in ((1, "man"), (2, "woman")):
        mine = sex == code
        letters = book.letters[word]
        first = np.where(mine, skewed(random, letters, count, 1.4), first)
        second = np.where(mine & ~single, skewed(random, letters, count, 1.4), second)
        start = 0
        for end, generation in GENERATIONS:
            chosen = mine & ~composed & (year >= start) & (year < end)
            table = book.whole[f"{word}_{generation}" if generation else word]
            first = np.where(chosen, skewed(random, table, count, 1.8), first)
            second = np.where(chosen, 0, second)
            start = end
    first = np.where(rare, skewed(random, book.letters["rare"], count, 1.0), first)
    second = np.where(rare & single, 0, second)
    return first, second


def spell(surname: Index, first: Index, second: Index) -> pa.Array:
    """Return full names as text."""
    book = tables()
    return pc.binary_join_element_wise(
        book.surnames.take(pa.array(surname)), book.given.take(pa.array(first)), book.given.take(pa.array(second)), ""
    )
