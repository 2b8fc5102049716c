"""The plan: what a specification will do to these tables, told before it runs.

How many candidate pairs each block rule makes by itself, and which keys are so common that they are set apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.encoding import NO_KEY
from matching.linkage import rule_counts
from matching.prepared import Prepared
from matching.text_hashes import Hashes
from schemas.linkage_spec import LinkageSpec

NAMED = 5  # crowded keys of a rule that are named


@dataclass(frozen=True)
class CrowdedKey:
    """A key that would make `pairs` pairs alone, with the `values` of the rule's fields in one of its rows."""

    fields: tuple[str, ...]
    values: tuple[object, ...]  # personal data: masked before anybody sees it
    pairs: int


@dataclass(frozen=True)
class RulePlan:
    """A rule and the pairs it makes without its crowded keys; `crowded_keys` counts them, `crowded` names the heaviest,
    and `narrowed` are the pairs that their rows make where one more field agrees."""

    rule: str
    pairs: int
    crowded_keys: int
    crowded: tuple[CrowdedKey, ...]
    narrowed: int


def plan_of(ready: Prepared, spec: LinkageSpec) -> tuple[RulePlan, ...]:
    """Return the plan of two prepared tables, or of one, in the order of the rules; nothing is compared."""
    counts = list(rule_counts(ready).items())
    plans = []
    for rule, (name, pairs), keys in zip(spec.block, counts, ready.blocks.crowded, strict=False):
        named = _named(ready, rule, np.array(keys, np.uint64)) if keys else ()
        more = sum(made for narrow, made in counts[len(spec.block) :] if narrow.rpartition(" + ")[0] == name)
        plans.append(RulePlan(name, pairs, len(keys), named, more))
    return tuple(plans)


def _named(ready: Prepared, rule: tuple[str, ...], heavy: Hashes) -> tuple[CrowdedKey, ...]:
    base, own = ready.fields.rule_keys(rule, "base"), ready.fields.rule_keys(rule, "record")
    values, rows, counts = np.unique(base, return_index=True, return_counts=True)
    mine = dict(zip(*(part.tolist() for part in np.unique(own[own != NO_KEY], return_counts=True)), strict=True))
    itself = ready.fields.itself
    fields = tuple(dict.fromkeys(word.partition(".")[0] for word in rule))
    found = []
    for place in np.flatnonzero(np.isin(values, heavy)).tolist():
        count, met = int(counts[place]), mine.get(int(values[place]), 0)
        pairs = count * (count - 1) // 2 if itself else count * met
        cells = tuple(_value(ready, field, int(rows[place])) for field in fields)
        found.append(CrowdedKey(fields, cells, pairs))
    return tuple(sorted(found, key=lambda one: -one.pairs)[:NAMED])


def _value(ready: Prepared, field: str, row: int) -> object:
    column = ready.fields.columns[field]
    code = int(column.base[row])
    return column.values[code].as_py() if code >= 0 else None


def specification_words(spec: LinkageSpec) -> list[str]:
    """Return what the specification does, line by line, Chinese first."""
    lines = [_rung_words(rung.same, rung.agree, rung.anchored, rung.otherwise) for rung in spec.ladder]
    rules = "; ".join(" + ".join(rule) for rule in spec.block)
    lines.append(f"候选 candidates: 至少一条规则全部相同 rows that agree in all of one rule: {rules}")
    lines.append(f"比较 compare: {', '.join(f'{one.field} ({one.kind})' for one in spec.compare)}")
    if rare := [one.field for one in spec.compare if one.term_frequency]:
        lines.append(f"少见的值更有分量 rare values weigh more: {', '.join(rare)}")
    lines += [
        f"替 {one.instead_of} 说话 speaks for {one.instead_of} where it agrees: {one.field}"
        for one in spec.compare
        if one.instead_of
    ]
    if distinct := [one.field for one in spec.compare if one.distinct]:
        lines.append(f"一家人也各不相同 kin share it by chance only: {', '.join(distinct)}")
    if spec.household:
        kin = "; ".join(" + ".join(rule) for rule in spec.household)
        lines.append(f"一家人只算一份证据 kin are one evidence: {kin}")
    if (decide := spec.decide) is not None:
        lines += [
            f"link: 概率 probability ≥ {decide.link:g}, 领先 ahead by {decide.margin:g} 比特 bits",
            f"review: 概率 probability ≥ {decide.review:g}",
            f"insufficient: 能证明的不足 able to prove less than {decide.enough:g} 比特 bits",
        ]
    if spec.never_share:
        lines.append(f"绝不共有 never shared by one party: {', '.join(spec.never_share)}")
    beyond = "再加一个字段 narrowed by one more field" if spec.skew.otherwise == "split" else "拒绝运行 refused"
    lines.append(f"一个键超过 a key of more than {spec.skew.at_most:,} 对 pairs: {beyond}")
    return lines


def _rung_words(same: tuple[str, ...], agree: tuple[str, ...], anchored: bool, otherwise: str) -> str:
    where = "（登记库中有 anchored in the register）" if anchored else ""
    with_ = f"且 and {' + '.join(agree)} 一致 agree" if agree else ""
    return f"阶梯 ladder: {' + '.join(same)} 相同 the same{where} {with_} → link; 否则 else {otherwise}"
