"""What no clerk should write and some do: an issue or quarantine with a reason; never an exception, never a guess."""

from __future__ import annotations

import datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.opening import open_source
from connectors.source import ReadRequest
from schemas.contract import Contract, Emit, FileShape, Schedule, TableContract
from schemas.reasons import Reason
from standardise.findings import findings
from standardise.standardised import Standardised, standardise
from tests.standardise.factory import MAN, PEOPLE, WOMAN, of, people, plan, raw
from tests.values.cases import TODAY
from values.kinds import KINDS

LONG = 100_000
CONTEXT = {"as_of": TODAY, "length": 50, "allowed": frozenset({"1", "2"}), "area_code": "0335"}
GOOD = ("G", "张三", MAN, "1", "19800101", "13812345678")


def told(rows: pa.Table, table: TableContract = PEOPLE) -> dict[tuple[str, str], set[str]]:
    """Return the reasons by key and field; the law of conservation holds beside."""
    done: Standardised = standardise(rows, plan(table))
    assert done.counts.balanced
    found: dict[tuple[str, str], set[str]] = {}
    for one in findings(rows, plan(table)).to_pylist():
        found.setdefault((one["source_key"], one["field"]), set()).add(one["reason"])
    return found


def only_row(*cells: str | None) -> dict[str, set[str]]:
    """Return the reasons by field of one bad row that stands beside a good one, which is untouched."""
    found = told(people(GOOD, ("B", *cells)))
    assert not [key for key in found if key[0] == "G"]
    return {field: reasons for (key, field), reasons in found.items() if key == "B"}


@pytest.mark.parametrize(
    ("cells", "field", "reason"),
    [
        (("张\x00三", MAN, "1", "19800101", None), "name", "damaged_text"),
        (("张三", f"{MAN[:5]}\x00{MAN[5:]}", "1", "19800101", None), "citizen_id", "damaged_text"),
        (("张" * LONG, MAN, "1", "19800101", None), "name", "too_long"),
        (("张三", "1" * LONG, "1", "19800101", None), "citizen_id", "too_long"),
        (("张三", MAN, "1" * LONG, "19800101", None), "sex", "too_long"),
        (("张三", MAN, "1", "1" * LONG, None), "birth_date", "too_long"),
        (("张三", MAN, "1", "19800101", "1" * LONG), "phone", "too_long"),
        (("张\ufffd", MAN, "1", "19800101", None), "name", "damaged_text"),
        (("寮犱笁\ufffd", MAN, "1", "19800101", None), "name", "damaged_text"),
        ((MAN, "张三", "1", "19800101", None), "name", "columns_swapped"),
        ((MAN, "张三", "1", "19800101", None), "citizen_id", "columns_swapped"),
        (("张三", "130302********1233", "1", "19800101", None), "citizen_id", "masked"),
        (("张*", MAN, "1", "19800101", None), "name", "masked"),
        (("张三", MAN, "1", "19800101", "138****5678"), "phone", "masked"),
        (("张三", "1.30302E+17", "1", "19800101", None), "citizen_id", "float_damaged"),
        (("张三", "130302198001011000", "1", "19800101", None), "citizen_id", "float_damaged"),
        (("张三", MAN + ".0", "1", "19800101", None), "citizen_id", "float_damaged"),
        (("张三", None, "1", "20991230", None), "birth_date", "date_out_of_range"),
        (("张三", None, "1", "18791231", None), "birth_date", "date_out_of_range"),
        (("张三", None, "1", "99991231", None), "birth_date", "sentinel"),
        (("<b>张三</b>", MAN, "1", "19800101", None), "name", "markup_like"),
        (("=HYPERLINK(\"x\")", MAN, "1", "19800101", None), "name", "formula_like"),
        (("张三", "=1+1", "1", "19800101", None), "citizen_id", "formula_like"),
        (("张三", MAN, "=1+1", "19800101", None), "sex", "formula_like"),
        (("张三", MAN, "&lt;1&gt;", "19800101", None), "sex", "markup_like"),
        (("张三", MAN, "1", "=DATE(1980,1,1)", None), "birth_date", "formula_like"),
        (("张三", MAN, "1", "19800101", "@SUM(A1)"), "phone", "formula_like"),
        (("张三", MAN[:17] + "×", "1", "19800101", None), "citizen_id", "lookalike_x"),
        (("张三", MAN[:17] + "*", "1", "19800101", None), "citizen_id", "wrong_character"),
    ],
)  # fmt: skip
def test_each_bad_cell_is_told_by_its_reason(cells: tuple[str | None, ...], field: str, reason: str) -> None:
    assert reason in only_row(*cells)[field]


