"""Where stages leave their output until it is taken: one folder a batch, one folder a version, below `work/`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet

from engine.relation import ParquetFiles
from pipeline.hub import Hub

# Whoever holds it may change links, golden values and versions.
HUB_FENCE = "hub"
KEYS = pa.schema([("source_key", pa.string())])
STANDING = pa.schema(
    [
        ("source_key", pa.string()),
        ("row_hash", pa.string()),
        ("batch", pa.int64()),
        ("row_number", pa.int64()),
        ("contract_fingerprint", pa.string()),
        ("observed_at", pa.timestamp("us")),
    ]
)


class StagedFile:
    """A Parquet file written chunk by chunk that appears under its name only when it is whole."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path, self.schema, self.rows = path, schema, 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._part = path.with_name(path.name + ".part")
        self._writer = parquet.ParquetWriter(self._part, schema, compression="zstd")

    def __enter__(self) -> StagedFile:
        return self

    def write(self, table: pa.Table) -> None:
        if table.num_rows:
            self._writer.write_table(table.select(self.schema.names).cast(self.schema))
            self.rows += table.num_rows

    def __exit__(self, kind: object, *_: object) -> None:
        self._writer.close()
        if kind is None:
            self._part.replace(self.path)
        else:
            self._part.unlink(missing_ok=True)


def batch_folder(hub: Hub, batch: int) -> Path:
    """Return the folder of a batch's staged statements."""
    return hub.work / "batches" / str(batch)


def version_folder(hub: Hub, version: int) -> Path:
    """Return the folder of a version's staged links and golden rows."""
    return hub.work / "versions" / str(version)


def staged(path: Path, schema: pa.Schema) -> ParquetFiles:
    """Return a staged file as a relation; one that was never written is empty."""
    return ParquetFiles((str(path),) if path.exists() else (), schema)


def clear(folder: Path) -> None:
    """Remove a staging folder; one that is gone already is no error."""
    shutil.rmtree(folder, ignore_errors=True)
