"""A column changed its declared type: what that does is told, its severity holds it, the contract's change is shown."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from sqlalchemy import make_url

from connectors.opening import open_source
from pipeline.drift import Findings, find_drift
from schemas.code_table import code_table_names, load_code_table
from schemas.contract import Contract
from schemas.contract_file import load_contract
from schemas.errors import SourceDrift
from schemas.standard_file import load_standard
from tests.postgres import plain
from warehouse.batch import Batch

TEXT = """department: office
label: 人社局
connection: office
owner: 信息中心
schedule: {cron: "0 2 * * *", fresh_within: 26h}
basis: 共享目录
tables:
  INSURED:
    key: [ID]
    LANDING
    deleted_when: {GONE: "1"}
    emit:
      person:
        person: {name: NAME, citizen_id: NUMBER, sex: {from: SEX, codes: sex_word}}
codes:
  sex_word: {"01": "1", "02": "2"}
"""
STANDARD, TABLES = load_standard(), {name: load_code_table(name) for name in code_table_names()}


def contract(folder: Path, landing: str = "cursor: {column: MOVED, overlap: 1h}") -> Contract:
    path = folder / "office.yaml"
    path.write_text(TEXT.replace("LANDING", landing), "utf-8")
    return load_contract(path, STANDARD, TABLES)


def landed(findings: Findings, state: str = "accepted") -> Batch:
    """Return the batch that a landing with these findings leaves."""
    facts = {"landing": {"shape": findings.shape}}
    at = datetime(2026, 7, 1, tzinfo=UTC)
    known: Any = ("", None, None, 0, "", 0, at, at, None, "run", findings.held, facts, None)
    return Batch(1, "office", "INSURED", "full", state, *known)  # type: ignore[arg-type]


def look(contract: Contract, url: str, *done: Batch) -> Findings:
    source = open_source(contract, url)
    try:
        return find_drift(source, contract, contract.table("INSURED"), done, None)
    finally:
        source.close()


ROW = ("P1", "张伟", "130302198001011018", "01", "1", "2026-06-01 08:00:00")


def sqlite_file(path: Path, types: str) -> str:
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE IF EXISTS INSURED")
        names = ("ID", "NAME", "NUMBER", "SEX", "GONE", "MOVED")
        columns = ", ".join(f"{name} {kind}" for name, kind in zip(names, types.split(";"), strict=True))
        connection.execute(f"CREATE TABLE INSURED ({columns})")
        connection.execute("INSERT INTO INSURED VALUES (?, ?, ?, ?, ?, ?)", ROW)
    connection.close()
    return f"sqlite:///{path}"


def test_on_sqlite_every_effect_is_told_and_what_only_holds_more_holds_nothing(tmp_path: Path) -> None:
    office, path = contract(tmp_path), tmp_path / "a.db"
    first = look(office, sqlite_file(path, "TEXT;VARCHAR(50);VARCHAR(18);TEXT;TEXT;TEXT"))
    wider = look(office, sqlite_file(path, "TEXT;VARCHAR(90);VARCHAR(18);TEXT;TEXT;TEXT"), landed(first))
    assert (first.lines, wider.lines) == ((), ("~ NAME: VARCHAR(50) → VARCHAR(90)",))
    assert (wider.held, wider.proposal) == ("", ())
    harmed = look(office, sqlite_file(path, "INTEGER;VARCHAR(50);CHAR(15);TEXT;TEXT;DATE"), landed(first))
    assert harmed.lines == (
        "~ ID: TEXT → INTEGER  (前导零和字母会丢 leading zeros and letters are lost; "
        "主键：原有的行可能当作新行 the key: rows may come as new ones)",
        "~ NUMBER: VARCHAR(18) → CHAR(15)  (只容 15 个字符 holds 15 characters; citizen_id 要 needs 18)",
        "~ MOVED: TEXT → DATE  (日期写法改变 dates are written otherwise; "
        "游标：放行后整表读一次 the cursor: read whole once (cityhub land --whole))",
    )
    assert harmed.held == "drift: " + "; ".join(harmed.lines)


def test_on_postgres_the_marks_and_codes_that_are_spelled_otherwise_now_are_proposed(
    tmp_path: Path, postgres_url: str
) -> None:
    office = contract(tmp_path)
    with psycopg.connect(plain(make_url(postgres_url)), autocommit=True) as server:
        server.execute(
            'CREATE TABLE "INSURED" ("ID" text, "NAME" text, "NUMBER" varchar(18), "SEX" varchar(2), "GONE" char(1), '
            '"MOVED" timestamp)'
        )
        server.execute('INSERT INTO "INSURED" VALUES (%s, %s, %s, %s, %s, %s)', ROW)
        first = look(office, postgres_url)
        server.execute(
            'ALTER TABLE "INSURED" ALTER "NUMBER" TYPE char(15) USING left("NUMBER", 15), '
            'ALTER "SEX" TYPE integer USING "SEX"::integer, ALTER "GONE" TYPE boolean USING "GONE" = \'1\', '
            'ALTER "MOVED" TYPE date'
        )
        found = look(office, postgres_url, landed(first))
    assert [line.partition("  ")[0] for line in found.lines] == [
        "~ NUMBER: VARCHAR(18) → CHAR(15)",
        "~ SEX: VARCHAR(2) → INTEGER",
        "~ GONE: CHAR(1) → BOOLEAN",
        "~ MOVED: TIMESTAMP WITHOUT TIME ZONE → DATE",
        "? SEX (sex_word): 未知代码 unknown 1",
    ]
    assert [line for line in found.proposal if line[:1] in "+-" and line[:3] not in ("+++", "---")] == [
        '-    deleted_when: {GONE: "1"}',
        '+    deleted_when: {GONE: "true"}',
        '-  sex_word: {"01": "1", "02": "2"}',
        '+  sex_word: {"01": "1", "02": "2", "1": "1"}',
    ]
    assert found.held.startswith("drift: ~ NUMBER: VARCHAR(18) → CHAR(15)")


def test_what_was_held_for_its_type_is_no_measure_until_it_is_released(tmp_path: Path) -> None:
    office, path = contract(tmp_path), tmp_path / "a.db"
    first = look(office, sqlite_file(path, "TEXT;TEXT;TEXT;TEXT;TEXT;TEXT"))
    url = sqlite_file(path, "TEXT;TEXT;INTEGER;TEXT;TEXT;TEXT")
    second = look(office, url, landed(first))
    assert second.held
    assert look(office, url, landed(first), landed(second, "held")).held == second.held
    assert look(office, url, landed(first), landed(second)).lines == ()


def test_the_severity_is_the_contracts(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    for word, held in (("warn", False), ("hold", True)):
        office = contract(tmp_path, f"cursor: MOVED\n    drift: {{retyped: {word}}}")
        first = look(office, sqlite_file(path, "TEXT;TEXT;TEXT;TEXT;TEXT;TEXT"))
        found = look(office, sqlite_file(path, "TEXT;TEXT;INTEGER;TEXT;TEXT;TEXT"), landed(first))
        assert (len(found.lines), bool(found.held)) == (1, held)
    office = contract(tmp_path, "cursor: MOVED\n    drift: {retyped: fail}")
    with pytest.raises(SourceDrift, match="~ NUMBER: TEXT → INTEGER"):
        look(office, f"sqlite:///{path}", landed(first))


def test_parquet_declares_types_and_a_text_file_does_not(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    office = contract(tmp_path, 'file: {pattern: "insured*.parquet", format: parquet}')
    cells = dict(zip(("ID", "NAME", "NUMBER", "SEX", "GONE"), ROW[:5], strict=True))
    parquet.write_table(pa.table({name: [cell] for name, cell in cells.items()}), drop / "insured1.parquet")
    first = look(office, f"file://{drop}")
    assert first.shape["NUMBER"] == "string"
    numbers = {**{name: [cell] for name, cell in cells.items()}, "NUMBER": [130302198001011018.0]}
    parquet.write_table(pa.table(numbers), drop / "insured2.parquet")
    found = look(office, f"file://{drop}", landed(first))
    assert found.held.startswith("drift: ~ NUMBER: string → double  (前导零和字母会丢")
    text = contract(tmp_path, 'file: {pattern: "insured*.csv", format: csv, encoding: utf-8}')
    (drop / "insured.csv").write_text(",".join(cells) + "\n" + ",".join(cells.values()) + "\n", "utf-8")
    assert look(text, f"file://{drop}", landed(first)).lines == ()


def test_json_lines_declare_types_by_their_values(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    office = contract(tmp_path, 'file: {pattern: "insured*.jsonl", format: jsonl}')

    def file(number: int, *numbers: object) -> None:
        same = {"NAME": "张伟", "SEX": "01", "GONE": None}
        rows = ({"ID": f"P{at}", "NUMBER": one, **same} for at, one in enumerate(numbers))
        (drop / f"insured{number}.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")

    file(1, "130302198001011018", None)
    first = look(office, f"file://{drop}")
    file(2, "130302198001011018", 130302198001011)
    mixed = look(office, f"file://{drop}", landed(first))
    assert mixed.lines == (
        "~ NUMBER: string → integer|string  (值的类型混杂 its values are of several types; citizen_id)",
    )
    file(3, "130302198001011018")
    fewer = look(office, f"file://{drop}", landed(first), landed(mixed))
    assert (fewer.lines, fewer.shape["NUMBER"]) == ((), "integer|string")
    file(4, None)
    assert look(office, f"file://{drop}", landed(fewer)).lines == ()
