from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.contract import FieldMapping, PartyMapping
from schemas.errors import ConfigurationError
from tests.schemas.contracts import SOUND, line_of, load


def test_a_sound_contract_says_what_it_says(tmp_path: Path) -> None:
    contract = load(tmp_path)
    table = contract.table("REG")
    assert [known.name for known in contract.tables] == ["REG", "JOB", "FIRM"]
    assert contract.schedule.fresh_within == timedelta(hours=26)
    assert table.cursor and (table.cursor.column, table.cursor.overlap) == ("UPDATED", timedelta(hours=1))
    assert (table.rows.at_least, table.rows.change_at_most) == (300, 0.2)
    assert dict(table.deleted_when) == {"STATUS": "9"}
    assert [(emit.name, emit.entity, emit.is_fact) for emit in table.emit] == [
        ("husband", "person", False), ("wife", "person", False), ("marriage", "marriage", True),
    ]  # fmt: skip


def test_fields_keep_where_they_come_from(tmp_path: Path) -> None:
    husband, wife, marriage = load(tmp_path).table("REG").emit
    assert husband.fields[1] == FieldMapping("identifier", ("NUM_MAN",), type_column="TYPE_MAN", type_codes="id_type")
    assert husband.fields[3] == FieldMapping(
        "birth_date", ("BIRTH_MAN",), formats=("minguo", "excel"), on_fail="critical"
    )
    assert wife.fields[2:] == (
        FieldMapping("sex", (), constant="2"),
        FieldMapping("ethnic_group", ("FOLK_WOMAN",)),
        FieldMapping("phone", ("TEL_WOMAN",), split="/"),
        FieldMapping("address", ("TOWN", "ROAD"), joiner="-"),
    )
    assert wife.when_present == ("NAME_WOMAN",)
    assert marriage.parties == (PartyMapping("husband", "husband"), PartyMapping("wife", "wife"))


def test_a_party_of_another_table_and_an_identifier_without_a_type(tmp_path: Path) -> None:
    employee, employment = load(tmp_path).table("JOB").emit
    assert employee.fields[1] == FieldMapping("identifier", ("WORKER_NO",))
    assert employment.parties[0] == PartyMapping("employer", "employer", "FIRM", ("FIRM_NO",))


def test_crosswalks_know_the_table_they_lead_into(tmp_path: Path) -> None:
    codes = load(tmp_path).codes
    assert {name: known.table for name, known in codes.items()} == {
        "folk": "ethnic_group", "op_type": "marriage_kind", "id_type": "document_type",
    }  # fmt: skip
    assert codes["folk"].entries["满"] == "11"


def test_a_code_may_be_known_to_mean_nothing(tmp_path: Path) -> None:
    assert load(tmp_path, SOUND.replace('满: "11"', '满: ""')).codes["folk"].entries["满"] == ""
    with pytest.raises(ConfigurationError, match="a code that means nothing"):
        load(tmp_path, SOUND.replace('folk: {汉: "01", 满: "11"}', 'folk: {汉: "01", 满: }'))


def test_several_owners_in_one_cell_are_split_by_name_and_number(tmp_path: Path) -> None:
    text = SOUND.replace(
        "employee: {person: {name: WORKER, identifier: WORKER_NO}}",
        'employee: {person: {name: {from: WORKER, split: "、"}, identifier: {from: WORKER_NO, split: "、"}}}',
    )
    assert [field.split for field in load(tmp_path, text).table("JOB").emit[0].fields] == ["、", "、"]


def test_columns_are_every_column_named_once(tmp_path: Path) -> None:
    columns = load(tmp_path).table("REG").columns
    assert len(set(columns)) == len(columns)
    assert set(columns) == {
        "REG_NO", "UPDATED", "STATUS", "NAME_MAN", "NUM_MAN", "TYPE_MAN", "FOLK_MAN", "BIRTH_MAN", "NAME_WOMAN",
        "NUM_WOMAN", "FOLK_WOMAN", "TEL_WOMAN", "TOWN", "ROAD", "OP_DATE", "OP_TYPE", "OPERATOR", "PRINT_NO",
    }  # fmt: skip


