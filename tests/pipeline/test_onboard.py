"""Onboarding: sources by URL, path and name; drafts that read; and the page that leads a new user through it all."""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import sqlalchemy as sa
import xlwt
from click.testing import CliRunner

from pipeline.command_line import main
from pipeline.settings import DEFAULT_CITY
from tests import sftp
from tests.house.tree import ROOT
from tests.values.cases import citizen_numbers

PAGE = ROOT / "docs" / "add-a-department.md"
NUMBERS = citizen_numbers(60, 3, ["130302"])
ROWS = [(f"K{place:03d}", f"王{'伟芳敏静强'[place % 5]}", number) for place, number in enumerate(NUMBERS)]
HEAD = ("编号", "姓名", "身份证号")


def run(folder: Path, *words: str) -> tuple[int, Any]:
    """Run one command with --json; return its exit code and what it printed."""
    environment = {"CITYHUB_HOME": str(folder / "var"), "CITYHUB_AS_OF": "2026-07-01"}
    result = CliRunner(env=environment).invoke(main, [*words, "--json"])
    return result.exit_code, json.loads(result.stdout)


def as_sqlite(folder: Path) -> str:
    connection = sqlite3.connect(folder / "s.sqlite")
    connection.execute("CREATE TABLE CARDS (编号 TEXT, 姓名 TEXT, 身份证号 TEXT)")
    connection.executemany("INSERT INTO CARDS VALUES (?, ?, ?)", ROWS)
    connection.commit()
    return str(folder / "s.sqlite")


def as_csv(folder: Path) -> str:
    text = "\n".join(",".join(row) for row in (HEAD, *ROWS))
    (folder / "cards_20260701.csv").write_text(text, "gb18030")
    return str(folder)


def as_tsv(folder: Path) -> str:
    (folder / "cards.tsv").write_text("\n".join("\t".join(row) for row in (HEAD, *ROWS)), "utf-8")
    return str(folder / "cards.tsv")


def as_workbook(folder: Path) -> str:
    book = openpyxl.Workbook()
    for row in (HEAD, *ROWS):
        book.active.append(row)
    book.save(folder / "cards.xlsx")
    return f"files://{folder}"


def as_old_workbook(folder: Path) -> str:
    book = xlwt.Workbook()
    sheet = book.add_sheet("名册")
    for row, cells in enumerate((HEAD, *ROWS)):
        for column, cell in enumerate(cells):
            sheet.write(row, column, cell)
    book.save(str(folder / "cards.xls"))
    return str(folder)


def as_json_lines(folder: Path) -> str:
    lines = (json.dumps(dict(zip(HEAD, row, strict=True)), ensure_ascii=False) for row in ROWS)
    (folder / "cards_20260701.jsonl").write_text("\n".join(lines), "gb18030")
    return str(folder)


def as_parquet(folder: Path) -> str:
    columns = {name: list(cells) for name, cells in zip(HEAD, zip(*ROWS, strict=True), strict=True)}
    parquet.write_table(pa.table(columns), folder / "cards.parquet")
    return str(folder / "cards.parquet")


@contextmanager
def as_sftp(folder: Path) -> Iterator[str]:
    as_csv(folder)
    (folder / "cards_20260701.csv.ready").write_text("")
    with sftp.server(folder) as running:
        yield running.url()


@contextmanager
def as_one_file_across_sftp(folder: Path) -> Iterator[str]:
    as_parquet(folder)
    as_tsv(folder)
    with sftp.server(folder) as running:
        yield running.url().replace("/?", "/cards.parquet?")


def as_table(url: str) -> str:
    engine = sa.create_engine(url)
    columns = (sa.Column(name, sa.String(30)) for name in HEAD)
    cards = sa.Table("CARDS", sa.MetaData(), *columns)
    with engine.begin() as connection:
        cards.create(connection)
        connection.execute(cards.insert(), [dict(zip(HEAD, row, strict=True)) for row in ROWS])
    engine.dispose()
    return url


FILES = (as_sqlite, as_csv, as_tsv, as_workbook, as_old_workbook, as_json_lines, as_parquet)


@pytest.mark.parametrize("make", FILES)
def test_a_source_of_each_kind_is_profiled_and_drafted(tmp_path: Path, make: Callable[[Path], str]) -> None:
    (tmp_path / "source").mkdir()
    onboarded(tmp_path, make(tmp_path / "source"))


@pytest.mark.parametrize("make", [as_sftp, as_one_file_across_sftp])
def test_files_across_sftp_are_profiled_and_drafted(
    tmp_path: Path, make: Callable[[Path], AbstractContextManager[str]]
) -> None:
    (tmp_path / "source").mkdir()
    with make(tmp_path / "source") as url:
        onboarded(tmp_path, url)
    assert sftp.PASSWORD not in (tmp_path / "cards.yaml").read_text("utf-8")


def test_a_table_of_postgresql_is_profiled_and_drafted(tmp_path: Path, postgres_url: str) -> None:
    onboarded(tmp_path, as_table(postgres_url))


def test_a_table_of_mariadb_is_profiled_and_drafted(tmp_path: Path, mariadb_url: str) -> None:
    onboarded(tmp_path, as_table(mariadb_url))


