"""The person behind a business: whom the trusted register names, and every doubt about it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa

from golden.entities import TOUCHED, Moment, SurviveInputs, survive
from golden.representatives import DOUBTS, REPRESENTATION, representatives
from schemas.arrow import golden_schema, statement_schema
from schemas.standard import Entity, Field, Text
from tests.golden.people import AS_OF, IDENTITY, LINKS, engine, identity, link, statement


def named(record: str, department: str, business: str, person: str | None, **facts: Any) -> dict[str, Any]:
    about = {"business_record": business, "person_record": person, "observed_at": datetime(2026, 1, 1), **facts}
    return {"record_id": record, "department": department, **about}


def linked(record: str, hub_id: str | None, decision: str = "link") -> dict[str, Any]:
    return {"record_id": record, "hub_id": hub_id, "decision": decision}


def found(path: Path, statements: list[dict[str, Any]], links: list[dict[str, Any]]) -> dict[str, tuple[Any, Any]]:
    """Return representative and doubt by business; records b1, b2 … belong to businesses B1, B2 …"""
    wanted, known = ["B1", "B2", "B3"], [identity("P1", "row"), identity("P2", "row"), identity("P9")]
    relations = {
        "representation": pa.Table.from_pylist(statements, schema=REPRESENTATION),
        "members": pa.table({"record_id": [name.lower() for name in wanted], "hub_id": wanted}),
        "person_links": pa.Table.from_pylist(links, schema=LINKS),
        "person_identity": pa.Table.from_pylist(known, schema=IDENTITY),
        "wanted": pa.table({"hub_id": wanted}),
    }
    rows = engine(path).run(representatives(("market", "seal")), relations, "representatives").to_pylist()
    return {row["hub_id"]: (row["representative"], row["representative_doubt"]) for row in rows}


def test_the_trusted_register_names_the_representative_and_the_last_one_counts(tmp_path: Path) -> None:
    statements = [
        named("f1", "market", "b1", "p1"),
        named("f2", "seal", "b1", "p1b", observed_at=datetime(2026, 5, 1)),
        named("f3", "market", "b2", "p2", until=date(2026, 2, 1)),
        named("f4", "market", "b2", "p1", observed_at=datetime(2026, 3, 1)),
    ]
    links = [linked("p1", "P1"), linked("p1b", "P1"), linked("p2", "P2")]
    assert found(tmp_path, statements, links) == {
        "B1": ("P1", None), "B2": ("P1", None), "B3": (None, "representative_unknown"),
    }  # fmt: skip


def test_every_doubt_about_the_person_is_one_about_the_business(tmp_path: Path) -> None:
    review = [named("f1", "market", "b1", "p1"), named("f2", "market", "b2", "p2"), named("f3", "market", "b3", "p3")]
    links = [linked("p1", None, "review"), linked("p2", None, "insufficient"), linked("p3", "P9")]
    told = {name: doubt for name, (_, doubt) in found(tmp_path, review, links).items()}
    assert told == {
        "B1": "representative_review", "B2": "representative_insufficient", "B3": "representative_not_in_register",
    }  # fmt: skip
    differ = [named("f1", "market", "b1", "p1"), named("f2", "seal", "b1", "p2"), named("f3", "tax", "b2", "p1")]
    told = found(tmp_path, differ, [linked("p1", "P1"), linked("p2", "P2")])
    assert told["B1"] == ("P1", "representatives_differ")
    assert told["B2"] == ("P1", None)
    assert {doubt for _, doubt in told.values() if doubt} <= set(DOUBTS)


def test_a_business_says_the_same_whichever_ids_its_representatives_were_drawn(tmp_path: Path) -> None:
    """Two people named by two departments are judged one: the doubt goes, and the golden content does not hang on which
    of their hub ids stays, nor on the order in which anything is read."""
    fields = (Field("name", Text("名", "name"), "company_name"),)
    business = Entity("business", Text("市场主体", "business"), fields)
    statements = [named("f1", "market", "b1", "p1"), named("f2", "seal", "b1", "p2"), named("f3", "market", "b1", "p3")]
    contents, random = [], Random(4)
    for _ in range(6):
        one, other, third = random.sample(["P1", "P2", "P9", "Q1", "A0", "Z7"], 3)
        random.shuffle(statements)
        apart = golden_of(tmp_path, business, statements, {"p1": one, "p2": other, "p3": third})
        merged = golden_of(tmp_path, business, statements, {"p1": one, "p2": one, "p3": one})
        assert (apart["representative_doubt"], merged["representative_doubt"]) == ("representatives_differ", None)
        assert apart["representative"] in (one, third) and merged["representative"] == one
        contents.append((apart["content_hash"], merged["content_hash"]))
    assert len(set(contents)) == 1 and contents[0][0] != contents[0][1]


def golden_of(path: Path, entity: Entity, statements: list[dict[str, Any]], people: dict[str, str]) -> dict[str, Any]:
    """Return the golden row of business B1, whose representatives' records belong to these people."""
    names = sorted(set(people.values()))
    relations = {
        "representation": pa.Table.from_pylist(statements, schema=REPRESENTATION),
        "members": pa.table({"record_id": ["b1"], "hub_id": ["B1"]}),
        "person_links": pa.Table.from_pylist([linked(record, who) for record, who in people.items()], schema=LINKS),
        "person_identity": pa.Table.from_pylist([identity(name, f"row {name}") for name in names], schema=IDENTITY),
        "wanted": pa.table({"hub_id": ["B1"]}),
    }
    told = engine(path).run(representatives(("market", "seal")), relations, "representatives")
    inputs = SurviveInputs(
        pa.Table.from_pylist([statement("b1", "market", name="大同")], schema=statement_schema(entity)),
        pa.Table.from_pylist([link("b1", "B1", "1")], schema=LINKS),
        pa.Table.from_pylist([{**identity("B1", "b1"), "entity": "business"}], schema=IDENTITY),
        pa.table({"hub_id": ["B1"]}, schema=TOUCHED),
        golden_schema(entity).empty_table(),
        told,
    )
    [row] = survive(engine(path), inputs, entity, None, Moment(AS_OF, 7, None)).upserts.to_pylist()
    return dict(row)
