"""Choice: of all candidates of a record the likeliest, and whether it is linked, reviewed, new, or says too little."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.candidates import Candidates
from matching.households import lent
from matching.scoring import Rows, Scored, Scorer, group_starts, logits, probabilities
from matching.weights import Bits
from schemas.linkage_spec import Decide

LINK, REVIEW, NEW, INSUFFICIENT = range(4)
DECISIONS = ("link", "review", "new", "insufficient")

_NEGLIGIBLE = 1e-7

# Why a decision was taken; the words are in matching/explanation.py.
REASONS = (
    "evidence",  # link: likely enough and far enough ahead
    "doubtful",  # review: likely, not likely enough
    "close_runner_up",  # review: two candidates are about as likely
    "no_candidate",  # new: nothing shares a block key
    "unlike_all",  # new: candidates, none likely
    "little_evidence",  # insufficient
    "taken",  # review: one-to-one, and another record has the candidate
)
EVIDENCE, DOUBTFUL, CLOSE, NO_CANDIDATE, UNLIKE, LITTLE, TAKEN = range(len(REASONS))


@dataclass(frozen=True)
class Choices:
    """Per record row of a range, in order: `best` candidate's base row (-1 none), its probability, weight and `margin`
    to the runner-up in bits (infinite without one), its place among the candidates (-1 none), decision and reason."""

    first_row: int
    best: Rows
    probability: Bits
    weight: Bits
    margin: Bits
    place: Rows
    decision: npt.NDArray[np.int8]
    reason: npt.NDArray[np.int8]

    def decisions(self) -> pa.Array:
        return pa.array(DECISIONS, pa.string()).take(pa.array(self.decision))

    def reasons(self) -> pa.Array:
        return pa.array(REASONS, pa.string()).take(pa.array(self.reason))


@dataclass(frozen=True)
class Ranked:
    """The likeliest candidate of every record row of a range, before any decision; arrays as in Choices.

    `likely` is the probability that any candidate is the one: two equally likely twins share it.
    """

    best: Rows
    probability: Bits
    likely: Bits
    weight: Bits
    margin: Bits
    place: Rows


def rank(scorer: Scorer, candidates: Candidates, scored: Scored, start: int, stop: int) -> Ranked:
    """Return the likeliest candidate of each record row from `start` to `stop`; candidates are ordered by record row.

    Probabilities are calibrated. Of equally likely candidates the first base row counts as best, with margin 0.
    """
    count = stop - start
    best, place = np.full(count, -1, np.int64), np.full(count, -1, np.int64)
    probability, likely, weight = np.zeros(count), np.zeros(count), np.zeros(count)
    margin = np.full(count, np.inf)
    starts = group_starts(candidates.record)
    if len(starts):
        scored = replace(scored, match=scored.match + lent(scorer, candidates, scored))
        match, kin = scorer.odds(scored, candidates.record)
        sizes = np.diff(np.append(starts, len(match)))
        rows = candidates.record[starts] - start
        top = np.maximum.reduceat(match, starts)
        is_top = match == np.repeat(top, sizes)
        firsts = np.flatnonzero(is_top)
        chosen = firsts[np.searchsorted(firsts, starts)]
        kin = _without_shared(scorer, candidates, kin, np.repeat(chosen, sizes), np.repeat(top, sizes))
        everything = np.add.reduceat(match, starts) + np.add.reduceat(kin, starts) + 1.0
        rest = match.copy()
        rest[chosen] = 0.0
        second = np.maximum.reduceat(rest, starts)
        with np.errstate(divide="ignore"):
            margin[rows] = np.where(second > 0, np.log2(top) - np.log2(second), np.inf)
        best[rows], place[rows], weight[rows] = candidates.base[chosen], chosen, scored.match[chosen]
        apply = scorer.model.calibration.apply
        probability[rows] = probabilities(apply(logits(top / everything)))
        likely[rows] = probabilities(apply(logits(np.add.reduceat(match, starts) / everything)))
    return Ranked(best, probability, likely, weight, margin, place)


def _without_shared(scorer: Scorer, candidates: Candidates, kin: Bits, chosen: Rows, top: Bits) -> Bits:
    """Return the odds of kinship without those of candidates that are kin of the chosen one. Odds too small to matter
    are not looked at."""
    others = np.flatnonzero((kin > top * _NEGLIGIBLE) & (np.arange(len(kin)) != chosen))
    if not len(others):
        return kin
    shared = scorer.base_kin(candidates.base[others], candidates.base[chosen[others]])
    kept = kin.copy()
    kept[others[shared]] = 0.0
    return kept


def choose(scorer: Scorer, ranked: Ranked, decide: Decide, start: int, possible: Bits) -> Choices:
    """Return the decision of each record row. `possible`: what its evidence can prove at most, in bits."""
    enough = possible + scorer.prior(slice(start, start + len(possible))) >= decide.enough
    decision = np.where(enough, NEW, INSUFFICIENT).astype(np.int8)
    reason = np.where(ranked.place < 0, NO_CANDIDATE, UNLIKE).astype(np.int8)
    reason[~enough] = LITTLE
    doubtful = ranked.likely >= decide.review
    close = ranked.margin < decide.margin
    link = (ranked.probability >= decide.link) & ~close
    decision[doubtful], reason[doubtful] = REVIEW, DOUBTFUL
    reason[doubtful & close] = CLOSE
    decision[link], reason[link] = LINK, EVIDENCE
    # What could not be proved even if all agreed is not for a person to stare at.
    little = doubtful & ~link & ~enough
    decision[little], reason[little] = INSUFFICIENT, LITTLE
    return Choices(start, ranked.best, ranked.probability, ranked.weight, ranked.margin, ranked.place, decision, reason)


def one_to_one(choices: Choices) -> Choices:
    """Return choices in which each base row is linked at most once: the likeliest keeps it, others go to review."""
    linked = np.flatnonzero(choices.decision == LINK)
    order = linked[np.lexsort((linked, -choices.weight[linked], -choices.probability[linked]))]
    _, firsts = np.unique(choices.best[order], return_index=True)
    losers = np.setdiff1d(order, order[firsts])
    decision, reason = choices.decision.copy(), choices.reason.copy()
    decision[losers], reason[losers] = REVIEW, TAKEN
    return Choices(
        choices.first_row,
        choices.best,
        choices.probability,
        choices.weight,
        choices.margin,
        choices.place,
        decision,
        reason,
    )
