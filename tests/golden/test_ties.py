"""Ties: a branch to its company, a sole trader to the person who operates it; what nobody can say is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from golden.ties import COLUMNS, TIES, branch_types, ties
from schemas.code_table import load_code_table
from tests.golden.people import engine

HEAD = {"hub_id": "H1", "name": "秦皇岛大同商贸有限公司", "business_type": "1130", "uscc": "911303000000000001"}
SHAPE = pa.schema([(name, pa.string()) for name in COLUMNS])


def found(path: Path, rows: list[dict[str, Any]], stored: list[dict[str, Any]] | None = None) -> dict[str, pa.Table]:
    labels = [(code, label.zh) for code, label in load_code_table("business_type").entries.items()]
    relations = {
        "businesses": pa.Table.from_pylist(rows, schema=SHAPE),
        "stored": pa.Table.from_pylist(stored or [], schema=TIES),
    }
    results = ("ties", "tie_upserts", "tie_removals")
    return dict(engine(path).collect(ties(*branch_types(labels), 7, ("秦皇岛",)), relations, results))


def told(path: Path, *rows: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    names = ("kind", "belongs_to_entity", "belongs_to", "basis", "doubt")
    made = found(path, list(rows))["ties"].to_pylist()
    return {row["hub_id"]: tuple(row[name] for name in names) for row in made}


def test_a_branch_belongs_to_the_company_that_its_name_begins_with(tmp_path: Path) -> None:
    by_name = {"hub_id": "B1", "name": "秦皇岛大同商贸有限公司昌黎分公司"}
    other_form = {"hub_id": "B2", "name": "秦皇岛大同商贸有限责任公司卢龙营业部", "business_type": "2130"}
    assert told(tmp_path, HEAD, by_name, other_form) == {
        "B1": ("branch", "business", "H1", "name", None),
        "B2": ("branch", "business", "H1", "name", None),
    }


def test_a_branch_registered_under_its_companys_number_belongs_to_it_whatever_its_name(tmp_path: Path) -> None:
    branch = {"hub_id": "B1", "name": "大同连锁海港店", "business_type": "2130", "uscc": HEAD["uscc"]}
    assert told(tmp_path, HEAD, branch)["B1"] == ("branch", "business", "H1", "same_number", None)


def test_what_nobody_can_say_stays_a_doubt(tmp_path: Path) -> None:
    lost = {"hub_id": "B1", "name": "石家庄无名贸易有限公司秦皇岛分公司"}
    twin = {**HEAD, "hub_id": "H2", "uscc": "911303000000000002"}
    branch = {"hub_id": "B2", "name": f"{HEAD['name']}昌黎分公司"}
    found_ = told(tmp_path, HEAD, twin, lost, branch)
    assert found_["B1"] == ("branch", "business", None, None, "head_unknown")
    assert found_["B2"] == ("branch", "business", None, None, "heads_several")


def test_a_sole_trader_is_operated_by_its_representative_and_inherits_the_doubt(tmp_path: Path) -> None:
    by_type = {"hub_id": "S1", "name": "海港区老王面馆", "business_type": "9500", "representative": "P1"}
    by_code = {"hub_id": "S2", "name": "老李修理部", "uscc": "921303000000000001"}
    by_code["representative_doubt"] = "representative_review"
    company = {**HEAD, "representative": "P1"}
    assert told(tmp_path, by_type, by_code, company) == {
        "S1": ("sole_trader", "person", "P1", "representative", None),
        "S2": ("sole_trader", "person", None, None, "representative_review"),
    }


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    branch = {"hub_id": "B1", "name": f"{HEAD['name']}昌黎分公司"}
    first = found(tmp_path, [HEAD, branch])
    stored = first["tie_upserts"].to_pylist()
    assert [row["commit"] for row in stored] == [7]
    again = found(tmp_path, [HEAD, branch], stored)
    assert again["tie_upserts"].num_rows == again["tie_removals"].num_rows == 0
    closed = found(tmp_path, [HEAD], stored)
    assert closed["tie_removals"].to_pylist() == [{"hub_id": "B1"}]
    moved = found(tmp_path, [branch], stored)["tie_upserts"].to_pylist()
    assert [(row["belongs_to"], row["doubt"]) for row in moved] == [(None, "head_unknown")]
