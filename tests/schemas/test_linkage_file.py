from pathlib import Path

import pytest

from schemas.errors import ConfigurationError
from schemas.linkage_file import load_linkage
from schemas.linkage_spec import Comparison, Decide, LinkageField, Rung, Skew
from schemas.standard_file import load_standard

SOUND = """\
entity: person
ladder:
  - {same: citizen_id, anchored: true, agree: [name], else: review}
  - {same: [document_type, document_number], agree: [name], else: insufficient}
block: [[name, birth_date], [name.pinyin, birth_date.month]]
compare:
  name: {as: person_name, term_frequency: true}
  sex: {as: exact}
decide: {link: 0.999, review: 0.80, margin: 4, enough: 12}
never_share: [citizen_id]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "person.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_ladder_the_evidence_and_the_limits(tmp_path: Path) -> None:
    spec = load_linkage(write(tmp_path, SOUND), load_standard())
    assert spec.ladder == (
        Rung(("citizen_id",), True, ("name",), "review"),
        Rung(("document_type", "document_number"), False, ("name",), "insufficient"),
    )
    assert spec.block == (("name", "birth_date"), ("name.pinyin", "birth_date.month"))
    assert spec.compare == (Comparison("name", "person_name", True), Comparison("sex", "exact"))
    assert spec.decide == Decide(0.999, 0.8, 4.0, 12.0)
    assert spec.never_share == ("citizen_id",)
    assert spec.fields[:2] == (
        LinkageField("name", "person_name", "name", "name"),
        LinkageField("sex", "code", "sex", "sex"),
    )
    assert {field.name for field in spec.fields} == {
        "name", "sex", "birth_date", "citizen_id", "document_type", "document_number"
    }  # fmt: skip
    assert (spec.skew, spec.household, spec.one_to_one, spec.id) == (Skew(100_000, "split"), (), False, None)


def test_households_and_large_blocks(tmp_path: Path) -> None:
    text = SOUND + "household: [[name.surname, address.house], [phone]]\nskew: {at_most: 500, else: refuse}\n"
    spec = load_linkage(write(tmp_path, text), load_standard())
    assert spec.household == (("name.surname", "address.house"), ("phone",))
    assert spec.skew == Skew(500, "refuse")
    assert spec.field("address").kind == "address"


def test_what_a_household_does_not_share(tmp_path: Path) -> None:
    text = SOUND.replace("name: {as: person_name, term_frequency: true", "name: {as: person_name, distinct: true")
    found = load_linkage(write(tmp_path, text), load_standard())
    assert found.compare[0] == Comparison("name", "person_name", distinct=True)
    with pytest.raises(ConfigurationError, match="true or false"):
        load_linkage(write(tmp_path, text.replace("distinct: true", "distinct: maybe")), load_standard())


def test_a_ladder_alone_is_enough(tmp_path: Path) -> None:
    spec = load_linkage(write(tmp_path, SOUND[: SOUND.index("block")]), load_standard())
    assert (len(spec.ladder), spec.block, spec.compare, spec.decide) == (2, (), (), None)


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("entity: person", "entity: persn", 1, "did you mean 'person'"),
        ("entity: person", "entity: marriage", 1, "an entity that is no fact"),
        ("entity: person", "entity: business", 1, "the file's own name"),
        ("same: citizen_id", "same: citizenid", 3, "did you mean 'citizen_id'"),
        ("agree: [name], else: review", "agree: [nmae], else: review", 3, "did you mean 'name'"),
        ("else: review", "else: reveiw", 3, "did you mean 'review'"),
        (", else: review", "", 3, "the key 'else'"),
        ("anchored: true", "anchored: 1", 3, "true or false"),
        ("name.pinyin", "nam.pinyin", 5, "did you mean 'name'"),
        ("name.pinyin", "name.", 5, "a key of it"),
        ("name.pinyin", "name.pinyni", 5, "did you mean 'name.pinyin'"),
        ("name.pinyin", "sex.pinyin", 5, "sex.code"),
        ("[name.pinyin, birth_date.month]", "[birth_date, name]", 5, "each rule once"),
        ("  sex:", "  sx:", 8, "did you mean 'sex'"),
        ("as: person_name", "as: person_nam", 7, "did you mean 'person_name'"),
        ("0.999", "99.9%", 9, "a number"),
        ("0.999", "0.7", 9, "0 < review < link < 1"),
        ("margin: 4, ", "", 9, "the key 'margin'"),
        ("never_share: [citizen_id]", "never_share: [citizen_ids]", 10, "did you mean 'citizen_id'"),
        ("decide:", "decides:", 9, "did you mean 'decide'"),
        ("decide: {link: 0.999, review: 0.80, margin: 4, enough: 12}\n", "", 2, "all three"),
    ],
)
def test_mistakes(tmp_path: Path, old: str, new: str, line: int, expected: str) -> None:
    with pytest.raises(ConfigurationError, match=expected) as caught:
        load_linkage(write(tmp_path, SOUND.replace(old, new, 1)), load_standard())
    assert caught.value.line == line


def test_a_former_name_is_compared_with_the_name_that_a_record_tells(tmp_path: Path) -> None:
    text = SOUND.replace("  sex:", "  former_name: {as: person_name, instead_of: name}\n  sex:")
    spec = load_linkage(write(tmp_path, text), load_standard())
    assert spec.compare[1] == Comparison("former_name", "person_name", False, "name")
    assert spec.field("former_name") == LinkageField("former_name", "person_name", "former_name", "name")
    with pytest.raises(ConfigurationError, match="another field that is compared"):
        load_linkage(write(tmp_path, text.replace("instead_of: name", "instead_of: phone")), load_standard())


def test_namesakes_share_fields_that_are_compared(tmp_path: Path) -> None:
    assert load_linkage(write(tmp_path, SOUND + "namesake: [name, sex]\n"), load_standard()).namesake == ("name", "sex")
    with pytest.raises(ConfigurationError, match="a field"):
        load_linkage(write(tmp_path, SOUND + "namesake: [name, phone]\n"), load_standard())
