"""The oracle of the ceiling on literal records: what the generator's own rates make of a pair."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from bench.ceiling import Verdict, oracle, prior_of
from bench.ceiling_likelihood import (
    address_share,
    date_shares,
    digit_shares,
    given_share,
    name_share,
    name_shares,
    number_shares,
    surname_of,
)
from bench.linkage_scores import answers
from demo.profile import load

ASSUMED = load("assumed")
SCHEMA = pa.schema(
    [
        ("unique_id", pa.string()), ("citizen_id", pa.string()), ("name", pa.string()), ("former_name", pa.string()),
        ("birth_date", pa.date32()), ("sex", pa.string()), ("phone", pa.string()), ("address_path", pa.string()),
        ("number", pa.string()), ("house", pa.string()), ("name_pinyin", pa.string()), ("department", pa.string()),
    ]
)  # fmt: skip
DAY = datetime.date(1980, 1, 15)
HOME = {"address_path": "河北大街|407|11|1-1802", "number": "河北大街|407", "house": "河北大街|407|11|1|1802"}
OTHER_HOME = {"address_path": "文化路|9||", "number": "文化路|9", "house": "文化路|9"}


def rows(*given: dict[str, Any]) -> pa.Table:
    whole = [dict.fromkeys(SCHEMA.names) | one | {"unique_id": str(n)} for n, one in enumerate(given)]
    return pa.Table.from_pylist(whole, SCHEMA)


def verdict(record: dict[str, Any], *register: dict[str, Any], known: float = 0.9) -> Verdict:
    strangers = [{"name": f"赵{chr(0x4E00 + place)}", "sex": "1", **OTHER_HOME} for place in range(500)]
    return oracle(rows({"department": "health"} | record), rows(*register, *strangers), np.array([known]), ASSUMED)


def test_equal_in_all_is_decidable() -> None:
    person = {"name": "逄海龙", "birth_date": DAY, "phone": "13800000001", **HOME}
    found = verdict(person, person)
    assert found.best.tolist() == [0]
    assert found.posterior[0] > 0.9999999


def test_two_alike_share_the_posterior() -> None:
    found = verdict(
        {"name": "逄海龙", "birth_date": DAY},
        {"name": "逄海龙", "birth_date": DAY},
        {"name": "逄海龙", "birth_date": DAY},
    )
    assert found.posterior[0] == pytest.approx(0.5, abs=0.001)


def test_a_common_name_alone_says_less_than_a_rare_one() -> None:
    rare, common = (verdict({"name": name}, {"name": name}, known=0.5).posterior[0] for name in ("逄海龙", "王伟"))
    assert common < rare


def test_kin_under_one_roof_are_not_the_person() -> None:
    father = {"name": "逄建国", "birth_date": DAY, "phone": "13800000001", **HOME}
    found = verdict({"name": "逄海龙", "phone": "13800000001", **HOME}, father, known=0.5)
    assert found.posterior[0] < 0.05


def test_a_phone_of_the_household_speaks_for_who_has_none_in_the_register() -> None:
    mother = {"name": "崔丽", "phone": "13800000001", **HOME}
    boy = {"name": "王伟", **HOME}
    record = {"name": "王伟", "phone": "13800000001"}
    at_home = verdict(record, boy, mother, known=0.5).posterior[0]
    apart = verdict(record, boy, mother | OTHER_HOME, known=0.5).posterior[0]
    assert at_home > apart


def test_nobody_of_the_register_is_no_candidate() -> None:
    found = verdict({"name": "逄海龙", "birth_date": DAY}, {"name": "崔丽", "birth_date": datetime.date(1990, 1, 1)})
    assert found.best.tolist() == [-1]
    assert found.posterior.tolist() == [0]


@pytest.mark.parametrize(
    ("true", "seen", "shares"),
    [
        ("张燕", "张艳", {"homophone": 1 / 4}),  # 燕艳雁彦晏: one place of the name, four others
        ("闫磊", "阎磊", {"variant": 1}),
        ("张伟杰", "伟杰张", {"swapped_order": 1}),
        ("张伟杰", "张伟", {"clipped": 1}),
        ("张国伟", "張國偉", {"traditional": 1}),
        ("芳华", "王芳华", {"married_name": 1 / 5}),
        ("张伟", "王强", {}),
    ],
)
def test_names(true: str, seen: str, shares: dict[str, float]) -> None:
    assert name_shares(true, seen) == pytest.approx(shares)


@pytest.mark.parametrize(
    ("true", "seen", "kinds"),
    [
        ("19800115", "19800116", {"wrong_digit"}),
        ("19801201", "19800112", {"month_day_swapped"}),
        ("19900115", "19800115", {"wrong_digit", "year_off"}),
        ("19800115", "18900115", {"transposed"}),
        ("19800115", "19770304", set()),
    ],
)
def test_dates(true: str, seen: str, kinds: set[str]) -> None:
    assert set(date_shares(true, seen)) == kinds


def test_numbers_and_addresses() -> None:
    assert digit_shares("13800000001", "13800000002") == pytest.approx({"wrong_digit": 1 / 99})
    assert digit_shares("13800000001", "18300000001") == pytest.approx({"transposed": 1 / 10})
    assert digit_shares("13800000001", "1380000000") == {}
    assert "wrong_but_passing" in number_shares("130302198001150011", "130302198001150310")
    assert number_shares("130302198001150011", "110101198001150310") == {}
    assert address_share("河北大街|407||", "河北大街|408||") == pytest.approx(1 / 27)
    assert address_share("河北大街|407||", "文化路|407||") == 0


def test_how_common_names_are() -> None:
    assert surname_of("欧阳明") == "欧阳"
    assert given_share("伟") > given_share("堃燊") > 0
    assert name_share("王伟") > name_share("逄伟")


def test_priors_are_the_shares_of_groups() -> None:
    assert prior_of(np.array([True, False, True, True]), ["a", "a", "b", "b"]).tolist() == [0.5, 0.5, 0.999, 0.999]


def test_scores_against_a_truth_of_several_right_rows() -> None:
    truth = pa.table({"record_id": ["a", "a", "b", "c"], "register_id": ["1", "2", None, "3"]})
    said = pa.table({"record_id": ["a", "b", "c"], "register_id": ["2", "9", "4"], "probability": [0.9, 0.8, 0.7]})
    found = answers(said, truth)
    assert found.right.tolist() == [True, False, False]
    assert found.known.tolist() == [True, False, True]
    threshold, best = found.best()
    assert (threshold, best.said, best.right, best.true) == (0.9, 1, 1, 2)
    assert found.at(0.0).precision == pytest.approx(1 / 3)
