from matching.explanation_words import LEVEL_WORDS, level_word
from matching.fields import NUMBER_LEVELS, PLAIN_LEVELS
from values.kinds import KINDS


def test_every_level_of_every_kind_has_words() -> None:
    levels = {level for kind in KINDS.values() for level in kind.levels} | {*NUMBER_LEVELS, *PLAIN_LEVELS}
    assert levels == set(LEVEL_WORDS)
    assert level_word("same_house") == "同户 same house"
    assert level_word("") == ""
