"""kill -9 at random moments between commit and publish: the next run heals, and ends where an undisturbed one ends.

Every kill has a seed; CITYHUB_KILL_SEED=n replays one.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import time
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest

from pipeline.hub import open_hub
from pipeline.settings import Settings
from tests.pipeline.relinking import assert_lookups_are_the_lake
from tests.pipeline.story import CORE, Story, story

CITY = {"CITYHUB_CITY_KEY": "5" * 64, "CITYHUB_AS_OF": "2026-07-01", "CITYHUB_THREADS": "2"}
CITY["CITYHUB_LOOKUP_RECORDS"] = "1"  # so small a city has lookups too


def settings(home: Path) -> Settings:
    return Settings.from_environment({"CITYHUB_HOME": str(home), **CITY})


def take_and_publish(home: str) -> None:
    """What the victim does: commit every department, then the whole city."""
    from pipeline.commit import commit
    from pipeline.link import link
    from pipeline.publish import publish
    from pipeline.survive import survive

    with open_hub(settings(Path(home))) as hub:
        for department in CORE:
            commit(hub, department)
        link(hub)
        survive(hub)
        publish(hub)


def outcome(home: Path) -> dict[str, Any]:
    """Return what readers see, free of ids that are drawn anew: partition, values, files, counts."""
    with open_hub(settings(home)) as hub:
        groups: dict[str, set[str]] = {}
        for entity in ("person", "business"):
            for row in hub.lake.read(f"links/{entity}").to_pylist():
                if row["decision"] == "link":
                    groups.setdefault(row["hub_id"], set()).add(row["record_id"])
        golden = {
            (entity, frozenset(groups[row["hub_id"]]), row["content_hash"])
            for entity in ("person", "business")
            for row in hub.lake.read(f"golden/{entity}").to_pylist()
        }
        published = hub.ledger.published_version()
        assert published is not None and hub.ledger.unfinished_version() is None
        assert_lookups_are_the_lake(hub)
        assert hub.published.current() == published.number
        assert hub.published.damaged() == []
        manifest = hub.published.manifest()["tables"]
        counts = hub.reader.counts()
        ties = hub.lake.read("ties/business").to_pylist()
        assert manifest.pop("business_tie")["rows"] == len(ties)
        assert {name: table["rows"] for name, table in manifest.items()} == {
            name: rows for name, rows in counts.items() if name in manifest
        }
        history = sorted(
            (row["record_id"], row["op"]) for row in hub.lake.read("statements/police_population/person").to_pylist()
        )
        taken = [batch.taken_by is not None for batch in hub.ledger.batches("accepted") if batch.counts]
        tied = sorted(
            (sorted(groups[row["hub_id"]]), row["kind"], sorted(groups.get(row["belongs_to"], ())), row["doubt"] or "")
            for row in ties
        )
        return {"golden": golden, "counts": counts, "history": history, "taken": all(taken), "ties": tied}


@pytest.fixture(scope="module")
def forks() -> ForkServerContext:
    """Children that start warm: what they need is imported once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.pipeline.test_kill", "pipeline.whole_run"])
    return context


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], float]:
    """A published city with the next day standardised and past the gate, and two people just judged to be one; what
    becomes of it, and how long that takes."""
    from pipeline.judge import Decision, judge
    from pipeline.land import land
    from pipeline.standardise import standardise
    from pipeline.validate import validate
    from pipeline.whole_run import run_to_published

    tale: Story = story(tmp_path_factory.mktemp("kill"), residents=300)
    tale.bring(0)
    with open_hub(settings(tale.home)) as hub:
        assert run_to_published(hub, CORE) == []
    tale.bring(1)
    with open_hub(settings(tale.home)) as hub:
        for department in CORE:
            for stage in (land, standardise, validate):
                stage(hub, department)
        people = [row for row in hub.lake.read("golden/person").to_pylist() if row["anchored"]]
        # By what anchors them: hub ids are drawn anew in every run, and a series must be of the same two people.
        anchored = [row["hub_id"] for row in sorted(people, key=lambda row: str(row["anchor"]))]
        judge(hub, Decision("same", anchored[0], anchored[1], "经办", "同一人两条户籍"))
    undisturbed = tale.home.parent / "undisturbed"
    shutil.copytree(tale.home, undisturbed, symlinks=True)
    started = time.monotonic()
    take_and_publish(str(undisturbed))
    return tale.home, outcome(undisturbed), time.monotonic() - started


def kill_once(seed: int, forks: ForkServerContext, prepared: tuple[Path, dict[str, Any], float], folder: Path) -> None:
    home, expected, seconds = prepared
    victim_home = folder / f"seed{seed}"
    shutil.copytree(home, victim_home, symlinks=True)
    moment = random.Random(seed).uniform(0.05, seconds)
    victim = forks.Process(target=take_and_publish, args=(str(victim_home),))
    victim.start()
    victim.join(moment)
    victim.kill()
    victim.join()
    take_and_publish(str(victim_home))
    assert outcome(victim_home) == expected, f"seed {seed}, killed after {moment:.3f} s"
    shutil.rmtree(victim_home)


@pytest.mark.parametrize("seed", [int(os.environ.get("CITYHUB_KILL_SEED", "2"))])
def test_a_killed_run_is_finished_by_the_next(
    seed: int, forks: ForkServerContext, prepared: tuple[Path, dict[str, Any], float], tmp_path: Path
) -> None:
    kill_once(seed, forks, prepared, tmp_path)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", range(100, 200, 10))
def test_a_hundred_kills_between_commit_and_publish(
    first: int, forks: ForkServerContext, prepared: tuple[Path, dict[str, Any], float], tmp_path: Path
) -> None:
    for seed in range(first, first + 10):
        kill_once(seed, forks, prepared, tmp_path)
