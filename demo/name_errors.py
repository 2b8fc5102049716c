"""How names of people go wrong: sounds, shapes, old scripts, rare characters, clerks' habits."""

from __future__ import annotations

from functools import lru_cache

from demo.names import read
from demo.number_errors import at


@lru_cache(maxsize=8)
def groups(kind: str) -> dict[str, str]:
    """Return for each character the others it is confused with."""
    return {letter: group.replace(letter, "") for group in str(read("sounds")[kind]).split() for letter in group}


def replaced(value: str, kind: str, a: float, b: float) -> str | None:
    """Return value with one confusable character replaced."""
    table = groups(kind)
    places = [place for place, letter in enumerate(value) if table.get(letter)]
    if not places:
        return None
    place = places[int(a * len(places))]
    others = table[value[place]]
    return at(value, place, others[int(b * len(others))])


def homophone(value: str, a: float, b: float, c: float) -> str | None:
    """A character of the same sound."""
    return replaced(value, "homophones", a, b)


def variant(value: str, a: float, b: float, c: float) -> str | None:
    """A variant character or a surname often confused (闫 阎)."""
    return replaced(value, "variants", a, b)


def lookalike(value: str, a: float, b: float, c: float) -> str | None:
    """A character of similar shape."""
    return replaced(value, "shapes", a, b)


@lru_cache(maxsize=1)
def traditional_table() -> dict[int, str]:
    """Return the map of simplified to traditional characters."""
    return str.maketrans(
        {pair[0]: pair[1] for pair in str(read("sounds")["traditional"]).split() if pair[0] != pair[1]}
    )


def traditional(value: str, a: float, b: float, c: float) -> str | None:
    """Traditional characters in a simplified register."""
    return value.translate(traditional_table())


def separator(value: str, a: float, b: float, c: float) -> str | None:
    """Another dot in a minority name."""
    return value.replace("·", "•・･‧∙⋅●． "[int(a * 9)]) if "·" in value else None


def swapped_order(value: str, a: float, b: float, c: float) -> str | None:
    """Given name before the surname."""
    if "·" in value:
        first, _, rest = value.partition("·")
        return f"{rest}·{first}"
    return value[1:] + value[0] if 2 < len(value) < 5 and not value.isascii() else None


def clipped(value: str, a: float, b: float, c: float) -> str | None:
    """A name cut short: the last character, or what follows the dot."""
    return value[:6] if "·" in value else value[:-1] if len(value) == 3 else None


def married_name(value: str, a: float, b: float, c: float) -> str | None:
    """A husband's surname put before the own one."""
    return "王李张刘陈"[int(a * 5)] + value if 2 <= len(value) <= 3 and not value.isascii() else None


def clerk_mark(value: str, a: float, b: float, c: float) -> str | None:
    """A clerk's habit: (补) behind names entered late, 同志 or （已故） now and then."""
    return value + ["(补)", "（补）", "(补录)", "（已故）", "*"][int(a * 5)]


def starred(value: str, a: float, b: float, c: float) -> str | None:
    """A masked name."""
    return value[0] + "*" * (len(value) - 1)


def inner_space(value: str, a: float, b: float, c: float) -> str | None:
    """Blanks that make two-character names as wide as three."""
    return f"{value[0]}{' 　'[int(a * 2)]}{value[1:]}" if len(value) == 2 else None


def rare_lost(value: str, a: float, b: float, c: float) -> str | None:
    """A rare character that the old system could not hold: a question mark, a box, or a private code point."""
    rare: str = read("names")["letters"]["rare"]
    places = [place for place, letter in enumerate(value) if letter in rare and letter != " "]
    if not places:
        return None
    private: dict[str, str] = read("sounds")["private_use"]
    letter = value[places[0]]
    return at(value, places[0], private.get(letter, "?") if a < 0.5 else "?□"[int(b * 2)])
