"""A small town made from a seed: a register, records of it with and without numbers, and a hub that hears evidence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from engine.duckdb_engine import DuckDBEngine
from matching.anchors import former_states
from matching.evidence import Evidence
from matching.evidence_steps import INDEX
from matching.judgements import Judgement, Verdict, judged
from matching.ladder import LinkChanges, LinkInputs, link
from matching.lookups import looked_up, shapes
from matching.model import Model
from matching.rules import AnchorSource, KeyColumn, LadderRules, NameAgreement
from matching.tables import CHANGED, FORMER_STATES, IDENTITY, LINKS
from schemas.linkage_spec import Comparison, Decide, LinkageField, LinkageSpec, Rung
from tests.matching.registers import indexed
from values import person_name

FIELDS = {
    "name": "person_name", "citizen_id": "exact", "birth_date": "date", "sex": "exact", "phone": "phone",
    "house": "exact",
}  # fmt: skip
SPEC = LinkageSpec(
    entity="person",
    ladder=(Rung(("citizen_id",), True, ("name",), "review"),),
    block=(("name", "birth_date"), ("phone",), ("name.pinyin", "birth_date.month"), ("birth_date", "house")),
    household=(("house",), ("phone",)),
    compare=tuple(Comparison(name, kind, name == "name") for name, kind in FIELDS.items()),
    decide=Decide(link=0.99, review=0.8, margin=4, enough=12),
    never_share=("citizen_id",),
    fields=tuple(LinkageField(name, kind, name, name) for name, kind in FIELDS.items()),
)
RULES = LadderRules(
    entity="person",
    keys=(KeyColumn("citizen_id", "citizen_id"),),
    anchors=(AnchorSource("police", "register"),),
    rows_are_entities=True,
    name=NameAgreement(
        person_name.compare, person_name.LEVELS, frozenset({"same", "variant", "same_sound"})
    ),
    model="m1",
)  # fmt: skip
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("record_id", "department", "source_table", "statement")),
        *((name, pa.date32() if kind == "date" else pa.string()) for name, kind in FIELDS.items()),
        ("observed_at", pa.timestamp("us")),
    ]
)
SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅"


@dataclass(frozen=True)
class Person:
    """One of the town; `number` is what a register row would hold."""

    number: str
    name: str
    birth_date: date
    sex: str
    phone: str
    house: str


def town(people: int, seed: int = 1) -> list[Person]:
    """Return people of families of up to three who share surname, house and, children and parents, a phone."""
    random = np.random.default_rng(seed)
    found = []
    for place in range(people):
        family = place // 3
        surname = SURNAMES[family % len(SURNAMES)]
        given = "".join(GIVEN[one] for one in random.integers(0, len(GIVEN), random.integers(1, 3)))
        born = date(1950, 1, 1) + timedelta(days=int(random.integers(0, 20_000)))
        phone = f"13{family if place % 3 == 2 else people + place:09d}"
        house = f"长城路{family + 1}号"
        found.append(Person(f"N{place:06d}", surname + given, born, str(place % 2 + 1), phone, house))
    return found


def row(record_id: str, person: Person, department: str = "social", **other: Any) -> dict[str, Any]:
    """Return a statement about a person; `other` values replace theirs (None: missing)."""
    values = {
        "name": person.name, "citizen_id": person.number, "birth_date": person.birth_date, "sex": person.sex,
        "phone": person.phone, "house": person.house,
    }  # fmt: skip
    table = "register" if department == "police" else "people"
    where = {"record_id": record_id, "department": department, "source_table": table, "statement": "person"}
    return {**where, "observed_at": datetime(2026, 1, 1), **values, **other}


@dataclass(frozen=True)
class Kind:
    """A kind of party: how it is linked, and the columns of its statements."""

    rules: LadderRules = RULES
    spec: LinkageSpec = SPEC
    schema: pa.Schema = SCHEMA

    def statements(self, rows: Iterable[dict[str, Any]]) -> pa.Table:
        """Return statements as the lake would hold them."""
        return pa.Table.from_pylist(sorted(rows, key=lambda one: one["record_id"]), schema=self.schema)


@dataclass
class HearingHub:
    """Standing links, identities, model and block keys, changed run by run as the lake would be."""

    engine: DuckDBEngine
    model: Model | None = None
    kind: Kind = field(default_factory=Kind)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    links: dict[str, dict[str, Any]] = field(default_factory=dict)
    identity: dict[str, dict[str, Any]] = field(default_factory=dict)
    index: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: list[dict[str, Any]] = field(default_factory=list)  # everything rows ever said
    ledger: list[Judgement] = field(default_factory=list)
    pinned: int = 0
    commit: int = 0
    minted: int = 0

    def mint(self, number: int) -> pa.Array:
        self.minted += number
        return pa.array([f"H{self.minted - number + one:06}" for one in range(number)], pa.string())

    def judge(self, left: str, right: str, verdict: Verdict) -> LinkChanges:
        """Enter a judgement and link."""
        self.ledger.append(Judgement(len(self.ledger) + 1, left, right, verdict))
        return self.apply()

    def apply(self, *changes: dict[str, Any], deleted: tuple[str, ...] = ()) -> LinkChanges:
        """Take changed and deleted records in, link, and store what changed."""
        before = self.kind.statements(self.rows.values())
        self.rows.update({one["record_id"]: one for one in changes})
        self.states += changes
        for name in deleted:
            self.rows.pop(name, None)
        names = [*(one["record_id"] for one in changes), *deleted]
        changed = [{"record_id": name, "op": "changed" if name in self.rows else "deleted"} for name in names]
        self.commit += 1
        index = pa.Table.from_pylist(list(self.index.values()), schema=INDEX)
        inputs = LinkInputs(
            self.kind.statements(self.rows.values()),
            pa.Table.from_pylist(changed, schema=CHANGED),
            pa.Table.from_pylist(list(self.links.values()), schema=LINKS),
            pa.Table.from_pylist(list(self.identity.values()), schema=IDENTITY),
            judged=judged(self.ledger, self.pinned, len(self.ledger)),
            former_states=self.former_states(),
            evidence=Evidence(self.kind.spec, {}, index, self.model, "2026-01-01"),
            arriving=self.kind.statements(self.rows[name] for name in dict.fromkeys(names) if name in self.rows),
        )
        self.pinned = len(self.ledger)
        if self.commit % 2 == 0:  # every other run asks for rows by value: whichever way, the answers are the same
            shape = shapes(self.kind.rules, self.kind.spec, self.kind.schema)
            inputs = looked_up(inputs, indexed(before, inputs, shape))
        found = link(self.engine, inputs, self.kind.rules, self.commit, self.mint)
        self._store(found)
        return found

    def _store(self, found: LinkChanges) -> None:
        for name in found.link_deletions["record_id"].to_pylist():
            del self.links[name]
        self.links.update({one["record_id"]: one for one in found.link_upserts.to_pylist()})
        self.identity.update({one["hub_id"]: one for one in found.identity_upserts.to_pylist()})
        self.model = found.evidence.model
        for name in found.evidence.index_deletions["record_id"].to_pylist():
            self.index.pop(name, None)
        self.index.update({one["record_id"]: one for one in found.evidence.index_upserts.to_pylist()})

    def afresh(self) -> HearingHub:
        """Return a hub that has linked the same records and judgements at once, by the same model."""
        whole = HearingHub(self.engine, self.model, self.kind, states=list(self.states), ledger=list(self.ledger))
        whole.apply(*self.rows.values())
        return whole

    def former_states(self) -> pa.Table:
        """Return what register rows said before, where a number is an entity: people's rows keep theirs."""
        if self.kind.rules.rows_are_entities:
            return FORMER_STATES.empty_table()
        history = {"history": pa.Table.from_pylist(self.states, schema=self.kind.schema)}
        return self.engine.run(former_states(self.kind.rules), history, "former_states")

    def of(self, record_id: str) -> tuple[str, str, str]:
        """Return decision, rung and the first word of the reason."""
        one = self.links[record_id]
        return one["decision"], one["rung"], one["reason"].split(" ")[0]

    def hub(self, record_id: str) -> str | None:
        return self.links[record_id]["hub_id"]

    def decisions(self) -> dict[str, tuple[Any, ...]]:
        """Return what was decided of each record, hub ids aside."""
        names = ("decision", "kind", "rung", "level", "score", "model", "reason", "judgement")
        return {record: tuple(one[name] for name in names) for record, one in self.links.items()}

    def partition(self) -> set[frozenset[str]]:
        """Return the sets of records that share a hub id."""
        groups: dict[str, set[str]] = {}
        for name, one in self.links.items():
            if one["hub_id"]:
                groups.setdefault(one["hub_id"], set()).add(name)
        return {frozenset(group) for group in groups.values()}


def hearing_hub(path: Path, kind: Kind | None = None) -> HearingHub:
    """Return an empty hub."""
    engine = DuckDBEngine(memory_limit="512MB", threads=1, temp_directory=path / "spill")
    return HearingHub(engine, kind=kind or Kind())
