"""A business name cut into what the law composes it of: division, own name (字号), industry, legal form, branch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from schemas.code_table import load_code_table
from values.text_forms import words

# Legal forms, longest first; the second word is the form that stands for it in keys.
_FORMS = dict(
    pair.split(">")
    for pair in words(
        "有限责任公司分公司>有限公司 股份有限责任公司>股份有限公司 集团股份有限公司>股份有限公司 "
        "股份有限公司>股份有限公司 集团有限责任公司>集团有限公司 集团有限公司>集团有限公司 有限责任公司>有限公司 "
        "有限公司>有限公司 股份合作公司>股份合作公司 股份公司>股份有限公司 集团公司>集团有限公司 总公司>公司 "
        "公司>公司 农民专业合作社联合社>合作社联合社 农民专业合作社>专业合作社 专业合作社>专业合作社 "
        "股份合作社>股份合作社 经济合作社>经济合作社 合作社>合作社 (有限合伙)>有限合伙 (普通合伙)>普通合伙 "
        "(特殊普通合伙)>特殊普通合伙 合伙企业>合伙企业 (个人独资)>个人独资 个体工商户>个体 事务所>事务所 "
        "经营部>经营部 经销部>经销部 批发部>批发部 门市部>门市部 服务部>服务部 营业部>营业部 工作室>工作室 "
        "商行>商行 商店>商店 超市>超市 便利店>便利店 饭店>饭店 饭馆>饭馆 酒店>酒店 药店>药店 药房>药房 诊所>诊所 "
        "幼儿园>幼儿园 小吃店>小吃店 理发店>理发店 美容院>美容院 养殖场>养殖场 家庭农场>家庭农场 修理部>修理部 "
        "加工厂>加工厂 总厂>厂 分厂>厂 中心>中心 厂>厂 店>店 部>部 行>行 社>社 馆>馆"
    )
)
_INDUSTRIES = words(
    "房地产开发 建筑工程 建筑安装 建筑装饰 装饰工程 装饰装修 市政工程 园林绿化 工程机械 机械设备 机械制造 机械 "
    "机电设备 机电 电子科技 信息技术 网络科技 信息科技 生物科技 农业科技 环保科技 科技 软件 数据 文化传媒 文化传播 "
    "传媒 广告 教育咨询 教育科技 教育 培训 管理咨询 商务咨询 咨询 企业管理 物业服务 物业管理 物业 人力资源 "
    "劳务派遣 劳务 国际贸易 进出口贸易 贸易 商贸 商业 电子商务 供应链 物流 货物运输 运输 汽车销售 汽车维修 "
    "汽车服务 汽车租赁 汽车 船务代理 船舶 港口 港务 海运 食品加工 食品 粮油 水产养殖 水产 海产品 餐饮管理 餐饮服务 "
    "餐饮 酒店管理 旅游开发 旅游 旅行 农业开发 农业 种植 养殖 畜牧 林业 果蔬 葡萄酿酒 酒业 饮品 医疗器械 医药 医疗 "
    "药业 健康管理 健康 养老服务 家政服务 保洁 保安服务 安保 消防 电力 新能源 能源 热力 燃气 石油 化工 化肥 建材 "
    "水泥 玻璃 陶瓷 钢铁 金属制品 金属 五金 铸造 木业 家具 纸业 印刷 包装 塑料 橡胶 纺织 服装 服饰 鞋业 皮革 珠宝 "
    "工艺品 烟酒 百货 日用品 化妆品 美容 体育 健身 娱乐 影视 摄影 电器 家电 通讯 通信 电子 仪器仪表 仪表 自动化 "
    "智能 投资管理 投资 资产管理 担保 典当 小额贷款 保险代理 金融 租赁 设备 环境工程 环境 环保 水务 工程 设计 勘察 "
    "测绘 检测 监理 拆迁 劳保 实业 产业 制造 加工 销售 维修 服务 管理 制品 生鲜 便民"
)
_INDUSTRY = re.compile("|".join(sorted(map(re.escape, _INDUSTRIES), key=len, reverse=True)))
_FORM = re.compile("|".join(re.escape(form) for form in _FORMS))
_LAWFUL = re.compile(
    "|".join(re.escape(form) for form in _FORMS if form.endswith(("公司", "合作社", "联合社", ")", "合伙企业")))
)
_COUNTRY = re.compile(r"^中华人民共和国|^中国(?=.{6})")


@dataclass(frozen=True)
class CompanyParts:
    """The parts of one name, "" where it has none. `form` is as written, `form_class` what stands for it in keys."""

    region: str
    own_name: str
    industry: str
    form: str
    form_class: str
    branch: str


@cache
def _regions() -> tuple[frozenset[str], frozenset[str]]:
    """Return (division names as they are written in full, names of provinces and prefectures without the suffix)."""
    full, bare = set(), set()
    for code, label in load_code_table("divisions").entries.items():
        name = label.zh
        if len(name) >= 3 and name not in ("市辖区", "市区", "县级市"):
            full.add(name)
            if code.endswith("00") and name[-1] in "省市" and len(name) >= 3:
                bare.add(name[:-1])
    bare |= {"内蒙古", "广西", "西藏", "宁夏", "新疆"}
    return frozenset(full), frozenset(name for name in bare if len(name) >= 2)


def cut_region(name: str, regions: tuple[str, ...] = ()) -> tuple[str, str]:
    """Return (division, rest). `regions` are more names of the city and its parts that may open a name."""
    full, bare = _regions()
    rest = name
    for _ in range(3):
        for width in range(min(11, len(rest) - 2), 1, -1):
            head = rest[:width]
            if head in full or head in regions or head in bare:
                rest = rest[width:]
                break
        else:
            break
    return (name[: len(name) - len(rest)], rest)


def _cut_form(rest: str) -> tuple[str, str, str]:
    """Return (body, form, branch): the first lawful form ends the company, what follows is its branch."""
    if found := _LAWFUL.search(rest, 1):
        return rest[: found.start()], found[0], rest[found.end() :]
    if endings := [found for found in _FORM.finditer(rest, 2) if found.end() == len(rest)]:
        return rest[: endings[0].start()], endings[0][0], ""
    return rest, "", ""


def cut_company(name: str, regions: tuple[str, ...] = ()) -> CompanyParts:
    """Return the parts of a clean business name; joined in order they are the name again, bracketed regions apart."""
    plain = name.replace("（", "(").replace("）", ")")
    country = _COUNTRY.match(plain)
    region, rest = cut_region(plain[country.end() :] if country else plain, regions)
    region = (country[0] if country else "") + region
    body, form, branch = _cut_form(rest)
    inside = re.search(r"\(([^()]{2,12})\)", body)
    if inside and not region and not cut_region(inside[1] + "甲乙", regions)[1].startswith(inside[1]):
        region, body = inside[1], body.replace(inside[0], "")
    if region and not country and (len(body) < 2 or _INDUSTRY.fullmatch(body)):  # the division was the own name (字号)
        region, (body, form, branch) = "", _cut_form(plain)
    found = _INDUSTRY.search(body, 2)
    own_name, industry = (body[: found.start()], body[found.start() :]) if found else (body, "")
    return CompanyParts(region, own_name, industry, form, _FORMS.get(form, form), branch)
