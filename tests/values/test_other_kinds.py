"""Dates, phones, codes, addresses, documents and business names: every rule by a literal case."""

from __future__ import annotations

import datetime

import pytest

from schemas.reasons import Reason
from tests.values.cases import TODAY, assert_cases, citizen_number, texts
from values import address, code, company_name, date, document, phone, plain_text

DAY = datetime.date(1980, 1, 15)
CITIZEN = citizen_number("130302", "19800101", "123")
RESIDENT_CARD = citizen_number("931840", "19851201", "018")


def test_dates() -> None:
    rewritten = ("1980/1/15", "1980.01.15", "1980年1月15日", "1980-01-15 00:00:00", "1980-1-15 8:30", "19800115120000")
    assert_cases(
        date.clean,
        [
            ("19800115", DAY, set()),
            ("1980-01-15", DAY, set()),
            *[(text, DAY, {Reason.DATE_REFORMATTED}) for text in rewritten],
            (" 1980-01-15", DAY, {Reason.SPACES_REMOVED}),
            *[
                (text, None, {Reason.SENTINEL})
                for text in ("1899-12-31", "19000101", "9999-09-09", "2099-12-31", "0000-00-00", "99999999", "无", "/")
            ],
            *[
                (text, None, {Reason.IMPOSSIBLE_DATE})
                for text in ("198001", "19800230", "1981-02-29", "80-01-15", "abc")
            ],
            ("民国69年1月15日", None, {Reason.IMPOSSIBLE_DATE}),
            ("29235", None, {Reason.EXCEL_SERIAL, Reason.IMPOSSIBLE_DATE}),
            ("2026-01-02", None, {Reason.DATE_OUT_OF_RANGE}),
            ("1879-12-31", None, {Reason.DATE_OUT_OF_RANGE}),
            ("1880-01-01", datetime.date(1880, 1, 1), set()),
            ("2026-01-01", TODAY, set()),
            ("2000-02-29", datetime.date(2000, 2, 29), set()),
            ("1980****", None, {Reason.MASKED}),
        ],
        as_of=TODAY,
    )


def test_dates_whose_forms_the_contract_names() -> None:
    assert_cases(
        date.clean,
        [
            ("29235", DAY, {Reason.EXCEL_SERIAL}),
            ("民国69年1月15日", DAY, {Reason.DATE_REFORMATTED}),
            ("69/1/15", DAY, {Reason.DATE_REFORMATTED}),
            ("民国元年1月1日", datetime.date(1912, 1, 1), {Reason.DATE_REFORMATTED}),
        ],
        formats=("excel", "minguo"),
    )


def test_a_columns_own_form_is_no_rewriting() -> None:
    own = ("1980年1月15日", "1980/01/15")
    rewritten = ("1980/1/15", "1980.01.15", "1980-1-15")
    cases = [(text, DAY, set()) for text in (*own, "19800115", "1980-01-15")]
    cases += [(text, DAY, {Reason.DATE_REFORMATTED}) for text in rewritten]
    assert_cases(date.clean, cases, formats=("words", "slashes"))
    assert_cases(date.clean, [(text, DAY, {Reason.DATE_REFORMATTED}) for text in own])


@pytest.mark.parametrize(
    ("text", "day", "formats"),
    [
        ("1980-01-15T08:30:00Z", DAY, ()),
        ("1980-01-15 08:30:00.5+08", DAY, ()),  # PostgreSQL's timestamp with time zone
        ("1980-01-15 08:30:00.123", DAY, ()),
        ("1980/01/15 8:30:00 AM", DAY, ()),
        ("19800115.0", DAY, ()),
        ("１９８０年１月１５日", DAY, ()),
        ("1980年01月15号", DAY, ()),
        ("29235.0", DAY, ("excel",)),
        ("中华民国69年1月15日", DAY, ("minguo",)),
        ("069-01-15", DAY, ("minguo",)),
        ("民国69年2月30日", None, ("minguo",)),
        ("1980-13-01", None, ()),
        ("15/01/1980", None, ()),  # day and month could change places
        ("01-02-03", None, ()),
        ("1980年", None, ()),
        ("1980-01", None, ()),
    ],
)
def test_more_forms_of_dates(text: str, day: datetime.date | None, formats: tuple[str, ...]) -> None:
    cleaned = date.clean(texts([text]), formats=formats)
    assert cleaned.values.to_pylist() == [day]
    assert cleaned.findings


