"""What every reason means, for people: one sentence in each language, and what it does to the statement."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from schemas.reasons import Effect, Reason, Sentence

_CHANGED = {
    Reason.SPACES_REMOVED: ("去除了多余的空格", "needless spaces were removed"),
    Reason.WIDTH_FOLDED: ("全角字符改为半角", "full-width characters became half-width"),
    Reason.INVISIBLE_REMOVED: ("去除了不可见字符", "invisible characters were removed"),
    Reason.CONTROL_REMOVED: ("去除了控制字符", "control characters were removed"),
    Reason.PRIVATE_USE_MAPPED: ("自造区字符改为标准编码", "a private-use character got its standard code point"),
    Reason.COMPATIBILITY_FOLDED: ("兼容汉字改为标准汉字", "a compatibility character became the standard one"),
    Reason.SEPARATOR_UNIFIED: ("统一了分隔符", "the separator was written the standard way"),
    Reason.BRACKETS_UNIFIED: ("统一了括号", "brackets were written the standard way"),
    Reason.CASE_FOLDED: ("小写字母改为大写", "small letters became capitals"),
    Reason.ACCENTS_COMPOSED: ("合并了组合音标", "combining accents were joined to their letters"),
    Reason.UPGRADED_FROM_15: ("15位号码升为18位", "the 15-digit number was written as 18 digits"),
    Reason.DATE_REFORMATTED: ("日期改为标准格式", "the date was written the standard way"),
    Reason.PREFIX_REMOVED: ("去除了前缀", "a prefix was removed"),
    Reason.AREA_CODE_ADDED: ("补上了本市区号", "the city's area code was added"),
    Reason.CODE_TRANSLATED: ("部门代码换为本市代码", "the department's code became the city's"),
}
_DOUBTFUL = {
    Reason.PRIVATE_USE_UNKNOWN: ("含未知的自造区字符，原样保留", "an unknown private-use character was kept as it is"),
    Reason.NOTE_REMOVED: ("去除了经办人加注的内容", "a clerk's note was cut from the value"),
    Reason.FORMULA_LIKE: ("内容像电子表格公式", "the text looks like a spreadsheet formula"),
    Reason.MARKUP_LIKE: ("内容像网页标记", "the text looks like markup"),
    Reason.SEVERAL_VALUES: ("一格内有多个值，取第一个有效的", "of several values the first right one was kept"),
    Reason.SENTINEL: ("占位内容，视为空", "a placeholder, read as nothing"),
    Reason.BORN_BEFORE_1900: ("顺序码996至999留给19世纪生人", "sequences 996 to 999 were for people born in the 1800s"),
    Reason.TYPE_CONTRADICTED: ("号码与所填证件类型不符", "the number is of another type than stated"),
    Reason.INNER_CODE_WRONG: ("内含组织机构代码的校验码不符", "the organisation code inside fails its own check"),
    Reason.CHECK_DIGIT_DOUBTED: ("检验位不符，但并非都使用", "the check digit differs; not all makers use one"),
    Reason.EXCEL_SERIAL: ("日期是电子表格序列号", "the date is a spreadsheet serial number"),
    Reason.SEX_CONTRADICTS_NUMBER: ("性别与证件号码不符", "the sex contradicts the identity number"),
    Reason.BIRTH_CONTRADICTS_NUMBER: ("出生日期与证件号码不符", "the birth date contradicts the identity number"),
    Reason.COLUMNS_SWAPPED: ("疑似两列内容互换", "two columns seem to be swapped"),
    Reason.AMBIGUOUS_PLACE: ("同名地点不止一处，区县未定", "places of this name are in several divisions"),
    Reason.UNLISTED_PLACE: ("道路或村镇不在本市地名库内", "the road, village or town is not in the city's gazetteer"),
    Reason.UNPARSED_ADDRESS: ("地址无法解析，原样保留", "the address could not be read and was kept as it is"),
}
_UNUSABLE = {
    Reason.DAMAGED_TEXT: ("文字已损坏", "the text is damaged"),
    Reason.TOO_LONG: ("超过字段长度", "longer than the field allows"),
    Reason.MASKED: ("内容已脱敏，不能使用", "the value is masked and cannot be used"),
    Reason.MISSING_REQUIRED: ("必填项为空", "a required value is missing"),
    Reason.WRONG_LENGTH: ("号码位数不对", "the number has the wrong length"),
    Reason.WRONG_CHARACTER: ("含不允许的字符", "a character that is not allowed here"),
    Reason.WRONG_CHECK_DIGIT: ("校验码不符", "the check digit is wrong"),
    Reason.WRONG_DATE_INSIDE: ("号码内的出生日期不成立", "the birth date inside the number cannot be"),
    Reason.UNKNOWN_DIVISION: ("号码开头从未是行政区划代码", "the number opens with digits that never were a division"),
    Reason.FLOAT_DAMAGED: ("号码经浮点数处理后失真", "the number was damaged by passing through a float"),
    Reason.LOOKALIKE_X: ("末位是形似X的其他字符", "the last character only looks like X"),
    Reason.NOT_A_NAME: ("不是名称", "this is no name"),
    Reason.NAME_IS_NUMBER: ("姓名中有数字", "there are digits in the name"),
    Reason.IMPOSSIBLE_DATE: ("日期不成立或格式不明", "no such date, or no form that means one day only"),
    Reason.DATE_OUT_OF_RANGE: ("日期超出允许范围", "the date lies outside what is possible"),
    Reason.NOT_A_NUMBER: ("不是不带单位的数字", "this is no number without a unit"),
    Reason.NOT_A_PHONE: ("不是电话号码", "this is no telephone number"),
    Reason.UNKNOWN_CODE: ("代码不在代码表或对照表内", "the code is in no table or crosswalk"),
    Reason.SPLIT_MISMATCH: ("拆分出的个数与相关列不一致", "the cell splits into another count than its companion"),
    Reason.NULL_KEY: ("主键为空", "the row has no key"),
    Reason.REPEATED_KEY: ("主键重复", "the key is repeated"),
    Reason.RAGGED_ROW: ("行的列数不对", "the row has the wrong number of columns"),
    Reason.DANGLING_REFERENCE: ("引用的记录不存在", "the record it refers to does not exist"),
    Reason.PARTY_QUARANTINED: ("所需当事人记录已隔离", "a party it needs is in quarantine"),
    Reason.MISSING_PARTY: ("没有填写任何当事人", "none of the parties, of which it needs one, is named"),
}

SENTENCES: Mapping[Reason, Sentence] = MappingProxyType(
    {
        reason: Sentence(zh, en, effect)
        for effect, table in ((Effect.CHANGED, _CHANGED), (Effect.DOUBTFUL, _DOUBTFUL), (Effect.UNUSABLE, _UNUSABLE))
        for reason, (zh, en) in table.items()
    }
)


def sentence(reason: Reason) -> Sentence:
    """Return what the reason means. Every reason has a sentence: a missing one is a KeyError at the first test."""
    return SENTENCES[reason]


def is_unusable(reason: Reason) -> bool:
    """Say whether a value with this reason cannot be used."""
    return SENTENCES[reason].effect is Effect.UNUSABLE
