"""The paper department's files: GB18030 with four-byte characters, CRLF, markers, an .xlsx without formulas."""

import hashlib
from pathlib import Path

import pytest
from openpyxl import load_workbook

HEADER = "登记编号,姓名,身份证号,性别,乡镇,村,补贴项目,面积亩,金额元,联系电话,登记日期"


@pytest.fixture
def drop(town: Path) -> Path:
    """Return the paper department's drop folder."""
    return town / "out" / "drop" / "agriculture"


def test_csv_is_gb18030_and_not_gbk(drop: Path) -> None:
    content = (drop / "subsidy_recipients.csv").read_bytes()
    text = content.decode("gb18030")
    assert text.startswith(HEADER + "\r\n") and text.count("\n") == text.count("\r\n")
    assert any(len(letter.encode("gb18030")) == 4 for letter in text)
    with pytest.raises(UnicodeDecodeError):
        content.decode("gbk")


def test_markers_name_length_and_digest(drop: Path) -> None:
    for name in ("subsidy_recipients.csv", "cooperatives.xlsx"):
        content = (drop / name).read_bytes()
        assert (drop / f"{name}.ready").read_text() == f"{len(content)} sha256:{hashlib.sha256(content).hexdigest()}\n"


def test_xlsx_holds_text_only(drop: Path) -> None:
    page = load_workbook(drop / "cooperatives.xlsx")["合作社名录"]
    assert [cell.value for cell in page[1]] == [
        "登记编号",
        "合作社名称",
        "统一社会信用代码",
        "法定代表人",
        "身份证号",
        "联系电话",
        "地址",
        "登记日期",
    ]
    assert page.max_row > 5
    assert {cell.data_type for line in page.iter_rows(min_row=2) for cell in line} <= {"s", "n"}
    assert not [cell for line in page.iter_rows() for cell in line if isinstance(cell.value, (int, float))]
