"""Vehicle plates (机动车号牌, GA 36): 7 characters, 8 for new energy; kept without the dot: 冀C12345, 冀CD12345.

Serials hold no I and no O; what looks like one stays wrong and is never read as 1 or 0.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.reasons import Reason
from values.cleaned import Cleaned, bits
from values.identifier_likeness import LEVELS as LEVELS
from values.identifier_likeness import compare_identifiers
from values.text_column import TextColumn, with_nulls
from values.text_forms import is_number_sentinel, suspicious_form, tidy, without_spaces

_PROVINCE = "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
_ANY = "[A-HJ-NP-Z0-9]"
_FORMS = {
    "ordinary": rf"{_PROVINCE}[A-HJ-Z](?=[A-Z]*[0-9]){_ANY}{{5}}",
    # small ones open with the letter, large ones end with it; A to E are purely electric, F to K are not
    "new_energy": rf"{_PROVINCE}[A-HJ-Z](?:[A-HJK]{_ANY}[0-9]{{4}}|[0-9]{{5}}[A-HJK])",
    # police, driving school, trailer, test drive, oversize, consulate
    "special": rf"{_PROVINCE}[A-HJ-Z]{_ANY}{{4}}[警学挂试超领]",
    "hong_kong_macao": rf"粤Z{_ANY}{{4}}[港澳]",
    "embassy": r"使[0-9]{6}|[0-9]{6}使",
}
_PATTERN = re.compile("|".join(f"(?P<{name}>{form})" for name, form in _FORMS.items()))
_WHOLE = "^(?:" + "|".join(_FORMS.values()).replace("(?=[A-Z]*[0-9])", "") + ")$"
_MARKS = re.compile("[·•・･‧∙⋅●.．\\-—－_]")
_MASKED = re.compile(r".*\*+.*")
_LONGEST = 10


def clean(texts: pa.Array) -> Cleaned:
    """Return plates without dot and spaces, in capitals (null: none, or unusable), with every reason found."""
    column = TextColumn(texts)
    plain = pc.match_substring_regex(column.texts, _WHOLE).to_numpy(zero_copy_only=False)
    lettered = pc.match_substring_regex(column.texts, "[0-9]").to_numpy(zero_copy_only=False)
    values, flags = column.judged(~(plain & lettered) & ~column.empty, _judge)
    return Cleaned.of(with_nulls(values, column.empty), flags)


def _judge(text: str) -> tuple[str | None, int]:
    """Return one odd text as a plate, or None, and the reasons."""
    shown, flags = tidy(text)
    if shown is None:
        return None, flags
    if is_number_sentinel(shown):
        return None, flags | bits(Reason.SENTINEL)
    packed, flags = without_spaces(shown, flags)
    bare = _MARKS.sub("", packed)
    if bare != packed:
        flags |= bits(Reason.SEPARATOR_UNIFIED)
    if _MASKED.fullmatch(bare):
        return None, flags | bits(Reason.MASKED)
    upper = "".join(letter.upper() if letter.isascii() else letter for letter in bare)
    if upper != bare:
        flags |= bits(Reason.CASE_FOLDED)
    if _PATTERN.fullmatch(upper):
        return upper, flags
    wrong = Reason.WRONG_LENGTH if len(upper) not in (7, 8) else Reason.WRONG_CHARACTER
    return None, flags | bits(Reason.TOO_LONG if len(upper) > _LONGEST else wrong) | suspicious_form(packed)


def check(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Say, per value, whether it is a plate in clean form; null is not."""
    found = [_PATTERN.fullmatch(text) is not None for text in TextColumn(values).texts.to_pylist()]
    return np.array(found, dtype=bool)


def forms(values: pa.Array) -> pa.Array:
    """Return ordinary, new_energy, special, hong_kong_macao or embassy of each plate; null where it is none."""
    found = [_PATTERN.fullmatch(text) for text in TextColumn(values).texts.to_pylist()]
    return pa.array([one.lastgroup if one else None for one in found], pa.string())


def keys(values: pa.Array) -> dict[str, pa.Array]:
    """Return `number`: the plate itself."""
    column = TextColumn(values)
    return {"number": with_nulls(column.texts, column.empty)}


def compare(left: pa.Array, right: pa.Array) -> npt.NDArray[np.int8]:
    """Return levels: see `values.identifier_likeness`."""
    return compare_identifiers(left, right)


def mask(values: pa.Array) -> pa.Array:
    """Return province, office and the last two characters: 冀C***45; anything that is no plate all hidden."""
    column = TextColumn(values)
    shown = pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(column.texts, 0, 2), "***", pc.utf8_slice_codeunits(column.texts, -2, None), ""
    )
    return with_nulls(pc.if_else(pa.array(check(column.texts)), shown, "*****"), column.empty)