def test_swapped_code_and_name_columns_are_not_read_crosswise() -> None:
    found = only_row("男", MAN, "张三", "19800101", None)
    assert found["name"] >= {"not_a_name"}
    assert found["sex"] >= {"unknown_code"}
    done = standardise(people(("B", "男", MAN, "张三", "19800101", None)), plan(PEOPLE))
    assert done.statements["person"].num_rows == 0
    assert done.counts.quarantined == 1


def test_a_quarantined_statement_tells_its_lesser_doubts_too() -> None:
    done = standardise(people(("B", "张三", "1303", "7", "19800230", "12")), plan(PEOPLE))
    lines = {(line["field"], line["reason"], line["state"]) for line in done.quarantine.to_pylist()}
    assert lines == {
        ("citizen_id", "wrong_length", "quarantined"),
        ("sex", "unknown_code", "noted"),
        ("birth_date", "impossible_date", "noted"),
        ("phone", "not_a_phone", "noted"),
    }


def test_a_row_that_a_later_one_of_its_key_replaced_is_told() -> None:
    rows = raw(
        ID=["A", "A"], XM=["张三", "李四"], SFZ=[MAN, WOMAN], XB=["1", "2"], CSRQ=["19800101", "19820202"],
        TEL=[None, None], T=["2024-01-01 00:00:00", "2024-01-02 00:00:00"], ZT=["1", "1"], XBMC=[None, None],
    )  # fmt: skip
    done = standardise(rows, plan(PEOPLE))
    assert done.counts.superseded == 1
    assert [(line["row_number"], line["reason"], line["state"]) for line in done.quarantine.to_pylist()] == [
        (1, "repeated_key", "superseded")
    ]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_lone_surrogates_become_damage_not_an_exception(kind: str) -> None:
    broken = pa.array([b"\xed\xa0\x80", "张".encode()[:2], b"\xff\xfe1", b"ok"], pa.binary()).view(pa.string())
    cleaned = KINDS[kind].clean_with(broken, CONTEXT)
    assert cleaned.values[:3].null_count == 3
    for row in range(3):
        assert cleaned.reasons_of(row) == (Reason.DAMAGED_TEXT,)


NASTY = st.text(
    alphabet=st.one_of(st.characters(codec="utf-8"), st.sampled_from("\x00\x0b\u200b\ufeff\ufffd*=+@<>&男张123Xx×")),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NASTY, NASTY, NASTY, NASTY, NASTY), min_size=1, max_size=4))
def test_any_text_anywhere_keeps_the_balance_and_the_good_row(rows: list[tuple[str, ...]]) -> None:
    table = people(GOOD, *((f"B{place}", *cells) for place, cells in enumerate(rows)))
    done = standardise(table, plan(PEOPLE))
    assert done.counts.balanced
    kept = done.statements["person"].to_pylist()
    assert kept[0]["citizen_id"] == MAN
    assert kept[0]["birth_date"] == datetime.date(1980, 1, 1)
    for one in kept:  # what is kept has passed its own check
        for field, kind in (("citizen_id", "citizen_id"), ("phone", "phone"), ("name", "person_name")):
            if one[field] is not None:
                assert KINDS[kind].check(pa.array([one[field]])).tolist() == [True]


def test_two_encodings_in_one_file(tmp_path: Path) -> None:
    lines = [b"ID,XM", "1,张三".encode("gb18030"), "2,李四".encode(), "3,王五".encode("gb18030")]
    (tmp_path / "list.csv").write_bytes(b"\r\n".join(lines) + b"\r\n")
    table = TableContract(
        "LIST",
        ("ID",),
        (Emit("person", "person", (of("name", "XM"),)),),
        file=FileShape("list.csv", "csv", "gb18030"),
    )
    contract = Contract("office", "某局", "office", "", "", Schedule("0 1 * * *"), (table,), {}, Path("x"), "f")
    source = open_source(contract, f"files://{tmp_path}")
    extraction = source.stream(ReadRequest(table))
    rows = pa.Table.from_batches(list(extraction), extraction.schema)
    count = rows.num_rows
    rows = rows.append_column("batch", pa.array([1] * count, pa.int64()))
    rows = rows.append_column("row_number", pa.array(range(1, count + 1), pa.int64()))
    done = standardise(rows, plan(table))
    assert done.counts.balanced
    names = {one["source_key"]: one["name"] for one in done.statements["person"].to_pylist()}
    assert names == {"1": "张三", "3": "王五"}
    refused = [(one["source_key"], one["reason"]) for one in done.quarantine.to_pylist()]
    assert refused == [("2", "damaged_text")]