def test_land_lines_open_with_an_area_code_that_exists() -> None:
    assert_cases(
        phone.clean,
        [
            ("0735-5462630", "0735-5462630", set()),  # another city
            ("0378-5462630", "0378-5462630", set()),  # Kaifeng's, retired
            ("0338-5462630", None, {Reason.NOT_A_PHONE}),
            ("0325-5462630", None, {Reason.NOT_A_PHONE}),
            ("010-62345678", "010-62345678", set()),
            ("0335-9462630", None, {Reason.NOT_A_PHONE}),
            ("0335-33456789", None, {Reason.NOT_A_PHONE}),  # this city's have seven digits
            ("33456789", None, {Reason.NOT_A_PHONE}),
        ],
        local_digits=7,
    )
    assert phone.check(texts(["0735-5462630", "0338-5462630", "4001234567"])).tolist() == [True, False, True]


def test_one_figure_over_and_over_is_nothing() -> None:
    for kind in (address, company_name, plain_text, phone):
        if kind is not plain_text:
            assert kind.clean(texts(["999999"])).reasons_of(0) == (Reason.SENTINEL,)
    allowed = frozenset({"1"})
    assert_cases(code.clean, [("99", None, {Reason.SENTINEL}), ("11", None, {Reason.UNKNOWN_CODE})], allowed=allowed)


def test_a_passport_of_m_and_eight_digits_is_no_travel_permit() -> None:
    passport, permit = "M90719536", "H12345678"
    types = texts(["foreign_passport", None, "citizen_id", "other"])
    cleaned = document.clean(texts([passport, passport, permit, passport]), types=types)
    assert cleaned.values.to_pylist() == [passport, passport, permit, passport]
    assert cleaned.rows_of(Reason.TYPE_CONTRADICTED).tolist() == [2]
    inferred = document.infer_types(cleaned.values, types).to_pylist()
    assert inferred == ["foreign_passport", None, "hk_macao_permit", "other"]


def test_phones() -> None:
    mobile, land = "13812345678", "0335-3456789"
    assert_cases(
        phone.clean,
        [
            (mobile, mobile, set()),
            ("16612345678", "16612345678", set()),
            (land, land, set()),
            ("+86" + mobile, mobile, {Reason.PREFIX_REMOVED}),
            ("0086-" + mobile, mobile, {Reason.PREFIX_REMOVED}),
            ("86" + mobile, mobile, {Reason.PREFIX_REMOVED}),
            ("138 1234 5678", mobile, {Reason.SPACES_REMOVED}),
            ("138-1234-5678", mobile, {Reason.SEPARATOR_UNIFIED}),
            ("(0335)3456789", land, {Reason.SEPARATOR_UNIFIED}),
            ("03353456789", land, {Reason.SEPARATOR_UNIFIED}),
            ("3456789", land, {Reason.AREA_CODE_ADDED}),
            (land + "-801", land + "-801", set()),
            (f"{mobile}/13912345678", mobile, {Reason.SEVERAL_VALUES}),
            (f"12345、{mobile}", mobile, {Reason.SEVERAL_VALUES}),
            ("138****5678", None, {Reason.MASKED}),
            ("12812345678", None, {Reason.NOT_A_PHONE}),
            ("12345", None, {Reason.NOT_A_PHONE}),
            ("张三", None, {Reason.NOT_A_PHONE}),
            ("0" * 11, None, {Reason.SENTINEL}),
            ("无", None, {Reason.SENTINEL}),
        ],
    )
    assert phone.mask(texts([mobile, land, "张三13812345678"])).to_pylist() == ["138****5678", "0335-****789", "****"]


def test_codes() -> None:
    assert_cases(
        code.clean,
        [
            ("1", "1", set()),
            ("男", "1", {Reason.CODE_TRANSLATED}),
            (" 女", "2", {Reason.SPACES_REMOVED, Reason.CODE_TRANSLATED}),
            ("2", None, {Reason.UNKNOWN_CODE}),  # allowed, but the crosswalk does not name it
            ("甲", None, {Reason.UNKNOWN_CODE}),  # the crosswalk's target is in no table
            ("未填", None, {Reason.SENTINEL}),
            ("空着", None, {Reason.SENTINEL}),
            (None, None, set()),
        ],
        crosswalk={"男": "1", "女": "2", "1": "1", "甲": "7", "空着": ""},
        allowed=frozenset({"1", "2"}),
    )
    assert_cases(code.clean, [("01", "01", set()), ("1", None, {Reason.UNKNOWN_CODE})], allowed=frozenset({"01"}))


