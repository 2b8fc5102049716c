"""Does a name agree with its pinyin? One more column of judged people, for the rule that asks."""

from __future__ import annotations

import re

import pyarrow as pa

from engine.duckdb_engine import Session
from engine.quoting import quote
from engine.step import MapStep, Step
from quality.rulebook import PINYIN
from values.kinds import KINDS

_LETTERS = re.compile(r"[^A-Z]")
_AGREEMENT = pa.schema([("record_id", pa.string()), (PINYIN, pa.bool_())])


def with_pinyin(session: Session, judged: str) -> str:
    """Add the column PINYIN to the relation `judged` and return the name of the new one; null where one is missing."""
    pairs, agreed, joined = f"{judged} names", f"{judged} readings", f"{judged} with pinyin"
    both = "name IS NOT NULL AND name_pinyin IS NOT NULL"
    session.run(
        [
            Step(pairs, f"SELECT record_id, name, name_pinyin FROM {quote(judged)} WHERE {both}"),  # noqa: S608
            MapStep(agreed, pairs, agreement, _AGREEMENT),
            Step(joined, f"SELECT * FROM {quote(judged)} LEFT JOIN {quote(agreed)} USING (record_id)"),  # noqa: S608
        ]
    )
    return joined


def agreement(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return, for each record, whether its pinyin is one of the readings of its name; case and spaces do not count."""
    readings = KINDS["person_name"].keys(batch.column("name"))["readings"].to_pylist()
    written = batch.column("name_pinyin").to_pylist()
    agrees = [
        any(_letters(one) == _letters(text) for one in possible or ())
        for possible, text in zip(readings, written, strict=True)
    ]
    return pa.record_batch([batch.column("record_id"), pa.array(agrees, pa.bool_())], schema=_AGREEMENT)


def _letters(text: str) -> str:
    """ü is written V, YU or U, as the system behind the form allows."""
    return _LETTERS.sub("", text.upper().replace("Ü", "V").replace("YU", "V").replace("V", "U"))
