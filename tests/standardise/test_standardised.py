"""Rows in, statements out: every statement has a fate, and nothing is lost or guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.arrow import statement_schema
from schemas.contract import Emit, PartyMapping, TableContract
from standardise.counts import Counts
from standardise.quarantine import QUARANTINE_SCHEMA
from standardise.sift import sift, sift_columns
from standardise.standardised import DELETION_SCHEMA, Standardised, standardise
from tests.standardise.factory import (
    MAN,
    MARRIAGE_CODES,
    MARRIAGES,
    PASSPORT,
    PEOPLE,
    WOMAN,
    marriage,
    marriages,
    of,
    people,
    plan,
    raw,
    record_ids,
)

ZHANG = ("1", "张伟", MAN, "1", "19800101", "13812345678")


def only(done: Standardised, statement: str) -> dict[str, Any]:
    [row] = done.statements[statement].to_pylist()
    return dict(row)


def reasons(row: dict[str, Any], field: str) -> set[str]:
    return {issue["reason"] for issue in row["issues"] if issue["field"] == field}


def refusals(done: Standardised) -> set[tuple[str, str, str, str]]:
    rows = done.quarantine.to_pylist()
    return {(row["statement"], row["field"], row["reason"], row["state"]) for row in rows}


def test_a_sound_row_becomes_one_statement_with_its_origin() -> None:
    done = standardise(people(ZHANG), plan(PEOPLE))
    row = only(done, "person")
    assert done.statements["person"].schema == statement_schema(plan(PEOPLE).standard.entities["person"])
    assert row["record_id"] == record_ids("PEOPLE", "person", pa.array(["1"]))[0].as_py()
    assert (row["department"], row["source_table"], row["statement"]) == ("office", "PEOPLE", "person")
    assert (row["source_key"], row["batch"], row["row_number"]) == ("1", 7, 1)
    assert (row["name"], row["citizen_id"], row["sex"]) == ("张伟", MAN, "1")
    assert str(row["birth_date"]) == "1980-01-01"
    assert str(row["observed_at"]) == "2024-01-01 00:00:00"
    assert done.quarantine.num_rows == 0
    assert done.counts.balanced


def test_a_wrong_number_quarantines_the_statement_with_its_raw_cell() -> None:
    wrong = MAN[:-1] + "2"
    done = standardise(people(("1", "张伟", wrong)), plan(PEOPLE))
    [row] = done.quarantine.to_pylist()
    assert done.quarantine.schema == QUARANTINE_SCHEMA
    assert (row["statement"], row["field"], row["column"], row["raw"]) == ("person", "citizen_id", "SFZ", wrong)
    assert (row["reason"], row["state"], row["source_key"]) == ("wrong_check_digit", "quarantined", "1")
    assert done.statements["person"].num_rows == 0
    assert (done.counts.accepted, done.counts.quarantined) == (0, 1)


def test_the_contract_may_lower_a_severity() -> None:
    [emit] = PEOPLE.emit
    fields = tuple(replace(one, on_fail="minor") if one.field == "citizen_id" else one for one in emit.fields)
    table = replace(PEOPLE, emit=(replace(emit, fields=fields),))
    row = only(standardise(people(("1", "张伟", MAN[:-1] + "2")), plan(table)), "person")
    assert row["citizen_id"] is None
    assert reasons(row, "citizen_id") == {"wrong_check_digit"}


def test_an_unusable_value_of_a_lesser_field_is_dropped_and_noted() -> None:
    row = only(standardise(people((*ZHANG[:5], "12")), plan(PEOPLE)), "person")
    assert row["phone"] is None
    assert reasons(row, "phone") == {"not_a_phone"}


def test_a_missing_required_field_quarantines() -> None:
    done = standardise(people(("1", None, MAN), ("2", "无", MAN)), plan(PEOPLE))
    assert ("person", "name", "missing_required", "quarantined") in refusals(done)
    assert done.counts.quarantined == 2


def test_sex_and_birth_date_that_contradict_the_number_are_noted_and_kept() -> None:
    row = only(standardise(people(("1", "张伟", MAN, "2", "19800102")), plan(PEOPLE)), "person")
    assert reasons(row, "sex") == {"sex_contradicts_number"}
    assert "birth_contradicts_number" in reasons(row, "birth_date")
    assert (row["sex"], str(row["birth_date"])) == ("2", "1980-01-02")


def test_unknown_sex_contradicts_nothing() -> None:
    row = only(standardise(people(("1", "张伟", MAN, "9")), plan(PEOPLE)), "person")
    assert row["issues"] == []


def test_a_code_column_swapped_with_its_label_column_is_named() -> None:
    row = only(standardise(people(("1", "张伟", MAN, "男"), XBMC="1"), plan(PEOPLE)), "person")
    assert row["sex"] is None
    assert reasons(row, "sex") == {"unknown_code", "columns_swapped"}
    alone = only(standardise(people(("1", "张伟", MAN, "男"), XBMC="男"), plan(PEOPLE)), "person")
    assert reasons(alone, "sex") == {"unknown_code"}


def test_two_code_columns_that_hold_each_other_are_named() -> None:
    done = standardise(marriages(marriage(FOLK_MAN="中国", NATION_MAN="汉")), plan(MARRIAGES, MARRIAGE_CODES))
    row = only(done, "husband")
    assert "columns_swapped" in reasons(row, "ethnic_group") & reasons(row, "nationality")
    assert (row["ethnic_group"], row["nationality"]) == (None, None)


def test_a_name_and_a_number_that_hold_each_other_are_named() -> None:
    done = standardise(marriages(marriage(NAME_MAN=MAN, NO_MAN="张伟")), plan(MARRIAGES, MARRIAGE_CODES))
    assert {("husband", field, "columns_swapped", "quarantined") for field in ("name", "citizen_id")} <= refusals(done)


def test_a_husbands_number_in_the_wifes_column_shows_by_the_sex() -> None:
    done = standardise(marriages(marriage(NO_MAN=WOMAN, NO_WOMAN=MAN)), plan(MARRIAGES, MARRIAGE_CODES))
    assert reasons(only(done, "husband"), "sex") == {"sex_contradicts_number"}
    assert reasons(only(done, "wife"), "sex") == {"sex_contradicts_number"}


@pytest.mark.parametrize(
    ("number", "kind", "identity", "noted"),
    [
        (MAN, "1", (MAN, None, None), ("citizen_id", set())),
        (MAN, None, (MAN, None, None), ("citizen_id", set())),
        (MAN, "2", (MAN, None, None), ("document_type", {"type_contradicted"})),
        (MAN, "无", (MAN, None, None), ("document_type", {"sentinel"})),
        (PASSPORT, "2", (None, "passport", PASSPORT), ("document_type", set())),  # the crosswalk is the contract's word
        (PASSPORT, None, (None, "passport", PASSPORT), ("document_type", set())),
        (PASSPORT, "1", (None, "passport", PASSPORT), ("document_type", {"type_contradicted"})),
        (None, "2", (None, None, None), ("document_number", set())),
    ],
)
def test_numbers_go_where_type_and_form_say(
    number: str | None, kind: str | None, identity: tuple[str | None, ...], noted: tuple[str, set[str]]
) -> None:
    done = standardise(marriages(marriage(NO_MAN=number, TYPE_MAN=kind)), plan(MARRIAGES, MARRIAGE_CODES))
    row = only(done, "husband")
    assert (row["citizen_id"], row["document_type"], row["document_number"]) == identity
    assert reasons(row, noted[0]) == noted[1]


def test_a_fact_points_at_the_statements_of_its_row() -> None:
    done = standardise(marriages(marriage()), plan(MARRIAGES, MARRIAGE_CODES))
    fact = only(done, "marriage")
    assert fact["husband_record"] == only(done, "husband")["record_id"]
    assert fact["wife_record"] == only(done, "wife")["record_id"]
    assert str(fact["registered_on"]) == "2020-05-20"


def test_a_bad_party_holds_the_fact_and_leaves_its_sibling_alone() -> None:
    done = standardise(marriages(marriage(NO_MAN="123")), plan(MARRIAGES, MARRIAGE_CODES))
    assert done.statements["wife"].num_rows == 1
    assert ("marriage", "husband", "party_quarantined", "held") in refusals(done)
    counts = done.counts
    assert (counts.emitted, counts.accepted, counts.quarantined, counts.held) == (3, 1, 1, 1)


SHOPS = TableContract(
    "SHOPS",
    ("ID",),
    (
        Emit("business", "business", (of("name", "NAME"),)),
        Emit("boss", "person", (of("name", "BOSS"),), when_present=("BOSS",)),
        Emit(
            "legal_representation",
            "legal_representation",
            (),
            (PartyMapping("business", "business"), PartyMapping("person", "boss")),
        ),
        Emit(
            "employment",
            "employment",
            (),
            (PartyMapping("employer", "employer", "FIRMS", ("FIRM",)), PartyMapping("employee", "boss")),
        ),
    ),
)


def test_a_party_that_is_not_there_emits_no_fact() -> None:
    table = raw(ID=["1", "2"], NAME=["海港小卖部", "山海饭店"], BOSS=["张伟", " "], FIRM=[None, None])
    done = standardise(table, plan(SHOPS))
    assert done.statements["boss"].num_rows == 1
    assert done.statements["legal_representation"].column("source_key").to_pylist() == ["1"]
    assert done.statements["employment"].num_rows == 0
    assert done.counts.emitted == done.counts.accepted == 4


def test_a_reference_to_an_unknown_key_holds_the_fact() -> None:
    table = raw(ID=["1", "2"], NAME=["海港小卖部", "山海饭店"], BOSS=["张伟", "李娜"], FIRM=["F1 ", "F2"])
    done = standardise(table, plan(SHOPS, known_keys={"FIRMS": pa.array(["F1"])}))
    fact = only(done, "employment")
    assert fact["employer_record"] == record_ids("FIRMS", "employer", pa.array(["F1"]))[0].as_py()
    [held] = done.quarantine.to_pylist()
    assert (held["reason"], held["state"], held["raw"], held["column"]) == ("dangling_reference", "held", "F2", "FIRM")


CARS = TableContract(
    "CARS",
    ("ID",),
    (
        Emit("man", "person", (of("name", "SYR"),), when_present=("SYR",)),
        Emit("firm", "business", (of("name", "DW"),), when_present=("DW",)),
        Emit(
            "vehicle",
            "vehicle",
            (of("plate", "HPHM"),),
            (PartyMapping("owner_person", "man"), PartyMapping("owner_business", "firm")),
        ),
    ),
)


def test_a_fact_that_names_neither_of_its_possible_parties_is_held() -> None:
    cells = {"SYR": ["张伟", None, " ", None], "DW": [None, "山海饭店", None, None]}
    rows = raw(ID=list("1234"), HPHM=["冀C12345"] * 3 + ["?"], **cells)  # type: ignore[arg-type]
    done = standardise(rows, plan(CARS))
    assert done.statements["vehicle"].column("source_key").to_pylist() == ["1", "2"]
    found = [(row["source_key"], row["reason"], row["state"]) for row in done.quarantine.to_pylist()]
    assert ("3", "missing_party", "held") in found
    assert (done.counts.held, done.counts.quarantined) == (1, 1)  # the fourth has no plate either
    assert done.counts.refused["missing_party"] == 2
    assert done.counts.balanced


def test_references_are_not_judged_before_the_other_table_is_known() -> None:
    table = raw(ID=["1"], NAME=["海港小卖部"], BOSS=["张伟"], FIRM=["F9"])
    assert standardise(table, plan(SHOPS)).statements["employment"].num_rows == 1


def test_a_split_cell_makes_one_statement_a_value_and_the_facts_keep_the_first() -> None:
    boss = replace(SHOPS.emit[1], fields=(of("name", "BOSS"), of("phone", "TEL", split="/")))
    split = replace(SHOPS, emit=(SHOPS.emit[0], boss, SHOPS.emit[2]))
    table = raw(ID=["1"], NAME=["海港小卖部"], BOSS=["张伟"], TEL=["13812345678/ 13912345678"])
    done = standardise(table, plan(split))
    assert done.statements["boss"].column("phone").to_pylist() == ["13812345678", "13912345678"]
    assert len(set(done.statements["boss"].column("record_id").to_pylist())) == 2
    assert only(done, "legal_representation")["person_record"] == done.statements["boss"].column("record_id")[0].as_py()


def test_owners_in_one_cell_are_people_of_their_own_and_odd_counts_are_named() -> None:
    owner = Emit("boss", "person", (of("name", "BOSS", split="、"), of("citizen_id", "NO", split="、")))
    table = replace(SHOPS, emit=(SHOPS.emit[0], owner, SHOPS.emit[2]))
    rows = raw(
        ID=["1", "2"], NAME=["海港小卖部", "山海饭店"], BOSS=["张伟、李娜", "张伟、李娜"], NO=[f"{MAN}、{WOMAN}", MAN]
    )
    done = standardise(rows, plan(table))
    assert done.statements["boss"].column("citizen_id").to_pylist() == [MAN, WOMAN]
    assert done.statements["boss"].column("statement").to_pylist() == ["boss", "boss#2"]
    assert done.statements["legal_representation"].column("statement").to_pylist() == [
        "legal_representation", "legal_representation#2",
    ]  # fmt: skip
    assert done.statements["legal_representation"].num_rows == 2
    assert ("boss", "citizen_id", "split_mismatch", "quarantined") in refusals(done)
    assert done.counts.held == 2
    assert done.counts.balanced


def test_only_a_day_that_must_be_past_may_not_be_to_come() -> None:
    fields = (of("certificate_number", "ID"), of("died_on", "DIED"))
    death = Emit("death", "death", fields, (PartyMapping("deceased", "person"),))
    licence = Emit(
        "licence", "licence", (of("licence_number", "ID"), of("valid_until", "UNTIL")),
        (PartyMapping("holder_person", "person"),),
    )  # fmt: skip
    table = TableContract("T", ("ID",), (Emit("person", "person", (of("name", "XM"),)), death, licence))
    done = standardise(raw(ID=["1"], XM=["张伟"], DIED=["2093-01-05"], UNTIL=["2093-01-05"]), plan(table))
    assert only(done, "licence")["valid_until"] == date(2093, 1, 5)
    assert ("death", "died_on", "date_out_of_range", "quarantined") in refusals(done)


def test_two_statements_of_the_same_cells_are_what_each_would_be_alone() -> None:
    """What was made of a column once is used again only for the same kind of value, of the same rows."""
    emits = (
        Emit("person", "person", (of("name", "XM"), of("address", "ADDR"), of("household_number", "HH"))),
        Emit("firm", "business", (of("name", "XM"), of("address", "ADDR")), when_present=("HH",)),
        Emit("house", "household", (of("household_number", "HH"), of("address", "ADDR")),
             (PartyMapping("member", "person"),)),
    )  # fmt: skip
    table = TableContract("T", ("ID",), emits)
    rows = raw(
        ID=list("123"), XM=["张伟", "李 娜", "王芳"], ADDR=["河北大街99号 ", "无", "文化路1号"], HH=["a", None, "c"]
    )
    together = standardise(rows, plan(table)).statements
    for emit in emits:
        needed = [one for one in emits if one is emit or (emit.is_fact and one.name == "person")]
        alone = standardise(rows, plan(replace(table, emit=tuple(needed)))).statements[emit.name]
        assert together[emit.name] == alone
    assert together["person"].column("name").to_pylist() == ["张伟", "李娜", "王芳"]


def test_cells_that_are_joined_leave_out_what_says_nothing() -> None:
    table = TableContract(
        "T", ("ID",), (Emit("person", "person", (of("name", "XM"), of("address", "ROAD", "NO", "ROOM", joiner=""))),)
    )
    rows = raw(ID=["1", "2"], XM=["张伟", "李娜"], ROAD=["河北大街", "无"], NO=["99号", "999999"], ROOM=[None, "　"])
    people_ = standardise(rows, plan(table)).statements["person"].to_pylist()
    assert [row["address"] for row in people_] == ["河北大街99号", None]
    assert [reasons(row, "address") for row in people_] == [set(), {"sentinel"}]


def test_a_deleted_row_names_every_statement_it_could_have_made() -> None:
    done = standardise(people(ZHANG, ZT="9"), plan(PEOPLE))
    [gone] = done.deletions.to_pylist()
    assert done.deletions.schema == DELETION_SCHEMA
    assert gone["record_id"] == record_ids("PEOPLE", "person", pa.array(["1"]))[0].as_py()
    assert (done.counts.deleted, done.counts.emitted) == (1, 0)


def test_rows_refused_whole_stand_in_quarantine() -> None:
    done = standardise(people((None, "张伟"), ("2", "李娜"), ("2", "王芳")), plan(PEOPLE))
    states = [(row["source_key"], row["statement"], row["reason"], row["state"]) for row in done.quarantine.to_pylist()]
    assert states == [
        (None, "", "null_key", "rejected"),
        ("2", "", "repeated_key", "rejected"),
        ("2", "", "repeated_key", "rejected"),
    ]
    assert done.counts.refused == {"null_key": 1, "repeated_key": 2}


def test_content_hash_moves_with_values_only() -> None:
    def content(*rows: tuple[str | None, ...], **same: str) -> str:
        return str(only(standardise(people(*rows, **same), plan(PEOPLE)), "person")["content_hash"])

    sound = content(ZHANG)
    assert content(ZHANG, T="2025-05-05 00:00:00") == sound
    assert content(("1", " 张伟", MAN, "1", "1980-01-01", "138 1234 5678")) == sound
    assert content(("1", "张玮", *ZHANG[2:])) != sound


def test_chunks_with_one_verdict_give_what_the_whole_gives() -> None:
    rows = [(str(i % 5), "张伟" if i % 3 else "李娜", MAN) for i in range(12)] + [(None, "王芳")]
    table, one_plan = people(*rows), plan(PEOPLE)
    whole = standardise(table, one_plan)
    verdict = sift(sift_columns(table, PEOPLE))
    parts = [standardise(table.slice(start, 4), one_plan, verdict) for start in range(0, len(rows), 4)]
    assert pa.concat_tables(part.statements["person"] for part in parts) == whole.statements["person"]
    assert sum((part.counts for part in parts), Counts()) == whole.counts


def test_an_empty_chunk_gives_empty_tables() -> None:
    done = standardise(marriages(marriage()).slice(0, 0), plan(MARRIAGES, MARRIAGE_CODES))
    assert [table.num_rows for table in done.statements.values()] == [0, 0, 0]
    assert done.counts == Counts()


def test_a_missing_column_is_an_error_and_not_an_empty_one() -> None:
    with pytest.raises(KeyError):
        standardise(people(ZHANG).drop(["SFZ"]), plan(PEOPLE))


CELL = st.one_of(
    st.none(),
    st.sampled_from([MAN, WOMAN, PASSPORT, "张伟", "无", "1", "2", "汉", "=cmd()", "\x00", "１", "a" * 200]),
    st.text(max_size=8),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[CELL] * 12), min_size=1, max_size=5))
def test_any_text_is_standardised_or_refused_and_the_counts_balance(cells: list[tuple[str | None, ...]]) -> None:
    names = list(marriage())
    rows = marriages(*(dict(zip(names, row, strict=True)) for row in cells))
    done = standardise(rows, plan(MARRIAGES, MARRIAGE_CODES))
    assert done.counts.balanced
    assert done.counts.extracted == len(cells)
    for name, table in done.statements.items():
        assert table.column("record_id").null_count == 0
        refused = {(row["row_number"]) for row in done.quarantine.to_pylist() if row["statement"] in ("", name)}
        assert refused.isdisjoint(table.column("row_number").to_pylist())
