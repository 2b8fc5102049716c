"""Businesses of the demo city: companies, sole traders, co-operatives and public bodies, each with a representative."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from demo import digits
from demo.names import Index, read
from demo.papers import Slot
from demo.people import People, party_ids
from demo.places import Addresses, draw_addresses, draw_divisions, gazetteer, whole
from demo.profile import Profile

SOLE, LIMITED, OWNED, SHARED, PARTNERS, SINGLE, COOPERATIVE, PUBLIC = range(8)
TYPE_CODES = ["9500", "1130", "1151", "2130", "4533", "4540", "9100", ""]
TYPE_SHARES = [0.60, 0.17, 0.12, 0.02, 0.01, 0.02, 0.02, 0.04]
INDUSTRIES = np.array([5211, 5299, 6210, 8052, 5231, 4710, 5013, 6513, 7212, 1351, 3048, 3731, 5430, 111, 411])


@dataclass(frozen=True)
class Companies:
    """A chunk of businesses, one row each; people are rows of the same chunk of residents."""

    start: int
    kind: Index
    name: pa.Array
    uscc: pa.Array  # null for most sole traders
    regno: pa.Array
    representative: Index
    previous: Index  # the representative before, or -1
    since: Index  # the day the present representative took over
    founded: Index
    state: Index  # 1 operating, 2 revoked, 3 cancelled
    capital: Index
    industry: Index
    phone: pa.Array
    sealed: npt.NDArray[np.bool_]
    address: Addresses

    def __len__(self) -> int:
        return len(self.kind)

    def ids(self, rows: Index) -> pa.Array:
        """Return the business ids (B and nine digits) of rows; -1 is null."""
        return party_ids("B", self.start, rows)


def draw_companies(random: np.random.Generator, slot: Slot, people: People, profile: Profile) -> Companies:
    """Return `slot.count` businesses led by adults among `people`."""
    count = slot.count
    kind = np.minimum(np.searchsorted(np.cumsum(TYPE_SHARES), random.random(count), side="right"), PUBLIC)
    adult = np.flatnonzero((people.age(slot.as_of) >= 20) & (people.age(slot.as_of) < 76) & (people.state < 3))
    leads = adult[(random.random((2, count)) * len(adult)).astype(np.int64)]
    founded = slot.as_of - (random.random(count) ** 1.6 * 9000).astype(np.int64) - 40
    founded = np.maximum(founded, people.birth[leads[0]] + 19 * 365)
    changed = (random.random(count) < profile.world["representative_changed"]) & (kind != SOLE)
    changed &= leads[0] != leads[1]
    since = np.where(
        changed, founded + ((slot.as_of - founded) * (0.3 + 0.65 * random.random(count))).astype(np.int64), founded
    )
    division = draw_divisions(random, count)
    state = np.searchsorted([0.82, 0.90], random.random(count)) + 1
    landline = digits.text(
        digits.join(
            digits.constant("0335-", count),
            digits.matrix(3000000 + (np.arange(count) + slot.start) * 7919 % 6000000, 7),
        )
    )
    phone = pc.if_else(pa.array(random.random(count) < 0.3), landline, people.phone.take(pa.array(leads[0])))
    uscc, regno = draw_codes(random, slot, kind, division)
    return Companies(
        start=slot.start,
        kind=kind,
        name=draw_company_names(random, kind, division),
        uscc=uscc,
        regno=regno,
        representative=leads[0],
        previous=np.where(changed, leads[1], -1),
        since=since,
        founded=founded,
        state=np.where(kind == PUBLIC, 1, state),
        capital=(10 ** (random.random(count) * 3 + 0.7)).astype(np.int64),
        industry=INDUSTRIES[(random.random(count) * len(INDUSTRIES)).astype(np.int64)],
        phone=phone,
        sealed=(kind != SOLE) & (random.random(count) < 0.93),
        address=draw_addresses(random, division),
    )


def draw_codes(random: np.random.Generator, slot: Slot, kind: Index, division: Index) -> tuple[pa.Array, pa.Array]:
    """Return credit codes (null for most sole traders) and registration numbers (null for public bodies)."""
    count, book = slot.count, gazetteer()
    identity = np.arange(slot.start, slot.start + count)
    region = book.codes[division]
    head = np.tile(np.frombuffer(b"91", dtype=np.uint8), (count, 1))
    head[kind == SOLE, 1] = ord("2")
    head[kind == COOPERATIVE, 1] = ord("3")
    head[kind == PUBLIC] = np.frombuffer(b"12", dtype=np.uint8)
    body = digits.matrix(identity * 32452843 % 10**8, 8)
    young = random.random(count) < 0.55  # newer organisation codes start with MA
    letters = digits.USCC_LETTERS[(identity[:, None] * 15485863 // 31 ** np.arange(6)) % 31]
    body = np.where(young[:, None], digits.join(digits.constant("MA", count), letters), body)
    uscc = digits.text(digits.uscc(head, region, body))
    regno = digits.text(
        digits.registration(np.where(random.random(count) < 0.3, 130300, region), identity * 15485863 % 10**8)
    )
    has_uscc = pa.array((kind != SOLE) | (random.random(count) < 0.15))
    nothing = pa.scalar(None, pa.string())
    return pc.if_else(has_uscc, uscc, nothing), pc.if_else(pa.array(kind != PUBLIC), regno, nothing)


def draw_company_names(random: np.random.Generator, kind: Index, division: Index) -> pa.Array:
    """Return names built as region + own name + trade + legal form, after the kind of business."""
    source, count = read("names"), len(kind)
    letters = pa.array(str(source["shop_letters"]).split())
    trades: dict[str, str] = source["trades"]

    def pick(words: pa.Array) -> pa.Array:
        return words.take(pa.array((random.random(count) * len(words)).astype(np.int64)))

    district = gazetteer().names.take(pa.array(division))
    own = pc.binary_join_element_wise(
        pick(letters),
        pick(letters),
        pc.if_else(pa.array(random.random(count) < 0.25), pick(letters), pa.scalar("")),
        "",
    )
    city = pick(pa.array(["秦皇岛", "秦皇岛", "秦皇岛市"]))
    trade = pick(pa.array(trades["company"].split()))
    form = pick(pa.array(["有限公司", "有限公司", "有限责任公司"]))
    limited = pc.binary_join_element_wise(city, own, trade, form, "")
    bracketed = pc.binary_join_element_wise(own, pa.scalar("（秦皇岛）"), trade, pa.scalar("有限公司"), "")
    limited = pc.if_else(pa.array(random.random(count) < 0.06), bracketed, limited)
    shop = pc.binary_join_element_wise(
        pick(pa.array(["秦皇岛市", ""])), district, own, pick(pa.array(trades["shop"].split())), ""
    )
    shared = pc.binary_join_element_wise(city, own, trade, pa.scalar("股份有限公司"), "")
    partners = pc.binary_join_element_wise(city, own, pa.scalar("企业管理合伙企业（有限合伙）"), "")
    works = pc.binary_join_element_wise(district, own, pick(pa.array(["加工厂", "制品厂", "经营部"])), "")
    coop = pc.binary_join_element_wise(
        district, own, pick(pa.array(trades["coop"].split())), pa.scalar("专业合作社"), ""
    )
    ordinal = whole((random.random(count) * 12 + 1).astype(np.int64), "")
    public = pc.binary_join_element_wise(
        pa.scalar("秦皇岛市"), district, own, pa.scalar("第"), ordinal, pick(pa.array(trades["public"].split())), ""
    )
    return pc.choose(pa.array(kind), shop, limited, limited, shared, partners, works, coop, public)
