"""YAML as text with line numbers: every scalar stays what was written (`N`, `01`), every node knows its line.

Built from the event stream, so that nothing is guessed (no booleans, no dates), nothing recurses, and what has no place
in a city's files — anchors, aliases, tags, a second document, a repeated key — is refused where it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import yaml

from schemas.errors import ConfigurationError
from schemas.nearest import listed, nearest

PlainValue: TypeAlias = "str | list[PlainValue] | dict[str, PlainValue]"

_LARGEST = 2_000_000  # bytes; a contract is a few thousand
_DEEPEST = 24
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class YamlNode:
    """One value of a YAML file: a text, a list of nodes or a mapping of nodes, with its file, line and dotted key."""

    file: Path
    line: int
    key: str
    value: str | tuple[YamlNode, ...] | Mapping[str, YamlNode]
    quoted: bool = False  # "" on purpose is not a value left out

    @property
    def is_text(self) -> bool:
        return isinstance(self.value, str)

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.value, Mapping)

    def error(self, expected: str, choices: Iterable[str] = ()) -> ConfigurationError:
        """Return (not raise) the error that this node is not what was `expected`; `choices` supply the nearest word."""
        hint = nearest(self.value, choices) if isinstance(self.value, str) else ""
        return ConfigurationError(self.file, self.line, self.key, self._shown(), expected, hint)

    def text(self, expected: str = "a text") -> str:
        """Return the node's text, not empty. Raises ConfigurationError for a list, a mapping or nothing."""
        if not isinstance(self.value, str) or not self.value:
            raise self.error(expected)
        return self.value

    def one_of(self, choices: Iterable[str], what: str) -> str:
        """Return the node's text if it is one of `choices`. Raises ConfigurationError naming the nearest one."""
        allowed = tuple(choices)
        if not isinstance(self.value, str) or self.value not in allowed:
            raise self.error(f"{what} ({listed(allowed)})", allowed)
        return self.value

    def flag(self) -> bool:
        """Return True or False as written. Raises ConfigurationError for any other word."""
        return self.one_of(("true", "false"), "true or false") == "true"

    def integer(self, least: int = 0) -> int:
        """Return a whole number of at least `least`, written in ASCII digits."""
        text = self.value if isinstance(self.value, str) else ""
        if not (text.isascii() and text.isdigit()) or int(text) < least:
            raise self.error(f"a whole number, {least} or more")
        return int(text)

    def items(self, expected: str = "a list") -> tuple[YamlNode, ...]:
        """Return the list's nodes, at least one."""
        if not isinstance(self.value, tuple) or not self.value:
            raise self.error(expected)
        return self.value

    def words(self, what: str = "a list of names", *, single: bool = False) -> tuple[str, ...]:
        """Return a list of texts without repeats; with `single`, one bare text counts as a list of one."""
        if single and self.is_text:
            return (self.text(what),)
        seen: dict[str, None] = {}
        for item in self.items(what):
            if item.text("a name") in seen:
                raise item.error("each name once")
            seen[item.text()] = None
        return tuple(seen)

    def entries(self, expected: str = "a mapping") -> Mapping[str, YamlNode]:
        """Return the mapping's nodes by key, at least one."""
        if not isinstance(self.value, Mapping) or not self.value:
            raise self.error(expected)
        return self.value

    def keys(self, required: Iterable[str] = (), optional: Iterable[str] = ()) -> Mapping[str, YamlNode]:
        """Return the mapping if it has all `required` keys and nothing beyond `optional`.

        Raises ConfigurationError for an unknown key (with the nearest right one) or a missing one.
        """
        needed = tuple(required)
        allowed = (*needed, *optional)
        found = self.entries(f"keys: {listed(allowed)}")
        for key, node in found.items():
            if key not in allowed:
                where = ConfigurationError(
                    self.file, node.line, node.key, key, f"a key known here ({listed(allowed)})", nearest(key, allowed)
                )
                raise where
        for key in needed:
            if key not in found:
                # A missing key whose misspelling stands here was reported above as unknown.
                raise ConfigurationError(self.file, self.line, self.key, "", f"the key {key!r}, which is missing")
        return found

    def plain(self) -> PlainValue:
        """Return texts, lists and dicts only, without places: equal for files that differ in comments or layout."""
        if isinstance(self.value, str):
            return self.value
        if isinstance(self.value, tuple):
            return [item.plain() for item in self.value]
        return {key: node.plain() for key, node in self.value.items()}

    def _shown(self) -> str:
        if isinstance(self.value, str):
            return self.value
        return "[…]" if isinstance(self.value, tuple) else "{…}"


