"""Which field of the standard a column seems to be: by its name and by its values, with a score and the reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from profiling.column_profile import ColumnProfile, Distinct
from profiling.known_names import role_of
from profiling.name_index import NameIndex
from schemas.code_table import CodeTable
from schemas.standard import Field, Standard
from values.kinds import KINDS

SURE, LIKELY = 0.8, 0.5
# What the form of the values alone says: field, strength.
BY_VALUES: dict[str, tuple[tuple[str, str, float], ...]] = {
    "citizen_id": (("person", "citizen_id", 0.75),),
    "uscc": (("business", "uscc", 0.8),),
    "registration_number": (("business", "registration_number", 0.6),),
    "phone": (("person", "phone", 0.55), ("business", "phone", 0.4)),
    "person_name": (("person", "name", 0.55),),
    "company_name": (("business", "name", 0.6),),
    "address": (("person", "address", 0.5), ("business", "address", 0.45)),
    "plate": (("vehicle", "plate", 0.7),),
    "vin": (("vehicle", "vin", 0.6),),
}
# Kinds whose values are so plain to see that others cannot be them.
NARROW = ("citizen_id", "uscc", "phone", "date", "company_name", "plate", "vin")
OLDEST, SPREAD = 115, 15  # years: nobody was born earlier; births lie at least this far apart


@dataclass(frozen=True)
class Likely:
    """One field that a column may be: `role` is whose value ("" = the row's own subject), `score` from 0 to 1."""

    entity: str
    field: str
    role: str
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Knowledge:
    """What is known before any row is seen."""

    standard: Standard
    names: NameIndex
    code_tables: Mapping[str, CodeTable]
    as_of: date

    @classmethod
    def of(cls, standard: Standard, code_tables: Mapping[str, CodeTable], as_of: date) -> Knowledge:
        return cls(standard, NameIndex(standard), code_tables, as_of)


def likely_fields(profile: ColumnProfile, kept: Distinct, known: Knowledge) -> tuple[Likely, ...]:
    """Return at most five fields, best first; those below 0.2 are not worth telling."""
    role, left = role_of(profile.name)
    by_name = {(one.entity, one.field): one for one in known.names.find(left)}
    by_value = {(entity, field): strength for entity, field, strength in BY_VALUES.get(profile.detected.kind, ())}
    places = [*by_name, *(place for place in by_value if place not in by_name)]
    if profile.detected.kind == "date" and (born := birth_like(kept, known.as_of)):
        places += [("person", "birth_date")] if ("person", "birth_date") not in places else []
        by_value["person", "birth_date"] = born
    found = []
    for entity, name in places:
        field = known.standard.entities[entity].field(name)
        named, valued, reasons = 0.0, by_value.get((entity, name), 0.0), []
        if (entity, name) in by_name:
            named = by_name[entity, name].score
            reasons.append(by_name[entity, name].reason)
        said, valued = _values_say(profile, kept, field, valued, known)
        reasons += said
        if named and contradicted(profile, field):
            named *= 0.4
            reasons.append(f"值的形式像 values look like {profile.detected.kind}")
        score = round(1 - (1 - named) * (1 - valued), 3)
        if role and entity == "business" and role != "representative":
            continue
        found.append(Likely(entity, name, role, score, tuple(reasons)))
    best = sorted((one for one in found if one.score >= 0.2), key=lambda one: (-one.score, one.entity, one.field))
    return tuple(best[:5])


def _values_say(
    profile: ColumnProfile, kept: Distinct, field: Field, strength: float, known: Knowledge
) -> tuple[list[str], float]:
    detected = profile.detected
    if field.kind == "code" and profile.filled:
        share, by_label = code_share(kept, known.code_tables[field.codes])
        if by_label >= 0.8:
            return [f"{by_label:.0%} 的值是 {field.codes} 的名称 values are labels of it"], 0.6
        if share >= 0.9 and detected.codes:
            return [f"{share:.0%} 的值是 {field.codes} 的代码 values are its codes"], 0.3
        return [], 0.0
    if detected.kind == "date" and field.kind == "date":
        plausible = ["日期像出生日期 days like births"] if strength else []
        return [f"{detected.sound or 0:.0%} 是日期 are days", *plausible], max(strength, 0.3)
    if not strength:
        return [], 0.0
    reasons = [f"{detected.share:.0%} 的值形如 values look like {detected.kind}"]
    if detected.sound is not None:
        reasons.append(f"其中 {detected.sound:.0%} 校验通过 of them check out")
        strength *= max(detected.sound, 0.3)
    return reasons, strength


def contradicted(profile: ColumnProfile, field: Field) -> bool:
    """Return whether the values plainly are of another kind than the field's."""
    kind = profile.detected.kind
    if not profile.filled or kind == field.kind or {kind, field.kind} == {"citizen_id", "document"}:
        return False
    if field.kind in ("citizen_id", "uscc", "phone", "date", "plate", "vin"):
        return True
    return kind in NARROW and field.kind != "text"


def code_share(kept: Distinct, table: CodeTable) -> tuple[float, float]:
    """Return the share of rows that hold a code of the table, and the share that holds a label (男, 汉族, 汉)."""
    total = max(kept.rows, 1)
    labels = {form for text in table.entries.values() for form in label_forms(text.zh, text.en)}
    shares = []
    for words in (set(table.entries), labels):
        flags = pc.is_in(kept.values, value_set=pa.array(sorted(words), pa.string())).to_numpy(zero_copy_only=False)
        shares.append(float(kept.counts[flags].sum() / total))
    return shares[0], shares[1]


def label_forms(zh: str, en: str = "") -> tuple[str, ...]:
    """Return the ways people write a label: 男性 and 男, 汉族 and 汉."""
    short = (zh[:-1],) if len(zh) > 1 and zh[-1] in "族性" else ()
    return (zh, *short, *((en,) if en else ()))


def birth_like(kept: Distinct, as_of: date) -> float:
    """Return how much the days look like births: all in a life's span and far apart."""
    days = KINDS["date"].clean_with(kept.values.slice(0, 5_000), {"as_of": as_of}).values.drop_null()
    if len(days) < 5:
        return 0.0
    years = np.asarray(pc.year(days).to_numpy(zero_copy_only=False), float)
    within = float(((years >= as_of.year - OLDEST) & (years <= as_of.year)).mean())
    return 0.5 if within > 0.95 and np.percentile(years, 95) - np.percentile(years, 5) >= SPREAD else 0.0
