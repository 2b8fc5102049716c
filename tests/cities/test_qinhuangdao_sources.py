"""The connections of the shipped city lead to what the demo city really writes: files, tables, columns, encodings."""

import csv
import sqlite3
from pathlib import Path
from string import Template

import openpyxl
import pytest

from demo.build import Order
from demo.days import bring_to_day
from demo.departments import DEPARTMENTS
from demo.profile import load as load_profile
from demo.world import Size
from schemas.city import City
from schemas.city_file import load_city
from schemas.contract import TableContract

SHIPPED = Path(__file__).parents[2] / "cities" / "qinhuangdao"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose demo city has 300 residents, errors and all."""
    home = tmp_path_factory.mktemp("home")
    bring_to_day(Order(Size(300, 5), load_profile("assumed"), home / "demo", home / "truth", 0, {}))
    return home


def place(city: City, connection: str, home: Path) -> Path:
    url = Template(city.connections[connection]).substitute(CITYHUB_HOME=str(home))
    return Path(url.removeprefix("sqlite:///").removeprefix("files://"))


def header(table: TableContract, folder: Path) -> list[str]:
    """Return the first line of the one file that the contract's pattern finds."""
    assert table.file
    (path,) = folder.glob(table.file.pattern)
    if table.file.format == "csv":
        with path.open(encoding=table.file.encoding, newline="") as lines:
            return next(csv.reader(lines, delimiter=table.file.delimiter))
    sheet = openpyxl.load_workbook(path, read_only=True)[table.file.sheet]
    return [str(cell) for cell in next(sheet.iter_rows(values_only=True))]


def test_every_database_holds_the_tables_and_columns_of_its_contract(home: Path) -> None:
    city = load_city(SHIPPED)
    for contract in city.contracts.values():
        if not city.connections[contract.connection].startswith("sqlite"):
            continue
        path = place(city, contract.connection, home)
        assert path.is_file(), path.name
        with sqlite3.connect(path) as connection:
            found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            logs = {table.log for table in DEPARTMENTS[contract.department].TABLES if table.log}
            assert found - logs == {table.name for table in contract.tables}
            for table in contract.tables:
                columns = [row[1] for row in connection.execute("SELECT * FROM pragma_table_info(?)", (table.name,))]
                assert sorted(columns) == sorted(table.columns), table.name


def test_every_dropped_file_holds_the_columns_of_its_contract(home: Path) -> None:
    city = load_city(SHIPPED)
    contract = city.contracts["agriculture"]
    folder = place(city, contract.connection, home)
    for table in contract.tables:
        assert sorted(header(table, folder)) == sorted(table.columns), table.name
