"""The tables that linking reads and writes: their columns, and how a key is one text."""

from __future__ import annotations

import pyarrow as pa

LINKS = pa.schema(
    [
        ("record_id", pa.string()),
        ("entity", pa.string()),
        ("hub_id", pa.string()),  # null unless the decision is link
        ("decision", pa.string()),  # link, review, insufficient
        ("kind", pa.string()),  # deterministic, probabilistic, steward
        ("rung", pa.string()),
        ("key_type", pa.string()),
        ("key_number", pa.string()),
        ("other_type", pa.string()),  # the record's second identifier, so that its neighbours are found again
        ("other_number", pa.string()),
        ("level", pa.string()),
        ("score", pa.float64()),
        ("model", pa.string()),
        ("reason", pa.string()),
        ("candidate_hub_id", pa.string()),  # whom a person should compare it with
        ("judgement", pa.int64()),  # the judgement behind it, null where a rule decided
        ("commit", pa.int64()),
    ]
)

IDENTITY = pa.schema(
    [
        ("hub_id", pa.string()),
        ("entity", pa.string()),
        ("unit", pa.string()),  # what the id stands for: row:<record id>, key:<type:number>, new:<least record id>
        ("state", pa.string()),  # active, retired, redirected
        ("reason", pa.string()),  # of IDENTITY_REASONS: why it last changed
        ("judgement", pa.int64()),  # the judgement behind a merge, null for any other
        ("anchor_record", pa.string()),  # null for a provisional entity
        ("key_type", pa.string()),
        ("key_number", pa.string()),
        ("into", pa.string()),  # where a redirected one went
        ("since_commit", pa.int64()),
        ("changed_commit", pa.int64()),
    ]
)

IDENTITY_REASONS = (
    "found",  # a new entity
    "adopted",  # went on under another unit: the register learned of it, or lost it
    "restored",  # came back when what had merged it was taken back
    "updated",  # its register row or number is another one
    "merged",  # all its records went to one other entity
    "dissolved",  # its records went several ways
    "emptied",  # its last record left
)

# What a register row said of itself before: its keys and name, where they differ from what it says now.
FORMER_STATES = pa.schema([(name, pa.string()) for name in ("record_id", "primary_key", "other_key", "name")])
SPLITS = pa.schema([("hub_id", pa.string()), ("into", pa.string())])
CHANGED = pa.schema([("record_id", pa.string()), ("op", pa.string())])
FRESH_IDS = pa.schema([("ordinal", pa.int64()), ("hub_id", pa.string())])

# A key is `type:number` while steps join on it. Types hold no colon, so the first one parts them again.
KEY_TYPE = "split_part({key}, ':', 1)"
KEY_NUMBER = "substr({key}, strpos({key}, ':') + 1)"


def key_text(type_column: str, number_column: str) -> str:
    """Return the SQL of the key held in two columns; null where there is no number."""
    return f"({type_column} || ':' || {number_column})"


def key_parts(key: str) -> tuple[str, str]:
    """Return the SQL of the type and of the number of the key column `key`."""
    return KEY_TYPE.format(key=key), KEY_NUMBER.format(key=key)
