"""Unified codes and the registration numbers they replaced."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc as stdnum_uscc

from schemas.reasons import Reason
from tests.values.cases import assert_cases, citizen_number, texts
from values import registration_number, uscc

GOOD = "91110000600037341L"  # in python-stdnum's documentation
LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
REGISTRATION = "110108000000016"  # a registration number printed in the rule on numbering


def code(body: str) -> str:
    """Return 17 characters with their check character, by the library whose documentation the example is from."""
    return body + stdnum_uscc.calc_check_digit(body)


def with_inner(head: str, organisation: str) -> str:
    """Return a code with a right organisation code (GB 11714) inside."""
    worth = [int(letter, 36) for letter in organisation]
    total = sum(value * weight for value, weight in zip(worth, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    return code(head + organisation + "0X987654321"[total % 11])


def test_clean_codes() -> None:
    citizen = citizen_number("130302", "19800101", "123")
    head = "91130302MA001234"
    right = with_inner("91130302", "MA001234")[16]
    inner_wrong = code(head + ("0" if right != "0" else "1"))
    assert_cases(
        uscc.clean,
        [
            (GOOD, GOOD, set()),
            (GOOD.lower(), GOOD, {Reason.CASE_FOLDED}),
            (f"{GOOD[:8]} {GOOD[8:]}", GOOD, {Reason.SPACES_REMOVED}),
            (with_inner("A1130302", "MA001234"), with_inner("A1130302", "MA001234"), set()),
            (with_inner("N2130302", "MF001234"), with_inner("N2130302", "MF001234"), set()),
            (inner_wrong, inner_wrong, {Reason.INNER_CODE_WRONG}),
            (GOOD[:17] + "M", None, {Reason.WRONG_CHECK_DIGIT}),
            (GOOD[:17], None, {Reason.WRONG_LENGTH}),
            (GOOD[:17] + "I", None, {Reason.WRONG_CHARACTER}),
            ("B" + GOOD[1:], None, {Reason.WRONG_CHARACTER}),
            (REGISTRATION, None, {Reason.TYPE_CONTRADICTED}),
            (citizen, None, {Reason.TYPE_CONTRADICTED}),
            ("913302******960857", None, {Reason.MASKED}),
            ("9.13303E+17", None, {Reason.FLOAT_DAMAGED}),
            ("无", None, {Reason.SENTINEL}),
            ("0" * 18, None, {Reason.SENTINEL}),
            (None, None, set()),
        ],
    )


def test_check_agrees_with_stdnum_but_for_institutions() -> None:
    """python-stdnum takes any first character that is a digit and refuses A, N and Y; else the two agree."""
    random = np.random.default_rng(3)
    codes = []
    for _ in range(3_000):
        head = str(random.integers(1, 10)) + str(random.integers(1, 10)) + "130302"
        body = head + "".join(LETTERS[place] for place in random.integers(0, 31, 9).tolist())
        good = code(body)
        codes.append(good if random.random() < 0.5 else good[:-1] + LETTERS[int(random.integers(0, 31))])
    ours = uscc.check(texts(codes)).tolist()
    assert ours == [stdnum_uscc.is_valid(one) for one in codes]
    assert 1_000 < sum(ours) < 2_500


def test_registration_numbers() -> None:
    assert_cases(
        registration_number.clean,
        [
            (REGISTRATION, REGISTRATION, set()),
            (f" {REGISTRATION} ", REGISTRATION, {Reason.SPACES_REMOVED}),
            (REGISTRATION[:14] + "7", None, {Reason.WRONG_CHECK_DIGIT}),
            (REGISTRATION[:13], None, {Reason.WRONG_LENGTH}),
            (REGISTRATION[:14] + "A", None, {Reason.WRONG_CHARACTER}),
            (GOOD, None, {Reason.TYPE_CONTRADICTED}),
            ("0" * 15, None, {Reason.SENTINEL}),
        ],
    )


@given(st.lists(st.integers(0, 9), min_size=14, max_size=14))
def test_exactly_one_check_digit_is_right(digits: list[int]) -> None:
    head = "".join(map(str, digits))
    right = registration_number.check(texts([head + str(last) for last in range(10)]))
    assert right.sum() == (0 if len(set(digits)) == 1 and right.sum() == 0 else 1)


@given(st.text(max_size=30))
def test_clean_is_idempotent_and_masks_hide(text: str) -> None:
    for kind in (uscc, registration_number):
        once = kind.clean(texts([text.encode("utf-8", "replace").decode()])).values
        again = kind.clean(once)
        assert again.values.equals(once)
        masked = kind.mask(once)[0].as_py()
        assert masked is None or "******" in masked
