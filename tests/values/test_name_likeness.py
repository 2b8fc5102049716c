"""Levels of persons' names: every level by real names, Han, minority, Latin and across the two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.values.cases import texts
from values import person_name

PAIRS = {
    "different": [
        ("张伟", "王建国"), ("张伟", "ZHANG MIN"), ("买买提·吐尔逊", "张伟"), ("John Smith", "Mary Brown"),
        ("王", "李"), ("张伟", "伟大光明"), ("阿依古丽·买买提", "热孜万·吐尔逊"), ("Ann Lee", "Tom Li"),
    ],
    "same_surname": [
        ("张伟", "张建国"), ("张伟", "张强"), ("欧阳震华", "欧阳锋"), ("阎锡山", "闫妮"), ("王芳", "王小红"),
        ("阿依古丽·买买提", "热孜万·买买提"), ("John Smith", "Mary Smith"), ("Иван Иванов", "Пётр Иванов"),
    ],
    "one_character": [
        ("张建国", "张建军"), ("张建国", "张建"), ("王小明", "王明"), ("欧阳震华", "欧阳震东"),
        ("李建国", "李国"), ("王晓明", "王晓"), ("周润发", "周润生"), ("王丽", "王丽娟"),
    ],
    "same_given": [
        ("张伟", "李伟"), ("欧阳震华", "李震华"), ("丽华", "王丽华"), ("王丽华", "张王丽华"),
        ("刘建国", "孙建国"), ("阿依古丽·买买提", "阿依古丽·吐尔逊"), ("John Smith", "John Brown"),
        ("Jane Doe", "Jane Whitfield"),
    ],
    "near_sound": [
        ("陈静", "程静"), ("刘兰", "刘楠"), ("张思", "张诗"), ("王新", "王星"), ("李芬", "李枫"),
        ("孙灿", "孙禅"), ("周民", "周明"), ("范利", "范妮"),
    ],
    "slip": [
        ("张伟强", "张强伟"), ("张伟强", "伟强张"), ("张伟", "伟张"), ("欧阳震华", "震华欧阳"),
        ("麦麦提·阿卜杜热依木", "阿卜杜热依木·麦麦提"), ("李国建", "李建国"), ("Ann Lesbie", "Ann Leslie"),
        ("阿依古丽·买买提", "阿依左丽·买买提"), ("Anna Brown", "Anna Drown"), ("Tim Lane", "Kim Lane"),
        ("Jon Smith", "John Smith"), ("吐尔逊·买买提·尼亚孜", "买买提·吐尔逊·尼亚孜"),
    ],
    "same_sound": [
        ("张伟", "张玮"), ("王乐", "王悦"), ("王晟", "王诚"), ("翟伟", "狄炜"), ("单雄信", "山雄信"),
        ("张伟", "ZHANG WEI"),        ("欧阳娜娜", "Nana Ouyang"), ("吕布", "LYU BU"), ("Smyth Jon", "Smith John"),
        ("Knight Philip", "Night Filip"),
    ],
    "shape": [
        ("王冶", "王治"), ("张末", "张未"), ("李己", "李巳"), ("陈晴", "陈睛"), ("崔伟", "雀伟"),
        ("王宇", "王字"), ("赵钧", "赵钓"), ("阎析", "闫折"),
    ],
    "subset": [
        ("阿卜杜热依木·麦麦提", "阿卜杜热依木"), ("阿卜杜热依木·麦麦提", "阿卜杜热依"),
        ("买买提·吐尔逊·尼亚孜", "买买提·尼亚孜"), ("J. Smith", "John Smith"),
        ("John Michael Smith", "John Smith"), ("John M Smith", "John Michael Smith"),
        ("Alexander Humboldt", "Alexander Humb"), ("吐尔逊", "买买提·吐尔逊"),
    ],
    "variant": [
        ("阎峰", "闫峯"), ("張偉", "张伟"), ("买买提·吐尔逊", "买买提吐尔逊"), ("John Smith", "JOHN SMITH"),
        ("José García", "Jose Garcia"), ("Smith, John", "John Smith"), ("O'Brien Pat", "OBrien Pat"),
        ("ИВАНОВ Иван", "Иванов Иван"), ("Søren Łuk", "Soren Luk"),
    ],
    "same": [
        ("张伟", "张伟"), ("买买提·吐尔逊", "买买提·吐尔逊"), ("John Smith", "John Smith"), ("䶮", "䶮"),
    ],
    "missing": [
        ("张伟", None), (None, None), ("", "张伟"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("level", person_name.LEVELS)
def test_levels(level: str) -> None:
    pairs = PAIRS[level]
    left, right = (texts(pair[side] for pair in pairs) for side in (0, 1))
    for one, other in ((left, right), (right, left)):
        found = [person_name.LEVELS[number] for number in person_name.compare(one, other)]
        assert dict(zip(pairs, found, strict=True)) == dict.fromkeys(pairs, level)


def test_a_pair_does_not_depend_on_its_neighbours() -> None:
    pairs = [pair for group in PAIRS.values() for pair in group]
    together = person_name.compare(texts(pair[0] for pair in pairs), texts(pair[1] for pair in pairs))
    alone = [int(person_name.compare(texts([one]), texts([other]))[0]) for one, other in pairs]
    assert together.tolist() == alone


@given(st.text(alphabet="张王李乐晟伟·A b", max_size=9), st.text(alphabet="张王李乐晟伟·A b", max_size=9))
def test_equal_keys_are_never_different(one: str, other: str) -> None:
    left, right = texts([one]), texts([other])
    level = person_name.LEVELS[person_name.compare(left, right)[0]]
    a, b = person_name.keys(left)["folded"][0].as_py(), person_name.keys(right)["folded"][0].as_py()
    assert (a is None or a != b) or level in ("variant", "same")
