"""One record now: what is decided online is what the batch decided, from the index that publishing keeps."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest
from click.testing import CliRunner

from matching.laws import two_identities
from pipeline.command_line import main
from pipeline.hub import Hub
from pipeline.judge import Decision, judge
from pipeline.link import link
from pipeline.publish import publish
from pipeline.resolve import open_resolver, resolve_record
from pipeline.survive import survive
from schemas.errors import LinkageError, ModelError
from tests.pipeline.story import Story, story, take
from warehouse.resolve_index import ResolveIndex

pytestmark = pytest.mark.timeout(900)
DEPARTMENTS = ("education", "housing_fund", "medical_insurance", "police_population", "social_security")
CITY = {"CITYHUB_CITY_KEY": "5" * 64, "CITYHUB_AS_OF": "2026-07-01"}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Story, Hub]]:
    tale = story(tmp_path_factory.mktemp("resolve"), residents=1500)
    tale.bring()
    with tale.hub(**CITY) as hub:
        take(hub, DEPARTMENTS)
        for step in (link, survive, publish):
            step(hub)
        yield tale, hub


def records(hub: Hub) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield every record of people that is no register row, with the batch's decision, in a fixed order."""
    links = {row["record_id"]: row for row in hub.lake.read("links/person").to_pylist()}
    for department in DEPARTMENTS:
        for row in sorted(hub.lake.read(f"current/{department}/person").to_pylist(), key=lambda one: one["record_id"]):
            if links[row["record_id"]]["rung"] != "register":
                yield row, links[row["record_id"]]


def test_online_decides_what_the_batch_decided(city: tuple[Story, Hub]) -> None:
    """Of every record that is no register row: of those that only others like them settle, the entity is the same."""
    _, hub = city
    resolver, differing, kinds = open_resolver(hub, "person"), [], Counter[str]()
    for place, (row, decided) in enumerate(records(hub)):
        if decided["rung"] == "anchored_identifier" and place % 10:
            continue
        answer = resolver.answer({name: value for name, value in row.items() if value is not None})
        batch = ("insufficient" if decided["decision"] == "new" else decided["decision"], decided["hub_id"])
        online = ("insufficient" if answer.decision == "new" else answer.decision, answer.hub_id)
        if answer.decision != "link":
            online = (online[0], None)
        kinds[f"{decided['rung']} {decided['decision']}"] += 1
        if batch != online:
            differing.append((decided["rung"], decided["decision"], answer.decision, decided["reason"], answer.reason))
    assert differing == [], Counter(differing).most_common(5)
    assert sum(kinds.values()) > 300 and kinds["provisional_evidence link"] > 5, kinds
    assert kinds["provisional_identifier link"] > 5, kinds


def test_one_by_one_is_answered_as_many_at_once(city: tuple[Story, Hub]) -> None:
    """To the last bit: what is quick for a few rows, and what is remembered of earlier ones, changes no answer."""
    _, hub = city
    resolver = open_resolver(hub, "person")
    told = [{name: value for name, value in row.items() if value is not None} for row, _ in records(hub)][::7]
    asked = told + [{name: value for name, value in one.items() if name != "citizen_id"} for one in told]
    alone = [resolver.answer(one) for one in asked]
    assert alone == resolver.answers(asked)
    assert alone[::-1] == [resolver.answer(one) for one in asked[::-1]]
    assert sum(len(one.candidates) > 1 for one in alone) > 5 and len({one.rung for one in alone}) > 3


def test_records_as_departments_write_them_are_read_together_as_each_alone(city: tuple[Story, Hub]) -> None:
    _, hub = city
    resolver = open_resolver(hub, "person")
    raw = [
        {"name": " 王　伟 ", "birth_date": "1980年1月2日", "phone": "139-1234-5678", "sex": "1"},
        {"name": "123", "birth_date": "1980-13-01", "address": ""},
        {"name": None, "birth_date": "19800102"},
        {},
    ]
    read = resolver.standard(raw)
    assert read == [resolver.standard([one])[0] for one in raw]
    assert read[0]["name"] == "王伟" and read[0]["birth_date"] == date(1980, 1, 2) and read[0]["phone"] == "13912345678"
    assert read[1:] == [{}, {"birth_date": date(1980, 1, 2)}, {}]


