from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from profiling.likely_field import Knowledge
from profiling.linkage_draft import LinkageDraft, Side, draft_linkage
from profiling.linkage_draft_text import linkage_text
from profiling.table_profile import profile_table
from schemas.code_table import code_table_names, load_code_table
from schemas.linkage_of_files import load_file_spec
from schemas.standard_file import load_standard

FIRST = ("James", "Mary", "Anna", "José", "Linda")
LAST = ("Smith", "Johnson", "Brown", "Garcia", "Müller", "Moore", "Lee")


@pytest.fixture(scope="module")
def known() -> Knowledge:
    return Knowledge.of(load_standard(), {name: load_code_table(name) for name in code_table_names()}, date(2026, 1, 1))


def row(number: int) -> tuple[str, str, int, int, int, str]:
    return (
        FIRST[number % 5], LAST[number * 3 % 7], 1950 + number * 7 % 50, 1 + number % 12, 1 + number * 5 % 28,
        f"555{number * 7919 % 10**7:07d}",
    )  # fmt: skip


def customers(count: int) -> pa.Table:
    rows = [row(number) for number in range(count)]
    made = pa.table(
        {
            "Customer ID": [f"C{number}" for number in range(count)],
            "Full.Name": [f"{one[0]} {one[1]}" for one in rows],
            "DOB": [f"{one[2]}-{one[3]:02d}-{one[4]:02d}" for one in rows],
            "Phone": [f"({one[5][:3]}) {one[5][3:6]}-{one[5][6:]}" for one in rows],
            "Region": ["N" if number % 2 else "S" for number in range(count)],
            "Balance": [f"{number * 1.5:.2f}" for number in range(count)],
        }
    )
    return made.append_column("Empty", pa.nulls(count, pa.string()))


def contacts(count: int) -> pa.Table:
    rows = [row(number) for number in range(count)]
    return pa.table(
        {
            "no": [str(number + 1) for number in range(count)],
            "name": [f"{one[1]}, {one[0]}" for one in rows],
            "birthday": [f"{one[3]}/{one[4]}/{one[2]}" for one in rows],
            "mobile": [f"{one[5][:3]}-{one[5][3:6]}-{one[5][6:]}" for one in rows],
            "area": ["N" if number % 2 else "S" for number in range(count)],
            "notes": ["a long story that nobody wants to compare with anything else, " * 3] * count,
        }
    )


def side(table: pa.Table, known: Knowledge, rows: int = 0) -> Side:
    return Side(profile_table("t", table, known), table, rows or table.num_rows)


@pytest.fixture(scope="module")
def draft(known: Knowledge) -> LinkageDraft:
    return draft_linkage(side(customers(300), known), side(contacts(200), known))


def test_columns_meet_whatever_they_are_called_and_however_they_are_written(draft: LinkageDraft) -> None:
    assert draft.id == ("Customer ID", "no")
    assert {(one.left, one.right): one.kind for one in draft.fields} == {
        ("Full.Name", "name"): "person_name",
        ("DOB", "birthday"): "date",
        ("Phone", "mobile"): "text",
        ("Region", "area"): "exact",
    }
    assert dict(draft.left_out)["Balance"] == "只在左边有 only in the left file"
    assert dict(draft.left_out)["notes"] == "只在右边有 only in the right file"


def test_rules_find_what_is_written_differently(draft: LinkageDraft) -> None:
    rules = {rule.words: rule.pairs for rule in draft.rules}
    assert rules["Phone.folded",] == 200
    assert rules["DOB.year",] == 200 * 6  # fifty years, six people each
    assert ("Full_Name.words",) in rules
    assert ("Region",) not in rules


def test_the_text_can_be_read_and_holds_no_value(draft: LinkageDraft, tmp_path: Path) -> None:
    text = linkage_text(draft, ("customers.csv", "crm.csv"))
    path = tmp_path / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    columns = (customers(1).column_names, contacts(1).column_names)
    spec = load_file_spec(path, columns)
    assert spec.id == draft.id
    assert [one.name for one in spec.fields] == ["Full_Name", "DOB", "Phone", "Region"]
    assert "Smith" not in text
    assert "555" not in text


def test_pairs_are_those_of_the_whole_files(known: Knowledge) -> None:
    whole = draft_linkage(side(customers(300), known, 3_000), side(contacts(200), known, 2_000))
    assert {rule.words: rule.pairs for rule in whole.rules}["Phone.folded",] == 200 * 100


def test_one_file_meets_itself(known: Knowledge) -> None:
    doubled = pa.concat_tables([customers(200), customers(100)])
    ids = pa.array([str(number) for number in range(300)])
    doubled = doubled.set_column(0, "Customer ID", ids)
    found = draft_linkage(side(doubled, known), None)
    assert found.id == ("Customer ID", "Customer ID")
    assert {rule.words[0].partition(".")[0]: rule.pairs for rule in found.rules}["Phone"] == 100
    assert dict(found.left_out)["Empty"] == "左边 left 几乎全空 hardly ever filled"


def test_files_that_share_nothing_say_so(known: Knowledge) -> None:
    left = pa.table({"a": ["x", "x", "y"], "b": ["1", "1", "1"]})
    found = draft_linkage(side(left, known), side(pa.table({"z": ["p", "q", "q"]}), known))
    assert (found.fields, found.rules, found.id) == ((), (), ("", ""))
    assert "待填 to fill in" in linkage_text(found, ("l.csv", "r.csv"))


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["Mary Smith", "O'Neil, José", "Anna-Lena von Berg", "J. P. Moore"], "person_name"),
        (["Acme Tools Inc", "Blue Sky Ltd", "Mary Smith", "Oak Co"], "text"),
        (["Hammer 16 oz", "Screwdriver, long", "Nail 3", "Saw"], "text"),
    ],
)
def test_names_of_people_in_latin_letters(names: list[str], kind: str, known: Knowledge) -> None:
    table = pa.table({"id": list("abcd"), "name": names})
    assert [one.kind for one in draft_linkage(side(table, known), None).fields] == [kind]
