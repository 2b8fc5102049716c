"""JSON Lines, Parquet, .xls and TSV: every cell arrives as the text that stood there."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import xlwt

from connectors.opening import open_source
from connectors.source import Extraction, ReadRequest, ReadSettings
from schemas.contract import FileShape
from schemas.errors import SourceDamaged, SourceDrift
from tests.connectors.contracts import contract, rows, table

LONG = "130302198001011234567890"


def read(folder: Path, shape: FileShape, columns: tuple[str, ...] = ("RYID", "XM"), **settings: Any) -> Extraction:
    people = table("people", columns, file=shape)
    return open_source(contract(people), f"files://{folder}", ReadSettings(**settings)).stream(ReadRequest(people))


def lines(folder: Path, *texts: str, encoding: str = "utf-8") -> FileShape:
    (folder / "people.jsonl").write_bytes("\n".join(texts).encode(encoding))
    return FileShape("people.jsonl", "jsonl", encoding)


def test_json_numbers_keep_their_digits_and_absent_is_null(tmp_path: Path) -> None:
    shape = lines(
        tmp_path,
        f'{{"RYID": {LONG}, "XM": "张三"}}', "",
        '{"RYID": 1.50, "XM": null}', '{"RYID": "2"}', '{"RYID": true, "XM": {"a": [1.0, "x"]}}',
    )  # fmt: skip
    assert rows(read(tmp_path, shape)) == [
        {"RYID": LONG, "XM": "张三"},
        {"RYID": "1.50", "XM": None},
        {"RYID": "2", "XM": None},
        {"RYID": "true", "XM": '{"a":[1.0,"x"]}'},
    ]


def test_a_bad_json_line_is_ragged_and_the_rest_arrives(tmp_path: Path) -> None:
    shape = lines(
        tmp_path, '{"RYID": "1", "XM": "a"}', "[1]", '{"RYID": "2", "RYID": "3"}', '{"RYID": "4"', '{"RYID": "5"}'
    )
    extraction = read(tmp_path, shape)
    assert [row["RYID"] for row in rows(extraction)] == ["1", "5"]
    assert [one.line for one in extraction.ragged] == [2, 3, 4]
    assert extraction.source_rows == 5


def test_json_in_gb18030_and_a_key_only_later_rows_have(tmp_path: Path) -> None:
    many = [f'{{"RYID": "{number}", "XM": "䶮"}}' for number in range(1500)]
    shape = lines(tmp_path, *many, '{"RYID": "x", "XM": "b", "NEU": "1"}', encoding="gb18030")
    extraction = read(tmp_path, shape, ("RYID", "XM"))
    assert {row["XM"] for row in rows(extraction)} == {"䶮", "b"}
    assert extraction.new_columns == ("NEU",)


def test_json_without_objects_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(SourceDamaged, match="no line is a JSON object"):
        read(tmp_path, lines(tmp_path, "1,2", "3,4"))


def test_half_a_character_in_json_spoils_its_own_cell_alone(tmp_path: Path) -> None:
    shape = lines(tmp_path, '{"RYID": "1", "XM": "张\\ud800"}', '{"RYID": "2", "XM": "\\ud842\\udfb7"}')
    extraction = read(tmp_path, shape)
    assert rows(extraction) == [{"RYID": "1", "XM": "张\ufffd"}, {"RYID": "2", "XM": "𠮷"}]
    assert extraction.notes == ("XM: 1 个值有残缺的 \\u 转义 values with a broken \\u escape became U+FFFD",)


@pytest.mark.parametrize("place", [0, 2])
def test_a_json_line_in_another_encoding_spoils_its_own_cells_alone(tmp_path: Path, place: int) -> None:
    texts = [f'{{"RYID": "{number}", "XM": "张三丰"}}'.encode() for number in range(4)]
    texts[place] = texts[place].decode().encode("gb18030")
    (tmp_path / "people.jsonl").write_bytes(b"\n".join(texts))
    extraction = read(tmp_path, FileShape("people.jsonl", "jsonl", "utf-8"))
    found = rows(extraction)
    assert [row["RYID"] for row in found] == list("0123")
    assert [number for number, row in enumerate(found) if "\ufffd" in str(row["XM"])] == [place]
    assert f"line {place + 1} first" in extraction.notes[0]


def test_parquet_cells_become_text(tmp_path: Path) -> None:
    when = datetime.datetime(2026, 3, 1, 8, 0)
    zoned = datetime.datetime(2026, 3, 1, 0, 0, tzinfo=datetime.UTC)
    cells = {
        "RYID": pa.array([10**17 + 1, None]),
        "XM": pa.array(["张三", None]).dictionary_encode(),
        "T": pa.array([when, None]),
        "Z": pa.array([zoned, None], pa.timestamp("us", "UTC")),
        "B": pa.array([b"\x01\xff", None]),
        "F": pa.array([True, None]),
        "L": pa.array([[1, 2], None]),
    }
    parquet.write_table(pa.table(cells), tmp_path / "people.parquet")
    found = rows(read(tmp_path, FileShape("people.parquet", "parquet"), tuple(cells)))
    assert found[0] == {
        "RYID": "100000000000000001", "XM": "张三", "T": "2026-03-01 08:00:00", "Z": "2026-03-01 08:00:00",
        "B": "\\x01ff", "F": "true", "L": "[1, 2]",
    }  # fmt: skip
    assert set(found[1].values()) == {None}


def test_a_parquet_file_cut_off_is_damaged_and_a_missing_column_is_drift(tmp_path: Path) -> None:
    path = tmp_path / "people.parquet"
    parquet.write_table(pa.table({"RYID": ["1"] * 5000, "XM": [str(number) for number in range(5000)]}), path)
    with pytest.raises(SourceDrift, match="SFZ"):
        read(tmp_path, FileShape("people.parquet", "parquet"), ("RYID", "SFZ"))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(SourceDamaged, match="cut off"):
        read(tmp_path, FileShape("people.parquet", "parquet"))


def old_workbook(path: Path, *cells: tuple[Any, ...]) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("名录")
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for row, values in enumerate(cells):
        for column, value in enumerate(values):
            style = day if isinstance(value, datetime.date) else xlwt.Style.default_style
            if value is not None:
                sheet.write(row, column, value, style)
    book.save(str(path))


def test_an_old_workbook_below_its_title(tmp_path: Path) -> None:
    old_workbook(
        tmp_path / "people.xls",
        ("人员名录",), ("RYID", "XM"), (1, "张三"), (), ("2", datetime.date(2026, 3, 1)), (130302198001011236.0, None),
        ("3", "b", "too much"),
    )  # fmt: skip
    extraction = read(tmp_path, FileShape("people.xls", "xls"))
    assert rows(extraction) == [
        {"RYID": "1", "XM": "张三"},
        {"RYID": "2", "XM": "2026-03-01"},
        {"RYID": "1.3030219800101123E+17", "XM": None},
    ]
    assert [one.line for one in extraction.ragged] == [7]


def test_what_is_no_old_workbook_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "people.xls").write_bytes(b"PK\x03\x04 an xlsx in truth")
    with pytest.raises(SourceDamaged, match="not an old"):
        read(tmp_path, FileShape("people.xls", "xls"))
    (tmp_path / "people.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    with pytest.raises(SourceDamaged, match="corrupt"):
        read(tmp_path, FileShape("people.xls", "xls"))
    old_workbook(tmp_path / "people.xls", ("RYID", "XM"))
    with pytest.raises(SourceDamaged, match="名录"):
        read(tmp_path, FileShape("people.xls", "xls", sheet="名单"))


def test_tab_separated_text(tmp_path: Path) -> None:
    (tmp_path / "people.tsv").write_bytes("RYID\tXM\n1\ta,b\n".encode("utf-16"))
    assert rows(read(tmp_path, FileShape("people.tsv", "tsv", "utf-16", "\t"))) == [{"RYID": "1", "XM": "a,b"}]
