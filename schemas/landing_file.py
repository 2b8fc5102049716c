"""Reads how a table of a contract is landed: cursor or log, reconciliation, deletes, bounds, drift, dropped files."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from typing import Any

from schemas import measures
from schemas.contract import (
    FILE_FORMATS,
    ChangeLog,
    Cursor,
    DriftRules,
    FileFormat,
    FileShape,
    Reconciliation,
    RowBounds,
    Severity,
)
from schemas.yaml_source import YamlNode

LANDING_KEYS = ("cursor", "changes", "reconcile", "deleted_when", "rows", "drift", "file")
_SEVERITIES: tuple[Severity, ...] = ("warn", "hold", "fail")
_TEXT = ("csv", "tsv", "jsonl")


def parse_landing(keys: Mapping[str, YamlNode], key: tuple[str, ...]) -> dict[str, Any]:
    """Return the landing fields of a `TableContract` that stand under `keys`; `key` is the table's own.

    Raises ConfigurationError at the first mistake, also for options that exclude each other.
    """
    _check_together(keys)
    parsers = {
        "cursor": _cursor,
        "changes": lambda node: _changes(node, key),
        "reconcile": _reconcile,
        "deleted_when": _deleted_when,
        "rows": _row_bounds,
        "drift": _drift,
        "file": _file,
    }
    return {name: parsers[name](keys[name]) for name in LANDING_KEYS if name in keys}


def _check_together(keys: Mapping[str, YamlNode]) -> None:
    if "file" in keys:
        for name in ("cursor", "changes", "reconcile"):
            if name in keys:
                raise keys[name].error(f"no {name}: a dropped file is read whole")
    if "cursor" in keys and "changes" in keys:
        raise keys["changes"].error("either a cursor or a log of changes, not both")
    if "reconcile" in keys and not ("cursor" in keys or "changes" in keys):
        raise keys["reconcile"].error("a cursor or a log beside it: without one the table is read whole every time")


def _cursor(node: YamlNode) -> Cursor:
    if node.is_text:
        return Cursor(node.text("a column"))
    keys = node.keys(("column",), ("overlap",))
    overlap = {"overlap": measures.duration(keys["overlap"])} if "overlap" in keys else {}
    return Cursor(keys["column"].text("a column"), **overlap)


def _changes(node: YamlNode, key: tuple[str, ...]) -> ChangeLog:
    keys = node.keys(("table", "operation", "sequence"), ("key", "deleted", "overlap"))
    columns = keys["key"].words("the log's key columns", single=True) if "key" in keys else key
    if len(columns) != len(key):
        raise keys["key"].error(f"as many columns ({len(key)}) as the table's key")
    more: dict[str, Any] = {}
    if "deleted" in keys:
        more["deleted"] = keys["deleted"].words("words for a deletion", single=True)
    if "overlap" in keys:
        more["overlap"] = keys["overlap"].integer()
    return ChangeLog(
        table=keys["table"].text("the log's table"),
        key=columns,
        operation=keys["operation"].text("a column of the log"),
        sequence=keys["sequence"].text("a column of the log"),
        **more,
    )


def _reconcile(node: YamlNode) -> Reconciliation:
    if node.is_text:
        return Reconciliation("rows" if node.one_of(("keys", "rows"), "what is compared") == "rows" else "keys")
    keys = node.keys(("by",), ("every",))
    by = keys["by"].one_of(("keys", "rows"), "what is compared")
    every = {"every": measures.duration(keys["every"])} if "every" in keys else {}
    return Reconciliation("rows" if by == "rows" else "keys", **every)


def _deleted_when(node: YamlNode) -> dict[str, str]:
    return {column: value.text("the mark of a deleted row") for column, value in node.entries("a mapping").items()}


def _row_bounds(node: YamlNode) -> RowBounds:
    keys = node.keys((), ("at_least", "change_at_most"))
    return RowBounds(
        at_least=keys["at_least"].integer() if "at_least" in keys else 0,
        change_at_most=measures.share(keys["change_at_most"]) if "change_at_most" in keys else None,
    )


def _drift(node: YamlNode) -> DriftRules:
    keys = node.keys((), ("new", "retyped", "codes"))
    return DriftRules(**{name: _severity(value) for name, value in keys.items()})


def _severity(node: YamlNode) -> Severity:
    word = node.one_of(_SEVERITIES, "what a difference does")
    return next(severity for severity in _SEVERITIES if severity == word)


def _file(node: YamlNode) -> FileShape:
    keys = node.keys(("pattern", "format"), ("encoding", "delimiter", "sheet", "ready", "archive"))
    pattern = keys["pattern"].text("a file name with * or ?")
    if "/" in pattern or "\\" in pattern or ".." in pattern:
        raise keys["pattern"].error("a file name inside the connection's folder, without a path")
    kind = _format(keys["format"])
    for name, formats in (("encoding", _TEXT), ("delimiter", ("csv", "tsv")), ("sheet", ("xlsx", "xls"))):
        if name in keys and kind not in formats:
            raise keys[name].error(f"no {name}: the file is {kind}")
    return FileShape(
        pattern=pattern,
        format=kind,
        encoding=_encoding(keys["encoding"]) if "encoding" in keys else "utf-8" if kind == "jsonl" else "gb18030",
        delimiter=_delimiter(keys["delimiter"]) if "delimiter" in keys else "\t" if kind == "tsv" else ",",
        sheet=keys["sheet"].text("a sheet's name") if "sheet" in keys else "",
        ready=keys["ready"].flag() if "ready" in keys else False,
        archive=_archive(keys["archive"]) if "archive" in keys else "",
    )


def _format(node: YamlNode) -> FileFormat:
    word = node.one_of(FILE_FORMATS, "a file format")
    return next(known for known in FILE_FORMATS if known == word)


def _archive(node: YamlNode) -> str:
    text = node.text("a folder's name")
    if "/" in text or "\\" in text or text.startswith("."):
        raise node.error("a folder inside the connection's folder, by its name alone")
    return text


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
