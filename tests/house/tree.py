"""What the tests of the house look at: rooms, files and imports, read from the source without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

FLOORS = {
    "dags": 5, "serving": 5,
    "pipeline": 4,
    "standardise": 3, "matching": 3, "golden": 3, "profiling": 3, "quality": 3, "disclosure": 3, "stewardship": 3,
    "connectors": 3, "warehouse": 3,
    "engine": 2, "values": 2,
    "schemas": 1,
}  # fmt: skip
ASIDE = ("demo", "bench")
PURE = ("standardise", "matching", "golden", "profiling", "quality", "disclosure", "stewardship", "values", "schemas")


@dataclass(frozen=True)
class Import:
    """One imported module: its dotted name, its line, and whether importing the file is enough to import it."""

    module: str
    line: int
    at_top: bool

    @property
    def package(self) -> str:
        return self.module.partition(".")[0]


def rooms() -> list[str]:
    """Return the rooms that exist, highest floor first."""
    return [room for room in FLOORS if (ROOT / room / "__init__.py").exists()]


def sources(*folders: str) -> Iterator[Path]:
    """Yield every Python file below the folders that exist, in order of path."""
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


@cache
def syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def imports(path: Path) -> tuple[Import, ...]:
    """Return what a file imports, relative imports spelled out; `if TYPE_CHECKING` is not an import at run time."""
    found: list[Import] = []
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]

    def visit(node: ast.AST, at_top: bool) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            for child in node.body:
                visit(child, False)
            for child in node.orelse:
                visit(child, at_top)
            return
        if isinstance(node, ast.Import):
            found.extend(Import(alias.name, node.lineno, at_top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            found.append(Import(module, node.lineno, at_top))
            # `from pipeline import settings` imports a module, `from pipeline.settings import Settings` a name of one.
            found.extend(Import(f"{module}.{alias.name}", node.lineno, at_top) for alias in node.names)
        below = at_top and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            visit(child, below)

    visit(syntax(path), True)
    return tuple(found)


def where(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"
