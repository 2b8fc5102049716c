"""Reads one department's contract (`cities/<city>/departments/*.yaml`) into a frozen `Contract`.

Every mistake is a ConfigurationError that names file, line, key, value, what was expected and the nearest right word.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from schemas import measures
from schemas.code_table import CodeTable
from schemas.contract import Contract, Emit, PartyMapping, Schedule, TableContract
from schemas.crosswalk import Crosswalks
from schemas.emit_file import Vocabulary, parse_emits, snake_case
from schemas.errors import ConfigurationError
from schemas.landing_file import LANDING_KEYS, parse_landing
from schemas.nearest import listed, nearest
from schemas.standard import Standard
from schemas.yaml_source import YamlNode, read_yaml

_SECRET = re.compile(r"://|[@;=\s]|passw|secret|token", re.IGNORECASE)


def load_contract(path: Path, standard: Standard, code_tables: Mapping[str, CodeTable]) -> Contract:
    """Return the contract in `path`. Raises ConfigurationError at the first mistake."""
    root = read_yaml(path)
    keys = root.keys(("department", "label", "connection", "owner", "schedule", "basis", "tables"), ("codes",))
    words = Vocabulary(standard, Crosswalks(keys.get("codes"), code_tables))
    tables = tuple(_table(name, node, words) for name, node in keys["tables"].entries("a mapping of tables").items())
    for table in tables:
        _check_parties(keys["tables"].entries()[table.name], table, tables, standard)
    return Contract(
        department=keys["department"].one_of((path.stem,), "the file's own name"),
        label=keys["label"].text("the department's Chinese name"),
        connection=_connection(keys["connection"]),
        owner=keys["owner"].text("who answers for the source"),
        basis=keys["basis"].text("the document that lets the city hold it"),
        schedule=_schedule(keys["schedule"]),
        tables=tables,
        codes=words.crosswalks.bound(),
        path=path,
        fingerprint=_fingerprint(keys),
    )


# How a table is watched, not what its statements say.
BOUNDS = ("rows", "drift", "reconcile")


def _fingerprint(keys: Mapping[str, YamlNode]) -> str:
    """Return SHA-256 over what decides a statement's content: not comments, schedule, owner, basis or bounds."""
    deciding = {name: keys[name].plain() for name in ("department", "tables", "codes") if name in keys}
    deciding["tables"] = {
        name: {key: value.plain() for key, value in table.entries().items() if key not in BOUNDS}
        for name, table in keys["tables"].entries().items()
    }
    return hashlib.sha256(json.dumps(deciding, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _connection(node: YamlNode) -> str:
    """Return the connection's name; what looks like a URL or a password is refused without being shown."""
    text = node.text("a connection's name")
    if _SECRET.search(text):
        expected = "a connection's name; its URL and password belong in Airflow or the environment, never in a file"
        raise ConfigurationError(node.file, node.line, node.key, "***", expected)
    return snake_case(node, text, "a connection's name")


def _schedule(node: YamlNode) -> Schedule:
    keys = node.keys(("cron",), ("window", "fresh_within"))
    return Schedule(
        cron=measures.cron(keys["cron"]),
        window=measures.window(keys["window"]) if "window" in keys else "",
        fresh_within=measures.duration(keys["fresh_within"]) if "fresh_within" in keys else None,
    )


def _table(name: str, node: YamlNode, words: Vocabulary) -> TableContract:
    keys = node.keys(("key", "emit"), ("observed", "ignore", *LANDING_KEYS))
    key = keys["key"].words("a list of key columns", single=True)
    table = TableContract(
        name=name,
        key=key,
        emit=parse_emits(keys["emit"], words),
        observed=keys["observed"].text("a column") if "observed" in keys else "",
        **parse_landing(keys, key),
    )
    if "ignore" not in keys:
        return table
    ignored = keys["ignore"].words("a list of columns")
    for item in keys["ignore"].items():
        if item.text() in table.columns:
            raise item.error(f"a column that is not used above; {item.text()} is both used and ignored")
    return replace(table, ignore=ignored)


def _check_parties(node: YamlNode, table: TableContract, tables: tuple[TableContract, ...], standard: Standard) -> None:
    """Every party of every fact is a statement that exists and is of the entity the fact wants."""
    for emit in table.emit:
        for party in emit.parties:
            body = node.entries()["emit"].entries()[emit.name].entries()
            place = next(value for key, value in body.items() if key != "when_present").entries()[party.role]
            target = _referred(place, table, party, tables) if party.table else table.emit
            wanted = next(known.entity for known in standard.entities[emit.entity].parties if known.role == party.role)
            _check_statement(place, party, target, wanted)


def _check_statement(place: YamlNode, party: PartyMapping, target: tuple[Emit, ...], wanted: str) -> None:
    choices = [known.name for known in target if known.entity == wanted]
    if party.statement in choices:
        return
    where = place if not party.table else place.entries()["statement"]
    sign = "" if party.table else "$"
    raise ConfigurationError(
        where.file, where.line, where.key, sign + party.statement,
        f"a {wanted} that {party.table or 'this row'} emits ({listed(sign + name for name in choices)})",
        nearest(sign + party.statement, [sign + name for name in choices]),
    )  # fmt: skip


def _referred(
    place: YamlNode, table: TableContract, party: PartyMapping, tables: tuple[TableContract, ...]
) -> tuple[Emit, ...]:
    reference = place.entries()["ref"].entries()
    names = [other.name for other in tables if other.name != table.name]
    name = reference["table"].one_of(names, "another table of this contract")
    target = next(other for other in tables if other.name == name)
    if len(target.key) != len(party.key):
        raise reference["key"].error(f"as many columns ({len(target.key)}) as the key of {name}: {listed(target.key)}")
    return target.emit
