"""Match keys of persons' names: what two spellings of one name have in common.

Keys join and block, they are never shown. Equal names have equal keys; a key of a missing name is null.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from values.folded_texts import FoldedTexts, sorted_words, sounds
from values.lookalikes import shape_table
from values.part_texts import FEW
from values.pinyin import (
    COMPOUND_SURNAMES,
    SEVERAL_READINGS,
    SEVERAL_SURNAMES,
    reading_numbers,
    reading_table,
    surname_table,
)
from values.shapes import IDEOGRAPH, LETTERS, code_point_table
from values.text_column import CodePoints, TextColumn, as_texts, replaced_rows, with_nulls
from values.variants import fold_table

_MOST_READINGS = 8
_PARTS = ("words", "sound", "initials")
_IN_COLUMNS = ("shape", "readings", "spelled", *_PARTS)
_READ = ("pinyin", "readings", "spelled", *_PARTS)  # keys made of readings


def name_keys(values: pa.Array, wanted: Container[str] | None = None) -> dict[str, pa.Array]:
    """Return match keys of names (all, or those `wanted`), a row each, null where there is no letter.

    `folded`: letters and ideographs only, simplified, variants as one, capitals without accents. `pinyin`: "zhang wei",
    the likeliest reading. `readings`: list of all kept, the likeliest first, at most 8. `spelled`: "zhangwei", where a
    Han name and its pinyin meet. `shape`: characters taken for one another as one. `surname`: the first folded
    character. `given`: what follows it. `words`: the parts in alphabetical order. `initials`: "zw", of Latin names
    those of `words`. `sound`: the pinyin; of names without ideographs the Soundex codes of `words`.
    """
    few = _few_keys(as_texts(values).to_pylist(), wanted) if wanted is not None and len(values) < FEW else None
    if few is not None:
        return few
    column = TextColumn(values)
    points = folded_points(column)
    folded = points.texts()
    nothing = points.lengths == 0
    plain: dict[str, Callable[[], pa.Array]] = {
        "folded": lambda: with_nulls(folded, nothing),
        "shape": lambda: with_nulls(CodePoints(shape_table()[points.points], points.starts).texts(), nothing),
        "surname": lambda: with_nulls(pc.utf8_slice_codeunits(folded, 0, 1), nothing),
        "given": lambda: with_nulls(pc.utf8_slice_codeunits(folded, 1, None), points.lengths < 2),
    }
    made = {name: make() for name, make in plain.items() if wanted is None or name in wanted}
    if wanted is not None and not any(name in wanted for name in _READ):
        return made
    numbers = reading_indices(points)
    pinyin = _joined_readings(points, numbers)
    read: dict[str, Callable[[], pa.Array]] = {
        "pinyin": lambda: with_nulls(pinyin, nothing),
        "readings": lambda: _all_readings(points, numbers, pinyin, nothing),
        "spelled": lambda: with_nulls(pc.replace_substring(pinyin, " ", ""), nothing),
    }
    made |= {name: make() for name, make in read.items() if wanted is None or name in wanted}
    if wanted is None or any(name in wanted for name in _PARTS):
        parts = _keys_of_parts(column, folded, pinyin, nothing)
        made |= {name: key for name, key in parts.items() if wanted is None or name in wanted}
    return made


def _few_keys(names: list[str | None], wanted: Container[str]) -> dict[str, pa.Array] | None:
    """Return the keys of a few names of ideographs alone, made one by one; None where there is more to tell."""
    folded = [(name or "").translate(_folding()) for name in names]
    han = all(IDEOGRAPH[ord(letter)] for name in folded for letter in name)
    if not han or any(key in wanted for key in _IN_COLUMNS):
        return None
    made: dict[str, Callable[[str], str]] = {
        "folded": lambda name: name,
        "surname": lambda name: name[:1],
        "given": lambda name: name[1:],
        "pinyin": lambda name: " ".join(_syllables(name)),
    }
    least = {"given": 2}  # letters
    return {
        key: pa.array([make(name) if len(name) >= least.get(key, 1) else None for name in folded], pa.string())
        for key, make in made.items()
        if key in wanted
    }


def _syllables(name: str) -> list[str]:
    """Return the reading of each character of a folded name, surnames read as surnames, as `reading_indices` does."""
    index, syllables = reading_table()[0], _syllable_list()
    found = [syllables[index[ord(letter)]] for letter in name]
    if len(name) >= 2:
        found[0] = syllables[surname_table()[ord(name[0])]]
    if len(name) >= 3 and name[:2] in COMPOUND_SURNAMES:
        found[:2] = COMPOUND_SURNAMES[name[:2]].replace("ü", "v").split()
    return found


@cache
def _syllable_list() -> list[str]:
    syllables: list[str] = reading_table()[1].to_pylist()
    return syllables


@cache
def _folding() -> dict[int, str | None]:
    """Return what `str.translate` needs to fold one name as `folded_points` folds a column."""
    table, points = fold_table(), np.arange(len(LETTERS))
    others = np.flatnonzero((table != points) | ~LETTERS).tolist()
    return {point: chr(table[point]) if LETTERS[point] else None for point in others}


def _keys_of_parts(
    column: TextColumn, folded: pa.StringArray, pinyin: pa.StringArray, nothing: npt.NDArray[np.bool_]
) -> dict[str, pa.Array]:
    """Return `words`, `sound` and `initials`, see `name_keys`; only names with other than ideographs have parts."""
    words, sound, spelled = folded, pinyin, pinyin
    points = column.points
    rows = np.flatnonzero(points.count(~IDEOGRAPH[points.points]) > 0)
    if len(rows):
        parts = FoldedTexts.of(column.texts.take(pa.array(rows)))
        own = sorted_words(parts)
        words = replaced_rows(words, rows, own)
        latin = rows[parts.alphabetic]
        names = own.filter(pa.array(parts.alphabetic))
        sound = replaced_rows(sound, latin, sounds(FoldedTexts.of(names)))
        spelled = replaced_rows(spelled, latin, pc.utf8_lower(names))
    initials = pc.replace_substring_regex(spelled, r"(\S)\S* ?", r"\1")
    made = {"words": words, "sound": sound, "initials": initials}
    return {name: with_nulls(key, nothing) for name, key in made.items()}


def folded_points(column: TextColumn) -> CodePoints:
    """Return the names as folded code points: letters and ideographs only, variants as one, Latin in capitals."""
    points = column.points
    kept = points.kept(LETTERS[points.points])
    return CodePoints(fold_table()[kept.points], kept.starts)


def reading_indices(points: CodePoints) -> npt.NDArray[np.int32]:
    """Return the index of the reading of every code point, surnames read as surnames."""
    numbers = reading_table()[0][points.points]
    rows = np.flatnonzero(points.lengths >= 2)
    first = points.starts[rows]
    numbers[first] = surname_table()[points.points[first]]
    second = points.points[first + 1]
    maybe = np.flatnonzero(_OPENS_COMPOUND[points.points[first]] & (points.lengths[rows] >= 3))
    if not len(maybe):
        return numbers
    first, second = first[maybe], second[maybe]
    for surname, reading in COMPOUND_SURNAMES.items():
        hits = first[(points.points[first] == ord(surname[0])) & (second == ord(surname[1]))]
        if len(hits):
            one, two = (reading_numbers()[part.replace("ü", "v")] for part in reading.split())
            numbers[hits], numbers[hits + 1] = one, two
    return numbers


_OPENS_COMPOUND = code_point_table((), more="".join(surname[0] for surname in COMPOUND_SURNAMES))


def compound_surnames(letters: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    """Say, per row of folded letters, whether the first two are a surname of two characters (欧阳)."""
    found = _OPENS_COMPOUND[letters[:, 0]]
    rows = np.flatnonzero(found)
    if len(rows):
        pairs = letters[rows, 0].astype(np.int64) << 32 | letters[rows, 1]
        found[rows] = np.isin(pairs, [ord(surname[0]) << 32 | ord(surname[1]) for surname in COMPOUND_SURNAMES])
    return found


def _joined_readings(points: CodePoints, numbers: npt.NDArray[np.int32]) -> pa.StringArray:
    """Return the readings of each name joined by spaces; Latin letters of one word stay together."""
    syllables = reading_table()[1].take(pa.array(numbers))
    lists = pa.ListArray.from_arrays(pa.array(points.starts.astype(np.int32)), syllables)
    joined = pc.binary_join(lists, " ")
    rows = np.flatnonzero(points.count(~IDEOGRAPH[points.points]) > 0)
    return replaced_rows(joined, rows, pc.utf8_lower(points.of(rows).texts())) if len(rows) else joined


_SEVERAL = code_point_table((), more="".join(SEVERAL_READINGS))
_SURNAMES = code_point_table((), more="".join(SEVERAL_SURNAMES))


def _all_readings(
    points: CodePoints, numbers: npt.NDArray[np.int32], pinyin: pa.StringArray, nothing: npt.NDArray[np.bool_]
) -> pa.ListArray:
    """Return the list of readings of each name, one by one only where a character has several."""
    doubtful = _SEVERAL[points.points]
    first = points.starts[:-1][points.lengths > 0]
    surnames = points.points[first]
    # most surnames have one reading; a compound one was read as such
    doubtful[first] = _SURNAMES[surnames] & (numbers[first] == surname_table()[surnames])
    rows = np.flatnonzero(points.count(doubtful) > 0)
    if not len(rows):
        offsets = np.arange(len(points) + 1, dtype=np.int32)
        return pa.ListArray.from_arrays(pa.array(offsets), pinyin, mask=pa.array(nothing))
    syllables = reading_table()[1].to_pylist()
    texts = pinyin.take(pa.array(rows)).to_pylist()
    extra: list[list[str]] = []
    for row, text in zip(rows.tolist(), texts, strict=True):
        start, end = int(points.starts[row]), int(points.starts[row + 1])
        columns = (points.points[start:end], doubtful[start:end], numbers[start:end])
        choices = [
            (SEVERAL_READINGS if place else SEVERAL_SURNAMES)[chr(point)] if several else (syllables[number],)
            for place, (point, several, number) in enumerate(zip(*(one.tolist() for one in columns), strict=True))
        ]
        readings = [" ".join(parts) for parts in itertools.islice(itertools.product(*choices), _MOST_READINGS)]
        extra.append([reading for reading in readings if reading != text])
    return _with_more(pinyin, rows, extra, nothing)


def _with_more(
    pinyin: pa.StringArray, rows: npt.NDArray[np.int64], extra: list[list[str]], nothing: npt.NDArray[np.bool_]
) -> pa.ListArray:
    """Return lists of the first reading and, in the given rows, the others."""
    counts = np.ones(len(pinyin), dtype=np.int64)
    counts[rows] += [len(others) for others in extra]
    offsets = np.concatenate(([0], np.cumsum(counts)))
    flat = pa.concat_arrays([pinyin, pa.array(list(itertools.chain.from_iterable(extra)), pa.string())])
    places = np.empty(offsets[-1], dtype=np.int64)
    is_first = np.zeros(offsets[-1], dtype=bool)
    is_first[offsets[:-1]] = True
    places[is_first] = np.arange(len(pinyin))
    places[~is_first] = np.arange(len(pinyin), len(flat))
    starts = pa.array(offsets.astype(np.int32))
    return pa.ListArray.from_arrays(starts, flat.take(pa.array(places)), mask=pa.array(nothing))
