"""A steward's commands on a small city: what is taken back, what rests, who accepted what, what is refused and why."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from click.testing import CliRunner, Result

from pipeline.command_line import main
from pipeline.hub import Hub
from pipeline.judge import Decision, judge, withdraw
from pipeline.publish import publish
from pipeline.steward import work_list
from pipeline.survive import survive
from schemas.errors import JudgementRefused
from tests.pipeline.story import Story, take
from tests.pipeline.test_judging import CITY, linked_city, relink, two_people

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Story, Hub]]:
    with linked_city(tmp_path_factory.mktemp("steward")) as made:
        yield made


@pytest.fixture(autouse=True)
def settings(city: tuple[Story, Hub], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**CITY, "CITYHUB_HOME": str(city[0].home)}.items():
        monkeypatch.setenv(name, value)


def run(*words: object, fails: bool = False) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert (result.exit_code != 0) == fails, result.output
    return result


def entered(hub: Hub, verdict: str, left: str, right: str, who: str = "王经办") -> int:
    [number] = judge(hub, Decision(verdict, left, right, who, "x"))["judgements"]  # type: ignore[arg-type]
    return int(number)


def test_a_case_put_off_rests_in_sight_until_something_new_is_said(city: tuple[Story, Hub]) -> None:
    tale, hub = city
    listed = json.loads(run("cases", "--json").output)
    case = next(one for one in listed["cases"] if one["kind"] == "review")
    table = run("cases").output
    assert "同号异名 another name" in table and case["reason"] not in table
    said = ("--who", "王经办", "--why", "等派出所回函")
    [first] = json.loads(run("judge", "unsure", case["id"], *said, "--json").output)["judgements"]
    rests = json.loads(run("cases", "--unsure", "--json").output)
    assert (rests["open"], rests["decided"], rests["unsure"]) == (listed["open"] - 1, 0, 1)
    [resting] = rests["cases"]
    assert (resting["id"], resting["rests"]["who"], resting["rests"]["why"]) == (case["id"], "王经办", "等派出所回函")
    assert resting["rests"]["judgements"] == [first] and resting["reason"] == case["reason"]
    told = run("cases", "--unsure").output
    assert "王经办" in told and "等派出所回函" in told and case["id"] in told and case["id"] not in run("cases").output
    shown = run("cases", case["id"]).output
    assert "存疑搁置 it rests  王经办" in shown and "号码相同但姓名不一致" in shown
    assert json.loads(run("judge", "same", case["id"], "--preview", "--json").output)["gained"] == case["records"]
    [second] = judge(hub, Decision("unsure", *case["subjects"], case["candidate"], "李复核", "仍无回函"))["judgements"]
    assert hub.ledger.judgement(second).asked["doubt"] == hub.ledger.judgement(first).asked["doubt"]
    relink(hub)
    [still] = work_list(hub).resting
    assert (still.case.id, still.who, still.judgements) == (case["id"], "李复核", (second,))
    heard_of(tale, hub, case["candidate"])
    relink(hub)
    again = work_list(hub)
    assert case["id"] in {one.id for one in again.open} and again.resting == ()
    assert "cityhub cases --unsure" in run("judge", "unsure", case["id"], *said).output
    [last] = judge(hub, Decision("not_same", case["id"], "", "李复核", "非本人"))["judgements"]
    assert (work_list(hub).decided, work_list(hub).unsure) == (1, 0)
    assert "已判，下次关联生效" in run("cases", case["id"], fails=True).output
    withdraw(hub, last, "李复核", "x")
    assert (work_list(hub).decided, work_list(hub).unsure, len(work_list(hub).open)) == (0, 0, listed["open"])


def heard_of(tale: Story, hub: Hub, hub_id: str) -> None:
    """Let the register learn a telephone number of this person."""
    number = hub.reader.golden("person", hub_id)["citizen_id"]
    with closing(sqlite3.connect(tale.home / "demo" / "sources" / "police_population.sqlite")) as source, source:
        changed = "UPDATE RK_CZRK SET LXDH = '13930302299', GXSJ = '2026-06-30 18:00:00' WHERE GMSFHM = ?"
        assert source.execute(changed, (number,)).rowcount == 1
    take(hub, ("police_population",))


def test_the_change_feed_says_where_it_goes_on(city: tuple[Story, Hub]) -> None:
    first = run("changes", "--limit", 3)
    lines = json.loads(run("changes", "--limit", 3, "--json").stdout)
    assert f"还有更多 more follow: cityhub changes --since {lines[-1]['seq']} --limit 3" in first.stderr
    everything = json.loads(run("changes", "--limit", 1000000, "--json").output)  # nothing beside the lines
    following = json.loads(run("changes", "--since", lines[-1]["seq"], "--limit", 2, "--json").stdout)
    assert lines + following == everything[:5]
    assert "more follow" not in run("changes", "--since", everything[-1]["seq"] - 3, "--limit", 3).stderr
    assert "-1" in run("changes", "--since", -1, fails=True).output


def test_only_the_judgement_in_force_is_taken_back(city: tuple[Story, Hub]) -> None:
    _, hub = city
    first, second = two_people(hub)
    said = ("--who", "王经办", "--why", "x")
    same, apart = entered(hub, "same", first, second), entered(hub, "not_same", first, second, "李复核")
    refused = run("judge", "withdraw", same, *said, fails=True).output
    assert f"第 {same} 号已被第 {apart} 号取代" in refused and f"cityhub judge withdraw {apart}" in refused
    assert "已被" in run("judge", "withdraw", same, "--preview", fails=True).output
    assert hub.ledger.last_judgement() == apart
    back = json.loads(run("judge", "withdraw", apart, *said, "--json").output)["judgements"][0]
    assert hub.ledger.judgement(back).supersedes == apart
    assert f"第 {apart} 号已撤回（第 {back} 号）" in run("judge", "withdraw", apart, *said, fails=True).output
    assert f"第 {back} 号本身是撤回" in run("judge", "withdraw", back, *said, fails=True).output
    superseded = run("judge", "withdraw", same, *said, fails=True).output
    assert f"第 {same} 号已被第 {apart} 号取代" in superseded and f"第 {back} 号" in superseded
    assert "没有第 9999 号判定" in run("judge", "withdraw", 9999, *said, fails=True).output
    assert hub.ledger.last_judgement() == back


def test_of_two_who_take_the_same_judgement_back_one_is_refused(city: tuple[Story, Hub]) -> None:
    tale, hub = city
    number = entered(hub, "unsure", *two_people(hub))

    def take_back(who: str) -> str:
        with tale.hub(**CITY) as own:
            try:
                withdraw(own, number, who, "x")
            except JudgementRefused as refused:
                return str(refused)
        return ""

    with ThreadPoolExecutor(2) as both:
        told = sorted(both.map(take_back, ("王经办", "李复核")))
    assert told[0] == "" and "已撤回" in told[1]
    assert hub.ledger.last_judgement() == number + 1


def test_two_ids_merged_by_mistake_are_parted_by_their_ids(city: tuple[Story, Hub]) -> None:
    """Where both have a register row; else what parts them is told."""
    _, hub = city
    first, second = two_people(hub)
    golden = hub.lake.read("golden/person").to_pylist()
    third, fourth = sorted(row["hub_id"] for row in golden if not row["anchored"])[:2]
    entered(hub, "same", first, second)
    provisional = entered(hub, "same", third, fourth)
    relink(hub)
    assert hub.reader.resolve(first) == hub.reader.resolve(second)
    refused = run("judge", "not-same", third, fourth, "--who", "a", "--why", "b", fails=True).output
    assert "两号现为同一主体" in refused and f"cityhub judge withdraw {provisional}" in refused
    assert "the same subject twice" in run("judge", "same", first, first, "--who", "a", "--why", "b", fails=True).output
    kept = hub.reader.resolve(first)
    gone = first if kept == second else second
    assert json.loads(run("judge", "not-same", gone, kept, "--preview", "--json").output)["restored"] == [gone]
    apart = entered(hub, "not_same", first, second, "李复核")
    withdraw(hub, provisional, "王经办", "x")
    relink(hub)
    assert [hub.reader.resolve(name) for name in (first, second, third, fourth)] == [first, second, third, fourth]
    withdraw(hub, apart, "王经办", "x")
    relink(hub)
    assert hub.reader.resolve(gone) == gone


def next_of_unfinished() -> str:
    checks = json.loads(run("doctor", "--json").output)["checks"]
    return next(str(one["next"]) for one in checks if one["check"].startswith("未完成版本"))


def test_who_accepted_a_specification_stands_in_the_history(
    city: tuple[Story, Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, hub = city
    before = {row["record_id"]: row["decision"] for row in hub.lake.read("links/person").to_pylist()}
    with monkeypatch.context() as stricter:
        stricter.setattr("pipeline.ladder_rules.PERSON_AGREES", frozenset({"same"}))
        assert "cityhub link --accept WHY --who NAME" in run("link", fails=True).output
        run("link", "--accept", "阈值放宽，问 13930302211", "--who", "赵审批")
    assert "cityhub survive, cityhub publish" in next_of_unfinished()
    survive(hub)
    assert next_of_unfinished().endswith(": cityhub publish")
    publish(hub)
    links = hub.lake.read("links/person").to_pylist()
    moved = {row["record_id"] for row in links if before[row["record_id"]] == "link" != row["decision"]}
    states = hub.lake.read("links_history/person").to_pylist()
    left = next(row["hub_id"] for row in states if row["record_id"] in moved and row["hub_id"])
    run("link", "--accept", "恢复", "--who", "赵审批")
    survive(hub)
    publish(hub)
    told = json.loads(run("history", left, "--json").output)["events"]
    reasons = [one["accepted"]["why"] for one in told if one["what"] in ("left", "joined") and "accepted" in one]
    assert reasons == ["阈值放宽，问 139********", "恢复"]
    assert not [one for one in told if one["version"] == 1 and "accepted" in one]
    assert "accepted by 赵审批: 阈值放宽" in run("history", left).output


def test_the_doctor_names_a_model_that_no_run_can_use_and_the_way_out(city: tuple[Story, Hub]) -> None:
    """Missing, altered, of another format, not text: the doctor, the link run and resolving say the same."""
    tale, hub = city
    published = hub.ledger.published_version()
    assert published is not None
    path = tale.home / "models" / f"person-{published.counts['evidence']['person']}.json"
    text, asked = path.read_bytes(), '{"name": "王伟", "phone": "13900000001"}'
    entered(hub, "not_same", *two_people(hub))
    way = "cityhub link --difference，再 then cityhub link --accept WHY --who NAME"
    damages = {
        "文件不存在 no such file": None,
        "altered": text.replace(b'"known": 0.', b'"known": 0.1'),
        "format 0": text.replace(b'"format": 2', b'"format": 0'),
        "文件读不了 not readable": b"\xff\xfe\x00",
        "not a model file": b"",
    }
    for said, damage in damages.items():
        path.unlink() if damage is None else path.write_bytes(damage)
        examined = json.loads(run("doctor", "--json", fails=True).output)
        [found] = [one for one in examined["checks"] if one["check"].startswith("关联模型")]
        assert (found["verdict"], path.name in found["detail"], said in found["detail"]) == ("bad", True, True)
        assert way in found["next"]
        for words in (("link",), ("resolve", "person", asked), ("resolve", "business", asked)):
            refused = run(*words, fails=True).output
            assert said in refused and way in refused
    difference = run("link", "--difference").output  # the file still holds what nobody can use
    assert "accepted by 赵审批: 恢复" in difference
    assert path.read_bytes() == text  # trained on the same records it is the same model
    examined = json.loads(run("doctor", "--json").output)["checks"]
    assert [one["verdict"] for one in examined if one["check"].startswith("关联模型")] == ["ok"]
