"""Cases: what belongs into one question, in which order they come, and which judgements an answer makes."""

from __future__ import annotations

from stewardship.cases import Waiting, cases, contradictions, doubt, levels, pairs, ranked


def waiting(record: str, **facts: object) -> Waiting:
    fixed = {"entity": "person", "reason": "name_disagrees", "candidate": "P1", "group": "李娜"}
    return Waiting(record, **{**fixed, **facts})  # type: ignore[arg-type]


def test_the_same_other_name_against_the_same_entity_is_one_question() -> None:
    asked = [waiting("a", facts=1), waiting("b"), waiting("c", group="王芳"), waiting("d", candidate="P2")]
    found = cases(asked, {"P1": 4})
    assert [(one.subjects, one.records, one.facts, one.relied) for one in found] == [
        (("a", "b"), 2, 1, 4), (("c",), 1, 0, 4), (("d",), 1, 0, 0),
    ]  # fmt: skip
    assert [one.priority for one in found] == [8, 5, 1]


def test_everyone_behind_an_ambiguous_number_waits_for_one_answer_about_the_register_rows() -> None:
    behind = [waiting(name, reason="identifier_ambiguous", rows=("p1", "p2"), group=name) for name in "abc"]
    [case] = cases(behind, {})
    assert (case.kind, case.subjects, case.records) == ("register_duplicate", ("p1", "p2"), 3)
    assert pairs(case, None) == [("p1", "p2")]


def test_an_answer_is_about_each_record_and_the_one_that_stands_for_the_entity() -> None:
    [case] = cases([waiting("a"), waiting("z")], {})
    assert pairs(case, "m") == [("a", "m"), ("m", "z")]


def test_a_case_keeps_its_name_while_more_records_join_it_and_says_nothing_about_anyone() -> None:
    [before], [after] = cases([waiting("a")], {}), cases([waiting("a"), waiting("b", group="李娜")], {})
    assert before.id == after.id
    assert cases([waiting("a", group="王芳")], {})[0].id == before.id  # the name is not in it


def test_contradictions_come_first_with_their_judgements() -> None:
    found = ranked([*cases([waiting("a", facts=50)], {}), *contradictions("person", [(("a", "c"), (4, 1, 2))])])
    assert [one.kind for one in found] == ["contradiction", "review"]
    assert found[0].judgements == (4, 1, 2)


def test_what_is_in_doubt_is_another_question_once_a_value_a_level_or_the_candidate_is_another() -> None:
    told = "doubtful name=same+8.0 phone=missing kin-3.5 prior-4.7"
    assert levels(told) == "doubtful name=same phone=missing"
    pair, said = ("a", "m"), {"a": "1", "m": "2"}

    def doubted(said: dict[str, str], **facts: object) -> str:
        [case] = cases([waiting("a", **{"reason": told, **facts})], {})
        return doubt(case, pair, said)

    before = doubted(said)
    assert doubted(said, reason=told.replace("8.0", "7.5"), facts=3) == before  # another model's bits, more that waits
    others = [
        doubted({**said, "a": "3"}),
        doubted({**said, "m": "3"}),
        doubted(said, reason=told.replace("phone=missing", "phone=same+9.1")),
        doubted(said, reason=told.replace("doubtful", "close_runner_up")),
        doubted(said, candidate="P2"),
    ]
    assert len({before, *others}) == 6


def test_the_doubt_about_one_record_is_not_the_others_who_wait_with_it() -> None:
    [alone] = cases([waiting("b")], {})
    [both] = cases([waiting("b"), waiting("a", reason="name_missing")], {})
    said = {"a": "1", "b": "2", "m": "3"}
    assert both.doubts == ("name_missing", "name_disagrees")
    assert doubt(both, ("b", "m"), said) == doubt(alone, ("b", "m"), said) != doubt(both, ("a", "m"), said)
