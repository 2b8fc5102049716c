"""Addresses as text in canonical form; cutting them into road, building and room needs the city's gazetteer."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.reasons import Reason
from values.cleaned import Cleaned, Mask, bits
from values.levels import compare_with
from values.plain_text import judge as judge_text
from values.private_use import map_private_use
from values.shapes import IDEOGRAPH, code_point_table, short_texts_among
from values.text_column import TextColumn, with_nulls
from values.text_forms import LOST_CHARACTERS, SENTINEL_WORDS
from values.variants import fold_table

LEVELS = ("missing", "different", "one_holds_the_other", "same_letters", "same")

_PLAIN = code_point_table(((48, 57), (65, 90), (97, 122)), more="-()") | IDEOGRAPH
_HAN_SPACE = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])")
_DASHES = re.compile("[—–－‐‑−―─]+")
_BRACKETS = str.maketrans("【】〔〕[]｛｝{}", "()()()()()")
_FILLING = re.compile(r"(\d)\1{3,}")  # 999999
_MASKED = re.compile(r"\*{2,}")


def clean(texts: pa.Array, *, length: int = 200) -> Cleaned:
    """Return the addresses in canonical form (null: none, or unusable) with every reason found.

    Half-width digits, letters, brackets and dashes, no spaces beside Chinese characters. Nothing is added or guessed.
    """
    column = TextColumn(texts)
    points = column.points
    odd = points.count(~_PLAIN[points.points]) > 0
    odd |= (points.lengths > length) | short_texts_among(column, SENTINEL_WORDS | {"-", "--"})
    odd |= points.count(~IDEOGRAPH[points.points]) == points.lengths
    values, flags = column.judged(odd & ~column.empty, lambda text: _judge(text, length))
    return Cleaned.of(with_nulls(values, column.empty), flags)


def _judge(text: str, length: int) -> tuple[str | None, int]:
    shown, flags = judge_text(text, max(length, 400))
    if shown is None:
        return None, flags
    if _FILLING.fullmatch(shown):
        return None, flags | bits(Reason.SENTINEL)
    if _MASKED.search(shown):
        return None, flags | bits(Reason.MASKED)
    if LOST_CHARACTERS.search(shown):
        return None, flags | bits(Reason.DAMAGED_TEXT)
    shown, flags = map_private_use(shown, flags)
    packed = _HAN_SPACE.sub("", shown)
    if packed != shown:
        flags |= bits(Reason.SPACES_REMOVED)
    dashed = _DASHES.sub("-", packed)
    if dashed != packed:
        flags |= bits(Reason.SEPARATOR_UNIFIED)
    bracketed = dashed.translate(_BRACKETS)
    if bracketed != dashed:
        flags |= bits(Reason.BRACKETS_UNIFIED)
    if len(bracketed) > length:
        return None, flags | bits(Reason.TOO_LONG)
    return bracketed, flags


def check(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Say, per value, whether there is an address with at least one letter or ideograph."""
    column = TextColumn(values)
    points = column.points
    there: npt.NDArray[np.bool_] = points.count(points.points > 0x40) > 0
    return there


def keys(values: pa.Array) -> dict[str, pa.Array]:
    """Return `letters`: folded letters, ideographs and digits only, so that marks and spaces count for nothing."""
    column = TextColumn(values)
    points = column.points
    kept = points.kept(_PLAIN[points.points] & ~np.isin(points.points, (40, 41, 45)))
    folded = type(kept)(fold_table()[kept.points], kept.starts)
    return {"letters": with_nulls(folded.texts(), kept.lengths == 0)}


def compare(left: pa.Array, right: pa.Array) -> npt.NDArray[np.int8]:
    """Return levels: same, same letters, one holds the other (at least six characters), different, missing."""
    return compare_with(left, right, (_holds, _same_letters))


def _letters(left: TextColumn, right: TextColumn) -> tuple[pa.Array, pa.Array]:
    return keys(left.texts)["letters"], keys(right.texts)["letters"]


def _same_letters(left: TextColumn, right: TextColumn) -> Mask:
    a, b = _letters(left, right)
    found: Mask = pc.fill_null(pc.equal(a, b), False).to_numpy(zero_copy_only=False)
    return found


def _holds(left: TextColumn, right: TextColumn) -> Mask:
    pairs = zip(*(side.to_pylist() for side in _letters(left, right)), strict=True)
    return np.array([bool(a and b and min(len(a), len(b)) >= 6 and (a in b or b in a)) for a, b in pairs], dtype=bool)


def mask(values: pa.Array) -> pa.Array:
    """Return what comes before the first digit, at most six characters, then stars: 秦皇岛市海港****."""
    column = TextColumn(values)
    shown = pc.utf8_slice_codeunits(pc.replace_substring_regex(column.texts, r"(?s)[0-9].*$", ""), 0, 6)
    short = pc.if_else(pa.array(column.points.lengths > 8), shown, "")
    return with_nulls(pc.binary_join_element_wise(short, "****", ""), column.empty)