def test_texts_and_addresses() -> None:
    assert_cases(
        plain_text.clean,
        [
            ("销售部 经理", "销售部 经理", set()),
            (" a  b\n", "a b", {Reason.SPACES_REMOVED}),
            ("a\x00b", "ab", {Reason.CONTROL_REMOVED}),
            ("=SUM(A1)", "=SUM(A1)", {Reason.FORMULA_LIKE}),
            ("<b>x</b>", "<b>x</b>", {Reason.MARKUP_LIKE}),
            ("长" * 21, None, {Reason.TOO_LONG}),
        ],
        length=20,
    )
    assert_cases(
        address.clean,
        [
            ("秦皇岛市海港区河北大街123号", "秦皇岛市海港区河北大街123号", set()),
            ("河北大街１２号", "河北大街12号", {Reason.WIDTH_FOLDED}),
            ("河北大街 12号", "河北大街12号", {Reason.SPACES_REMOVED}),
            ("河北大街12—1号", "河北大街12-1号", {Reason.SEPARATOR_UNIFIED}),
            ("河北大街【东】", "河北大街(东)", {Reason.BRACKETS_UNIFIED}),
            ("河北大街***号", None, {Reason.MASKED}),
            ("暂无", None, {Reason.SENTINEL}),
        ],
    )
    assert address.mask(texts(["秦皇岛市海港区河北大街123号5栋"])).to_pylist() == ["秦皇岛市海港****"]


def test_documents_by_stated_and_by_proven_type() -> None:
    rows = [
        (CITIZEN, "citizen_id", CITIZEN, set(), "citizen_id"),
        (CITIZEN, "passport", CITIZEN, {Reason.TYPE_CONTRADICTED}, "citizen_id"),
        (CITIZEN, "household_book", CITIZEN, set(), "household_book"),
        (CITIZEN, None, CITIZEN, set(), "citizen_id"),
        (RESIDENT_CARD, "permanent_residence", RESIDENT_CARD, set(), "permanent_residence"),
        (RESIDENT_CARD, "citizen_id", RESIDENT_CARD, {Reason.TYPE_CONTRADICTED}, "permanent_residence"),
        ("H12345678", "hk_macao_permit", "H12345678", set(), "hk_macao_permit"),
        ("h12345678", "citizen_id", "H12345678", {Reason.CASE_FOLDED, Reason.TYPE_CONTRADICTED}, "hk_macao_permit"),
        ("12345678", "taiwan_permit", "12345678", set(), "taiwan_permit"),
        ("E12345678", "passport", "E12345678", set(), "passport"),
        ("EA1234567", "passport", "EA1234567", set(), "passport"),
        ("军字第123号", "officer", "军字第123号", set(), "officer"),
        ("123", "passport", None, {Reason.WRONG_LENGTH}, None),
        ("BROWNMICHAEL", "foreign_passport", None, {Reason.WRONG_CHARACTER}, None),
        ("欧阳娜娜", "officer", None, {Reason.WRONG_CHARACTER}, None),
        (CITIZEN[:17] + "0", "citizen_id", None, {Reason.WRONG_CHECK_DIGIT}, None),
        ("E1234****", "passport", None, {Reason.MASKED}, None),
        ("无", "passport", None, {Reason.SENTINEL}, None),
    ]  # fmt: skip
    types = texts(row[1] for row in rows)
    assert_cases(document.clean, [(text, value, reasons) for text, _, value, reasons, _ in rows], types=types)
    values = document.clean(texts(row[0] for row in rows), types=types).values
    inferred = document.infer_types(values, types).to_pylist()
    kept = [(one, row[4]) for one, row, value in zip(inferred, rows, values.to_pylist(), strict=True) if value]
    assert [one for one, _ in kept] == [expected for _, expected in kept]


def test_business_names() -> None:
    assert_cases(
        company_name.clean,
        [
            ("秦皇岛鑫海商贸有限公司", "秦皇岛鑫海商贸有限公司", set()),
            ("鑫海商贸（秦皇岛）有限公司", "鑫海商贸（秦皇岛）有限公司", set()),
            ("鑫海商贸(秦皇岛)有限公司", "鑫海商贸（秦皇岛）有限公司", {Reason.BRACKETS_UNIFIED}),
            ("鑫海 商贸有限公司", "鑫海商贸有限公司", {Reason.SPACES_REMOVED}),
            ("ＡＢＣ公司", "ABC公司", {Reason.WIDTH_FOLDED}),
            ("鑫海商贸有限公司（已注销）", "鑫海商贸有限公司", {Reason.NOTE_REMOVED}),
            ("鑫海**公司", None, {Reason.MASKED}),
            ("91110000600037341L", None, {Reason.NOT_A_NAME}),
            ("无", None, {Reason.SENTINEL}),
        ],
    )


