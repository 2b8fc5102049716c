"""Can someone see the error by looking at the row alone? Computed on the dirty value, never assumed from its making.

A value shows its error when it breaks the form its column keeps in clean rows: check digit, real date, code table,
characters of a name. A row shows it when two of its cells contradict each other (number against birth date, sex or
id type code). What only another department could know (a number that passes, a name of the same sound) is invisible.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from demo import digits
from demo.codes import CODES, WORDS
from demo.emission import Party
from demo.names import read

HAN = "㐀-䶿一-鿿𠀀-𲎯"
NAME = re.compile(f"(?:[{HAN}]{{2,6}}|[{HAN}]{{2,}}(?:·[{HAN}]+)+|[A-Z]+ [A-Z]+)")
COMPANY = re.compile(f"[{HAN}0-9（）]{{4,60}}")
ELSEWHERE = "|".join(str(read("area_codes")["elsewhere"]).split())  # land lines of other cities are right, too
PHONE = re.compile(rf"1[3-9][0-9]{{9}}|0335-[2-8][0-9]{{6}}|(?:{ELSEWHERE})-[2-9][0-9]{{6}}")
NUMBER = re.compile("[1-9][0-9]{16}[0-9X]")
USCC = re.compile("[1-9ANY][0-9A-HJ-NPQRTUWXY]{17}")
PLACE = re.compile(f"[{HAN}0-9]{{2,80}}")
PLAIN = re.compile(r"[^\x00-\x1f\x7f=+@\u200b\ufeff]{1,80}")
SENTINELS = frozenset(["无", "暂无", "不详", "\\N", "NULL", "999999", "未知", "-", "/"])
LATEST = 20270101  # no demo date lies beyond the first months of the city's life
# classes of cells that name several parties, and what stands between them
JOINED = {"name:、": "、", "citizen_id:,": ","}
VIN = re.compile("[A-HJ-NPR-Z0-9]{17}")
PLATE = re.compile(
    "[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新][A-HJ-Z]"
    "(?:(?=[A-Z]*[0-9])[0-9A-HJ-NP-Z]{5}|[A-HJK][0-9A-HJ-NP-Z][0-9]{4}|[0-9]{5}[A-HJK])"
)
FOREIGN_TAXPAYER = re.compile("[CHMTW](?:19|20)[0-9]{14}[0-9X]")
PROVINCES = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
        "83",
    ]
)


DATE_FORMS = {"date10": "[0-9]{4}-[0-9]{2}-[0-9]{2}", "date_slash": "[0-9]{4}/[0-9]{2}/[0-9]{2}"}


def real_date(value: str) -> bool:
    """Return whether eight digits are a date that a person or business of this city can have."""
    try:
        date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError:
        return False
    return "19000101" < value < str(LATEST)


@lru_cache(maxsize=4096)
def citizen_id(value: str) -> bool:
    """Return whether an 18-character number is well formed: characters, province, real date, check."""
    if not NUMBER.fullmatch(value) or not value.isascii():
        return False
    foreign = value[0] == "9"
    if not real_date(value[6:14]) or (not foreign and value[:2] not in PROVINCES):
        return False
    total = sum(int(figure) * int(weight) for figure, weight in zip(value, digits.CITIZEN_WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == value[17]


def permanent_old(value: str) -> bool:
    """Return whether a value is an old permanent-residence card with its 7-3-1 check."""
    if not re.fullmatch("[A-Z]{3}[0-9]{12}", value):
        return False
    figures = [int(one, 36) for one in value]
    return sum(one * weight for one, weight in zip(figures[:14], (7, 3, 1) * 5, strict=False)) % 10 == figures[14]


def matches(pattern: str, value: str) -> bool:
    """Return whether a number has the form of a kind of paper."""
    if pattern == "citizen_id":
        return value[:1] != "9" and citizen_id(value)
    if pattern == "residence":
        return value[:6] in ("810000", "820000", "830000") and citizen_id(value)
    if pattern == "permanent":
        return (value[:1] == "9" and citizen_id(value)) or permanent_old(value)
    if pattern == "passport":
        return re.fullmatch("[A-Z][0-9]{8}", value) is not None
    if pattern == "permit":
        return re.fullmatch("[HM]?[0-9]{8}", value) is not None
    return any(matches(one, value) for one in ("citizen_id", "permanent", "passport", "permit"))


def uscc(value: str) -> bool:
    """Return whether a credit code is well formed: characters, organisation check, own check."""
    if not USCC.fullmatch(value):
        return False
    figures = [int(one, 36) for one in value[8:16]]
    rest = (
        11 - sum(one * int(weight) for one, weight in zip(figures, digits.ORGANISATION_WEIGHTS, strict=True)) % 11
    ) % 11
    letters = digits.USCC_ALPHABET.decode()
    total = sum(letters.index(one) * int(weight) for one, weight in zip(value[:17], digits.USCC_WEIGHTS, strict=True))
    return "0123456789X"[rest] == value[16] and letters[(31 - total) % 31] == value[17]


def vin(value: str) -> bool:
    """Return whether a vehicle number has 17 characters and its GB 16735 check."""
    if not VIN.fullmatch(value):
        return False
    total = sum(
        int(digits.VIN_VALUES[ord(one)]) * int(weight) for one, weight in zip(value, digits.VIN_WEIGHTS, strict=True)
    )
    return "0123456789X"[total % 11] == value[8]


def tax_number(value: str) -> bool:
    """Return whether a taxpayer's number is a credit code or, for a sole trader, made of the owner's paper."""
    mine = matches("citizen_id", value) or matches("residence", value)
    return mine or uscc(value) or FOREIGN_TAXPAYER.fullmatch(value) is not None


def regno(value: str) -> bool:
    """Return whether a registration number has 15 digits and its MOD 11,10 check."""
    if not re.fullmatch("[0-9]{15}", value):
        return False
    product = 10
    for figure in value[:14]:
        product = ((int(figure) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(value[14])


def written_date(value: str, kind: str) -> bool:
    """Return whether a date stands in its column's own form and is real."""
    if kind == "date_mixed" and (parts := re.fullmatch("([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日", value)):
        value = f"{parts[1]}{int(parts[2]):02d}{int(parts[3]):02d}"
    form = DATE_FORMS.get(kind, "[0-9]{8}")
    return re.fullmatch(form, value) is not None and real_date(value.replace("-", "").replace("/", ""))


