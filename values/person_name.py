"""Names of persons: Han, minority (阿卜杜拉·买买提) and foreign ones, as registers write them.

The value keeps the characters the department wrote; simplified forms, variants and sounds live in the match keys only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.code_table import load_code_table
from schemas.reasons import Reason
from values.cleaned import Cleaned, Mask, bits
from values.levels import compare_by
from values.name_keys import name_keys
from values.name_likeness import LEVELS as LEVELS
from values.name_likeness import SAME
from values.name_likeness import likeness as likeness
from values.private_use import map_private_use
from values.shapes import IDEOGRAPH, short_texts_among
from values.text_column import TextColumn, with_nulls
from values.text_forms import (
    LOST_CHARACTERS,
    SENTINEL_WORDS,
    composed,
    is_sentinel,
    misread_utf8,
    suspicious_form,
    tidy,
    words,
)

# The key that two names of a level have in common: how many share it is what the level says. Kin share the surname
# because they are kin, the given name by chance.
LEVEL_KEYS = {
    "same_surname": "surname", "one_character": "surname", "same_sound": "pinyin", "variant": "pinyin", "same": "",
}  # fmt: skip
KIN_KEY, CHANCE_KEY = "surname", "given"

DOT = "\u00b7"

_DOTS = re.compile("\\s*[•・･‧∙⋅●◦˙᛫﹒．·‐‑]\\s*")
_HAN = "\u3400-\u9fff〇\U00020000-\U000323af"
_HAN_DOT = re.compile(rf"(?<=[{_HAN}])\s*[.。\-–—]\s*(?=[{_HAN}])")
_NOTE = re.compile(
    r"\s*[(\[{【〔〈《<（][^()（）]*[)\]}】〕〉》>）]?\s*$"
    r"|\s*(?:曾用名|又名|原名|别名|小名|乳名|绰号)[:：]?.*$"
)
_LEADING_NOTE = re.compile(r"^\s*[(\[【〔（][^()（）]*[)\]】〕）]\s*")
_TITLE = re.compile(rf"(?<=[{_HAN}]{{2}})(?:先生|女士|小姐|同志)$")
_MASKED = re.compile(rf"[{_HAN}A-Za-z ]*[*＊○◯●■×✕]+[{_HAN}A-Za-z*＊○×]*|[{_HAN}]+[Xx]{{1,3}}|[{_HAN}]{{1,2}}某+")
_SPACED_HAN = re.compile(rf"(?<=[{_HAN}])\s+(?=[{_HAN}])")
_ONLY_HAN_AND_SPACES = re.compile(rf"[{_HAN}]+(?:\s+[{_HAN}]+)+")
_MANY = re.compile(rf"(?<=[{_HAN}])\s*[、,，;；/|]\s*(?=[{_HAN}])")
_NOT_A_PERSON = re.compile(r"公司|有限|商店|经营部|合作社|委员会|派出所|事务所|身份证|护照|\d+号|测试|新生儿")
# 张三之女: a child whose name nobody has entered yet, or somebody known by a relative only
_SOMEBODYS = re.compile(rf"[{_HAN}]{{2,}}(?:之(?:[大二三小长次幼]?[子女]|[妻夫父母])|婴儿?)")
_FILLING = re.compile(r"(\d)\1{3,}")  # 999999
_ALLOWED_MARKS = frozenset(" ·'’ʻʼ-.,`")

_SEX_WORDS = frozenset(
    words(
        "男 女 男性 女性 男士 女士 男孩 女孩 m f male female 未说明的性别 未知的性别"
    )
)
_STATUS_WORDS = frozenset(
    words(
        "未婚 已婚 离婚 丧偶 初婚 再婚 复婚 本人 户主 配偶 丈夫 妻子 之夫 之妻 长子 次子 长女 次女 儿子 女儿 父亲 "
        "母亲 父母 子女 夫妻 居民身份证 身份证 护照 户口簿 姓名 测试 test 中国 正常 死亡 迁出 在册 注销"
    )
)
_NO_NAME = frozenset(
    words(
        "无名氏 无名 未取名 未命名 未起名 待取名 暂未取名 无姓名"
    )
)


def clean(texts: pa.Array, *, length: int = 100) -> Cleaned:
    """Return the names (null: none, or unusable) with every reason found.

    Parts are joined by U+00B7; spaces between Han characters go, those of Latin names stay single. A clerk's note
    behind the name goes (NOTE_REMOVED). Digits are NAME_IS_NUMBER, words of other columns NOT_A_NAME: null.
    """
    column = TextColumn(texts)
    values, flags = column.judged(_odd(column), lambda text: _judge(text, length))
    return Cleaned.of(with_nulls(values, column.empty), flags)


def _odd(column: TextColumn) -> Mask:
    """Rows that are not plainly two to four ideographs that could be a name."""
    points = column.points
    odd: Mask = points.count(~IDEOGRAPH[points.points]) > 0
    odd |= (points.lengths < 2) | (points.lengths > 4)
    odd |= short_texts_among(column, _words(), longest_bytes=16)
    rows = np.flatnonzero(~odd & ~column.empty)
    if len(rows):  # 张某, and notes without brackets
        last = points.points[points.starts[rows + 1] - 1]
        odd[rows[last == ord("某")]] = True
        odd[rows[_opens_like_utf8()[points.points[points.starts[rows]]]]] = True
        titled = np.isin(last, [ord("生"), ord("士"), ord("志"), ord("姐")])  # 先生 女士 同志 小姐
        titled |= np.isin(last, [ord(letter) for letter in "子女妻夫父母婴儿"])  # 张三之女 张三婴儿 新生儿
        odd[rows[(points.lengths[rows] >= 3) & titled]] = True
    return odd & ~column.empty


@cache
def _opens_like_utf8() -> npt.NDArray[np.bool_]:
    """Return the table of ideographs that UTF-8 read as GB 18030 may open with: bytes E4 to E9 and 80 to BF."""
    table = np.zeros(0x110000, dtype=bool)
    for lead in range(0xE4, 0xEA):
        for trail in range(0x80, 0xC0):
            table[ord(bytes((lead, trail)).decode("gb18030"))] = True
    return table


@cache
def _words() -> frozenset[str]:
    """Every short text that is no name: sentinels, sex and status words, names of ethnic groups."""
    return SENTINEL_WORDS | _NO_NAME | _not_names()


@cache
def _not_names() -> frozenset[str]:
    groups = {label.zh for label in load_code_table("ethnic_group").entries.values()}
    short = {group.removesuffix("族") for group in groups if group.endswith("族") and len(group) == 2}
    return _SEX_WORDS | _STATUS_WORDS | groups | short


def _judge(text: str, length: int) -> tuple[str | None, int]:
    """Return one odd text as a name, or None, and the reasons."""
    dotted = _DOTS.sub(DOT, text) if len(text) <= 1_000 else text
    before = bits(Reason.SEPARATOR_UNIFIED) if dotted != text else 0
    shown, flags = tidy(dotted)
    if shown is None:
        return None, flags
    if is_sentinel(shown) or shown in _NO_NAME or _FILLING.fullmatch(shown):
        return None, flags | bits(Reason.SENTINEL)
    if len(shown) > 1_000:
        return None, flags | bits(Reason.TOO_LONG)
    flags |= before
    if LOST_CHARACTERS.search(shown) or "?" in shown or misread_utf8(shown):
        return None, flags | bits(Reason.DAMAGED_TEXT)
    if form := suspicious_form(shown):
        return None, flags | form | bits(Reason.NOT_A_NAME)
    shown, flags = map_private_use(shown, flags)
    shown, flags = composed(shown, flags)
    shown, flags = _without_notes(shown, flags)
    flags = _width_of_name_only(text, shown, flags)
    if _MASKED.fullmatch(shown):
        return None, flags | bits(Reason.MASKED)
    shown, flags = _joined(shown, flags)
    if is_sentinel(shown) or shown in _NO_NAME:
        return None, flags | bits(Reason.SENTINEL)
    fault = _fault(shown, length)
    return (None, flags | fault) if fault else (shown, flags)


def _without_notes(text: str, flags: int) -> tuple[str, int]:
    """Return the name without a clerk's note: (补), （曾用名李四）, 先生."""
    short = _LEADING_NOTE.sub("", _TITLE.sub("", _NOTE.sub("", text)))
    if short == text or not short.strip(" ·"):
        return text, flags
    return short.strip(), flags | bits(Reason.NOTE_REMOVED)


