"""The shipped city: it loads whole, says what the departments' programs write, and takes every code they use."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.departments import DEPARTMENTS
from demo.emission import Emission
from demo.profile import load as load_profile
from demo.world import Size, draw_chunk
from schemas.city import City
from schemas.city_file import load_city
from schemas.code_table import load_code_table
from schemas.contract import Contract, FieldMapping, TableContract

SHIPPED = Path(__file__).parents[2] / "cities" / "qinhuangdao"


@pytest.fixture(scope="module")
def city() -> City:
    return load_city(SHIPPED)


@pytest.fixture(scope="module")
def written() -> dict[tuple[str, str], Emission]:
    """What each department's program would write without errors, for a small city."""
    profile = load_profile("assumed").without_errors()
    chunk = draw_chunk(Size(4000, 11), 0, profile)
    emissions = [emission for module in DEPARTMENTS.values() for emission in module.emit(chunk, profile)]
    return {(emission.table.department, emission.table.name): emission for emission in emissions}


def coded(contract: Contract, table: TableContract) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each column that goes through a crosswalk, with the codes the crosswalk takes."""
    for emit in table.emit:
        for mapping in emit.fields:
            yield from _coded(contract, mapping)


def _coded(contract: Contract, mapping: FieldMapping) -> Iterator[tuple[str, frozenset[str]]]:
    if mapping.codes:
        yield mapping.columns[0], frozenset(contract.codes[mapping.codes].entries)
    if mapping.type_codes:
        yield mapping.type_column, frozenset(contract.codes[mapping.type_codes].entries)


def test_every_contract_is_sound(city: City) -> None:
    assert {name: str(error) for name, error in city.broken.items()} == {}
    assert set(city.contracts) == set(DEPARTMENTS)


def test_every_kind_of_the_standard_has_a_source(city: City) -> None:
    told = {emit.entity for one in city.contracts.values() for table in one.tables for emit in table.emit}
    assert told == set(city.standard.entities)


def test_contracts_name_exactly_the_columns_that_departments_write(
    city: City, written: dict[tuple[str, str], Emission]
) -> None:
    promised = {(name, table.name): set(table.columns) for name, one in city.contracts.items() for table in one.tables}
    assert promised == {place: set(emission.columns) for place, emission in written.items()}


def test_keys_and_cursors_are_the_departments_own(city: City, written: dict[tuple[str, str], Emission]) -> None:
    for (department, name), emission in written.items():
        table = city.contracts[department].table(name)
        assert table.key == (emission.table.key,)
        assert (table.cursor.column if table.cursor else "") == emission.table.stamp


def test_statements_are_the_departments_parties(city: City, written: dict[tuple[str, str], Emission]) -> None:
    for (department, name), emission in written.items():
        emits = {emit.name: emit.entity for emit in city.contracts[department].table(name).emit if not emit.is_fact}
        parties = {party.statement.partition("#")[0]: party.entity for party in emission.table.parties}
        assert emits == parties  # owner#2 is the second one that the cells of `owner` name


def test_crosswalks_take_every_code_that_departments_use(
    city: City, written: dict[tuple[str, str], Emission]
) -> None:
    unknown = set()
    for (department, name), emission in written.items():
        contract = city.contracts[department]
        for column, known in coded(contract, contract.table(name)):
            used = {value for value in emission.columns[column].unique().to_pylist() if value}
            unknown |= {f"{name}.{column}={value}" for value in used - known}
    assert unknown == set()


def taken_as_they_are(city: City, department: str, name: str) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each column whose codes are the city's own, with the codes of its table."""
    for emit in city.contracts[department].table(name).emit:
        entity = city.standard.entities[emit.entity]
        for mapping in emit.fields:
            if mapping.field == "identifier":
                if mapping.type_column and not mapping.type_codes:
                    yield mapping.type_column, frozenset(load_code_table(entity.field("document_type").codes).entries)
            elif mapping.columns and not mapping.codes and entity.field(mapping.field).kind == "code":
                yield mapping.columns[0], frozenset(load_code_table(entity.field(mapping.field).codes).entries)


def test_codes_taken_as_they_are_stand_in_the_citys_tables(
    city: City, written: dict[tuple[str, str], Emission]
) -> None:
    unknown = set()
    for (department, name), emission in written.items():
        for column, known in taken_as_they_are(city, department, name):
            used = {value for value in emission.columns[column].unique().to_pylist() if value}
            unknown |= {f"{name}.{column}={value}" for value in used - known}
    assert unknown == set()


def test_every_code_table_of_the_standard_ships(city: City) -> None:
    for entity in city.standard.entities.values():
        for field in entity.fields:
            if field.codes:
                assert load_code_table(field.codes).entries


def test_registers_are_the_police_and_the_two_sources_of_credit_codes(city: City) -> None:
    assert [source.table for source in city.register.of("person").sources] == ["RK_CZRK"]
    assert [source.table for source in city.register.of("business").sources] == ["E_BASEINFO", "YZ_YZXX"]
    assert (city.register.person.each, city.register.business.each) == ("record", "number")


def test_every_party_and_fact_has_its_policies(city: City) -> None:
    assert set(city.linkage) == {"person", "business"}
    assert set(city.survivorship) == set(city.standard.entities)


def test_connections_lead_into_the_home_and_hold_no_password(city: City) -> None:
    for url in city.connections.values():
        assert "${CITYHUB_HOME}/demo/" in url
        assert "@" not in url


def test_the_first_line_of_every_file_says_what_it_is() -> None:
    for path in SHIPPED.rglob("*.yaml"):
        assert path.read_text(encoding="utf-8").startswith("# "), path.name
