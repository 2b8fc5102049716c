"""Assess: judge every current statement of a department by every rule; counts, failing rows with their masked cells."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from engine.duckdb_engine import Session
from engine.quoting import literal, quote
from engine.relation import ParquetFiles, Relation
from engine.step import Step
from pipeline.hub import Hub
from pipeline.lake_tables import links_table, standing_table
from pipeline.masked_cells import with_masked_cells
from pipeline.pinyin_agreement import with_pinyin
from pipeline.refused_statements import refused_lines
from pipeline.summary import published_files
from quality.assessment import Answered, assess
from quality.judged import joined_step, judged_step, refused_step
from quality.problems import FOUND
from quality.rule import RowRule
from quality.rulebook import PINYIN, Place, places_of, row_rules, whole_row_rules
from schemas.arrow import statement_schema
from schemas.contract import Contract, TableContract
from schemas.quality import CityRule

LINKED = pa.schema([("record_id", pa.string()), ("hub_id", pa.string()), ("decision", pa.string())])


@dataclass(frozen=True)
class PlaceAnswer:
    """What one rule said about one table."""

    table: str
    answered: Answered


@dataclass(frozen=True)
class DepartmentAssessment:
    """A department's answers, its failing rows (FOUND) and the shares of codes by rule and table, for drift."""

    department: str
    answers: tuple[PlaceAnswer, ...]
    found: pa.Table
    shares: Mapping[str, Mapping[str, int]]
    rows: Mapping[str, int]  # standing, by table
    refused: Mapping[str, int]  # statements refused or held, by entity: what never came to be linked


def assess_department(hub: Hub, contract: Contract, day: date) -> DepartmentAssessment:
    """Judge the department's statements as the published version holds them, and what stands refused now."""
    policy = hub.city.quality
    rows = {table.name: _standing(hub, contract, table) for table in contract.tables}
    lines = refused_lines(hub, contract)
    if not lines.num_rows and not any(rows.values()):
        return _nothing(hub, contract, rows)
    answers: list[PlaceAnswer] = []
    parts: list[pa.Table] = []
    shares: dict[str, dict[str, int]] = {}
    with _session(hub, contract, lines) as session:
        for number, place in enumerate(places_of(contract, hub.city.standard)):
            rules = row_rules(contract, place, policy)
            judged = _judged(hub, session, place, number, rules, day)
            result = assess(session, judged, rules)
            answers += [PlaceAnswer(place.table, one) for one in result.answers]
            parts.append(_found(result.failing, place.table, rules))
            shares |= _shares(session, judged, place, policy.rules)
    for table in contract.tables:
        for one in whole_row_rules(contract, table, policy):
            failing = _whole_rows(lines, table, one)
            parts.append(_found(failing, table.name, [one]))
            tested = rows[table.name] + failing.num_rows
            answers.append(PlaceAnswer(table.name, Answered(one.rule, tested, failing.num_rows)))
    found = with_masked_cells(hub, contract, pa.concat_tables(parts).combine_chunks())
    return DepartmentAssessment(contract.department, tuple(answers), found, shares, rows, _refused(contract, lines))


def _nothing(hub: Hub, contract: Contract, rows: Mapping[str, int]) -> DepartmentAssessment:
    """Return the assessment of a department of which nothing stands: every rule is asked, none is answered."""
    policy, places = hub.city.quality, places_of(contract, hub.city.standard)
    asked = [(place.table, one.rule) for place in places for one in row_rules(contract, place, policy)]
    asked += [(table.name, one.rule) for table in contract.tables for one in whole_row_rules(contract, table, policy)]
    answers = tuple(PlaceAnswer(table, Answered(rule, 0, 0)) for table, rule in asked)
    return DepartmentAssessment(contract.department, answers, FOUND.empty_table(), {}, rows, {})