def test_what_people_decided_about_a_record_is_obeyed_at_once(city: tuple[Story, Hub]) -> None:
    _, hub = city
    linked = [row for row, decided in records(hub) if decided["rung"] == "anchored_identifier" and decided["hub_id"]]
    links = {row["record_id"]: row for row in hub.lake.read("links/person").to_pylist()}
    apart, other = linked[0], linked[-1]
    owner, stranger = (links[row["record_id"]]["hub_id"] for row in (apart, other))
    [anchor] = [row["anchor_record"] for row in hub.lake.read("identity/person").to_pylist() if row["hub_id"] == owner]
    judge(hub, Decision("not_same", apart["record_id"], anchor, "王经办", "x"))
    judge(hub, Decision("same", apart["record_id"], other["record_id"], "王经办", "x"))
    for step in (link, survive, publish):
        step(hub)
    asked = {name: apart[name] for name in ("name", "citizen_id", "birth_date") if apart[name]}
    resolver = open_resolver(hub, "person")
    assert resolver.answer(asked).hub_id == owner  # a record like it, but not the one that people spoke of
    found = resolver.answer({**asked, "record_id": apart["record_id"]})
    decided = {row["record_id"]: row for row in hub.lake.read("links/person").to_pylist()}[apart["record_id"]]
    assert (found.decision, found.reason, found.hub_id) == ("link", decided["reason"], decided["hub_id"])
    assert found.hub_id == hub.reader.resolve(stranger)


def test_the_index_follows_what_is_published(city: tuple[Story, Hub]) -> None:
    _, hub = city
    index, before = ResolveIndex(hub.database), open_resolver(hub, "person").version
    first, second = sorted(row["hub_id"] for row in hub.lake.read("golden/person").to_pylist() if row["anchored"])[:2]
    person = hub.reader.golden("person", second)
    asked = {name: person[name] for name in ("name", "citizen_id", "birth_date") if person[name]}
    assert resolve_record(hub, "person", asked)["hub_id"] == second
    judge(hub, Decision("same", first, second, "王经办", "x"))
    for step in (link, survive, publish):
        step(hub)
    assert open_resolver(hub, "person").version == before + 1
    assert resolve_record(hub, "person", asked)["hub_id"] == hub.reader.resolve(second)
    state = index.state("person")
    with hub.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM resolve_state")
    with pytest.raises(LinkageError):
        open_resolver(hub, "person")
    publish(hub)  # mends what a crash between swap and index left
    assert index.state("person") == state


def test_a_model_that_is_missing_or_altered_ends_the_run_and_changes_nothing(city: tuple[Story, Hub]) -> None:
    tale, hub = city
    [path] = (tale.home / "models").glob("person-*.json")
    text, published = path.read_text("utf-8"), hub.ledger.published_version()
    third, fourth = sorted(row["hub_id"] for row in hub.lake.read("golden/person").to_pylist() if row["anchored"])[5:7]
    judge(hub, Decision("not_same", third, fourth, "王经办", "x"))
    for damage in (None, text.replace('"format": 2', '"format": 0'), text.replace('"known": 0.', '"known": 0.1')):
        path.unlink() if damage is None else path.write_text(damage, "utf-8")
        with pytest.raises(ModelError):
            link(hub)
        with pytest.raises(ModelError):
            open_resolver(hub, "person")
        assert hub.ledger.published_version() == published
    path.write_text(text, "utf-8")
    for step in (link, survive, publish):
        step(hub)
    assert open_resolver(hub, "person").version == hub.ledger.versions("published")[-1].number


def test_evidence_gives_no_entity_two_anchored_identities(city: tuple[Story, Hub]) -> None:
    _, hub = city
    links = hub.lake.read("links/person")
    assert len(links.filter(pc.equal(links.column("kind"), "probabilistic"))) > 20
    assert hub.engine.run([two_identities()], {"links": links}, "two_identities").to_pylist() == []


def test_strange_records_are_told_apart_from_wrong_questions(
    city: tuple[Story, Hub], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tale, hub = city
    nobody = resolve_record(hub, "person", {"name": "呼延灼灼", "birth_date": "1931-02-03", "phone": "13900000001"})
    assert nobody["hub_id"] is None and nobody["decision"] in ("new", "insufficient")
    assert resolve_record(hub, "person", {"name": "王"})["decision"] in ("insufficient", "new")
    assert resolve_record(hub, "person", {})["decision"] == "insufficient"
    with pytest.raises(LinkageError, match="colour"):
        resolve_record(hub, "person", {"colour": "red"})
    for name, value in {**CITY, "CITYHUB_HOME": str(tale.home)}.items():
        monkeypatch.setenv(name, value)
    lines = tmp_path / "records.jsonl"
    lines.write_text('{"name": "王伟"}\n{"name": "李娜", "birth_date": "1980-01-01"}\n', "utf-8")
    told = CliRunner().invoke(main, ["resolve", "person", str(lines), "--json"])
    assert told.exit_code == 0, told.output
    assert len(json.loads(told.output)) == 2
