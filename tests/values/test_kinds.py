"""Every kind speaks the same verbs and stands whatever text comes."""

from __future__ import annotations

import datetime
import time

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.reasons import Reason
from tests.values.cases import TODAY, texts
from values.kinds import KINDS

CONTEXT = {"as_of": TODAY, "length": 50, "crosswalk": {"男": "1"}, "allowed": frozenset({"1"}), "area_code": "0335"}
NAMES = sorted(KINDS)


def test_the_kinds_are_those_the_standard_names() -> None:
    assert set(KINDS) == {
        "text", "citizen_id", "document", "uscc", "registration_number", "person_name", "company_name", "code", "date",
        "phone", "address", "plate", "vin", "tax_number", "amount", "path",
    }  # fmt: skip


def test_a_kind_takes_its_own_context_only() -> None:
    assert KINDS["date"].context == {"formats", "as_of", "earliest"}
    assert KINDS["uscc"].context == frozenset()
    assert KINDS["uscc"].clean_with(texts(["无"]), CONTEXT).reasons_of(0) == (Reason.SENTINEL,)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_column_and_one_of_nulls(name: str) -> None:
    kind = KINDS[name]
    for column in (pa.array([], pa.string()), pa.nulls(3, pa.string()), texts(["", " ", "\u3000"])):
        cleaned = kind.clean_with(column, CONTEXT)
        assert cleaned.values.null_count == len(column)
        assert cleaned.findings == ()
        assert kind.check(cleaned.values).tolist() == [False] * len(column)
        assert kind.mask(cleaned.values).null_count == len(column)
        assert kind.compare(cleaned.values, cleaned.values).tolist() == [0] * len(column)
        assert all(len(key) == key.null_count == len(column) for key in kind.keys(cleaned.values).values())


@pytest.mark.parametrize("name", NAMES)
def test_long_and_odd_texts_are_quick_and_never_raise(name: str) -> None:
    odd = [letters * 50_000 for letters in ("xx", "11", "张张", "  ", "((", "1 ")]
    odd += ["a\x00b", "\ufffd"]
    odd += ["=cmd|'/C calc'!A0", "<script>x</script>", "\U0010ffff", "\ud7ff", "１" * 99, "-" * 99, "@a", "+86" * 40]
    started = time.process_time()
    cleaned = KINDS[name].clean_with(texts(odd), CONTEXT)
    assert time.process_time() - started < 2
    assert cleaned.values[:3].null_count == 3
    for finding in cleaned.findings:
        assert (np.diff(finding.rows) > 0).all()
        assert finding.rows.dtype == np.int64


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=4))
def test_a_value_does_not_depend_on_its_neighbours(items: list[str]) -> None:
    column = texts([item.encode("utf-8", "replace").decode() for item in items])
    for kind in KINDS.values():
        together = kind.clean_with(column, CONTEXT)
        kind.mask(column)
        for row in range(len(column)):
            alone = kind.clean_with(column.slice(row, 1), CONTEXT)
            assert alone.values[0] == together.values[row]
            assert alone.reasons_of(0) == together.reasons_of(row)


@given(st.text(max_size=40))
def test_text_kinds_are_idempotent(text: str) -> None:
    column = texts([text.encode("utf-8", "replace").decode()])
    for name in ("text", "address", "company_name", "phone", "document"):
        once = KINDS[name].clean_with(column, CONTEXT)
        again = KINDS[name].clean_with(once.values, CONTEXT)
        assert again.values.equals(once.values), name


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("date", "code")])
@given(text=st.text(alphabet="0123456789X秦皇岛市张公司A-", min_size=3, max_size=30))
def test_masks_hide_at_least_a_third(name: str, text: str) -> None:
    masked = KINDS[name].mask(texts([text]))[0].as_py()
    assert "*" in masked
    shown = sum(letter != "*" for letter in masked.removesuffix("公司").removesuffix("合作社"))
    assert shown <= max(1, 2 * len(text) // 3)


def test_dates_and_codes_are_masked_too() -> None:
    assert KINDS["date"].mask(pa.array([datetime.date(1980, 1, 15), None])).to_pylist() == ["1980-**-**", None]
    assert KINDS["date"].mask(texts(["19800115", "垃圾"])).to_pylist() == ["1980-**-**", "****"]
    assert KINDS["code"].mask(texts(["20"])).to_pylist() == ["*"]
