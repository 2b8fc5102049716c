"""How good the links are: what was decided on which evidence, and what a clerical sample says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from quality.intervals import Estimate, stratified, wilson

Verdict = Literal["same", "different", "unsure"]
# As clerks write it, in either language.
VERDICTS: Mapping[str, Verdict] = {
    "same": "same", "同一": "same", "different": "different", "非同一": "different", "不同": "different",
    "unsure": "unsure", "不确定": "unsure",
}  # fmt: skip
LINKED = "link"


@dataclass(frozen=True)
class Stratum:
    """Decisions of one kind on one class of evidence in one entity, and what a sample of them showed.

    `size` decisions stand; of those judged, `same` were the same party as the linked (or candidate) entity,
    `different` were not; `unsure` count for neither.
    """

    entity: str
    decision: str
    evidence: str
    size: int
    same: int = 0
    different: int = 0
    unsure: int = 0

    @property
    def name(self) -> str:
        return f"{self.entity}/{self.decision}/{self.evidence}"

    @property
    def share_same(self) -> Estimate | None:
        """Of links their precision; of all other decisions the share that should have been links."""
        return wilson(self.same, self.same + self.different)


def precision(strata: Sequence[Stratum]) -> Estimate | None:
    """Return the share of links that are right; None before a sample of links was judged."""
    linked = [(one.size, one.same, one.same + one.different) for one in strata if one.decision == LINKED]
    return stratified(linked)


def recall(strata: Sequence[Stratum]) -> Estimate | None:
    """Return the share of true pairs that are linked, among records that were decided; None before both are known.

    Only records with a candidate can show a missed link; pairs that no rule ever brought together are beyond any
    sample of decisions. The interval takes the low end of one side with the high end of the other.
    """
    others = [one for one in strata if one.decision != LINKED]
    right = precision(strata)
    missed = stratified([(one.size, one.same, one.same + one.different) for one in others])
    if right is None or missed is None:
        return None
    links, rest = sum(one.size for one in strata if one.decision == LINKED), sum(one.size for one in others)

    def share(true: float, lost: float) -> float:
        found = true * links
        return found / (found + lost * rest) if found + lost * rest else 1.0

    return Estimate(
        share(right.value, missed.value), share(right.low, missed.high), share(right.high, missed.low),
        right.sample + missed.sample,
    )  # fmt: skip


def allotted(strata: Sequence[Stratum], size: int, least: int = 10) -> dict[str, int]:
    """Return how many of each stratum to draw: `least` of each (or all there are), the rest by size.

    Rare classes of evidence are where links go wrong: without a floor a proportional sample never sees them.
    """
    first = {one.name: min(one.size, least) for one in strata}
    left = max(size - sum(first.values()), 0)
    room = {one.name: one.size - first[one.name] for one in strata}
    total = sum(room.values())
    if not total:
        return first
    more = {name: min(count, left * count // total) for name, count in room.items()}
    return {name: first[name] + more[name] for name in first}
