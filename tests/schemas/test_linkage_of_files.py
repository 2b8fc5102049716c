from pathlib import Path

import pytest

from schemas.errors import ConfigurationError
from schemas.linkage_of_files import load_file_spec
from schemas.linkage_spec import Comparison, Decide, LinkageField, Rung, Skew

SOUND = """\
id: {left: person_id, right: rec_no}
fields:
  名称: {left: customer, right: 姓名}
  phone: tel
prepare: {名称: person_name}
ladder:
  - {same: tax_no, agree: [名称]}
block: [[名称.pinyin, birth.year], [phone]]
compare:
  名称: {as: person_name, term_frequency: true}
  birth: {as: date}
  phone: {as: phone}
  tax_no: {as: exact}
decide: {link: 0.9, review: 0.6}
one_to_one: true
household: [[名称.surname, phone]]
"""
LEFT = ("person_id", "customer", "tel", "birth", "tax_no")
RIGHT = ("rec_no", "姓名", "tel", "birth", "tax_no", "note")


def write(folder: Path, text: str) -> Path:
    path = folder / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_fields_are_free_names_and_have_their_columns(tmp_path: Path) -> None:
    spec = load_file_spec(write(tmp_path, SOUND), (LEFT, RIGHT))
    assert spec.id == ("person_id", "rec_no")
    assert spec.fields == (
        LinkageField("名称", "person_name", "customer", "姓名"),
        LinkageField("phone", "phone", "tel", "tel"),
        LinkageField("birth", "date", "birth", "birth"),
        LinkageField("tax_no", "exact", "tax_no", "tax_no"),
    )
    assert spec.ladder == (Rung(("tax_no",), False, ("名称",), "review"),)
    assert spec.block == (("名称.pinyin", "birth.year"), ("phone",))
    assert spec.household == (("名称.surname", "phone"),)
    assert spec.compare[0] == Comparison("名称", "person_name", True)
    assert spec.decide == Decide(0.9, 0.6, 3.0, 10.0)
    assert spec.one_to_one


def test_three_keys_are_enough(tmp_path: Path) -> None:
    spec = load_file_spec(write(tmp_path, "id: no\nblock: [[town]]\ncompare: {town: {as: text}}\n"))
    assert (spec.entity, spec.id, spec.decide, spec.skew) == ("record", ("no", "no"), Decide(), Skew())
    assert (spec.ladder, spec.never_share, spec.one_to_one) == ((), (), False)
    assert spec.field("town") == LinkageField("town", "text", "town", "town")


def test_a_field_that_is_only_blocked_on_is_named_in_fields(tmp_path: Path) -> None:
    text = "id: no\nfields: {zip: postcode}\nblock: [[zip]]\ncompare: {town: {as: text}}\n"
    assert load_file_spec(write(tmp_path, text)).field("zip") == LinkageField("zip", "exact", "postcode", "postcode")


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("left: person_id", "left: persn_id", 1, "left file.*did you mean 'person_id'"),
        ("right: 姓名", "right: 名字", 3, "a column of the right file"),
        ("phone: tel", "phone: telefon", 4, "a column of the left file"),
        ("  birth: {as: date}", "  birth_date: {as: date}", 8, "did you mean 'birth_date'"),
        ("  tax_no: {as: exact}\n", "", 7, "a field"),
        ("名称.pinyin", "名称.pinyni", 8, "did you mean '名称.pinyin'"),
        ("birth.year", "phone.year", 8, "phone.number"),
        ("as: date", "as: dates", 11, "did you mean 'date'"),
        ("{名称: person_name}", "{名称: person_names}", 5, "did you mean 'person_name'"),
        ("{名称: person_name}", "{na.me: person_name}", 5, "a field's name"),
        ("term_frequency: true", "term_frequencies: true", 10, "did you mean 'term_frequency'"),
        ("link: 0.9", "link: 0.5", 14, "0 < review < link < 1"),
        ("link: 0.9, ", "links: 0.9, ", 14, "did you mean 'link'"),
        ("one_to_one: true", "one_to_one: yes", 15, "true or false"),
        ("one_to_one:", "one_two_one:", 15, "did you mean 'one_to_one'"),
        ("id: {left: person_id, right: rec_no}", "id: {left: person_id}", 1, "the key 'right'"),
        ("id: {left: person_id, right: rec_no}\n", "", 1, "the key 'id'"),
        ("block: [[名称.pinyin, birth.year], [phone]]\n", "", 1, "the key 'block'"),
        ("block: [[名称.pinyin, birth.year], [phone]]", "block: []", 8, "a list of rules"),
    ],
)
def test_mistakes(tmp_path: Path, old: str, new: str, line: int, expected: str) -> None:
    with pytest.raises(ConfigurationError, match=expected) as caught:
        load_file_spec(write(tmp_path, SOUND.replace(old, new, 1)), (LEFT, RIGHT))
    assert caught.value.line == line


def test_a_review_above_the_default_link_is_told_at_review(tmp_path: Path) -> None:
    text = "id: no\nblock: [[town]]\ncompare: {town: {as: text}}\ndecide:\n  review: 0.99\n"
    with pytest.raises(ConfigurationError, match="0 < review < link < 1") as caught:
        load_file_spec(write(tmp_path, text))
    assert caught.value.line == 5
