"""The head of an address, everything before its first digit: division, town, village or road, and what is left.

A place is one only if the gazetteer lists it. A road or village that it does not list is kept by its ending and
flagged; a place that may be in several divisions leaves the division open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from functools import lru_cache

from schemas.reasons import Reason
from values.cleaned import bits
from values.gazetteer_index import NOWHERE, Codes, Place, PlaceIndex
from values.gazetteer_nation import Prefix, read_prefix, stem

_ORDER = ("division", "town", "road", "village", "community")  # which meaning of one name counts first
_TOWN = re.compile(r"(.{1,8}?(?:街道办事处|街道|镇|乡|苏木))(?!路|街|大街|道|政府|中心|卫生院|医院|小学|中学)")
_VILLAGE = re.compile(r"([^路街]{1,9}?街?村)(?!大街|路|街|道)(?:民委员会|委会)?")
_HAMLET = re.compile(r"([^路街道]{1,9}?(?:庄|屯|营|寨|沟|峪|堡|庄子|坨))$")
_ROAD = re.compile(r"(.{1,10}?(?:大街|大道|公路|(?<!铁)路|街|(?<![知报频渠通味街])道))(?![办道路街村])")
_AFTER_VILLAGE = re.compile(r"(?:村)?(?:民委员会|委会)|社区(?:居民委员会|居委会)?|居民委员会|居委会|村")
_LANE = re.compile(r"([东西南北中]段|.{1,6}?(?:巷|弄|胡同)|[甲乙丙丁]$)")
_BESIDE = re.compile(
    r"[与和及]|交叉|交汇|路口|附近|旁|对面|对过|以[东西南北]|[东西南北]侧|[东西南北]头|[东西南北]边|路[东西南北]|[东西南北]$"
)
_SOMEWHERE = re.compile(r"对面|对过|附近|旁边?$|路口|交叉|交汇|[东西南北]侧")
_MORE = re.compile(r"小区|(?=(?:[东西南北中一二三四五六七八九]|新)+[区期院里]$)")  # behind the name of an estate
_ESTATE = re.compile(
    r"(?:小区|社区|花园|家园|公寓|大厦|大楼|广场|家属院|家属楼|宿舍楼?|新村|新区|山庄|别墅|庄园|华庭|逸城|半岛|"
    r"商场|市场|商城|超市|大学|学院|中学|小学|学校|医院|酒店|宾馆|饭店|公司|部队|校区|中心|基地|码头|银行|农场|"
    r"林场|公园|营房|干休所|[苑园城湾府庭轩阁居郡院厦厂局所站港庄楼]|(?<![哪这那])里)$"
)
_CITY_TAIL = ("路", "街", "道", "港", "大")  # 秦皇岛路 would be a road, 秦皇岛港 a port
_UNIT_WORDS = ("号", "栋", "单元", "室")
_AREA = re.compile(r"市辖区|市区|城区(?!管)")
KEPT = 32_768  # heads that are remembered: about 25 MB at most


@dataclass
class Head:
    """The places of one head, "" where there is none. `open` is text that only what follows can explain."""

    division: str = ""
    town: str = ""
    town_name: str = ""
    village: str = ""
    road: str = ""
    lane: str = ""
    estate: str = ""
    open: str = ""
    rest: str = ""
    outside: bool = False
    reasons: int = 0


PARTS = tuple(part.name for part in fields(Head))


@dataclass
class _Reading:
    """Where the reading stands: the divisions still possible, and whether one was named."""

    head: Head
    text: str
    index: PlaceIndex
    at: int = 0
    stage: int = -1
    whole: str = ""  # province or city, for a text that names nothing finer
    named: str = ""  # the division named, a district before a zone
    fit: Codes | None = None
    homes: list[Codes] = field(default_factory=list)
    towns: list[Place] = field(default_factory=list)
    near: list[Codes] = field(default_factory=list)  # of towns and villages, which say what became of a retired county


@lru_cache(maxsize=KEPT)
def read_head(text: str, index: PlaceIndex) -> Head:
    """Return the places that a text without digits names, read from left to right, the longest name first.

    What was read lately is remembered, for linking asks for the same addresses several times a run; do not change it.
    """
    reading = _Reading(Head(), text, index)
    _open(reading)
    if not reading.head.outside:
        while _step(reading):
            pass
        _settle(reading)
    _structure(reading)
    if text and reading.at == len(text) and not reading.head.division and not reading.head.reasons:
        reading.head.division = reading.whole
    return reading.head


def _open(reading: _Reading) -> None:
    """Read province, city or a place of another city; leave the reading where the city's own places begin."""
    index, text, head = reading.index, reading.text, reading.head
    end, places = next(index.at(text, 0), (0, []))
    prefix = read_prefix(text)
    if end >= prefix.end and not all(place.short for place in places):
        return
    if prefix.several or (prefix.code and not _may_hold(prefix.code, index.city)):
        head.outside, head.division, reading.at = True, "" if prefix.several else prefix.code, prefix.end
        head.reasons |= bits(Reason.AMBIGUOUS_PLACE) if prefix.several else 0
        return
    reading.at = _local_start(text, prefix, index)
    if reading.at == len(text):
        reading.whole = prefix.code or index.city
    if reading.at and (area := _AREA.match(text, reading.at)):
        reading.at = area.end()


def _may_hold(code: str, city: str) -> bool:
    return bool(city) and (code.startswith(stem(city)) or city.startswith(stem(code)))


