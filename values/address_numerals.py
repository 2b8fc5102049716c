"""Chinese numerals in house numbers: 十二号 is 12号. Names keep theirs: 八一路, 十里铺乡, 台营五村."""

from __future__ import annotations

import re

_DIGITS = {letter: value for value, letter in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "○": 0}
_TENS = {"十": 10, "百": 100, "千": 1000}
NUMERALS = "".join((*_DIGITS, *_TENS))
# What may follow a number. 里, 座, 门 and 道 also end names, so they do not count.
_UNIT = r"(?:号(?!村|桥|路|地|井)|栋|幢|单元|层|室|组(?!村)|弄(?!堂)|期|楼(?!村|庄|子))"
_NUMBER = re.compile(f"(?<![第{NUMERALS}])([{NUMERALS}]{{1,7}})(?={_UNIT})")
UNITS = "号栋幢单层室组弄期楼"


def number_of(numerals: str) -> int | None:
    """Return the whole number that Chinese numerals write (十二 is 12, 一二 too); None for none."""
    if not any(letter in _TENS for letter in numerals):
        return int("".join(str(_DIGITS[letter]) for letter in numerals)) if numerals else None
    total, digit, limit = 0, None, 10_000
    for letter in numerals:
        if letter in _TENS:
            if _TENS[letter] >= limit or digit == 0:
                return None
            limit = _TENS[letter]
            total, digit = total + (1 if digit is None else digit) * limit, None
        elif digit:
            return None
        else:
            digit = _DIGITS[letter]
    return total + (digit or 0)


def with_digits(text: str) -> str:
    """Return the text with the numerals before a unit as digits; numerals that make no number stay."""
    return _NUMBER.sub(lambda found: _shown(found[1]), text)


def _shown(numerals: str) -> str:
    number = number_of(numerals)
    return numerals if number is None else str(number)
