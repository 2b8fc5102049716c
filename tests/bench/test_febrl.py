from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.febrl import EXAMPLES, linked, write
from connectors.plain_file import read_plain_file
from pipeline.evaluate import EvaluationWish, evaluate_files
from pipeline.settings import Settings
from schemas.linkage_of_files import load_file_spec
from tests.house.tree import ROOT

BEST_OF_SPLINK = {"3": 0.9958, "4": 0.9995}


def test_the_examples_fit_the_files_they_are_for(tmp_path: Path) -> None:
    write(tmp_path)
    columns = {name: read_plain_file(tmp_path / f"dataset{name}.csv").rows.column_names for name in ("3", "4a", "4b")}
    assert load_file_spec(EXAMPLES / "febrl3.yaml", (columns["3"], columns["3"])).id == ("rec_id", "rec_id")
    assert load_file_spec(EXAMPLES / "febrl4.yaml", (columns["4a"], columns["4b"])).one_to_one
    truth = {name: read_plain_file(tmp_path / f"truth{name}.csv").rows for name in "1234"}
    assert {name: rows.num_rows for name, rows in truth.items()} == {"1": 1_000, "2": 5_000, "3": 5_000, "4": 5_000}
    assert truth["4"].slice(0, 1).to_pylist() == [{"left_id": "rec-561-org", "right_id": "rec-561-dup-0"}]


def test_the_specification_shown_in_the_documentation_can_be_read(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "linkage.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    path = tmp_path / "shown.yaml"
    path.write_text(shown, encoding="utf-8")
    assert load_file_spec(path).field("name").kind == "person_name"


@pytest.mark.long
@pytest.mark.parametrize("number", ["1", "2", "3", "4"])
def test_febrl_is_linked_at_least_as_well_as_by_splink(number: str, tmp_path: Path) -> None:
    write(tmp_path)
    found = linked(tmp_path, number, Settings.from_environment())
    measured = evaluate_files(EvaluationWish(found, tmp_path / f"truth{number}.csv"))["pairs"]
    assert measured["f1"] >= BEST_OF_SPLINK.get(number, 0.999)
    text = (ROOT / "docs" / "linkage.md").read_text(encoding="utf-8")
    (told,) = re.findall(rf"febrl{number}, .*\| (\S+) \|$", text, re.MULTILINE)
    assert measured["f1"] == pytest.approx(float(told), abs=0.001)
