from matching.choice import REASONS as BY_EVIDENCE
from matching.decisions import REASONS as BY_LADDER
from matching.explanation_words import LEVEL_WORDS, REASON_WORDS, level_word, reason_words, short_reason
from matching.fields import NUMBER_LEVELS, PLAIN_LEVELS
from values.kinds import KINDS


def test_every_level_of_every_kind_has_words() -> None:
    levels = {level for kind in KINDS.values() for level in kind.levels} | {*NUMBER_LEVELS, *PLAIN_LEVELS}
    assert levels == set(LEVEL_WORDS)
    assert level_word("same_house") == "同户 same house"
    assert level_word("") == ""


def test_every_reason_has_words_and_an_explanation_is_told_with_its_bits() -> None:
    assert not [one for one in (*BY_EVIDENCE, *BY_LADDER) if one not in REASON_WORDS]
    told = "doubtful name=same+8.0 phone=missing kin-3.5 prior-4.7"
    words = reason_words(told, {"name": "姓名"})
    assert words.endswith("：姓名 name 相同 same +8.0；phone 缺失 missing；亲属 kin -3.5；先验 prior -4.7")
    assert words.startswith(REASON_WORDS["doubtful"])
    assert reason_words("name_disagrees", {}) == REASON_WORDS["name_disagrees"]
    assert short_reason(told) == "相像，不够确定 alike, not certain"
    assert (short_reason(""), short_reason("another_one")) == ("", "another one")
