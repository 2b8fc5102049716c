"""Files dropped into a folder: text of any encoding, whole or refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from connectors import delimited, text_blocks
from connectors.opening import open_source
from connectors.source import ReadRequest, ReadSettings, Source
from schemas.contract import FileShape, TableContract
from schemas.errors import SourceBusy, SourceDamaged, SourceDrift, SourceUnreachable
from tests.connectors.contracts import contract, rows, table

HEAD = "RYID,XM,GXSJ\r\n"


def paper(pattern: str = "*.csv", **shape: str) -> TableContract:
    return table("PAPER", file=FileShape(pattern, "csv", **shape))  # type: ignore[arg-type]


def source(folder: Path, one: TableContract, **settings: int) -> Source:
    return open_source(contract(one), f"files://{folder}", ReadSettings(**settings))


def drop(folder: Path, text: str | bytes, name: str = "a.csv", encoding: str = "gb18030") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def read(folder: Path, one: TableContract | None = None, **settings: int) -> list[tuple[str, ...]]:
    one = one or paper()
    return [tuple(row.values()) for row in rows(source(folder, one, **settings).stream(ReadRequest(one)))]


@pytest.mark.parametrize(
    ("written", "declared"),
    [
        ("gb18030", "gb18030"),
        ("gb18030", "gbk"),
        ("gb18030", "GB2312"),
        ("utf-8", "utf-8"),
        ("utf-8-sig", "gb18030"),
        ("utf-16", "gb18030"),
        ("big5", "big5"),
    ],
)
def test_rare_characters_arrive_whatever_the_encoding(tmp_path: Path, written: str, declared: str) -> None:
    name = "王小明" if written == "big5" else "䶮𠮷·买买提"
    drop(tmp_path, f"{HEAD}1,{name},\r\n", encoding=written)
    assert read(tmp_path, paper(encoding=declared)) == [("1", name, "")]


def test_columns_are_found_by_name_and_unknown_ones_named(tmp_path: Path) -> None:
    drop(tmp_path, "GXSJ,XM,SJHM, RYID\n2026,张三,1,7\n")
    extraction = source(tmp_path, paper()).stream(ReadRequest(paper()))
    assert rows(extraction) == [{"RYID": "7", "XM": "张三", "GXSJ": "2026"}]
    assert extraction.new_columns == ("SJHM",)


def test_a_tab_may_separate(tmp_path: Path) -> None:
    drop(tmp_path, "RYID\tXM\tGXSJ\n1\ta,b\tc\n")
    assert read(tmp_path, paper(delimiter="\t")) == [("1", "a,b", "c")]


def test_ragged_rows_are_set_aside_one_by_one_and_counted(tmp_path: Path) -> None:
    drop(tmp_path, HEAD + '1,a,b\r\n2,a\r\n3,"x\r\ny",b\r\n4,a,b,c\r\n"海"韵,a,b\r\n5,a,b')
    extraction = source(tmp_path, paper()).stream(ReadRequest(paper()))
    assert [row["RYID"] for row in rows(extraction)] == ["1", "3", "5"]
    assert [(row.line, row.cells, row.text) for row in extraction.ragged] == [
        (3, 2, "2,a"),
        (6, 4, "4,a,b,c"),
        (7, 0, '"海"韵,a,b'),
    ]
    assert extraction.source_rows == extraction.rows + len(extraction.ragged)
    assert "海" not in repr(extraction.ragged)


@pytest.mark.parametrize(
    "ending", ['2,"李四,b\r\n3,c,d\r\n', '2,"李四,b\r\n3,"c",d\r\n'], ids=["to the end", "to the next"]
)
def test_an_unclosed_quote_swallows_nothing(tmp_path: Path, ending: str) -> None:
    drop(tmp_path, f"{HEAD}1,a,b\r\n{ending}")
    with pytest.raises(SourceDamaged, match="line 3") as damaged:
        read(tmp_path)
    assert "李四" not in str(damaged.value)


def mixed(sound: int, broken: int, encoding: str = "gb18030", other: str = "utf-8") -> bytes:
    """Rows in one encoding with some in another at the end, a plain one last; keys are ASCII."""
    rows = [f"s{number},张三丰,甲\r\n".encode(encoding) for number in range(sound)]
    rows += [f"b{number},张三丰,甲\r\n".encode(other) for number in range(broken)]
    return HEAD.encode() + b"".join(rows) + b"last,x,y\r\n"


@pytest.mark.parametrize(("declared", "other"), [("gb18030", "utf-8"), ("utf-8", "gb18030")])
def test_a_line_in_another_encoding_is_told_and_the_others_stand(tmp_path: Path, declared: str, other: str) -> None:
    drop(tmp_path, mixed(3, 1, declared, other))
    one = paper(encoding=declared)
    with source(tmp_path, one).stream(ReadRequest(one)) as extraction:
        found = [tuple(row.values()) for batch in extraction for row in batch.to_pylist()]
    assert [row[0] for row in found] == ["s0", "s1", "s2", "b0", "last"]
    assert found[0] == ("s0", "张三丰", "甲") and found[4] == ("last", "x", "y")
    assert "\ufffd" in found[3][1]
    assert extraction.rows == extraction.source_rows == 5
    assert len(extraction.notes) == 1 and "line 5 first" in extraction.notes[0] and "张" not in extraction.notes[0]


def test_bad_bytes_across_blocks_spoil_their_own_line_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for size in range(20, 60):
        monkeypatch.setattr(text_blocks, "BLOCK", size)
        drop(tmp_path, mixed(40, 2))
        found = read(tmp_path)
        assert [row[0] for row in found] == [*(f"s{number}" for number in range(40)), "b0", "b1", "last"]
        assert [row[0] for row in found if "\ufffd" in "".join(row)] == ["b0", "b1"]


@pytest.mark.parametrize(
    ("sound", "broken", "refused"),
    [(0, 1, False), (0, 2, True), (2, 1, False), (1, 2, True), (9, 10, True), (200, 11, False), (50, 11, True)],
)
def test_a_file_that_is_wholly_in_another_encoding_is_refused(
    tmp_path: Path, sound: int, broken: int, refused: bool
) -> None:
    drop(tmp_path, mixed(sound, broken, "utf-8", "gb18030"))
    if not refused:
        assert len(read(tmp_path, paper(encoding="utf-8"))) == sound + broken + 1
        return
    with pytest.raises(SourceDamaged, match="not utf-8 text") as damaged:
        read(tmp_path, paper(encoding="utf-8"))
    assert "张" not in str(damaged.value) and f"line {sound + 2}, byte" in str(damaged.value)


def test_a_header_that_cannot_be_read_refuses_the_file(tmp_path: Path) -> None:
    drop(tmp_path, "RYID,姓名,GXSJ\n1,a,b\n".encode("gb18030"))
    with pytest.raises(SourceDamaged, match="line 1, byte 5"):
        read(tmp_path, paper(encoding="utf-8"))


def test_a_file_cut_off_inside_a_character_is_damaged(tmp_path: Path) -> None:
    drop(tmp_path, f"{HEAD}1,张".encode("gb18030")[:-1])
    with pytest.raises(SourceDamaged, match="cut off"):
        read(tmp_path)


def test_utf8_called_gb18030_is_refused_instead_of_garbled(tmp_path: Path) -> None:
    drop(tmp_path, HEAD + "1,张三李四王五赵六钱七,b\r\n", encoding="utf-8")
    with pytest.raises(SourceDamaged, match="encoding: utf-8"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"PK\x03\x04rest", "xlsx"),
        (b"\xd0\xcf\x11\xe0rest", "CSV"),
        (b"RYID,XM,GXSJ,XM\n", "repeats XM"),
    ],
    ids=["empty", "zip", "old excel", "repeated header"],
)
def test_what_is_no_table_is_damaged_with_a_way_out(tmp_path: Path, content: bytes, says: str) -> None:
    drop(tmp_path, content)
    with pytest.raises(SourceDamaged, match=says):
        read(tmp_path)


def test_a_header_alone_is_an_empty_table(tmp_path: Path) -> None:
    drop(tmp_path, HEAD)
    assert read(tmp_path) == []


def test_long_fields_and_records_over_blocks_arrive_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_blocks, "BLOCK", 1024)
    long = "长" * 150_000
    plain = "".join(f'{number},"名,{number}",\r\n' for number in range(300))
    drop(tmp_path, f'{HEAD}{plain}a,"{long}\r\n",b\r\n{plain}')
    found = read(tmp_path)
    assert len(found) == 601
    assert found[300] == ("a", f"{long}\r\n", "b")
    assert found[601 - 1] == ("299", "名,299", "")


@pytest.mark.parametrize("stray", ["", '5" pipe,'], ids=["fast", "exact"])
def test_both_parsers_give_the_same_rows(tmp_path: Path, stray: str) -> None:
    lines = ["1,a\0b, c ", '2,"q""q",NULL', "3,NA,\\N", '4,"",1.0', "5,true,007"]
    extra = f"{stray}a,b\r\n" if stray else ""
    drop(tmp_path, HEAD + "\r\n".join(lines) + "\r\n" + extra)
    assert read(tmp_path)[:5] == [
        ("1", "a\0b", " c "),
        ("2", 'q"q', "NULL"),
        ("3", "NA", "\\N"),
        ("4", "", "1.0"),
        ("5", "true", "007"),
    ]


def test_the_fast_parser_is_the_one_used_for_sound_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(tmp_path, HEAD + '1,"a,b",c\r\n')

    def forbidden(*_: object) -> None:
        raise AssertionError("the exact parser was not needed")

    monkeypatch.setattr(delimited.DelimitedText, "_exact", forbidden)
    assert read(tmp_path) == [("1", "a,b", "c")]


def test_too_many_ragged_rows_are_a_wrong_delimiter(tmp_path: Path) -> None:
    drop(tmp_path, HEAD + "1;a;b\r\n" * 20)
    with pytest.raises(SourceDamaged, match="delimiter"):
        read(tmp_path, ragged_rows=10)


def test_a_value_beyond_the_limit_is_refused_with_its_place(tmp_path: Path) -> None:
    drop(tmp_path, HEAD + f"1,a,b\r\n2,{'x' * 2000},b\r\n")
    with pytest.raises(SourceDamaged, match="row 2, column XM"):
        read(tmp_path, value_bytes=1000)


def test_an_endless_record_is_given_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_blocks, "BLOCK", 1024)
    drop(tmp_path, HEAD + '1,"' + "x" * 10_000)
    with pytest.raises(SourceDamaged, match="line 2"):
        read(tmp_path, record_bytes=5_000)


def test_the_newest_file_is_taken_and_unfinished_ones_are_not(tmp_path: Path) -> None:
    for name, key in (
        ("p_20260209.csv", "old"),
        ("p_20260210.csv", "new"),
        (".p_20260211.csv", "hidden"),
        ("p_20260212.csv.part", "part"),
    ):
        drop(tmp_path, f"{HEAD}{key},a,b\r\n", name)
    os.utime(tmp_path / "p_20260209.csv")
    assert read(tmp_path, paper("p_*")) == [("new", "a", "b")]


def test_the_same_file_again_yields_nothing(tmp_path: Path) -> None:
    path = drop(tmp_path, f"{HEAD}1,a,b\r\n")
    first = source(tmp_path, paper()).stream(ReadRequest(paper()))
    assert (len(rows(first)), first.mode) == (1, "full")
    os.utime(path)
    again = source(tmp_path, paper()).stream(ReadRequest(paper(), since=first.high_water))
    assert (rows(again), again.unchanged, again.mode) == ([], True, "increment")
    assert again.high_water == first.high_water
    drop(tmp_path, f"{HEAD}1,a,c\r\n")
    changed = source(tmp_path, paper()).stream(ReadRequest(paper(), since=first.high_water))
    assert (len(rows(changed)), changed.unchanged, changed.mode) == (1, False, "full")


@pytest.mark.parametrize("how", ["replaced", "grown"])
def test_a_file_replaced_while_it_is_read_is_busy(tmp_path: Path, how: str) -> None:
    path = drop(tmp_path, HEAD + "1,a,b\r\n" * 100)
    stream = iter(source(tmp_path, paper()).stream(ReadRequest(paper(), batch_rows=10)))
    next(stream)
    if how == "replaced":
        drop(tmp_path, HEAD + "2,a,b\r\n" * 100, "new").replace(path)
    else:
        with path.open("ab") as file:
            file.write(b"9,a,b\r\n")
    with pytest.raises(SourceBusy):
        list(stream)


def test_a_missing_column_is_drift(tmp_path: Path) -> None:
    drop(tmp_path, "RYID,XINGMING,GXSJ\n1,张三,b\n")
    with pytest.raises(SourceDrift) as drift:
        read(tmp_path)
    assert drift.value.diff == ("- XM", "+ XINGMING")


def test_no_file_and_no_folder_are_unreachable(tmp_path: Path) -> None:
    assert source(tmp_path, paper()).describe() == {}
    with pytest.raises(SourceUnreachable, match=r"no file matches \*\.csv"):
        read(tmp_path)
    with pytest.raises(SourceUnreachable, match="folder is not there"):
        source(tmp_path / "none", paper()).describe()
