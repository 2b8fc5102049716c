"""Block rules for two tables: combinations of keys that make few enough pairs, tried on the rows at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from values.day_order import day_order, year_first
from values.kinds import KINDS

Codes = npt.NDArray[np.int64]
PAIRS_A_ROW = 30  # candidate pairs a record of the larger side that a rule may make
RULES, USES = 8, 2  # at most so many rules, with a field in at most so many of them
EMPTY = 0.8  # of the rows without a key: a rule on it is not worth its line
# The keys worth blocking on beside the field itself; kinds not named here block on themselves alone.
TRIED = {
    "text": ("folded", "words", "sound"),
    "person_name": ("pinyin", "words", "sound"),
    "company_name": ("own_name", "core"),
    "address": ("road", "house"),
    "date": ("year", "month"),
    "phone": ("last8",),
}


@dataclass(frozen=True)
class Atom:
    """One field with the texts of both sides."""

    name: str
    kind: str
    left: pa.ChunkedArray
    right: pa.ChunkedArray


@dataclass(frozen=True)
class RuleDraft:
    """A rule and how many pairs it will make, estimated from the rows looked at."""

    words: tuple[str, ...]
    pairs: int


@dataclass(frozen=True)
class _Key:
    field: str
    word: str
    left: Codes
    right: Codes


def draft_rules(atoms: Sequence[Atom], rows: tuple[int, int], *, itself: bool) -> tuple[RuleDraft, ...]:
    """Return rules over different fields, so that an error in one field leaves others to find the pair.

    `rows` are those of the whole files, of which the atoms may hold only the first. Most tolerant keys win: a rule is
    as wide as the number of its pairs allows.
    """
    keys = [key for atom in atoms for key in _keys(atom)]
    budget = PAIRS_A_ROW * max(rows)
    best: dict[str, RuleDraft] = {}
    for key in keys:
        pairs = _pairs((key,), rows, itself)
        if pairs <= budget and (key.field not in best or pairs > best[key.field].pairs):
            best[key.field] = RuleDraft((key.word,), pairs)
    found = sorted((rule for rule in best.values() if rule.pairs), key=lambda rule: rule.pairs)[:RULES]
    used: dict[str, int] = {}
    wide = [key for key in keys if key.field not in best]
    double = []
    for one, two in combinations(wide, 2):
        if one.field != two.field and (pairs := _pairs((one, two), rows, itself)) <= budget:
            double.append((pairs, one, two))
    for pairs, one, two in sorted(double, key=lambda wish: (-wish[0], wish[1].word, wish[2].word)):
        if len(found) < RULES and all(used.get(key.field, 0) < USES for key in (one, two)):
            for key in (one, two):
                used[key.field] = used.get(key.field, 0) + 1
            found.append(RuleDraft((one.word, two.word), pairs))
    return tuple(found)


def _keys(atom: Atom) -> list[_Key]:
    """Return the field's keys that most rows have, as codes of both sides, -1 for none."""
    if atom.kind == "number":
        return []
    texts = pa.chunked_array([*atom.left.chunks, *atom.right.chunks], pa.string()).combine_chunks()
    encoded = texts.dictionary_encode()
    places = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    values = encoded.dictionary
    if atom.kind == "date":
        orders = [day_order(pc.unique(side)) for side in (atom.left, atom.right)]
        values = year_first(values, orders[0] or orders[1])
    named: dict[str, pa.Array] = {}
    if atom.kind in KINDS:
        values = KINDS[atom.kind].clean_with(values, {}).values
        named[atom.name] = values.cast(pa.string())
        tried = TRIED.get(atom.kind, ())
        made = KINDS[atom.kind].keys(values) if tried else {}
        if atom.kind == "text" and _digits(values):
            tried = ("folded",)  # numbers have no sound
        named |= {f"{atom.name}.{key}": made[key] for key in tried}
    else:
        named[atom.name] = values
    keys = []
    for word, distinct in named.items():
        codes = distinct.dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        spread = np.append(codes, -1)[places]  # place -1 is the one appended
        if (spread < 0).mean() <= EMPTY:
            keys.append(_Key(atom.name, word, spread[: len(atom.left)], spread[len(atom.left) :]))
    return keys


def _digits(values: pa.Array) -> bool:
    """Say whether most texts hold digits, which have no sound worth a key."""
    return bool(len(values)) and (pc.mean(pc.match_substring_regex(values, "[0-9]").cast(pa.int8())).as_py() or 0) > 0.5


def _pairs(keys: tuple[_Key, ...], rows: tuple[int, int], itself: bool) -> int:
    """Return how many pairs agree in all keys, scaled from the rows looked at to all rows."""
    left, right = _mixed([key.left for key in keys]), _mixed([key.right for key in keys])
    values, counts = np.unique(left[left >= 0], return_counts=True)
    if itself:
        pairs = float((counts * (counts - 1.0)).sum() / 2)
    else:
        others, more = np.unique(right[right >= 0], return_counts=True)
        _, first, second = np.intersect1d(values, others, assume_unique=True, return_indices=True)
        pairs = float((counts[first].astype(float) * more[second]).sum())
    return round(pairs * (rows[0] / max(len(left), 1)) * (rows[1] / max(len(right), 1)))


def _mixed(codes: Sequence[Codes]) -> Codes:
    mixed = codes[0]
    for more in codes[1:]:
        mixed = np.where((mixed < 0) | (more < 0), -1, mixed * (1 << 31) + more)
    return mixed