def _width_of_name_only(source: str, name: str, flags: int) -> int:
    """Return the reasons without the width of brackets that went with their note."""
    noted = flags & bits(Reason.NOTE_REMOVED) and name in source
    return flags & ~bits(Reason.WIDTH_FOLDED) if noted else flags


def _joined(text: str, flags: int) -> tuple[str, int]:
    """Return the parts of the name joined as registers join them.

    Han characters with a space between are one name typed apart (张 三), unless there are two parts of at least two
    and five or more characters in all: then the space stands for the dot of a minority name.
    """
    unified = _HAN_DOT.sub(DOT, text).strip(f"{DOT} ")
    unified = re.sub(rf"\s*{DOT}[\s{DOT}]*", DOT, unified)
    if unified != text:
        flags |= bits(Reason.SEPARATOR_UNIFIED)
    if _ONLY_HAN_AND_SPACES.fullmatch(unified):
        parts = unified.split()
        if len(parts) == 2 and min(map(len, parts)) >= 2 and len(unified) >= 6:
            return DOT.join(parts), flags | bits(Reason.SEPARATOR_UNIFIED)
    packed = re.sub(r"\s+", " ", _SPACED_HAN.sub("", unified))
    return packed, flags if packed == unified else flags | bits(Reason.SPACES_REMOVED)


