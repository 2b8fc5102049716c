"""Taxpayer numbers of every length that tax offices ever gave out."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.reasons import Reason
from tests.values.cases import assert_cases, citizen_number, texts
from values import tax_number

UNIFIED = "91110000600037341L"
OLD = "110000600037341"
PERSON = citizen_number("130302", "19800101", "123")


def test_clean() -> None:
    foreign = "C2019840000000011"
    assert_cases(
        tax_number.clean,
        [
            (UNIFIED, UNIFIED, set()),
            (UNIFIED.lower(), UNIFIED, {Reason.CASE_FOLDED}),
            (OLD, OLD, set()),
            ("130302600037341", "130302600037341", set()),
            ("130302600037342", "130302600037342", {Reason.INNER_CODE_WRONG}),
            ("13030260003734-1", "130302600037341", {Reason.SEPARATOR_UNIFIED}),
            ("999999600037341", None, {Reason.UNKNOWN_DIVISION}),
            ("13030X600037341", None, {Reason.UNKNOWN_DIVISION}),
            (PERSON, PERSON, set()),
            (PERSON + "01", PERSON + "01", set()),
            (PERSON[:17] + ("0" if PERSON[17] != "0" else "1") + "01", None, {Reason.WRONG_CHECK_DIGIT}),
            ("130302800101123" + "00000", "130302800101123" + "00000", set()),
            ("130302801301123" + "00000", None, {Reason.WRONG_CHECK_DIGIT}),
            (foreign + "7", foreign + "7", set()),
            (UNIFIED[:-1] + "M", None, {Reason.WRONG_CHECK_DIGIT}),
            (UNIFIED[:-1], None, {Reason.WRONG_LENGTH}),
            ("1303022*******1", None, {Reason.MASKED}),
            ("1.30302E+14", None, {Reason.FLOAT_DAMAGED}),
            ("税务登记", None, {Reason.WRONG_CHARACTER}),
            ("无", None, {Reason.SENTINEL}),
            (None, None, set()),
        ],
    )


def test_keys_join_old_and_new_by_the_organisation_code() -> None:
    keys = tax_number.keys(texts([UNIFIED, OLD, PERSON, PERSON + "01", None]))
    assert keys["organisation"].to_pylist() == ["600037341", "600037341", None, None, None]


def test_mask_hides_the_birth_date_of_a_sole_trader() -> None:
    masked = tax_number.mask(texts([PERSON, OLD, "张三的号"])).to_pylist()
    assert masked == ["130302**********" + PERSON[-2:], "110000*******41", "******"]


@settings(deadline=None)
@given(st.text(alphabet="0123456789ABX-* ", max_size=22))
def test_clean_is_idempotent_and_agrees_with_check(text: str) -> None:
    once = tax_number.clean(texts([text])).values
    assert tax_number.clean(once).values.equals(once)
    assert tax_number.check(once).tolist() == [once[0].is_valid]
