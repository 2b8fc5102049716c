"""Names of businesses: brackets and spaces unified in the value; division and legal form folded in the keys."""

from __future__ import annotations

import re
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.reasons import Reason
from values.cleaned import Cleaned, bits
from values.company_likeness import LEVELS as LEVELS
from values.company_likeness import SAME
from values.company_likeness import likeness as likeness
from values.company_parts import CompanyParts, cut_company
from values.levels import compare_by
from values.name_keys import folded_points
from values.plain_text import judge as judge_text
from values.private_use import map_private_use
from values.shapes import IDEOGRAPH, code_point_table, short_texts_among
from values.text_column import TextColumn, with_nulls
from values.text_forms import LOST_CHARACTERS, SENTINEL_WORDS

_PLAIN = code_point_table(((65, 90), (97, 122)), more="（）") | IDEOGRAPH
_BRACKETS = str.maketrans("()〔〕【】[]﹙﹚〈〉{}", "（）（）（）（）（）（）（）")
_HAN_SPACE = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])")
_FILLING = re.compile(r"(\d)\1{3,}")  # 999999
_MASKED = re.compile(r"\*{1,}")
_CLERICAL = re.compile(r"（(?:已?注销|已?吊销|停业|曾用名[^（）]*|原[^（）]{4,}|补录?|重复|作废|迁出)）$")
_PERSON_WORDS = re.compile(r"^[男女]$|^[0-9XxA-Z]{15,18}$")


def clean(texts: pa.Array, *, length: int = 200) -> Cleaned:
    """Return the names (null: none, or unusable) with every reason found.

    Brackets are the full-width ones of licences; spaces stay only between Latin words. A number in this column is
    NOT_A_NAME.
    """
    column = TextColumn(texts)
    points = column.points
    odd = points.count(~_PLAIN[points.points]) > 0
    odd |= (points.lengths > length) | (points.lengths < 4) | short_texts_among(column, SENTINEL_WORDS)
    closing = np.flatnonzero(points.lengths > 0)
    odd[closing[points.points[points.starts[closing + 1] - 1] == ord("）")]] = True
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
    packed = re.sub(r"\s*([()（）])\s*", r"\1", packed)
    if packed != shown:
        flags |= bits(Reason.SPACES_REMOVED)
    name = packed.translate(_BRACKETS)
    if name != packed and not _only_width(text, name):
        flags |= bits(Reason.BRACKETS_UNIFIED)
    elif name != packed:
        flags &= ~bits(Reason.WIDTH_FOLDED)  # the brackets went half-width and came back
    noted = _CLERICAL.sub("", name)
    if noted != name and noted:
        name, flags = noted, flags | bits(Reason.NOTE_REMOVED)
    if _PERSON_WORDS.match(name) or not any(letter.isalpha() for letter in name):
        return None, flags | bits(Reason.NOT_A_NAME)
    return (None, flags | bits(Reason.TOO_LONG)) if len(name) > length else (name, flags)


def _only_width(text: str, name: str) -> bool:
    """Say whether the source's brackets were the full-width ones already and nothing else was full-width."""
    brackets = [[letter for letter in one if letter in "（）"] for one in (text, name)]
    return brackets[0] == brackets[1] and not any("！" <= letter <= "～" and letter not in "（）" for letter in text)


def check(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Say, per value, whether there is a name of at least two letters or ideographs."""
    column = TextColumn(values)
    points = column.points
    there: npt.NDArray[np.bool_] = points.count((points.points > 0x40) & (points.points != ord("（"))) >= 2
    return there


def parts(values: pa.Array, *, regions: tuple[str, ...] = ()) -> pa.StructArray:
    """Return region, own_name, industry, form, branch of each name as a struct array ("" where it has none)."""
    column = TextColumn(values)
    encoded = column.texts.dictionary_encode()
    cut = [cut_company(name, regions) for name in encoded.dictionary.to_pylist()]
    names = ("region", "own_name", "industry", "form", "branch")
    fields = [pa.array([getattr(one, name) for one in cut], pa.string()).take(encoded.indices) for name in names]
    return pa.StructArray.from_arrays(fields, list(names), mask=pa.array(column.empty))


def keys(values: pa.Array, *, regions: tuple[str, ...] = ()) -> dict[str, pa.Array]:
    """Return `folded` (the whole name), `core` (without division, legal form folded, branch kept), `own_name` (字号).

    `regions` are more names of the city and its parts that may open a name; every division's full name, and the short
    name of every province and prefecture, is known.
    """
    column = TextColumn(values)
    encoded = column.texts.dictionary_encode()
    cut = [cut_company(name, regions) for name in encoded.dictionary.to_pylist()]
    core = pa.array([_core(one) for one in cut], pa.string()).take(encoded.indices)
    own = pa.array([one.own_name for one in cut], pa.string()).take(encoded.indices)
    return {
        "folded": with_nulls(_folded(column.texts), column.empty),
        "core": with_nulls(_folded(core), column.empty),
        "own_name": with_nulls(_folded(own), column.empty),
    }


def _core(cut: CompanyParts) -> str:
    return cut.own_name + cut.industry + cut.form_class + cut.branch


def _folded(texts: pa.Array) -> pa.StringArray:
    return folded_points(TextColumn(texts)).texts()


def compare(left: pa.Array, right: pa.Array, *, regions: tuple[str, ...] = ()) -> npt.NDArray[np.int8]:
    """Return levels: see `values.company_likeness`. `regions` as in `keys`."""
    return compare_by(partial(likeness, regions=regions), left, right, SAME)


def mask(values: pa.Array) -> pa.Array:
    """Return the first two characters, stars, and the legal form of companies: 秦皇****有限公司.

    A sole trader's name often is a person's: without a company's form, only the first character shows.
    """
    column = TextColumn(values)
    company = pc.match_substring_regex(column.texts, r"(公司|合作社)$")
    long = pa.array(column.points.lengths > 6)
    form = pc.if_else(pc.ends_with(column.texts, "合作社"), "合作社", "公司")
    shown = pc.binary_join_element_wise(pc.utf8_slice_codeunits(column.texts, 0, 2), "****", form, "")
    hidden = pc.binary_join_element_wise(pc.utf8_slice_codeunits(column.texts, 0, 1), "****", "")
    plain = pc.if_else(pa.array(column.points.lengths > 1), hidden, "****")
    return with_nulls(pc.if_else(pc.and_(company, long), shown, plain), column.empty)
