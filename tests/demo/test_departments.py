"""What is particular to single departments: their forms of time, names in pinyin, vehicle numbers, typed columns."""

import sqlite3
from pathlib import Path

import pyarrow as pa
import pytest

from demo.departments import DEPARTMENTS, education
from demo.detect import fine, vin
from demo.emission import DASHED, DIGITS, ISO, SLASHED
from demo.stores import MysqlTables, PostgresTables, SqliteTables
from tests.demo.city import rows, tables


def test_every_department_has_its_own_habits() -> None:
    stamps = {table.stamp for table in tables()}
    assert {table.clock for table in tables() if table.stamp} == {DASHED, DIGITS, ISO, SLASHED}
    assert "" in stamps and len(stamps) > 8
    assert len({table.name for table in tables()}) == len(list(tables()))
    for name, module in DEPARTMENTS.items():
        assert {table.department for table in module.TABLES} == {name} == {module.DEPARTMENT}


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("张伟", "Zhang Wei"),
        ("王秀英", "Wang Xiuying"),
        ("欧阳德才", "Ouyang Decai"),
        ("单娟", "Shan Juan"),
        ("曾宇轩", "Zeng Yuxuan"),
        ("扎西·次仁", "Zhaxiciren"),
        ("KIM MINJUN", "KIM MINJUN"),
    ],
)
def test_names_in_pinyin(name: str, spelled: str) -> None:
    [found] = education.pinyin(pa.array([name])).to_pylist()
    assert found.replace(" ", "").lower() == spelled.replace(" ", "").lower()
    if "·" not in name:
        assert found == spelled


def test_a_known_vehicle_number() -> None:
    assert vin("1M8GDM9AXKP042788") and not vin("1M8GDM9AXKP042789") and not vin("1M8GDM9AXKP04278O")


def test_vehicle_numbers_and_plates_are_given_once(town: Path) -> None:
    for column in ("CLSBDH", "HPHM"):
        found = [row[column] for table in DEPARTMENTS["vehicles"].TABLES for row in rows(town, table)]
        right = [value for value in found if value and fine("vin" if column == "CLSBDH" else "plate", value)]
        assert len(right) > 0.9 * len(found) and len(right) - len(set(right)) <= 0.01 * len(right)


def test_a_cell_may_name_several_parties() -> None:
    assert fine("name:、", "张伟、王芳") and not fine("name:、", "张伟、") and not fine("name:、", "张伟,王芳")
    assert not fine("citizen_id:,", "11010119491001001X,")


def test_only_servers_keep_columns_in_types_of_their_own(tmp_path: Path) -> None:
    table = DEPARTMENTS["housing_fund"].TABLES[0]
    store = SqliteTables(tmp_path / "fund.sqlite")
    store.create(table)
    store.close()
    with sqlite3.connect(tmp_path / "fund.sqlite") as connection:
        kinds = {row[2] for row in connection.execute("SELECT * FROM pragma_table_info('gr_zhxx')")}
    assert kinds == {"TEXT"}
    assert '"jcjs" NUMERIC(12,2)' in PostgresTables.column_types(PostgresTables.__new__(PostgresTables), table)
    assert "`khrq` DATE" in MysqlTables.column_types(MysqlTables.__new__(MysqlTables), table)
