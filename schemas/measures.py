"""Times and amounts as people write them in a city's files: `26h`, `3y`, `20%`, `30 2 * * *`, `02:00-05:30`."""

from __future__ import annotations

import re
from datetime import timedelta

from schemas.yaml_source import YamlNode

_DURATION = re.compile(r"([0-9]{1,5})([mhdw])")
_MONTHS = re.compile(r"([0-9]{1,3})(y|mo)")
_WINDOW = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]")
_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]+)?)%")
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

_DAY_NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CRON_FIELDS = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, _MONTH_NAMES),
    ("day of week", 0, 7, _DAY_NAMES),
)
_CRON_PART = re.compile(r"(\*|[0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?(?:/([0-9]{1,2}))?")


def duration(node: YamlNode) -> timedelta:
    """Return `30m`, `26h`, `2d` or `1w` as a timedelta."""
    found = _DURATION.fullmatch(node.text("a duration like 30m, 26h, 2d, 1w"))
    if not found:
        raise node.error("a duration like 30m, 26h, 2d, 1w")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def months(node: YamlNode) -> int:
    """Return `3y` or `18mo` as a number of calendar months."""
    found = _MONTHS.fullmatch(node.text("a span like 3y or 18mo"))
    if not found or not int(found[1]):
        raise node.error("a span like 3y or 18mo")
    return int(found[1]) * (12 if found[2] == "y" else 1)


def window(node: YamlNode) -> str:
    """Return a window `HH:MM-HH:MM` as written; it may pass midnight, but not be empty."""
    text = node.text("a window like 02:00-05:30")
    if not _WINDOW.fullmatch(text) or text[:5] == text[6:]:
        raise node.error("a window like 02:00-05:30")
    return text


def share(node: YamlNode) -> float:
    """Return `20%` as 0.2; above 0 and at most 100 %."""
    found = _SHARE.fullmatch(node.text("a share like 20%"))
    if not found or not 0 < float(found[1]) <= 100:
        raise node.error("a share like 20%, above 0% and at most 100%")
    return float(found[1]) / 100


def cron(node: YamlNode) -> str:
    """Return a cron line of five fields as written, each field checked against its range."""
    text = node.text("a cron line of five fields: minute hour day month weekday")
    parts = text.lower().split()
    if len(parts) != len(_CRON_FIELDS):
        raise node.error("a cron line of five fields: minute hour day month weekday")
    for part, (name, low, high, names) in zip(parts, _CRON_FIELDS, strict=True):
        if not all(_cron_item_fits(item, low, high, names) for item in part.split(",")):
            raise node.error(f"a cron line whose {name} is within {low}-{high}, not {part!r}")
    return text


def _cron_item_fits(item: str, low: int, high: int, names: tuple[str, ...]) -> bool:
    found = _CRON_PART.fullmatch(item)
    if not found:
        return False
    first, last, step = found.groups()
    if step is not None and not 0 < int(step) <= high:
        return False
    if first == "*":
        return last is None
    numbers = [_cron_number(word, low, names) for word in (first, last) if word is not None]
    return all(low <= number <= high for number in numbers) and numbers == sorted(numbers)


def _cron_number(word: str, low: int, names: tuple[str, ...]) -> int:
    if word.isdigit():
        return int(word)
    return names.index(word) + low if word in names else -1


def number(node: YamlNode) -> float:
    """Return a number of 0 or more, like `0.999` or `4`."""
    text = node.text("a number, 0 or more")
    if not _NUMBER.fullmatch(text):
        raise node.error("a number, 0 or more")
    return float(text)
