"""A gazetteer's files: what is right is read, each mistake is named with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.errors import ConfigurationError
from schemas.gazetteer import Synonym, Town, Village
from schemas.gazetteer_file import load_gazetteer

FILES = {
    "divisions.csv": "# notes\ncode,name,kind,successors,within\n130300,秦皇岛市,city,,\n130306,抚宁区,district,,\n"
    "130323,抚宁县,retired,130306,\n130371,新区,zone,,130306\n",
    "towns.csv": "code,name,successors\n130306100,抚宁镇,\n130306202,深河乡,130306100\n",
    "villages.csv": "code,name,kind,town,divisions\n,下庄村,village,130306100,130306\n",
    "roads.csv": "name,divisions,source\n河北大街,130306,seen\n河北大街,130371,assumed\n",
    "synonyms.csv": 'kind,name,target,within,note\ntown,城关镇,130306100,130306,"old, assumed"\n'
    "division,抚宁,130306,,short\n",
}


def written(folder: Path, **changed: str) -> Path:
    for name, text in FILES.items():
        (folder / name).write_text(changed.get(name.removesuffix(".csv"), text), encoding="utf-8")
    return folder


def test_a_gazetteer_is_read_whole(tmp_path: Path) -> None:
    places = load_gazetteer(written(tmp_path))
    assert places.city.name == "秦皇岛市"
    assert places.divisions["130323"].successors == ("130306",)
    assert places.divisions["130371"].within == ("130306",)
    assert places.towns["130306202"] == Town("130306202", "深河乡", "130306100")
    assert places.villages == (Village("下庄村", "village", "130306100", ("130306",)),)
    assert places.roads["河北大街"] == ("130306", "130371")
    assert places.synonyms == (
        Synonym("town", "城关镇", "130306100", "130306"),
        Synonym("division", "抚宁", "130306", "", short=True),
    )


@pytest.mark.parametrize(
    ("name", "old", "new", "line", "key"),
    [
        ("divisions", "130306,抚宁区", "13030,抚宁区", 4, "code"),
        ("divisions", "district", "distric", 4, "kind"),
        ("divisions", "retired,130306", "retired,", 5, "successors"),
        ("divisions", "zone,,130306", "zone,,130399", 6, "within"),
        ("divisions", "130371,新区", "130306,新区", 6, "code"),
        ("divisions", "city", "county", 1, "kind"),
        ("towns", "130306202", "130306402", 3, "code"),
        ("towns", "130306202", "130305202", 3, "code"),
        ("towns", "深河乡,130306100", "深河乡,130306199", 3, "successors"),
        ("villages", "village,130306100", "hamlet,130306100", 2, "kind"),
        ("villages", ",130306\n", ",\n", 2, "divisions"),
        ("villages", "130306100,", "130306199,", 2, "town"),
        ("roads", "河北大街,130371", "河北 大街,130371", 3, "name"),
        ("roads", "130371", "130372", 3, "divisions"),
        ("roads", "name,divisions,source", "name,division,source", 1, ""),
        ("roads", "河北大街,130371,assumed", "河北大街", 3, ""),
        ("synonyms", "town,城关镇,130306100", "town,城关镇,130306", 2, "target"),
        ("synonyms", "division,抚宁", "province,抚宁", 3, "kind"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, name: str, old: str, new: str, line: int, key: str) -> None:
    text = FILES[f"{name}.csv"]
    assert old in text
    with pytest.raises(ConfigurationError) as caught:
        load_gazetteer(written(tmp_path, **{name: text.replace(old, new)}))
    assert (caught.value.file.name, caught.value.line, caught.value.key) == (f"{name}.csv", line, key)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    (written(tmp_path) / "roads.csv").unlink()
    with pytest.raises(ConfigurationError, match=r"roads\.csv"):
        load_gazetteer(tmp_path)