def _fault(name: str, length: int) -> int:
    """Return why the text can be no name; 0 when it can."""
    if name.casefold() in _not_names() or name in {"0", "1", "2", "9"} or _NOT_A_PERSON.search(name):
        return bits(Reason.NOT_A_NAME)
    if _SOMEBODYS.fullmatch(name):
        return bits(Reason.NOT_A_NAME)
    kinds = {letter: unicodedata.category(letter) for letter in set(name)}
    if any(kind in ("Nd", "No") for kind in kinds.values()):
        return bits(Reason.NAME_IS_NUMBER)
    if not any(kind[0] == "L" or kind in ("Co", "Nl") for kind in kinds.values()) or _MANY.search(name):
        return bits(Reason.NOT_A_NAME)
    others = {letter for letter, kind in kinds.items() if kind[0] not in "LM" and kind not in ("Co", "Nl")}
    if others - _ALLOWED_MARKS:
        return bits(Reason.WRONG_CHARACTER)
    return bits(Reason.TOO_LONG) if len(name) > length else 0


def check(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Say, per value, whether it is a name in clean form; null is not."""
    column = TextColumn(values)
    right = ~_odd(column) & ~column.empty
    rest = np.flatnonzero(~right & ~column.empty)
    if len(rest):
        texts = column.texts.take(pa.array(rest))
        again = clean(texts).values
        right[rest] = pc.fill_null(pc.equal(again, texts), False).to_numpy(zero_copy_only=False)
    return right


def keys(values: pa.Array, wanted: Container[str] | None = None) -> dict[str, pa.Array]:
    """Return match keys (all, or those `wanted`): see `values.name_keys.name_keys`."""
    return name_keys(values, wanted)


def compare(left: pa.Array, right: pa.Array) -> npt.NDArray[np.int8]:
    """Return levels: see `values.name_likeness`."""
    return compare_by(likeness, left, right, SAME)


def mask(values: pa.Array) -> pa.Array:
    """Return the first character and a star, whatever the length: 张*; a single character is hidden too."""
    column = TextColumn(values)
    first = pc.utf8_slice_codeunits(column.texts, 0, 1)
    hidden = pc.if_else(pa.array(column.points.lengths > 1), pc.binary_join_element_wise(first, "*", ""), "*")
    return with_nulls(hidden, column.empty)
