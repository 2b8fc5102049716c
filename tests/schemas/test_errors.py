import pickle

import pytest

from schemas import errors
from schemas.errors import (
    CityhubError,
    ConfigurationError,
    FenceLost,
    GateError,
    LakeConflict,
    LakeKeyMissing,
    PublishRefused,
    SourceDrift,
    SourceUnreachable,
    Terminal,
    Transient,
    Unbalanced,
    UnknownEntity,
)

RAISED = [
    ConfigurationError("city/a.yaml", 3, "person.nmae", "nmae", "a field", "name"),
    SourceUnreachable("tax", "tax_db", "timed out"),
    SourceDrift("tax", "tax_db", "1 column missing", diff=("- NSRMC",)),
    LakeKeyMissing("var/lake"),
    LakeConflict("links/person"),
    FenceLost("hub", 3, 4),
    Unbalanced("batch 7", "rows", 10, {"standardised": 8, "rejected": 1}),
    GateError("tax", "T", "uscc_valid", "no such column"),
    UnknownEntity("person", "130302********1234"),
    PublishRefused(12, ("golden person shrank by 40 %",)),
]


def leaves(kind: type[CityhubError]) -> list[type[CityhubError]]:
    below = kind.__subclasses__()
    return [kind] if not below else [leaf for sub in below for leaf in leaves(sub)]


def test_every_leaf_is_either_transient_or_terminal() -> None:
    undecided = [
        leaf.__name__ for leaf in leaves(CityhubError) if issubclass(leaf, Transient) == issubclass(leaf, Terminal)
    ]
    assert undecided == []


def test_the_tree_drawn_at_the_top_names_every_error() -> None:
    named = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, CityhubError)]
    drawn = set(str(errors.__doc__).split())
    assert [kind.__name__ for kind in named if kind.__name__ not in drawn] == []


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_survives_a_process_boundary_with_its_facts(error: CityhubError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert copy.__dict__ == error.__dict__


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_says_the_next_step(error: CityhubError) -> None:
    assert error.next_step
    assert str(error).endswith(error.next_step)


def test_configuration_error_renders_file_line_key_value_expected_and_nearest() -> None:
    text = str(ConfigurationError("city/tax.yaml", 12, "tables.T.key", "KYE", "a key", "KEY"))
    assert text.startswith("tax.yaml:12: tables.T.key: 'KYE': 应为 expected a key; 是否想写 did you mean 'KEY'?")


def test_a_long_value_is_cut() -> None:
    assert "x" * 78 not in str(ConfigurationError("a.yaml", 1, "k", "x" * 500, "less"))


def test_unbalanced_shows_the_sum() -> None:
    assert "10 ≠ standardised 8 + rejected 1 (= 9)" in str(RAISED[6])


def test_drift_lists_its_differences() -> None:
    assert "\n  - NSRMC" in str(RAISED[2])
