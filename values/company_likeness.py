"""How alike two names of businesses are, part by part: division, own name (字号), industry, legal form, branch.

Levels from low to high:

* `other_branch`: the same company but one is a branch, or they are two branches: kin, and never the same;
* `similar_own_name`: the own names, of two characters or more, sound or look alike, or those of three or more differ in
  one character, and the industries do not differ;
* `same_own_name`: industry and form differ, or one side has none;
* `same_own_and_industry`: the legal form differs (商贸有限公司, 商贸经营部);
* `slip`: the whole names, of six characters or more, sound or look alike (光福, 光富; 文化, 文北雯化): a clerk's slip;
* `same_core`: the division (秦皇岛市, 秦皇岛, none) or the spelling of the form (有限责任公司, 有限公司) differs;
* `variant`: brackets, marks, case, variant and traditional characters aside;
* `same`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from values.cleaned import Mask
from values.company_parts import CompanyParts, cut_company
from values.fingerprints import Fingerprints, Prints
from values.levels import DIFFERENT, CompareRows, Levels, Rows
from values.lookalikes import shape_table
from values.name_keys import folded_points
from values.pinyin import reading_table
from values.text_column import CodePoints, TextColumn

LEVELS = (
    "missing", "different", "other_branch", "similar_own_name", "same_own_name", "same_own_and_industry", "slip",
    "same_core", "variant", "same",
)  # fmt: skip
OTHER_BRANCH, SIMILAR, SAME_OWN, SAME_OWN_AND_INDUSTRY, SLIP, SAME_CORE, VARIANT, SAME = range(2, 10)

_PLACES = 6  # characters of own names that are compared one by one
_LONG = 6  # characters of a whole name: a shorter one is soon like another business's


@dataclass(frozen=True)
class CompanyFeatures:
    """Fingerprints of the folded parts of distinct names, a row each; 0 where a name has no such part."""

    whole: Prints
    whole_sound: Prints
    whole_shape: Prints
    lengths: npt.NDArray[np.int64]
    own: Prints
    own_sound: Prints
    own_shape: Prints
    own_letters: npt.NDArray[np.uint32]  # (names, _PLACES), 0 behind the end
    own_lengths: npt.NDArray[np.int64]
    industry: Prints
    form: Prints
    branch: Prints

    @classmethod
    def of(cls, names: pa.Array, regions: tuple[str, ...]) -> CompanyFeatures:
        """Return the features of the names; `regions` as in `company_name.keys`."""
        cut = [cut_company(name or "", regions) for name in names.to_pylist()]
        whole, own = folded_points(TextColumn(names)), folded_points(TextColumn(_texts(cut, "own_name")))
        return cls(
            *_sounds_and_looks(whole),
            whole.lengths,
            *_sounds_and_looks(own),
            _first_letters(own),
            own.lengths,
            *(_prints(_texts(cut, part)) for part in ("industry", "form_class", "branch")),
        )


def _texts(cut: list[CompanyParts], part: str) -> pa.StringArray:
    return pa.array([getattr(one, part) for one in cut], pa.string())


def _sounds_and_looks(points: CodePoints) -> tuple[Prints, Prints, Prints]:
    """Return fingerprints of each text, of how it sounds and of how it looks."""
    prints, readings = Fingerprints(points), reading_table()[0][points.points]
    sounds = np.where(readings == 0, points.points.astype(np.int64) + len(reading_table()[1]), readings)
    return prints.rows, prints.of(sounds), prints.of(shape_table()[points.points])


def _prints(texts: pa.Array) -> Prints:
    return Fingerprints(folded_points(TextColumn(texts))).rows


def _first_letters(points: CodePoints) -> npt.NDArray[np.uint32]:
    table = np.zeros((len(points), _PLACES), dtype=np.uint32)
    for place in range(_PLACES):
        there = np.flatnonzero(points.lengths > place)
        table[there, place] = points.points[points.starts[there] + place]
    return table


def likeness(values: pa.Array, *, regions: tuple[str, ...] = ()) -> CompareRows:
    """Return a comparison of rows of `values` that differ and are there; each value is cut into parts once."""
    features = CompanyFeatures.of(values, regions)

    def compare_rows(left: Rows, right: Rows) -> Levels:
        def same(part: Prints) -> Mask:
            found: Mask = part[left] == part[right]
            return found

        levels = np.full(len(left), DIFFERENT, dtype=np.int8)
        industry, form, branch = same(features.industry), same(features.form), same(features.branch)
        either = industry | (features.industry[left] == 0) | (features.industry[right] == 0)
        own = same(features.own) & (features.own_lengths[left] > 1)
        levels[_similar(features, left, right) & either] = SIMILAR
        levels[own] = SAME_OWN
        levels[own & industry] = SAME_OWN_AND_INDUSTRY
        slip = same(features.whole_sound) | same(features.whole_shape)
        slip &= np.minimum(features.lengths[left], features.lengths[right]) >= _LONG
        levels[slip] = SLIP
        levels[own & industry & form] = SAME_CORE
        levels[(levels >= SIMILAR) & ~branch & ~slip] = DIFFERENT
        levels[own & industry & ~branch] = OTHER_BRANCH
        levels[same(features.whole) & (features.whole[left] != 0)] = VARIANT
        return levels

    return compare_rows


def _similar(features: CompanyFeatures, left: Rows, right: Rows) -> Mask:
    """The own names sound or look alike, or one character of three or more is another."""
    lengths_a, lengths_b = features.own_lengths[left], features.own_lengths[right]
    alike = features.own_sound[left] == features.own_sound[right]
    alike |= features.own_shape[left] == features.own_shape[right]
    found: Mask = alike & (lengths_a > 1) & (lengths_b > 1)
    near = (lengths_a == lengths_b) & (lengths_a >= 3) & (lengths_a <= _PLACES)
    rows = np.flatnonzero(near & ~found)
    unlike = (features.own_letters[left[rows]] != features.own_letters[right[rows]]).sum(axis=1)
    found[rows] = unlike == 1
    return found
