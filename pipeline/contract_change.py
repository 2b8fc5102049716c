"""The change of a contract's text that a drift suggests, as a unified diff: lines as the department's file has them.

A person decides; nothing is written. What cannot be said as a change of lines is said as a comment.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_PLAIN = re.compile(r"[A-Za-z_\u4e00-\u9fff][\w\u4e00-\u9fff]*")
UNKNOWN = "?"  # stands for a code's meaning until a person knows it


@dataclass(frozen=True)
class ContractChange:
    """What differs in one table. `codes` maps a crosswalk to its unknown codes, each with the city's code that its
    label suggests, or "?"; `retyped` a column to what to do; `marks` a column of `deleted_when` to its value's new
    spelling."""

    table: str
    renamed: Mapping[str, str] = field(default_factory=dict)
    missing: Sequence[str] = ()
    new: Sequence[str] = ()
    gone: Sequence[str] = ()
    retyped: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def proposed(text: str, name: str, change: ContractChange) -> tuple[str, ...]:
    """Return the diff of contract `name` with this text; empty when nothing would change."""
    before = text.splitlines()
    lines, notes = list(before), []
    place = _section(lines, change.table, 2, _section(lines, "tables", 0, range(len(lines))))
    for old, new in change.renamed.items():
        _each(lines, place, lambda line, old=old, new=new: _renamed(line, old, new))  # type: ignore[misc]
    for column in change.missing:
        _each(lines, place, lambda line, column=column: _without(line, column))  # type: ignore[misc]
    for column in change.gone:
        _each(lines, place, lambda line, column=column: _not_ignored(line, column))  # type: ignore[misc]
    if change.new:
        _ignore(lines, place, change.new)
        notes.append(f"# {change.table}: {', '.join(change.new)} 可映射到标准，或忽略 map them in emit, or ignore them")
    for crosswalk, codes in change.codes.items():
        _translate(lines, crosswalk, codes)
        if UNKNOWN in codes.values():
            notes.append(f'# codes.{crosswalk}: 问部门 "{UNKNOWN}" 的含义 ask the department what "{UNKNOWN}" is')
    for column, marks in change.marks.items():
        _mark(lines, _section(lines, "deleted_when", 4, place), column, marks)
    notes += [f"# {change.table}.{column}: {advice}" for column, advice in change.retyped.items()]
    diff = difflib.unified_diff(before, lines, f"departments/{name}", f"departments/{name}", n=1, lineterm="")
    return (*diff, *notes)


def _section(lines: Sequence[str], name: str, indent: int, within: range) -> range:
    """Return the lines of the block of this key, its own line first; empty where there is none."""
    head = re.compile(rf"""^ {{{indent}}}["']?{re.escape(name)}["']?\s*:""")
    start = next((at for at in within if head.match(lines[at])), None)
    if start is None:
        return range(0)
    end = start + 1
    while end < len(lines) and (not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) > indent):
        end += 1
    while not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#"):
        end -= 1  # blank lines and comments before the next block are its own
    return range(start, end)


def _each(lines: list[str], place: range, change: object) -> None:
    for at in place[1:]:
        body, mark, comment = lines[at].partition(" #")
        lines[at] = change(body) + mark + comment  # type: ignore[operator]


def _word(column: str) -> str:
    return rf"""(?<![\w\u4e00-\u9fff])["']?{re.escape(column)}["']?(?![\w\u4e00-\u9fff])"""


def _quoted(column: str) -> str:
    return column if _PLAIN.fullmatch(column) else json.dumps(column, ensure_ascii=False)


def _renamed(line: str, old: str, new: str) -> str:
    """Rename a column where it is a value; a field of the same name stays."""
    return re.sub(rf"{_word(old)}(?!\s*:)", lambda _: _quoted(new), line)


def _without(line: str, column: str) -> str:
    """Comment a mapping out, or take it out of its braces; a key or cursor without its column is left to a person."""
    if not re.search(rf"{_word(column)}(?!\s*:)", line) or re.match(r"\s*(key|cursor|observed|changes)\s*:", line):
        return line
    # a field of its own line, also one that says more of the same column: {from: COLUMN, codes: …}
    if re.fullmatch(rf"\s*[\w]+\s*:\s*({_word(column)}\s*|\{{\s*from\s*:\s*{_word(column)}\s*[,}}].*)", line):
        indent = len(line) - len(line.lstrip())
        return f"{line[:indent]}# {line[indent:]}"
    whole = rf"[\w]+\s*:\s*({_word(column)}|\{{\s*from\s*:\s*{_word(column)}\s*[,}}][^{{}}]*\}}?)\s*(,\s*|(?=\}}))"
    inside = re.sub(whole, "", line)
    listed = re.sub(rf"(?<=[\[,])\s*{_word(column)}\s*(,\s*|(?=\]))", "", inside)
    return re.sub(r",\s*([}\]])", r"\1", listed)


def _not_ignored(line: str, column: str) -> str:
    if not re.match(r"\s*ignore\s*:\s*\[", line):
        return line
    kept = [part.strip() for part in line.partition("[")[2].rpartition("]")[0].split(",")]
    left = ", ".join(part for part in kept if part.strip("\"'") != column)
    indent = len(line) - len(line.lstrip())
    return f"{line.partition('[')[0]}[{left}]" if left else f"{line[:indent]}# {line[indent:]}"


def _ignore(lines: list[str], place: range, columns: Sequence[str]) -> None:
    """Add columns to the table's `ignore`: to its list in brackets, to its list of lines, or as a new line."""
    if not place:
        return
    names = [_quoted(column) for column in columns]
    for at in place:
        if found := re.match(r"(\s*ignore\s*:\s*\[)(.*)(\].*)$", lines[at]):
            known = [found[2]] if found[2].strip() else []
            lines[at] = f"{found[1]}{', '.join([*known, *names])}{found[3]}"
            return
        if re.match(r"\s*ignore\s*:\s*(#.*)?$", lines[at]):
            last = at
            while last + 1 < place.stop and lines[last + 1].lstrip().startswith("- "):
                last += 1
            indent = lines[last][: len(lines[last]) - len(lines[last].lstrip())] if last > at else " " * 6
            lines[last + 1 : last + 1] = [f"{indent}- {name}" for name in names]
            return
    lines.insert(place.stop, f"    ignore: [{', '.join(names)}]")


def _translate(lines: list[str], crosswalk: str, codes: Mapping[str, str]) -> None:
    place = _section(lines, crosswalk, 2, _section(lines, "codes", 0, range(len(lines))))
    if not place:
        return
    entries = [f"{json.dumps(code, ensure_ascii=False)}: {json.dumps(to)}" for code, to in codes.items()]
    head = lines[place.start]
    if "{" in head and "}" in head:
        before, _, after = head.rpartition("}")
        joint = "" if before.rstrip().endswith("{") else ", "
        lines[place.start] = f"{before}{joint}{', '.join(entries)}}}{after}"
    else:
        lines[place.stop : place.stop] = [f"    {entry}" for entry in entries]


def _mark(lines: list[str], place: range, column: str, marks: Mapping[str, str]) -> None:
    """Spell the value that marks a deleted row as rows do now."""
    for old, new in marks.items():
        value = rf"""({_word(column)}\s*:\s*)["']?{re.escape(old)}["']?(?=\s*([,}}#]|$))"""
        spelled = json.dumps(new, ensure_ascii=False)
        for at in place:
            lines[at] = re.sub(value, lambda found, text=spelled: found[1] + text, lines[at])  # type: ignore[misc]