def _local_start(text: str, prefix: Prefix, index: PlaceIndex) -> int:
    """Return where the city's own places begin, behind the names of its province and of the city itself."""
    for name in index.city_names:
        behind = text.find(name, 0, max(prefix.end, len(name))) + len(name)
        if behind >= len(name) and not text.startswith(_CITY_TAIL, behind):
            return behind
    if prefix.code.endswith("0000"):
        return prefix.end
    # 河北省海港区: the prefix took a division that the city's own names must read
    return next((at for at in range(2, prefix.end) if index.names_division(text, at)), 0)


def _step(reading: _Reading) -> bool:
    """Read one listed place; say whether there was one."""
    for end, places in reading.index.at(reading.text, reading.at):
        fitting = [place for place in places if _in_turn(place, reading) and _fits(place, reading)]
        fitting = [place for place in fitting if not place.short or _confirmed(place, end, reading)]
        if fitting:
            kind = (
                min(fitting, key=lambda place: _ORDER.index(place.kind)).kind if len(fitting) > 1 else fitting[0].kind
            )
            _take([place for place in fitting if place.kind == kind], end, reading)
            return True
    return False


def _in_turn(place: Place, reading: _Reading) -> bool:
    """Divisions come first, then towns, then one road and one village or community in either order."""
    head = reading.head
    if place.kind == "division":
        return reading.stage < 1
    if place.kind == "town":
        return reading.stage < 1
    if place.kind == "road":
        return not head.road
    return not (head.village or head.estate)


def _fits(place: Place, reading: _Reading) -> bool:
    return reading.fit is None or bool(place.fit & reading.fit)


def _confirmed(place: Place, end: int, reading: _Reading) -> bool:
    """A short division needs a place of its own behind it, a village without 村 its own town before it."""
    if place.kind == "division":
        return any(
            known.fit & place.fit
            and not known.short
            and (known.kind != "division" or reading.index.is_zone(known.code))
            for _, behind in reading.index.at(reading.text, end)
            for known in behind
        )
    rest = reading.text[end:]
    return bool(reading.head.town) and place.code == reading.head.town and (not rest or not _ROAD.match(rest))


def _take(places: list[Place], end: int, reading: _Reading) -> None:
    head, first = reading.head, places[0]
    home = NOWHERE.union(*(place.home for place in places))
    fit = NOWHERE.union(*(place.fit for place in places))
    reading.fit = fit if reading.fit is None else reading.fit & fit
    reading.stage = _ORDER.index(first.kind)
    if first.kind == "division":
        if not reading.named or not reading.index.is_zone(first.code):
            reading.named = first.code
    else:
        reading.homes.append(home)
        if first.kind != "road":
            reading.near.append(home)
    if first.kind == "town":
        reading.towns = places
        head.town, head.town_name = (
            (first.code, first.name) if len(places) == 1 else ("", reading.text[reading.at : end])
        )
    elif first.kind == "village":
        head.village = first.name
    elif first.kind == "community":
        head.estate = first.name
    elif first.kind == "road":
        head.road = first.name
    reading.at = end
    if first.kind in ("village", "community") and (found := _AFTER_VILLAGE.match(reading.text, end)):
        reading.at = found.end()


def _settle(reading: _Reading) -> None:
    """Decide the division: the one named, or the only one that all places share; never one of several."""
    head, index = reading.head, reading.index
    if reading.named:
        head.division = index.standing(reading.named)
    if head.town:
        head.division = head.town[:6]
    elif reading.named and head.division != reading.named and len(near := index.narrowed(_shared(reading.near))) == 1:
        head.division = next(iter(near))
    if not head.division and reading.homes:
        shared = index.narrowed(_shared(reading.homes))
        if len(shared) == 1:
            head.division = next(iter(shared))
        else:
            head.reasons |= bits(Reason.AMBIGUOUS_PLACE)
    if not head.town and (right := [town for town in reading.towns if head.division in town.home]):
        head.town, head.town_name = right[0].code, right[0].name


def _shared(homes: list[Codes]) -> Codes:
    """Return the divisions that all have in common; those of the last where there is none (a zone and its district)."""
    shared = homes[0] if homes else NOWHERE
    for home in homes[1:]:
        shared = shared & home or home
    return shared


def _structure(reading: _Reading) -> None:
    """Read what the lists do not know by its ending; in the city itself such a place is flagged."""
    head, text = reading.head, reading.text[reading.at :]
    unlisted = 0 if head.outside or not reading.index.city else bits(Reason.UNLISTED_PLACE)
    if reading.stage < 1 and not head.estate and (found := _TOWN.match(text)):
        head.town_name, text = found[1], text[found.end() :]
        head.reasons |= unlisted
    if not (head.village or head.road or head.estate) and (found := _VILLAGE.match(text) or _HAMLET.match(text)):
        head.village, text = found[1], text[found.end() :]
        head.reasons |= unlisted
    if not head.road and (found := _ROAD.match(text)) and not _BESIDE.match(text):
        head.road, text = found[1], text[found.end() :]
        head.reasons |= unlisted
    if (head.road or head.village) and (found := _LANE.match(text)):
        head.lane, text = found[1], text[found.end() :]
    _place_left_over(head, text)


def _place_left_over(head: Head, text: str) -> None:
    """Put what no place explains where it belongs: an estate by its ending, beside a place, or open."""
    if head.estate and (more := _MORE.match(text)):
        head.estate += text[more.end() :]
    elif head.estate or _BESIDE.match(text) or _SOMEWHERE.search(text) or text.startswith(_UNIT_WORDS):
        head.rest = text
    elif len(text) > 2 and _ESTATE.search(text):
        head.estate = text
    else:
        head.open = text
