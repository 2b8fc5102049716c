"""The nearest right word to a wrong one, for error messages."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return the choice most like `word` (letter case aside), or "" when none is close."""
    by_folded = {choice.casefold(): choice for choice in sorted(choices, reverse=True)}
    found = get_close_matches(word.casefold(), sorted(by_folded), n=1, cutoff=0.6)
    return by_folded[found[0]] if found else ""


def listed(choices: Iterable[str], limit: int = 12) -> str:
    """Return the choices as one readable line, cut after `limit`: `a, b, c …`."""
    names = list(choices)
    return ", ".join(names[:limit]) + (" …" if len(names) > limit else "")
