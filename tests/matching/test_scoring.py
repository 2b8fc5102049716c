"""Weights: what is told, what is rare, what stands in for another field, and who can be missed by every rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from matching.blocks import blocks
from matching.candidates import Candidates
from matching.explanation import read, texts
from matching.fields import encoded_fields
from matching.frequencies import term_frequencies
from matching.model import FieldModel, Model, from_json
from matching.prepared import Prepared
from matching.scoring import Scorer
from matching.teaching import namesakes
from matching.training import Kin, Labels, missed_shares, with_kin
from schemas.linkage_spec import Comparison, LinkageField, LinkageSpec

KINDS = {"name": "person_name", "former": "person_name", "home": "address"}
SPEC = LinkageSpec(
    entity="person",
    compare=(
        Comparison("name", "person_name", True),
        Comparison("former", "person_name", instead_of="name"),
        Comparison("home", "address", True),
    ),
    fields=tuple(LinkageField(name, kind, name, "name" if name == "former" else name) for name, kind in KINDS.items()),
)


def scorer(records: list[dict[str, Any]], base: list[dict[str, Any]], **more: Any) -> Scorer:
    tables = [
        pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in KINDS})
        for rows in (records, base)
    ]
    comparers = encoded_fields(tables[0], tables[1], SPEC, {}).comparers()
    fields = []
    for one in comparers:
        count = len(one.levels) - 1
        match = np.full(count, 0.05 / (count - 1))
        match[-1] = 0.95
        chance = np.full(count, 0.001)
        chance[0] = 1 - 0.001 * (count - 1)
        rare = term_frequencies(one) if one.column.name != "former" else {}
        fields.append(FieldModel(one.column.name, one.levels, tuple(match), tuple(chance), None, rare))
    model = Model("person", "", "", 0.9, len(base), 0.0, tuple(fields), (), **more)
    return Scorer.of(model, comparers)


def weight(asked: Scorer, record: int, base: int) -> float:
    return float(asked.score(np.array([record]), np.array([base])).match[0])


def test_a_former_name_speaks_where_it_agrees_and_the_name_does_not() -> None:
    rows = [("王辉", "李秀珍"), ("李秀珍", "李秀珍"), ("李秀珍", None), ("赵敏", "孙丽")]
    rows += [(f"周{chr(0x4E00 + place)}", None) for place in range(500)]
    asked = scorer([{"name": "李秀珍"}], [{"name": name, "former": former} for name, former in rows])
    former, twice, once, other = (weight(asked, 0, row) for row in range(4))
    assert former > 5  # the name that differs takes nothing away
    assert twice == once > 5  # and one name is one evidence
    assert other < 0


def test_a_small_village_says_more_than_a_long_street() -> None:
    street = [{"home": f"海港区河北大街{number}号"} for number in range(1, 40)]
    asked = scorer([{"home": "下庄村"}, {"home": "河北大街"}], [{"home": "下庄村7号"}, *street])
    assert weight(asked, 0, 0) > weight(asked, 1, 1) + 3


def test_another_number_of_a_street_says_less_than_none() -> None:
    asked = scorer([{"home": "海港区河北大街"}, {"home": "海港区河北大街9号"}], [{"home": "海港区河北大街12号"}])
    levels = asked.score(np.array([0, 1]), np.array([0, 0])).levels[2]
    assert [asked.comparers[2].levels[level] for level in levels] == ["same_road", "other_number"]


def test_who_is_often_missed_is_less_likely_found() -> None:
    records = [{"name": "李明"}, {"name": "李明", "home": "河北大街9号"}]
    asked = scorer(records, [{"name": "李明"}], missed={"": 0.1, "name+former": 0.5, "name+former+home": 0.0})
    assert asked.found.tolist() == pytest.approx([0.45, 0.9])
    assert asked.prior().tolist() == pytest.approx([np.log2(0.45 / 0.55), np.log2(9)])
    bound = replace(asked, bound=np.array([True, False]))  # the register holds his number
    assert bound.found.tolist() == pytest.approx([0.9, 0.9])


def test_missed_are_those_whose_right_row_no_rule_made_a_candidate() -> None:
    asked = scorer([{"name": "李明"}] * 30 + [{"name": "李明", "home": "河北大街9号"}] * 30, [{"name": "李明"}])
    rows, base = np.arange(60), np.zeros(60, np.int64)
    candidates = Candidates(rows[30:], base[30:], np.zeros(30, np.int8))
    shares = missed_shares(asked.comparers, Labels(rows, base, "test"), candidates)
    assert shares["name+former"] > 0.8 > 0.2 > shares["name+former+home"]
    assert shares[""] == pytest.approx(31 / 62, abs=1e-4)


def test_a_double_entry_under_one_roof_teaches_nothing_of_kin() -> None:
    kin = [{"name": f"王{given}"} for given in "伟芳娜敏静丽强磊" * 200]
    doubles = [{"name": "欧阳海棠"}, {"name": "欧阳海棠"}]
    asked = scorer([{"name": "李明"}], [*kin, *doubles])
    pairs = Kin(np.arange(0, 1602, 2), np.arange(1, 1602, 2), 2.0)
    taught = with_kin(asked.model, asked.comparers, pairs, frozenset({"home"}))
    field = taught.field("name")
    assert field.kin is not None
    assert field.kin[field.levels.index("same") - 1] < 0.001 < 0.9 < field.kin[field.levels.index("same_surname") - 1]
    assert taught.kinship == pytest.approx(2.0 * 800 / 801, abs=0.001)


def test_a_model_keeps_all_of_it_and_says_what_each_field_gave() -> None:
    asked = scorer([{"name": "李明"}], [{"name": "李明"}], missed={"": 0.1}, roofs=0.3, identifiers=("name",))
    again = from_json(asked.model.to_json())
    assert again == replace(asked.model, report=again.report) and again.version == asked.model.version
    told = read(str(texts(asked, np.array([0]), np.array([0]), pa.array(["evidence"]))[0].as_py()))
    assert sum(part.bits for part in told.parts) == pytest.approx(
        weight(asked, 0, 0) + float(asked.prior()[0]), abs=0.2
    )


def test_a_namesake_explains_what_it_has_alike_and_nothing_else() -> None:
    rows = [{"name": "李明", "home": "海港区河北大街9号"}, {"name": "赵敏", "home": "海港区河北大街9号"}]
    asked = scorer([rows[0]], rows, alike=("name",), namesakes=0.01)
    pairs = np.array([0, 0]), np.array([0, 1])
    match, other = asked.odds(asked.score(*pairs), pairs[0])
    name = asked.bits(0, asked.score(*pairs).levels, pairs[1])[0][0]
    assert other.tolist() == pytest.approx([2**name * 0.1 * 0.01 / 2 / 0.1, 0.0])
    assert match[0] > other[0]
    told = read(str(texts(asked, pairs[0], pairs[1], pa.array(["evidence", "evidence"]))[0].as_py()))
    assert {part.name: part.bits for part in told.parts}["kin"] == pytest.approx(-np.log2(1 + other[0]), abs=0.06)


def test_namesakes_are_counted_without_those_entered_twice() -> None:
    home = "海港区河北大街{}号"
    base = [{"name": f"周{chr(0x4E00 + place)}", "home": home.format(place)} for place in range(1, 61)]
    twice = [{"name": "欧阳海棠", "home": "海港区迎宾路7号"}] * 2
    apart = [{"name": "李明", "home": "海港区文化路1号"}, {"name": "李明", "home": "抚宁区迎宾路3号"}]
    asked = scorer([base[0]], [*base, *twice, *apart])
    spec = replace(SPEC, namesake=("name",))
    tables = pa.table({name: pa.array([row.get(name) for row in (*base, *twice, *apart)]) for name in KINDS})
    fields = encoded_fields(tables, tables, spec, {})
    ready = Prepared(fields, asked.comparers, blocks(fields, ()))
    assert namesakes(ready, spec, asked.model) == pytest.approx(2 / 64, rel=0.1)