@pytest.mark.parametrize(
    ("name", "region", "own_name", "industry", "form", "branch"),
    [
        ("秦皇岛市鑫海商贸有限责任公司", "秦皇岛市", "鑫海", "商贸", "有限责任公司", ""),
        ("鑫海商贸（秦皇岛）有限公司", "秦皇岛", "鑫海", "商贸", "有限公司", ""),
        ("河北省秦皇岛市海港区老王小吃店", "河北省秦皇岛市海港区", "老王", "", "小吃店", ""),
        ("秦皇岛港股份有限公司第一分公司", "", "秦皇岛港", "", "股份有限公司", "第一分公司"),
        ("朝阳食品有限公司", "", "朝阳", "食品", "有限公司", ""),
        ("昌黎县盛世家庭农场", "昌黎县", "盛世", "", "家庭农场", ""),
        ("秦皇岛广缘农民专业合作社", "秦皇岛", "广缘", "", "农民专业合作社", ""),
        ("秦皇岛正大会计师事务所（普通合伙）", "秦皇岛", "正大会计师事务所", "", "(普通合伙)", ""),
        ("河北秦皇岛北方玻璃有限公司秦皇岛分公司", "河北秦皇岛", "北方", "玻璃", "有限公司", "秦皇岛分公司"),
        ("中国建设银行股份有限公司秦皇岛分行", "中国", "建设银行", "", "股份有限公司", "秦皇岛分行"),
    ],
)
def test_parts_of_business_names(
    name: str, region: str, own_name: str, industry: str, form: str, branch: str
) -> None:
    assert company_name.parts(texts([name])).to_pylist() == [
        {"region": region, "own_name": own_name, "industry": industry, "form": form, "branch": branch}
    ]


def test_levels_of_business_names() -> None:
    pairs = [
        ("秦皇岛市鑫海商贸有限公司", "秦皇岛鑫海商贸有限责任公司", "same_core"),
        ("秦皇岛市鑫海商贸有限公司", "鑫海商贸有限公司", "same_core"),
        ("鑫海商贸有限公司", "鑫海贸易有限公司", "same_own_name"),
        ("鑫海商贸有限公司", "鑫海商贸经营部", "same_own_and_industry"),
        ("鑫海商贸有限公司", "鑫海商贸有限公司第一分公司", "other_branch"),
        ("鑫海商贸有限公司秦皇岛分公司", "鑫海商贸有限公司第一分公司", "other_branch"),
        ("鑫海商贸有限公司第一分公司", "秦皇岛鑫海商贸有限责任公司第一分公司", "same_core"),
        ("鑫海商贸有限公司第一分公司", "鑫海贸易有限公司", "different"),
        ("鑫海商贸有限公司", "金海商贸有限公司", "different"),
        ("鑫海商贸有限公司", "新海商贸有限公司", "slip"),
        ("秦皇岛市鑫海商贸有限公司", "新海商贸有限公司", "similar_own_name"),
        ("鑫海达商贸有限公司", "鑫海大商贸有限公司", "slip"),
        ("海港区鑫海商贸有限公司", "亥港区鑫海商贸有限公司", "slip"),
        ("鑫海第2小学", "鑫海第3小学", "similar_own_name"),
        ("鑫海商贸", "新海商贸", "similar_own_name"),
        ("鑫海达商贸有限公司", "鑫海源商贸有限公司", "similar_own_name"),
        ("鑫海达商贸有限公司", "鑫海源餐饮有限公司", "different"),
        ("鑫海商贸(秦皇岛)有限公司", "鑫海商贸（秦皇岛）有限公司", "variant"),
        ("鑫海商貿有限公司", "鑫海商贸有限公司", "variant"),
        ("鑫海商贸有限公司", "鑫海商贸有限公司", "same"),
        ("鑫海商贸有限公司", None, "missing"),
    ]
    left, right = (texts(p[side] for p in pairs) for side in (0, 1))
    for one, other in ((left, right), (right, left)):
        found = [company_name.LEVELS[level] for level in company_name.compare(one, other)]
        assert dict(zip(pairs, found, strict=True)) == {p: p[2] for p in pairs}
    assert company_name.mask(texts(["秦皇岛鑫海商贸有限公司", "张三小吃店"])).to_pylist() == ["秦皇****公司", "张****"]