def read_yaml(path: Path) -> YamlNode:
    """Return the file's one document. Raises ConfigurationError for an unreadable, oversized or unsound file."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(path, 1, "", path.name, f"a readable file ({error.strerror})") from error
    if len(data) > _LARGEST:
        raise ConfigurationError(path, 1, "", f"{len(data)} bytes", f"at most {_LARGEST} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigurationError(path, line, "", f"byte {error.start}", "a file in UTF-8") from error
    return _read_before(text, path)


@lru_cache(maxsize=256)
def _read_before(text: str, path: Path) -> YamlNode:
    """Nodes never change, so a file that says what it said when it was read last is not taken apart again."""
    return parse_yaml(text, path)


def parse_yaml(text: str, path: Path) -> YamlNode:
    """Return the document in `text`; `path` is only for messages. Raises ConfigurationError at the line of a fault."""
    builder = _Builder(path)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigurationError(
            path, mark.line + 1 if mark else 1, "", (error.problem or "").strip(), "sound YAML (spaces, not tabs)"
        ) from error
    except yaml.YAMLError as error:  # a character YAML forbids has no mark
        raise ConfigurationError(path, _line_of_bad_character(text), "", type(error).__name__, "sound YAML") from error
    if builder.root is None:
        raise ConfigurationError(path, 1, "", "", "one YAML document; the file is empty")
    return builder.root


def _line_of_bad_character(text: str) -> int:
    for line, content in enumerate(text.split("\n"), start=1):
        if any(ord(character) < 32 and character not in "\t\r" for character in content):
            return line
    return 1


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


class _Open:
    """A list or mapping being read."""

    def __init__(self, key: str, line: int, *, is_mapping: bool) -> None:
        self.key, self.line, self.is_mapping = key, line, is_mapping
        self.items: list[YamlNode] = []
        self.entries: dict[str, YamlNode] = {}
        self.waiting: str | None = None  # the key whose value comes next
        self.waiting_line = 0


class _Builder:
    """Events in, one tree of nodes out, with an explicit stack: a deep file costs no recursion."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.root: YamlNode | None = None
        self.stack: list[_Open] = []

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            raise self._refused(event, "---", "one document in a file")
        if anchor := getattr(event, "anchor", None):
            raise self._refused(event, str(anchor), "no anchors or aliases: write the value out")
        if tag := getattr(event, "tag", None):
            raise self._refused(event, str(tag), "no tags: every value is text")
        if isinstance(event, yaml.ScalarEvent):
            self._take_text(event)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._open(event)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            done = self.stack.pop()
            value = done.entries if done.is_mapping else tuple(done.items)
            self._place(YamlNode(self.path, done.line, done.key, value))

    def _take_text(self, event: yaml.ScalarEvent) -> None:
        top = self.stack[-1] if self.stack else None
        line = _line(event)
        if top and top.is_mapping and top.waiting is None:
            if event.value in top.entries:
                raise ConfigurationError(self.path, line, top.key, event.value, "each key once")
            top.waiting, top.waiting_line = event.value, line
            return
        key, line = self._address(line)
        self._place(YamlNode(self.path, line, key, event.value, quoted=event.style in ('"', "'")))

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        if self.stack and self.stack[-1].is_mapping and self.stack[-1].waiting is None:
            raise self._refused(event, "{…}", "a key that is one word")
        if len(self.stack) >= _DEEPEST:
            raise self._refused(event, "…", f"at most {_DEEPEST} levels")
        key, line = self._address(_line(event))
        self.stack.append(_Open(key, line, is_mapping=isinstance(event, yaml.MappingStartEvent)))

    def _address(self, line: int) -> tuple[str, int]:
        """Return the dotted key and line of the value that starts now; a mapping's value stands at its key's line."""
        if not self.stack:
            return "", line
        top = self.stack[-1]
        if top.is_mapping:
            return (f"{top.key}.{top.waiting}" if top.key else str(top.waiting)), top.waiting_line
        return f"{top.key}[{len(top.items)}]", line

    def _place(self, node: YamlNode) -> None:
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if top.is_mapping:
            top.entries[str(top.waiting)] = node
            top.waiting = None
        else:
            top.items.append(node)

    def _refused(self, event: yaml.Event, value: str, expected: str) -> ConfigurationError:
        key = self.stack[-1].key if self.stack else ""
        return ConfigurationError(self.path, _line(event), key, value, expected)
