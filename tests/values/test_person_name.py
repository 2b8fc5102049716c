"""Names of persons: form, notes, what is no name; keys and levels."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.reasons import Reason
from tests.values.cases import assert_cases, texts
from values import person_name
from values.lookalikes import shape_table
from values.private_use import PRIVATE_USE
from values.variants import fold_table

LONG = "阿卜杜热依木阿卜杜外力·麦麦提吐尔逊阿卜杜热合曼"


def test_clean_forms() -> None:
    assert_cases(
        person_name.clean,
        [
            ("张三", "张三", set()),
            ("欧阳震华", "欧阳震华", set()),
            ("䶮", "䶮", set()),
            ("𬭎伟", "𬭎伟", set()),
            (LONG, LONG, set()),
            ("张 三", "张三", {Reason.SPACES_REMOVED}),
            ("张三\u3000", "张三", {Reason.SPACES_REMOVED}),
            ("张\u200b三", "张三", {Reason.INVISIBLE_REMOVED}),
            ("张三\x00", "张三", {Reason.CONTROL_REMOVED}),
            *[(f"阿卜杜拉{dot}买买提", "阿卜杜拉·买买提", {Reason.SEPARATOR_UNIFIED}) for dot in "•・･‧∙⋅●．. "],
            ("扎西 次仁", "扎西次仁", {Reason.SPACES_REMOVED}),
            ("JOHN  SMITH", "JOHN SMITH", {Reason.SPACES_REMOVED}),
            ("ＪＯＨＮ", "JOHN", {Reason.WIDTH_FOLDED}),
            ("O'Brien, Anne-Marie", "O'Brien, Anne-Marie", set()),
            ("Jose\u0301", "José", {Reason.ACCENTS_COMPOSED}),
            ("ИВАНОВ", "ИВАНОВ", set()),
            ("张\ue863", "张䶮", {Reason.PRIVATE_USE_MAPPED}),
            ("张\ue999", "张\ue999", {Reason.PRIVATE_USE_UNKNOWN}),
            ("\u2f00鸣", "一鸣", {Reason.COMPATIBILITY_FOLDED}),
            ("王乾", "王乾", set()),  # a fold would make it 王干: only in keys
            ("張偉", "張偉", set()),
            ("张三(补)", "张三", {Reason.NOTE_REMOVED}),
            ("张三〔已故〕", "张三", {Reason.NOTE_REMOVED}),
            ("张三曾用名李四", "张三", {Reason.NOTE_REMOVED}),
            ("张三先生", "张三", {Reason.NOTE_REMOVED}),
            ("张三丰先生", "张三丰", {Reason.NOTE_REMOVED}),
        ],
    )


def test_clean_says_what_is_no_name() -> None:
    assert_cases(
        person_name.clean,
        [
            *[(text, None, {Reason.SENTINEL}) for text in ("无", "暂无", "不详", "NULL", "\\N", "-", "/", "无名氏")],
            *[
                (text, None, {Reason.NOT_A_NAME})
                for text in ("男", "女性", "1", "2", "汉族", "满", "已婚", "M", "张三、李四")
            ],
            *[(text, None, {Reason.NAME_IS_NUMBER}) for text in ("张三2", "13812345678", "张①", "130302198001011234")],
            *[(text, None, {Reason.MASKED}) for text in ("张*", "张**", "张某", "李某某", "张XX", "欧阳*")],
            *[(text, None, {Reason.DAMAGED_TEXT}) for text in ("张?", "张\ufffd", "??", "张〓", "张\x01三")],
            ("秦皇岛鑫海商贸有限公司", None, {Reason.NOT_A_NAME}),
            ("张@三", None, {Reason.WRONG_CHARACTER}),
            ("=SUM(A1)", None, {Reason.FORMULA_LIKE, Reason.NOT_A_NAME}),
            ("<b>张三</b>", None, {Reason.MARKUP_LIKE, Reason.NOT_A_NAME}),
            ("x" * 100_000, None, {Reason.TOO_LONG}),
            ("张" * 101, None, {Reason.TOO_LONG}),
            (None, None, set()),
            ("   ", None, set()),
        ],
    )


def test_private_use_table_agrees_with_the_codec() -> None:
    trails = [*range(0x50, 0x7F), *range(0x80, 0xA1)]
    decoded = {0xE815 + place: bytes([0xFE, trail]).decode("gb18030") for place, trail in enumerate(trails)}
    agreed = {point: letter for point, letter in decoded.items() if not 0xE000 <= ord(letter) <= 0xF8FF}
    assert len(decoded) == 80
    assert len(agreed) == 66
    assert agreed.items() <= PRIVATE_USE.items()
    assert len(set(PRIVATE_USE.values())) == len(PRIVATE_USE) == 82


@pytest.mark.parametrize(
    ("name", "pinyin"),
    [
        ("单雄信", "shan xiong xin"), ("仇和", "qiu he"), ("区伟", "ou wei"),
        ("曾国强", "zeng guo qiang"),
        ("盖丽丽", "ge li li"), ("查建国", "zha jian guo"), ("解晓东", "xie xiao dong"), ("翟天临", "zhai tian lin"),
        ("缪杰", "miao jie"), ("种师道", "chong shi dao"), ("尉迟恭", "yu chi gong"), ("万俟卨", "mo qi xie"),
        ("吕布", "lv bu"), ("阎峯", "yan feng"), ("張偉", "zhang wei"), ("JOHN SMITH", "johnsmith"),
    ],
)  # fmt: skip
def test_surnames_are_read_as_surnames(name: str, pinyin: str) -> None:
    assert person_name.keys(texts([name]))["pinyin"].to_pylist() == [pinyin]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("王冶", "王治", True), ("张末", "张未", True), ("李己", "李巳", True), ("陈晴", "陈睛", True),
        ("崔伟", "雀伟", True), ("王祎", "王袆", True), ("刘昊", "刘吴", True), ("赵钧", "赵钓", True),
        ("王宇", "王字", True), ("侯杰", "候傑", True), ("张茗", "张名", True), ("阎析", "闫折", True),
        ("王伟", "王玮", False), ("张燕", "张艳", False), ("李强", "李刚", False),
        ("买买提·吐尔逊", "买买提吐尔逊", True),
    ],
)  # fmt: skip
def test_shape_key_joins_what_the_eye_confuses(one: str, other: str, alike: bool) -> None:
    shapes = person_name.keys(texts([one, other]))["shape"].to_pylist()
    assert (shapes[0] == shapes[1]) is alike


def test_shapes_are_a_partition_and_few() -> None:
    table = shape_table()
    moved = np.flatnonzero(table != fold_table())
    assert (table[table] == table).all()
    assert 100 < len(moved) < 1_000
    assert np.bincount(np.unique(table[moved], return_inverse=True)[1]).max() <= 8


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("John SMITH", "John SMITH"), ("SMITH JOHN", "SMITH JOHN"), ("smith, john", "smith, john"),
        ("Mary-Jane O’Neil", "Mary-Jane O’Neil"), ("阿依古丽·买买提", "阿依古丽·买买提"), ("卓玛", "卓玛"),
        ("阿卜杜热合曼．吐尔逊．尼亚孜", "阿卜杜热合曼·吐尔逊·尼亚孜"), ("苏 · 和", "苏·和"), ("那日苏", "那日苏"),
        ("金 哲洙", "金哲洙"), ("NGUYỄN VĂN A", "NGUYỄN VĂN A"), ("Анна Иванова", "Анна Иванова"),
        ("山田太郎", "山田太郎"),
    ],
)  # fmt: skip
def test_minority_and_foreign_names_keep_their_letters_and_order(written: str, kept: str) -> None:
    assert person_name.clean(texts([written])).values.to_pylist() == [kept]


def test_latin_names_meet_in_the_key_whatever_the_case_and_separator() -> None:
    keys = person_name.keys(texts(["John Smith", "JOHN·SMITH", "JOHN-SMITH", "john, smith"]))["folded"].to_pylist()
    assert len(set(keys)) == 1


def test_keys_of_names_in_parts_meet_whatever_the_order() -> None:
    keys = person_name.keys(texts(["Smith, John", "jon SMYTH", "Müller Anna", "吐尔逊·买买提", "张伟", "ZHANG WEI"]))
    assert keys["words"].to_pylist() == ["JOHN SMITH", "JON SMYTH", "ANNA MULLER", "买买提 吐尔逊", "张伟", "WEI ZHANG"]
    assert keys["initials"].to_pylist() == ["js", "js", "am", "texmmt", "zw", "wz"]
    assert keys["sound"].to_pylist()[:3] == ["J5S53", "J5S53", "A5M46"]
    assert keys["spelled"].to_pylist()[4:] == ["zhangwei", "zhangwei"]


def test_keys_keep_several_readings_and_fold() -> None:
    keys = person_name.keys(texts(["王晟乐", "阿卜杜拉·买买提", None, "閆峯"]))
    assert set(keys["readings"][0].as_py()) == {"wang sheng le", "wang sheng yue", "wang cheng le", "wang cheng yue"}
    assert keys["readings"][0].as_py()[0] == keys["pinyin"][0].as_py()
    assert keys["folded"].to_pylist() == ["王晟乐", "阿卜杜拉买买提", None, "闫峰"]
    assert keys["initials"].to_pylist() == ["wsl", "abdlmmt", None, "yf"]
    assert keys["readings"][2].as_py() is None


def test_surnames_that_families_read_in_two_ways_keep_both() -> None:
    names = ["乐嘉", "盖叫天", "尉迟恭", "单雄信", "句践", "乐乐"]
    assert person_name.keys(texts(names))["readings"].to_pylist() == [
        ["yue jia", "le jia"],
        ["ge jiao tian", "gai jiao tian"],
        ["yu chi gong"],  # of two characters: read as such
        ["shan xiong xin"],
        ["gou jian", "ju jian"],
        ["yue le", "yue yue", "le le", "le yue"],
    ]


@pytest.mark.parametrize(
    "name", ["张三之女", "李小龙之子", "王芳之长女", "张三之妻", "张三婴儿", "新生儿", "刘新生儿", "欧阳娜之次子"]
)
def test_a_child_that_has_no_name_yet_is_no_name(name: str) -> None:
    assert_cases(person_name.clean, [(name, None, {Reason.NOT_A_NAME})])


@pytest.mark.parametrize(
    "name", ["王羲之", "张之子", "顾恺之", "孔子", "陈婴", "刘女", "张儿", "王子", "之女", "祖冲之"]
)
def test_a_name_that_only_looks_like_it_stays(name: str) -> None:
    assert_cases(person_name.clean, [(name, name, set())])


NAMES = st.text(alphabet="张王李欧阳单乐晟伟闫阎峯峰·• 　\u200bAbé(补)1男*无\ue863", max_size=12)


@given(NAMES)
def test_clean_is_idempotent(text: str) -> None:
    once = person_name.clean(texts([text])).values
    again = person_name.clean(once)
    assert again.values.equals(once)
    assert person_name.check(once).tolist() == [once[0].is_valid]


@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    column = texts([text.encode("utf-8", "replace").decode(), "张三"])
    cleaned = person_name.clean(column).values
    assert cleaned[1].as_py() == "张三"
    person_name.keys(column)
    person_name.compare(column, pa.array(["张三", text.encode("utf-8", "replace").decode()]))


@given(st.lists(NAMES, min_size=1, max_size=6))
def test_keys_of_equal_names_are_equal_whatever_stands_beside(names: list[str]) -> None:
    together = person_name.keys(texts(names))
    for row, name in enumerate(names):
        alone = person_name.keys(texts([name]))
        assert {key: values[row].as_py() for key, values in together.items()} == {
            key: values[0].as_py() for key, values in alone.items()
        }


@given(st.text(alphabet="张王李欧阳ABC", min_size=1, max_size=10))
def test_mask_shows_one_character_at_most(name: str) -> None:
    masked = person_name.mask(texts([name]))[0].as_py()
    assert masked == ("*" if len(name) == 1 else name[0] + "*")


def test_a_few_names_have_the_keys_that_they_have_among_many() -> None:
    """Names of ideographs alone are read one by one, others and whole columns in arrays."""
    names = [
        "王伟", "歐陽娜娜", "欧阳", "单于丹", "单丽", "令狐冲", "查", "吕布", "閭丘露薇", "𠮷野", "〇〇", "", None,
        "王·伟", "麴義", "阿卜杜拉·买买提", "Wang Wei", "王A", "长孙无忌", "曾国藩", "·", "锺馗", "\ue000伟", "仇 英",
    ]  # fmt: skip
    wanted = frozenset({"folded", "surname", "given", "pinyin"})
    many = person_name.keys(pa.array(names * 10), wanted)
    assert set(many) == wanted
    for row, name in enumerate(names):
        alone = person_name.keys(pa.array([name], pa.string()), wanted)
        assert {key: made[0] for key, made in alone.items()} == {key: made[row] for key, made in many.items()}, name
    together = person_name.keys(pa.array(names[:9]), {"pinyin"})["pinyin"]
    assert together.to_pylist() == many["pinyin"].to_pylist()[:9]
