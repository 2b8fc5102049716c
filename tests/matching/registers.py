"""Literal records, a standing hub in memory, and a slow plain-Python ladder to compare the steps with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as compute

from engine.duckdb_engine import DuckDBEngine
from engine.indexed import NOBODY, IndexedRows, Shape, segment_of
from matching.anchors import former_states
from matching.judgements import Judgement, Verdict, judged
from matching.ladder import LinkChanges, LinkInputs, link
from matching.laws import two_identities
from matching.lookups import IDENTITIES, KEYS, LINKED, RECORDS, looked_up, shapes
from matching.rules import AnchorSource, KeyColumn, LadderRules, NameAgreement
from matching.tables import CHANGED, FORMER_STATES, IDENTITY, LINKS

LEVELS = ("missing", "different", "variant", "exact")


def compare_names(left: pa.Array, right: pa.Array) -> np.ndarray:
    """A tiny comparison: upper and lower case are variants of each other."""
    same = compute.equal(left, right).to_numpy(zero_copy_only=False)
    folded = compute.equal(compute.utf8_lower(left), compute.utf8_lower(right)).to_numpy(zero_copy_only=False)
    return np.where(same, 3, np.where(folded, 2, 1)).astype(np.int8)


NAMES = NameAgreement(compare_names, LEVELS, frozenset({"exact", "variant"}), former_column="former_name")
PERSON = LadderRules(
    entity="person",
    keys=(KeyColumn("citizen_id", "citizen_id"), KeyColumn("document_number", "document", "document_type")),
    anchors=(AnchorSource("police", "register", "person"),),
    rows_are_entities=True,
    name=NAMES,
    model="m1",
)
BUSINESS = LadderRules(
    entity="business",
    keys=(KeyColumn("uscc", "uscc"), KeyColumn("registration_number", "registration_number")),
    anchors=(AnchorSource("market", "register"), AnchorSource("seal", "register")),
    rows_are_entities=False,
    name=replace(NAMES, former_column=""),
    model="m1",
)
BY_EITHER = replace(BUSINESS, anchors=(AnchorSource("market", "register", by_second=True), BUSINESS.anchors[1]))
COLUMNS = (
    "record_id", "department", "source_table", "statement", "name", "former_name",
    "citizen_id", "document_type", "document_number", "uscc", "registration_number",
)  # fmt: skip
SCHEMA = pa.schema([*((name, pa.string()) for name in COLUMNS), ("observed_at", pa.timestamp("us"))])


def record(record_id: str, department: str = "police", day: int = 1, **values: str | None) -> dict[str, Any]:
    """Return one statement; departments police, market and seal hold the registers."""
    place = {"source_table": "register" if department in ("police", "market", "seal") else "people"}
    where = {"record_id": record_id, "department": department, "statement": "person", **place}
    return {**where, "observed_at": datetime(2026, 1, day), **values}


def statements(rows: dict[str, dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([rows[name] for name in sorted(rows)], schema=SCHEMA)


def indexed(before: pa.Table, inputs: LinkInputs, shape: dict[str, Shape]) -> dict[str, IndexedRows]:
    """Return what a run looks up: the relations it reads, with records as they were `before` it."""
    index = inputs.evidence.index if inputs.evidence else shape[KEYS].schema.empty_table()
    tables = {RECORDS: before, LINKED: inputs.links, IDENTITIES: inputs.identity, KEYS: index}
    return {
        name: IndexedRows(one, [(segment_of(tables[name].select(one.schema.names).to_batches(7), one), NOBODY)])  # type: ignore[union-attr]
        for name, one in shape.items()
    }


@dataclass
class Hub:
    """The standing links and identities, changed run by run as the lake would be."""

    engine: DuckDBEngine
    rules: LadderRules
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    links: dict[str, dict[str, Any]] = field(default_factory=dict)
    identity: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: list[dict[str, Any]] = field(default_factory=list)  # everything register rows ever said
    ledger: list[Judgement] = field(default_factory=list)
    pinned: int = 0
    commit: int = 0
    minted: int = 0
    remembers: bool = True  # what register rows said before; the plain ladder does not

    def mint(self, number: int) -> pa.Array:
        self.minted += number
        return pa.array([f"H{self.minted - number + i:04}" for i in range(number)], pa.string())

    def enter(self, left: str, right: str, verdict: Verdict) -> None:
        """Enter a judgement; the next run obeys it."""
        self.ledger.append(Judgement(len(self.ledger) + 1, left, right, verdict))

    def judge(self, left: str, right: str, verdict: Verdict = "same") -> LinkChanges:
        """Enter a judgement and link."""
        self.enter(left, right, verdict)
        return self.apply()

    def apply(self, *changes: dict[str, Any], deleted: tuple[str, ...] = ()) -> LinkChanges:
        """Take changed and deleted records in, link, and store what changed."""
        before = statements(self.rows)
        self.rows.update({row["record_id"]: row for row in changes})
        self.states += changes
        for name in deleted:
            self.rows.pop(name, None)
        names = [*(row["record_id"] for row in changes), *deleted]
        changed = [{"record_id": name, "op": "changed" if name in self.rows else "deleted"} for name in names]
        self.commit += 1
        inputs = LinkInputs(
            statements(self.rows),
            pa.Table.from_pylist(changed, schema=CHANGED),
            pa.Table.from_pylist(list(self.links.values()), schema=LINKS),
            pa.Table.from_pylist(list(self.identity.values()), schema=IDENTITY),
            self.former_states(),
            judged(self.ledger, self.pinned, len(self.ledger)),
            arriving=statements({name: self.rows[name] for name in names if name in self.rows}),
        )
        self.pinned = len(self.ledger)
        if self.commit % 2 == 0:  # every other run asks for rows by value: whichever way, the answers are the same
            inputs = looked_up(inputs, indexed(before, inputs, shapes(self.rules, None, SCHEMA)))
        found = link(self.engine, inputs, self.rules, self.commit, self.mint)
        for name in found.link_deletions["record_id"].to_pylist():
            del self.links[name]
        self.links.update({row["record_id"]: row for row in found.link_upserts.to_pylist()})
        self.identity.update({row["hub_id"]: row for row in found.identity_upserts.to_pylist()})
        return found

    def afresh(self, judged: bool = True) -> Hub:
        """Return a hub that has linked the same records, history and judgements (or none) at once."""
        whole = Hub(self.engine, self.rules, states=list(self.states), ledger=list(self.ledger) if judged else [])
        whole.apply(*self.rows.values())
        return whole

    def unlawful(self) -> list[Any]:
        """Return the entities that hold two anchored identities of one type without a judgement."""
        links = pa.Table.from_pylist(list(self.links.values()), schema=LINKS)
        return self.engine.run([two_identities()], {"links": links}, "two_identities").to_pylist()

    def former_states(self) -> pa.Table:
        """Return what register rows said, now or before."""
        if not self.states or not self.remembers:
            return FORMER_STATES.empty_table()
        history = {"history": pa.Table.from_pylist(self.states, schema=SCHEMA)}
        return self.engine.run(former_states(self.rules), history, "former_states")

    def decision(self, record_id: str) -> tuple[str, str]:
        return self.links[record_id]["decision"], self.links[record_id]["reason"]

    def hub(self, record_id: str) -> str | None:
        return self.links[record_id]["hub_id"]

    def decisions(self) -> dict[str, tuple[Any, ...]]:
        """Return what was decided of each record, hub ids aside."""
        columns = ("decision", "kind", "rung", "key_type", "key_number", "level", "reason", "judgement")
        return {name: tuple(row[column] for column in columns) for name, row in self.links.items()}

    def partition(self) -> set[frozenset[str]]:
        """Return the sets of records that share a hub id."""
        groups: dict[str, set[str]] = {}
        for name, row in self.links.items():
            if row["hub_id"]:
                groups.setdefault(row["hub_id"], set()).add(name)
        return {frozenset(group) for group in groups.values()}


def hub(path: Path, rules: LadderRules) -> Hub:
    return Hub(DuckDBEngine(memory_limit="256MB", threads=1, temp_directory=path / "spill"), rules)


def _keys(row: dict[str, Any], rules: LadderRules) -> list[tuple[str, str]]:
    return [
        ((row.get(key.type_column) if key.type_column else None) or key.type, row[key.number])
        for key in rules.keys
        if row.get(key.number)
    ]


def _agrees(left: dict[str, Any], right: dict[str, Any], rules: LadderRules) -> bool:
    name, other = left.get("name"), right.get("name")
    if not name or not other:
        return False
    pairs = [(name, other)]
    if rules.name.former_column:
        pairs += [(name, right.get("former_name")), (left.get("former_name"), other)]
    return any(a and b and a.lower() == b.lower() for a, b in pairs)


def _anchors(rows: dict[str, dict[str, Any]], rules: LadderRules) -> tuple[dict[str, int], dict[str, str]]:
    """Return the rank of each anchor row, and the entity that it stands for, if that is clear."""
    sources = {(source.department, source.table): (rank, source) for rank, source in enumerate(rules.anchors)}
    anchors: dict[str, int] = {}
    for name, row in rows.items():
        rank, source = sources.get((row["department"], row["source_table"]), (0, None))
        numbers = [row.get(key.number) for key in rules.keys[: 1 + bool(source and source.by_second)]]
        if source is not None and (rules.rows_are_entities or any(numbers)):
            anchors[name] = rank
    if rules.rows_are_entities:
        return anchors, {name: name for name in anchors}
    keys = {name: _keys(rows[name], rules) for name in anchors}
    units = {}
    for name, (first, *_) in keys.items():
        with_it = {str(held[0]) for held in keys.values() if first in held[1:]}
        if len(with_it) < 2:
            units[name] = with_it.pop() if with_it else str(first)
    return anchors, units


def plain_ladder(rows: dict[str, dict[str, Any]], rules: LadderRules) -> dict[str, tuple[str, str | None]]:
    """Return decision and entity of every record, one record at a time and from scratch."""
    anchors, units = _anchors(rows, rules)
    holders: dict[tuple[str, str], set[str]] = {}
    for name, unit in units.items():
        for key in _keys(rows[name], rules):
            holders.setdefault(key, set()).add(unit)

    def order(name: str) -> tuple[Any, ...]:
        own = str((_keys(rows[name], rules) or [""])[0])
        return units.get(name, own) not in (name, own), anchors.get(name, 99), rows[name]["observed_at"], name

    result: dict[str, tuple[str, str | None]] = {}
    for name, row in rows.items():
        keys = _keys(row, rules)
        if name in anchors and rules.rows_are_entities:
            result[name] = ("link", name)
        elif not keys:
            result[name] = ("insufficient", None)
        elif len(holders.get(keys[0], ())) > 1:
            result[name] = ("review", None)
        else:
            unit = next(iter(holders.get(keys[0], {str(keys[0])})))
            held = keys[0] in holders
            if held and rules.rows_are_entities:
                members = [unit]
            else:
                same = [n for n in rows if _keys(rows[n], rules) and str(_keys(rows[n], rules)[0]) == unit]
                same = [n for n in units if units[n] == unit] if held else [n for n in same if n not in units]
                members = [n for n in same if rows[n].get("name")]
            reference = rows[min(members, key=order)] if members else {}
            if _agrees(row, reference, rules):
                result[name] = ("link", unit)
            else:
                both = row.get("name") and reference.get("name")
                result[name] = ("review" if both else "insufficient", None)
    return result
