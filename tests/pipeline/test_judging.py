"""A steward's day on a small city: the work list, a wrong merge undone, a changed specification, news in mid run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from matching.laws import TWO_IDENTITIES
from pipeline import link as link_module
from pipeline.command_line import main
from pipeline.history import history
from pipeline.hub import Hub
from pipeline.judge import Decision, judge, withdraw
from pipeline.link import link
from pipeline.link_difference import link_difference
from pipeline.models_in_force import Acceptance
from pipeline.publish import publish
from pipeline.steward import work_list
from pipeline.survive import survive
from schemas.errors import FenceLost, JudgementRefused, SpecificationChanged, UnknownEntity
from tests.pipeline.story import Story, story, take

pytestmark = pytest.mark.timeout(600)
DEPARTMENTS = ("agriculture", "civil_affairs", "medical_insurance", "police_population", "social_security")
CITY = {"CITYHUB_CITY_KEY": "5" * 64, "CITYHUB_AS_OF": "2026-07-01"}


@contextmanager
def linked_city(folder: Path) -> Iterator[tuple[Story, Hub]]:
    """A small city of five departments, linked and published once."""
    tale = story(folder, residents=400)
    tale.bring()
    with tale.hub(**CITY) as hub:
        take(hub, DEPARTMENTS)
        relink(hub)
        yield tale, hub


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Story, Hub]]:
    with linked_city(tmp_path_factory.mktemp("judging")) as made:
        yield made


def relink(hub: Hub) -> dict[str, Any]:
    result = link(hub)
    survive(hub)
    publish(hub)
    return result


def seen(hub: Hub) -> dict[str, Any]:
    """Return all that readers see of people: golden rows, members, where ids lead; commits aside."""
    golden = {row["hub_id"]: row["content_hash"] for row in hub.lake.read("golden/person").to_pylist()}
    served = {name: hub.reader.golden("person", name)["content_hash"] for name in golden}
    members = {name: [one.record_id for one in hub.reader.members(name)] for name in golden}
    links = {
        row["record_id"]: (row["decision"], row["hub_id"], row["kind"], row["reason"], row["judgement"])
        for row in hub.lake.read("links/person").to_pylist()
    }
    facts = {row["fact_id"]: row["content_hash"] for row in hub.lake.read("golden/marriage").to_pylist()}
    return {"golden": golden, "served": served, "members": members, "links": links, "facts": facts}


def two_people(hub: Hub) -> tuple[str, str]:
    rows = hub.lake.read("golden/person").to_pylist()
    first, second = sorted(row["hub_id"] for row in rows if row["anchored"] and row["records"] > 2)[:2]
    return first, second


def test_a_wrong_merge_made_by_hand_is_undone_with_nothing_left_behind(city: tuple[Story, Hub]) -> None:
    _, hub = city
    before, (first, second) = seen(hub), two_people(hub)
    feed = hub.reader.changes(0, 10**6)[-1].seq
    [number] = judge(hub, Decision("same", first, second, "王经办", "看错了"))["judgements"]
    assert seen(hub) == before  # nothing moves until the next run
    assert relink(hub)["judgements"] == 1
    merged = seen(hub)
    gone, kept = (first, second) if first not in merged["golden"] else (second, first)
    assert hub.reader.resolve(gone) == kept
    assert sorted(merged["members"][kept]) == sorted(before["members"][first] + before["members"][second])
    assert unlawful(hub) == []
    withdraw(hub, number, "李复核", "两人身份证照片不同")
    relink(hub)
    assert seen(hub) == before
    assert hub.reader.resolve(gone) == gone
    ops = [(one.op, one.id, one.into) for one in hub.reader.changes(feed, 10**6) if one.entity == "person"]
    assert ("MERGED", gone, kept) in ops
    assert ("SPLIT", kept, gone) in ops
    assert ("ADDED", gone, None) in ops
    told = history(hub, gone)
    assert [one["reason"] for one in told["events"] if one["what"] == "identity"] == ["found", "merged", "restored"]
    assert [(one["who"], one["why"]) for one in told["events"] if one["what"] == "judgement"] == [
        ("王经办", "看错了"), ("李复核", "两人身份证照片不同"),
    ]  # fmt: skip
    assert {one["run"] for one in told["events"]} == {hub.run_id}


def test_one_decision_settles_a_case_and_what_waits_for_it(city: tuple[Story, Hub]) -> None:
    _, hub = city
    before, work = seen(hub), work_list(hub)
    assert work.open == tuple(sorted(work.open, key=lambda case: (-case.priority, case.id)))
    case = next(one for one in work.open if one.kind == "review" and one.entity == "person")
    stored = judge(hub, Decision("same", case.id, "", "王经办", "来电核实"))
    assert len(stored["judgements"]) == case.records
    assert work_list(hub).decided == 1
    relink(hub)
    now = seen(hub)
    assert {now["links"][record][1] for record in case.subjects} == {case.candidate}
    assert case.id not in {one.id for one in work_list(hub).open}
    for number in stored["judgements"]:
        withdraw(hub, number, "李复核", "撤回")
    relink(hub)
    assert seen(hub) == before


def test_held_apart_a_record_is_not_asked_about_again_and_unsure_rests(city: tuple[Story, Hub]) -> None:
    _, hub = city
    before, work = seen(hub), work_list(hub)
    case = next(one for one in work.open if one.kind == "review" and one.entity == "person")
    numbers = judge(hub, Decision("not_same", case.id, "", "王经办", "非本人"))["judgements"]
    relink(hub)
    links = seen(hub)["links"]
    assert {links[record][1] for record in case.subjects} & {case.candidate} == set()
    assert {links[record][0] for record in case.subjects} & {"review"} == set()
    assert case.id not in {one.id for one in work_list(hub).open}
    for number in numbers:
        withdraw(hub, number, "王经办", "x")
    relink(hub)
    assert seen(hub) == before
    put_off = judge(hub, Decision("unsure", case.id, "", "王经办", "待查"))["judgements"]
    relink(hub)
    assert seen(hub) == before
    rests = work_list(hub)
    assert (len(rests.open), rests.unsure) == (len(work.open) - 1, 1)
    for number in put_off:
        withdraw(hub, number, "王经办", "x")


def test_what_contradicts_is_refused_with_its_chain(city: tuple[Story, Hub]) -> None:
    _, hub = city
    first, second = two_people(hub)
    records = [one.record_id for one in hub.reader.members(first)][:3]
    numbers = [
        *judge(hub, Decision("same", records[0], records[1], "王经办", "x"))["judgements"],
        *judge(hub, Decision("same", records[1], records[2], "王经办", "x"))["judgements"],
    ]
    last = hub.ledger.last_judgement()
    with pytest.raises(JudgementRefused) as refused:
        judge(hub, Decision("not_same", records[2], records[0], "李复核", "y"))
    assert set(refused.value.chain) == set(numbers)
    assert hub.ledger.last_judgement() == last
    with pytest.raises(UnknownEntity):
        judge(hub, Decision("same", first, "130302198001011234", "王经办", "x"))
    for number in numbers:
        withdraw(hub, number, "王经办", "x")
    relink(hub)
    assert second in seen(hub)["golden"]


def test_a_judgement_in_mid_run_waits_for_the_next_version(
    city: tuple[Story, Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, hub = city
    first, second = two_people(hub)
    third = sorted(seen(hub)["golden"])[-1]
    judge(hub, Decision("same", first, third, "王经办", "x"))
    ordinary = link_module.link_entity

    def interrupted(*arguments: Any, **options: Any) -> Any:
        if not interrupted.done:  # type: ignore[attr-defined]
            interrupted.done = True  # type: ignore[attr-defined]
            judge(hub, Decision("same", first, second, "王经办", "y"))
        return ordinary(*arguments, **options)

    interrupted.done = False  # type: ignore[attr-defined]
    monkeypatch.setattr(link_module, "link_entity", interrupted)
    relink(hub)
    assert {first, second} - set(seen(hub)["golden"]) != {first, second}
    assert len(set(seen(hub)["members"]) & {first, second}) >= 1
    assert hub.reader.resolve(first) != hub.reader.resolve(second)
    relink(hub)
    assert hub.reader.resolve(first) == hub.reader.resolve(second) == hub.reader.resolve(third)
    for one in hub.ledger.judgements("person")[-2:]:
        withdraw(hub, one.number, "王经办", "z")
    relink(hub)
    assert len({hub.reader.resolve(name) for name in (first, second, third)}) == 3


def test_of_two_link_runs_at_once_the_older_writes_nothing(
    city: tuple[Story, Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    tale, hub = city
    first, second = two_people(hub)
    judge(hub, Decision("not_same", first, second, "王经办", "x"))
    ordinary = link_module.link_entity
    with tale.hub(**CITY) as newer:

        def overtaken(*arguments: Any, **options: Any) -> Any:
            if arguments[0] is hub and not overtaken.done:  # type: ignore[attr-defined]
                overtaken.done = True  # type: ignore[attr-defined]
                relink(newer)
            return ordinary(*arguments, **options)

        overtaken.done = False  # type: ignore[attr-defined]
        monkeypatch.setattr(link_module, "link_entity", overtaken)
        with pytest.raises(FenceLost):
            link(hub)
        published = newer.ledger.published_version()
    assert published is not None and published.judged_through == hub.ledger.last_judgement()
    assert hub.ledger.unfinished_version() is None
    assert link(hub)["version"] is None  # nothing is left to do


def test_another_specification_is_shown_before_it_is_accepted(
    city: tuple[Story, Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, hub = city
    before = seen(hub)
    monkeypatch.setattr("pipeline.ladder_rules.PERSON_AGREES", frozenset({"same"}))
    with pytest.raises(SpecificationChanged, match="person"):
        link(hub)
    versions = len(hub.ledger.versions())
    told = link_difference(hub)["entities"]["person"]
    assert told["lost"] > 0 and told["gained"] == 0
    assert len(hub.ledger.versions()) == versions and seen(hub) == before
    link(hub, Acceptance("赵审批", "名字须一致"))
    survive(hub)
    publish(hub)
    after = seen(hub)["links"]
    assert sum(before["links"][name][0] == "link" != row[0] for name, row in after.items()) == told["lost"]
    published = hub.ledger.published_version()
    assert published is not None and published.counts["accepted"] == {"who": "赵审批", "why": "名字须一致"}
    monkeypatch.undo()
    link(hub, Acceptance("赵审批", "恢复"))
    survive(hub)
    publish(hub)
    again = seen(hub)
    assert {name: row[:2] for name, row in again["links"].items()} == {n: r[:2] for n, r in before["links"].items()}
    assert again["golden"] == before["golden"]


def test_no_entity_holds_two_anchored_identities_without_a_judgement(city: tuple[Story, Hub]) -> None:
    _, hub = city
    assert unlawful(hub) == []
    assert len(hub.lake.read("identity/person")) > 200


def unlawful(hub: Hub) -> list[Any]:
    connection = duckdb.connect()
    found = []
    for entity in ("person", "business"):
        connection.register("links", hub.lake.read(f"links/{entity}"))
        found += connection.execute(TWO_IDENTITIES).fetchall()
    return found


def test_the_commands_of_a_steward_mask_what_they_show(
    city: tuple[Story, Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    tale, hub = city
    for name, value in {**CITY, "CITYHUB_HOME": str(tale.home)}.items():
        monkeypatch.setenv(name, value)
    listed = json.loads(command("cases", "--json"))
    assert listed["open"] == len(work_list(hub).open) >= len(listed["cases"])
    case = listed["cases"][0]["id"]
    shown = command("cases", case) + command("cases")
    names = {row["name"] for row in hub.lake.read("golden/person").to_pylist() if row["name"]}
    assert not [name for name in names if len(name) > 2 and name in shown]
    said = ("--who", "王经办", "--why", "号码 13930302211 空号", "--json")
    entered = json.loads(command("judge", "unsure", case, *said))
    stored = hub.ledger.judgement(entered["judgements"][0])
    assert (stored.who, stored.verdict, "139303" in stored.why) == ("王经办", "unsure", False)
    assert str(stored.number + 1) in command("judge", "withdraw", str(stored.number), "--who", "王经办", "--why", "x")
    first, _ = two_people(hub)
    assert first in command("history", first)
    missing = CliRunner().invoke(main, ["judge", "same", "CFFFF", "--who", "a", "--why", "b"])
    assert missing.exit_code == 1 and "CFFFF" in missing.output


def command(*words: str) -> str:
    result = CliRunner().invoke(main, list(words))
    assert result.exit_code == 0, result.output
    return result.output


def test_the_model_that_was_shown_is_the_one_accepted(city: tuple[Story, Hub]) -> None:
    """A retrained model is kept between the difference and the acceptance, although records have come in between."""
    tale, hub = city
    take(hub, ("education",))
    relink(hub)
    told = link_difference(hub)["evidence"]["person"]
    assert told["now"] != told["accepted"]
    assert (tale.home / "models" / f"person-{told['now']}.json").exists()
    take(hub, ("housing_fund",))
    relink(hub)  # nights go on by the model in force
    published = hub.ledger.published_version()
    assert published is not None and published.counts["evidence"]["person"] == told["accepted"]
    link(hub, Acceptance("赵审批", "重训"))
    survive(hub)
    publish(hub)
    accepted = hub.ledger.published_version()
    assert accepted is not None and accepted.counts["evidence"]["person"] == told["now"]
    assert accepted.counts["shown"]["models"]["person"] == told["now"]
    again = {row["model"] for row in hub.lake.read("links/person").to_pylist() if row["kind"] == "probabilistic"}
    assert again <= {told["now"]}
    link(hub, Acceptance("赵审批", "未看差异"))  # what was shown is in force by now: another acceptance trains afresh
    assert hub.ledger.versions()[-1].counts["shown"] == {}
    survive(hub)
    publish(hub)


def test_a_preview_tells_what_the_next_run_will_do_and_writes_nothing(
    city: tuple[Story, Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    tale, hub = city
    for name, value in {**CITY, "CITYHUB_HOME": str(tale.home)}.items():
        monkeypatch.setenv(name, value)
    relink(hub)
    first, second = two_people(hub)
    before, last = seen(hub), hub.ledger.last_judgement()
    told = json.loads(command("judge", "same", first, second, "--preview", "--json"))
    assert seen(hub) == before and hub.ledger.last_judgement() == last
    [merged] = told["merged"]
    assert {merged["hub_id"], merged["into"]} == {first, second}
    assert told["moved"] == len(hub.reader.members(merged["hub_id"])) and told["lost"] == 0
    assert "合并" in command("judge", "same", first, second, "--preview")
    judge(hub, Decision("same", first, second, "王经办", "x"))
    relink(hub)
    assert hub.reader.resolve(merged["hub_id"]) == merged["into"]
    number = str(hub.ledger.last_judgement())
    back = json.loads(command("judge", "withdraw", number, "--preview", "--json"))
    assert back["restored"] == [merged["hub_id"]] and back["moved"] == told["moved"]
    withdraw(hub, int(number), "王经办", "x")
    relink(hub)
    assert seen(hub) == before
    refused = CliRunner().invoke(main, ["judge", "same", first, second])
    assert refused.exit_code != 0 and "--who" in refused.output
