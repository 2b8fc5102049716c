"""The catalogue entry of article 13: every element is there, for every entity and fact."""

import json

import pytest

from schemas.catalogue import catalogue, entry, mask_of
from schemas.standard_file import load_standard

STANDARD = load_standard()


def test_every_entity_has_an_entry_that_is_json() -> None:
    entries = catalogue(STANDARD)
    assert [one["code"] for one in entries] == [f"{STANDARD.version}/{name}" for name in STANDARD.entities]
    assert json.loads(json.dumps(entries, ensure_ascii=False)) == entries


@pytest.mark.parametrize("name", list(STANDARD.entities))
def test_an_entry_says_all_that_article_13_asks_for(name: str) -> None:
    one = entry(STANDARD, STANDARD.entities[name])
    for part in ("name", "items", "provider", "format", "updated", "sharing", "method", "class", "grade"):
        assert one[part], part
    assert one["sharing"]["attribute"] == "unconditional" or one["conditions"]
    assert one["provider"]["zh"]
    for item in one["items"]:
        assert item["name"]["zh"] and item["lead"]["zh"] and item["rules"]
        assert item["sharing"] == "unconditional" or item["basis"]


def test_what_is_refused_cites_the_law_and_has_no_terms() -> None:
    items = {item["field"]: item for item in entry(STANDARD, STANDARD.entities["death"])["items"]}
    assert items["cause"]["sharing"] == "refused"
    assert "基本医疗卫生与健康促进法" in items["cause"]["basis"]
    assert "condition" not in items["cause"]
    assert items["died_on"]["sharing"] == "conditional"


def test_a_field_of_a_high_grade_is_masked_by_its_kind() -> None:
    person = STANDARD.entities["person"]
    assert mask_of(person.field("citizen_id")) == "citizen_id"
    assert mask_of(person.field("sex")) == ""
