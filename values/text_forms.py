"""The form of a text, whatever it means: spaces, width, invisible and control characters, damage, and "nothing there".

These are the slow, exact steps for one odd text. A column's fast path only proves that a text needs none of them.
"""

from __future__ import annotations

import re
import unicodedata

from schemas.reasons import Reason
from values.cleaned import bits


def words(text: str) -> tuple[str, ...]:
    """Return the words of a list written as one text, in order."""
    return tuple(text.split())


LONGEST_READ = 4_096  # characters; anything longer is no value of any kind and is not looked into

INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
)
INVISIBLE_PATTERN = re.compile(f"[{INVISIBLE}\U000e0000-\U000e0fff]+")
CONTROL_PATTERN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]+")
SPACE_PATTERN = re.compile(r"\s+")
WIDE_PATTERN = re.compile("[\uff01-\uff5e\u3000\uffe5\uffe0]")
FOLD_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xFFE5: 0xA5, 0xFFE0: 0xA2}

SENTINEL_WORDS = frozenset(
    words(
        "\\n null (null) [null] <null> none nil nan na n/a #n/a #null! #value! #ref! #div/0! #name? undefined "
        "unknown nat <na> 无 暂无 不详 未知 空 没有 未填 未填写 未填报 未录入 待补 待补充 待补录 待查 待定 不明 "
        "不清楚 无此项 无数据 暂缺 缺失 空值 无记录 未登记 未提供 不适用 略 无无"
    )
)
SENTINEL_MARKS = re.compile(r"[-—–_/\\|.。、,，~～·:：;；]+|[?？]")
ONE_DIGIT_ONLY = re.compile(r"(\d)\1*")
FORMULA_PATTERN = re.compile(r"[=@]\S|\+[^\d\s+]|\|[A-Za-z]+\|'|DDE\(", re.ASCII)
MARKUP_PATTERN = re.compile(
    r"</?[A-Za-z!?][^<>]*>|&(?:[a-z]+|#\d+|#x[0-9a-f]+);|<script|javascript:|\]\]>", re.IGNORECASE
)
LOST_CHARACTERS = re.compile("[?？]{2,}|[〓□■▯]")


def tidy(text: str, strict: bool = True) -> tuple[str | None, int]:
    """Return the text without what only form can tell is not meant, and the reasons as bits.

    Outer spaces, invisible and control characters go; full-width ASCII becomes ASCII. None with a reason: damage
    (U+FFFD, or in strict texts a control character between others), or far too long. None without a reason: blank.
    """
    if len(text) > LONGEST_READ:
        text = text.strip("\x00 \t\r\n\u3000")
        if len(text) > LONGEST_READ:
            return None, bits(Reason.TOO_LONG)
    if "\ufffd" in text:
        return None, bits(Reason.DAMAGED_TEXT)
    flags = 0
    shown = INVISIBLE_PATTERN.sub("", text)
    if shown != text:
        flags |= bits(Reason.INVISIBLE_REMOVED)
    shown, control = _without_controls(shown, strict)
    if control & bits(Reason.DAMAGED_TEXT):
        return None, control
    flags |= control
    if WIDE_PATTERN.search(shown):
        folded = shown.translate(FOLD_WIDE)
        if folded.strip() != shown.replace("\u3000", " ").strip():  # a wide space is a space
            flags |= bits(Reason.WIDTH_FOLDED)
        shown = folded
    stripped = shown.strip()
    if not stripped:
        return None, 0
    if stripped != shown:
        flags |= bits(Reason.SPACES_REMOVED)
    return stripped, flags


def _without_controls(text: str, strict: bool) -> tuple[str, int]:
    if not CONTROL_PATTERN.search(text):
        return text, 0
    outer = text.strip("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x11\x1a\x1b\x7f \t\r\n")
    if CONTROL_PATTERN.search(outer):
        if strict:
            return "", bits(Reason.DAMAGED_TEXT)
        outer = CONTROL_PATTERN.sub("", outer)
    return outer, bits(Reason.CONTROL_REMOVED)


def misread_utf8(text: str) -> bool:
    """Say whether a text is UTF-8 read as GB 18030 (鏉庡洓 for 李四): its bytes are Chinese characters in UTF-8.

    A character outside GB 2312 must be among them, as always is: rare names of its common characters stay names.
    """
    try:
        meant = text.encode("gb18030").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return False
    if not all("\u4e00" <= letter <= "\u9fff" for letter in meant):
        return False
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return True
    return False


def without_spaces(text: str, flags: int) -> tuple[str, int]:
    """Return the text without any white space inside, with the reason if there was some."""
    packed = SPACE_PATTERN.sub("", text)
    return packed, flags if packed == text else flags | bits(Reason.SPACES_REMOVED)


def single_spaces(text: str, flags: int) -> tuple[str, int]:
    """Return the text with each run of white space as one space, with the reason if that changed it."""
    packed = SPACE_PATTERN.sub(" ", text)
    return packed, flags if packed == text else flags | bits(Reason.SPACES_REMOVED)


def is_sentinel(text: str) -> bool:
    """Say whether a tidy text is a way to write "nothing": NULL, 无, 暂无, a lone dash or slash."""
    return len(text) <= 12 and (text.casefold() in SENTINEL_WORDS or SENTINEL_MARKS.fullmatch(text) is not None)


def is_number_sentinel(text: str) -> bool:
    """Say whether a tidy text stands for "no number": a sentinel, or one digit over and over (000000, 999999)."""
    return is_sentinel(text) or (len(text) >= 1 and ONE_DIGIT_ONLY.fullmatch(text) is not None)


def suspicious_form(text: str) -> int:
    """Return the reasons for text that looks like a spreadsheet formula or like markup; 0 for none."""
    flags = 0
    if FORMULA_PATTERN.match(text):
        flags |= bits(Reason.FORMULA_LIKE)
    if MARKUP_PATTERN.search(text):
        flags |= bits(Reason.MARKUP_LIKE)
    return flags


def composed(text: str, flags: int) -> tuple[str, int]:
    """Return the text with combining accents joined to their letters (NFC), where there are any.

    Texts without combining marks are left alone: NFC would also replace compatibility ideographs in names.
    """
    if not any(unicodedata.combining(letter) for letter in text):
        return text, flags
    joined = unicodedata.normalize("NFC", text)
    return joined, flags if joined == text else flags | bits(Reason.ACCENTS_COMPOSED)
