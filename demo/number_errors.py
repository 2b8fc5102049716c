"""How identity numbers, phones and codes of digits go wrong while they are typed, copied and exported."""

from __future__ import annotations

from collections.abc import Callable

from demo.detect import citizen_id
from demo.digits import CITIZEN_WEIGHTS

FULL = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
KEYPAD = {
    "0": "12",
    "1": "24",
    "2": "135",
    "3": "26",
    "4": "157",
    "5": "2468",
    "6": "359",
    "7": "48",
    "8": "579",
    "9": "68",
}


def at(value: str, place: int, new: str) -> str:
    """Return value with the character at `place` replaced."""
    return value[:place] + new + value[place + 1 :]


def other_digit(figure: str, draw: float) -> str:
    """Return a digit other than `figure`."""
    return str((int(figure) + 1 + int(draw * 9)) % 10)


def wrong_digit(value: str, a: float, b: float, c: float) -> str | None:
    """One digit mistyped anywhere."""
    place = int(a * len(value))
    return at(value, place, other_digit(value[place], b)) if value[place].isdigit() else None


def transposed(value: str, a: float, b: float, c: float) -> str | None:
    """Two neighbouring digits swapped."""
    place = int(a * (len(value) - 1))
    one, two = value[place], value[place + 1]
    return None if one == two or "-" in (one, two) else value[:place] + two + one + value[place + 2 :]


def compensated(value: str, places: list[int], choices: Callable[[str], str], a: float) -> str | None:
    """Change one digit, then a second one, among `places` so that the check still holds."""
    first = places[int(a * len(places))]
    for new in choices(value[first]):
        for second in places:
            for other in choices(value[second]) if second != first else "":
                changed = at(at(value, first, new), second, other)
                if citizen_id(changed):
                    return changed
    return None


def wrong_but_passing(value: str, a: float, b: float, c: float) -> str | None:
    """A wrong number that passes the check digit: another sequence and its proper check, as when copied from a list."""
    if not citizen_id(value):
        return None
    body = at(value, 14 + int(a * 2), other_digit(value[14 + int(a * 2)], b))[:17]
    total = sum(int(figure) * int(weight) for figure, weight in zip(body, CITIZEN_WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def keypad_passing(value: str, a: float, b: float, c: float) -> str | None:
    """Two slips to neighbouring keys that together pass the check."""
    places = [place for place in range(9, 17) if value[place : place + 1].isdigit()]
    if not citizen_id(value):
        return None
    return compensated(value, places, lambda figure: KEYPAD[figure], a)


def float_damaged(value: str, a: float, b: float, c: float) -> str | None:
    """A number that went through a spreadsheet: last digits lost, or written with an exponent."""
    if not value.isdigit() or len(value) < 16:
        return None
    return (
        value[:15] + "0" * (len(value) - 15) if a < 0.5 else f"{float(value):.0f}" if a < 0.8 else f"{float(value):.5E}"
    )


def mask(value: str, a: float, b: float, c: float) -> str | None:
    """A masked number: the first six left, or only the middle hidden."""
    if len(value) < 11:
        return None
    return value[:6] + "*" * (len(value) - 6) if a < 0.5 else value[:6] + "*" * (len(value) - 10) + value[-4:]


def old_fifteen(value: str, a: float, b: float, c: float) -> str | None:
    """The 15-digit form of a number of the last century."""
    return value[:6] + value[8:17] if citizen_id(value) and value[6:8] == "19" and value[0] != "9" else None


def lower_x(value: str, a: float, b: float, c: float) -> str | None:
    """Another sign for the final X."""
    return value[:-1] + "x×Хχ"[int(a * 4)] if value.endswith("X") else None


def full_width(value: str, a: float, b: float, c: float) -> str | None:
    """Digits typed in full width."""
    return value.translate(FULL)


def spaced(value: str, a: float, b: float, c: float) -> str | None:
    """A blank inside or behind the value."""
    return f"{value[:6]} {value[6:]}" if a < 0.5 and len(value) > 6 else value + (" " if a < 0.8 else "　")


def invisible(value: str, a: float, b: float, c: float) -> str | None:
    """A zero-width space or a byte order mark."""
    place = int(b * len(value))
    return "\ufeff" + value if a < 0.3 else value[:place] + "\u200b" + value[place:]


def sentinel(value: str, a: float, b: float, c: float) -> str | None:
    """A word or number that means nothing is known."""
    return ["无", "暂无", "不详", "\\N", "999999"][int(a * 5)]


def shortened(value: str, a: float, b: float, c: float) -> str | None:
    """The last characters cut off."""
    return value[: -1 - int(a * 2)] if len(value) > 3 else None


def doubled(value: str, a: float, b: float, c: float) -> str | None:
    """One key pressed twice."""
    place = int(a * len(value))
    return value[: place + 1] + value[place:]
