"""SQL over the published dataset: one table an entity, values masked unless a purpose is given."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting or a constant

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import duckdb

from engine.quoting import literal, literals, quote
from engine.relation import ParquetFiles
from golden.ties import TIES
from matching.tables import LINKS
from pipeline.hub import Hub
from pipeline.lake_tables import links_table
from pipeline.stage import stage_of
from pipeline.ties import PUBLISHED_TIES
from pipeline.trace import Shown
from schemas.arrow import golden_schema
from schemas.catalogue import mask_of
from schemas.errors import EngineError, PublishRefused
from schemas.standard import Entity, Field
from values.kinds import KINDS

ROWS_SHOWN = 1000
_NUMBERS = (quote("key_number"), quote("other_number"))


def query(hub: Hub, sql: str, shown: Shown) -> tuple[list[str], list[list[str | None]]]:
    """Return the column names and at most 1,000 rows of text. Raises EngineError for SQL that cannot be run.

    Sees the tables person, business, marriage … of the published version, how each record was linked (`links`), and no
    other file. Numbers in `links` are pseudonyms that hold within one query, unless they may be shown.
    """
    current = hub.published.current()
    if current is None:
        raise PublishRefused(0, ("尚未发布任何版本 nothing has been published yet",))
    folder = hub.settings.home / "published" / str(current)
    if shown.revealed:
        with stage_of(hub, "reveal") as counts:
            counts.update(purpose=shown.purpose, query=True)
    connection = duckdb.connect(":memory:", config={"memory_limit": hub.settings.memory_limit})
    try:
        _open_tables(hub, connection, folder, shown)
        found = connection.execute(sql)
        names = [column[0] for column in found.description or ()]
        return names, [[None if cell is None else str(cell) for cell in row] for row in found.fetchmany(ROWS_SHOWN)]
    except duckdb.Error as error:
        raise EngineError("query", str(error).split("\n", 1)[0]) from None
    finally:
        connection.close()


def _open_tables(hub: Hub, connection: duckdb.DuckDBPyConnection, folder: Path, shown: Shown) -> None:
    connection.execute("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false")
    for kind in KINDS.values():
        # An Arrow function takes and returns a column; the stub knows only functions of single values.
        options: dict[str, Any] = {"type": "arrow"}
        connection.create_function(f"mask_{kind.name}", kind.mask, ["VARCHAR"], "VARCHAR", **options)
    files, linked = sorted(str(path) for path in folder.glob("*/*.parquet")), _linked(hub)
    connection.execute(f"SET allowed_paths = [{literals([*files, *linked])[1:-1]}]")
    connection.execute("SET enable_external_access = false; SET lock_configuration = true")
    _open_links(connection, linked, shown)
    _open_ties(connection, [path for path in files if Path(path).parent.name == PUBLISHED_TIES])
    for entity in hub.city.standard.entities.values():
        paths = [path for path in files if Path(path).parent.name == entity.name]
        if not paths:
            connection.register(f"empty_{entity.name}", golden_schema(entity).empty_table())
            connection.execute(f"CREATE VIEW {quote(entity.name)} AS FROM {quote(f'empty_{entity.name}')}")
            continue
        columns = ", ".join(_shown_column(entity, name, shown) for name in golden_schema(entity).names)
        listed = f"[{literals(paths)[1:-1]}]"
        connection.execute(
            f"CREATE VIEW {quote(entity.name)} AS SELECT {columns} FROM read_parquet({listed}, union_by_name = true)"
        )


def _linked(hub: Hub) -> list[str]:
    """Return the files of the published version's links, of people and of businesses."""
    published = hub.ledger.published_version()
    pinned = published.manifest if published else {}
    names = [links_table(entity.name) for entity in hub.city.standard.parties]
    found = [hub.lake.files(name, pinned[name]) for name in names if name in pinned]
    return list(ParquetFiles(tuple(path for paths in found for path in paths), LINKS).local_paths)


def _open_links(connection: duckdb.DuckDBPyConnection, paths: list[str], shown: Shown) -> None:
    connection.register("no_links", LINKS.empty_table())
    source = f"read_parquet([{literals(paths)[1:-1]}], union_by_name = true)" if paths else "no_links"
    salt = literal(secrets.token_hex(16))
    columns = [quote(name) for name in LINKS.names]
    if not shown.revealed:
        columns = [f"md5({salt} || {one}) AS {one}" if one in _NUMBERS else one for one in columns]
    connection.execute(f"CREATE VIEW links AS SELECT {', '.join(columns)} FROM {source}")


def _open_ties(connection: duckdb.DuckDBPyConnection, paths: list[str]) -> None:
    """Ties hold hub ids only: nothing in them is masked."""
    connection.register("no_ties", TIES.empty_table())
    source = f"read_parquet([{literals(paths)[1:-1]}], union_by_name = true)" if paths else "no_ties"
    connection.execute(f"CREATE VIEW {quote(PUBLISHED_TIES)} AS FROM {source}")


def _shown_column(entity: Entity, name: str, shown: Shown) -> str:
    field = next((one for one in entity.fields if one.name == name), None)
    if shown.revealed or (field is not None and not mask_of(field)):
        return quote(name)
    if field is None:
        return f"'****' AS {quote(name)}" if name == "identifiers" else quote(name)
    return _masked_column(field)


def _masked_column(field: Field) -> str:
    kind = field.mask or field.kind
    if kind in ("text", "code"):
        return f"'****' AS {quote(field.name)}"
    if kind == "date":
        return f"substr(CAST({quote(field.name)} AS VARCHAR), 1, 4) AS {quote(field.name)}"
    return f"mask_{kind}({quote(field.name)}) AS {quote(field.name)}"
