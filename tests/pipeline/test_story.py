"""The story: a whole run over a small city, compared with the truth. On SQLite, and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.hub import Hub
from pipeline.summary import summarise, summary_text
from pipeline.whole_run import run_all, run_to_published
from tests.pipeline.story import CORE, Story, ask, story


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Story, Hub]]:
    """One city, run once, on SQLite."""
    tale = story(tmp_path_factory.mktemp("story"))
    tale.bring()
    with tale.hub() as hub:
        assert run_all(hub, hub.city.contracts) == []
        yield tale, hub


def test_every_row_and_every_statement_is_accounted_for(told: tuple[Story, Hub]) -> None:
    _, hub = told
    batches = hub.ledger.batches("accepted")
    assert len(batches) == sum(len(contract.tables) for contract in hub.city.contracts.values())
    for batch in batches:
        counts = batch.counts
        rows = ("standardised", "rejected", "identical", "superseded", "deleted")
        assert counts["extracted"] == sum(counts[name] for name in rows) == batch.rows_extracted
        assert counts["emitted"] == counts["accepted"] + counts["quarantined"] + counts["held"]


def test_nothing_is_quarantined_but_what_was_planted(told: tuple[Story, Hub]) -> None:
    tale, hub = told
    invented = ask(
        hub,
        tale,
        """
        SELECT q.department, q.source_table, q.source_key, q."column", q.reason FROM quarantine q
        WHERE q.state = 'quarantined' AND NOT EXISTS (
            FROM true_defects d WHERE d.department = q.department AND d."table" = q.source_table
              AND d.key = q.source_key AND d.detectable AND contains(q."column", d."column"))""",
    )
    assert invented == []


def test_every_planted_fault_of_a_critical_field_is_quarantined(told: tuple[Story, Hub]) -> None:
    """A fault that the cell alone betrays, in a name or number that the standard calls critical."""
    tale, hub = told
    critical = critical_columns(hub)
    missed = [
        row
        for row in ask(
            hub,
            tale,
            """
            SELECT d.department, d."table", d."column", d.defect, d.key FROM true_defects d
            WHERE d.detectable AND NOT d.recoverable AND d.evidence = 'value'
              AND d.defect NOT IN ('sentinel', 'null_key')
              AND d.key IS NOT NULL AND NOT EXISTS (
                FROM quarantine q WHERE d.department = q.department AND d."table" = q.source_table
                  AND d.key = q.source_key AND contains(q."column", d."column"))
              AND NOT EXISTS (FROM true_defects o WHERE o.department = d.department AND o.key = d.key
                  AND o.defect IN ('null_key', 'identical_row'))""",
        )
        if (row[0], row[1], row[2]) in critical
    ]
    assert missed == []


def critical_columns(hub: Hub) -> set[tuple[str, str, str]]:
    """Return (department, table, column) of every source column whose unusable value quarantines its statement."""
    found = set()
    for contract in hub.city.contracts.values():
        for table in contract.tables:
            for emit in table.emit:
                for mapping in emit.fields:
                    names = ["citizen_id"] if mapping.field == "identifier" else [mapping.field]
                    severity = hub.city.standard.entities[emit.entity].field(names[0]).severity
                    if (mapping.on_fail or severity) == "critical" and not mapping.codes:
                        found |= {(contract.department, table.name, column) for column in mapping.columns}
    return found


def test_rows_without_a_key_are_rejected_one_by_one(told: tuple[Story, Hub]) -> None:
    tale, hub = told
    [(planted,)] = ask(hub, tale, "SELECT count(*) FROM true_defects WHERE defect = 'null_key'")
    [(rejected,)] = ask(hub, tale, "SELECT count(*) FROM quarantine WHERE state = 'rejected' AND reason = 'null_key'")
    assert rejected == planted > 0


def test_a_fact_whose_party_is_quarantined_is_held_and_its_siblings_stand(told: tuple[Story, Hub]) -> None:
    tale, hub = told
    held = ask(
        hub,
        tale,
        """
        SELECT count(*), count(*) FILTER (EXISTS (
            FROM quarantine q WHERE q.state = 'quarantined' AND q.source_key = h.source_key
              AND q.source_table = h.source_table AND q.department = h.department))
        FROM quarantine h WHERE h.state = 'held' AND h.reason = 'party_quarantined'""",
    )
    assert held[0][0] == held[0][1] > 0
    [(siblings,)] = ask(
        hub,
        tale,
        """
        SELECT count(*) FROM person_records r JOIN quarantine q ON q.department = r.department
          AND q.source_table = r.source_table AND q.source_key = r.source_key AND q.state = 'quarantined'
        WHERE q.statement <> r.statement""",
    )
    assert siblings > 0


@pytest.mark.parametrize("entity", ["person", "business"])
def test_anchored_identifiers_are_linked_to_their_owner(told: tuple[Story, Hub], entity: str) -> None:
    """Whoever is linked is linked right, unless the number itself is somebody else's and nothing shows it."""
    tale, hub = told
    wrong = ask(
        hub,
        tale,
        f"""
        WITH linked AS (
            SELECT l.hub_id, r.department, r.source_table, r.source_key, r.statement, t.true_id
            FROM {entity}_links l JOIN {entity}_records r USING (record_id)
            JOIN true_records t ON t.department = r.department AND t."table" = r.source_table
              AND t.key = r.source_key AND t.statement = r.statement
            WHERE l.decision = 'link'
        ),
        owners AS (
            SELECT hub_id, arg_max(true_id, n) AS owner
            FROM (SELECT hub_id, true_id, count(*) AS n FROM linked GROUP BY ALL) GROUP BY hub_id
        )
        SELECT linked.* FROM linked JOIN owners USING (hub_id)
        WHERE true_id <> owner AND NOT EXISTS (
            FROM true_defects d WHERE d.department = linked.department AND d."table" = linked.source_table
              AND d.key = linked.source_key AND (NOT d.detectable OR d.defect = 'repeated_key'))""",
    )
    assert wrong == []  # the truth of a repeated key names both rows: which one stands, it does not say
    [(linked,)] = ask(hub, tale, f"SELECT count(*) FROM {entity}_links WHERE decision = 'link'")
    assert linked > 100


