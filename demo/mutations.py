"""How one cell goes wrong. Each kind takes the right text and three draws in [0, 1) and returns the wrong text or None.

None means that this error cannot happen to this value. `RECOVERABLE` names the kinds whose original a careful reader
can restore from the wrong text alone: form, not content, was damaged.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache

from demo.detect import citizen_id
from demo.digits import CITIZEN_WEIGHTS
from demo.names import read

Mutation = Callable[[str, float, float, float], "str | None"]
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


# names -----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def groups(kind: str) -> dict[str, str]:
    """Return for each character the others it is confused with."""
    return {letter: group.replace(letter, "") for group in str(read("sounds")[kind]).split() for letter in group}


def replaced(value: str, kind: str, a: float, b: float) -> str | None:
    """Return value with one confusable character replaced."""
    table = groups(kind)
    places = [place for place, letter in enumerate(value) if table.get(letter)]
    if not places:
        return None
    place = places[int(a * len(places))]
    others = table[value[place]]
    return at(value, place, others[int(b * len(others))])


def homophone(value: str, a: float, b: float, c: float) -> str | None:
    """A character of the same sound."""
    return replaced(value, "homophones", a, b)


def variant(value: str, a: float, b: float, c: float) -> str | None:
    """A variant character or a surname often confused (闫 阎)."""
    return replaced(value, "variants", a, b)


def lookalike(value: str, a: float, b: float, c: float) -> str | None:
    """A character of similar shape."""
    return replaced(value, "shapes", a, b)


@lru_cache(maxsize=1)
def traditional_table() -> dict[int, str]:
    """Return the map of simplified to traditional characters."""
    return str.maketrans(
        {pair[0]: pair[1] for pair in str(read("sounds")["traditional"]).split() if pair[0] != pair[1]}
    )


def traditional(value: str, a: float, b: float, c: float) -> str | None:
    """Traditional characters in a simplified register."""
    return value.translate(traditional_table())


def separator(value: str, a: float, b: float, c: float) -> str | None:
    """Another dot in a minority name."""
    return value.replace("·", "•・･‧∙⋅●． "[int(a * 9)]) if "·" in value else None


def swapped_order(value: str, a: float, b: float, c: float) -> str | None:
    """Given name before the surname."""
    if "·" in value:
        first, _, rest = value.partition("·")
        return f"{rest}·{first}"
    return value[1:] + value[0] if 2 < len(value) < 5 and not value.isascii() else None


def clipped(value: str, a: float, b: float, c: float) -> str | None:
    """A name cut short: the last character, or what follows the dot."""
    return value[:6] if "·" in value else value[:-1] if len(value) == 3 else None


def married_name(value: str, a: float, b: float, c: float) -> str | None:
    """A husband's surname put before the own one."""
    return "王李张刘陈"[int(a * 5)] + value if 2 <= len(value) <= 3 and not value.isascii() else None


def clerk_mark(value: str, a: float, b: float, c: float) -> str | None:
    """A clerk's habit: (补) behind names entered late, 同志 or （已故） now and then."""
    return value + ["(补)", "（补）", "(补录)", "（已故）", "*"][int(a * 5)]


def starred(value: str, a: float, b: float, c: float) -> str | None:
    """A masked name."""
    return value[0] + "*" * (len(value) - 1)


def inner_space(value: str, a: float, b: float, c: float) -> str | None:
    """Blanks that make two-character names as wide as three."""
    return f"{value[0]}{' 　'[int(a * 2)]}{value[1:]}" if len(value) == 2 else None


def rare_lost(value: str, a: float, b: float, c: float) -> str | None:
    """A rare character that the old system could not hold: a question mark, a box, or a private code point."""
    rare: str = read("names")["letters"]["rare"]
    places = [place for place, letter in enumerate(value) if letter in rare and letter != " "]
    if not places:
        return None
    private: dict[str, str] = read("sounds")["private_use"]
    letter = value[places[0]]
    return at(value, places[0], private.get(letter, "?") if a < 0.5 else "?□"[int(b * 2)])


# dates, codes, phones, businesses, text ---------------------------------------------------------------------------


def date_parts(value: str) -> tuple[str, date] | None:
    """Return separator and date of a plain date text, or None for other forms."""
    separator_used = "-" if "-" in value else ""
    plain = value.replace("-", "")
    if len(plain) != 8 or not plain.isdigit():
        return None
    return separator_used, date(int(plain[:4]), int(plain[4:6]), int(plain[6:]))


def shaped(mark: str, year: int, month: int, day: int) -> str:
    """Return a date text in its column's form."""
    return f"{year:04d}{mark}{month:02d}{mark}{day:02d}"


def month_day_swapped(value: str, a: float, b: float, c: float) -> str | None:
    """Month and day exchanged."""
    parts = date_parts(value)
    return (
        shaped(parts[0], parts[1].year, parts[1].day, parts[1].month)
        if parts and parts[1].day != parts[1].month
        else None
    )


def year_off(value: str, a: float, b: float, c: float) -> str | None:
    """A year or a decade wrong."""
    parts = date_parts(value)
    shift = [-10, -1, 1][int(a * 3)]
    return shaped(parts[0], parts[1].year + shift, parts[1].month, parts[1].day) if parts else None


def excel_serial(value: str, a: float, b: float, c: float) -> str | None:
    """A spreadsheet's day number."""
    parts = date_parts(value)
    return str((parts[1] - date(1899, 12, 30)).days) if parts else None