def onboarded(tmp_path: Path, source: str) -> None:
    """Profile and draft a source of one table; nobody's values are told, and nothing is left behind."""
    code, [told] = run(tmp_path, "profile", source)
    assert (code, told["rows"], told["complete"], told["keys"][0]) == (0, 60, True, ["编号"])
    code, made = run(tmp_path, "onboard", source, "--department", "cards", "--out", str(tmp_path / "cards.yaml"))
    assert (code, made["mistake"], made["to_fill"]) == (0, None, ["label", "owner", "basis"])
    [trial] = made["trial"]
    assert (trial["rows"], trial["accepted"]) == (60, 60)
    text = json.dumps([told, made], ensure_ascii=False) + (tmp_path / "cards.yaml").read_text("utf-8")
    assert not [value for row in ROWS for value in row[1:] if value in text]
    assert not (tmp_path / "var").exists()  # looking leaves nothing behind


def test_tables_that_nobody_understands_do_not_keep_the_others_from_a_trial(tmp_path: Path) -> None:
    source = as_sqlite(tmp_path)
    with sqlite3.connect(source) as connection:
        connection.execute("CREATE TABLE CARDS_LOG (LID INTEGER PRIMARY KEY, 编号 TEXT, OP TEXT)")
        connection.executemany("INSERT INTO CARDS_LOG (编号, OP) VALUES (?, ?)", [("K001", "U"), ("K999", "D")])
        connection.execute("CREATE TABLE SETTINGS (K TEXT, V TEXT)")
        connection.execute("INSERT INTO SETTINGS VALUES ('a', 'b')")
    code, made = run(tmp_path, "onboard", source, "--department", "cards", "--out", str(tmp_path / "cards.yaml"))
    assert (code, made["mistake"], made["to_fill"]) == (0, None, ["label", "owner", "basis", "SETTINGS.emit"])
    assert [(trial["table"], trial["accepted"]) for trial in made["trial"]] == [("CARDS", 60)]
    drafted = (tmp_path / "cards.yaml").read_text("utf-8")
    assert 'changes: {table: CARDS_LOG, operation: OP, sequence: LID, deleted: ["D"]}' in drafted
    assert "  # SETTINGS:" in drafted


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_drafted(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    source = as_csv(tmp_path / "source")
    (tmp_path / "source" / "list.json").write_text('[{"a": 1}]')
    (tmp_path / "source" / "notes.pdf").write_text("no table at all")
    code, made = run(tmp_path, "onboard", source, "--department", "cards", "--out", str(tmp_path / "cards.yaml"))
    assert (code, len(made["trial"])) == (0, 1)
    assert list(made["unread"]) == ["list.json"] and "JSON array" in made["unread"]["list.json"]


def test_only_so_many_rows_are_looked_at(tmp_path: Path) -> None:
    _, [told] = run(tmp_path, "profile", as_sqlite(tmp_path), "--rows", "10")
    assert (told["rows"], told["complete"]) == (10, False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("profile", "nowhere.sqlite"), "a path that exists"),
        (("profile", "civil_afairs"), "civil_affairs"),
        (("profile", "SOURCE", "--table", "CARD"), "CARDS"),
        (("onboard", "SOURCE", "--department", "Cards", "--out", "Cards.yaml"), "snake_case"),
        (("onboard", "SOURCE", "--department", "civil_affairs", "--out", "civil_affairs.yaml"), "a new name"),
        (("onboard", "SOURCE", "--department", "cards", "--out", "other.yaml"), "cards.yaml"),
    ],
    ids=lambda item: " ".join(item)[:40] if isinstance(item, tuple) else "",
)
def test_mistakes_are_told_with_what_was_expected(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    source = as_sqlite(tmp_path)
    code, told = run(tmp_path, *(source if word == "SOURCE" else word for word in words))
    assert code == 1 and said in told["message"]


def test_a_file_that_exists_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "cards.yaml").write_text("mine", "utf-8")
    words = ("onboard", as_sqlite(tmp_path), "--department", "cards", "--out", str(tmp_path / "cards.yaml"))
    assert run(tmp_path, *words)[0] == 1
    assert (tmp_path / "cards.yaml").read_text("utf-8") == "mine"


def commands_of(page: Path) -> list[str]:
    """Return the commands of a page in order, as they stand at the prompt."""
    blocks = re.findall(r"^```console\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def test_the_page_works_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command of the page, typed in order in a fresh folder, ends well; the new department is published."""
    [script] = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    (tmp_path / "make_library.py").write_text(script, "utf-8")
    (tmp_path / "cities").symlink_to(DEFAULT_CITY.parent)
    monkeypatch.chdir(tmp_path)
    printed = "".join(typed(line, monkeypatch) for line in commands_of(PAGE))
    assert "市图书馆 library" in printed and "wrong_check_digit" in printed
    assert len(list((tmp_path / "tryhome" / "published" / "current" / "person").glob("*.parquet"))) >= 1


def typed(line: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Do what a shell would do with one line of the page and return what it printed; `cityhub` runs in this process."""
    words = shlex.split(line)
    if words[0] == "export":
        name, _, value = words[1].partition("=")
        monkeypatch.setenv(name, value.replace("$PWD", str(Path.cwd())))
        return ""
    if words[0] == "cityhub":
        result = CliRunner().invoke(main, words[1:])
        assert result.exit_code == 0, f"{line}: {result.output[-2000:]}"
        return result.stdout
    shown = [sys.executable if words[0] == "python" else words[0], *words[1:]]
    done = subprocess.run(shown, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{line}: {done.stderr}"
    return done.stdout
