"""Who a fact is about: statements of the same row, or of another table's row, and what their fate does to the fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.contract import Emit, PartyMapping
from schemas.reasons import Reason
from schemas.standard import Entity
from standardise.draft import HELD, QUARANTINED, Draft, draft
from standardise.notes import Note
from standardise.plan import TablePlan
from standardise.source_text import Selection, SourceRows, any_value
from values.row_identity import source_keys

Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Candidates:
    """One role's party for each candidate fact: `record_ids` (null = none), and which facts it holds and why."""

    role: str
    record_ids: pa.Array
    held: Mask
    reason: Reason


def draft_fact(source: SourceRows, emit: Emit, plan: TablePlan, siblings: Mapping[str, Draft]) -> Draft:
    """Return the facts of one emit with their parties.

    A fact whose required party is not there (not emitted, or an empty reference) is not emitted at all; one whose party
    is quarantined, or refers to an unknown key, or that names none of its optional parties, is held.
    """
    chosen = _select(source, emit, siblings)
    found = [_candidates(source, party, chosen, plan, siblings) for party in emit.parties]
    required = {party.role for party in plan.entity(emit).parties if party.required}
    there = np.ones(len(chosen), bool)
    for candidates in found:
        if candidates.role in required:
            there &= candidates.record_ids.is_valid().to_numpy(zero_copy_only=False)
    kept = Selection(chosen.rows[there], chosen.parts[there])
    fact = draft(source, emit, plan, kept)
    for candidates in found:
        fact.parties[candidates.role] = candidates.record_ids.filter(pa.array(there))
        rows = np.flatnonzero(candidates.held[there])
        if len(rows):
            fact.holding.append(Note(candidates.role, candidates.reason, rows))
            waiting = rows[fact.states[rows] != QUARANTINED]
            fact.states[waiting] = HELD
    _hold_nobodys(fact, plan.entity(emit))
    return fact


def _hold_nobodys(fact: Draft, entity: Entity) -> None:
    """Hold facts in whose row none of several optional roles is filled, of which the standard wants at least one."""
    for group in entity.at_least_one:
        roles = [role for role in group if role in fact.parties]
        named = np.zeros(len(fact), bool)
        for role in roles:
            named |= fact.parties[role].is_valid().to_numpy(zero_copy_only=False)
        rows = np.flatnonzero(~named)
        if len(rows) and roles:
            fact.holding.append(Note(roles[0], Reason.MISSING_PARTY, rows))
            fact.states[rows[fact.states[rows] != QUARANTINED]] = HELD


def _select(source: SourceRows, emit: Emit, siblings: Mapping[str, Draft]) -> Selection:
    """Return the candidate facts: one a row, or one for each of several owners in a split cell."""
    rows = np.arange(len(source), dtype=np.int64)
    if emit.when_present:
        rows = rows[any_value(source, emit.when_present).is_valid().to_numpy(zero_copy_only=False)]
    for party in emit.parties:
        several = siblings[party.statement].chosen if not party.table else None
        if several is not None and not several.shared and not several.whole:
            within = np.isin(several.rows, rows)
            return Selection(several.rows[within], several.parts[within])
    return Selection(rows, np.zeros(len(rows), np.int64))


def _candidates(
    source: SourceRows, party: PartyMapping, chosen: Selection, plan: TablePlan, siblings: Mapping[str, Draft]
) -> Candidates:
    if party.table:
        return _referred(source, party, chosen, plan)
    sibling = siblings[party.statement]
    span = 1 + max(int(each.parts.max(initial=0)) for each in (chosen, sibling.chosen))
    wanted = chosen.rows * span + (0 if sibling.chosen.shared or sibling.chosen.whole else chosen.parts)
    have = sibling.chosen.rows * span + sibling.chosen.parts
    place = np.minimum(np.searchsorted(have, wanted), max(len(have) - 1, 0))
    missing = have[place] != wanted if len(have) else np.ones(len(wanted), bool)
    ids = sibling.record_ids.take(pa.array(place.astype(np.int64), mask=missing))
    held = np.zeros(len(wanted), bool)
    held[~missing] = sibling.states[place[~missing]] != 0
    return Candidates(party.role, ids, held, Reason.PARTY_QUARANTINED)


def _referred(source: SourceRows, party: PartyMapping, chosen: Selection, plan: TablePlan) -> Candidates:
    keys = source_keys(source.raw, party.key).take(pa.array(chosen.rows))
    ids = plan.record_ids(party.table, party.statement, keys)
    ids = pc.if_else(pc.is_valid(keys), ids, pa.scalar(None, pa.string()))
    known = (plan.known_keys or {}).get(party.table)
    if known is None:
        return Candidates(party.role, ids, np.zeros(len(keys), bool), Reason.DANGLING_REFERENCE)
    dangling = pc.and_(pc.is_valid(keys), pc.invert(pc.is_in(keys, value_set=known)))
    return Candidates(party.role, ids, dangling.to_numpy(zero_copy_only=False), Reason.DANGLING_REFERENCE)
