"""DuckDB as the engine: runs named steps over relations handed to it, in bounded memory, closed to the outside.

Each session is an empty in-memory database that spills to `temp_directory`. It can read the Parquet files it was given
and nothing else: no other file, no network, no extension, no Python variable, and no way to change these settings.
"""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as parquet

from engine.databases import own_database, shared_database
from engine.indexed import IndexedRows
from engine.quoting import literal, quote
from engine.relation import ParquetFiles, Relation, Relations
from engine.small_files import in_memory
from engine.step import AnyStep, MapStep, NearStep
from schemas.errors import CityhubError, EngineError

# These messages speak of names and sizes. All others may quote a value of the data and are told by class only.
_SAFE_MESSAGES = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.OutOfMemoryException,
    duckdb.ParserException,
    duckdb.PermissionException,
)


@contextmanager
def _named(step: str) -> Iterator[None]:
    """Turn whatever fails inside into an EngineError that names `step` and quotes no data."""
    try:
        yield
    except CityhubError:
        raise
    except duckdb.Error as error:
        detail = type(error).__name__
        if isinstance(error, _SAFE_MESSAGES):
            detail += ": " + str(error).split("\n", 1)[0]
        raise EngineError(step, detail, next_step=_next_step(error)) from None
    except Exception as error:
        # A function over batches may have put a value into its message, so the chain is cut here too.
        raise EngineError(step, type(error).__name__) from None


def _next_step(error: duckdb.Error) -> str:
    if isinstance(error, duckdb.OutOfMemoryException):
        return "增大 memory_limit 或清理临时目录 raise memory_limit or free the temporary directory"
    if isinstance(error, (duckdb.IOException, duckdb.InvalidInputException, duckdb.PermissionException)):
        return "cityhub doctor 指出缺损的湖表 names a lake table that is missing or damaged"
    return ""


