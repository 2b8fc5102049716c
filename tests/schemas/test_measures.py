from datetime import timedelta
from pathlib import Path

import pytest

from schemas import measures
from schemas.errors import ConfigurationError
from schemas.yaml_source import YamlNode


def node(text: str) -> YamlNode:
    return YamlNode(Path("a.yaml"), 7, "key", text)


@pytest.mark.parametrize(
    "line",
    ["30 2 * * *", "*/15 * * * *", "0 8-18/2 * * mon-fri", "0,30 1,13 1 1,7 *", "0 0 29 feb 7", "5 4 1-7 * SUN"],
)
def test_cron_lines_that_are_right(line: str) -> None:
    assert measures.cron(node(line)) == line


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("@daily", "five fields"),
        ("30 2 * *", "five fields"),
        ("30 2 * * * *", "five fields"),
        ("60 2 * * *", "minute is within 0-59"),
        ("0 24 * * *", "hour is within 0-23"),
        ("0 2 0 * *", "day of month is within 1-31"),
        ("0 2 * 13 *", "month is within 1-12"),
        ("0 2 * * 8", "day of week is within 0-7"),
        ("0 2 * * mo", "day of week"),
        ("*/0 2 * * *", "minute"),
        ("30-10 2 * * *", "minute"),
        ("0 *-3 * * *", "hour"),
        ("1,, 2 * * *", "minute"),
        ("", "five fields"),
    ],
)
def test_cron_lines_that_are_wrong(line: str, expected: str) -> None:
    with pytest.raises(ConfigurationError, match=expected) as caught:
        measures.cron(node(line))
    assert (caught.value.line, caught.value.key) == (7, "key")


def test_durations() -> None:
    assert measures.duration(node("26h")) == timedelta(hours=26)
    assert measures.duration(node("30m")) == timedelta(minutes=30)
    assert measures.duration(node("1w")) == timedelta(days=7)


@pytest.mark.parametrize("text", ["26", "h", "1.5h", "26 hours", "3y", "１h", ""])
def test_bad_durations(text: str) -> None:
    with pytest.raises(ConfigurationError, match="30m, 26h, 2d, 1w"):
        measures.duration(node(text))


def test_spans_are_calendar_months() -> None:
    assert measures.months(node("3y")) == 36
    assert measures.months(node("18mo")) == 18
    for text in ("0y", "3m", "3"):
        with pytest.raises(ConfigurationError, match="3y or 18mo"):
            measures.months(node(text))


def test_shares() -> None:
    assert measures.share(node("20%")) == 0.2
    for text in ("20", "0%", "120%", "-5%"):
        with pytest.raises(ConfigurationError, match="20%"):
            measures.share(node(text))


def test_windows() -> None:
    assert measures.window(node("22:00-05:30")) == "22:00-05:30"
    for text in ("2:00-05:30", "02:00-24:00", "02:00-02:00", "02:00"):
        with pytest.raises(ConfigurationError, match="02:00-05:30"):
            measures.window(node(text))


def test_numbers() -> None:
    assert measures.number(node("0.999")) == 0.999
    for text in ("-1", "1e3", "nan", "x"):
        with pytest.raises(ConfigurationError, match="a number"):
            measures.number(node(text))
