from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from connectors.plain_file import guessed_encoding, read_plain_file
from schemas.errors import SourceDamaged

WRITTEN = {
    "utf-8": "编号,姓名\n1,张伟\n",
    "utf-8-sig": "编号,姓名\n1,张伟\n",
    "gb18030": "编号,姓名\n1,张伟\n",
    "utf-16": "编号,姓名\n1,张伟\n",
    "big5": "編號,姓名\n" + "1,張偉雄\n2,陳麗華\n" * 20,
    "cp1252": "id,name\n1,José Núñez\n2,Müller\n",
    "shift_jis": "番号,氏名\n1,田中太郎\n2,さとう花子\n",
    "cp1251": "номер,имя\n1,Иван Петров\n2,Анна Смирнова\n",
}


@pytest.mark.parametrize("encoding", WRITTEN)
def test_text_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "customers_20240101.csv"
    path.write_bytes(WRITTEN[encoding].encode(encoding))
    (tmp_path / "customers_20990101.csv").write_text("another,file\n1,2\n", encoding="utf-8")
    header, first, *_ = WRITTEN[encoding].splitlines()
    found = read_plain_file(path)
    assert found.rows.column_names == header.split(",")
    assert list(found.rows.slice(0, 1).to_pylist()[0].values()) == first.split(",")


def test_an_encoding_may_be_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("id,name\n1,Žižka\n".encode("cp1250"))
    assert read_plain_file(path, encoding="cp1250").rows["name"].to_pylist() == ["Žižka"]
    with pytest.raises(SourceDamaged, match=r"RIGHT \(a.csv\).*cp125o"):
        read_plain_file(path, "RIGHT", encoding="cp125o")


def test_a_character_cut_by_the_end_of_the_look_is_no_other_encoding() -> None:
    assert guessed_encoding("张".encode()[:2]) == "utf-8"


def test_any_column_is_text_and_a_ragged_line_is_told(tmp_path: Path) -> None:
    text = tmp_path / "t.txt"
    text.write_text("id;n\n007;1.50\n8;x;y\n", encoding="utf-8")
    found = read_plain_file(text)
    assert (found.rows.to_pylist(), found.ragged) == ([{"id": "007", "n": "1.50"}], 1)
    typed = tmp_path / "t.parquet"
    parquet.write_table(pa.table({"id": [7, 8], "born": pa.array([0, None], pa.date32())}), typed)
    assert read_plain_file(typed).rows.to_pylist() == [{"id": "7", "born": "1970-01-01"}, {"id": "8", "born": None}]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "文件是空的"),
        ("broken.parquet", b"PAR1 and no more", "corrupt or cut off"),
        ("twice.csv", b"id,a,a\n1,2,3\n", "the header repeats a"),
        ("quote.csv", b'id,a\n1,"x\n2,y\n', "never closed"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceDamaged, match=said):
        read_plain_file(path, "LEFT")
