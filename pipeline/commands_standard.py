"""The command that prints and checks the data standard; it needs no hub, only the files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from pipeline.command_frame import fail
from pipeline.settings import Settings
from pipeline.text_table import text_table
from schemas.catalogue import ATTRIBUTES, catalogue
from schemas.code_table import CodeTable, code_table_names, load_code_table
from schemas.code_versions import codes_of, codes_text
from schemas.dictionary import dictionary
from schemas.errors import CityhubError
from schemas.standard import Entity, Standard
from schemas.standard_changes import load_releases, shape_of, shape_text, warning
from schemas.standard_check import mistakes
from schemas.standard_file import load_standard


@click.command()
@click.argument("entity", required=False, default="")
@click.option("--check", is_flag=True, help="校验标准、代码表、契约和城市 check standard, codes, contracts and city")
@click.option("--catalogue", "wanted", flag_value="catalogue", help="共享目录（JSON） entries of the shared catalogue")
@click.option("--markdown", "wanted", flag_value="markdown", help="数据字典全文 the whole dictionary")
@click.option("--changes", "wanted", flag_value="changes", help="变更告知 what consumers are told of this version")
@click.option("--shape", "wanted", flag_value="shape", help="本版本形状 what versions/ keeps of this version")
@click.option("--codes", "wanted", flag_value="codes", help="本版本代码 what versions/ keeps of its code tables")
@click.option("--json", "json_output", is_flag=True, help="机器可读 machine-readable output")
@click.pass_context
def standard(context: click.Context, entity: str, check: bool, wanted: str | None, json_output: bool) -> None:
    """标准 the city-wide data standard: all of it, or one ENTITY with its fields."""
    try:
        if check:
            city = Settings.from_environment(city_folder=context.find_root().params.get("city")).city_folder
            _check(city, json_output)
        else:
            click.echo(_printed(load_standard(), entity, wanted or "", json_output))
    except CityhubError as error:
        fail(error, json_output)


def _check(city: Path, json_output: bool) -> None:
    found = mistakes(city)
    if json_output:
        click.echo(json.dumps({"sound": not found, "mistakes": found}, ensure_ascii=False, indent=2))
    elif found:
        click.echo("\n".join(found))
        click.echo(f"错误 {len(found)} 处 mistakes", err=True)
    else:
        loaded, codes = load_standard(), sum(len(table.entries) for table in code_tables().values())
        click.echo(
            f"标准 standard {loaded.version}：{len(loaded.entities)} 类 kinds，{_fields(loaded)} 字段 fields，"
            f"{len(code_tables())} 个代码表 code tables（{codes} 个代码 codes）；城市 city {city.name}：无误 sound"
        )
    if found:
        sys.exit(1)


def _printed(loaded: Standard, name: str, wanted: str, json_output: bool) -> str:
    if name and name not in loaded.entities:
        raise click.BadParameter(f"{name}: 应为 one of {', '.join(loaded.entities)}", param_hint="ENTITY")
    if wanted == "catalogue":
        return _json([entry for entry in catalogue(loaded) if not name or entry["code"].endswith(f"/{name}")])
    if wanted == "markdown":
        return dictionary(loaded, code_tables(), load_releases()).rstrip("\n")
    if wanted == "shape":
        return shape_text(shape_of(loaded)).rstrip("\n")
    if wanted == "codes":
        return codes_text(codes_of(code_tables())).rstrip("\n")
    if wanted == "changes":
        releases = load_releases()
        return warning(releases[-2], releases[-1]) if len(releases) > 1 else f"{loaded.version}"
    shown = [loaded.entities[name]] if name else list(loaded.entities.values())
    if json_output:
        return _json({"version": loaded.version, "entities": catalogue_of(loaded, shown)})
    return "\n\n".join([_title(loaded), *(_entity(loaded, entity) for entity in shown)])


def catalogue_of(loaded: Standard, shown: list[Entity]) -> list[dict[str, Any]]:
    """Return the catalogue's entries of some entities."""
    names = {f"{loaded.version}/{entity.name}" for entity in shown}
    return [entry for entry in catalogue(loaded) if entry["code"] in names]


def code_tables() -> dict[str, CodeTable]:
    """Return all code tables that ship, by name."""
    return {name: load_code_table(name) for name in code_table_names()}


def _title(loaded: Standard) -> str:
    return f"数据标准 data standard {loaded.version}：{len(loaded.entities)} 类 kinds，{_fields(loaded)} 字段 fields"


def _entity(loaded: Standard, entity: Entity) -> str:
    rows = [["字段 field", "名称 name", "标识符", "类型 kind", "代码表 codes", "依据", "牵头 lead", "级", "共享"]]
    for field in entity.fields:
        lead = loaded.departments[field.lead].zh if field.lead in loaded.departments else field.lead
        rows.append([
            field.name + ("*" if field.required else ""), field.label.zh, field.identifier, field.kind, field.codes,
            field.source, lead, str(field.grade), ATTRIBUTES[field.sharing.attribute].zh,
        ])  # fmt: skip
    roles = "  ".join(f"{party.role}{'' if party.required else '?'}:{party.entity}" for party in entity.parties)
    head = f"{entity.label.zh} {entity.name}" + (f"   当事人 parties {roles}" if roles else "")
    return head + "\n" + text_table(rows)


def _fields(loaded: Standard) -> int:
    return sum(len(entity.fields) for entity in loaded.entities.values())


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


COMMANDS = (standard,)
