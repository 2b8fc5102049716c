"""Lookups: what linking asks of the large tables, kept beside the lake so that rows are found by value.

A cache, never truth: it says what Parquet files it was made of, and is used for no others. Files are mapped into
memory, so that a question touches what it asks for. `lookup/<entity>.json` names the segments; it is replaced in one
step, after they are safe on the disk. What it does not name is nobody's and goes at the next change.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from engine.indexed import NOBODY, Entries, IndexedRows, Indexing, Places, Segment, Shape

FORMAT = 1
ROWS, HASHES, PLACES = "rows.arrow", "hashes.npy", "places.npy"
Tables = Mapping[str, IndexedRows]


class Lookup:
    """The lookups below `folder`, one an entity."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def stamp(self, entity: str) -> str:
        """Return what the entity's lookup was made of; "" where there is none."""
        return str(self._manifest(entity).get("stamp", ""))

    def read(self, entity: str, stamp: str, shapes: Mapping[str, Shape]) -> Tables | None:
        """Return the relations of a lookup; None where there is none of that stamp, or it is not whole."""
        manifest = self._manifest(entity)
        if manifest.get("stamp") != stamp:
            return None
        try:
            return {name: IndexedRows(one, self._parts(entity, manifest, name, one)) for name, one in shapes.items()}
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
            return None

    def segment(self, entity: str, batches: Iterable[pa.RecordBatch], shape: Shape) -> Segment:
        """Write rows and their indexes and return them, to be named by the next `save`."""
        name = uuid.uuid4().hex
        place = self.folder / entity / name
        place.mkdir(parents=True)
        indexing = Indexing(shape)
        with (place / ROWS).open("wb") as file, pa.ipc.new_file(file, shape.schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
                indexing.add(batch)
        for column, entries in indexing.entries().items():
            np.save(place / f"{column}.{HASHES}", entries.hashes)
            np.save(place / f"{column}.{PLACES}", entries.places)
        return self._segment(entity, name, shape)

    def save(self, entity: str, stamp: str, tables: Tables) -> None:
        """Make these the entity's lookup, of that stamp; segments that are in memory only are written."""
        told: dict[str, Any] = {}
        for name, table in tables.items():
            parts = told[name] = []
            for segment, dead in table.parts:
                kept = segment if segment.name else self.segment(entity, segment.batches, table.shape)
                place = self.folder / entity / kept.name
                file = f"dead-{uuid.uuid4().hex}.npy" if len(dead) else ""
                if file:
                    np.save(place / file, dead)
                files = {one.name: one.stat().st_size for one in place.iterdir() if one.name == file or _lasting(one)}
                parts.append({"segment": kept.name, "dead": file, "files": files})
        self._make_safe(entity, told)
        _replace(self._path(entity), json.dumps({"format": FORMAT, "stamp": stamp, "tables": told}))
        self._sweep(entity, told)

    def drop(self, entity: str) -> None:
        """Remove the entity's lookup, if there is one."""
        self._path(entity).unlink(missing_ok=True)
        shutil.rmtree(self.folder / entity, ignore_errors=True)

    def _path(self, entity: str) -> Path:
        return self.folder / f"{entity}.json"

    def _manifest(self, entity: str) -> dict[str, Any]:
        try:
            content = json.loads(self._path(entity).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) and content.get("format") == FORMAT else {}

    def _parts(
        self, entity: str, manifest: Mapping[str, Any], name: str, shape: Shape
    ) -> list[tuple[Segment, Places]]:  # fmt: skip
        parts = []
        for part in manifest["tables"][name]:
            place = self.folder / entity / part["segment"]
            for file, size in part["files"].items():
                if (place / file).stat().st_size != size:
                    raise ValueError(file)
            dead = np.load(place / part["dead"]) if part["dead"] else NOBODY
            parts.append((self._segment(entity, part["segment"], shape), dead))
        return parts

    def _segment(self, entity: str, name: str, shape: Shape) -> Segment:
        place = self.folder / entity / name
        reader = pa.ipc.open_file(pa.memory_map(str(place / ROWS)))
        if reader.schema != shape.schema:
            raise ValueError(name)
        batches = [reader.get_batch(number) for number in range(reader.num_record_batches)]
        entries = {column: Entries(*_mapped(place, column)) for column in shape.found_by}
        return Segment(batches, entries, name)

    def _make_safe(self, entity: str, told: Mapping[str, Any]) -> None:
        for part in (part for parts in told.values() for part in parts):
            for file in part["files"]:
                with (self.folder / entity / part["segment"] / file).open("rb") as stream:
                    os.fsync(stream.fileno())

    def _sweep(self, entity: str, told: Mapping[str, Any]) -> None:
        named = {part["segment"]: part["files"] for parts in told.values() for part in parts}
        for place in (self.folder / entity).iterdir():
            if place.name not in named:
                shutil.rmtree(place, ignore_errors=True)
                continue
            for file in place.iterdir():
                if file.name not in named[place.name]:
                    file.unlink(missing_ok=True)


def _lasting(file: Path) -> bool:
    return not file.name.startswith("dead-")


def _mapped(place: Path, column: str) -> tuple[Any, Any]:
    files = (place / f"{column}.{kind}" for kind in (HASHES, PLACES))
    return tuple(np.asarray(np.load(file, mmap_mode="r")) for file in files)  # type: ignore[return-value]


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
