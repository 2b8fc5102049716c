"""The doctor: looks at everything the hub stands on, changes nothing, and says what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipeline.doctor_hub import examine_hub
from pipeline.doctor_machine import clock, disk, home, key, libraries, python
from pipeline.events import redact
from pipeline.examination import WORDS, Examined, bad, warn, worst
from pipeline.settings import Settings
from pipeline.text_table import text_table
from schemas.city import City
from schemas.city_file import load_city
from schemas.errors import CityhubError

__all__ = ["examine", "examined_text", "worst"]


def examine(settings_from: Callable[[], Settings]) -> list[Examined]:
    """Return every check, in the order a person would look: machine, city, hub, sources.

    Never raises for what is broken: that is what it finds. What stands on something broken is not examined.
    """
    found = [python(), *libraries()]
    try:
        settings = settings_from()
    except CityhubError as error:
        return [*found, bad("环境 environment", redact(error.message), error.next_step)]
    house = home(settings)
    found += [house, disk(settings), clock(settings)]
    try:
        city = load_city(settings.city_folder)
    except CityhubError as error:
        return [*found, bad("城市配置 city", redact(error.message), error.next_step)]
    found += list(_contracts(city))
    if house.verdict == "bad":
        return found
    found.append(key(settings))
    if not settings.home.exists():
        return [*found, warn("枢纽 hub", "尚未建立 nothing has been run yet", "cityhub run")]
    return [*found, *examine_hub(settings, city)]


def _contracts(city: City) -> Iterator[Examined]:
    yield Examined("契约 contracts", "ok", f"{len(city.contracts)} 份可用 sound")
    for name, error in city.broken.items():
        yield bad(f"契约 contract {name}", redact(error.message), error.next_step)


def examined_text(found: list[Examined]) -> str:
    """Return the findings for a person to read: what is not well is repeated at the end with its next step."""
    rows = [["检查 check", "结果 result", "详情 detail"]]
    rows += [[one.check, WORDS[one.verdict], one.detail] for one in found]
    lines = [text_table(rows), ""]
    lines += [f"{WORDS[one.verdict]}: {one.check} ▸ {one.next}" for one in found if one.verdict != "ok"]
    lines.append(f"总评 verdict: {WORDS[worst(found)]}")
    return "\n".join(lines)
