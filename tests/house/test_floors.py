"""The floors: who may import whom, what pure rooms may not touch, and where heavy libraries live."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict

import pytest

from tests.house.tree import ASIDE, FLOORS, PURE, ROOT, imports, rooms, sources, syntax, where

# A library that is slow to import, large or shaped by its own habits stays in these rooms, in so many files at most.
HEAVY = {
    "airflow": ({"dags"}, 10),
    "great_expectations": ({"quality"}, 2),
    "recordlinkage": ({"matching"}, 2),
    "duckdb": ({"engine", "pipeline"}, 3),  # the engine, and a person's own question to the published files
    "pyspark": ({"engine"}, 2),
    "deltalake": ({"warehouse"}, 2),
    "openpyxl": ({"connectors", "quality"}, 3),
    "fastapi": ({"serving"}, 20),
}
NOT_PURE = {
    "os", "time", "random", "secrets", "uuid", "socket", "subprocess", "shutil", "tempfile", "sqlite3", "logging",
    "threading", "multiprocessing", "requests", "httpx", "urllib", "http", "sqlalchemy", "psycopg", "pymysql",
    "deltalake", "duckdb", "airflow", "click", "rich",
}  # fmt: skip
CLOCKS = {"now", "utcnow", "today", "fromtimestamp"}
# The vocabulary is read from YAML and code tables; the rooms above it are handed what they need.
READS_FILES = {"schemas", "values"}
FILE_CALLS = {"open", "read_text", "write_text", "read_bytes", "write_bytes", "mkdir", "unlink"}


def is_impure(module: str) -> bool:
    """Taking a URL apart reaches nothing; all else of these packages does."""
    return module.partition(".")[0] in NOT_PURE and not module.startswith("urllib.parse")


@pytest.mark.parametrize("room", rooms())
def test_a_room_imports_only_lower_floors(room: str) -> None:
    wrong = [
        f"{where(path, found.line)} imports {found.module}"
        for path in sources(room)
        for found in imports(path)
        if (found.package in FLOORS and found.package != room and FLOORS[found.package] >= FLOORS[room])
        or found.package in {*ASIDE, "tests"} - {"demo" if room in ("dags", "pipeline") else ""}
    ]
    assert not wrong, "\n".join(wrong)


def test_the_demo_city_imports_nothing_of_the_product() -> None:
    wrong = [
        f"{where(path, found.line)} imports {found.module}"
        for path in sources("demo")
        for found in imports(path)
        if found.package in FLOORS or found.package in ("bench", "tests", "cities")
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", [room for room in rooms() if room in PURE])
def test_a_pure_room_has_no_clock_network_environment_or_files(room: str) -> None:
    wrong = []
    for path in sources(room):
        wrong += [f"{where(path, f.line)} imports {f.module}" for f in imports(path) if is_impure(f.module)]
        for node in ast.walk(syntax(path)):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            owner = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
            if name in CLOCKS and owner.rpartition(".")[2] in ("datetime", "date", "Timestamp"):
                wrong.append(f"{where(path, node.lineno)} reads the clock: {owner}.{name}()")
            if name in FILE_CALLS and room not in READS_FILES:
                wrong.append(f"{where(path, node.lineno)} touches files: {name}()")
    assert not wrong, "\n".join(wrong)


def test_heavy_libraries_stay_in_their_room_and_few_files() -> None:
    users: dict[str, set[str]] = defaultdict(set)
    for path in sources(*rooms()):
        for found in imports(path):
            if found.package in HEAVY:
                users[found.package].add(str(path.relative_to(ROOT)))
    for library, files in users.items():
        homes, at_most = HEAVY[library]
        assert {file.partition("/")[0] for file in files} <= homes, f"{library} belongs in {homes}: {sorted(files)}"
        assert len(files) <= at_most, f"{library} in more than {at_most} files: {sorted(files)}"


def test_what_takes_seconds_to_import_is_never_imported_at_the_top_of_a_file() -> None:
    slow = {"airflow", "great_expectations", "recordlinkage", "pyspark"}
    wrong = [
        f"{where(path, found.line)} imports {found.module}"
        for path in sources(*rooms(), "demo")
        for found in imports(path)
        if found.at_top and found.package in slow and path.parts[len(ROOT.parts)] != "dags"
    ]
    assert not wrong, "\n".join(wrong)


def test_importing_every_room_loads_nothing_slow() -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in sources(*(room for room in rooms() if room != "dags"))
        if path.name != "__main__.py" and "migrations" not in path.parts
    ]
    program = (
        "import importlib, sys\nslow = {'airflow', 'great_expectations', 'recordlinkage', 'pyspark'}\n"
        f"for name in {modules!r}:\n    importlib.import_module(name)\n"
        "    assert not slow & set(sys.modules), (name, slow & set(sys.modules))"
    )
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr


def test_rooms_have_no_import_cycles_between_their_files() -> None:
    edges: dict[str, set[str]] = {}
    for path in sources(*rooms()):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        edges[name] = {found.module for found in imports(path) if found.at_top} - {name}
    done: set[str] = set()

    def walk(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, "cycle: " + " → ".join([*trail[trail.index(name) :], name])
        if name in done:
            return
        for other in sorted(edges[name] & edges.keys()):
            # A package's own __init__ may gather its files; that is no cycle of nouns.
            if not name.startswith(other + "."):
                walk(other, (*trail, name))
        done.add(name)

    for name in edges:
        walk(name, ())
