"""Which rule each reason code breaks: what standardising found in a cell becomes a few questions about its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from quality.rule import Dimension
from schemas.reasons import Reason
from schemas.standard import Severity, Text


@dataclass(frozen=True)
class ReasonGroup:
    """One question about a field: `sentence` may speak of {field} and {source}; any of `reasons` is a no.

    `severity` is the field's own where it is empty.
    """

    code: str
    sentence: Text
    purpose: Text
    dimension: Dimension
    reasons: frozenset[Reason]
    severity: Severity | None = None
    tolerance: float = 0.01

    def words(self) -> tuple[str, ...]:
        """Return the reasons as stored, sorted."""
        return tuple(sorted(reason.value for reason in self.reasons))


_FORM = frozenset(
    {
        Reason.DAMAGED_TEXT, Reason.WRONG_LENGTH, Reason.WRONG_CHARACTER, Reason.LOOKALIKE_X, Reason.NOT_A_NAME,
        Reason.NAME_IS_NUMBER, Reason.NOT_A_PHONE, Reason.NOT_A_NUMBER, Reason.IMPOSSIBLE_DATE, Reason.FORMULA_LIKE,
        Reason.MARKUP_LIKE, Reason.PRIVATE_USE_UNKNOWN, Reason.UNPARSED_ADDRESS, Reason.TOO_LONG,
    }
)  # fmt: skip

_FIELD = (
    ReasonGroup(
        "filled",
        Text("{field}不以占位内容充数", "{field} is no placeholder or mask"),
        Text("占位、脱敏的内容等于没有填", "a placeholder or a masked value is as good as nothing"),
        Dimension.COMPLETENESS,
        frozenset({Reason.SENTINEL, Reason.MASKED, Reason.MISSING_REQUIRED}),
    ),
    ReasonGroup(
        "well_formed",
        Text("{field}符合{source}的格式和长度", "{field} has the form and length of {source}"),
        Text("格式不对的值别的系统无法使用", "no system can use a value of another form"),
        Dimension.CONFORMITY,
        _FORM,
    ),
    ReasonGroup(
        "in_table",
        Text("{field}在代码表内", "{field} stands in its code table"),
        Text("表外代码无人知道含义", "nobody knows what a code outside the table means"),
        Dimension.CONFORMITY,
        _FORM | {Reason.UNKNOWN_CODE},
    ),
    ReasonGroup(
        "check_right",
        Text("{field}的校验位和内含信息成立", "the check and the inner parts of {field} are right"),
        Text("错一位的号码会指向别人，或谁也不是", "a number wrong in one digit is another person's, or nobody's"),
        Dimension.ACCURACY,
        frozenset(
            {
                Reason.WRONG_CHECK_DIGIT, Reason.WRONG_DATE_INSIDE, Reason.UNKNOWN_DIVISION, Reason.FLOAT_DAMAGED,
                Reason.INNER_CODE_WRONG, Reason.CHECK_DIGIT_DOUBTED,
            }
        ),
    ),
    ReasonGroup(
        "plausible",
        Text("{field}在可能的范围内", "{field} is within what is possible"),
        Text("不可能的日期是录入错误", "an impossible day is a slip of the hand"),
        Dimension.ACCURACY,
        frozenset({Reason.DATE_OUT_OF_RANGE, Reason.BORN_BEFORE_1900}),
    ),
    ReasonGroup(
        "agrees_in_row",
        Text("{field}与本行其他内容不矛盾", "{field} does not contradict the rest of its row"),
        Text("同一行自相矛盾，至少一处有错", "where a row contradicts itself at least one cell is wrong"),
        Dimension.CONSISTENCY,
        frozenset(
            {
                Reason.SEX_CONTRADICTS_NUMBER, Reason.BIRTH_CONTRADICTS_NUMBER, Reason.TYPE_CONTRADICTED,
                Reason.COLUMNS_SWAPPED, Reason.SPLIT_MISMATCH,
            }
        ),
    ),
    ReasonGroup(
        "in_gazetteer",
        Text("{field}能落到本市地名库", "{field} is found in the city's gazetteer"),
        Text("落不到地名的地址不能上门、不能比对", "an address without its place can neither be visited nor compared"),
        Dimension.CONSISTENCY,
        frozenset({Reason.AMBIGUOUS_PLACE, Reason.UNLISTED_PLACE}),
        "minor",
        0.05,
    ),
    ReasonGroup(
        "tidy",
        Text("{field}书写规范，无需修整", "{field} is written the standard way"),
        Text("系统已自动修整，源头仍应改正", "mended by the hub on the way; the source still holds it"),
        Dimension.CONFORMITY,
        frozenset(
            {
                Reason.SPACES_REMOVED, Reason.WIDTH_FOLDED, Reason.INVISIBLE_REMOVED, Reason.CONTROL_REMOVED,
                Reason.PRIVATE_USE_MAPPED, Reason.COMPATIBILITY_FOLDED, Reason.SEPARATOR_UNIFIED,
                Reason.BRACKETS_UNIFIED, Reason.CASE_FOLDED, Reason.ACCENTS_COMPOSED, Reason.NOTE_REMOVED,
                Reason.SEVERAL_VALUES, Reason.UPGRADED_FROM_15, Reason.DATE_REFORMATTED, Reason.EXCEL_SERIAL,
                Reason.PREFIX_REMOVED, Reason.AREA_CODE_ADDED,
            }
        ),
        "minor",
        0.05,
    ),
)  # fmt: skip

_ROW = (
    ReasonGroup(
        "key_present",
        Text("每行有主键", "every row has its key"),
        Text("没有主键的行无法追踪和更正", "a row without a key can be neither followed nor mended"),
        Dimension.COMPLETENESS,
        frozenset({Reason.NULL_KEY}),
        "critical",
        0.001,
    ),
    ReasonGroup(
        "key_unique",
        Text("主键不重复", "no key stands twice"),
        Text("同一主键两行，只能有一行是对的", "of two rows of one key at most one is right"),
        Dimension.ACCURACY,
        frozenset({Reason.REPEATED_KEY}),
        "critical",
        0.001,
    ),
    ReasonGroup(
        "row_whole",
        Text("每行列数完整", "every row has all its columns"),
        Text("错位的行每一列都不可信", "no cell of a row that slipped can be trusted"),
        Dimension.CONFORMITY,
        frozenset({Reason.RAGGED_ROW}),
        "critical",
        0.001,
    ),
)

_PARTY = (
    ReasonGroup(
        "reference_exists",
        Text("所引用的{field}存在", "the {field} it refers to exists"),
        Text("引用落空的事实无法归到任何人或单位", "a fact whose party is missing belongs to nobody"),
        Dimension.CONSISTENCY,
        frozenset({Reason.DANGLING_REFERENCE}),
        "major",
    ),
    ReasonGroup(
        "party_named",
        Text("写明了{field}等当事人之一", "one of its parties is named: {field} or another"),
        Text("没有当事人的事实无法归到任何人或单位", "a fact that names no party belongs to nobody"),
        Dimension.COMPLETENESS,
        frozenset({Reason.MISSING_PARTY}),
        "major",
    ),
)

FIELD_GROUPS: Mapping[str, ReasonGroup] = MappingProxyType({group.code: group for group in _FIELD})
ROW_GROUPS: Mapping[str, ReasonGroup] = MappingProxyType({group.code: group for group in _ROW})
PARTY_GROUPS: Mapping[str, ReasonGroup] = MappingProxyType({group.code: group for group in _PARTY})

# What breaks no rule: a code translated as the contract says, and a fact held for a party that is counted itself.
NO_FAULT = frozenset({Reason.CODE_TRANSLATED, Reason.PARTY_QUARANTINED})
