"""What stands refused in a department, as rules see it: open lines of quarantine with their record ids."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from engine.relation import ParquetFiles
from engine.step import Step
from pipeline.hub import Hub
from pipeline.lake_tables import quarantine_table
from pipeline.open_quarantine import accepted_batches, open_lines, standing_rows_of
from schemas.contract import Contract
from standardise.quarantine import QUARANTINE_SCHEMA

REFUSED_LINES = pa.schema([pa.field("record_id", pa.string()), *QUARANTINE_SCHEMA])
WHOLE_ROW = "#row"  # no emit is called so

# A row that a later one of its key and extract replaced: its department is told until the table is read whole again,
# or the key once more.
_SUPERSEDED = """
    SELECT quarantine.* FROM quarantine
    ANTI JOIN batches AS later ON later.source_table = quarantine.source_table
        AND later.whole AND NOT later.replay AND later.batch > quarantine.batch
    ANTI JOIN standing ON standing.source_table = quarantine.source_table
        AND standing.source_key = quarantine.source_key AND standing.batch > quarantine.batch
    WHERE quarantine.state = 'superseded'"""


def refused_lines(hub: Hub, contract: Contract) -> pa.Table:
    """Return every open line of the department's quarantine (REFUSED_LINES): statements refused, held or noted, rows
    rejected or superseded."""
    found = open_lines(hub, contract).select(QUARANTINE_SCHEMA.names).cast(QUARANTINE_SCHEMA)
    lines = pa.concat_tables([found, _superseded(hub, contract)])
    if not lines.num_rows:
        return REFUSED_LINES.empty_table()
    # Groups of one table and statement get their ids together: the key's domain is the same.
    parts = []
    pairs = lines.group_by(["source_table", "statement"]).aggregate([]).to_pylist()
    for pair in sorted(pairs, key=lambda one: (one["source_table"], one["statement"])):
        own = pc.and_(
            pc.equal(lines.column("source_table"), pair["source_table"]),
            pc.equal(lines.column("statement"), pair["statement"]),
        )
        parts.append(_with_ids(hub, contract, pair["source_table"], pair["statement"], lines.filter(own)))
    return pa.concat_tables(parts)


def _with_ids(hub: Hub, contract: Contract, table: str, statement: str, lines: pa.Table) -> pa.Table:
    # A row without a key is told from others by its place in its batch.
    place = pc.binary_join_element_wise("row ", pc.cast(lines.column("row_number"), pa.string()), "")
    keys = pc.coalesce(lines.column("source_key"), place)
    ids = hub.key.record_ids(contract.department, table, statement or WHOLE_ROW, keys)
    return lines.add_column(0, "record_id", ids).select(REFUSED_LINES.names).cast(REFUSED_LINES)


def _superseded(hub: Hub, contract: Contract) -> pa.Table:
    files = tuple(hub.lake.files(quarantine_table(contract.department)))
    if not files:
        return QUARANTINE_SCHEMA.empty_table()
    standing, places = standing_rows_of(hub, contract)
    relations = {
        "quarantine": ParquetFiles(files, QUARANTINE_SCHEMA),
        "batches": accepted_batches(hub.ledger.batches("accepted", contract.department)),
        **places,
    }
    found = hub.engine.run([standing, Step("superseded", _SUPERSEDED)], relations, "superseded")
    return found.select(QUARANTINE_SCHEMA.names).cast(QUARANTINE_SCHEMA)