def test_records_with_a_true_number_and_name_find_their_register_entry(told: tuple[Story, Hub]) -> None:
    tale, hub = told
    [(missed, found)] = ask(
        hub,
        tale,
        """
        WITH register AS (
            SELECT t.true_id, min(l.hub_id) AS hub_id, count(*) AS entries
            FROM person_records r JOIN person_links l USING (record_id)
            JOIN true_records t ON t.department = r.department AND t.key = r.source_key AND t.statement = r.statement
            WHERE r.department = 'police_population' AND r.citizen_id IS NOT NULL
              AND NOT EXISTS (FROM true_defects d WHERE d.department = r.department AND d.key = r.source_key)
            GROUP BY t.true_id HAVING count(*) = 1
        )
        SELECT count(*) FILTER (l.hub_id IS DISTINCT FROM g.hub_id), count(*)
        FROM person_records r JOIN person_links l USING (record_id)
        JOIN true_records t ON t.department = r.department AND t."table" = r.source_table
          AND t.key = r.source_key AND t.statement = r.statement
        JOIN register g USING (true_id)
        WHERE r.citizen_id IS NOT NULL AND r.department <> 'police_population'
          AND NOT EXISTS (FROM true_defects d WHERE d.department = r.department AND d.key = r.source_key)
          AND NOT EXISTS (FROM true_defects d WHERE d.defect = 'shared_number')""",
    )
    assert missed == 0
    assert found >= 0


def test_sole_traders_without_credit_code_are_found_by_name_phone_and_owner(told: tuple[Story, Hub]) -> None:
    """Market regulation knows them by registration number, the tax office tells no number of theirs at all."""
    tale, hub = told
    [(right, wrong, known)] = ask(
        hub,
        tale,
        """
        WITH linked AS (
            SELECT r.department, t.true_id, l.decision, l.hub_id, l.key_number
            FROM business_records r JOIN business_links l USING (record_id)
            JOIN true_records t ON t.department = r.department AND t."table" = r.source_table
              AND t.key = r.source_key AND t.statement = r.statement
        )
        SELECT count(*) FILTER (l.hub_id = g.hub_id), count(*) FILTER (l.hub_id <> g.hub_id), count(*)
        FROM linked l JOIN linked g ON g.true_id = l.true_id AND g.department = 'market_regulation'
        WHERE l.department = 'tax' AND l.key_number IS NULL AND g.decision = 'link' AND g.key_number IS NOT NULL""",
    )
    assert known > 100
    assert right >= 0.95 * known
    assert wrong <= 0.02 * known  # a name misspelt beyond recognition stands by itself


def test_golden_tables_agree_in_the_database_and_in_the_files(told: tuple[Story, Hub]) -> None:
    _, hub = told
    manifest = hub.published.manifest()
    for entity, rows in hub.reader.counts().items():
        if entity in manifest["tables"]:
            assert manifest["tables"][entity]["rows"] == rows > 0, entity
    assert hub.published.damaged() == []


def test_the_summary_says_what_a_person_wants_to_know(told: tuple[Story, Hub]) -> None:
    _, hub = told
    text = summary_text(summarise(hub))
    for name in [*hub.city.contracts, "person", "business", "published/current", "耗时"]:
        assert name in text


def test_the_same_story_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    """Hub database and two departments on a real server: the same golden rows as on SQLite."""
    url = postgres_url
    plain, server = story(tmp_path / "plain", residents=300), story(tmp_path / "server", residents=300)
    plain.bring()
    chosen = ("police_population", "civil_affairs")
    server.bring(servers=dict.fromkeys(chosen, url))
    connections = {f"CITYHUB_CONNECTION_{name.upper()}": f"{url}?options=-csearch_path%3D{name}" for name in chosen}
    key = {"CITYHUB_CITY_KEY": "7" * 64}
    with plain.hub(**key) as one, server.hub(CITYHUB_DATABASE=url, **connections, **key) as other:
        for hub in (one, other):
            assert run_to_published(hub, CORE) == []
        assert one.reader.counts() == other.reader.counts()
        assert _members(one) == _members(other)


def _members(hub: Hub) -> set[frozenset[str]]:
    """Return the partition of records into entities, free of hub ids."""
    groups: dict[str, set[str]] = {}
    for entity in ("person", "business"):
        for row in hub.lake.read(f"links/{entity}").to_pylist():
            if row["decision"] == "link":
                groups.setdefault(row["hub_id"], set()).add(row["record_id"])
    return {frozenset(group) for group in groups.values()}
