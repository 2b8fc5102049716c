"""No reason without a sentence, no sentence without words."""

from __future__ import annotations

from schemas.reason_sentences import SENTENCES, is_unusable, sentence
from schemas.reasons import Effect, Reason


def test_every_reason_has_one_sentence() -> None:
    assert set(SENTENCES) == set(Reason)


def test_sentences_are_in_both_languages_and_differ() -> None:
    for reason in Reason:
        said = sentence(reason)
        assert any("\u4e00" <= letter <= "\u9fff" for letter in said.zh), reason
        assert said.en.isascii() and " " in said.en, reason
    assert len({said.zh for said in SENTENCES.values()}) == len(SENTENCES)
    assert len({said.en for said in SENTENCES.values()}) == len(SENTENCES)


def test_effects() -> None:
    assert is_unusable(Reason.WRONG_CHECK_DIGIT)
    assert sentence(Reason.SENTINEL).effect is Effect.DOUBTFUL
    assert sentence(Reason.UPGRADED_FROM_15).effect is Effect.CHANGED
