"""What register rows said before: found version by version, with lookups and without, as everything ever said tells."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.commit import LAKE, history_schema
from pipeline.hub import Hub, open_hub
from pipeline.lake_tables import current_table, former_states_table, history_table
from pipeline.link import link
from pipeline.publish import publish
from pipeline.settings import Settings
from pipeline.staging import HUB_FENCE
from pipeline.survive import survive
from schemas.arrow import statement_schema
from warehouse.batch import Landing, Opening

NOW, DEPARTMENT, TABLE = datetime(2026, 7, 1, tzinfo=UTC), "police_population", "RK_CZRK"
Said = tuple[str | None, str | None]  # number and name
RECORDS, ROUNDS = 24, 5


@dataclass
class Register:
    """The police's rows: what each says now (None: gone) and everything that it ever said."""

    now: dict[str, Said | None] = field(default_factory=dict)
    lines: dict[str, list[tuple[str, Said]]] = field(default_factory=dict)

    def change(self, draw: random.Random, first: bool) -> list[tuple[str, str, Said]]:
        """Return `op`, record id and what it says of the rows of a batch, and remember them."""
        rows = []
        for place in range(RECORDS):
            record = f"{place + 1:015x}".ljust(32, "0")
            standing = self.now.get(record)
            if not first and draw.random() < 0.5:
                continue
            said = (
                f"11010119900101{draw.randrange(3) + 10 * place:04d}",
                draw.choice([f"张{place}", f"李{place}", None]),
            )
            if standing is not None and draw.random() < 0.3:
                op, said = "deleted", standing
            else:
                op = "new" if standing is None else "changed"
            self.now[record] = None if op == "deleted" else said
            self.lines.setdefault(record, []).append((op, said))
            rows.append((op, record, said))
        return rows

    def former(self) -> set[tuple[str, str | None, str | None]]:
        """Return all states of rows that were gone for a while or said another thing than before."""
        found = set()
        for record, lines in self.lines.items():
            states = {said for _, said in lines}
            if len(states) > 1 or any(op == "deleted" for op, _ in lines):
                found |= {(record, number and f"citizen_id:{number}", name) for number, name in states}
        return found


def accept(hub: Hub, rows: list[tuple[str, str, Said]]) -> None:
    """Put the rows into the lake as one accepted batch."""
    entity, fence = hub.city.standard.entities["person"], hub.ledger.acquire(HUB_FENCE, "test", NOW)
    number = max((one.id for one in hub.ledger.batches("accepted")), default=0) + 1
    made = [
        {"record_id": record, "department": DEPARTMENT, "source_table": TABLE, "statement": "person", "op": op}
        | {"source_key": record, "batch": number, "row_number": place, "row_hash": "", "content_hash": f"{number}"}
        | {"issues": [], "citizen_id": said[0], "name": said[1]}
        for place, (op, record, said) in enumerate(rows, 1)
    ]
    history = pa.Table.from_pylist(made, schema=history_schema(entity))
    hub.lake.append(history_table(DEPARTMENT, entity.name), history, ("batch",))
    stays = history.filter(pa.compute.not_equal(history["op"], "deleted")).select(statement_schema(entity).names)
    gone = history.filter(pa.compute.equal(history["op"], "deleted")).column("record_id").combine_chunks()
    current = current_table(DEPARTMENT, entity.name)
    hub.lake.merge(current, stays, gone, "record_id", statement_schema(entity))
    facts = {"new": len(rows), LAKE: {current: hub.lake.version(current)}}
    opening = Opening(DEPARTMENT, TABLE, "increment", "", "test")
    assert hub.ledger.record_consultation(fence, opening, NOW, Landing(0, "", 0), facts) == number


@pytest.mark.parametrize(("seed", "lookups_from"), [(1, 1), (2, 10**9)], ids=["lookups", "none"])
def test_versions_find_the_former_states_that_everything_ever_said_tells(
    tmp_path: Path, seed: int, lookups_from: int
) -> None:
    draw, register = random.Random(seed), Register()
    told = {"CITYHUB_HOME": str(tmp_path), "CITYHUB_LOOKUP_RECORDS": str(lookups_from), "CITYHUB_AS_OF": "2026-07-01"}
    with open_hub(Settings.from_environment(told), "test", lambda: NOW) as hub:
        hub.serving.ensure()
        for turn in range(ROUNDS):
            for _ in range(1 + turn % 2):  # some versions take two batches
                accept(hub, register.change(draw, turn == 0))
            for step in (link, survive, publish):
                step(hub)
            assert (tmp_path / "lookup").exists() == (lookups_from == 1)
            rows = hub.lake.read(former_states_table("person")).to_pylist() if register.former() else []
            found = [(row["record_id"], row["primary_key"], row["name"]) for row in rows]
            assert len(found) == len(set(found))
            assert set(found) == register.former()
