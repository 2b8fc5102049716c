"""Running again: nothing changed is nothing written; one changed cell moves one statement and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from demo.touch import touch_cell
from matching.laws import TWO_IDENTITIES
from pipeline.commands_reading import entity_text
from pipeline.hub import Hub
from pipeline.query import query
from pipeline.summary import stages_logged, summarise, summary_text
from pipeline.trace import Shown, show_entity, trace_field
from pipeline.whole_run import run_to_published
from tests.pipeline.relinking import (
    assert_lookups_are_the_lake,
    assert_relinking_changes_nothing,
    assert_the_index_is_made_alike_anew,
)
from tests.pipeline.story import CORE, Story, story, versions


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Story, Hub]]:
    """A small city, run once."""
    tale = story(tmp_path_factory.mktemp("again"), residents=400)
    tale.bring()
    with tale.hub(CITYHUB_LOOKUP_RECORDS="1") as hub:
        run_to_published(hub, CORE)
        yield tale, hub


def test_a_second_run_consults_everyone_and_writes_nothing(again: tuple[Story, Hub]) -> None:
    _, hub = again
    before, mark, version = versions(hub), stages_logged(hub), hub.ledger.published_version()
    run_to_published(hub, CORE)
    summary = summarise(hub, mark)
    assert summary["nothing_changed"]
    assert {one["department"] for one in summary["departments"] if one["consulted"]} == set(CORE)
    assert "没有变化 nothing changed" in summary_text(summary)
    assert versions(hub) == before
    assert hub.ledger.published_version() == version


def test_one_changed_cell_moves_one_statement_and_nothing_else(again: tuple[Story, Hub]) -> None:
    tale, hub = again
    before, mark = versions(hub), stages_logged(hub)
    touch_cell(tale.home / "demo", "police_population")
    run_to_published(hub, CORE)
    summary = summarise(hub, mark)
    changed = {one["department"]: one["changed"] for one in summary["departments"]}
    assert changed == {name: int(name == "police_population") for name in hub.city.contracts}
    assert sum(one["new"] + one["withdrawn"] for one in summary["departments"]) == 0
    assert summary["city"]["survive"]["written"] <= 1
    moved = {name for name, version in versions(hub).items() if before.get(name) != version}
    assert moved <= {
        "current/police_population/person", "statements/police_population/person",
        "standing/police_population/RK_CZRK", "golden/person", "links/person", "links_history/person",
    }  # fmt: skip
    decided = sum(value for name, value in summary["city"]["link"].items() if "_decided." in name)
    # The person's own record, those of the same number, and of the city's hundreds without one those that evidence
    # compares with it or forms provisional people of together: all but one are decided as they were.
    assert decided <= 3, decided


def test_from_a_golden_cell_down_to_the_raw_cell(again: tuple[Story, Hub]) -> None:
    _, hub = again
    [row, *_] = [
        row
        for row in hub.lake.read("golden/person").to_pylist()
        if row["phone"] and json.loads(row["origins"])["phone"]["department"] == "police_population"
    ]
    told = trace_field(hub, "person", row["hub_id"], "phone", Shown("test of the trace"))
    assert told["golden"] == row["phone"] == told["standard_value"]
    assert list(told["cells"]) == ["LXDH"]
    assert hub.ledger.batch(told["batch"]).source_table == told["source_table"] == "RK_CZRK"
    hidden = trace_field(hub, "person", row["hub_id"], "phone", Shown())
    assert row["phone"] not in json.dumps(hidden, default=str, ensure_ascii=False)
    assert [one.counts for one in hub.ledger.stages() if one.stage == "reveal"][-1]["purpose"] == "test of the trace"


def test_showing_a_person_hides_what_is_sensitive(again: tuple[Story, Hub]) -> None:
    _, hub = again
    [row, *_] = hub.lake.read("golden/person").to_pylist()
    shown = show_entity(hub, "person", row["citizen_id"] or row["hub_id"], Shown())
    text = json.dumps(shown, default=str, ensure_ascii=False)
    for field in ("name", "citizen_id", "phone", "address", "birth_date"):
        if row[field]:
            assert str(row[field]) not in text
    assert {one["field"] for one in shown["fields"]} >= {"name", "citizen_id"}
    assert all(one["department"] and one["record"] and one["rule"] for one in shown["fields"])


def test_nothing_personal_in_ledger_report_or_log(again: tuple[Story, Hub], caplog: pytest.LogCaptureFixture) -> None:
    tale, hub = again
    secrets = set()
    for row in tale.planted("persons").slice(0, 2000).to_pylist():
        secrets |= {row["citizen_id"], row["phone"]}
    secrets.discard(None)
    with caplog.at_level("INFO", logger="cityhub"):
        run_to_published(hub, CORE)
    written = caplog.text + "".join(path.read_text("utf-8") for path in (tale.home / "report").glob("*.json"))
    written += json.dumps([vars(one) for one in hub.ledger.stages()], default=str, ensure_ascii=False)
    written += json.dumps([vars(one) for one in hub.ledger.batches()], default=str, ensure_ascii=False)
    assert [secret for secret in secrets if secret and secret in written] == []
    assert len(written) > 10_000


def test_ties_of_businesses_are_published_queried_and_shown(again: tuple[Story, Hub]) -> None:
    """A sole trader is shown with the person who operates it, and that person with the business."""
    _, hub = again
    names, rows = query(hub, "SELECT hub_id, belongs_to, kind, basis FROM business_tie ORDER BY hub_id", Shown())
    assert names == ["hub_id", "belongs_to", "kind", "basis"]
    assert len(rows) == hub.lake.read("ties/business").num_rows > 0
    operated = [row for row in rows if row[2] == "sole_trader" and row[1]]
    assert operated
    business, person, _, _ = operated[0]
    assert business is not None and person is not None
    [tie] = show_entity(hub, "business", business, Shown())["ties"]
    assert (tie["tie"], tie["kind"], tie["hub_id"]) == ("of", "sole_trader", person)
    shown = show_entity(hub, "person", person, Shown())
    assert business in [one["hub_id"] for one in shown["ties"]]
    assert business in entity_text(shown) and "经营" in entity_text(shown)


def test_links_are_queried_with_pseudonyms_for_numbers(again: tuple[Story, Hub]) -> None:
    """The auditors' query runs as it stands; two numbers that are one stay one, and none can be read."""
    _, hub = again
    assert query(hub, TWO_IDENTITIES, Shown())[1] == []
    counts = "SELECT count(*), count(DISTINCT key_number), count(DISTINCT hub_id) FROM links WHERE decision = 'link'"
    lake = hub.lake.read("links/person").to_pylist() + hub.lake.read("links/business").to_pylist()
    links = [row for row in lake if row["decision"] == "link"]
    numbers = {row["key_number"] for row in links if row["key_number"]}
    expected = [str(len(links)), str(len(numbers)), str(len({row["hub_id"] for row in links}))]
    assert query(hub, counts, Shown())[1] == [expected]
    shown = {row[0] for row in query(hub, "SELECT key_number FROM links", Shown())[1]}
    assert not shown & numbers and {len(one) for one in shown if one} == {32}
    revealed = query(hub, "SELECT DISTINCT key_number FROM links", Shown("测试"))[1]
    assert {row[0] for row in revealed if row[0]} <= {row["key_number"] for row in lake}


def test_days_by_increments_link_like_the_whole_history_at_once(again: tuple[Story, Hub]) -> None:
    """Another day comes in; then every stored statement is decided again. Five days and all departments: test_days."""
    tale, hub = again
    assert_lookups_are_the_lake(hub)
    tale.bring(1)
    assert run_to_published(hub, CORE) == []
    assert_lookups_are_the_lake(hub)
    assert_the_index_is_made_alike_anew(hub)
    assert min(assert_relinking_changes_nothing(hub).values()) > 40


def test_a_lookup_that_is_harmed_or_of_other_files_is_made_again(again: tuple[Story, Hub]) -> None:
    tale, hub = again
    for file in (hub.lookup.folder / "person").glob("*/rows.arrow"):
        file.write_bytes(file.read_bytes()[:-1])
    hub.lookup.drop("business")
    tale.bring(2)
    assert run_to_published(hub, CORE) == []
    assert_lookups_are_the_lake(hub)
    assert min(assert_relinking_changes_nothing(hub).values()) > 40