def test_the_fingerprint_follows_the_mapping_not_comments_layout_or_schedule(tmp_path: Path) -> None:
    same = SOUND.replace("# 民政局", "# other").replace("30 2 * * *", "45 2 * * *").replace("1 号", "2 号")
    same = same.replace('folk: {汉: "01", 满: "11"}', 'folk:\n    满: "11"   # Manchu\n    汉: "01"')
    assert load(tmp_path, same).fingerprint == load(tmp_path).fingerprint
    for old, new in [('满: "11"', '满: "03"'), ("NAME_MAN", "NAME_HIM"), ("overlap: 1h", "overlap: 2h")]:
        assert load(tmp_path, SOUND.replace(old, new)).fingerprint != load(tmp_path).fingerprint


# what is wrong, what it was, what it becomes, where the error stands (text on that line), what the message says
BROKEN = [
    ("unknown top key", "owner: 民政局", "ownr: 民政局", "ownr", ["'ownr'", "did you mean 'owner'"]),
    ("missing top key", "basis: 共享目录 1 号\n", "", "department", ["the key 'basis', which is missing"]),
    ("repeated key", "basis:", "label:", "label: 共享", ["'label'", "each key once"]),
    ("department is not the file", "department: civil\n", "department: cvil\n", "cvil",
     ["'cvil'", "did you mean 'civil'"]),
    ("connection is a URL", "connection: civil", "connection: mysql://u:hunter2@h/d", "connection",
     ["'***'", "Airflow"]),
    ("connection holds a password", "connection: civil", "connection: password=hunter2", "connection", ["'***'"]),
    ("connection is no name", "connection: civil", "connection: Civil-Affairs", "connection", ["snake_case"]),
    ("bad cron", '"30 2 * * *"', '"30 25 * * *"', "schedule", ["schedule.cron", "hour is within 0-23"]),
    ("cron of six fields", '"30 2 * * *"', '"0 30 2 * * *"', "schedule", ["five fields"]),
    ("bad window", "02:00-05:30", "2-5", "schedule", ["schedule.window", "02:00-05:30"]),
    ("bad duration", "26h", "26 hours", "schedule", ["schedule.fresh_within", "'26 hours'", "26h"]),
    ("bad overlap", "overlap: 1h", "overlap: one", "cursor", ["cursor.overlap", "'one'"]),
    ("unknown cursor key", "overlap: 1h", "overlp: 1h", "cursor", ["did you mean 'overlap'"]),
    ("unknown table key", "deleted_when:", "deleted_if:", "deleted_if", ["did you mean 'deleted_when'"]),
    ("no table key", "    key: [REG_NO]\n", "", "REG:", ["the key 'key', which is missing"]),
    ("key column twice", "key: [REG_NO]", "key: [REG_NO, REG_NO]", "key: [REG_NO", ["'REG_NO'", "each name once"]),
    ("bad share", "20%", "20", "rows:", ["rows.change_at_most", "a share like 20%"]),
    ("bad row count", "at_least: 300", "at_least: many", "rows:", ["'many'", "whole number"]),
    ("unknown field", "name: NAME_MAN", "nmae: NAME_MAN", "nmae", ["'nmae'", "did you mean 'name'"]),
    ("unknown fact field", "registered_on:", "registred_on:", "fact: {husband", ["did you mean 'registered_on'"]),
    ("unknown entity", "        person:\n          name: NAME_MAN", "        persn:\n          name: NAME_MAN", "persn",
     ["did you mean 'person'"]),
    ("fact of no name", "      marriage:\n", "      mariage:\n", "mariage", ["did you mean 'marriage'"]),
    ("statement in capitals", "      husband:\n", "      Husband:\n", "Husband:", ["snake_case"]),
    ("required field missing", "          name: NAME_MAN\n", "", "        person:",
     ["the field 'name'", "every person"]),
    ("required party missing", "wife: $wife, ", "", "fact: {husband", ["the party 'wife'", "every marriage"]),
    ("party without $", "wife: $wife", "wife: wife", "fact: {husband", ["'wife'", "a statement of this row"]),
    ("party not emitted", "wife: $wife", "wife: $wive", "fact: {husband", ["'$wive'", "did you mean '$wife'"]),
    ("party of the wrong kind", "employee: $employee", "employee: $employment", "employee: $",
     ["a person that this row"]),
    ("ref to unknown table", "table: FIRM,", "table: FRIM,", "table: FRIM", ["'FRIM'", "did you mean 'FIRM'"]),
    ("ref to its own table", "table: FIRM,", "table: JOB,", "table: JOB", ["another table"]),
    ("ref with a longer key", "key: [FIRM_NO]}", "key: [FIRM_NO, X]}", "ref:",
     ["as many columns (1) as the key of FIRM"]),
    ("ref to unknown statement", "statement: employer", "statement: emploer", "statement: emploer",
     ["did you mean 'employer'", "FIRM emits"]),
    ("unknown crosswalk", "codes: folk", "codes: flok", "codes: flok", ["'flok'", "did you mean 'folk'"]),
    ("unknown code table", "ethnic_group: FOLK_WOMAN", "education: FOLK_WOMAN", "education:",
     ["'education' is not in"]),
    ("target not in the table", '满: "11"', '满: "12"', "folk:", ["codes.folk.满", "'12'", "a code of ethnic_group"]),
    ("target is a label", '满: "11"', "满: 满族", "folk:", ["11 = 满族"]),
    ("target of a type", '"2": "414"', '"2": "415"', "id_type: {", ["codes.id_type.2", "414 = 普通护照"]),
    ("crosswalk never used", "  folk:", "  flok: {a: b}\n  folk:", "flok: {a", ["codes.flok", "some field uses"]),
    ("crosswalk into two tables", "ethnic_group: FOLK_WOMAN", "household_relation: {from: FOLK_WOMAN, codes: folk}",
     "household_relation", ["'household_relation' is not in"]),
    ("crosswalk shared by two kinds", 'sex: {constant: "2"}', "sex: {from: SEX, codes: folk}", "sex:",
     ["already leads into ethnic_group"]),
    ("crosswalk for no code", "{from: BIRTH_MAN,", "{from: BIRTH_MAN, codes: folk,", "BIRTH_MAN",
     ["no code but a date"]),
    ("constant not in the table", '{constant: "2"}', '{constant: "3"}', "constant", ["'3'", "a code of sex"]),
    ("mapped and ignored", "ignore: [OPERATOR", "ignore: [NAME_MAN", "ignore:", ["both used and ignored"]),
    ("cursor ignored", "ignore: [OPERATOR", "ignore: [UPDATED", "ignore:", ["both used and ignored"]),
    ("ignored twice", "PRINT_NO]", "OPERATOR]", "ignore:", ["'OPERATOR'", "each name once"]),
    ("one column for two fields", "phone: {from: TEL_WOMAN, split: \"/\"}", "phone: NUM_WOMAN", "phone:",
     ["citizen_id is already mapped from it"]),
    ("same part twice", "[TOWN, ROAD]", "[TOWN, TOWN]", "TOWN, TOWN", ["each name once"]),
    ("nothing to join", "{from: [TOWN, ROAD],", "{from: TOWN,", "from: TOWN", ["a list under `from`"]),
    ("split of one value", "address: {from: [TOWN, ROAD], join: \"-\"}", 'address: {from: TOWN, split: ";"}',
     "address:", ["a person has one address", "name is split too"]),
    ("unknown date form", "[minguo, excel]", "[mingou]", "formats", ["'mingou'", "did you mean 'minguo'"]),
    ("date form of no date", "{from: TEL_WOMAN,", "{from: TEL_WOMAN, formats: excel,", "TEL_WOMAN",
     ["phone is a phone"]),
    ("unknown severity", "on_fail: critical", "on_fail: criticl", "on_fail", ["did you mean 'critical'"]),
    ("identifier twice", "          ethnic_group: {from: FOLK_MAN",
     "          document_number: X\n          ethnic_group: {from: FOLK_MAN", "document_number", ["already fills it"]),
    ("type is the number", "{from: TYPE_MAN,", "{from: NUM_MAN,", "identifier: {from: NUM_MAN",
     ["other than the number's"]),
    ("number in a list", "citizen_id: NUM_WOMAN", "citizen_id: {columns: [NUM_WOMAN]}", "columns",
     ["a key known here (from,"]),
    ("file with a cursor", "    cursor:", '    file: {pattern: "a*.csv", format: csv}\n    cursor:', "cursor:",
     ["a dropped file is read whole"]),
    ("reconcile without a cursor", "key: [JOB_NO]", "key: [JOB_NO]\n    reconcile: keys", "reconcile",
     ["a cursor or a log beside it"]),
    ("cursor and log", "    cursor:", "    changes: {table: L, operation: O, sequence: S}\n    cursor:", "changes",
     ["not both"]),
    ("log without its number", "key: [JOB_NO]", "key: [JOB_NO]\n    changes: {table: L, operation: O}", "changes",
     ["'sequence', which is missing"]),
    ("log key of another width", "key: [JOB_NO]",
     "key: [JOB_NO]\n    changes: {table: L, key: [A, B], operation: O, sequence: S}", "changes",
     ["as many columns (1)"]),
    ("unknown comparison", "    cursor:", "    reconcile: kees\n    cursor:", "reconcile", ["did you mean 'keys'"]),
    ("unknown drift severity", "key: [JOB_NO]", "key: [JOB_NO]\n    drift: {retyped: holds}", "drift",
     ["did you mean 'hold'"]),
    ("unknown drift", "key: [JOB_NO]", "key: [JOB_NO]\n    drift: {retypd: hold}", "drift", ["did you mean 'retyped'"]),
    ("archive elsewhere", "key: [JOB_NO]",
     "key: [JOB_NO]\n    file: {pattern: a, format: csv, archive: ../b}", "archive", ["by its name alone"]),
    ("ready is a flag", "key: [JOB_NO]", "key: [JOB_NO]\n    file: {pattern: a, format: csv, ready: yes}", "ready",
     ["true or false"]),
    ("delimiter of json", "key: [JOB_NO]", 'key: [JOB_NO]\n    file: {pattern: a, format: jsonl, delimiter: "|"}',
     "delimiter", ["no delimiter: the file is jsonl"]),
    ("file outside its folder", "key: [JOB_NO]", 'key: [JOB_NO]\n    file: {pattern: "../a.csv", format: csv}', "../a",
     ["inside the connection's folder"]),
    ("unknown file format", "key: [JOB_NO]", 'key: [JOB_NO]\n    file: {pattern: "a.ods", format: jsnol}', "a.ods",
     ["did you mean 'jsonl'"]),
    ("unknown encoding", "key: [JOB_NO]", 'key: [JOB_NO]\n    file: {pattern: a, format: csv, encoding: gb18300}',
     "gb18300", ["did you mean 'gb18030'"]),
    ("gbk", "key: [JOB_NO]", 'key: [JOB_NO]\n    file: {pattern: a, format: csv, encoding: gbk}', "encoding",
     ["gb18030"]),
    ("sheet of a csv", "key: [JOB_NO]", 'key: [JOB_NO]\n    file: {pattern: a, format: csv, sheet: b}', "sheet",
     ["no sheet"]),
    ("emit is empty", "      employer: {business: {name: FIRM_NAME, uscc: FIRM_CODE}}", "      employer:",
     "employer:\n", ["keys: fact, person"]),
    ("a tab", "    key: [REG_NO]", "\tkey: [REG_NO]", "\tkey", ["spaces, not tabs"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place", "parts"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, place: str, parts: list[str]) -> None:
    assert old in SOUND
    text = SOUND.replace(old, new, 1)
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, text)
    message = str(caught.value)
    assert caught.value.file == tmp_path / "civil.yaml"
    assert message.startswith(f"civil.yaml:{line_of(text, place)}: "), message
    assert [part for part in parts if part not in message] == [], message
    assert "hunter2" not in message


@settings(
    max_examples=300, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    place=st.integers(0, len(SOUND) - 1),
    length=st.integers(0, 40),
    inserted=st.text("{}[]:,-\n \t\"'$#&*!|>aN0汉\x00", max_size=6),
)
def test_any_slip_of_the_keyboard_is_a_configuration_error_or_harmless(
    tmp_path: Path, place: int, length: int, inserted: str
) -> None:
    try:
        load(tmp_path, SOUND[:place] + inserted + SOUND[place + length :])
    except ConfigurationError as error:
        assert 1 <= error.line <= SOUND.count("\n") + 8
