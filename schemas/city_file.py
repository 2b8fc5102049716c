"""Reads a city's folder and those in it. One broken contract leaves the others alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from schemas import measures
from schemas.city import City, Locality, Register, RegisterRules, RegisterSource
from schemas.code_table import CodeTable, code_table_names, load_code_table
from schemas.contract import Contract
from schemas.contract_file import load_contract
from schemas.errors import ConfigurationError
from schemas.linkage_file import load_linkage
from schemas.linkage_spec import LinkageSpec
from schemas.nearest import listed, nearest
from schemas.quality_file import load_quality
from schemas.standard import Standard
from schemas.standard_file import load_standard
from schemas.survivorship import SurvivorshipPolicy, load_survivorship, standing_policy
from schemas.yaml_source import YamlNode, read_yaml

_SCHEMES = ("sqlite", "postgresql", "postgresql+psycopg", "mysql", "mysql+pymysql", "files")
_PLACEHOLDER = re.compile(r"\$\{[A-Z][A-Z0-9_]*\}")
_DIVISION = re.compile(r"[0-9]{6}")
_AREA_CODE = re.compile(r"0[0-9]{2,3}")


def load_city(folder: Path) -> City:
    """Return the city in `folder`.

    A mistake in a contract goes to `broken` under its department; a mistake anywhere else raises ConfigurationError,
    for without its city.yaml, linkage and golden policies the city cannot be run.
    """
    root = read_yaml(folder / "city.yaml")
    required = ("name", "label", "timezone", "hub_schedule", "area_code", "divisions", "company_prefixes")
    keys = root.keys((*required, "connections", "register"), ("phone_digits",))
    standard = load_standard()
    connections = {name: _url(node) for name, node in keys["connections"].entries("a mapping of names").items()}
    contracts, broken = _contracts(folder, standard, connections)
    departments = tuple(sorted({*contracts, *broken}))
    register = _register_rules(keys["register"], standard, contracts, broken)
    return City(
        name=keys["name"].text("the city's name in letters a-z"),
        label=keys["label"].text("the city's Chinese name"),
        timezone=_timezone(keys["timezone"]),
        hub_schedule=measures.cron(keys["hub_schedule"]),
        folder=folder,
        locality=_locality(keys),
        standard=standard,
        contracts=contracts,
        broken=broken,
        register=register,
        linkage=_linkage(folder, standard, register),
        survivorship=_survivorship(folder, standard, departments),
        connections=connections,
        quality=load_quality(folder / "quality", standard, {**dict.fromkeys(broken), **contracts}),
    )


class _ShippedTables(Mapping[str, CodeTable]):
    """All code tables by name, each read only when a contract looks inside: 8,000 divisions are seldom needed."""

    def __init__(self) -> None:
        self._names = code_table_names()

    def __getitem__(self, name: str) -> CodeTable:
        return load_code_table(name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _contracts(
    folder: Path, standard: Standard, connections: Mapping[str, str]
) -> tuple[dict[str, Contract], dict[str, ConfigurationError]]:
    paths = sorted((folder / "departments").glob("*.yaml"))
    if not paths:
        raise ConfigurationError(folder / "city.yaml", 1, "", "departments/", "at least one contract in departments/")
    tables = _ShippedTables()
    contracts, broken = {}, {}
    for path in paths:
        try:
            contract = load_contract(path, standard, tables)
            _check_connection(path, contract, connections)
            contracts[path.stem] = contract
        except ConfigurationError as error:
            broken[path.stem] = error
    return contracts, broken


def _check_connection(path: Path, contract: Contract, connections: Mapping[str, str]) -> None:
    """The connection is named in city.yaml, and files come from a folder, tables from a database."""
    keys = read_yaml(path).entries()
    if contract.connection not in connections:
        raise keys["connection"].error(f"a connection of city.yaml ({listed(connections)})", connections)
    scheme = connections[contract.connection].partition("://")[0]
    if not scheme or scheme.startswith("$"):
        return
    for table in contract.tables:
        if (table.file is not None) != (scheme == "files"):
            place = keys["tables"].entries()[table.name]
            if table.file is None:
                raise place.error(f"the key 'file': the connection {contract.connection} is a folder")
            raise place.entries()["file"].error(f"no file: the connection {contract.connection} is a database")


def _url(node: YamlNode) -> str:
    """Return a default URL, or "" for one that is only in Airflow or the environment. A password in it is refused."""
    if node.value == "":
        return ""
    text = node.text("a URL like sqlite:///${CITYHUB_HOME}/x.sqlite, or nothing")
    bare = _PLACEHOLDER.sub("x", text)
    expected = "a URL without a password: put the whole URL into Airflow or the environment"
    secret = ConfigurationError(node.file, node.line, node.key, "***", expected)
    try:
        parts = urlsplit(bare)
        password = urlsplit(_PLACEHOLDER.sub("", text)).password
    except ValueError:
        raise secret from None
    if password or re.search(r"(passw|secret|token)[a-z]*=", bare, re.IGNORECASE):
        raise secret
    if "://" not in bare or (parts.scheme not in _SCHEMES and not text.startswith("${")):
        raise ConfigurationError(
            node.file, node.line, node.key, parts.scheme or "…",
            f"a URL that begins with one of {listed(scheme + '://' for scheme in _SCHEMES)}",
            nearest(parts.scheme, _SCHEMES),
        )  # fmt: skip
    return text


def _timezone(node: YamlNode) -> str:
    text = node.text("a time zone like Asia/Shanghai")
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise node.error("a time zone like Asia/Shanghai", ("Asia/Shanghai", "Asia/Urumqi", "UTC")) from None
    return text


def _locality(keys: Mapping[str, YamlNode]) -> Locality:
    if not _AREA_CODE.fullmatch(keys["area_code"].text("an area code like 0335")):
        raise keys["area_code"].error("an area code like 0335")
    divisions = keys["divisions"].words("a list of division codes")
    for node in keys["divisions"].items():
        if not _DIVISION.fullmatch(node.text()):
            raise node.error("a division code of 6 digits (GB/T 2260)")
    prefixes = sorted(keys["company_prefixes"].words("a list of words"), key=lambda word: (-len(word), word))
    return Locality(keys["area_code"].text(), divisions, tuple(prefixes), _phone_digits(keys.get("phone_digits")))


def _phone_digits(node: YamlNode | None) -> int:
    """Return how many digits a land line of the city has, 0 where the city does not say."""
    if node is None:
        return 0
    if node.text() not in ("7", "8"):
        raise node.error("7 or 8: how many digits a land line of the city has")
    return int(node.text())


def _register_rules(
    node: YamlNode, standard: Standard, contracts: Mapping[str, Contract], broken: Mapping[str, ConfigurationError]
) -> RegisterRules:
    keys = node.keys(("person", "business"))
    made = {name: _register(name, keys[name], standard, contracts, broken) for name in keys}
    return RegisterRules(made["person"], made["business"])


def _register(
    entity: str,
    node: YamlNode,
    standard: Standard,
    contracts: Mapping[str, Contract],
    broken: Mapping[str, ConfigurationError],
) -> Register:
    keys = node.keys(("number", "each", "sources"))
    fields = [field.name for field in standard.entities[entity].fields]
    number = keys["number"].one_of(fields, f"a field of {entity}")
    each: Literal["record", "number"] = "record"
    if keys["each"].one_of(("record", "number"), "what one anchored entity is") == "number":
        each = "number"
    sources: list[RegisterSource] = []
    for item in keys["sources"].items("a list of {department, table, statement}"):
        parts = item.keys(("department", "table", "statement"), ("else",))
        department = parts["department"].one_of(sorted({*contracts, *broken}), "a department of this city")
        if department in contracts:  # a broken contract shows its own mistake
            contract = contracts[department]
            table = parts["table"].one_of([known.name for known in contract.tables], f"a table of {department}")
            emits = [emit.name for emit in contract.table(table).emit if emit.entity == entity]
            parts["statement"].one_of(emits, f"a {entity} that {table} emits")
        otherwise = _other_number(parts.get("else"), number, each, fields, sources)
        sources.append(RegisterSource(department, parts["table"].text(), parts["statement"].text(), otherwise))
    return Register(entity, number, each, tuple(sources))


def _other_number(
    node: YamlNode | None, number: str, each: str, fields: list[str], earlier: list[RegisterSource]
) -> str:
    """Return the field that anchors a row without `number`, "" where there is none; all sources have the same one."""
    if node is None:
        return ""
    if each == "record":
        raise node.error("no `else` where each record is an entity, with a number or without")
    others = [field for field in fields if field != number]
    known = {one.otherwise for one in earlier if one.otherwise}
    return node.one_of(sorted(known) or others, "the field that anchors a row without the register's number")


def _linkage(folder: Path, standard: Standard, register: RegisterRules) -> dict[str, LinkageSpec]:
    """Every kind of party has a specification, nothing else has, and each ladder begins where its register anchors."""
    wanted = [entity.name for entity in standard.parties]
    specs = {path.stem: load_linkage(path, standard) for path in _files(folder / "matching", wanted)}
    for name, spec in specs.items():
        for number in register.of(name).numbers:
            if not any(rung.anchored and rung.same == (number,) for rung in spec.ladder):
                ladder = read_yaml(folder / "matching" / f"{name}.yaml").entries()["ladder"]
                raise ladder.error(f"a rung {{same: {number}, anchored: true, …}}, a number in city.yaml's register")
    return specs


def _survivorship(folder: Path, standard: Standard, departments: tuple[str, ...]) -> dict[str, SurvivorshipPolicy]:
    """Return a policy for every entity: people and businesses need a file, a fact without one follows the standard."""
    files = {path.stem for path in (folder / "golden").glob("*.yaml")}
    stated = [name for name, entity in standard.entities.items() if not entity.is_fact or name in files]
    policies = {name: standing_policy(entity, departments) for name, entity in standard.entities.items()}
    for path in _files(folder / "golden", stated, tuple(standard.entities)):
        policies[path.stem] = load_survivorship(path, standard, departments)
    return policies


def _files(folder: Path, wanted: list[str], allowed: tuple[str, ...] = ()) -> list[Path]:
    """Return one path for each wanted name. Raises ConfigurationError for a missing file, or one named after nothing
    in `allowed` (default: what is wanted)."""
    allowed = allowed or tuple(wanted)
    for path in sorted(folder.glob("*.yaml")):
        if path.stem not in allowed:
            expected = f"a file named after one of {listed(allowed, limit=30)}"
            raise ConfigurationError(path, 1, "", path.stem, expected, nearest(path.stem, allowed))
    return [folder / f"{name}.yaml" for name in wanted]
