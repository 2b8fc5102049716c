"""Never the same: levels of likeness that say "another party", however much else agrees.

A branch shares owner, address and phone with its company and is an entity of its own: evidence must not add up to one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from matching.comparing import Levels
from matching.scoring import Scorer

NEVER = frozenset({"other_branch"})


def never_same(scorer: Scorer, levels: Sequence[Levels]) -> npt.NDArray[np.bool_]:
    """Return, per pair, whether the level of any field rules out that both are one party."""
    found = np.zeros(len(levels[0]) if levels else 0, bool)
    for comparer, level in zip(scorer.comparers, levels, strict=True):
        for place, name in enumerate(comparer.levels):
            if name in NEVER:
                found |= level == place
    return found
