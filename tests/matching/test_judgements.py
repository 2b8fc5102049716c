"""Judgements as constraints: what is in force, what contradicts, and how they change."""

from __future__ import annotations

from matching.judgements import Judgement, components, constraints, contradiction_of, in_force, judged
from matching.laws import TWO_IDENTITIES
from tests.house.tree import ROOT


def said(*lines: tuple[str, str, str]) -> list[Judgement]:
    """Return a ledger of (left, right, verdict), numbered from 1."""
    return [Judgement(number, left, right, verdict) for number, (left, right, verdict) in enumerate(lines, 1)]  # type: ignore[arg-type]


def test_the_last_judgement_about_two_records_is_in_force_whichever_is_named_first() -> None:
    ledger = said(("a", "b", "same"), ("c", "d", "not_same"), ("b", "a", "unsure"), ("a", "b", "not_same"))
    assert [(one.number, one.verdict) for one in in_force(ledger, 1)] == [(1, "same")]
    assert [(one.number, one.verdict) for one in in_force(ledger, 3)] == [(2, "not_same"), (3, "unsure")]
    assert [(one.number, one.verdict) for one in in_force(reversed(ledger), 9)] == [(2, "not_same"), (4, "not_same")]


def test_unsure_and_withdrawn_constrain_nothing() -> None:
    found = constraints(in_force(said(("a", "b", "unsure"), ("c", "d", "same"), ("c", "d", "withdrawn")), 9))
    assert (found.same, found.apart, found.contradictions) == ((), (), ())


def test_a_contradiction_is_told_with_its_whole_chain_and_nobody_is_merged() -> None:
    ledger = said(("a", "b", "same"), ("b", "c", "same"), ("x", "y", "same"), ("a", "c", "not_same"))
    found = constraints(ledger)
    [contradiction] = found.contradictions
    assert (contradiction.apart.number, [one.number for one in contradiction.chain]) == (4, [1, 2])
    assert [one.number for one in found.same] == [3]
    assert [one.number for one in found.apart] == [4]


def test_every_way_between_two_records_held_apart_is_a_contradiction() -> None:
    ways = said(("a", "b", "same"), ("b", "c", "same"), ("a", "d", "same"), ("d", "c", "same"), ("a", "c", "not_same"))
    assert [len(one.chain) for one in constraints(ways).contradictions] == [2, 2]
    assert constraints(ways).same == ()


def test_what_is_proposed_is_checked_against_what_stands_but_may_supersede_it() -> None:
    standing = said(("a", "b", "same"), ("b", "c", "same"))
    found = contradiction_of(standing, Judgement(9, "c", "a", "not_same"))
    assert found is not None
    assert [one.number for one in found.chain] == [2, 1]
    assert contradiction_of(standing, Judgement(9, "b", "a", "not_same")) is None
    assert contradiction_of(standing, Judgement(9, "c", "d", "not_same")) is None
    apart = said(("a", "c", "not_same"), ("a", "b", "same"))
    assert contradiction_of(apart, Judgement(9, "b", "c", "same")) is not None


def test_only_constraints_that_became_others_reopen_their_records() -> None:
    twice = (("a", "b", "same"), ("a", "b", "same"))
    ledger = said(*twice, ("c", "d", "unsure"), ("e", "f", "same"), ("e", "f", "unsure"))
    assert judged(ledger, 1, 3).changed == frozenset()
    assert judged(ledger, 0, 1).changed == {"a", "b"}
    assert judged(ledger, 4, 5).changed == {"e", "f"}
    assert judged(ledger, 4, 5).component == {"a": 0, "b": 0, "e": 1, "f": 1}


def test_components_do_not_depend_on_the_order_of_judgements() -> None:
    ledger = said(("a", "b", "same"), ("c", "d", "same"), ("b", "c", "same"), ("x", "y", "same"))
    assert components(ledger) == components(reversed(ledger)) == [["a", "b", "c", "d"], ["x", "y"]]


def test_the_law_in_the_auditors_page_is_the_law_that_is_tested() -> None:
    assert TWO_IDENTITIES.strip() in (ROOT / "docs" / "auditor.md").read_text("utf-8")