CHECKS = {"uscc": uscc, "regno": regno, "vin": vin, "taxno": tax_number}


def fine(kind: str, value: str) -> bool:
    """Return whether a value looks right for a column of the class, seen alone."""
    if value in SENTINELS and kind not in ("key", "stamp"):
        return False
    if kind in JOINED:
        return all(fine(kind.partition(":")[0], part) for part in value.split(JOINED[kind]))
    head, _, table = kind.partition(":")
    if head == "code":
        return value in CODES[table]
    if head == "word":
        return value in WORDS[table]
    if head == "citizen_id":
        return matches("any", value)
    if head.startswith("date"):
        return written_date(value, head)
    check = CHECKS.get(head)
    if check is not None:
        return check(value)
    form = {"name": NAME, "company": COMPANY, "phone": PHONE, "plate": PLATE, "place": PLACE, "address": PLACE}.get(
        head, PLAIN
    )
    return form.fullmatch(value) is not None and len(value) <= 80


def contradictions(party: Party, row: dict[str, str | None]) -> set[str]:
    """Return the columns of a party that contradict each other in the row (empty when nothing can be compared)."""
    number = row.get(party.number) or ""
    if party.names:
        return joined_contradictions(party, row)
    if not party.number or party.entity != "person" or not fine("citizen_id", number):
        return set()
    found: set[str] = set()
    pattern = party.papers.get(row.get(party.paper) or "", "any") if party.paper else "any"
    if not matches(pattern, number):
        found |= {party.number, party.paper}
    if not citizen_id(number):
        return found
    birth = row.get(party.birth) or ""
    form = "date10" if "-" in birth else "date_slash" if "/" in birth else "date8"
    if birth and fine(form, birth) and birth.replace("-", "").replace("/", "") != number[6:14]:
        found |= {party.number, party.birth}
    return found | sex_contradiction(party, row, number)


def joined_contradictions(party: Party, row: dict[str, str | None]) -> set[str]:
    """Return the columns that contradict each other where one row names several parties in a cell."""
    names, numbers = (
        [part for part in (row.get(column) or "").split(between) if part.strip()]
        for column, between in zip((party.names, party.number), party.joins, strict=True)
    )
    found = {party.names, party.number} if names and numbers and len(names) != len(numbers) else set()
    pattern = party.papers.get(row.get(party.paper) or "", "any") if party.paper else "any"
    if any(fine("citizen_id", number) and not matches(pattern, number) for number in numbers):
        found |= {party.number, party.paper}
    return found


def sex_contradiction(party: Party, row: dict[str, str | None], number: str) -> set[str]:
    """Return number and sex columns when the number's parity says the other sex."""
    fixed = party.sex in ("1", "2")
    sex = party.sex if fixed else (row.get(party.sex) or "")
    if sex not in ("1", "2", "男", "女") or (sex in ("1", "男")) == (int(number[16]) % 2 == 1):
        return set()
    return {party.number} if fixed else {party.number, party.sex}
