"""A contract's crosswalks (its `codes:`), checked against the city's code tables as the fields use them."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.code_table import CodeTable
from schemas.contract import CodeMap
from schemas.nearest import listed, nearest
from schemas.yaml_source import YamlNode


class Crosswalks:
    """Crosswalks by name; each is bound to a code table by the first field that uses it."""

    def __init__(self, node: YamlNode | None, code_tables: Mapping[str, CodeTable]) -> None:
        self._nodes = dict(node.entries("a mapping of crosswalks")) if node else {}
        self._tables = code_tables
        self._bound: dict[str, CodeMap] = {}

    def use(self, node: YamlNode, table: str) -> str:
        """Return the crosswalk's name that `node` gives, after every target was found in the city's `table`.

        Raises ConfigurationError for an unknown crosswalk, a target outside the table, or a second table.
        """
        name = node.one_of(self._nodes, "a crosswalk under `codes:`")
        bound = self._bound.get(name)
        if bound and bound.table != table:
            raise node.error(f"a crosswalk into {table}; {name} already leads into {bound.table}")
        if not bound:
            self._bound[name] = CodeMap(name, self._checked(self._nodes[name], self.table(node, table)), table)
        return name

    def expect(self, node: YamlNode, table: str) -> None:
        """Raise ConfigurationError at `node` unless the city's code table `table` exists; it is not read for that."""
        if table not in self._tables:
            raise node.error(f"a field whose code table exists; {table!r} is not in schemas/codes/", self._tables)

    def table(self, node: YamlNode, name: str) -> CodeTable:
        """Return the city's code table `name`; `node` is where it is needed."""
        self.expect(node, name)
        return self._tables[name]

    def bound(self) -> dict[str, CodeMap]:
        """Return every crosswalk. Raises ConfigurationError for one that no field uses."""
        for name, node in self._nodes.items():
            if name not in self._bound:
                raise node.error(f"a crosswalk that some field uses; nothing says `codes: {name}`")
        return dict(self._bound)

    @staticmethod
    def _checked(node: YamlNode, table: CodeTable) -> dict[str, str]:
        entries = {}
        for source, target in node.entries("a mapping from the department's codes to the city's").items():
            if target.value == "" and target.quoted:  # the contract's way to say that a code means nothing
                entries[source] = ""
                continue
            code = target.text(f"a code of {table.name}, or \"\" for a code that means nothing")
            if code not in table.entries:
                raise target.error(f"a code of {table.name} ({_near(code, table)})", table.entries)
            entries[source] = code
        return entries


def _near(code: str, table: CodeTable) -> str:
    """Return what helps to find the right code: the one most likely meant, else some of the table."""
    close = table.suggest(code) or nearest(code, table.entries)
    return f"{close} = {table.entries[close].zh}" if close else listed(table.entries)
