"""Error profiles: every rate of the demo city, read from one YAML file and named as an assumption."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent / "profiles"


class ProfileError(ValueError):
    """A profile that cannot be used; the message names the file, the key and what was expected."""


@dataclass(frozen=True)
class Profile:
    """Rates between 0 and 1. `cells` are per class of value, `columns` override a class for one column."""

    name: str
    world: dict[str, float]
    cells: dict[str, dict[str, float]]
    rows: dict[str, float]
    departments: dict[str, float]
    columns: dict[str, dict[str, float]]
    fill: dict[str, float]
    days: dict[str, float]

    def rates(self, department: str, table: str, column: str, kind: str) -> dict[str, float]:
        """Return the rate of each error kind in one column, after the department's multiplier."""
        own = self.columns.get(f"{table}.{column}")
        if own is not None:
            return own
        times = self.departments.get(department, 1.0)
        return {error: rate * times for error, rate in self.cells.get(kind.partition(":")[0], {}).items()}

    def row_rate(self, department: str, kind: str) -> float:
        """Return the rate of one kind of row error in one department."""
        return self.rows.get(kind, 0.0) * self.departments.get(department, 1.0)

    def filled(self, table: str, column: str) -> float:
        """Return the share of rows in which the department has the column filled (1 unless the profile says less)."""
        return self.fill.get(f"{table}.{column}", 1.0)

    def without_errors(self) -> Profile:
        """Return the same city with no error planted in a cell or row: what the departments should have written."""
        return replace(self, cells={}, rows={}, columns={})


def load(name: str) -> Profile:
    """Return a profile by the name of a shipped one or by path. Raises `ProfileError`."""
    path = Path(name) if name.endswith((".yaml", ".yml")) else FOLDER / f"{name}.yaml"
    if not path.is_file():
        shipped = ", ".join(sorted(one.stem for one in FOLDER.glob("*.yaml")))
        raise ProfileError(
            f"没有这个误差配置 / no such profile: {name}; shipped: {shipped}; or give a path ending in .yaml"
        )
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    expected = set(Profile.__dataclass_fields__)
    if not isinstance(loaded, dict) or set(loaded) != expected:
        raise ProfileError(f"{path}: expected exactly the keys {sorted(expected)}")
    check(path, "", {key: value for key, value in loaded.items() if key != "name"})
    return Profile(**loaded)


def check(path: Path, where: str, value: object) -> None:
    """Refuse anything that is not a mapping of rates. Raises `ProfileError` naming the key."""
    if isinstance(value, dict):
        for key, inner in value.items():
            check(path, f"{where}.{key}".lstrip("."), inner)
    elif isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise ProfileError(f"{path}: {where}: expected a number of at least 0, found {value!r}")
