"""The shipped gazetteer: real codes, sources named, and no clean address of the demonstration city flagged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from demo.departments import DEPARTMENTS
from demo.profile import load as load_profile
from demo.world import Size, draw_chunk
from schemas.city_file import load_city
from schemas.code_table import load_code_table
from values.address_parts import parse
from values.kinds import KINDS

SHIPPED = Path(__file__).parents[2] / "cities" / "qinhuangdao"
CITY = load_city(SHIPPED)


def addresses() -> Iterator[tuple[str, pa.Array]]:
    """Yield (table, texts) of every address that a department writes without errors, for a few thousand households."""
    profile = load_profile("assumed").without_errors()
    chunk = draw_chunk(Size(6000, 23), 0, profile)
    for module in DEPARTMENTS.values():
        for emission in module.emit(chunk, profile):
            table = CITY.contracts[emission.table.department].table(emission.table.name)
            for emit in table.emit:
                for mapping in emit.fields:
                    if (
                        mapping.columns
                        and CITY.standard.entities[emit.entity].field(_field(mapping.field)).kind == "address"
                    ):
                        columns = [pc.fill_null(emission.columns[name], "") for name in mapping.columns]
                        yield table.name, pc.binary_join_element_wise(*columns, mapping.joiner)


def _field(name: str) -> str:
    return "citizen_id" if name == "identifier" else name


def test_no_clean_address_of_the_demonstration_city_is_flagged() -> None:
    seen = 0
    for table, texts in addresses():
        cleaned = KINDS["address"].clean_with(texts, {"gazetteer": CITY.gazetteer})
        flagged = {finding.reason.value: len(finding.rows) for finding in cleaned.findings}
        assert flagged == {}, table
        seen += len(texts) - cleaned.values.null_count
    assert seen > 9_000


def test_every_clean_address_gets_its_division() -> None:
    for table, texts in addresses():
        there = parse(texts, CITY.gazetteer).parts.filter(pc.greater(pc.utf8_length(texts), 0))
        assert there.column("division").null_count == 0, table


def test_divisions_are_those_of_the_country_and_the_contracts() -> None:
    assert CITY.gazetteer is not None
    national = load_code_table("divisions").entries
    for division in CITY.gazetteer.divisions.values():
        if division.kind == "zone":
            assert division.code not in national
        else:
            assert national[division.code].zh == division.name
    assert set(CITY.locality.divisions) <= set(CITY.gazetteer.divisions)


def test_towns_have_the_code_range_of_their_kind() -> None:
    assert CITY.gazetteer is not None
    for town in CITY.gazetteer.towns.values():
        ending = "街道" if town.code[6] == "0" else "镇" if town.code[6] == "1" else "乡"
        assert town.name.endswith(ending), town
    living = [town for town in CITY.gazetteer.towns.values() if not town.successor]
    assert len(living) == 97


def test_every_file_says_where_its_rows_are_from() -> None:
    for path in sorted((SHIPPED / "gazetteer").glob("*.csv")):
        lines = path.read_text(encoding="utf-8").splitlines()
        head = next(line for line in lines if not line.startswith("#"))
        assert lines[0].startswith("# 秦皇岛市"), path.name
        assert head.split(",")[-1] in ("source", "note"), path.name
        assert any("source keys" in line for line in lines if line.startswith("#")), path.name


def test_a_city_without_a_gazetteer_has_none(tmp_path: Path) -> None:
    assert replace(CITY, folder=tmp_path).gazetteer is None
