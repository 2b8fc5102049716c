"""Addresses: text in canonical form, keys and likeness by their parts. The parts come from values.address_parts.

The city's gazetteer is context: with it places are those it lists, and what is ambiguous, unlisted or unreadable is
flagged; without it places are known by their endings only.
"""

from __future__ import annotations

import re
from collections.abc import Container

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.gazetteer import Gazetteer
from schemas.reasons import Reason
from values import address_agreement
from values.address_agreement import likeness as likeness
from values.address_parts import parse as parse
from values.cleaned import Cleaned, Flags, bits
from values.levels import Levels
from values.name_keys import folded_points
from values.plain_text import judge as judge_text
from values.private_use import map_private_use
from values.shapes import IDEOGRAPH, code_point_table, short_texts_among
from values.text_column import TextColumn, with_nulls
from values.text_forms import LOST_CHARACTERS, SENTINEL_WORDS, is_sentinel

LEVELS = address_agreement.LEVELS
EQUAL_IS_TOP = False
# The key that two addresses of a level have in common: how many share it is what the level says.
LEVEL_KEYS = {
    "other_number": "road", "same_road": "road", "other_building": "number", "same_number": "number",
    "other_room": "building", "same_building": "building", "same_house": "house",
}  # fmt: skip

_PLAIN = code_point_table(((48, 57), (65, 90), (97, 122)), more="-()") | IDEOGRAPH
_HAN_SPACE = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])")
_DASHES = re.compile("[—–－‐‑−―─]+")
_BRACKETS = str.maketrans("【】〔〕[]｛｝{}", "()()()()()")
_FILLING = re.compile(r"(\d)\1{3,}")  # 999999
_MASKED = re.compile(r"\*{2,}")


def clean(texts: pa.Array, *, length: int = 200, gazetteer: Gazetteer | None = None) -> Cleaned:
    """Return the addresses in canonical form (null: none, or unusable) with every reason found.

    Half-width digits, letters, brackets and dashes, no spaces beside Chinese characters. Nothing is added or guessed.
    With a gazetteer an address that it cannot place is kept and flagged: AMBIGUOUS_PLACE, UNLISTED_PLACE,
    UNPARSED_ADDRESS.
    """
    column = TextColumn(texts)
    points = column.points
    odd = points.count(~_PLAIN[points.points]) > 0
    odd |= (points.lengths > length) | short_texts_among(column, SENTINEL_WORDS | {"-", "--"})
    odd |= points.count(~IDEOGRAPH[points.points]) == points.lengths
    values, flags = column.judged(odd & ~column.empty, lambda text: _judge(text, length))
    values = with_nulls(values, column.empty)
    if gazetteer is not None:
        flags = flags | _placed(values, flags, gazetteer)
    return Cleaned.of(values, flags)


def _placed(values: pa.Array, flags: Flags, gazetteer: Gazetteer) -> Flags:
    """Return what the gazetteer says against the addresses; formulas and markup are flagged as such already."""
    placed = parse(values, gazetteer).flags
    placed[(flags & np.uint64(bits(Reason.FORMULA_LIKE, Reason.MARKUP_LIKE))) != 0] = 0
    return placed


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
    if is_sentinel(bracketed):  # a dash of another script
        return None, flags | bits(Reason.SENTINEL)
    if len(bracketed) > length:
        return None, flags | bits(Reason.TOO_LONG)
    return bracketed, flags


def check(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Say, per value, whether there is an address with at least one letter or ideograph."""
    column = TextColumn(values)
    points = column.points
    there: npt.NDArray[np.bool_] = points.count(points.points > 0x40) > 0
    return there


def keys(
    values: pa.Array, gazetteer: Gazetteer | None = None, wanted: Container[str] | None = None
) -> dict[str, pa.Array]:
    """Return keys (all, or those `wanted`), null where an address does not say it: `letters`, `road`, `number`,
    `building`, `house`.

    `letters` are the folded letters, ideographs and digits only, so that marks and spaces count for nothing; the others
    grow finer from the road (or village, or estate) to the room.
    """
    letters = {"letters": _letters(values)} if wanted is None or "letters" in wanted else {}
    return letters | address_agreement.part_keys(values, gazetteer, *(() if wanted is None else (wanted,)))


def _letters(values: pa.Array) -> pa.Array:
    points = folded_points(TextColumn(values))
    return with_nulls(points.texts(), points.lengths == 0)


def compare(left: pa.Array, right: pa.Array, gazetteer: Gazetteer | None = None) -> Levels:
    """Return levels: see `values.address_agreement`; missing where no part tells.

    Same letters are the same house also where an address cannot be read. Equal addresses say no more than their parts:
    two that name the district alone are missing.
    """
    texts = [TextColumn(side).texts for side in (left, right)]
    encoded = pa.concat_arrays(texts).dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return likeness(encoded.dictionary, gazetteer)(codes[: len(left)], codes[len(left) :])


def mask(values: pa.Array) -> pa.Array:
    """Return what comes before the first digit, at most six characters, then stars: 秦皇岛市海港****."""
    column = TextColumn(values)
    shown = pc.utf8_slice_codeunits(pc.replace_substring_regex(column.texts, r"(?s)[0-9].*$", ""), 0, 6)
    short = pc.if_else(pa.array(column.points.lengths > 8), shown, "")
    return with_nulls(pc.binary_join_element_wise(short, "****", ""), column.empty)
