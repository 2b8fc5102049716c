"""Reads one department's contract (`cities/<city>/departments/*.yaml`) into a frozen `Contract`.

Every mistake is a ConfigurationError that names file, line, key, value, what was expected and the nearest right word.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from schemas import measures
from schemas.code_table import CodeTable
from schemas.contract import Contract, Cursor, Emit, FileShape, PartyMapping, RowBounds, Schedule, TableContract
from schemas.crosswalk import Crosswalks
from schemas.emit_file import Vocabulary, parse_emits, snake_case
from schemas.errors import ConfigurationError
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


def _fingerprint(keys: Mapping[str, YamlNode]) -> str:
    """Return SHA-256 over what decides a statement's content: not comments, layout, schedule, owner or basis."""
    deciding = {name: keys[name].plain() for name in ("department", "tables", "codes") if name in keys}
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
    keys = node.keys(("key", "emit"), ("cursor", "observed", "deleted_when", "rows", "ignore", "file"))
    if "file" in keys and "cursor" in keys:
        raise keys["cursor"].error("no cursor: a dropped file is read whole")
    table = TableContract(
        name=name,
        key=keys["key"].words("a list of key columns", single=True),
        emit=parse_emits(keys["emit"], words),
        cursor=_cursor(keys["cursor"]) if "cursor" in keys else None,
        observed=keys["observed"].text("a column") if "observed" in keys else "",
        deleted_when=_deleted_when(keys["deleted_when"]) if "deleted_when" in keys else {},
        rows=_row_bounds(keys["rows"]) if "rows" in keys else RowBounds(),
        file=_file(keys["file"]) if "file" in keys else None,
    )
    if "ignore" not in keys:
        return table
    ignored = keys["ignore"].words("a list of columns")
    for item in keys["ignore"].items():
        if item.text() in table.columns:
            raise item.error(f"a column that is not used above; {item.text()} is both used and ignored")
    return replace(table, ignore=ignored)


def _cursor(node: YamlNode) -> Cursor:
    if node.is_text:
        return Cursor(node.text("a column"))
    keys = node.keys(("column",), ("overlap",))
    overlap = {"overlap": measures.duration(keys["overlap"])} if "overlap" in keys else {}
    return Cursor(keys["column"].text("a column"), **overlap)


def _deleted_when(node: YamlNode) -> dict[str, str]:
    return {column: value.text("the mark of a deleted row") for column, value in node.entries("a mapping").items()}


def _row_bounds(node: YamlNode) -> RowBounds:
    keys = node.keys((), ("at_least", "change_at_most"))
    return RowBounds(
        at_least=keys["at_least"].integer() if "at_least" in keys else 0,
        change_at_most=measures.share(keys["change_at_most"]) if "change_at_most" in keys else None,
    )


def _file(node: YamlNode) -> FileShape:
    keys = node.keys(("pattern", "format"), ("encoding", "delimiter", "sheet"))
    pattern = keys["pattern"].text("a file name with * or ?")
    if "/" in pattern or "\\" in pattern or ".." in pattern:
        raise keys["pattern"].error("a file name inside the connection's folder, without a path")
    kind = keys["format"].one_of(("csv", "xlsx"), "a file format")
    for name in ("sheet",) if kind == "csv" else ("encoding", "delimiter"):
        if name in keys:
            raise keys[name].error(f"no {name}: the file is {kind}")
    return FileShape(
        pattern=pattern,
        format="csv" if kind == "csv" else "xlsx",
        encoding=_encoding(keys["encoding"]) if "encoding" in keys else "gb18030",
        delimiter=_delimiter(keys["delimiter"]) if "delimiter" in keys else ",",
        sheet=keys["sheet"].text("a sheet's name") if "sheet" in keys else "",
    )


def _encoding(node: YamlNode) -> str:
    text = node.text("an encoding like gb18030 or utf-8")
    try:
        name = codecs.lookup(text).name
    except LookupError:
        raise node.error("an encoding that exists", ("gb18030", "utf-8", "utf-8-sig", "utf-16", "big5")) from None
    if name in ("gbk", "gb2312"):  # gbk fails on rare characters that names hold; gb18030 reads all gbk does
        raise node.error("gb18030, which reads every GBK file and rare characters too", ("gb18030",))
    return text


def _delimiter(node: YamlNode) -> str:
    text = node.text("one character")
    if len(text) != 1:
        raise node.error("one character")
    return text


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
