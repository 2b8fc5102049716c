"""What kind of value a column seems to hold: by form, and by the checksum or calendar that its kind knows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from values.kinds import KINDS

Counts = npt.NDArray[np.int64]
ENOUGH = 0.6  # of the filled rows must have the form
SURELY_NAMES, MANY_NAMES = 0.9, 15
LOOKED_AT = 20_000  # distinct values
CODES_AT_MOST, CODES_REPEAT, CODE_LENGTH = 60, 4, 20

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文欧阳司马上官诸葛肖闫付"
)
_PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
_COMPANY = (
    "公司|企业|工厂|商店|商行|超市|经营部|中心|合作社|学校|幼儿园|医院|事务所|工作室|饭店|门市|厂$|店$|行$|局$|社$|馆$"
)
_DATE = (
    r"^(1[89]|20|9[89])\d{2}([-/.年]\d{1,2}([-/.月]\d{1,2}日?)?|[01]\d[0-3]\d)"
    r"([T ]?\d{1,2}:?\d{2}(:?\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$"
)
# In the order in which a column is asked: the narrow forms first.
FORMS: tuple[tuple[str, str], ...] = (
    ("citizen_id", r"^[0-9]{17}[0-9Xx]$|^[0-9]{15}$"),
    ("uscc", r"^[0-9ANY][0-9A-Z][0-9]{6}[0-9A-Z]{10}$"),
    ("phone", r"^(\+?86-?)?1[3-9][0-9]{9}$|^0[0-9]{2,3}-?[2-9][0-9]{6,7}$"),
    ("plate", rf"^[{_PROVINCES}][A-Z][·-]?[0-9A-Z]{{5,6}}$"),
    ("vin", r"^[A-HJ-NPR-Z0-9]{17}$"),
    ("date", _DATE),
    ("company_name", _COMPANY),
    ("address", r"(省|市|区|县|旗|镇|乡|街道|村|社区|路|街|巷|道).*(号|村|组|室|楼|区|栋|单元|街|路|巷|院|弄)"),
    ("person_name", rf"^[{_SURNAMES}]\p{{Han}}{{1,3}}$|^\p{{Han}}+·\p{{Han}}+$"),
    ("integer", r"^-?[0-9]+$"),
    ("decimal", r"^-?[0-9]+[.][0-9]+$|^-?[0-9]+$"),
)
CHECKED = ("citizen_id", "uscc", "registration_number", "phone", "plate", "vin", "date")


@dataclass(frozen=True)
class Detected:
    """`kind` of the values ("text" where no form fits), the `share` of filled rows with its form, and of those the
    share that is `sound` (checksum, calendar, area code); None where the kind knows no such proof. `codes`: few values,
    often repeated."""

    kind: str
    share: float
    sound: float | None = None
    codes: bool = False


def detect(values: pa.Array, counts: Counts) -> Detected:
    """Return what the distinct `values`, held by so many rows each, seem to be."""
    rows = int(counts.sum())
    if not rows:
        return Detected("empty", 1.0)
    longest = pc.max(pc.utf8_length(values)).as_py()
    codes = len(values) <= CODES_AT_MOST and rows >= CODES_REPEAT * len(values) and longest <= CODE_LENGTH
    values, counts = values.slice(0, LOOKED_AT), counts[:LOOKED_AT]
    for kind, pattern in FORMS:
        fits = _flags(pc.match_substring_regex(values, pattern=pattern))
        share = float(counts[fits].sum() / counts.sum())
        if share < ENOUGH or (codes and kind in ("integer", "decimal", "company_name")):
            continue
        # 高中 and 金卡 begin like names: a short list of words is one of codes unless it reads like many people
        if codes and kind == "person_name" and (share < SURELY_NAMES or len(values) < MANY_NAMES):
            continue
        found = _number(values, fits, counts) if kind == "citizen_id" else kind
        return Detected(found, share, sound_share(found, values.filter(pa.array(fits)), counts[fits]), codes)
    return Detected("text", 1.0, None, codes)


def sound_share(kind: str, values: pa.Array, counts: Counts) -> float | None:
    """Return the share of rows whose value its kind accepts; None for kinds that accept any text of the form."""
    if kind not in CHECKED or not len(values):
        return None
    return float(counts[sound(kind, values)].sum() / counts.sum())


def sound(kind: str, values: pa.Array) -> npt.NDArray[np.bool_]:
    """Say for each value whether its kind, having cleaned it, accepts it."""
    cleaned = KINDS[kind].clean_with(values, {}).values
    return np.asarray(KINDS[kind].check(cleaned), bool)


def _number(values: pa.Array, fits: npt.NDArray[np.bool_], counts: Counts) -> str:
    """Fifteen digits are an old citizen id or a registration number: whichever checks out more often."""
    short = fits & _flags(pc.equal(pc.utf8_length(values), 15))
    if counts[short].sum() * 2 < counts[fits].sum():
        return "citizen_id"
    some, weights = values.filter(pa.array(short)), counts[short]
    shares = {kind: sound_share(kind, some, weights) or 0.0 for kind in ("citizen_id", "registration_number")}
    return max(shares, key=lambda kind: shares[kind])


def _flags(mask: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(mask.to_numpy(zero_copy_only=False), bool)
