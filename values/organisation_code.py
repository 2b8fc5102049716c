"""Organisation codes (组织机构代码, GB 11714): eight characters and a check, alone in old numbers, inside new ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from values.cleaned import Mask

_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2], dtype=np.float32)
_CHECKS = np.frombuffer(b"0X987654321", dtype=np.uint8)  # by sum mod 11: 11 - 0 is 0, 11 - 1 is X
_WORTH = np.zeros(256, dtype=np.uint8)  # 0-9 A-Z count as 0 to 35
_WORTH[48:58] = np.arange(10)
_WORTH[65:91] = np.arange(10, 36)


def organisation_checks(matrix: npt.NDArray[np.uint8]) -> Mask:
    """Say, per row of an (n, 9) matrix of capitals and digits, whether the ninth character is the right one."""
    sums = (_WORTH[matrix[:, :8]].astype(np.float32) @ _WEIGHTS).astype(np.int32)
    right: Mask = _CHECKS[sums % 11] == matrix[:, 8]
    return right
