"""The contract that a profiled table seems to want: statements, fields, crosswalks, and what nobody understood."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from profiling.change_log_draft import LogDraft, find_logs
from profiling.crosswalk_draft import CrosswalkDraft, draft_crosswalk
from profiling.known_names import MOVED
from profiling.likely_field import LIKELY, SURE, Knowledge, Likely
from profiling.table_profile import TableProfile
from schemas.contract import FileShape
from schemas.standard import Entity

ONE_A_ROW = 0.8  # businesses a row: more, and the table is one of businesses
ALL_NUMBERS = 0.97  # of the filled rows: below this the column holds other papers too
_LINE = re.compile(r"序号|行号|xh|no|seq|rownum", re.IGNORECASE)
_ID_LIKE = ("ID", "NO", "BH", "XH", "编号", "序号", "号", "CODE", "KEY")


@dataclass(frozen=True)
class MappedColumn:
    """One field of a statement and the column it comes from; `codes` names a crosswalk of the draft."""

    field: str
    column: str
    score: float
    reasons: tuple[str, ...]
    codes: str = ""
    type_column: str = ""
    type_codes: str = ""

    @property
    def unsure(self) -> bool:
        return self.score < SURE


@dataclass(frozen=True)
class EmitDraft:
    """One statement: a party, or a fact whose `parties` are statements of the same row by role."""

    name: str
    entity: str
    fields: tuple[MappedColumn, ...]
    parties: tuple[tuple[str, str], ...] = ()
    when_present: tuple[str, ...] = ()
    unsure: str = ""


@dataclass(frozen=True)
class TableDraft:
    """One table of the draft; `ignore` says why, column by column; `unsure` what a person should look at first."""

    name: str
    rows: int
    key: tuple[str, ...]
    cursor: str
    emits: tuple[EmitDraft, ...]
    ignore: tuple[tuple[str, str], ...]
    unsure: tuple[str, ...] = ()
    file: FileShape | None = None
    changes: LogDraft | None = None


@dataclass
class _Assignment:
    """Columns given to fields, best score first; every column and every field of a party once."""

    profile: TableProfile
    known: Knowledge
    crosswalks: dict[str, CrosswalkDraft]
    taken: dict[tuple[str, str, str], tuple[str, Likely]] = field(default_factory=dict)
    why_not: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        parties = self._parties()
        wishes = sorted(
            ((one.score, -place, column, one) for place, column in enumerate(self.profile.likely)
             for one in self._fitting(self.profile.likely[column], parties)),
            key=lambda wish: (-wish[0], -wish[1]),
        )  # fmt: skip
        used: set[str] = set()
        for score, _, column, one in wishes:
            place = (one.role, one.entity, one.field)
            if score >= LIKELY and column not in used and place not in self.taken and one.role != "other":
                self.taken[place] = (column, one)
                used.add(column)

    @property
    def business_rows(self) -> bool:
        """Whether each row is about one business, so that a person in it is its representative, not its employee."""
        named = [
            self.profile.column(column).distinct
            for column, ones in self.profile.likely.items()
            if ones
            and (ones[0].entity, ones[0].field, ones[0].role) in (("business", "name", ""), ("business", "uscc", ""))
        ]
        return bool(named) and max(named) >= ONE_A_ROW * self.profile.rows

    def _parties(self) -> set[str]:
        best = [ones[0] for ones in self.profile.likely.values() if ones and not ones[0].role]
        return {one.entity for one in best if one.field == "name" and one.score >= LIKELY} or {"person"}

    def _fitting(self, ones: tuple[Likely, ...], parties: set[str]) -> list[Likely]:
        found = []
        for one in ones:
            person = one.role in ("representative", "husband", "wife", "other")
            entity = "person" if person else one.entity
            if self.business_rows and entity == "person" and not person and one.field in ("phone", "address"):
                entity = "business"
            if entity in ("person", "business") and entity not in parties and not person:
                other = self.known.standard.entities[min(parties)]
                if entity == "person" and one.field not in {each.name for each in other.fields}:
                    # among a business's columns a person's number is most likely its representative's
                    found.append(replace(one, role="representative", score=one.score * 0.75))
                    continue
                entity = other.name
            names = {each.name for each in self.known.standard.entities[entity].fields}
            if one.field not in names:
                continue
            score = one.score if entity == one.entity else one.score * 0.85
            found.append(Likely(entity, one.field, one.role, score, one.reasons))
        return found


def draft_table(
    profile: TableProfile, known: Knowledge, crosswalks: dict[str, CrosswalkDraft], file: FileShape | None = None
) -> TableDraft:
    """Return the draft of one table; crosswalks that its codes need are added to `crosswalks`."""
    assignment = _Assignment(profile, known, crosswalks)
    assignment.run()
    emits, unsure = _emits(assignment), []
    if _lists_codes(profile, emits):
        emits = ()
        unsure.append("像代码表：只有列名像名称 a list of codes? only the column's name looks like a business's")
    elif not emits:
        unsure.append("没有认出姓名或单位名称 neither a person's nor a business's name was recognised: fill in `emit`")
    used = {one.column for emit in emits for one in emit.fields} | {
        one.type_column for emit in emits for one in emit.fields if one.type_column
    }
    key, notes = _key(profile, listed=file is not None)
    unsure += notes
    if file and _numbers_lines(profile, key):
        unsure.append("key 像清单行号，每期重排 looks like line numbers, which each new list gives anew")
    cursor = "" if file else _cursor(profile)
    used |= {*key, cursor}
    ignore = [(one.name, _why(assignment, one.name)) for one in profile.columns if one.name not in used]
    return TableDraft(profile.name, profile.rows, key, cursor, emits, tuple(ignore), tuple(unsure), file)


def _lists_codes(profile: TableProfile, emits: Sequence[EmitDraft]) -> bool:
    """Whether all that was recognised is a business's name, by the column's own name and by no value."""
    fields = [one for emit in emits for one in emit.fields]
    return (
        [emit.entity for emit in emits] == ["business"]
        and [one.field for one in fields] == ["name"]
        and profile.column(fields[0].column).detected.kind != "company_name"
    )


def with_logs(tables: Sequence[TableDraft], profiles: Sequence[TableProfile]) -> list[TableDraft]:
    """Return the drafts, each with the log of its changes where another table is one; a cursor gives way to a log."""
    logs = find_logs(
        profiles, {one.name: one.key for one in tables if one.emits} | {one.name: () for one in tables if not one.emits}
    )
    return [replace(one, changes=logs[one.name], cursor="") if one.name in logs else one for one in tables]


def _emits(assignment: _Assignment) -> tuple[EmitDraft, ...]:
    emits: dict[str, EmitDraft] = {}
    for role, entity, name in (
        ("", "business", "business"), ("", "person", "person"), ("representative", "person", "representative"),
        ("husband", "person", "husband"), ("wife", "person", "wife"),
    ):  # fmt: skip
        fields = _fields(assignment, role, assignment.known.standard.entities[entity])
        if not any(one.field == "name" for one in fields):
            continue
        if name == "person" and "business" in emits and assignment.business_rows:
            name = "representative"
        alone = name == "representative" or (entity == "business" and not assignment.business_rows)
        named = tuple(one.column for one in fields if one.field == "name")
        emits.setdefault(name, EmitDraft(name, entity, fields, (), named if alone else ()))
    for fact in assignment.known.standard.facts:
        if made := _fact(assignment, fact, emits):
            emits[made.name] = made
    return tuple(emits.values())


def _fields(assignment: _Assignment, role: str, entity: Entity) -> tuple[MappedColumn, ...]:
    mapped = []
    for each in entity.fields:
        found = assignment.taken.get((role, entity.name, each.name))
        if found is None or each.name == "document_type":
            continue
        column, one = found
        if each.name in ("citizen_id", "document_number"):
            mapped.append(_number(assignment, role, column, one))
        elif each.kind == "code":
            crosswalk = draft_crosswalk(
                assignment.profile.distinct[column], assignment.known.code_tables[each.codes], assignment.crosswalks
            )
            if crosswalk is None:
                assignment.why_not[column] = f"像 {each.name}，但代码对不上 {each.codes}: its codes need a crosswalk"
                continue
            mapped.append(MappedColumn(each.name, column, one.score, one.reasons, crosswalk))
        else:
            mapped.append(MappedColumn(each.name, column, one.score, one.reasons))
    numbers = [one for one in mapped if one.field in ("citizen_id", "identifier")]
    return tuple(one for one in mapped if one not in numbers[1:])


def _number(assignment: _Assignment, role: str, column: str, one: Likely) -> MappedColumn:
    detected = assignment.profile.column(column).detected
    typed = assignment.taken.get((role, "person", "document_type"))
    if typed is not None:
        table = assignment.known.code_tables["document_type"]
        codes = draft_crosswalk(assignment.profile.distinct[typed[0]], table, assignment.crosswalks)
        if codes:
            return MappedColumn("identifier", column, one.score, one.reasons, "", typed[0], codes)
    plain = detected.kind == "citizen_id" and detected.share >= ALL_NUMBERS
    return MappedColumn("citizen_id" if plain else "identifier", column, one.score, one.reasons)


def _fact(assignment: _Assignment, fact: Entity, emits: dict[str, EmitDraft]) -> EmitDraft | None:
    roles = {"husband": "husband", "wife": "wife"} if fact.name == "marriage" else {}
    parties = []
    for party in fact.parties:
        stands = roles.get(party.role, party.entity)
        if fact.name == "legal_representation" and party.entity == "person":
            stands = "representative"
        if stands in emits:
            parties.append((party.role, stands))
        elif party.required:
            return None
    if not parties:
        return None
    fields = _fields(assignment, "", fact)
    present = {one.field for one in fields}
    if any(each.required and each.name not in present for each in fact.fields):
        return None
    plain = fact.name in ("marriage", "legal_representation") or (fact.name == "employment" and len(parties) == 2)
    if not plain and not fields:
        return None
    said = fact.name in ("marriage", "legal_representation")
    unsure = "" if said else "这一行真的说明这件事吗 does a row really say this?"
    when = tuple(dict.fromkeys(name for _, stands in parties for name in emits[stands].when_present))
    return EmitDraft(fact.name, fact.name, fields, tuple(parties), when, unsure)


def _numbers_lines(profile: TableProfile, key: tuple[str, ...]) -> bool:
    return len(key) == 1 and profile.column(key[0]).detected.kind == "integer" and bool(_LINE.fullmatch(key[0]))


def _key(profile: TableProfile, *, listed: bool) -> tuple[tuple[str, ...], list[str]]:
    """Return the candidate key that looks most like one; a person's own number or name is the last choice, and before
    it the number of a line, where the table is `listed` in a file."""
    if not profile.keys:
        first = profile.columns[0].name
        return (first,), [f"没有不重复且不为空的一两列 no column or pair is unique and filled; {first} 占位 stands in"]
    best_of = {column: ones[0] for column, ones in profile.likely.items() if ones}
    personal = {column for column, one in best_of.items() if one.entity == "person" and one.score >= LIKELY}

    def fitness(key: tuple[str, ...]) -> tuple[int, bool, int, int]:
        named = all(name.upper().startswith(_ID_LIKE) or name.upper().endswith(_ID_LIKE) for name in key)
        place = [one.name for one in profile.columns].index(key[0])
        return (len(personal & set(key)), listed and _numbers_lines(profile, key), 0 if named else 1, place)

    best = min(profile.keys, key=fitness)
    notes = []
    if len(best) > 1 or not profile.complete:
        notes.append(f"key 只在看过的 {profile.rows:,} 行内不重复 is unique within the rows looked at")
    if personal & set(best):
        notes.append("key 是个人信息 the key is personal data: ask for the system's own number")
    return best, notes


def _cursor(profile: TableProfile) -> str:
    times = [one for one in profile.columns if one.detected.kind == "date" and not one.nulls]
    moved = [one for one in times if MOVED.search(one.name)]
    return max(moved, key=lambda one: (one.longest, one.distinct)).name if moved else ""


def _why(assignment: _Assignment, column: str) -> str:
    if column in assignment.why_not:
        return "不确定 unsure: " + assignment.why_not[column]
    profile, ones = assignment.profile.column(column), assignment.profile.likely[column]
    if not profile.filled:
        return "全空 empty"
    seems = f"{profile.detected.kind} {profile.shapes[0][0]}"
    if ones and ones[0].role == "other":
        return f"{seems}; 他人（经办、联系、监护）somebody else's"
    if ones:
        best = ones[0]
        return f"不确定 unsure: {seems}; 也许是 maybe {best.entity}.{best.field} ({best.score:.2f})"
    return seems