@contextmanager
def _session(hub: Hub, contract: Contract, lines: pa.Table) -> Iterator[Session]:
    """Open a session with the department's statements by entity, its refused ones, and what rules look up elsewhere."""
    standard = hub.city.standard
    relations: dict[str, Relation] = {"quarantine": lines}
    for entity in {emit.entity for table in contract.tables for emit in table.emit}:
        files = published_files(hub, contract.department, standard.entities[entity])
        relations[f"accepted {entity}"] = ParquetFiles(tuple(files), statement_schema(standard.entities[entity]))
    places = places_of(contract, standard)
    rules = {
        one.rule.code: one for place in places for one in row_rules(contract, place, hub.city.quality) if one.check
    }
    steps: list[Step] = []
    for one in rules.values():
        entity = next(rule.scope.entity for rule in hub.city.quality.rules if rule.code == one.rule.code)
        relations |= _elsewhere(hub, one, entity)
        steps.append(_look_up(one, entity, contract.department))
        links = tuple(hub.lake.files(links_table(entity)))
        relations.setdefault(f"links {entity}", ParquetFiles(links, LINKED))
    with hub.engine.session(relations) as session:
        session.run([refused_step("refused", "quarantine"), *steps])
        yield session


def _elsewhere(hub: Hub, one: RowRule, entity: str) -> dict[str, Relation]:
    assert one.check is not None
    schema = statement_schema(hub.city.standard.entities[entity])
    return {
        f"accepted {entity} of {name}": ParquetFiles(
            tuple(published_files(hub, name, hub.city.standard.entities[entity])), schema
        )
        for name in one.check.departments
    }


def _look_up(one: RowRule, entity: str, department: str) -> Step:
    """Return the step with one row a key: what the named departments say of the same party, or that they know the
    value."""
    assert one.check is not None
    [field] = one.check.fields
    sources = [f"accepted {entity} of {name}" for name in one.check.departments]
    column = quote(one.look_up)
    if one.check.kind == "known_to":
        parts = " UNION ALL ".join(f"SELECT {quote(field)} AS value FROM {quote(name)}" for name in sources)
        sql = f"SELECT value AS key, true AS {column} FROM ({parts}) WHERE value IS NOT NULL GROUP BY value"
        return Step(f"{one.look_up} elsewhere", sql, materialise=True)
    own, links = quote(f"accepted {entity}"), quote(f"links {entity}")
    # Only what was linked says that two records are one party.
    sql = f"""
        SELECT own.record_id AS key, list(DISTINCT theirs.value) AS {column}
        FROM {own} AS own
        JOIN {links} AS mine ON mine.record_id = own.record_id AND mine.decision = 'link'
        JOIN (
            SELECT hub_id, {quote(field)} AS value FROM {quote(sources[0])} JOIN {links} USING (record_id)
            WHERE decision = 'link' AND {quote(field)} IS NOT NULL
        ) AS theirs ON theirs.hub_id = mine.hub_id
        WHERE own.department = {literal(department)} GROUP BY own.record_id"""
    return Step(f"{one.look_up} elsewhere", sql, materialise=True)


def _judged(hub: Hub, session: Session, place: Place, number: int, rules: tuple[RowRule, ...], day: date) -> str:
    """Make the relation of one place's statements with all that its rules read; return its name."""
    name = f"judged {number}"
    where = (place.table, place.emit.name, place.entity)
    session.run([judged_step(name, f"accepted {place.entity.name}", "refused", where, day)])
    if any(one.holds == PINYIN for one in rules):
        name = with_pinyin(session, name)
    keyed = [
        (one.look_up, f"{one.look_up} elsewhere", one.check.fields[0] if one.check.kind == "known_to" else "record_id")
        for one in rules
        if one.check
    ]
    if keyed:
        session.run([joined_step(f"{name} joined", name, keyed)])
        name = f"{name} joined"
    return name


