"""A clerical sample: drawn, judged by the truth instead of clerks, recorded for good; the estimate holds the truth."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.hub import Hub
from pipeline.linkage_samples import JUDGED, Order, draw_sample, record_sample
from pipeline.report import report
from pipeline.trace import Shown
from pipeline.whole_run import run_to_published
from quality.linkage_quality import LINKED, Stratum, precision
from schemas.errors import ConfigurationError
from tests.pipeline.story import Story, ask, story

DEPARTMENTS = ("civil_affairs", "police_population", "social_security")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Story, Hub]]:
    tale = story(tmp_path_factory.mktemp("samples"), residents=800, seed=3)
    tale.bring()
    with tale.hub() as hub:
        assert run_to_published(hub, DEPARTMENTS) == []
        yield tale, hub


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def truth(hub: Hub, tale: Story) -> dict[tuple[str, ...], str]:
    """Return whose each record is, by department, table, statement and key."""
    found = ask(
        hub, tale, """SELECT department, "table", statement, key, true_id FROM true_records WHERE entity = 'person'"""
    )
    return {tuple(place): true for *place, true in found}


def registered(hub: Hub, tale: Story) -> dict[str, str]:
    """Return whose each hub id is that a row of the police register anchors."""
    found = ask(
        hub,
        tale,
        """
        SELECT l.hub_id, any_value(t.true_id) FROM person_links l JOIN person_records r USING (record_id)
        JOIN true_records t ON t.department = r.department AND t."table" = r.source_table AND t.key = r.source_key
        WHERE l.rung = 'register' AND t.entity = 'person' GROUP BY l.hub_id""",
    )
    return dict(found)


def test_the_truth_lies_within_the_estimate(told: tuple[Story, Hub], tmp_path: Path) -> None:
    tale, hub = told
    path = tmp_path / "sample.csv"
    drawn = draw_sample(hub, Order("person", 120), path, Shown())
    rows, whose, police = rows_of(path), truth(hub, tale), registered(hub, tale)
    assert drawn["items"] == len(rows)
    assert len({row["item"] for row in rows}) == len(rows)
    for row in rows:
        mine = whose.get((row["department"], row["table"], row["statement"], row["source_key"]))
        other = police.get(row["hub_id"])
        row["verdict"] = "不确定" if mine is None or other is None else "同一" if mine == other else "非同一"
    recorded = record_sample(hub, write(tmp_path / "judged.csv", rows), "王审计")
    assert recorded["judged"] == len(rows)
    assert record_sample(hub, tmp_path / "judged.csv", "王审计")["entry"] == recorded["entry"]  # again is once
    result = report(hub, again=True)
    body = hub.ledger.evidence("report")[-1].content
    groups = [Stratum(**one) for one in body["linkage"]["person"]["strata"]]
    estimate = precision(groups)
    assert estimate is not None
    linked = ask(
        hub,
        tale,
        """
        SELECT l.hub_id, mine.true_id FROM person_links l JOIN person_records r USING (record_id)
        JOIN true_records mine ON mine.department = r.department AND mine."table" = r.source_table
            AND mine.key = r.source_key AND mine.statement = r.statement
        WHERE l.decision = 'link' AND l.rung <> 'register'""",
    )
    known = [police[hub_id] == true for hub_id, true in linked if hub_id in police]
    assert len(known) > 300
    assert estimate.low <= sum(known) / len(known) <= estimate.high
    assert any(one.decision == LINKED and one.same > 5 for one in groups)
    assert "王审计" in json.dumps(body, ensure_ascii=False)
    assert result["doubts"] == []


def test_the_sample_shows_nobody_and_the_same_word_draws_the_same(told: tuple[Story, Hub], tmp_path: Path) -> None:
    tale, hub = told
    for name in ("a.csv", "b.csv"):
        draw_sample(hub, Order("person", 40, "7"), tmp_path / name, Shown())
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    text = (tmp_path / "a.csv").read_text("utf-8-sig")
    numbers = tale.planted("persons").column("citizen_id").drop_null().to_pylist()
    assert not [number for number in numbers if number in text]


def test_a_sample_revealed_is_recorded_with_its_purpose(told: tuple[Story, Hub], tmp_path: Path) -> None:
    tale, hub = told
    draw_sample(hub, Order("person", 20, "8"), tmp_path / "open.csv", Shown("年度抽查"))
    numbers = tale.planted("persons").column("citizen_id").drop_null().to_pylist()
    text = (tmp_path / "open.csv").read_text("utf-8-sig")
    assert any(number in text for number in numbers)
    assert hub.ledger.stages()[-1].counts["purpose"] == "年度抽查"


Change = dict[str, Any]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"verdict": "yes"}, "同一"),
        ({"item": "unknown"}, "an item of the sample"),
        ({"sample": "person-v9-9"}, "cityhub sample draw wrote"),
        ({"verdict": ""}, "at least one verdict"),
    ],
)
def test_a_mistake_in_a_judged_sample_is_named(
    told: tuple[Story, Hub], change: Change, expected: str, tmp_path: Path
) -> None:
    _, hub = told
    draw_sample(hub, Order("person", 20, "9"), tmp_path / "drawn.csv", Shown())
    rows = [row | change for row in rows_of(tmp_path / "drawn.csv")][:1]
    before = len(hub.ledger.evidence(JUDGED))
    with pytest.raises(ConfigurationError, match="expected") as caught:
        record_sample(hub, write(tmp_path / "judged.csv", rows), "x")
    assert expected in str(caught.value)
    assert len(hub.ledger.evidence(JUDGED)) == before


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"a,b\n1,2\n", "sample, item, verdict"), (b"\xff\xfe\x00", "UTF-8"), (b"", "sample, item, verdict")],
)
def test_a_file_that_is_no_sample_is_told(
    told: tuple[Story, Hub], content: bytes, expected: str, tmp_path: Path
) -> None:
    _, hub = told
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(ConfigurationError, match=expected):
        record_sample(hub, tmp_path / "x.csv", "x")


def test_a_sample_is_never_written_over(told: tuple[Story, Hub], tmp_path: Path) -> None:
    _, hub = told
    (tmp_path / "x.csv").write_text("judged for a week", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="never overwritten"):
        draw_sample(hub, Order("person", 20), tmp_path / "x.csv", Shown())
