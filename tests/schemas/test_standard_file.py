from pathlib import Path

import pytest

from schemas.errors import ConfigurationError
from schemas.standard_file import load_standard

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


def test_the_shipped_standard_has_two_parties_and_three_facts() -> None:
    standard = load_standard()
    assert [entity.name for entity in standard.parties] == ["person", "business"]
    assert [entity.name for entity in standard.facts] == ["marriage", "legal_representation", "employment"]


def test_only_unusable_names_and_numbers_quarantine() -> None:
    entities = load_standard().entities
    critical = {f"{entity.name}.{field.name}" for entity in entities.values() for field in entity.fields
                if field.severity == "critical"}  # fmt: skip
    assert critical == {"person.name", "person.citizen_id", "person.document_number", "business.name", "business.uscc"}


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
