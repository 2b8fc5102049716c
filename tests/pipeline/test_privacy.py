"""Known people are planted in every wrong place; nothing of them may stand in a report, log, result or traceback."""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
import traceback
from pathlib import Path

import pytest

from pipeline.link import link
from pipeline.linkage_samples import Order, draw_sample
from pipeline.publish import publish
from pipeline.report import report
from pipeline.survive import survive
from pipeline.trace import Shown
from tests.leaks import leaks
from tests.pipeline.office import Office, day_run, office
from tests.values.cases import citizen_number

MARKED = ("欧阳建国", "司徒美兰", "诸葛小明", "慕容雪梅")
NUMBERS = tuple(citizen_number("130302", "19760512", str(sequence)) for sequence in (233, 344, 455, 566))
PHONES = ("13833501234", "15903359876")
ADDRESS = "河北省秦皇岛市海港区建设大街六百六十六号院"
WRONG = NUMBERS[0][:-1] + ("0" if NUMBERS[0][-1] != "0" else "1")
SECRETS = (*MARKED, *NUMBERS, *PHONES, ADDRESS, WRONG, NUMBERS[1][:15])
CONTRACT = """
department: social_security
label: 人社局
connection: social_security
owner: 信息中心
schedule: {cron: "0 2 * * *", fresh_within: 26h}
basis: 共享目录
tables:
  INSURED:
    key: [ID]
    emit:
      person:
        person:
          name: NAME
          citizen_id: NUMBER
          sex: {from: SEX, codes: sex_word}
          birth_date: BORN
          phone: TEL
          address: HOME
          ethnic_group: FOLK
          division: PLACE
codes:
  sex_word: {男: "1", 女: "2"}
"""
COLUMNS = ("ID", "NAME", "NUMBER", "SEX", "BORN", "TEL", "HOME", "FOLK", "PLACE")


def people() -> list[tuple[str | None, ...]]:
    """Each fact of a person once where it belongs and once in every column where it does not."""
    good = ("P0", MARKED[0], NUMBERS[0], "男", "19760512", PHONES[0], ADDRESS, "01", "130302")
    rows: list[tuple[str | None, ...]] = [good]
    for number, secret in enumerate((MARKED[1], NUMBERS[1], PHONES[1], ADDRESS, WRONG, NUMBERS[1][:15])):
        for place in range(1, len(COLUMNS)):
            row: list[str | None] = list(good)
            row[0], row[2] = f"P{number + 1}{place}", NUMBERS[2]
            row[place] = secret
            rows.append(tuple(row))
    for number, text in enumerate((f"={MARKED[2]}", f"{NUMBERS[3]} ", f"{MARKED[3]}（补）", f"电话{PHONES[1]}")):
        rows.append((f"Q{number}", text, text, text, text, text, text, text, text))
    return rows


@pytest.fixture
def planted(tmp_path: Path) -> Office:
    made = office(tmp_path)
    made.contract.write_text(CONTRACT, encoding="utf-8")
    made.source.unlink()
    made.change(f"CREATE TABLE INSURED ({', '.join(f'{name} TEXT' for name in COLUMNS)})")
    made.change(f"INSERT INTO INSURED VALUES ({', '.join('?' for _ in COLUMNS)})", *people())
    return made


def test_nothing_of_a_person_stands_in_what_the_hub_says_of_its_work(
    planted: Office, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    with planted.hub() as hub:
        day_run(hub)
        version = link(hub)["version"]
        survive(hub, version)
        publish(hub, version)
        result = report(hub)
        assert result["open"] > 40
        sample = draw_sample(hub, Order("person", 50), tmp_path / "samples" / "sample.csv", Shown())
        told = [vars(one) for one in hub.ledger.stages()] + [dict(one.counts) for one in hub.ledger.batches()]
        told += [one.content for one in hub.ledger.evidence()]
        said = json.dumps([result, sample, *told], ensure_ascii=False, default=str)
    written = planted.folder / "var" / "report"
    assert leaks(SECRETS, written) == []
    assert leaks(SECRETS, tmp_path / "samples") == []
    output = capfd.readouterr()
    for place, text in (("results", said), ("log", caplog.text), ("terminal", output.out + output.err)):
        assert [(place, text[text.index(one) - 90 : text.index(one) + 9]) for one in SECRETS if one in text] == []
    assert list((written / "latest").resolve().rglob("*.xlsx"))


def test_a_stage_that_fails_over_a_value_does_not_quote_it(planted: Office) -> None:
    rules = planted.folder / "city" / "quality" / "rules.yaml"
    condition = """
  raising:
    sentence: {zh: 会出错的规则, en: a rule that raises}
    purpose: {zh: 测试, en: a test}
    dimension: accuracy
    severity: critical
    on: {entity: person, departments: [social_security]}
    check: {holds: "CAST(name AS INTEGER) > 0"}
"""
    rules.write_text(rules.read_text("utf-8") + condition, encoding="utf-8")
    with planted.hub() as hub:
        try:
            day_run(hub)
        except Exception:  # whatever it is, it must not speak of anybody
            text = traceback.format_exc()
        assert "raising" in text
        kept = "".join(one.error or "" for one in hub.ledger.stages())
    assert [secret for secret in SECRETS if secret in text + kept] == []


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    """A test that cannot fail proves nothing: the same search over the source finds everybody."""
    with sqlite3.connect(tmp_path / "x.sqlite") as connection:
        connection.execute("CREATE TABLE t (a TEXT)")
        connection.execute("INSERT INTO t VALUES (?)", (MARKED[0],))
    (tmp_path / "x.json").write_text(json.dumps({"name": MARKED[1], "number": NUMBERS[0]}), encoding="utf-8")
    shutil.make_archive(str(tmp_path / "x"), "zip", tmp_path, "x.json")
    found = {secret for secret, _ in leaks(SECRETS, tmp_path)}
    assert found == {MARKED[0], MARKED[1], NUMBERS[0]}
