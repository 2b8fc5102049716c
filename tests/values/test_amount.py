"""Amounts: decimal text out, whatever the punctuation; a unit of its own or an exponent is no number."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.reasons import Reason
from tests.values.cases import assert_cases, texts
from values import amount


def test_clean() -> None:
    assert_cases(
        amount.clean,
        [
            ("1234.5", "1234.5", set()),
            ("0", "0", set()),
            ("-3", "-3", set()),
            ("1234.50", "1234.5", set()),
            ("100.00", "100", set()),
            ("0007", "7", set()),
            (".5", None, {Reason.NOT_A_NUMBER}),
            ("5.", "5", set()),
            ("-0.00", "0", set()),
            ("1,234,567.80", "1234567.8", {Reason.SEPARATOR_UNIFIED}),
            ("1,23,4", None, {Reason.NOT_A_NUMBER}),
            ("￥500", "500", {Reason.WIDTH_FOLDED, Reason.PREFIX_REMOVED}),
            ("¥500", "500", {Reason.PREFIX_REMOVED}),
            ("５００", "500", {Reason.WIDTH_FOLDED}),
            (" 500 ", "500", {Reason.SPACES_REMOVED}),
            ("500万元", None, {Reason.NOT_A_NUMBER}),
            ("500元", None, {Reason.NOT_A_NUMBER}),
            ("伍佰", None, {Reason.NOT_A_NUMBER}),
            ("1.5E+05", None, {Reason.FLOAT_DAMAGED}),
            ("999999", "999999", set()),  # money may well be 999999
            ("5**", None, {Reason.MASKED}),
            ("=1+1", None, {Reason.NOT_A_NUMBER, Reason.FORMULA_LIKE}),
            ("9" * 21, None, {Reason.TOO_LONG}),
            ("无", None, {Reason.SENTINEL}),
            (None, None, set()),
        ],
    )


@settings(deadline=None)
@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_the_number_stays_what_it_is(number: Decimal) -> None:
    cleaned = amount.clean(texts([f"{number:f}", f"{number:,f}"])).values.to_pylist()
    assert [Decimal(text) for text in cleaned] == [number, number]
    assert cleaned[0] == cleaned[1]
    assert amount.check(texts(cleaned)).all()


@settings(deadline=None)
@given(st.text(alphabet="0123456789.,-+E元 ", max_size=15))
def test_clean_is_idempotent(text: str) -> None:
    once = amount.clean(texts([text])).values
    assert amount.clean(once).values.equals(once)
    assert amount.check(once).tolist() == [once[0].is_valid]
