"""Wrong words, Ctrl-C and faults at the command line: a sentence in two languages and a code, never a traceback."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from pipeline.command_line import main
from pipeline.command_mishaps import Commands
from pipeline.settings import DEFAULT_CITY


def typed(folder: Path, *words: str, **environment: str) -> Result:
    """Return what a command line ends with, in a home of its own."""
    home = {"CITYHUB_HOME": str(folder / "var"), "CITYHUB_CITY": str(DEFAULT_CITY), "CITYHUB_AS_OF": "2026-07-01"}
    return CliRunner(env={**home, **environment}).invoke(main, list(words))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("nothing",), "用法不对"),
        (("--json", "status"), "--json 写在命令之后"),
        (("status", "--jsn"), "没有这个选项"),
        (("status", "police"), "用法不对"),
        (("replay", "abc"), "参数不对"),
        (("replay", "99999999999999999999999"), "参数不对"),
        (("release", "1"), "缺少参数"),
        (("quarantine", "list", "--limit", "0"), "参数不对"),
        (("onboard", "somewhere"), "缺少参数"),
        (("--city", "/nonexistent", "status"), "参数不对"),
    ],
    ids=" ".join,
)
def test_wrong_words_end_with_2_and_are_told_in_two_languages(tmp_path: Path, words: list[str], says: str) -> None:
    result = typed(tmp_path, *words)
    assert result.exit_code == 2
    assert says in result.stderr and "--help" in result.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("profile", ""), "a path that exists"),
        (("profile", "sqlite:////nonexistent.db"), "文件或文件夹不存在"),
        (("profile", "postgresql+nosuch://u:hunter2@h/x"), "没有这个驱动"),
        (("profile", "http://[::1"), "连接地址写法不对"),
        (("profile", "postgresql://u:hunter2@127.0.0.1:port/x"), "连接地址写法不对"),
        (("profile", "{empty}"), "文件是空的"),
        (("profile", "{folder}"), "没有可读的文件"),
        (("onboard", "{file}", "--department", "newcomer", "--out", "{file}/newcomer.yaml"), "能写的地方"),
        (("land", "nowhere"), "应为 expected agriculture"),
        (("land", ""), "应为 expected agriculture"),
        (("quarantine", "list", "nowhere"), "应为 expected agriculture"),
        (("quarantine", "release", "3"), "应为 expected agriculture"),
        (("replay", "7"), "没有批次 no batch 7"),
        (("refuse", "7", "--reason", "x"), "没有批次 no batch 7"),
        (("release", "7", "--reason", "x"), "没有批次 no batch 7"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else "",
)
def test_what_a_person_can_mend_ends_with_1_and_says_what_next(
    tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    places = {name: tmp_path / name for name in ("empty", "folder", "file")}
    places["folder"].mkdir()
    places["empty"].touch()
    places["file"].write_text("a,b\n1,2\n")
    places["file"] = places["file"].rename(tmp_path / "file.csv")
    result = typed(tmp_path, *(word.format(**places) for word in words))
    assert result.exit_code == 1
    assert says in result.stderr and "▸" in result.stderr
    assert "hunter2" not in result.output


@pytest.mark.parametrize("command", ["status", "doctor"])
def test_a_home_that_is_a_file_is_told(tmp_path: Path, command: str) -> None:
    (tmp_path / "var").write_text("no folder")
    result = typed(tmp_path, command)
    assert result.exit_code == 1
    assert "CITYHUB_HOME" in result.output


@click.group(cls=Commands)
def office() -> None:
    """Commands that go wrong."""


@office.command()
@click.argument("how")
def go(how: str) -> None:
    """Go wrong."""
    raise {
        "interrupted": KeyboardInterrupt(),
        "full": OSError(errno.ENOSPC, "No space left on device", "/var/lake"),
        "fault": ZeroDivisionError("130302198001011018"),
    }[how]


@pytest.mark.parametrize(
    ("how", "code", "says"),
    [
        ("interrupted", 130, "已中断 interrupted"),
        ("full", 1, "磁盘已满 the disk is full (/var/lake)"),
        ("fault", 70, "程序出错 a fault of the product: ZeroDivisionError, tests/pipeline/test_command_mishaps.py:"),
    ],
)
def test_what_nobody_named_ends_with_its_own_code_and_quotes_no_value(how: str, code: int, says: str) -> None:
    result = CliRunner().invoke(office, ["go", how])
    assert result.exit_code == code
    assert says in result.stderr
    assert "Traceback" not in result.stderr and "130302198001011018" not in result.stderr


def test_ctrl_c_while_the_libraries_are_loading_is_told_as_well() -> None:
    program = (
        "import sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'pipeline.command_line': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from pipeline.entry import main\n"
        "main()\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr.strip()) == (130, "已中断 interrupted")
