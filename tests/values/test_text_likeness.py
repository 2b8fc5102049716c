"""Levels and keys of texts of any language."""

from __future__ import annotations

import pytest

from tests.values.cases import texts
from values import plain_text

PAIRS = {
    "different": [
        ("michaela", "jonathan"), ("12", "13"), ("ann", "tom"), ("销售部", "仓储科"), ("lane", "way"),
        ("!", "?"),
    ],
    "similar": [
        ("dixon", "dikson"), ("robinson", "robertson"), ("catherine", "catrina"),
    ],
    "close": [
        ("michaela", "micheala"), ("smith", "smiht"), ("2600", "2601"), ("neumann", "newmann"),
        ("秦皇岛港务局", "秦皇岛港务司"), ("stephen", "stepen"), ("jones", "jonesy"), ("kerr", "karr"),
    ],
    "same_words": [
        ("Main Street", "street, main"), ("北京 大学", "大学 北京"), ("de la Cruz", "La Cruz, de"),
        ("a b c", "c a b"),
    ],
    "same_letters": [
        ("O'Neil", "ONEIL"), ("Müller", "MULLER"), ("st. kilda", "St Kilda"), ("張偉", "张伟"), ("12-3", "123"),
        ("Łódź", "lodz"), ("ИВАНОВ", "иванов"), ("a b", "ab"),
    ],
    "same": [
        ("smith", "smith"), ("!", "!"), ("北京", "北京"),
    ],
    "missing": [
        ("smith", None), ("", "smith"), (None, None),
    ],
}  # fmt: skip


@pytest.mark.parametrize("level", plain_text.LEVELS)
def test_levels(level: str) -> None:
    pairs = PAIRS[level]
    left, right = (texts(pair[side] for pair in pairs) for side in (0, 1))
    for one, other in ((left, right), (right, left)):
        found = [plain_text.LEVELS[number] for number in plain_text.compare(one, other)]
        assert dict(zip(pairs, found, strict=True)) == dict.fromkeys(pairs, level)


def test_keys() -> None:
    keys = plain_text.keys(texts(["O'Neil, Mary-Jane", "北京 Smyth", "张伟", "!", None, "Pfister"]))
    assert keys["folded"].to_pylist() == ["ONEILMARYJANE", "北京SMYTH", "张伟", None, None, "PFISTER"]
    assert keys["words"].to_pylist() == ["JANE MARY ONEIL", "SMYTH 北京", "张伟", None, None, "PFISTER"]
    assert keys["first"].to_pylist() == ["ONE", "北京S", "张伟", None, None, "PFI"]
    assert keys["sound"].to_pylist() == ["O54M6J5", "bei jing s m y t h", "zhang wei", None, None, "P236"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Smith", "Smyth"), ("Robert", "Rupert"), ("Ashcraft", "Ashcroft"), ("Knight", "Night"), ("Philip", "Filip"),
        ("Meyer", "Maier"), ("Tymczak", "Timzak"), ("Wright", "Right"),
    ],
)  # fmt: skip
def test_words_that_sound_alike_share_the_key(one: str, other: str) -> None:
    sounds = plain_text.keys(texts([one, other]))["sound"].to_pylist()
    assert sounds[0] == sounds[1]


def test_soundex_is_the_published_one() -> None:
    published = {"Robert": "R163", "Rubin": "R15", "Ashcraft": "A261", "Tymczak": "T522", "Honeyman": "H555",
                 "Lee": "L"}  # fmt: skip
    assert dict(zip(published, plain_text.keys(texts(published))["sound"].to_pylist(), strict=True)) == published
