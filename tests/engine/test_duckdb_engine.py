"""The engine runs named steps in its memory, names the step that failed, and reads nothing it was not given."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.parquet as parquet
import pytest

from engine.duckdb_engine import DuckDBEngine
from engine.relation import ParquetFiles, map_batches
from engine.step import MapStep, Step
from schemas.errors import EngineError

PEOPLE = pa.table({"id": ["a", "b", "c"], "age": pa.array([30, 41, 5], pa.int64())})


@pytest.fixture
def engine(tmp_path: Path) -> DuckDBEngine:
    return DuckDBEngine(memory_limit="256MB", threads=2, temp_directory=tmp_path / "spill")


def test_steps_read_relations_and_the_steps_before_them(engine: DuckDBEngine) -> None:
    steps = [
        Step("adults", "SELECT * FROM people WHERE age >= 18", materialise=True),
        Step("oldest", "SELECT id FROM adults ORDER BY age DESC, id"),
    ]
    assert engine.run(steps, {"people": PEOPLE}, "oldest").to_pydict() == {"id": ["b", "a"]}
    assert engine.collect(steps, {"people": PEOPLE}, ["adults", "oldest"])["adults"].num_rows == 2


def test_a_function_over_batches_stands_between_two_steps(engine: DuckDBEngine) -> None:
    def doubled(batch: pa.RecordBatch) -> pa.RecordBatch:
        return pa.RecordBatch.from_arrays([batch["id"], compute.multiply(batch["age"], 2)], names=["id", "twice"])

    schema = pa.schema([("id", pa.string()), ("twice", pa.int64())])
    steps = [
        Step("adults", "SELECT id, age FROM people WHERE age >= 18"),
        MapStep("doubled", "adults", doubled, schema, batch_rows=1),
        Step("ordered", "SELECT * FROM doubled ORDER BY id"),
    ]
    assert engine.run(steps, {"people": PEOPLE}, "ordered").to_pylist() == [
        {"id": "a", "twice": 60},
        {"id": "b", "twice": 82},
    ]
    assert map_batches(doubled, PEOPLE, schema).read_all()["twice"].to_pylist() == [60, 82, 10]


def test_a_stream_can_be_read_by_two_steps(engine: DuckDBEngine) -> None:
    steps = [Step("pairs", "SELECT l.id AS l, r.id AS r FROM people l JOIN people r ON l.age < r.age ORDER BY ALL")]
    pairs = engine.run(steps, {"people": PEOPLE.to_reader()}, "pairs")
    assert pairs.to_pydict() == {"l": ["a", "c", "c"], "r": ["b", "a", "b"]}


def test_parquet_files_have_the_given_schema_whatever_they_hold(engine: DuckDBEngine, tmp_path: Path) -> None:
    old, new = tmp_path / "old file.parquet", tmp_path / "new.parquet"
    parquet.write_table(PEOPLE.select(["id"]), old)
    parquet.write_table(PEOPLE.append_column("extra", PEOPLE["id"]), new)
    files = ParquetFiles((old.as_uri(), str(new)), PEOPLE.schema)
    table = engine.run([Step("all", "SELECT * FROM people ORDER BY id, age")], {"people": files}, "all")
    assert table.schema == PEOPLE.schema
    assert table["age"].to_pylist() == [30, None, 41, None, 5, None]
    nothing = engine.run([Step("all", "FROM people")], {"people": ParquetFiles((), PEOPLE.schema)}, "all")
    assert nothing.schema == PEOPLE.schema
    assert nothing.num_rows == 0


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_parquet('{secret}')",
        "SELECT * FROM read_csv('/etc/hostname')",
        "SELECT * FROM read_text('{secret}')",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM outside",
        "SELECT * FROM read_parquet('https://example.com/x.parquet')",
    ],
)
def test_nothing_else_can_be_read(engine: DuckDBEngine, tmp_path: Path, sql: str) -> None:
    outside = PEOPLE  # a Python variable must not be reachable by name
    given, secret = tmp_path / "given.parquet", tmp_path / "secret.parquet"
    parquet.write_table(PEOPLE, given)
    parquet.write_table(outside, secret)
    statement = sql.format(secret=secret, folder=tmp_path)
    with pytest.raises(EngineError, match="step thief failed"):
        engine.run([Step("thief", statement)], {"p": ParquetFiles((str(given),), PEOPLE.schema)}, "thief")


def test_a_name_means_one_thing(engine: DuckDBEngine) -> None:
    with pytest.raises(EngineError, match="step people failed: the name is taken"):
        engine.run([Step("people", "SELECT 1 AS one")], {"people": PEOPLE}, "people")


def test_settings_are_locked(engine: DuckDBEngine) -> None:
    # A step is one SELECT; even a second statement smuggled into it cannot open the sandbox again.
    with pytest.raises(EngineError):
        engine.run([Step("s", "SELECT 1; SET enable_external_access = true")], {}, "s")


def test_errors_name_the_step_and_hide_the_data(engine: DuckDBEngine) -> None:
    people = pa.table({"id": ["130302199001011234"]})
    with pytest.raises(EngineError) as caught:
        engine.run([Step("numbers", "SELECT CAST(id AS DATE) AS d FROM people", True)], {"people": people}, "numbers")
    assert caught.value.step == "numbers"
    assert "1303" not in str(caught.value)
    assert caught.value.__cause__ is None

    def broken(batch: pa.RecordBatch) -> pa.RecordBatch:
        raise ValueError(batch["id"][0].as_py())

    with pytest.raises(EngineError) as caught:
        engine.run([MapStep("mapped", "people", broken, people.schema)], {"people": people}, "mapped")
    assert "ValueError" in str(caught.value)
    assert "1303" not in str(caught.value)
    with pytest.raises(EngineError, match="no_such_column"):
        engine.run([Step("typo", "SELECT no_such_column FROM people")], {"people": people}, "typo")


def test_a_big_sort_spills_and_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    engine = DuckDBEngine(memory_limit="80MB", threads=2, temp_directory=tmp_path / "spill")
    rows = 1_000_000
    numbers = Step("numbers", f"SELECT i, md5(i::VARCHAR) AS h FROM range({rows}) r(i) ORDER BY h", materialise=True)
    path = tmp_path / "sorted.parquet"
    assert engine.write([numbers, Step("out", "FROM numbers ORDER BY i")], {}, "out", path) == rows
    assert parquet.read_metadata(path).num_rows == rows
    failing = Step("failing", "SELECT CASE WHEN i = 999999 THEN CAST(h AS DATE) END AS d FROM numbers ORDER BY i")
    with pytest.raises(EngineError):
        engine.write([numbers, failing], {}, "failing", tmp_path / "other.parquet")
    assert sorted(p.name for p in tmp_path.glob("*.parquet*")) == ["sorted.parquet"]


def test_a_stream_outlives_the_call_and_carries_its_errors(engine: DuckDBEngine) -> None:
    reader = engine.stream([Step("all", "SELECT * FROM people ORDER BY id")], {"people": PEOPLE}, "all")
    assert reader.read_all()["id"].to_pylist() == ["a", "b", "c"]
    failing = Step("failing", "SELECT CASE WHEN age = 5 THEN CAST(id AS DATE) END AS d FROM people")
    with pytest.raises(EngineError, match="step failing failed"):
        engine.stream([failing], {"people": PEOPLE}, "failing").read_all()
