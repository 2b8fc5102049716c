"""What a field's rules are: those that follow by themselves, and its own."""

from schemas.field_rules import RULES, rules_of, sentence_of
from schemas.standard import Field, FieldRule, Text
from schemas.standard_file import load_standard

BIRTH = Field("birth_date", Text("出生日期", "date of birth"), "date", required=True, length=30)


def test_kind_length_codes_and_required_make_rules_by_themselves() -> None:
    assert [(rule.code, rule.other) for rule in rules_of(BIRTH)] == [
        ("present", ""), ("well_formed", ""), ("within_length", "30"),
    ]  # fmt: skip
    coded = Field("sex", Text("性别", "sex"), "code", codes="sex", severity="minor")
    assert rules_of(coded) == (FieldRule("in_table", "conformity", "minor", "sex"),)


def test_a_rule_is_a_sentence_in_both_languages_that_names_both_fields() -> None:
    rule = FieldRule("not_before", "consistency", "minor", "birth_date")
    sentence = sentence_of(rule, Text("死亡日期", "date of death"), {"birth_date": BIRTH.label})
    assert sentence == Text("死亡日期不早于出生日期", "date of death is not before date of birth")


def test_every_rule_of_the_standard_has_its_sentence_and_dimension() -> None:
    for entity in load_standard().entities.values():
        for field in entity.fields:
            for rule in rules_of(field):
                assert rule.dimension == RULES[rule.code].dimension
                assert "{" not in sentence_of(rule, field.label).zh
