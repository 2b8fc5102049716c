from pathlib import Path

import pytest

from schemas.errors import ConfigurationError
from schemas.standard_file import KINDS, load_standard
from values import kinds

VERSION = 'version: "9"\nentities: [person]\n'
PERSON = """entity: person
label: {zh: 人, en: person}
fields:
  name: {label: {zh: 姓名, en: name}, kind: person_name, required: true}
"""


def write(folder: Path, version: str = VERSION, **files: str) -> Path:
    (folder / "version.yaml").write_text(version, encoding="utf-8")
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


FACTS = [
    "marriage", "legal_representation", "employment", "household", "social_insurance", "medical_insurance", "property",
    "housing_contract", "vehicle", "licence", "education_enrolment", "housing_fund", "tax_registration", "seal",
    "application", "death",
]  # fmt: skip


def test_the_shipped_standard_has_two_parties_and_sixteen_facts() -> None:
    standard = load_standard()
    assert [entity.name for entity in standard.parties] == ["person", "business"]
    assert [entity.name for entity in standard.facts] == FACTS


def test_of_a_party_only_unusable_names_and_numbers_quarantine_and_of_a_fact_only_what_it_is_known_by() -> None:
    standard = load_standard()
    critical = {f"{entity.name}.{field.name}" for entity in standard.parties for field in entity.fields
                if field.severity == "critical"}  # fmt: skip
    assert critical == {"person.name", "person.citizen_id", "person.document_number", "business.name", "business.uscc"}
    for entity in standard.facts:
        for field in entity.fields:
            assert field.severity != "critical" or field.required


def test_every_field_says_who_leads_how_it_is_shared_and_on_what_basis() -> None:
    standard = load_standard()
    for entity in standard.entities.values():
        assert entity.lead and entity.category.zh and entity.updated.zh
        for field in entity.fields:
            assert not field.lead or field.lead in standard.departments
            assert (field.sharing.attribute == "unconditional") == (field.sharing.basis == "")
            assert (field.sharing.attribute == "conditional") == (field.sharing.condition != "")
            assert field.grade < 4 or field.sharing.attribute != "unconditional", f"{entity.name}.{field.name}"


def test_whoever_owns_a_thing_is_a_person_or_an_organisation_and_one_of_them_is_there() -> None:
    entities = load_standard().entities
    assert entities["vehicle"].at_least_one == (("owner_person", "owner_business"),)
    for entity in entities.values():
        required = any(party.required for party in entity.parties)
        assert not entity.is_fact or required or entity.at_least_one
        assert not entity.is_fact or set(entity.identity) & {party.role for party in entity.parties}


def test_every_field_is_labelled_in_both_languages_and_no_field_shadows_a_role() -> None:
    for entity in load_standard().entities.values():
        roles = {party.role for party in entity.parties}
        for field in entity.fields:
            assert field.label.zh and field.label.en.isascii()
            assert field.name not in roles


def test_a_small_standard_loads(tmp_path: Path) -> None:
    standard = load_standard(write(tmp_path, person=PERSON))
    field = standard.entities["person"].field("name")
    assert (standard.version, field.kind, field.required, field.severity) == ("9", "person_name", True, "major")


FACT = """entity: marriage
label: {zh: 婚姻, en: marriage}
parties: {wife: {entity: persn, label: {zh: 女, en: wife}}}
identity: [wife]
fields: {since: {label: {zh: 起, en: since}, kind: date}}
"""


