"""How the lake writes: file format, file size and the stamp on each commit."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
from deltalake import CommitProperties, Transaction, WriterProperties

APPLICATION, NUMBER = "idempotency_application", "idempotency_number"
# Zstandard halves the files of snappy at the same speed; 256 k rows a group bound the writer's memory (about 0.5 GB).
WRITER = WriterProperties(compression="ZSTD", compression_level=1, max_row_group_size=262_144)
FILE_BYTES = 128 << 20

Data = pa.Table | pa.RecordBatchReader
Idempotency = tuple[str, int]


def commit_properties(metadata: Mapping[str, str] | None, idempotency: Idempotency | None) -> CommitProperties:
    """Return the stamp of a commit: metadata for the history and, if given, the number that makes a retry harmless."""
    stamp = dict(metadata or {})
    if idempotency is None:
        return CommitProperties(custom_metadata=stamp)
    application, number = idempotency
    stamp |= {APPLICATION: application, NUMBER: str(number)}
    return CommitProperties(custom_metadata=stamp, app_transactions=[Transaction(application, number)])
