"""The demo city imports nothing of the product: its truth must not know how the product thinks."""

import ast
from pathlib import Path

import demo

ALLOWED = {"demo", "numpy", "pyarrow", "yaml", "click", "openpyxl", "psycopg", "pymysql", "adbc_driver_sqlite"}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add((node.module or "").partition(".")[0])
    return names


def test_demo_imports_only_itself_and_known_libraries() -> None:
    import sys

    files = sorted(Path(demo.__file__).parent.rglob("*.py"))
    assert len(files) > 15
    strangers = {
        f"{path.name}: {name}"
        for path in files
        for name in imported(path)
        if name not in ALLOWED and name not in sys.stdlib_module_names
    }
    assert not strangers
