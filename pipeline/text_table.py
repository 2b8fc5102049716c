"""Plain-text tables that stay straight with Chinese in them."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import east_asian_width


def width(text: str) -> int:
    """Return the columns `text` takes on a terminal: two for a wide character."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def text_table(rows: Sequence[Sequence[str]]) -> str:
    """Return `rows` (the first is the head) as aligned text: columns of numbers to the right, others to the left."""
    places = range(len(rows[0]))
    widths = [max(width(row[index]) for row in rows) for index in places]
    numbers = [len(rows) > 1 and all(_is_number(row[index]) for row in rows[1:]) for index in places]
    lines = []
    for number, row in enumerate(rows):
        cells = [_padded(cell, widths[index], left=not numbers[index]) for index, cell in enumerate(row)]
        lines.append("  ".join(cells).rstrip())
        if number == 0:
            lines.append("  ".join("─" * one for one in widths))
    return "\n".join(lines)


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "", 1).removeprefix("-").isdigit()


def _padded(text: str, size: int, left: bool) -> str:
    space = " " * (size - width(text))
    return text + space if left else space + text
