"""The ladder for one record: numbers held now, held before, and held by nobody."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.online_ladder import DOUBTED, Asked, Row, laddered
from matching.rules import AnchorSource, KeyColumn, LadderRules, NameAgreement

LEVELS = ("missing", "different", "exact")


def compare(left: pa.Array, right: pa.Array) -> npt.NDArray[np.int8]:
    return np.where(pc.equal(left, right).to_numpy(zero_copy_only=False), 2, 1).astype(np.int8)


BUSINESS = LadderRules(
    "business",
    (KeyColumn("uscc", "uscc"), KeyColumn("registration_number", "registration_number")),
    (AnchorSource("market", "E"), AnchorSource("seal", "S")),
    False,
    NameAgreement(compare, LEVELS, frozenset({"exact"})),
    "test",
)


def row(record: str, unit: str, rank: int | None = 0, rung: str = "register", **values: Any) -> Row:
    told = {"name": "大同", "anchor_rank": rank, "observed_at": "2026-01-01", **values}
    return Row(record, f"H{unit[-2:]}", unit, rank is not None, told, rung)


def said(rows: list[Row], apart: frozenset[str] = frozenset(), **values: Any) -> tuple[str, str, str | None]:
    told = laddered(BUSINESS, Asked({"name": "大同", **values}, rows, apart)).answer
    return told.decision, told.rung, told.hub_id


def test_a_sole_trader_who_became_a_company_is_found_by_the_number_it_had() -> None:
    """Its register row has another number now: what it held before leads to it, and the name it had agrees."""
    company = row("m1", "key:uscc:N2", uscc="N2", past_keys=["uscc:N1", "registration_number:R1"], past_names=["小同"])
    assert said([company], uscc="N1") == ("link", "former_identifier", "HN2")
    assert said([company], registration_number="R1", name="小同") == ("link", "former_identifier", "HN2")
    assert said([company], uscc="N2") == ("link", "anchored_identifier", "HN2")
    assert said([company], uscc="N1", name="别家")[0] == "review"


def test_a_seal_still_under_the_old_number_is_held_by_the_business_that_went_on() -> None:
    """The seal register still says N1, the more trusted row has moved on: both are one business with a history."""
    rows = [row("m1", "key:uscc:N2", uscc="N2", past_keys=["uscc:N1"]), row("s1", "key:uscc:N2", 1, uscc="N1")]
    assert said(rows, uscc="N1") == ("link", "former_identifier", "HN2")


def test_a_number_that_another_row_holds_now_leads_to_that_one_only() -> None:
    rows = [row("m1", "key:uscc:N2", uscc="N2", past_keys=["uscc:N1"]), row("m2", "key:uscc:N1", uscc="N1")]
    assert said(rows, uscc="N1") == ("link", "anchored_identifier", "HN1")


def test_held_apart_from_the_holder_a_record_goes_nowhere_by_its_number() -> None:
    holder = row("m1", "key:uscc:N1", uscc="N1")
    assert said([holder], uscc="N1") == ("link", "anchored_identifier", "HN1")
    assert said([holder], frozenset({"HN1"}), uscc="N1")[0] == "insufficient"


def test_others_of_a_provisional_number_speak_for_it_or_leave_it_in_doubt() -> None:
    def told(rung: str) -> tuple[str | None, str | None]:
        near = [row("r1", "key:uscc:N2", None, rung, uscc="N9")]
        found = laddered(BUSINESS, Asked({"name": "大同", "uscc": "N9"}, near))
        return found.spoken, found.doubted

    assert told("evidence") == ("HN2", None)
    assert told(DOUBTED) == (None, "HN2")
    assert told("provisional_identifier") == (None, None)
