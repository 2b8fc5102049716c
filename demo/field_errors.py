"""How dates, codes, business names, addresses and free text go wrong."""

from __future__ import annotations

from datetime import date

from demo.number_errors import at, other_digit


def mark_of(value: str) -> str:
    """Return what stands between the parts of a date."""
    return "-" if "-" in value else "/" if "/" in value else ""


def date_parts(value: str) -> tuple[str, date] | None:
    """Return separator and date of a plain date text, or None for other forms."""
    separator_used = mark_of(value)
    plain = value.replace("-", "").replace("/", "")
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
    return shaped(mark_of(value), *[(1900, 1, 1), (9999, 9, 9), (1899, 12, 31), (2099, 12, 31)][int(a * 4)])


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


def part_missing(value: str, a: float, b: float, c: float) -> str | None:
    """The last of several owners, or the last of their numbers, left out."""
    between = "、" if "、" in value else ","
    return value.rpartition(between)[0] or None


def house_number_off(value: str, a: float, b: float, c: float) -> str | None:
    """One digit of an address wrong."""
    places = [place for place, letter in enumerate(value) if letter.isdigit()]
    if not places:
        return None
    place = places[int(a * len(places))]
    figure = other_digit(value[place], b)
    return None if figure == "0" else at(value, place, figure)
