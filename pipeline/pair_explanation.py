"""One pair of records explained: masked values side by side, how alike they are, and what each is worth in bits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from matching.explanation import read, texts
from matching.model import Model
from matching.prepared import Prepared, prepare
from matching.scoring import Scorer
from matching.teaching import train
from pipeline.file_linkage import LINKS, FileWish, Opened, engine_of, opened
from pipeline.masking import masked_value
from pipeline.settings import Settings
from schemas.errors import ConfigurationError
from schemas.linkage_spec import LinkageField


def explain_pair(wish: FileWish, settings: Settings, ids: tuple[str, str]) -> dict[str, Any]:
    """Return the pair's fields (masked), bits and waterfall, the rules that make it a candidate, and what was decided.

    The model is the one given, else the one in the output folder, else one trained now. Raises ConfigurationError for
    an id that the file does not have.
    """
    ready = opened(wish, settings)
    left, right = ready.sides[0].table, ready.sides[-1].table
    rows = (_row(left, wish.files[0], ids[0]), _row(right, wish.files[-1], ids[1]))
    base = left if len(ready.sides) == 2 else None
    prepared = prepare(right, base, ready.spec, ready.given.context, ready.model)
    model = ready.model or _trained(prepared, ready, settings)
    scorer = Scorer.of(model, prepared.comparers)
    record, other = np.array([rows[1]]), np.array([rows[0]])
    told = read(str(texts(scorer, record, other, pa.array(["pair"]))[0].as_py()))
    shown = {one.name.replace(" ", "_"): one for one in ready.spec.fields}
    parts = [
        {"name": part.name, "level": part.level, "bits": round(part.bits, 1)}
        | (_values(shown[part.name], left, right, rows) if part.name in shown else {})
        for part in told.parts
    ]
    return {
        "left_id": ids[0], "right_id": ids[1], "weight": round(told.weight, 1), "parts": parts,
        "waterfall": [list(step) for step in told.waterfall()], "rules": _rules(prepared, ready, rows),
        "kept": _kept(wish.out, ids), "model": model.version,
    }  # fmt: skip


def _trained(prepared: Prepared, ready: Opened, settings: Settings) -> Model:
    with engine_of(settings) as engine:
        itself = len(ready.sides) == 1
        return train(engine, prepared, ready.spec, ready.given.labels, ready.given.today, itself)


def _row(table: pa.Table, path: Path, wanted: str) -> int:
    place = pc.index(table.column(0), wanted).as_py()
    if place < 0:
        raise ConfigurationError(path, 0, "--explain", wanted, f"an id in the column of ids of {path.name}")
    return int(place)


def _values(field: LinkageField, left: pa.Table, right: pa.Table, rows: tuple[int, int]) -> dict[str, str]:
    return {
        "left": masked_value(field.kind, left[field.name][rows[0]].as_py()),
        "right": masked_value(field.kind, right[field.name][rows[1]].as_py()),
    }


def _rules(prepared: Prepared, ready: Opened, rows: tuple[int, int]) -> list[str]:
    """Return the block rules that both records agree in: without one, the pair is never compared."""
    found = []
    for rule in ready.spec.block:
        base = prepared.fields.rule_keys(rule, "base")[rows[0]]
        if base and base == prepared.fields.rule_keys(rule, "record")[rows[1]]:
            found.append(f"[{', '.join(rule)}]")
    return found


def _kept(out: Path | None, ids: tuple[str, str]) -> dict[str, Any] | None:
    """Return what the run in `out` decided of this pair; None where it kept nothing of it."""
    if out is None or not (out / LINKS).exists():
        return None
    names = ["decision", "probability", "reason"]
    both = [("left_id", "in", ids), ("right_id", "in", ids)]  # a pair of one file is kept in the file's order
    rows = parquet.read_table(out / LINKS, filters=both).select(names).to_pylist()
    return {**rows[0], "reason": rows[0]["reason"].split(" ")[0]} if rows else None
