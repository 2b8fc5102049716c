"""Addresses as a kind: what clean flags with a gazetteer, the keys, and how alike two are."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from schemas.reasons import Reason
from tests.values.cases import assert_cases, texts
from tests.values.gazetteers import shipped
from values import address, address_agreement
from values.kinds import KINDS


def test_clean_flags_what_the_gazetteer_cannot_place() -> None:
    assert_cases(
        address.clean,
        [
            ("秦皇岛市海港区河北大街12号", "秦皇岛市海港区河北大街12号", set()),
            ("朝阳路１２号", "朝阳路12号", {Reason.WIDTH_FOLDED, Reason.AMBIGUOUS_PLACE}),
            ("海港区八一路1号", "海港区八一路1号", {Reason.UNLISTED_PLACE}),
            ("火车站对面", "火车站对面", {Reason.UNPARSED_ADDRESS}),
            ("=1+1", "=1+1", {Reason.FORMULA_LIKE}),
            ("暂无", None, {Reason.SENTINEL}),
            ("沈阳市和平区南京街1号", "沈阳市和平区南京街1号", set()),
            (None, None, set()),
        ],
        gazetteer=shipped(),
    )


def test_the_kind_takes_the_gazetteer_from_its_context() -> None:
    assert "gazetteer" in KINDS["address"].context
    cleaned = KINDS["address"].clean_with(texts(["不知道"]), {"gazetteer": shipped(), "as_of": None})
    assert cleaned.reasons_of(0) == (Reason.UNPARSED_ADDRESS,)


SAME = "秦皇岛市海港区河北大街12号玉龙湾3栋2单元501室"


@pytest.mark.parametrize(
    ("other", "level"),
    [
        ("海港区文化路街道河北大街12号玉龙湾3号楼2单元501", "same_house"),
        ("河北大街十二号玉龙湾3-2-501", "same_house"),
        ("海港区玉龙湾3栋2单元501室", "same_house"),
        ("海港区河北大街12号3栋2单元502", "other_room"),
        ("海港区河北大街12号3栋", "same_building"),
        ("海港区河北大街12号玉龙湾4栋2单元501", "other_building"),
        ("河北大街12号", "same_number"),
        ("河北大街13号", "other_number"),
        ("秦皇岛市海港区河北大街", "same_road"),
        ("海港区文化路12号", "different"),
        ("抚宁区迎宾路12号", "different"),
        ("沈阳市和平区河北大街12号玉龙湾3栋2单元501室", "different"),
        ("秦皇岛市海港区", "missing"),
        ("不知哪里", "missing"),
        (None, "missing"),
    ],
)
def test_likeness_part_by_part(other: str | None, level: str) -> None:
    for pair in ((SAME, other), (other, SAME)):
        found = address.compare(texts([pair[0]]), texts([pair[1]]), shipped())
        assert address.LEVELS[found[0]] == level


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("留守营镇下庄村12号", "抚宁区下庄村12号", "same_house"),
        ("留守营镇下庄村12号", "留守营镇下庄村", "same_road"),
        ("留守营镇下庄村12号", "留守营镇下庄村9号", "other_number"),
        ("留守营镇下庄村12号", "留守营镇曹东庄村12号", "same_town"),
        ("抚宁县城关镇", "抚宁区抚宁镇", "same_town"),
        ("开发区珠江道1号", "海港区珠江道1号", "same_house"),
        ("开发区珠江道1号", "昌黎县珠江道1号", "different"),
        ("河北大街西段12号", "河北大街东段12号", "other_number"),
        ("海港区友谊路12号", "海港区友谊路12号甲", "other_number"),
        ("旧址往前那一片儿", "旧址往前那一片儿", "same_house"),
        ("海港区", "海港区", "missing"),
    ],
)
def test_villages_towns_zones_and_segments(left: str, right: str, level: str) -> None:
    assert address.LEVELS[address.compare(texts([left]), texts([right]), shipped())[0]] == level


def test_keys_grow_finer_and_agree_however_an_address_is_written() -> None:
    written = [SAME, "海港区河北大街十二号玉龙湾3号楼2单元501", "抚宁区下庄村7号", "秦皇岛市", None]
    keys = address.keys(texts(written), shipped())
    assert list(keys) == ["letters", "road", "number", "building", "house"]
    for name in ("road", "number", "building", "house"):
        assert keys[name][0].as_py() == keys[name][1].as_py() is not None
        assert keys[name][3].as_py() is keys[name][4].as_py() is None
    assert [keys[name][2].as_py() for name in ("road", "number", "building", "house")] == [
        "下庄村", "下庄村|7", None, "下庄村|7"
    ]  # fmt: skip


def test_the_linkage_key_works_without_a_gazetteer_too() -> None:
    assert address.keys(texts(["河北省秦皇岛市海港区河北大街12号"]))["road"].to_pylist() == ["河北大街"]


def test_parts_read_before_are_compared_without_the_texts() -> None:
    left = texts([SAME, SAME, SAME, "秦皇岛市海港区", None])
    right = texts(["河北大街十二号玉龙湾3-2-501", "河北大街13号", "海港区文化路12号", "秦皇岛市海港区", SAME])
    tables = [address.parse(side, shipped()).parts for side in (left, right)]
    levels = address_agreement.compare_parts(*tables, shipped())
    said = ["same_house", "other_number", "different", "missing", "missing"]
    assert [address.LEVELS[level] for level in levels] == said
    assert levels.tolist() == address.compare(left, right, shipped()).tolist()
    rows = KINDS["address"].compare_rows_with_context(pa.concat_arrays([left, right]), {"gazetteer": shipped()})
    assert rows(np.arange(4), np.arange(5, 9)).tolist() == levels[:4].tolist()
    assert not KINDS["address"].equal_is_top
