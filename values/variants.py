"""Variant characters folded for match keys: traditional to simplified, and forms that registers use for one another.

The fold is character by character: a name has no context that could choose between readings of 乾. It is never
applied to a value, only to keys.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt

from values.text_forms import words

# The first of each group stands for all. Surnames that people of one family write both ways, and common variant forms.
_GROUPS = words(
    "闫阎閆閻 肖萧蕭 付傅 丘邱 兰蓝蘭藍 于於 代戴 詹占 舒抒 候侯 晁鼂 游遊 峰峯 喆哲 群羣 坤堃 升昇陞 烨燁爗 略畧 "
    "村邨 凉涼 泛汎 杰傑 岳嶽 恒恆 珍珎 晋晉 煊烜 秘祕 灵霊 剑劍劎 启啓啟 强強彊 绣繡綉 霭靄 韵韻 玺璽 伟偉 岩巖嵒 "
    "洁潔 锐鋭 梁樑 才纔 凌淩 钟鍾锺鐘 琼瓊 璇璿 荫廕 异異 吊弔 驹駒 迺乃 佑祐 咏詠 暖煖 晖暉 秋秌 草艸 棋碁棊 "
    "晓曉 昆崑 仑侖崙 仙僊 厘釐 修脩 胜勝 志誌 朱硃 采採 姜薑 范範 郁鬱 党黨 余馀餘 松鬆"
)


@cache
def fold_table() -> npt.NDArray[np.uint32]:
    """Return the table code point -> code point that stands for it in keys; letters become capitals without accents."""
    from opencc import OpenCC

    table = np.arange(0x110000, dtype=np.uint32)
    letters = [chr(code) for first, last in ((0x3400, 0x9FFF), (0x20000, 0x2EE5D)) for code in range(first, last + 1)]
    simplified = OpenCC("t2s").convert("\n".join(letters)).split("\n")
    if len(simplified) != len(letters):
        raise ValueError("a letter became none, or two lines")
    single = np.array([len(simple) == 1 for simple in simplified])
    first = "".join(simple[:1] or "\0" for simple in simplified)
    codes = np.frombuffer("".join(letters).encode("utf-32-le"), np.uint32)
    table[codes[single]] = np.frombuffer(first.encode("utf-32-le"), np.uint32)[single]
    for group in _GROUPS:
        table[[ord(letter) for letter in group]] = ord(group[0])
    # what simplification made of a variant must end where its group ends
    table[:] = table[table]
    for point in (*range(ord("a"), ord("z") + 1), *range(0xC0, 0x530), *range(0x1E00, 0x2000)):
        table[point] = ord(_capital(chr(point)))
    return table


_OTHER_LATIN = dict(zip("ØŁĐÐĦŦƟƗ", "OLDDHTOI", strict=True))


def _capital(letter: str) -> str:
    """Return the capital of an alphabetic letter; Latin ones, and Ё, without their marks."""
    upper = letter.upper()
    if len(upper) != 1:
        return letter
    base = unicodedata.normalize("NFD", upper)[0]
    plain = base if base.isascii() or upper == "Ё" else upper
    return _OTHER_LATIN.get(plain, plain)
