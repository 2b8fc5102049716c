"""Evidence about businesses: numbers are entities, branches are kin, a number that changes takes its records along."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from matching.rules import AnchorSource, KeyColumn, LadderRules, NameAgreement
from schemas.linkage_spec import Comparison, Decide, LinkageField, LinkageSpec, Rung
from tests.matching.townsfolk import HearingHub, Kind, hearing_hub
from values import company_name

FIELDS = {
    "name": "company_name", "uscc": "exact", "registration_number": "exact", "representative_name": "person_name",
    "address": "exact", "phone": "phone",
}  # fmt: skip
SPEC = LinkageSpec(
    entity="business",
    ladder=(Rung(("uscc",), True, ("name",), "review"),),
    block=(("name.core",), ("registration_number",), ("phone",), ("address",)),
    household=(("phone",), ("address",)),
    compare=tuple(Comparison(name, kind, name == "name") for name, kind in FIELDS.items()),
    decide=Decide(link=0.9, review=0.7, margin=3, enough=12),
    never_share=("uscc",),
    fields=tuple(LinkageField(name, kind, name, name) for name, kind in FIELDS.items()),
)
RULES = LadderRules(
    entity="business",
    keys=(KeyColumn("uscc", "uscc"), KeyColumn("registration_number", "registration_number")),
    anchors=(AnchorSource("market", "register"), AnchorSource("seal", "register")),
    rows_are_entities=False,
    name=NameAgreement(
        company_name.compare, company_name.LEVELS, frozenset({"same", "variant", "same_core"})
    ),
    model="b1",
)  # fmt: skip
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("record_id", "department", "source_table", "statement", *FIELDS)),
        ("observed_at", pa.timestamp("us")),
    ]
)
FIRST, SECOND = "大同远方金石银河泰山长江海天", "盛达昌隆兴旺恒信瑞丰华宇通源"
LINES = ("商贸", "建筑工程", "物流", "餐饮管理", "装饰工程", "汽车维修")


@dataclass(frozen=True)
class Firm:
    """A business as the register holds it."""

    uscc: str
    name: str
    representative: str
    address: str
    phone: str


def firms(count: int, seed: int = 3) -> list[Firm]:
    """Return businesses of their own names, people and places; every tenth shares address and phone with the one
    before: two businesses of one owner."""
    random, found = np.random.default_rng(seed), []
    for place in range(count):
        own = FIRST[place % len(FIRST)] + SECOND[place // len(FIRST) % len(SECOND)] + FIRST[place // 7 % len(FIRST)]
        line = LINES[int(random.integers(0, len(LINES)))]
        home = place - (place % 10 == 9)
        person = "王李张刘陈"[home % 5] + "伟芳娜敏静丽强磊军"[home // 5 % 9] + "国家民英"[home // 45 % 4]
        found.append(
            Firm(f"91{place:016d}", f"秦皇岛{own}{line}有限公司", person, f"长城路{home + 1}号", f"137{home:08d}")
        )
    return found


FIRMS = firms(280)
STRANGERS = [
    Firm(f"X{one.uscc}", f"唐山{one.name[3:]}", "孙远航郑"[place % 2 :][:2], f"远路{place}号", f"188{place:08d}")
    for place, one in enumerate(firms(6, 9))
]


def row(record_id: str, firm: Firm, department: str = "tax", **other: Any) -> dict[str, Any]:
    """Return a statement about a business; `other` values replace its own."""
    values = {
        "name": firm.name, "uscc": firm.uscc, "registration_number": None, "representative_name": firm.representative,
        "address": firm.address, "phone": firm.phone,
    }  # fmt: skip
    table = "register" if department in ("market", "seal") else "payers"
    where = {"record_id": record_id, "department": department, "source_table": table, "statement": "business"}
    return {**where, "observed_at": datetime(2026, 1, 1), **values, **other}


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> HearingHub:
    hub = hearing_hub(tmp_path_factory.mktemp("firms"), Kind(RULES, SPEC, SCHEMA))
    register = [row(f"m{place:04d}", firm, "market") for place, firm in enumerate(FIRMS)]
    hub.apply(*register, *(row(f"a{place:04d}", firm, phone=None) for place, firm in enumerate(FIRMS[:240])))
    assert hub.model is not None
    return hub


@pytest.fixture
def trained(standing: HearingHub) -> HearingHub:
    return deepcopy(standing)


def test_a_business_without_a_number_is_linked_to_the_number_of_its_register_row(trained: HearingHub) -> None:
    trained.apply(row("r1", FIRMS[250], uscc=None), row("r2", FIRMS[251], uscc=None, address=None))
    assert [trained.of(name)[:2] for name in ("r1", "r2")] == [("link", "evidence")] * 2
    assert trained.hub("r1") == trained.hub("m0250") and trained.hub("r2") == trained.hub("m0251")


def test_a_branch_is_never_its_company_although_owner_address_and_phone_agree(trained: HearingHub) -> None:
    trained.apply(row("r1", FIRMS[252], uscc=None, name=f"{FIRMS[252].name}昌黎分公司"))
    assert trained.hub("r1") != trained.hub("m0252")
    assert trained.of("r1")[0] != "link" or trained.of("r1")[1] == "provisional_evidence"


def test_two_businesses_of_one_owner_under_one_roof_stay_two(trained: HearingHub) -> None:
    one, other = FIRMS[258], FIRMS[259]
    assert (one.address, one.phone, one.representative) == (other.address, other.phone, other.representative)
    trained.apply(row("r1", one, uscc=None), row("r2", other, uscc=None))
    assert trained.hub("r1") == trained.hub("m0258") and trained.hub("r2") == trained.hub("m0259")


def test_a_number_that_the_register_holds_goes_to_no_other_by_likeness(trained: HearingHub) -> None:
    trained.apply(row("r1", FIRMS[253], uscc=FIRMS[254].uscc))
    assert trained.hub("r1") is None and trained.of("r1")[0] == "review"


def test_a_sole_trader_that_becomes_a_company_takes_along_what_evidence_had_linked(trained: HearingHub) -> None:
    """Its register row exchanges the number: one business with a history, the same hub id."""
    trained.apply(row("r1", FIRMS[255], uscc=None), row("r2", FIRMS[255]))
    before = trained.hub("r1")
    trained.apply(row("m0255", FIRMS[255], "market", uscc="919999999999999999"))
    assert trained.hub("r1") == trained.hub("r2") == trained.hub("m0255") == before
    assert trained.of("r2")[1] == "former_identifier"


def test_a_second_register_that_learns_of_a_number_makes_no_second_business(trained: HearingHub) -> None:
    trained.apply(row("s1", FIRMS[256], "seal", observed_at=datetime(2025, 1, 1)), row("r1", FIRMS[256], uscc=None))
    assert trained.hub("s1") == trained.hub("m0256") == trained.hub("r1")


def test_businesses_unknown_to_the_registers_are_grouped_among_themselves(trained: HearingHub) -> None:
    trained.apply(*(row(f"r{one}", STRANGERS[one // 2], uscc=None) for one in range(4)))
    assert trained.hub("r0") == trained.hub("r1") != trained.hub("r2") == trained.hub("r3")
    trained.apply(row("m9000", STRANGERS[0], "market"))  # the register learns of one: it keeps its id
    kept = trained.hub("r2")
    assert trained.hub("r0") == trained.hub("r1") == trained.hub("m9000") and trained.hub("r3") == kept


def increments_equal_the_whole(hub: HearingHub, seed: int) -> None:
    random = np.random.default_rng(seed)
    for _ in range(4):
        changes = {}
        for _ in range(random.integers(2, 8)):
            firm = FIRMS[random.integers(240, 280)] if random.random() < 0.6 else STRANGERS[random.integers(0, 6)]
            lost = {name: None for name in ("phone", "address", "representative_name") if random.random() < 0.2}
            lost |= {"uscc": None} if random.random() < 0.7 else {}
            lost |= {"name": f"{firm.name}卢龙分公司"} if random.random() < 0.15 else {}
            name = f"r{random.integers(0, 14):02d}"
            changes[name] = row(name, firm, **lost)
        if random.random() < 0.6:
            place = int(random.integers(240, 280))
            number = {"uscc": f"92{int(random.integers(0, 3)):016d}"} if random.random() < 0.5 else {}
            changes[f"m{place:04d}"] = row(f"m{place:04d}", FIRMS[place], "market", **number)
        gone = [f"r{one:02d}" for one in random.integers(0, 14, 2) if f"r{one:02d}" not in changes]
        hub.apply(*changes.values(), deleted=tuple(name for name in dict.fromkeys(gone) if name in hub.rows))
    whole = hub.afresh()
    assert hub.decisions() == whole.decisions()
    assert hub.partition() == whole.partition()


@pytest.mark.parametrize("seed", [0, *(pytest.param(one, marks=pytest.mark.long) for one in range(1, 40))])
def test_increments_equal_linking_at_once(trained: HearingHub, seed: int) -> None:
    increments_equal_the_whole(trained, seed)
