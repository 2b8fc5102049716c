"""From a column's name to fields of the standard: identifiers, dictionaries, labels, pinyin initials, English words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from profiling.known_names import KNOWN, WORDS
from schemas.standard import Standard
from values.pinyin import reading_table

HAN = re.compile(r"[\u3400-\u9fff]")
_NOT_NAME = re.compile(r"[^0-9A-Z\u3400-\u9fff]")


@dataclass(frozen=True)
class NameMatch:
    """One field that a name suggests, how strongly (0 to 1), and why."""

    entity: str
    field: str
    score: float
    reason: str


class NameIndex:
    """All names that the standard's fields are known by."""

    def __init__(self, standard: Standard) -> None:
        self._terms: dict[str, list[NameMatch]] = {}
        for entity in standard.entities.values():
            for field in entity.fields:
                place = (entity.name, field.name)
                # a fact's own fields are found by narrow names only: "kind" or "status" is anything's
                weak = 0.0 if not entity.is_fact else 0.15
                self._add(place, [field.identifier], 0.95, "标准标识符 identifier of the standard")
                self._add(place, [field.label.zh], 0.95 - weak, "标准名称 label of the standard")
                why = f"拼音首字母 pinyin initials of {field.label.zh}"
                self._add(place, [initials(field.label.zh)], 0.6 - weak, why)
                if not entity.is_fact:
                    self._add(place, [field.name], 0.85, "英文名 English name")
        self._add_known()

    def find(self, name: str) -> list[NameMatch]:
        """Return the fields that `name` suggests, best first: by the whole name, else by a part of it."""
        key = _key(name)
        whole = _best(self._terms.get(key, []))
        if whole:
            return whole
        parts = [part for part in re.split(r"[_\W]+", name.upper()) if len(part) > 1]
        found = [one for part in parts for one in self._terms.get(_key(part), [])]
        if HAN.search(name):
            found += [one for term, ones in self._terms.items() if _inside(term, key) for one in ones]
        weaker = [replace(one, score=one.score * 0.65, reason=f"{one.reason}（部分 in part）") for one in found]
        return _best(weaker)

    def _add_known(self) -> None:
        for place, words in KNOWN.items():
            entity, field = place.split(".")
            self._add((entity, field), words.split(), 0.9, "部门常用列名 known departmental column")
        for place, words in WORDS.items():
            entity, field = place.split(".")
            for word in words.split():
                if HAN.search(word):
                    self._add((entity, field), [word], 0.9, f"同义词 another word: {word}")
                    self._add((entity, field), [initials(word)], 0.7, f"拼音首字母 pinyin initials of {word}")
                    self._add((entity, field), [spelled(word)], 0.8, f"拼音 pinyin of {word}")
                else:
                    self._add((entity, field), [word], 0.75, f"英文词 English word {word}")

    def _add(self, place: tuple[str, str], terms: Iterable[str], score: float, reason: str) -> None:
        for term in terms:
            if len(_key(term)) > 1:
                self._terms.setdefault(_key(term), []).append(NameMatch(*place, score, reason))


def initials(text: str) -> str:
    """Return the pinyin initials of the ideographs of a text: 姓名 → xm."""
    return "".join(reading[0] for reading in _readings(text) if reading)


def spelled(text: str) -> str:
    """Return the pinyin of a text without tones: 姓名 → xingming."""
    return "".join(_readings(text))


def _readings(text: str) -> list[str]:
    index, readings = reading_table()
    return [readings[int(index[ord(letter)])].as_py() for letter in text if HAN.match(letter)]


def _key(name: str) -> str:
    return _NOT_NAME.sub("", name.upper())


def _inside(term: str, key: str) -> bool:
    return bool(HAN.search(term)) and len(term) > 1 and term in key


def _best(found: list[NameMatch]) -> list[NameMatch]:
    """Return the strongest match of each field, strongest first."""
    best: dict[tuple[str, str], NameMatch] = {}
    for one in sorted(found, key=lambda match: (-match.score, match.entity, match.field, match.reason)):
        best.setdefault((one.entity, one.field), one)
    return list(best.values())
