"""Draft a linkage specification for files nobody has described: from what their columns hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.file_records import read_file
from pipeline.settings import Settings
from profiling.likely_field import Knowledge
from profiling.linkage_draft import Side, draft_linkage
from profiling.linkage_draft_text import linkage_text
from profiling.table_profile import profile_table
from schemas.code_table import code_table_names, load_code_table
from schemas.errors import ConfigurationError, SourceDamaged
from schemas.standard_file import load_standard

LOOKED_AT = 100_000  # rows of each file


def draft_spec(
    files: tuple[Path, ...], settings: Settings, encoding: str = "", out: Path | None = None
) -> dict[str, Any]:
    """Return `text`, the specification that the files seem to want, and write it to `out` if it is given.

    Raises SourceDamaged for a file without rows, ConfigurationError where `out` exists: it may have been edited.
    """
    if out is not None and out.exists():
        raise ConfigurationError(out, 0, "--spec", out.name, "a file that is not there yet: a draft overwrites nothing")
    tables = {name: load_code_table(name) for name in code_table_names()}
    known = Knowledge.of(load_standard(), tables, settings.today("Asia/Shanghai"))
    roles = ("LEFT", "RIGHT") if len(files) == 2 else ("FILE",)
    sides = [_side(path, role, encoding, known) for path, role in zip(files, roles, strict=True)]
    draft = draft_linkage(sides[0], sides[1] if len(sides) == 2 else None)
    text = linkage_text(draft, tuple(path.name for path in files))
    if out is not None:
        out.write_text(text, encoding="utf-8")
    return {
        "text": text, "out": None if out is None else str(out), "fields": [vars(one) for one in draft.fields],
        "rules": [{"rule": list(one.words), "pairs": one.pairs} for one in draft.rules],
    }  # fmt: skip


def _side(path: Path, role: str, encoding: str, known: Knowledge) -> Side:
    rows = read_file(path, role, encoding).rows
    if not rows.num_rows:
        raise SourceDamaged(role, path.name, "没有数据行，无从起草 no rows to draft from")
    sample = rows.slice(0, LOOKED_AT)
    profile = profile_table(path.name, sample, known, complete=sample.num_rows == rows.num_rows)
    return Side(profile, sample, rows.num_rows)
