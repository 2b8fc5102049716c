"""Change one cell of one row as the department's own program would: the row's update time moves with it."""

from __future__ import annotations

from pathlib import Path

from demo import moments
from demo.build import BuildError, standing
from demo.departments import DEPARTMENTS
from demo.departments import agriculture as paper
from demo.drops import DropTables
from demo.emission import Table
from demo.stores import SqliteTables, log_of

COLUMNS = {
    "RK_CZRK": "LXDH",
    "YZ_YZXX": "YZNR",
    "E_BASEINFO": "TEL",
    "MARRIAGE_REG": "TEL_MAN",
    "AC01": "AAE005",
    "DA_JKDA": "WS02_01_010_01",
    "PSN_INFO_B": "TEL",
    "DJ_NSRXX": "LXDH",
    "DJ_QLR_GR": "LXDH",
    "FW_HTBA": "MSRDH",
    "XJ_XSXX": "LXDH",
    "VEH_GR": "LXDH",
    "gr_zhxx": "sjhm",
    "APPLY_PERSON": "ContactMobile",
    "subsidy_recipients": "联系电话",
}


def touch_cell(out: Path, department: str) -> list[str]:
    """Change one cell of the department's first table and return lines that say which, masked. Raises `BuildError`."""
    city, table = standing(out), DEPARTMENTS[department].TABLES[0]
    if city is None:
        raise BuildError(f"{out} 里没有演示城市 / no demo city in {out}; first: python -m demo build --out {out}")
    if department in str(city["on_servers"]):
        raise BuildError(f"{department} 在服务器上 / lives on a server; touch works on files only")
    if department == paper.DEPARTMENT:
        key, before, after = touch_list(out, table)
    else:
        key, before, after = touch_row(out, department, table)
    return [
        f"{department}.{table.name}  {table.key} = {masked(key)}",
        f"{COLUMNS[table.name]}: {masked(before)} → {masked(after)}",
    ]


def masked(value: str) -> str:
    """Return a value with its middle hidden."""
    return value[:3] + "*" * max(len(value) - 5, 1) + value[-2:] if len(value) > 5 else "*" * len(value)


def next_value(value: str) -> str:
    """Return another phone or text, always the same one for the same value."""
    if value.isascii() and value.isdigit() and len(value) == 11:
        return value[:3] + f"{(int(value[3:]) + 12345677) % 10**8:08d}"
    return value + "（更）"


def touch_row(out: Path, department: str, table: Table) -> tuple[str, str, str]:
    """Change the first healthy row by key; its update time becomes a second later than any in the table."""
    path, column = out / "sources" / f"{department}.sqlite", COLUMNS[table.name]
    like = "1__________" if column != "YZNR" else "%"
    tables = SqliteTables(path)
    cell, name, place = tables.name(column), tables.name(table.key), tables.place(table)
    healthy = f"{cell} LIKE ? AND {name} IS NOT NULL GROUP BY {name} HAVING count(*) = 1"
    query = f"SELECT {name}, {cell} FROM {place} WHERE {healthy} ORDER BY {name} LIMIT 1"  # noqa: S608  # quoted
    found = tables.run(query, [like])
    if not found:
        raise BuildError(f"{table.name}: 没有可改的行 / no row to change")
    key, before = found[0]
    later = {table.stamp: last_moment(tables, table)} if table.stamp else {}
    tables.update(table, key, {column: next_value(before), **later})
    if table.log:
        tables.note(table, [(key, "U", last_moment(tables, log_of(table)))])
    tables.close()
    return key, before, next_value(before)


def last_moment(tables: SqliteTables, table: Table) -> str:
    """Return a second after the table's last update time; the evening of day 0 where it has none yet."""
    query = f"SELECT max({tables.name(table.stamp)}) FROM {tables.place(table)}"  # noqa: S608  # quoted identifiers
    last = tables.run(query)[0][0] or moments.written(table, "2026-06-30 18:00:00")
    return moments.second_later(table, last)


def touch_list(out: Path, table: Table) -> tuple[str, str, str]:
    """Change one line of the paper department's list and drop the list again, whole."""
    tables = DropTables(out / "drop" / paper.DEPARTMENT, paper.FILES, paper.SHEET)
    names, column = list(table.columns), COLUMNS[table.name]
    lines = sorted(line for line in tables.rows(table) if len(line[names.index(column)]) == 11 and line[0])
    if not lines:
        raise BuildError(f"{table.name}: 没有可改的行 / no line to change")
    key, before = lines[0][names.index(table.key)], lines[0][names.index(column)]
    tables.update(table, key, {column: next_value(before)})
    tables.close()
    return key, before, next_value(before)
