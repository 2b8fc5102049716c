"""The truth covers every record, and the planted errors are exactly the difference from a clean city."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from demo.days import bring_to_day
from demo.detect import contradictions, fine
from tests.demo.city import order, rows, tables, truth

TABLES = {table.name: table for table in tables()}
# Facts whose second party is not always there, or never.
ABOUT_THINGS = {
    "application",
    "death",
    "education_enrolment",
    "household",
    "housing_contract",
    "licence",
    "medical_insurance",
    "property",
    "social_insurance",
    "tax_registration",
    "vehicle",
}


@pytest.fixture(scope="module")
def spotless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the same city with no error planted in cells or rows."""
    folder = tmp_path_factory.mktemp("spotless")
    wanted = order(folder)
    bring_to_day(replace(wanted, profile=wanted.profile.without_errors()))
    return folder


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_every_statement_once(city: Path, name: str) -> None:
    keys = Counter(row[TABLES[name].key] or None for row in rows(city, TABLES[name]))
    assert keys
    for party in TABLES[name].parties:
        told = Counter(
            one["key"] for one in truth(city, "records") if one["table"] == name and one["statement"] == party.statement
        )
        if party.optional:
            assert told and told < keys
        else:
            assert told == keys


@pytest.mark.parametrize("day", ["city", "later_city"])
def test_true_ids_exist(day: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(day)
    people = {one["person_id"] for one in truth(folder, "persons")}
    firms = {one["business_id"] for one in truth(folder, "businesses")}
    assert len(people) == len(truth(folder, "persons")) and len(firms) == len(truth(folder, "businesses"))
    for one in truth(folder, "records"):
        assert one["true_id"] in (people if one["entity"] == "person" else firms)
    for one in truth(folder, "facts"):
        assert one["first_id"] in people | firms
        assert one["second_id"] in people | firms or (one["second_id"] is None and one["kind"] in ABOUT_THINGS)


@pytest.mark.parametrize("name", TABLES)
def test_defects_are_exactly_the_difference(city: Path, spotless: Path, name: str) -> None:
    table = TABLES[name]
    clean, dirty = rows(spotless, table), rows(city, table)
    found = Counter(
        (after[table.key] or None, column, before[column] or None, after[column] or None)
        for before, after in zip(clean, dirty, strict=False)
        for column in table.columns
        if before[column] != after[column]
    )
    emitted = {"former_name", "second_number", "shared_number"}  # part of the row's making: in both cities
    planted = Counter(
        (one["key"], one["column"], one["original"], one["planted"])
        for one in truth(city, "defects")
        if one["table"] == name and one["column"] and one["defect"] not in emitted
    )
    assert planted == found
    copies = [one for one in truth(city, "defects") if one["table"] == name and one["defect"] == "identical_row"]
    assert len(dirty) == len(clean) + len(copies)


def test_one_error_a_cell_and_the_planted_value_stands(later_city: Path) -> None:
    defects = truth(later_city, "defects")
    assert len(defects) > 300
    for table in tables():
        found = rows(later_city, table)
        held = Counter(
            (row[table.key] or None, column, value or None) for row in found for column, value in row.items()
        )
        repeats = Counter(row[table.key] or None for row in found)
        mine = [one for one in defects if one["table"] == table.name and one["column"]]
        assert not [one["defect"] for one in mine if not held[one["key"], one["column"], one["planted"]]]
        cells = Counter((one["key"], one["column"]) for one in mine)
        assert not [cell for cell, count in cells.items() if count > repeats[cell[0]]]


def test_detectable_is_what_the_row_shows(city: Path) -> None:
    seen: Counter[str] = Counter()
    for table in tables():
        by_key = {row[table.key]: row for row in rows(city, table)}
        unique = Counter(row[table.key] for row in rows(city, table))
        for one in truth(city, "defects"):
            if one["table"] != table.name or not one["column"] or unique[one["key"]] != 1 or one["column"] == table.key:  # type: ignore[index]
                continue
            row = by_key[one["key"]]  # type: ignore[index]
            alone = not fine(table.columns[str(one["column"])], str(one["planted"]))
            clash = any(one["column"] in contradictions(party, row) for party in table.parties)
            assert one["evidence"] == ("value" if alone else "row" if clash else "")
            assert one["detectable"] == (alone or clash)
            seen[str(one["evidence"])] += 1
    assert min(seen["value"], seen["row"], seen[""]) > 5


def test_clean_rows_show_no_error(spotless: Path) -> None:
    made = {(one["table"], one["key"]) for one in truth(spotless, "defects")}
    looked = 0
    for table in tables():
        for row in rows(spotless, table):
            if (table.name, row[table.key]) in made:
                continue
            wrong = [column for column, value in row.items() if value and not fine(table.columns[column], value)]
            assert not wrong, (table.name, wrong)
            assert not any(contradictions(party, row) for party in table.parties)
            looked += 1
    assert looked > 5000


def test_facts_name_the_row_that_proves_them(city: Path) -> None:
    proving = {f"{table.name}/{row[table.key]}" for table in tables() for row in rows(city, table)}
    sources = Counter(str(one["source"]).partition("/")[0] for one in truth(city, "facts") if one["source"])
    assert {str(one["source"]) for one in truth(city, "facts") if one["source"]} - proving == {
        f"{one['table']}/{one['original']}"
        for one in truth(city, "defects")
        if one["defect"] in ("null_key", "repeated_key") and sources[str(one["table"])]
    } - proving
    assert len(sources) > 10


def test_a_row_with_several_owners_proves_as_many_facts(city: Path) -> None:
    owned = Counter(one["source"] for one in truth(city, "facts") if str(one["source"]).startswith("DJ_QLR_GR/"))
    named = Counter(
        f"DJ_QLR_GR/{one['key']}" for one in truth(city, "records") if one["table"] == "DJ_QLR_GR" and one["key"]
    )
    odd = {f"DJ_QLR_GR/{one['key']}" for one in truth(city, "defects") if one["defect"] == "repeated_key"}
    assert {1, 2, 3} == set(owned.values())
    assert {key: owned[key] for key in named if key not in odd} == {
        key: n for key, n in named.items() if key not in odd
    }


def test_an_owner_left_out_shows_in_the_row(town: Path) -> None:
    missing = [one for one in truth(town, "defects") if one["defect"] == "part_missing"]
    assert missing and {one["evidence"] for one in missing} == {"row"}


def test_numbers_that_pass_the_check_are_not_called_detectable_without_a_contradiction(city: Path) -> None:
    passing = [
        one
        for one in truth(city, "defects")
        if one["defect"] in ("wrong_but_passing", "keypad_passing") and one["evidence"] != "row"
    ]
    assert passing and not any(one["detectable"] for one in passing)


def test_unusual_people_are_there(town: Path) -> None:
    people = truth(town, "persons")
    assert {one["paper"] for one in people} >= {"citizen_id", "passport", "permanent_old", "permanent_new"}
    assert not all(one["known_to_police"] for one in people) and not all(one["alive"] for one in people)
    assert any(one["moved_away"] for one in people)
    named = Counter((one["name"], one["birth_date"]) for one in people)
    assert max(named.values()) > 1
    homes = Counter((one["household"], one["birth_date"]) for one in people)
    assert max(homes.values()) > 1, "twins"
    assert len({one["citizen_id"] for one in people if one["citizen_id"]}) == sum(
        1 for one in people if one["citizen_id"]
    )


def test_register_holds_duplicates_and_shared_numbers(town: Path) -> None:
    kinds = Counter(one["defect"] for one in truth(town, "defects") if one["table"] == "RK_CZRK")
    assert kinds["duplicate_registration"] and kinds["second_number"] and kinds["shared_number"]
    people = Counter(one["true_id"] for one in truth(town, "records") if one["table"] == "RK_CZRK")
    assert max(people.values()) == 2


def test_each_defect_names_its_statement(city: Path) -> None:
    for one in truth(city, "defects"):
        table = TABLES[str(one["table"])]
        assert one["statement"] == table.owner(str(one["column"]))
        assert one["statement"] in ("", *(party.statement for party in table.parties))
