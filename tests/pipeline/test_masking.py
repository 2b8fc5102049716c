"""What a person is shown of a source key: enough to find the row, nothing of anybody."""

from __future__ import annotations

import pytest

from pipeline.events import redact
from pipeline.masking import masked, masked_key
from schemas.standard_file import load_standard

FIELDS = load_standard().entities["person"]
NUMBER, NAME, SEX = (FIELDS.field(name) for name in ("citizen_id", "name", "sex"))


@pytest.mark.parametrize(
    ("key", "fields", "shown"),
    [
        ("QHD000051", [None], "QHD000051"),
        ("130302198001011018", [NUMBER], "130302********1018"),
        ("130302198001011018", [None], "130***************"),
        ("13030219800101101824", [None], "130*****************"),
        ("7|张建国", [None, NAME], "7|张*"),
        ("7\\|8|1", [None, SEX], "7\\|8|1"),
        ("130302198001011018|1", [None], "130***************|1"),
        (None, [None], None),
    ],
)
def test_a_key_is_shown_but_for_what_is_personal_in_it(
    key: str | None, fields: list[object], shown: str | None
) -> None:
    assert masked_key(key, fields) == shown  # type: ignore[arg-type]


def test_a_number_of_a_certificate_is_as_personal_as_the_one_inside() -> None:
    assert redact("残疾证 13030219800101101824 重复") == "残疾证 130***************** 重复"


def test_a_businesss_phone_and_representative_are_somebodys() -> None:
    business = load_standard().entities["business"]
    shown = {"name": "平安商店", "phone": "13612345678", "representative_name": "刘雅爱"}
    told = {name: masked(business.field(name), value) for name, value in shown.items()}
    assert told == {"name": "平安商店", "phone": "136****5678", "representative_name": "刘*"}