@pytest.mark.parametrize(
    ("person", "line", "expected"),
    [
        (PERSON.replace("kind: person_name", "kind: persn_name"), 4, "did you mean 'person_name'"),
        (PERSON.replace("required: true", "required: yes"), 4, "true or false"),
        (PERSON.replace("required", "requird"), 4, "did you mean 'required'"),
        (PERSON.replace("required: true", "codes: sex"), 4, "only for it"),
        (PERSON.replace("kind: person_name", "kind: code"), 4, "a code table for kind 'code'"),
        (PERSON.replace("required: true", "grade: 5"), 4, "a grade from 1 to 4"),
        (PERSON.replace("required: true", "length: long"), 4, "a whole number"),
        (PERSON.replace("required: true", "severity: fatal"), 4, "a severity"),
        (PERSON.replace("entity: person", "entity: people"), 1, "the file's own name"),
        (PERSON.replace(", en: person", ""), 2, "the key 'en'"),
        (PERSON + "identity: [nmae]\n", 5, "did you mean 'name'"),
        (PERSON.replace("  name:", "  Name:"), 4, "snake_case"),
        (PERSON.replace("  name:", "  record_id:"), 4, "every record has a column of this one"),
        (PERSON.replace("required: true", "recalled: true"), 4, "an identifier that was recalled"),
        (PERSON.replace("required: true", "sharing: conditonal"), 4, "did you mean 'conditional'"),
        (PERSON.replace("required: true", "sharing: conditional"), 4, "the law that restricts"),
        (PERSON.replace("required: true", "sharing: {attribute: conditional, basis: x}"), 4, "on what terms"),
        (PERSON.replace("required: true", "sharing: refused"), 4, "the law that restricts"),
        (PERSON.replace("required: true", "sharing: {attribute: unconditional, basis: x}"), 4, "no conditions"),
        (PERSON.replace("required: true", "rules: [not_futur]"), 4, "a rule"),
        (PERSON.replace("required: true", "rules: [not_future]"), 4, "it is for date"),
        (PERSON.replace("required: true", "rules: [{agrees_with: nme}]"), 4, "another field of the same entity"),
        (PERSON.replace("required: true", "rules: [{fresh_within: 3}]"), 4, "3y or 18mo"),
        (PERSON.replace("required: true", "rules: [{severity: minor}]"), 4, "one rule"),
    ],
)
def test_mistakes_in_an_entity(tmp_path: Path, person: str, line: int, expected: str) -> None:
    with pytest.raises(ConfigurationError, match=expected) as caught:
        load_standard(write(tmp_path, person=person))
    assert (caught.value.file.name, caught.value.line) == ("person.yaml", line)


def test_an_entity_without_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'person'"):
        load_standard(write(tmp_path, 'version: "9"\nentities: [persn]\n', person=PERSON))


def test_a_party_of_no_entity(tmp_path: Path) -> None:
    version = 'version: "9"\nentities: [person, marriage]\n'
    with pytest.raises(ConfigurationError, match="did you mean 'person'") as caught:
        load_standard(write(tmp_path, version, person=PERSON, marriage=FACT))
    assert (caught.value.file.name, caught.value.line) == ("marriage.yaml", 3)


def test_a_fact_without_identity(tmp_path: Path) -> None:
    version = 'version: "9"\nentities: [person, marriage]\n'
    fact = FACT.replace("identity: [wife]\n", "").replace("persn", "person")
    with pytest.raises(ConfigurationError, match="the key 'identity'"):
        load_standard(write(tmp_path, version, person=PERSON, marriage=fact))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("wife: {entity: person,", "wife: {entity: person, required: false,", "a fact is about somebody"),
        ("identity: [wife]", "identity: [wife]\nat_least_one: [[wife, husband]]", "an optional party"),
        ("fields: {since:", "fields: {wife:", "a name that no party has"),
        ("kind: date}", "kind: date, rules: [{not_before: until}]}", "another field of the same entity"),
    ],
)
def test_mistakes_in_a_fact(tmp_path: Path, old: str, new: str, expected: str) -> None:
    version = 'version: "9"\nentities: [person, marriage]\n'
    fact = FACT.replace("persn", "person")
    assert old in fact
    with pytest.raises(ConfigurationError, match=expected):
        load_standard(write(tmp_path, version, person=PERSON, marriage=fact.replace(old, new)))


def test_a_lead_that_is_no_department_of_the_standard(tmp_path: Path) -> None:
    version = VERSION + "departments: {police: {zh: 公安局, en: Police}}\n"
    person = PERSON.replace("required: true", "lead: polce")
    with pytest.raises(ConfigurationError, match="did you mean 'police'"):
        load_standard(write(tmp_path, version, person=person))


def test_a_field_takes_lead_and_sharing_of_its_entity(tmp_path: Path) -> None:
    entity = PERSON + "lead: police\nsharing: {attribute: conditional, condition: 依申请, basis: 某法}\n"
    standard = load_standard(write(tmp_path, person=entity.replace("required: true", "sharing: unconditional")))
    assert standard.entities["person"].field("name").sharing.attribute == "unconditional"
    standard = load_standard(write(tmp_path, person=entity))
    name = standard.entities["person"].field("name")
    assert (name.lead, name.sharing.condition, name.sharing.basis) == ("police", "依申请", "某法")


def test_every_kind_has_its_verbs() -> None:
    assert set(KINDS) <= set(kinds.KINDS)
