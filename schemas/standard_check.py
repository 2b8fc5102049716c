"""Every mistake in standard, code tables, contracts and city at once, for those who write them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from schemas.city_file import load_city
from schemas.code_table import CodeTable, code_table_names, load_code_table
from schemas.code_versions import codes_of
from schemas.errors import ConfigurationError
from schemas.nearest import nearest
from schemas.standard import Standard
from schemas.standard_changes import load_releases, release_mistakes
from schemas.standard_file import SHIPPED, load_standard, parse_entity
from schemas.yaml_source import read_yaml


def mistakes(city_folder: Path, standard_folder: Path = SHIPPED) -> tuple[str, ...]:
    """Return every mistake found, each with its place; empty when all is sound. Never raises on a broken file.

    Loading stops at a file's first mistake: mended one by one, a file may show several in turn.
    """
    tables, broken = _tables()
    return (*broken, *_standard(standard_folder, tables), *_city(city_folder))


def _tables() -> tuple[dict[str, CodeTable], tuple[str, ...]]:
    tables, broken = {}, []
    for name in code_table_names():
        try:
            tables[name] = load_code_table(name)
        except (ValueError, KeyError, TypeError) as error:
            broken.append(f"codes/{name}.csv: {error}")
            continue
        broken += _table_mistakes(tables[name])
    return tables, tuple(broken)


def _table_mistakes(table: CodeTable) -> Iterator[str]:
    if not table.source:
        yield f"codes/{table.name}.csv: 缺来源 no '# source:' line"
    for code in table.codes.values():
        for heir in code.successors:
            if heir not in table.entries:
                yield f"codes/{table.name}.csv: {code.code}: 后继代码不存在 its successor {heir} is no code"
        if code.valid_from and code.valid_to and code.valid_from > code.valid_to:
            yield f"codes/{table.name}.csv: {code.code}: 有效期颠倒 valid from {code.valid_from} to {code.valid_to}"


def _standard(folder: Path, tables: dict[str, CodeTable]) -> Iterator[str]:
    try:
        standard = load_standard(folder)
    except ConfigurationError as first:
        yield from dict.fromkeys((str(first), *_entity_mistakes(folder)))
        return
    yield from _field_mistakes(standard, tables)
    try:
        yield from release_mistakes(standard, load_releases(folder), codes_of(tables))
    except ConfigurationError as error:
        yield str(error)


def _entity_mistakes(folder: Path) -> Iterator[str]:
    """Yield the first mistake of each entity's own file; leads are checked only by the whole."""
    for path in sorted(folder.glob("*.yaml")):
        if path.name != "version.yaml":
            try:
                parse_entity(read_yaml(path))
            except ConfigurationError as error:
                yield str(error)


def _field_mistakes(standard: Standard, tables: dict[str, CodeTable]) -> Iterator[str]:
    for entity in standard.entities.values():
        for field in entity.fields:
            place = f"{entity.name}.{field.name}"
            if field.codes and field.codes not in tables:
                near = nearest(field.codes, tables)
                hint = f"；是否 did you mean {near!r}" if near else ""
                yield f"{place}: 代码表不存在 no code table {field.codes!r} in schemas/codes/{hint}"
            elif field.codes and (longest := max(map(len, tables[field.codes].entries))) > field.length:
                yield f"{place}: 长度不够 length {field.length}, but {field.codes} has codes of {longest} characters"
            if field.grade == 4 and field.sharing.attribute == "unconditional":
                yield f"{place}: 四级数据不得无条件共享 grade 4 is never shared unconditionally"


def _city(folder: Path) -> Iterator[str]:
    try:
        city = load_city(folder)
    except ConfigurationError as error:
        yield str(error)
        return
    for department, mistake in city.broken.items():
        yield f"{department}: {mistake}"