class Session:
    """An open database: register relations, run steps, fetch results. Made by `DuckDBEngine.session`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._names: set[str] = set()
        self._indexed: dict[str, IndexedRows] = {}

    def add(self, name: str, relation: Relation) -> None:
        """Make `relation` readable as `name`. A stream is read at once, because a stream can be read only once.

        Raises EngineError for a stream that breaks, a missing file, or Parquet files not given when the session opened.
        """
        with _named(name):
            self._take(name)
            if isinstance(relation, pa.Table):
                self._connection.register(name, relation)
            elif isinstance(relation, ParquetFiles):
                self._add_files(name, relation)
            elif isinstance(relation, IndexedRows):
                self._indexed[name] = relation
            else:
                self._fill(name, relation.schema, relation)

    def run(self, steps: Iterable[AnyStep]) -> None:
        """Run the steps in order. A view is checked now and computed when read. Raises EngineError naming the step."""
        for step in steps:
            with _named(step.name):
                self._take(step.name)
                if isinstance(step, MapStep):
                    self._map(step)
                elif isinstance(step, NearStep):
                    self._near(step)
                else:
                    kind = "TABLE" if step.materialise else "VIEW"
                    self._connection.execute(f"CREATE {kind} {quote(step.name)} AS {step.sql}")

    def table(self, name: str) -> pa.Table:
        """Return the whole relation or step `name`."""
        with _named(name):
            return self._connection.sql(f"FROM {quote(name)}").to_arrow_table()

    def stream(self, name: str, batch_rows: int = 131_072) -> pa.RecordBatchReader:
        """Return `name` as a stream of batches; errors while it is read name the step too.

        It ends with the session, and with the session's next query: read it to its end first.
        """
        with _named(name):
            reader = self._connection.sql(f"FROM {quote(name)}").to_arrow_reader(batch_rows)
        return pa.RecordBatchReader.from_batches(reader.schema, _guarded(name, reader))

    def count(self, name: str) -> int:
        """Return the number of rows of `name`."""
        with _named(name):
            row = self._connection.sql(f"SELECT count(*) FROM {quote(name)}").fetchall()[0]
        return int(row[0])

    def write(self, name: str, path: Path) -> int:
        """Write `name` to the Parquet file `path`, whole or not at all; return its rows."""
        part = path.with_name(path.name + ".part")
        rows = 0
        try:
            reader = self.stream(name)
            with parquet.ParquetWriter(part, reader.schema, compression="zstd") as writer:
                for batch in reader:
                    writer.write_batch(batch)
                    rows += batch.num_rows
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return rows

    def _take(self, name: str) -> None:
        # A view over Arrow data would silently hide a table of the same name.
        if name in self._names:
            raise EngineError(name, "the name is taken by an earlier step or relation")
        self._names.add(name)

    def _add_files(self, name: str, files: ParquetFiles) -> None:
        shape = f"shape of {name}"
        self._connection.register(shape, files.schema.empty_table())
        if not files.paths:
            self._connection.execute(f"CREATE VIEW {quote(name)} AS FROM {quote(shape)}")
            return
        paths = "[" + ", ".join(literal(path) for path in files.local_paths) + "]"
        scan = f"read_parquet({paths}, union_by_name = true, hive_partitioning = false)"
        present = {row[0] for row in self._connection.sql(f"DESCRIBE FROM {scan}").fetchall()}
        wanted = self._connection.sql(f"DESCRIBE FROM {quote(shape)}").fetchall()
        columns = ", ".join(
            f"CAST({quote(column) if column in present else 'NULL'} AS {kind}) AS {quote(column)}"
            for column, kind, *_ in wanted
        )
        self._connection.execute(f"CREATE VIEW {quote(name)} AS SELECT {columns} FROM {scan}")

    def _near(self, step: NearStep) -> None:
        if step.source not in self._indexed:
            columns = ", ".join(map(quote, step.columns)) or "*"
            self._connection.execute(f"CREATE VIEW {quote(step.name)} AS SELECT {columns} FROM {quote(step.source)}")
            return
        wanted = {column: self._connection.sql(sql).to_arrow_table().column(0) for column, sql in step.wanted.items()}
        self._connection.register(step.name, self._indexed[step.source].near(wanted, step.columns))

    def _map(self, step: MapStep) -> None:
        held = f"source of {step.name}"
        # Kept as a table first: a cursor cannot see the views over registered Arrow data.
        self._connection.execute(f"CREATE TABLE {quote(held)} AS FROM {quote(step.source)}")
        # A cursor starts in the first database, which is not the session's own.
        database = self._connection.execute("SELECT current_database()").fetchall()[0][0]
        whole = self._connection.cursor().sql(f"FROM {quote(database)}.main.{quote(held)}")
        reader = whole.to_arrow_reader(step.batch_rows)
        self._fill(step.name, step.schema, (step.function(batch) for batch in reader))
        self._connection.execute(f"DROP TABLE {quote(held)}")

    def _fill(self, name: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        connection, arriving = self._connection, f"arriving in {name}"
        connection.register(arriving, schema.empty_table())
        connection.execute(f"CREATE TABLE {quote(name)} AS FROM {quote(arriving)}")
        for batch in batches:
            connection.register(arriving, pa.Table.from_batches([batch]).select(schema.names).cast(schema))
            connection.execute(f"INSERT INTO {quote(name)} FROM {quote(arriving)}")
        connection.unregister(arriving)


def _guarded(name: str, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    while True:
        with _named(name):
            batch = next(reader, None)
        if batch is None:
            return
        yield batch


@dataclass(frozen=True)
class DuckDBEngine:
    """Settings of every session: `memory_limit` as DuckDB writes it ("4GB"), `threads`, and where to spill."""

    memory_limit: str
    threads: int
    temp_directory: Path

    @contextmanager
    def session(self, relations: Relations) -> Iterator[Session]:
        """Open a session that can read exactly these relations; more Arrow relations can be added later."""
        held = in_memory(relations)
        files = [path for r in relations.values() if isinstance(r, ParquetFiles) for path in r.local_paths]
        settings = self._settings()
        with shared_database(settings) if held is not None else own_database(settings, files) as connection:
            session = Session(connection)
            for name, relation in (relations if held is None else held).items():
                session.add(name, relation)
            yield session

    def run(self, steps: Iterable[AnyStep], relations: Relations, result: str) -> pa.Table:
        """Return the step `result` as a table. Raises EngineError naming the step that failed."""
        with self.session(relations) as session:
            session.run(steps)
            return session.table(result)

    def collect(self, steps: Iterable[AnyStep], relations: Relations, results: Iterable[str]) -> Mapping[str, pa.Table]:
        """Return several steps as tables by name."""
        with self.session(relations) as session:
            session.run(steps)
            return {name: session.table(name) for name in results}

    def stream(self, steps: Iterable[AnyStep], relations: Relations, result: str) -> pa.RecordBatchReader:
        """Return the step `result` as a stream; its session closes when the stream is exhausted or dropped."""
        opened = self.session(relations)
        session = opened.__enter__()
        try:
            session.run(steps)
            reader = session.stream(result)
        except BaseException:
            opened.__exit__(None, None, None)
            raise

        def batches() -> Iterator[pa.RecordBatch]:
            try:
                yield from reader
            finally:
                opened.__exit__(None, None, None)

        return pa.RecordBatchReader.from_batches(reader.schema, batches())

    def write(self, steps: Iterable[AnyStep], relations: Relations, result: str, path: Path) -> int:
        """Write the step `result` to the Parquet file `path`, whole or not at all; return its rows."""
        with self.session(relations) as session:
            session.run(steps)
            return session.write(result, path)

    def _settings(self) -> dict[str, str]:
        return {
            "memory_limit": self.memory_limit,
            "threads": str(self.threads),
            "temp_directory": str(self.temp_directory),
            # Order is the duty of each step's ORDER BY; keeping arrival order would cost memory and prove nothing.
            "preserve_insertion_order": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
        }
