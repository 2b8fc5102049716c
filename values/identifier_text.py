"""The common way from an odd text to a candidate for an identifier of capital letters and digits."""

from __future__ import annotations

import re

from schemas.reasons import Reason
from values.cleaned import bits
from values.text_forms import is_number_sentinel, is_sentinel, suspicious_form, tidy, without_spaces

_MASKED = re.compile(r"[0-9A-Za-z()-]*[*#•●]{2,}[0-9A-Za-z*#()-]*|[0-9A-Za-z]*\*[0-9A-Za-z]*")
_FLOAT = re.compile(r"\d(?:\.\d+)?[Ee]\+?\d{1,2}|\d{8,18}\.0+", re.ASCII)
_PLAIN = re.compile(r"[0-9A-Z]+")


def identifier_candidate(text: str, keep: str = "") -> tuple[str | None, int]:
    """Return the text as capital letters and digits (and the characters to `keep`), or None, and the reasons.

    Spaces go, lower case is folded, both recorded; masks and numbers that went through a float are unusable.
    """
    shown, flags = tidy(text)
    if shown is None:
        return None, flags
    if is_number_sentinel(shown):
        return None, flags | bits(Reason.SENTINEL)
    packed, flags = without_spaces(shown, flags)
    if packed[0] in "'’`" and len(packed) > 1:
        packed, flags = packed[1:], flags | bits(Reason.PREFIX_REMOVED)
    if is_sentinel(packed):
        return None, flags | bits(Reason.SENTINEL)
    if _FLOAT.fullmatch(packed):
        return None, flags | bits(Reason.FLOAT_DAMAGED)
    if _MASKED.fullmatch(packed):
        return None, flags | bits(Reason.MASKED)
    upper = "".join(letter.upper() if letter.isascii() else letter for letter in packed)
    if upper != packed:
        flags |= bits(Reason.CASE_FOLDED)
    if not _PLAIN.fullmatch(upper.translate({ord(letter): None for letter in keep})):
        return None, flags | bits(Reason.WRONG_CHARACTER) | suspicious_form(packed)
    return upper, flags
