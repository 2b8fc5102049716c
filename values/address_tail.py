"""The tail of an address, from its first digit on, as a template: every run of digits is one `0`.

Templates are few where numbers are many, so each is read once, with care, and its parts are filled in for all rows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

DIGITS = "0"  # the mark of a run of digits in a template
_SIDE = "[甲乙丙丁戊东西南北中]"
_HIGHWAY = re.compile(r"[GSX]?(0(?:国道|省道|县道|乡道|公路|线(?!路)|号路|号街|经路|纬路|道街|马路))")
_INSTITUTION = re.compile(r"0(?:部队|分队)(?:0分队)?|0(?:医院|中学?|小学|厂|工厂|仓库|工区|农场|林场)(?=$|0)")
_PHASE = re.compile(r"(?:0|[A-Z])(?:期|区|小区)")
_LANE = re.compile(r"0(?:弄|巷|条(?:胡同)?|胡同|组|队|社|排)(?!0?号?楼)")
_NUMBER = re.compile(
    rf"(0(?:-0)?{_SIDE}?)号(?!楼(?![下上前后旁])|房|室|栋|#)([甲乙丙丁](?!单元|门|座|栋)|附0号?|之0)?(?:院(?![^0A-Z]{{1,9}}(?:0|$))|大院|门(?!市))?"
)
_ANNEX = re.compile(r"(0)附(0)号?")
_TRIPLE = re.compile(r"(0|[A-Z])-(0)-([A-Z]?0)(?:室|号|户)?$")
_FOURFOLD = re.compile(r"(0)-(0)-(0)-(0)(?:室|号|户)?$")
_PAIR = re.compile(r"([A-Z]?0-[A-Z]?0)(?:室|号|户)?$")
_BUILDING = re.compile(
    rf"([A-Z]?-?0{_SIDE}?|[A-Z]0?|{_SIDE}0?)(?:号楼(?![下上前后旁])|号栋|栋|幢|座|#楼?)|(0)楼(?=(?:0|{_SIDE})(?:单元|门))"
)
_UNIT = re.compile(rf"(0|[A-Z]|{_SIDE})(?:单元|门(?!市))")
_FLOOR = re.compile(r"((?:地下|负|-)?0)(?:层|楼)(?:-0层|-0楼)?")
_ROOM = re.compile(rf"([A-Z]?0(?:-0|{_SIDE}|[A-Z])?|{_SIDE})(?:室|号房间?|房间|户|号(?!楼))|([A-Z]?-?0[A-Z]?)(?=$)")
_UNIT_ROOM = re.compile(r"-?(0)-(0)(?:室|号|户)?$")
_NAME = re.compile(
    r"([^0A-Z#\-]{2,24}?)(?=(?:[A-Z]{1,2}|[东西南北中]区|[东西南北])?-?0|[A-Z](?:座|栋|幢|区)|"
    r"[东西南北]侧|附近|对面|旁|$)"
)
_AREA = re.compile(r"(?:[A-Z东西南北中]区|0期|0区)")
_NO_NAME = re.compile(
    r"(?:[^0]{2,4}[省市][^0]{2,5}[区县市]|地下|负|号|栋|幢|座|单元|室|层|楼|院内|附近|旁|对面|门市|底商|商铺|门脸|车库|后院|[东西南北]侧|以[东西南北])"
)
_JOINT = re.compile(r"[-之]")


@dataclass(frozen=True)
class Part:
    """One part of a template: `text` with its runs as `0`, `run` the number of the first of them."""

    text: str
    run: int

    def filled(self, runs: Sequence[str], first: int) -> str:
        """Return the part with the numbers of its address, which begin at `runs[first]`, in the place of its marks."""
        begin = first + self.run
        if self.text == DIGITS:
            return runs[begin]
        words = self.text.split(DIGITS)
        return words[0] + "".join(runs[begin + place] + word for place, word in enumerate(words[1:]))


@dataclass
class Tail:
    """The parts of a template. `pair` is 2-301 whose meaning the head decides; `bare` a number without 号."""

    parts: dict[str, Part] = field(default_factory=dict)
    pair: Part | None = None
    bare: Part | None = None
    phase: Part | None = None  # 二期, 3区: belongs to the estate before it

    @property
    def inside(self) -> bool:
        """Whether something stands here that only a building or estate has."""
        return self.pair is not None or any(name in self.parts for name in ("building", "unit", "room", "floor"))


@dataclass
class _Scan:
    text: str
    tail: Tail
    at: int = 0

    def part(self, start: int, end: int) -> Part:
        return Part(self.text[start:end], self.text.count(DIGITS, 0, start))

    def number(self, start: int, end: int) -> None:
        """Keep a house number without the word 号: 12附3, 12甲."""
        part = self.part(start, end)
        self.tail.parts["number"] = Part(part.text.replace("号", ""), part.run)

    def take(self, pattern: re.Pattern[str], name: str, group: int = 0) -> bool:
        """Read one part at the current place; say whether it was there."""
        found = pattern.match(self.text, self.at)
        if not found or name in self.tail.parts or found.end() == self.at:
            return False
        shown = next((number for number in range(1, (found.lastindex or 0) + 1) if found[number]), 0) if group else 0
        self.tail.parts[name] = self.part(*found.span(shown))
        self.at = found.end()
        return True


@lru_cache(maxsize=8_192)
def read_tail(template: str) -> Tail:
    """Return the parts of a template; what no rule reads is the part `rest`.

    What was read lately is remembered: do not change it.
    """
    scan = _Scan(template, Tail())
    if not _whole(scan):
        _front(scan)
        _name(scan)
        if not _whole(scan):
            _inside(scan)
    if scan.at < len(template):
        scan.tail.parts["rest"] = scan.part(scan.at, len(template))
    return scan.tail


def _whole(scan: _Scan) -> bool:
    """Read the forms in which all that is left is numbers and dashes: 2-3-401, 3-401, 12."""
    text, at = scan.text, scan.at
    if found := _FOURFOLD.match(text, at):
        names: tuple[str, ...] = ("building", "unit", "floor", "room")
    elif found := _TRIPLE.match(text, at):
        names = ("building", "unit", "room")
    elif found := _PAIR.match(text, at):
        scan.tail.pair, scan.at = scan.part(*found.span(1)), len(text)
        return True
    elif at == 0 and text == DIGITS:
        scan.tail.bare, scan.at = scan.part(0, 1), 1
        return True
    else:
        return False
    if any(name in scan.tail.parts for name in names):
        return False
    for place, name in enumerate(names, 1):
        scan.tail.parts[name] = scan.part(*found.span(place))
    scan.at = len(text)
    return True


def _front(scan: _Scan) -> None:
    """Read what stands before a building: highway, corps, phase, lane, number."""
    if not scan.take(_HIGHWAY, "road", 1):
        scan.take(_INSTITUTION, "estate")
    if found := _PHASE.match(scan.text, scan.at):
        scan.tail.phase, scan.at = scan.part(*found.span()), found.end()
    scan.take(_LANE, "lane")
    if found := _ANNEX.match(scan.text, scan.at):
        scan.number(found.start(), found.end())
        scan.at = found.end()
    elif found := _NUMBER.match(scan.text, scan.at):
        scan.number(found.start(), found.end(2) if found[2] else found.end(1))
        scan.at = found.end()
    if "number" in scan.tail.parts and (found := _JOINT.match(scan.text, scan.at)):
        scan.at = found.end()


def _name(scan: _Scan) -> None:
    """Read the name of an estate or house between the number and the building."""
    if "estate" in scan.tail.parts or _NO_NAME.match(scan.text, scan.at):
        return
    if found := _NAME.match(scan.text, scan.at):
        start, end = found.span(1)
        if area := _AREA.match(scan.text, end):
            end = area.end()
        scan.tail.parts["estate"] = scan.part(start, end)
        scan.at = end


def _inside(scan: _Scan) -> None:
    scan.take(_BUILDING, "building", 1)
    if scan.at and scan.text.startswith("-", scan.at):
        scan.at += 1
    if "building" in scan.tail.parts and (found := _UNIT_ROOM.match(scan.text, scan.at)):
        scan.tail.parts["unit"], scan.tail.parts["room"] = scan.part(*found.span(1)), scan.part(*found.span(2))
        scan.at = found.end()
        return
    for pattern, name in ((_UNIT, "unit"), (_FLOOR, "floor"), (_ROOM, "room")):
        if scan.text.startswith("-", scan.at) and name in ("floor", "room"):
            scan.at += 1
        scan.take(pattern, name, 1)
