"""Kin among the candidates lend what the base lacks of one of them; chance levels come from what records tell."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from matching.candidates import Candidates
from matching.fields import encoded_fields
from matching.frequencies import random_levels
from matching.households import lent
from matching.model import FieldModel, Model, TermFrequencies
from matching.scoring import Scorer
from matching.weights import field_weights
from schemas.linkage_spec import Comparison, LinkageField, LinkageSpec

PLAIN = ("missing", "different", "same")


def scorer(records: dict[str, list[str | None]], base: dict[str, list[str | None]]) -> Scorer:
    spec = LinkageSpec(
        entity="person",
        compare=tuple(Comparison(name, "exact") for name in base),
        fields=tuple(LinkageField(name, "exact", name, name) for name in base),
    )
    fields = encoded_fields(pa.table(records), pa.table(base), spec, {})
    kin = {"name": (0.999, 0.001), "phone": (0.8, 0.2), "home": (0.1, 0.9)}
    models = tuple(FieldModel(name, PLAIN, (0.05, 0.95), (0.9999, 0.0001), kin[name]) for name in base)
    model = Model("person", "", "", 0.9, len(base["name"]), 2.0, models, ())
    return Scorer.of(model, fields.comparers())


RECORD = {"name": ["李明"], "phone": ["138"], "home": ["a"]}


@pytest.mark.parametrize(
    ("phones", "homes", "helped"),
    [
        ([None, "138"], ["a", "a"], True),  # the mother's phone, under one roof
        ([None, "138"], ["a", "b"], False),  # a stranger's phone
        ([None, "139"], ["a", "a"], False),  # nobody's phone here
        (["139", "138"], ["a", "a"], False),  # his own phone is known
    ],
)
def test_a_phone_that_only_kin_are_known_to_have(
    phones: list[str | None], homes: list[str | None], helped: bool
) -> None:
    asked = scorer(RECORD, {"name": ["李明", "王芳"], "phone": phones, "home": homes})
    pairs = Candidates(np.array([0, 0]), np.array([0, 1]), np.array([0, 1], np.int8))
    bits = lent(asked, pairs, asked.score(pairs.record, pairs.base))
    assert (bits[0] > 5) == helped
    assert bits[1] == 0


def test_candidates_of_two_records_lend_nothing_to_each_other() -> None:
    records = {name: values * 2 for name, values in RECORD.items()}
    asked = scorer(records, {"name": ["李明", "王芳"], "phone": [None, "138"], "home": ["a", "a"]})
    pairs = Candidates(np.array([0, 1]), np.array([0, 1]), np.array([0, 1], np.int8))
    assert lent(asked, pairs, asked.score(pairs.record, pairs.base)).tolist() == [0, 0]


def test_a_record_tells_a_kins_value_as_badly_as_the_own() -> None:
    asked = scorer(RECORD, {"name": ["李明"], "phone": ["138"], "home": ["a"]})
    model = FieldModel("home", PLAIN, (0.4, 0.6), (0.99, 0.01), (0.0, 1.0))
    weights = field_weights(model, asked.comparers[2])
    assert weights.kin is not None
    assert weights.kin[1:].tolist() == pytest.approx(np.log2([0.4 / 0.99, 0.6 / 0.01]).tolist())


@pytest.mark.parametrize(("share", "inherited"), [(0.001, False), (0.6, True)])
def test_a_rare_value_tells_of_kin_only_where_kin_inherit_it(share: float, inherited: bool) -> None:
    asked = scorer(RECORD, {"name": ["李明"], "phone": ["138"], "home": ["a"]})
    shares = {"": TermFrequencies((), (), 0.001)}
    model = FieldModel("name", PLAIN, (0.05, 0.95), (0.99, 0.01), (1 - share, share), shares)
    weights = field_weights(model, asked.comparers[0])
    assert weights.shared == (2 in weights.kin_terms) == inherited
    levels, codes = np.array([2], np.int8), np.array([0], np.int32)
    match, kin = weights.rarity(levels, codes)
    assert match.tolist() == pytest.approx([np.log2(0.01 / 0.001)])
    assert kin.tolist() == pytest.approx(match.tolist() if inherited else [0.0])


def test_chance_levels_are_those_of_records_that_tell_less_than_the_base() -> None:
    streets, numbers = [f"s{place % 10}" for place in range(2000)], list(range(2000))
    whole = [f"{street}|{number}" for street, number in zip(streets, numbers, strict=True)]
    spec = LinkageSpec(
        entity="place",
        compare=(Comparison("home", "path"),),
        fields=(LinkageField("home", "path", "home", "home"),),
    )
    fields = encoded_fields(pa.table({"home": streets}), pa.table({"home": whole}), spec, {})
    (comparer,) = fields.comparers()
    (shares,) = random_levels([comparer], False, [0.0])
    found = dict(zip(comparer.levels[1:], shares.tolist(), strict=True))
    assert found["ends_after_one"] == pytest.approx(0.1, abs=0.01)
    assert found["one_part"] < 0.001
