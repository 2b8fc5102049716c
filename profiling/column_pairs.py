"""Columns of two files that hold the same thing: by their names, by what they look like, by the values they share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from profiling.column_profile import ColumnProfile
from profiling.table_profile import TableProfile
from values.day_order import day_order, year_first
from values.kinds import KINDS

# Kinds whose values are so plain to see that two columns of one kind may well be the same thing.
NARROW = (
    "citizen_id", "uscc", "registration_number", "phone", "plate", "vin", "company_name", "address", "person_name",
)  # fmt: skip
PAIRED = 0.5
MANY_DIGITS = 6  # of a number that people write apart in different ways
SHARED = 0.1
MOSTLY = 0.9
_PEOPLE = r"^\p{Latin}[\p{Latin}.'’-]*([ ,]+\p{Latin}[\p{Latin}.'’-]*){1,4}$"
_LEGAL_FORMS = r"(?i)\b(inc|ltd|llc|llp|plc|gmbh|ag|corp|co|company|sarl|sas|bv|nv|spa|oy|ab|pty)\b"
_LOOKED_AT = 20_000  # distinct values
_MARKS = re.compile(r"[^\w]+")


@dataclass(frozen=True)
class Look:
    """A column: its `kind` (days in any order are `date`), the share of its `days` that exist, the fields of the
    standard it may be (without whose they are), and its values as they are, by words in any order, and by digits."""

    profile: ColumnProfile
    kind: str
    days: float
    fields: frozenset[tuple[str, str]]
    forms: tuple[frozenset[str], ...]


def looks_of(profile: TableProfile) -> dict[str, Look]:
    """Return the look of every column by name."""
    return {column.name: _look(profile, column) for column in profile.columns}


def _look(profile: TableProfile, column: ColumnProfile) -> Look:
    values = profile.distinct[column.name].values.slice(0, _LOOKED_AT)
    fields = frozenset((one.field, one.role) for one in profile.likely[column.name])
    order = day_order(values)
    if order or column.detected.kind == "date":
        days = KINDS["date"].clean_with(year_first(values, order), {}).values.cast(pa.string()).drop_null()
        exist = frozenset(days.to_pylist())
        return Look(column, "date", len(days) / max(len(values), 1), fields, (exist,) * 3)
    digits = pc.replace_substring_regex(values, r"\D+", "")
    numbers = digits.filter(pc.greater_equal(pc.utf8_length(digits), MANY_DIGITS))
    words = KINDS["text"].keys(values)["words"].drop_null()
    forms = tuple(frozenset(one.to_pylist()) for one in (values, words, numbers))
    kind = "person_name" if ("name", "") in fields and _latin_people(values) else column.detected.kind
    return Look(column, kind, 0.0, fields, forms)


def _latin_people(values: pa.Array) -> bool:
    """Say whether a column of names holds people's in Latin letters: a few words each, and none a legal form."""
    if not len(values):
        return False
    people, companies = (
        pc.mean(pc.match_substring_regex(values, form).cast(pa.int8())).as_py() for form in (_PEOPLE, _LEGAL_FORMS)
    )
    return bool(people >= MOSTLY and companies <= 1 - MOSTLY)


def paired(
    left: Mapping[str, Look], right: Mapping[str, Look], ids: tuple[str, str]
) -> list[tuple[str, str, str]]:
    """Return (left column, right column, why) in the left file's order, every column once, the surest pairs first
    served; the `ids` are no fields."""
    wishes = []
    for place, (one, look) in enumerate(left.items()):
        for two, other in right.items():
            if one != ids[0] and two != ids[1]:
                score, why = _alike(look, other)
                wishes.append((-score, place, one, two, why))
    taken: tuple[set[str], set[str]] = (set(), set())
    found = []
    for score, place, one, two, why in sorted(wishes):
        if score <= -PAIRED and one not in taken[0] and two not in taken[1]:
            taken[0].add(one)
            taken[1].add(two)
            found.append((place, one, two, why))
    return [(one, two, why) for _, one, two, why in sorted(found)]


def _alike(one: Look, two: Look) -> tuple[float, str]:
    """Return how surely two columns hold the same thing, from 0 to 1, and why ("": they have one name)."""
    if _plain(one.profile.name) == _plain(two.profile.name):
        return 1.0, ""
    score, reasons = 0.0, []
    if both := one.fields & two.fields:
        score += 0.4
        reasons.append(f"都像 both look like {min(both)[0]}")
    if one.kind == two.kind and one.kind in (*NARROW, "date"):
        score += 0.3
        reasons.append(f"值都形如 values look like {one.kind}")
    common = max(shared(first, second) for first, second in zip(one.forms, two.forms, strict=True))
    if common >= SHARED:
        score += min(common, 0.6)
        reasons.append(f"{common:.0%} 的值两边都有 of the values are on both sides")
    return min(score, 0.99), "; ".join(reasons)


def _plain(name: str) -> str:
    return _MARKS.sub("", name).casefold()


def shared(first: frozenset[str], second: frozenset[str]) -> float:
    """Return the share of values, of the side that has fewer, that the other has as well."""
    fewest = min(len(first), len(second))
    return len(first & second) / fewest if fewest > 1 else 0.0
