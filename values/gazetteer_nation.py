"""The divisions of the whole country at the head of an address, by the names of GB/T 2260."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from schemas.code_table import load_code_table

_GENERIC = frozenset(("市辖区", "市区", "城区", "郊区", "矿区", "县", "新区", "省直辖县级行政区划"))
_LONG_PROVINCE = {"内蒙古自治区": "内蒙古", "广西壮族自治区": "广西", "西藏自治区": "西藏"}
_LONG_PROVINCE |= {"宁夏回族自治区": "宁夏", "新疆维吾尔自治区": "新疆"}
_ROAD_ENDS = ("路", "街", "道", "大", "巷", "里")  # 河北唐山路: rather a road than two divisions
_COUNTRY = re.compile(r"(?:中华人民共和国|中国)(?=.{2})")


@dataclass(frozen=True)
class Nation:
    """`full` maps every whole name to its codes, `bare` the names of provinces and prefectures without 省 or 市."""

    full: dict[str, tuple[str, ...]]
    bare: dict[str, tuple[str, ...]]
    standing: dict[str, str]  # a retired code with one successor -> that successor
    living: frozenset[str]
    longest: dict[str, int]  # the first two letters of whole names -> the length of the longest


@dataclass(frozen=True)
class Prefix:
    """What opens an address: the finest division's code ("" for none), where it ends, whether it means several."""

    code: str
    end: int
    several: bool = False


@cache
def nation() -> Nation:
    """Return the country's divisions, retired ones included; where a name is both, the one in force counts."""
    table = load_code_table("divisions")
    living: dict[str, list[str]] = {}
    former: dict[str, dict[str, tuple[str, str]]] = {}  # name -> province -> (last year, code): the last bearer counts
    standing = {}
    for code, known in table.codes.items():
        if code.startswith("83"):  # residence permits only; the province is 71
            continue
        names = (known.label.zh, *known.former_labels)
        for name in names:
            if known.valid_to or name != known.label.zh:
                bearers = former.setdefault(name, {})
                bearers[code[:2]] = max(bearers.get(code[:2], ("", "")), (known.valid_to, code))
            else:
                living.setdefault(name, []).append(code)
        if len(known.successors) == 1:
            standing[code] = known.successors[0]
    full = {name: tuple(code for _, code in bearers.values()) for name, bearers in former.items() if len(name) > 1}
    for name, current in living.items():
        provinces = {code[:2] for code in current}
        full[name] = (*current, *(code for code in full.get(name, ()) if code[:2] not in provinces))
    bare: dict[str, list[str]] = {}
    for name, codes in full.items():
        short = _LONG_PROVINCE.get(name) or (name[:-1] if name[-1] in "省市" else name.removesuffix("地区"))
        wide = [code for code in codes if code.endswith("00")]
        if short != name and len(short) > 1 and wide:
            bare.setdefault(short, []).extend(wide)
    in_force = frozenset(code for current in living.values() for code in current)
    longest: dict[str, int] = {}
    for name in full:
        longest[name[:2]] = max(longest.get(name[:2], 0), len(name))
    return Nation(full, {name: tuple(wide) for name, wide in bare.items()}, standing, in_force, longest)


def stem(code: str) -> str:
    """Return the digits that all divisions below a code share: 13 of 130000, 1303 of 130300."""
    return code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code


def read_prefix(text: str) -> Prefix:
    """Return the divisions that open a text, each below the one before it.

    A bare name (辽宁, 唐山) counts only before a whole name below it: 唐山路南区 is a district, 河北大街 a road.
    """
    country = _COUNTRY.match(text)
    code, end = "", country.end() if country else 0
    for _ in range(4):
        step = _whole(text, end, code) or _bare(text, end, code)
        if step is None:
            break
        if step.several:
            return step
        code, end = step.code, step.end
        if text.startswith("市辖区", end):
            end += 3
    return Prefix(nation().standing.get(code, code), end)


def _whole(text: str, start: int, above: str) -> Prefix | None:
    full, shared = nation().full, stem(above)
    longest = nation().longest.get(text[start : start + 2], 0)
    for end in range(min(len(text), start + longest), start + 1, -1):
        name = text[start:end]
        codes = [code for code in full.get(name, ()) if code != above and code.startswith(shared)]
        if not codes or (name in _GENERIC and len(stem(above)) < 4):
            continue
        if len(codes) > 1:
            codes = [code for code in codes if code in nation().living] or codes
            highest = [code for code in codes if code.endswith("00")]
            codes = highest if len(highest) == 1 else codes
        return Prefix(codes[0], end, several=len(codes) > 1)
    return None


def _bare(text: str, start: int, above: str) -> Prefix | None:
    bare = nation().bare
    for end in range(min(len(text), start + 6), start + 1, -1):
        for code in bare.get(text[start:end], ()):
            if code == above or not code.startswith(stem(above)):
                continue
            below = _whole(text, end, code) or _bare(text, end, code)
            if below and not below.several:
                return Prefix(code, end)
            if above.endswith("0000") and text[end : end + 1] not in _ROAD_ENDS:
                return Prefix(code, end)
    return None
