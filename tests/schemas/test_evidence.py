"""The chain: whole as made, and every change, gap or swap is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schemas.evidence import EvidenceEntry, canonical_json, chained, faults_of

STAMP = ("2026-06-30T00:00:00+00:00", "run")


def chain(length: int = 4) -> list[EvidenceEntry]:
    made: list[EvidenceEntry] = []
    for number in range(length):
        made.append(chained(made[-1] if made else None, "report", str(number), {"q": number}, STAMP))
    return made


def test_a_chain_as_made_is_whole() -> None:
    made = chain()
    assert faults_of(made, [(one.seq, one.hash) for one in made]) == []
    assert faults_of([]) == []


@pytest.mark.parametrize("field", ["kind", "subject", "body_sha256", "recorded_at", "run_id", "previous", "hash"])
def test_one_changed_character_anywhere_is_found(field: str) -> None:
    made = chain()
    value = getattr(made[1], field)
    made[1] = replace(made[1], **{field: value[:-1] + ("1" if value[-1] == "0" else "0")})
    assert faults_of(made)


def test_a_changed_body_is_found() -> None:
    made = chain()
    made[2] = replace(made[2], body='{"q":9}')
    assert "内容被改动" in " ".join(faults_of(made))


def test_what_is_taken_away_is_found() -> None:
    made = chain()
    anchors = [(one.seq, one.hash) for one in made]
    assert faults_of([*made[:1], *made[2:]])
    assert faults_of(made[:-1], anchors)  # the end: only the anchor knows of it
    assert faults_of(made[1:])


def test_a_chain_made_again_does_not_fit_its_anchors() -> None:
    anchors = [(one.seq, one.hash) for one in chain()]
    forged: list[EvidenceEntry] = []
    for number in range(4):
        forged.append(chained(forged[-1] if forged else None, "report", str(number), {"q": 100}, STAMP))
    assert faults_of(forged) == []
    assert len(faults_of(forged, anchors)) == 4


def test_canonical_json_is_one_text_for_equal_values() -> None:
    assert canonical_json({"b": 1, "a": "中"}) == canonical_json({"a": "中", "b": 1}) == '{"a":"中","b":1}'
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"x": float("nan")})
