"""Names, sizes and words: what a file may be called, how long it may be, and what it may not speak of."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.house.tree import ASIDE, FLOORS, ROOT, sources, syntax, where

EMPTY_NAMES = {"utils", "util", "common", "core", "helpers", "helper", "manager", "managers", "misc", "base"}
LONGEST_FILE = 400
LONGEST_FUNCTION = 80
CODE_FILES = {".py", ".sql", ".mako", ".html", ".css", ".js"}
TEXT_FILES = CODE_FILES | {".md", ".yaml", ".yml", ".toml", ".cfg", ".lock", ".csv", ".txt"}
# A path of somebody's machine, a folder beside the project, or the address of a package index: true in one place only.
# Joined here so that this file does not hold what it looks for.
FOLDERS = r"(?<![\w}.)\]>*-])/(?:work|root|home|opt)/" + r"\w"
ELSEWHERE = re.compile("|".join([FOLDERS, r"(?<![\w}])/tmp" + r"/\w", r"\.\./" + "shared", "index-" + "url"]))


def text_files() -> list[Path]:
    found = [path for path in ROOT.iterdir() if path.is_file()]
    for folder in (*FLOORS, *ASIDE, "cities", "docs", "tests", "requirements", ".ci"):
        found += [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    kept = (path for path in found if path.suffix in TEXT_FILES or path.name in ("Makefile", "run"))
    return sorted(path for path in kept if "__pycache__" not in path.parts and "truth" not in path.parts)


def test_no_file_or_folder_has_an_empty_name() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in sources(*FLOORS, *ASIDE, "tests")
        if EMPTY_NAMES & {part.removesuffix(".py").removeprefix("test_") for part in path.relative_to(ROOT).parts}
    ]
    assert not wrong, wrong


def test_no_class_or_function_has_an_empty_name() -> None:
    wrong = []
    for path in sources(*FLOORS, *ASIDE):
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+", node.name)}
                if words & (EMPTY_NAMES - {"base", "common", "core"}):
                    wrong.append(f"{where(path, node.lineno)} {node.name}")
    assert not wrong, "\n".join(wrong)


def test_a_file_holds_one_noun() -> None:
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in sources(*FLOORS, *ASIDE, "tests")
    }
    assert not {name: lines for name, lines in sizes.items() if lines > LONGEST_FILE}


def test_a_function_fits_a_screen_or_two_at_most() -> None:
    wrong = [
        f"{where(path, node.lineno)} {node.name}: {node.end_lineno - node.lineno + 1} lines"
        for path in sources(*FLOORS)
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert not wrong, "\n".join(wrong)


def test_every_source_file_opens_with_what_it_is() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in sources(*FLOORS, *ASIDE)
        if path.stat().st_size and not ast.get_docstring(syntax(path))
    ]
    assert not wrong, wrong


def test_no_file_speaks_of_one_machine() -> None:
    wrong = []
    for path in text_files():
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            if ELSEWHERE.search(line) and "--no-emit-" not in line:
                wrong.append(f"{where(path, number)}: {line.strip()[:100]}")
    assert not wrong, "\n".join(wrong)
