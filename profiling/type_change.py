"""What becomes of a column's values when the source declares another type for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from profiling.declared_type import DeclaredType, declared_type

Effect = Literal["same", "wider", "narrower", "respelled"]

_NUMBERS = ("whole", "decimal", "floating")
_TIMES = ("date", "moment", "time")


@dataclass(frozen=True)
class TypeChange:
    """`effect`: nothing but the name (`same`); more fits and every text stays (`wider`); values may be cut
    (`narrower`); the same values are written otherwise (`respelled`). `says` is one bilingual phrase.
    """

    effect: Effect
    says: str = ""

    def cuts_below(self, need: int, now: str) -> bool:
        """Whether a value of `need` characters no longer fits what is declared now."""
        size = declared_type(now).size
        return self.effect == "narrower" and size is not None and size < need


def type_change(before: str, now: str) -> TypeChange:
    """Return what the change of a declared type does to the texts read from the column.

    A name that says nothing (a column of SQLite without type, a file that declares none) is no change.
    """
    if not before or not now or before == now:
        return TypeChange("same")
    mixed, parts = set(before.split("|")), set(now.split("|"))
    if len(mixed) > 1 or len(parts) > 1:
        if parts <= mixed:
            return TypeChange("same")  # fewer of the kinds that were there before
        return TypeChange("respelled", "值的类型混杂 its values are of several types")
    was, is_now = declared_type(before), declared_type(now)
    if was == is_now and was.family:
        return TypeChange("same")
    if was.family != is_now.family:
        return _other_family(was, is_now)
    if was.family == "text":
        return _texts(was, is_now)
    if was.family in ("whole", "decimal"):
        return _numbers(was, is_now)
    return TypeChange("respelled", "写法可能改变 its values may be written otherwise")


def _texts(was: DeclaredType, now: DeclaredType) -> TypeChange:
    if now.size is not None and (was.size is None or now.size < was.size):
        return TypeChange("narrower", f"只容 {now.size} 个字符 holds {now.size} characters")
    if now.padded and not was.padded:
        return TypeChange("respelled", "短值会补空格 shorter values are filled up with blanks")
    return TypeChange("wider", "")


def _numbers(was: DeclaredType, now: DeclaredType) -> TypeChange:
    if now.scale is not None and (was.scale is None or now.scale < was.scale):
        return TypeChange("narrower", f"小数只容 {now.scale} 位 holds {now.scale} decimals")
    if now.size is not None and (was.size is None or now.size < was.size):
        return TypeChange("narrower", f"整数只容 {now.size} 位 holds {now.size} digits")
    if was.scale != now.scale and not (was.scale == 0 and now.scale is None):
        return TypeChange("respelled", "小数位数改变 its decimals are written otherwise")
    return TypeChange("wider", "")


def _other_family(was: DeclaredType, now: DeclaredType) -> TypeChange:
    pair = (was.family, now.family)
    if "" in pair:
        return TypeChange("respelled", "写法可能改变 its values may be written otherwise")
    if was.family in ("whole", "decimal") and now.family in ("whole", "decimal"):
        return _numbers(was, now)
    if now.family in _NUMBERS and was.family == "text":
        return TypeChange("narrower", "前导零和字母会丢 leading zeros and letters are lost")
    if now.family == "floating":
        return TypeChange("narrower", "大数会失真 large numbers lose digits")
    if pair == ("moment", "date"):
        return TypeChange("narrower", "时刻会丢 the time of day is lost")
    if now.family in _TIMES:
        return TypeChange("respelled", "日期写法改变 dates are written otherwise")
    if now.family == "text" and now.size is not None and was.family in _TIMES and now.size < 8:
        return TypeChange("narrower", f"只容 {now.size} 个字符 holds {now.size} characters")
    return TypeChange("respelled", "写法可能改变 its values may be written otherwise")


def alike(text: str) -> str:
    """Return what two spellings of one code have in common: `01`, `1`, `1.0` and `true` are all "1"."""
    plain = text.strip()
    word = {"true": "1", "t": "1", "false": "0", "f": "0"}.get(plain.casefold(), plain)
    if re.fullmatch(r"\d+(\.0+)?", word):
        return word.partition(".")[0].lstrip("0") or "0"
    return word
