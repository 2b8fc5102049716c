"""The linkage specification that two files (or one, against itself) seem to want: which columns meet, how they are
compared, which rules find candidates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from profiling.block_draft import Atom, RuleDraft, draft_rules
from profiling.column_pairs import NARROW, Look, looks_of, paired, shared
from profiling.column_profile import ColumnProfile
from profiling.table_profile import TableProfile

ANCHORS = ("citizen_id", "uscc")  # numbers that one party has alone, whoever writes them down
TOO_EMPTY = 0.02  # of the rows filled: less says nothing
ALL_DATES = 0.97  # of a column of dates are days that exist: fewer, and its errors are worth comparing letter by letter
ONE_LIST = 0.5  # of the codes of one side are those of the other: else one list is written in two ways
LONGEST = 120  # characters: longer values are prose
ALONE = 0.9  # of the values are distinct: a number of somebody
_IDS = re.compile(r"(^|[_\W])(id|no|nr|key|code|uuid)$|编号|序号|主键|标识", re.IGNORECASE)
_PERSONAL = re.compile(r"ssn|soc|passport|tax|licen[cs]e|身份证|证件|社保", re.IGNORECASE)


@dataclass(frozen=True)
class FieldDraft:
    """One field: the columns that hold it, how it is compared, and what it looks like, for a comment."""

    name: str
    left: str
    right: str
    kind: str
    look: str
    term_frequency: bool = False
    anchor: bool = False


@dataclass(frozen=True)
class LinkageDraft:
    """`id` are the key columns of both sides ("" where no column is one); `left_out` says why, column by column."""

    id: tuple[str, str]
    fields: tuple[FieldDraft, ...]
    rules: tuple[RuleDraft, ...]
    household: tuple[tuple[str, ...], ...]
    left_out: tuple[tuple[str, str], ...]
    rows: tuple[int, int]


@dataclass(frozen=True)
class Side:
    """One file: its profile, the rows looked at, and how many rows it has in all."""

    profile: TableProfile
    sample: pa.Table
    rows: int


def draft_linkage(left: Side, right: Side | None) -> LinkageDraft:
    """Return the draft for two files, or for one whose records are compared with one another."""
    other = right or left
    ids = (_id_of(left.profile), _id_of(other.profile))
    looks = (looks_of(left.profile), looks_of(other.profile))
    pairs = _same(left.profile, ids[0]) if right is None else paired(looks[0], looks[1], ids)
    fields, left_out = [], []
    for one, two, why in pairs:
        field = _field(looks[0][one], looks[1][two], why)
        if isinstance(field, str):
            left_out.append((one if one == two else f"{one} / {two}", field))
        else:
            fields.append(field)
    met = ({one for one, _, _ in pairs}, {two for _, two, _ in pairs})
    for place, side in enumerate((left, other) if right is not None else (left,)):
        why = f"只在{'左右'[place]}边有 only in the {('left', 'right')[place]} file"
        names = [column.name for column in side.profile.columns]
        left_out += [(name, why) for name in names if name not in met[place] and name != ids[place]]
    atoms = [Atom(one.name, one.kind, left.sample[one.left], other.sample[one.right]) for one in fields]
    rules = draft_rules(atoms, (left.rows, other.rows), itself=right is None)
    return LinkageDraft(ids, tuple(fields), rules, _household(fields), tuple(left_out), (left.rows, other.rows))


def _id_of(profile: TableProfile) -> str:
    """Return the column that is distinct in every row, one named like a key before others; "" for none."""
    single = [key[0] for key in profile.keys if len(key) == 1]
    first = [name for name in single if _IDS.search(name) and profile.column(name).detected.kind not in NARROW]
    return next(iter([*first, *single]), "")


def _same(profile: TableProfile, own: str) -> list[tuple[str, str, str]]:
    return [(one.name, one.name, "") for one in profile.columns if one.name != own]


def _field(left: Look, right: Look, why: str) -> FieldDraft | str:
    """Return the field of two columns, or why they are left out."""
    one, two = left.profile, right.profile
    for column, side in ((one, "左边 left"), (two, "右边 right")):
        if column.filled < max(TOO_EMPTY * column.rows, 1):
            return f"{side} 几乎全空 hardly ever filled"
    if max(one.distinct, two.distinct) < 2:
        return "只有一个值 a single value"
    if max(one.longest, two.longest) > LONGEST:
        return "长文本 prose"
    kind, look = _kind(left, right)
    alone = min(one.distinct / one.filled, two.distinct / two.filled) >= ALONE
    filled = " / ".join(f"{column.filled / column.rows:.0%}" for column in ((one,) if one is two else (one, two)))
    told = [f"{filled} 有值 filled", f"{one.distinct:,} 个不同值 distinct", look, why]
    return FieldDraft(
        name=_name(one.name),
        left=one.name,
        right=two.name,
        kind=kind,
        look=", ".join(word for word in told if word),
        term_frequency=kind in ("person_name", "company_name", "text") and not alone,
        anchor=kind in ANCHORS or (alone and bool(_PERSONAL.search(one.name))),
    )


def _kind(left: Look, right: Look) -> tuple[str, str]:
    one, two = left.profile.detected, right.profile.detected
    kinds = {left.kind, right.kind}
    if len(kinds) == 1 and kinds <= set(NARROW):
        return left.kind, f"形如 looks like {left.kind}"
    if kinds == {"date"}:
        sound = min(left.days, right.days)
        if sound >= ALL_DATES:
            return "date", "日期 days"
        return "text", f"日期，但 {1 - sound:.0%} 不成立：按文字比较 days, some of which do not exist: compared as text"
    if one.codes and two.codes and shared(left.forms[0], right.forms[0]) >= ONE_LIST:
        return "exact", "少数几个值 a short list of values"
    if kinds <= {"decimal", "integer"} and "decimal" in kinds and _dotted(left.profile, right.profile):
        return "number", "数值 numbers"
    return "text", ""


def _dotted(one: ColumnProfile, two: ColumnProfile) -> bool:
    return any("." in shape for column in (one, two) for shape, _ in column.shapes)


def _name(column: str) -> str:
    """Return a field's name: the column's own where it can be one."""
    name = re.sub(r"[^\w -]+", "_", column).strip("_ -")[:50]
    return name if name and not name[0].isdigit() else f"f_{name}"


def _household(fields: Sequence[FieldDraft]) -> tuple[tuple[str, ...], ...]:
    """Return what makes two people one household, where the files hold names with addresses or phones."""
    by_kind: Mapping[str, str] = {one.kind: one.name for one in reversed(fields)}
    if "person_name" not in by_kind:
        return ()
    rules: list[tuple[str, ...]] = []
    if "address" in by_kind:
        rules.append((f"{by_kind['person_name']}.surname", f"{by_kind['address']}.house"))
    if "phone" in by_kind:
        rules.append((by_kind["phone"],))
    return tuple(rules)

