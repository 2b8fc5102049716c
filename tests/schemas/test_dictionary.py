"""docs/standard.md is what the standard says, word for word."""

from pathlib import Path

from schemas.code_table import code_table_names, load_code_table
from schemas.dictionary import dictionary
from schemas.standard_changes import load_releases
from schemas.standard_file import load_standard

DOCUMENT = Path(__file__).parents[2] / "docs" / "standard.md"


def generated() -> str:
    tables = {name: load_code_table(name) for name in code_table_names()}
    return dictionary(load_standard(), tables, load_releases())


def test_the_document_is_true() -> None:
    told = "docs/standard.md is old; write it again: cityhub standard --markdown > docs/standard.md"
    assert DOCUMENT.read_text(encoding="utf-8") == generated(), told


def test_every_field_and_code_table_stands_in_it_in_both_languages() -> None:
    text = generated()
    for entity in load_standard().entities.values():
        section = text.split(f"### {entity.label.zh} {entity.name}\n")[1].split("\n### ")[0]
        for field in entity.fields:
            assert f"| `{field.name}` | {field.label.zh} {field.label.en} |" in section
    for name in code_table_names():
        assert f"| `{name}` | {load_code_table(name).label.zh} {load_code_table(name).label.en} |" in text


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    width = 0
    for line in generated().splitlines():
        if not line.startswith("|"):
            width = 0
        elif width:
            assert line.count("|") == width, line
        else:
            width = line.count("|")
