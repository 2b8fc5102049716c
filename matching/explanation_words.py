"""Every reason and level in words, Chinese first."""

from __future__ import annotations

import re
from collections.abc import Mapping

REASON_WORDS = {
    "evidence": "证据充分且领先其他候选 the evidence is enough and well ahead of any other candidate",
    "doubtful": "可能是同一方，但不够确定 likely the same, not certain enough",
    "close_runner_up": "另有一个几乎同样可能的候选 another candidate is about as likely",
    "no_candidate": "没有可比的候选 nothing to compare it with",
    "unlike_all": "与所有候选都不像 unlike every candidate",
    "little_evidence": "字段太少，无法判断 too few fields to say",
    "refused": "与不可共有的标识或人工判断冲突 a field that is never shared, or a judgement, is against it",
    "taken": "该候选已归另一条更可能的记录 another, likelier record has this candidate",
    "ladder": "标识符相同且姓名一致 the identifier is the same and the name agrees",
    "ladder_disagrees": "标识符相同但姓名不一致 the identifier is the same, the name is not",
    "ladder_ambiguous": "多条登记共用该标识符 several rows hold this identifier",
    "name_disagrees": "号码相同但姓名不一致 the number is the same, the name is not",
    "name_missing": "号码相同但没有姓名 the number is the same, there is no name",
    "no_identifier": "没有可用的号码 no number to go by",
    "identifier_ambiguous": "底册多条登记持有该号码 several register rows hold the number",
    "judged_same": "人工判定相同 judged the same",
    "judged_not_same": "人工判定不同，归属未定 judged not the same; where it belongs is open",
    "number_one_character": "其余相同，号码差一位 all else agrees, the numbers are one character apart",
    "number_transposed": "其余相同，号码相邻两位颠倒 all else agrees, two neighbours of the number are swapped",
}

# Why a person has to decide, in a few words for a table.
SHORT_REASONS = {
    "doubtful": "相像，不够确定 alike, not certain",
    "close_runner_up": "候选相近 two as likely",
    "taken": "候选已归他人 candidate taken",
    "refused": "与限制冲突 held against",
    "name_disagrees": "同号异名 another name",
    "name_missing": "有号无名 no name",
    "no_identifier": "没有号码 no number",
    "identifier_ambiguous": "一号多户 held by several",
    "judged_not_same": "判为不同 judged apart",
    "number_one_character": "号码差一位 one digit",
    "number_transposed": "号码颠倒两位 two swapped",
}
TERMS = {"kin": "亲属 kin", "prior": "先验 prior"}  # what else an explanation adds up

# The levels of every kind of value; a test finds the one that has no words.
LEVEL_WORDS = {
    "missing": "缺失 missing",
    "different": "不同 different",
    "same": "相同 same",
    "similar": "相似 similar",
    "close": "接近 close",
    "same_words": "词相同 same words",
    "same_letters": "仅标点大小写不同 same letters",
    "one_character": "差一个字符 one character",
    "two_characters": "差两个字符 two characters",
    "transposed": "相邻两位颠倒 two neighbours swapped",
    "other_form": "同号异写 same number, other form",
    "same_surname": "同姓 same surname",
    "same_given": "同名不同姓 same given name",
    "near_sound": "音近 sounds alike",
    "same_sound": "同音 same sound",
    "slip": "笔误 a slip",
    "shape": "形近 looks alike",
    "subset": "长名的一部分 part of a long name",
    "variant": "异体字 variant characters",
    "other_branch": "另一分支 another branch",
    "similar_own_name": "字号相似 similar own name",
    "same_own_name": "字号相同 same own name",
    "same_own_and_industry": "字号和行业相同 same own name and industry",
    "same_core": "去掉区划后相同 same without the division",
    "year_alone": "仅年份相同 same year",
    "same_month": "年月相同 same month",
    "one_digit": "差一位数字 one digit",
    "year_slip": "年份笔误 a slip of the year",
    "day_and_month_swapped": "月日颠倒 day and month swapped",
    "lunar": "农历相差 lunar calendar",
    "same_local": "无区号时相同 same without the area code",
    "same_town": "同乡镇 same town",
    "other_number": "同路不同号 same road, another number",
    "same_road": "同路，一方未写门牌 same road, one tells no number",
    "other_building": "同门牌不同楼 same number, another building",
    "same_number": "同门牌，一方未写楼 same number, one tells no building",
    "other_room": "同楼不同户 same building, another room",
    "same_building": "同楼，一方未写户 same building, one tells no room",
    "same_house": "同户 same house",
    "one_part": "首段相同 first part the same",
    "two_parts": "前两段相同 first two parts the same",
    "three_parts": "前三段相同 first three parts the same",
    "ends_after_one": "首段相同，一方未写其余 first part the same, one tells no more",
    "ends_after_two": "前两段相同，一方未写其余 first two parts the same, one tells no more",
    "ends_after_three": "前三段相同，一方未写其余 first three parts the same, one tells no more",
    "within_tenth": "相差一成以内 within a tenth",
    "within_hundredth": "相差百分之一以内 within a hundredth",
    "within_10_percent": "相差 10% 以内 within 10 %",
    "within_1_percent": "相差 1% 以内 within 1 %",
}


def level_word(level: str) -> str:
    """Return a level in words; "" for no level."""
    return LEVEL_WORDS.get(level, level.replace("_", " "))


def short_reason(reason: str) -> str:
    """Return why a person has to decide in a few words; "" for no reason."""
    code = reason.split(" ")[0]
    return SHORT_REASONS.get(code, code.replace("_", " "))


def reason_words(reason: str, labels: Mapping[str, str]) -> str:
    """Return an explanation (`doubtful name=same+8.0 phone=missing prior-4.7`) in words: why, then each field by its
    label with its level and its bits."""
    code, *parts = reason.split(" ")
    told = []
    for part in parts:
        name, _, rest = part.partition("=")
        level, bits = re.fullmatch(r"([^+-]*)([+-].*)?", rest or name).groups("")  # type: ignore[union-attr]
        if rest:
            told.append(" ".join(filter(None, (labels.get(name, ""), name, level_word(level), bits))))
        else:
            told.append(f"{TERMS.get(level, level)} {bits}")
    why = REASON_WORDS.get(code, code.replace("_", " "))
    return f"{why}：{'；'.join(told)}" if told else why
