"""What is shipped and what is installed: rooms, data files, locks and licences."""

from __future__ import annotations

import configparser
import importlib.metadata
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import FLOORS, ROOT, rooms

SHIPPED = [*rooms(), *(["demo"] if (ROOT / "demo" / "__init__.py").exists() else [])]


def configuration() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def lines(section: str, key: str) -> list[str]:
    return [line for line in configuration()[section][key].split("\n") if line]


def lock(name: str) -> dict[str, Requirement]:
    text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    found = [Requirement(line.rstrip("\\ ")) for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def data_files(package: Path) -> list[Path]:
    kept = (path for path in package.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc", ".md"))
    return [path for path in kept if "truth" not in path.parts and path.name != ".gitkeep"]


def test_every_room_is_in_the_package_list_and_nothing_else_is() -> None:
    listed = {name.strip() for line in lines("options.packages.find", "include") for name in line.split(",")}
    plain = {name for name in listed if not name.endswith(".*")}
    assert {f"{name}.*" for name in plain} == listed - plain
    assert plain == set(SHIPPED)
    assert plain <= {*FLOORS, "demo"}


@pytest.mark.parametrize("room", SHIPPED)
def test_every_data_file_of_a_room_is_shipped(room: str) -> None:
    patterns = configuration()["options.package_data"]
    globs = [glob.strip() for key in ("*", room) if key in patterns for glob in patterns[key].split(",")]
    shipped = {path for glob in globs for path in (ROOT / room).glob(glob)}
    # A file in a package below the room is that package's own data; "*" covers it.
    packages = {path.parent for path in (ROOT / room).rglob("__init__.py")}
    shipped |= {path for package in packages for glob in globs for path in package.glob(glob)}
    assert not [str(path.relative_to(ROOT)) for path in data_files(ROOT / room) if path not in shipped]


def test_every_folder_of_python_files_is_a_package() -> None:
    loose = [
        str(path.relative_to(ROOT))
        for folder in (*SHIPPED, "tests")
        for path in (ROOT / folder).rglob("*.py")
        if not (path.parent / "__init__.py").exists() and "migrations" not in path.parts
    ]
    assert not loose


def test_every_requirement_is_in_its_lock() -> None:
    extras = configuration()["options.extras_require"]
    everything = [line for extra in extras for line in lines("options.extras_require", extra)]
    for name, wanted in (("base", lines("options", "install_requires")), ("everything", everything)):
        pins = lock(name)
        for requirement in (Requirement(line) for line in wanted if not line.startswith("cityhub[")):
            pin = pins[canonicalize_name(requirement.name)]
            version = next(iter(pin.specifier)).version
            assert requirement.specifier.contains(version), f"{name}.lock has {pin}, setup.cfg wants {requirement}"


def test_the_everything_lock_holds_the_base_lock() -> None:
    base, everything = lock("base"), lock("everything")
    assert {name: str(pin) for name, pin in base.items()} == {name: str(everything[name]) for name in base}


@pytest.mark.parametrize("name", ["base", "everything"])
def test_a_lock_pins_and_hashes_everything_and_names_no_place(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    assert not [block.split()[0] for block in blocks if not re.match(r"[\w.\[\]-]+==[^\s]+", block)]
    assert not [block.split()[0] for block in blocks if "--hash=sha256:" not in block]
    assert "://" not in text
    assert not [line for line in text.splitlines() if line.startswith("-")]


def test_no_installed_package_is_under_a_licence_we_cannot_take() -> None:
    wanted = lock("everything")
    wrong = []
    for distribution in importlib.metadata.distributions():
        if canonicalize_name(distribution.name) not in wanted:
            continue
        # Only names of licences: the full text of a permissive one may mention others.
        facts = distribution.metadata
        words = [facts.get("License-Expression") or "", (facts.get("License") or "")[:80]]
        words += [line for line in facts.get_all("Classifier") or [] if line.startswith("License")]
        said = " ".join(words)
        strong = re.search(r"(?<![Ll])\bA?GPL|GNU (?:Affero )?General Public|Proprietary", said)
        if strong and not re.search(r"Artistic|MIT|BSD|Apache", said):
            wrong.append(f"{distribution.name}: {said[:120]}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.long
def test_the_wheel_holds_every_room_with_its_data(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, timeout=170)
    (wheel,) = tmp_path.glob("cityhub-*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    wanted = {str(path.relative_to(ROOT)) for room in SHIPPED for path in data_files(ROOT / room)}
    wanted |= {str(path.relative_to(ROOT)) for room in SHIPPED for path in (ROOT / room).rglob("*.py")}
    assert not sorted(wanted - inside)
    assert not [name for name in inside if name.startswith(("tests/", "bench/", "demo/truth/"))]
