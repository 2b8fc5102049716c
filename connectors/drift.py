"""Drift: what the source has against what the contract names, found before any row moves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from connectors.source import TableShape
from schemas.contract import TableContract
from schemas.nearest import nearest


@dataclass(frozen=True)
class Drift:
    """The differences of one table.

    `missing`: named by the contract and used, not in the source. `new`: in the source, unknown to the contract.
    `renamed`: a missing name and the new one it most resembles. `gone`: ignored by name and no longer there.
    """

    table: str
    table_missing: bool = False
    missing: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    gone: tuple[str, ...] = ()

    @property
    def fatal(self) -> bool:
        """Whether the table cannot be read as the contract says; new columns alone are only reported."""
        return self.table_missing or bool(self.missing)

    @property
    def lines(self) -> tuple[str, ...]:
        """The diff, one line per difference: `- X` is missing, `+ X` is new."""
        if self.table_missing:
            like = self.renamed.get(self.table, "")
            return (f"- {self.table}" + (f"  (最像 nearest: {like})" if like else ""),)
        missing = tuple(
            f"- {name}" + (f"  (改名为 renamed to {self.renamed[name]}?)" if name in self.renamed else "")
            for name in self.missing
        )
        return missing + tuple(f"+ {name}" for name in self.new)


def compare(table: TableContract, shape: TableShape | None, tables: Iterable[str] = ()) -> Drift:
    """Return the drift of `table`; `shape` None means the source lacks it, `tables` are the names it does have."""
    if shape is None:
        like = nearest(table.name, tables)
        return Drift(table.name, table_missing=True, renamed={table.name: like} if like else {})
    present = set(shape.names)
    used = replace(table, ignore=()).columns
    missing = tuple(name for name in used if name not in present)
    named = set(table.columns)
    new = tuple(name for name in shape.names if name and name not in named)
    renamed = {name: like for name in missing if (like := nearest(name, new))}
    gone = tuple(name for name in table.ignore if name not in present)
    return Drift(table.name, missing=missing, new=new, renamed=renamed, gone=gone)
