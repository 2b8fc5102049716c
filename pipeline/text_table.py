"""Plain-text tables that stay straight with Chinese in them."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import east_asian_width


def width(text: str) -> int:
    """Return the columns `text` takes on a terminal: two for a wide character."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def text_table(rows: Sequence[Sequence[str]]) -> str:
    """Return `rows` (the first one is the head) as aligned text: the first column left, the others right."""
    widths = [max(width(row[index]) for row in rows) for index in range(len(rows[0]))]
    lines = []
    for number, row in enumerate(rows):
        cells = [_padded(cell, widths[index], left=index == 0) for index, cell in enumerate(row)]
        lines.append("  ".join(cells).rstrip())
        if number == 0:
            lines.append("  ".join("─" * one for one in widths))
    return "\n".join(lines)


def _padded(text: str, size: int, left: bool) -> str:
    space = " " * (size - width(text))
    return text + space if left else space + text