def date_sentinel(value: str, a: float, b: float, c: float) -> str | None:
    """A date that means unknown."""
    mark = "-" if "-" in value else ""
    return shaped(mark, *[(1900, 1, 1), (9999, 9, 9), (1899, 12, 31), (2099, 12, 31)][int(a * 4)])


def date_in_words(value: str, a: float, b: float, c: float) -> str | None:
    """A date in another form."""
    parts = date_parts(value)
    if parts is None:
        return None
    year, month, day = parts[1].year, parts[1].month, parts[1].day
    return (
        f"{year}年{month}月{day}日"
        if a < 0.5
        else f"{year}/{month}/{day}"
        if a < 0.8
        else f"{year}.{month:02d}.{day:02d}"
    )


def impossible_date(value: str, a: float, b: float, c: float) -> str | None:
    """A day no calendar has."""
    parts = date_parts(value)
    return shaped(parts[0], parts[1].year, 2, 30) if parts else None


def out_of_table(value: str, a: float, b: float, c: float) -> str | None:
    """A code no table has."""
    return ["7", "Z", "00", "8888", "?"][int(a * 5)]


def lost_zero(value: str, a: float, b: float, c: float) -> str | None:
    """A leading zero lost, or a code that became a decimal number."""
    return value[1:] if value[:1] == "0" and len(value) > 1 else f"{value}.0" if value.isdigit() else None


def other_sex(value: str, a: float, b: float, c: float) -> str | None:
    """The other sex."""
    return {"1": "2", "2": "1", "男": "女", "女": "男"}.get(value)


def country_prefix(value: str, a: float, b: float, c: float) -> str | None:
    """A phone with country code or dashes."""
    return ("+86" if a < 0.6 else "86-") + value if value.startswith("1") else None


def legal_form(value: str, a: float, b: float, c: float) -> str | None:
    """有限公司 for 有限责任公司 or the other way round."""
    if "有限责任公司" in value:
        return value.replace("有限责任公司", "有限公司")
    return value.replace("有限公司", "有限责任公司") if "股份" not in value and "有限公司" in value else None


def city_prefix(value: str, a: float, b: float, c: float) -> str | None:
    """秦皇岛 for 秦皇岛市 or the other way round."""
    if value.startswith("秦皇岛市"):
        return value.replace("秦皇岛市", "秦皇岛", 1)
    return value.replace("秦皇岛", "秦皇岛市", 1) if value.startswith("秦皇岛") else None


def half_brackets(value: str, a: float, b: float, c: float) -> str | None:
    """Half-width brackets."""
    return value.replace("（", "(").replace("）", ")")


def branch_added(value: str, a: float, b: float, c: float) -> str | None:
    """A branch's name written for the company's own."""
    return value + "秦皇岛分公司" if value.endswith("公司") else None


def confused_letter(value: str, a: float, b: float, c: float) -> str | None:
    """A letter the code's alphabet does not have: O for 0, I for 1, or lower case."""
    return value.replace("0", "O", 1) if a < 0.4 else value.replace("1", "I", 1) if a < 0.6 else value.lower()


def control_character(value: str, a: float, b: float, c: float) -> str | None:
    """A control character in the middle of the text."""
    return value[:1] + "\x0b\x1f\x01"[int(a * 3)] + value[1:]


def null_character(value: str, a: float, b: float, c: float) -> str | None:
    """A NUL in the middle of the text; only where the database can hold it."""
    return value[:1] + "\x00" + value[1:]


def formula(value: str, a: float, b: float, c: float) -> str | None:
    """Text that a spreadsheet would run."""
    return ["=1+1", '=HYPERLINK("x")', "+" + value, "@SUM(A1)"][int(a * 4)]


def overlong(value: str, a: float, b: float, c: float) -> str | None:
    """A value much longer than any column's limit: the same text pasted again and again."""
    return (value or "备注") * (1 + int((500 + a * 5000) / max(len(value), 2)))


def house_number_off(value: str, a: float, b: float, c: float) -> str | None:
    """One digit of an address wrong."""
    places = [place for place, letter in enumerate(value) if letter.isdigit()]
    if not places:
        return None
    place = places[int(a * len(places))]
    figure = other_digit(value[place], b)
    return None if figure == "0" else at(value, place, figure)


KINDS: dict[str, Mutation] = {
    one.__name__: one
    for one in (
        wrong_digit,
        transposed,
        wrong_but_passing,
        keypad_passing,
        float_damaged,
        mask,
        old_fifteen,
        lower_x,
        full_width,
        spaced,
        invisible,
        sentinel,
        shortened,
        doubled,
        homophone,
        variant,
        lookalike,
        traditional,
        separator,
        swapped_order,
        clipped,
        married_name,
        clerk_mark,
        starred,
        inner_space,
        rare_lost,
        month_day_swapped,
        year_off,
        excel_serial,
        date_sentinel,
        date_in_words,
        impossible_date,
        out_of_table,
        lost_zero,
        other_sex,
        country_prefix,
        legal_form,
        city_prefix,
        half_brackets,
        branch_added,
        confused_letter,
        control_character,
        null_character,
        formula,
        overlong,
        house_number_off,
    )
}
RECOVERABLE = frozenset(
    [
        "old_fifteen",
        "lower_x",
        "full_width",
        "spaced",
        "invisible",
        "separator",
        "clerk_mark",
        "inner_space",
        "excel_serial",
        "date_in_words",
        "lost_zero",
        "country_prefix",
        "half_brackets",
        "control_character",
        "null_character",
        "swapped_columns",
        "identical_row",
    ]
)
