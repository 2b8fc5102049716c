"""What departments call things: their own dictionaries, other words for a field, and whose value a column holds."""

from __future__ import annotations

import re

# Columns of systems found in most cities; by standard field, "entity.field".
KNOWN: dict[str, str] = {
    "person.name": "XM AAC003 PSN_NAME XINGMING MSRXM XSXM JHXM",
    "person.citizen_id": "GMSFHM SFZH SFZHM SFZJH AAC002 AAE135 CERTNO ZJH ZJHM SFZMHM WS02_01_030_01 IDCARD",
    "person.document_type": "ZJLX AAC058 PSN_CERT_TYPE CERTYPE SFZJLXM SFZMMC WS02_01_031_01",
    "person.sex": "XB XBM XBDM AAC004 GEND",
    "person.birth_date": "CSRQ CSNY AAC006 BRDY WS02_01_005_01_01",
    "person.ethnic_group": "MZ MZM MZDM AAC005 NATY",
    "person.education": "WHCD XL XLDM AAC011",
    "person.marital_status": "HYZK HYZKDM AAC017",
    "person.phone": "LXDH SJ SJH SJHM DH AAE005 TEL WS02_01_010_01 CONTACTMOBILE",
    "person.address": "ZZ XZZ HJDZ JTZZ DZ AAE006 ADDR",
    "person.household_number": "HH",
    "person.death_date": "SWRQ",
    "business.name": "DWMC QYMC ENTNAME AAB004 NSRMC SYDWMC EMP_NAME",
    "business.uscc": "TYSHXYDM SHXYDM UNISCID AAB003",
    "business.registration_number": "REGNO GSZCH ZCH",
    "business.address": "DOM DWDZ SCJYDZ ZCDZ",
    "business.business_type": "ENTTYPE",
    "business.established_on": "ESTDATE CLRQ",
    "business.status": "REGSTATE",
    "business.capital": "REGCAP ZCZB",
    "business.phone": "DWDH AAE004",
}
# Other words: Chinese ones are found as they are and by their pinyin initials, English ones word by word.
WORDS: dict[str, str] = {
    "person.name": "姓名 名字 人员姓名 申请人姓名 持卡人姓名 读者姓名 full_name person_name name",
    "person.citizen_id": "身份证号 身份证号码 身份证 公民身份号码 证件号 证件号码 id_card idcard id_number id_no",
    "person.document_type": "证件类型 证件种类 document_type id_type",
    "person.sex": "性别 sex gender",
    "person.birth_date": "出生日期 生日 出生年月 birth_date birthday date_of_birth dob",
    "person.ethnic_group": "民族 nation ethnic ethnic_group",
    "person.education": "学历 文化程度 education",
    "person.marital_status": "婚姻状况 marital marital_status",
    "person.phone": "联系电话 手机号 手机号码 手机 电话 联系方式 phone mobile telephone phone_number",
    "person.address": "住址 家庭住址 居住地址 现住址 户籍地址 通讯地址 地址 address home_address",
    "business.name": "单位名称 企业名称 公司名称 机构名称 名称 company company_name enterprise employer_name",
    "business.uscc": "统一社会信用代码 信用代码 社会信用代码 uscc credit_code",
    "business.registration_number": "注册号 工商注册号 registration_number",
    "business.address": "单位地址 注册地址 经营地址 住所 company_address",
    "business.phone": "单位电话 company_phone",
    "business.established_on": "成立日期 established",
}
# Whose value: (role, sign at the start of the name, sign at its end). What is left says which field.
ROLES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("representative", re.compile(r"^(法定代表人|法人代表|法人|负责人|经营者|FDDBR|LEGAL_?|FR(?=XM|ZJ|SFZ|DH))", re.I)),
    ("wife", re.compile(r"^(女方|妻子|WIFE_?)|_?(WOMAN|WIFE|FEMALE)$", re.I)),
    ("husband", re.compile(r"^(男方|丈夫|HUSBAND_?)|_?(MAN|HUSBAND|MALE)$", re.I)),
    (
        "other",
        re.compile(
            r"^(监护人|联系人|经办人|代理人|操作员|审核人|配偶|登记人|JHR(?=XM|ZJ|SFZ|DH)|JBR|LXR(?=XM)|CZY|OPERATOR"
            r"|AGENT_?|CONTACT_NAME)",
            re.I,
        ),
    ),
)
MOVED = re.compile(r"(UPDATE|MODIF|CHANGE|LAST|GXSJ|XGSJ|GXRQ|更新|修改|变更|AAE036|TIMESTAMP)", re.I)
DELETED = re.compile(r"(DEL_?FLAG|IS_?DEL|DELETED|SCBZ|SCBJ|删除标)", re.I)


def role_of(column: str) -> tuple[str, str]:
    """Return (role, what is left of the name); the role "" is the row's own subject."""
    for role, sign in ROLES:
        found = sign.search(column)
        if found and found.group(0):
            left = (column[: found.start()] + column[found.end() :]).strip("_ ")
            return role, left or "XM"
    return "", column
