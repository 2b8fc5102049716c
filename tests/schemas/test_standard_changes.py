"""Versions of the standard: what breaks a reader, who is warned, and that no version changes under its own name."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from schemas.code_table import code_table_names, load_code_table
from schemas.code_versions import Codes, code_differences, codes_of, codes_text, read_codes
from schemas.standard import Change, Text
from schemas.standard_changes import (
    Release,
    differences,
    load_releases,
    release_mistakes,
    shape_of,
    shape_text,
    warning,
    working_days,
)
from schemas.standard_file import SHIPPED, load_standard
from schemas.yaml_source import parse_yaml

FIELD = {"kind": "text", "length": "20", "codes": "-", "many": "false", "required": "true", "grade": "2",
         "sharing": "conditional"}  # fmt: skip


def shape(**changed: str) -> dict[str, object]:
    return {"person": {"fields": {"name": FIELD | changed}}}


@pytest.mark.parametrize(
    ("changed", "breaking"),
    [
        ({"kind": "date"}, True),
        ({"codes": "sex"}, True),
        ({"length": "30"}, True),
        ({"length": "10"}, False),
        ({"many": "true"}, True),
        ({"required": "false"}, True),
        ({"grade": "3"}, True),
        ({"grade": "1"}, False),
        ({"sharing": "refused"}, True),
        ({"sharing": "unconditional"}, False),
    ],
    ids=lambda value: "-".join(f"{key}={text}" for key, text in value.items()) if isinstance(value, dict) else None,
)
def test_what_breaks_a_reader(changed: dict[str, str], breaking: bool) -> None:
    (change,) = differences(shape(), shape(**changed))
    ((name, now),) = changed.items()
    assert change == Change(f"person.name.{name}", "changed", FIELD[name], now, breaking)


def test_fields_and_entities_come_without_harm_and_go_with_it() -> None:
    more = {"person": {"fields": {"name": FIELD, "phone": FIELD}}, "death": {"fields": {"died_on": FIELD}}}
    assert differences(shape(), more) == (
        Change("person.phone", "added", "", "", breaking=False), Change("death", "added", "", "", breaking=False),
    )  # fmt: skip
    assert [(change.place, change.kind, change.breaking) for change in differences(more, shape())] == [
        ("person.phone", "removed", True), ("death", "removed", True),
    ]  # fmt: skip


def test_another_identity_makes_other_facts() -> None:
    party = {"wife": {"entity": "person", "required": "true"}}
    one = {"marriage": {"parties": party, "identity": {"wife": "1"}, "fields": {"since": FIELD}}}
    two = {"marriage": {"parties": party, "identity": {"wife": "1", "since": "2"}, "fields": {"since": FIELD}}}
    assert differences(one, two) == (Change("marriage.identity", "changed", "wife", "wife, since", breaking=True),)


def test_the_shipped_versions_are_sound_and_the_second_only_adds() -> None:
    releases = load_releases()
    assert [release.version for release in releases] == ["1.0", "1.1", "1.2"]
    assert release_mistakes(load_standard(), releases, shipped_codes()) == ()
    changes = differences(releases[0].shape, releases[1].shape)
    assert {change.kind for change in changes} == {"added"}
    assert "death" in {change.place for change in changes}


def test_a_shape_reads_back_as_it_was_written() -> None:
    made = shape_of(load_standard())
    assert parse_yaml(shape_text(made), Path("1.2.yaml")).plain() == made
    assert (SHIPPED / "versions" / "1.2.yaml").read_text(encoding="utf-8") == shape_text(made)


def shipped_codes() -> Codes:
    return codes_of({name: load_code_table(name) for name in code_table_names()})


def test_codes_read_back_as_they_were_written() -> None:
    path = SHIPPED / "versions" / "1.2.codes.csv"
    assert path.read_text(encoding="utf-8") == codes_text(shipped_codes())
    assert read_codes(path) == shipped_codes()
    assert read_codes(SHIPPED / "versions" / "1.0.codes.csv") == {}


def test_a_code_that_is_gone_or_says_something_else_breaks_a_reader_and_a_new_one_does_not() -> None:
    before = {"sex": {"1": "男", "2": "女", "9": "未说明"}, "old": {"1": "一"}}
    after = {"sex": {"1": "男性", "2": "女", "0": "未知", "8": "其他"}, "new": {"1": "一"}}
    assert set(code_differences(before, after)) == {
        Change("codes.sex", "added", "", "0 8", breaking=False),
        Change("codes.sex.1", "changed", "男", "男性", breaking=True),
        Change("codes.sex.9", "removed", "未说明", "", breaking=True),
        Change("codes.old", "removed", "", "", breaking=True),
        Change("codes.new", "added", "", "", breaking=False),
    }
    assert tuple(code_differences({}, after)) == ()  # a version that kept no record of its codes


def test_code_tables_that_changed_under_one_version_are_a_mistake() -> None:
    standard, releases, codes = load_standard(), load_releases(), shipped_codes()
    fewer = {**codes, "sex": {code: label for code, label in codes["sex"].items() if code != "9"}}
    (mistake,) = release_mistakes(standard, releases, fewer)
    assert "codes.sex.9" in mistake and "--codes" in mistake
    (unknown,) = release_mistakes(standard, (*releases[:-1], replace(releases[-1], codes={})), codes)
    assert "changed under one version" in unknown


def test_a_changed_code_wants_notice_and_is_told() -> None:
    before = replace(release("1", date(2026, 1, 5), {}), codes={"sex": {"1": "男"}})
    after = replace(release("2", date(2026, 3, 3), {}, date(2026, 3, 2)), codes={"sex": {"1": "女", "2": "男"}})
    assert any("codes.sex.1" in mistake for mistake in release_mistakes(load_standard(), (before, after)))
    assert warning(before, after).splitlines()[-2:] == ["  + codes.sex 2", "! ~ codes.sex.1: 男 → 女"]


def release(version: str, day: date, changed: dict[str, str], announced: date | None = None) -> Release:
    return Release(version, announced or day, day, Text("改", "changed"), shape(**changed))


def test_a_breaking_version_needs_ten_working_days_of_notice() -> None:
    first = release("1", date(2026, 1, 5), {})
    short = release("2", date(2026, 3, 13), {"kind": "date"}, date(2026, 3, 2))
    long = replace(short, in_force=date(2026, 3, 16))
    standard = replace(load_standard(), version="2")
    assert any("9 working days" in mistake for mistake in release_mistakes(standard, (first, short)))
    assert not any("working days" in mistake for mistake in release_mistakes(standard, (first, long)))


def test_a_standard_that_changed_under_its_own_version_is_a_mistake() -> None:
    standard, releases = load_standard(), load_releases()
    death = standard.entities["death"]
    fewer = replace(standard, entities=standard.entities | {"death": replace(death, fields=death.fields[:-1])})
    (mistake,) = release_mistakes(fewer, releases)
    assert "death.cancelled_on" in mistake
    assert "1.3" in release_mistakes(replace(standard, version="1.3"), releases)[0]


def test_working_days_leave_out_weekends() -> None:
    assert working_days(date(2026, 3, 6), date(2026, 3, 9)) == 1
    assert working_days(date(2026, 3, 2), date(2026, 3, 16)) == 10


def test_consumers_are_told_when_why_and_what_breaks() -> None:
    after = release("2", date(2026, 3, 16), {"length": "30"}, date(2026, 3, 2))
    told = warning(release("1", date(2026, 1, 5), {}), after)
    assert "2026-03-16" in told and "2026-03-02" in told
    assert told.splitlines()[-1] == "! ~ person.name.length: 20 → 30"