def _found(failing: pa.Table, table: str, rules: tuple[RowRule, ...] | list[RowRule]) -> pa.Table:
    """Return failing rows as FOUND, without their cells yet. What is only old is counted, not listed: nothing in the
    row is wrong."""
    by_id = {one.rule.id: one.rule for one in rules}
    told = pa.table(
        {
            "rule": pa.array(list(by_id), pa.string()),
            "dimension": pa.array([rule.dimension.word for rule in by_id.values()], pa.string()),
            "severity": pa.array([rule.severity for rule in by_id.values()], pa.string()),
        }
    )
    listed = told.filter(pc.not_equal(told.column("dimension"), "timeliness"))
    rows = failing.join(listed, "rule", join_type="inner")
    count = rows.num_rows
    rows = rows.append_column("source_table", pa.array([table] * count, pa.string()))
    for name in ("column", "masked"):
        rows = rows.append_column(name, pa.nulls(count, pa.string()))
    rows = rows.append_column("waived", pa.array([False] * count, pa.bool_()))
    return rows.select(FOUND.names).cast(FOUND)


def _whole_rows(lines: pa.Table, table: TableContract, one: RowRule) -> pa.Table:
    """Return the rows of a table refused whole for a reason of the rule, one line a record id."""
    marks = pa.array([name.partition(":")[2] for name in one.marks], pa.string())
    own = pc.and_(pc.equal(lines.column("source_table"), table.name), pc.equal(lines.column("statement"), ""))
    chosen = lines.filter(pc.and_(own, pc.is_in(lines.column("reason"), value_set=marks)))
    rows = [
        {
            "fingerprint": f"{line['record_id']}:{one.rule.code}:{line['row_number']}",
            "rule": one.rule.id,
            "statement": "",
            "field": "",
            **{name: line[name] for name in ("source_key", "batch", "row_number", "reason")},
        }
        for line in chosen.to_pylist()
    ]
    names = ("fingerprint", "rule", "statement", "field", "source_key", "batch", "row_number", "reason")
    schema = pa.schema([FOUND.field(name) for name in names])
    return pa.Table.from_pylist(rows, schema=schema)


def _refused(contract: Contract, lines: pa.Table) -> dict[str, int]:
    """Return how many statements stand quarantined or held, by entity."""
    entities = {(table.name, emit.name): emit.entity for table in contract.tables for emit in table.emit}
    open_lines = lines.filter(pc.is_in(lines.column("state"), value_set=pa.array(["quarantined", "held"])))
    counts: dict[str, int] = {}
    for one in open_lines.group_by(["record_id", "source_table", "statement"]).aggregate([]).to_pylist():
        entity = entities.get((one["source_table"], one["statement"]), "")
        counts[entity] = counts.get(entity, 0) + 1
    return dict(sorted(counts.items()))


def _shares(session: Session, judged: str, place: Place, rules: tuple[CityRule, ...]) -> dict[str, dict[str, int]]:
    """Return how many accepted statements hold each code, for every distribution the city watches here."""
    found: dict[str, dict[str, int]] = {}
    for one in rules:
        scope = one.scope
        watched = (
            one.check.kind == "distribution"
            and scope.entity == place.entity.name
            and (not scope.departments or place.department in scope.departments)
            and scope.table in ("", place.table)
            and scope.statement in ("", place.emit.name)
            and one.check.fields[0] in {mapping.field for mapping in place.emit.fields}
        )
        if not watched:
            continue
        field, name = quote(one.check.fields[0]), f"shares of {one.code} in {judged}"
        sql = f"SELECT {field} AS code, count(*) AS n FROM {quote(judged)} WHERE {field} IS NOT NULL GROUP BY ALL"
        session.run([Step(name, sql)])
        counts = {row["code"]: row["n"] for row in session.table(name).to_pylist()}
        found[f"{one.code}/{place.table}/{place.emit.name}"] = dict(sorted(counts.items()))
    return found


def _standing(hub: Hub, contract: Contract, table: TableContract) -> int:
    files = hub.lake.files(standing_table(contract.department, table.name))
    return sum(parquet.read_metadata(path.removeprefix("file://")).num_rows for path in files)
