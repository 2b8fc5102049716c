"""The person behind a business: whom the trusted register names, and every doubt about it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from golden.representatives import DOUBTS, REPRESENTATION, representatives
from tests.golden.people import IDENTITY, LINKS, engine, identity


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
