"""Toneless pinyin by character table; surnames have their own readings, characters with several keep them.

The table is built once per process from pypinyin's dictionary, whose sentences and tones are not needed here.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from values.text_forms import words

# Readings as a surname where they are not the usual first reading.
SURNAME_READINGS = {
    pair[0]: pair[1:]
    for pair in words(
        "单shan 仇qiu 区ou 曾zeng 盖ge 查zha 解xie 翟zhai 缪miao 种chong 任ren 华hua 宁ning 燕yan 纪ji 葛ge 覃qin "
        "朴piao 员yun 贠yun 繁po 尉wei 乐yue 召shao 折she 洗xian 冼xian 黑he 秘bi 冯feng 卜bu 令ling 过guo 应ying "
        "那na 柏bai 薄bo 郇xun 牟mu 逄pang 麴qu 佴nai 晟cheng 隗wei 哈ha 撒sa 訾zi 昝zan 郗xi 长zhang 都du 尹yin "
        "车che 沈shen 褚chu 臧zang 俞yu 喻yu 谌chen 眭sui 乜nie 阚kan 祭zhai 尧yao 巴ba 娄lou 万wan 石shi 曲qu "
        "系xi 荀xun 占zhan 丁ding 行xing 阿a 逯lu 綦qi 亓qi 厍she 适kuo 钭tou 句gou"
    )
}
COMPOUND_SURNAMES = {
    pair[:2]: pair[2:].replace("-", " ")
    for pair in words(
        "尉迟yu-chi 万俟mo-qi 长孙zhang-sun 单于chan-yu 澹台tan-tai 令狐ling-hu 欧阳ou-yang 司马si-ma "
        "上官shang-guan 诸葛zhu-ge 司徒si-tu 慕容mu-rong 皇甫huang-fu 宇文yu-wen 东方dong-fang 端木duan-mu "
        "公孙gong-sun 申屠shen-tu 呼延hu-yan 夏侯xia-hou 独孤du-gu 南宫nan-gong 西门xi-men 东郭dong-guo "
        "闻人wen-ren 赫连he-lian 轩辕xuan-yuan 钟离zhong-li 鲜于xian-yu 闾丘lü-qiu 太史tai-shi 完颜wan-yan "
        "拓跋tuo-ba 纳兰na-lan"
    )
}
# Surnames that families read in more than one way; the first reading is the one above.
SEVERAL_SURNAMES = {
    pair[0]: tuple(pair[1:].split(","))
    for pair in words(
        "乐yue,le 覃qin,tan 盖ge,gai 缪miao,mou 隗wei,kui 郇xun,huan 黑he,hei 朴piao,pu 尉wei,yu 折she,zhe 都du,dou "
        "洗xian,xi 句gou,ju 种chong,zhong 薄bo,bao 柏bai,bo 召shao,zhao 翟zhai,di 员yun,yuan 秘bi,mi 佴nai,er"
    )
}
# Characters of given names that are read in more than one way; the first reading is the usual one in names.
SEVERAL_READINGS = {
    pair[0]: tuple(pair[1:].split(","))
    for pair in words(
        "乐le,yue 重chong,zhong 长chang,zhang 朝zhao,chao 行xing,hang 晟sheng,cheng 茜qian,xi 曾zeng,ceng "
        "单shan,dan 解jie,xie 盛sheng,cheng 会hui,kuai 传chuan,zhuan 都du,dou 参shen,can 省xing,sheng 藏zang,cang "
        "觉jue,jiao 娜na,nuo 朴pu,piao 畜xu,chu 调tiao,diao 宿su,xiu 柏bai,bo 车che,ju 弹tan,dan 降jiang,xiang "
        "校xiao,jiao 炅jiong,gui 荨xun,qian 祎yi,hui 沓ta,da 贾jia,gu 莘shen,xin 缪miao,mou 查cha,zha 盖gai,ge "
        "仇chou,qiu 澄cheng,deng 蕃fan,bo 阿a,e 识shi,zhi 遗yi,wei 翟di,zhai 尉wei,yu 奇qi,ji 万wan,mo 员yuan,yun "
        "还huan,hai"
    )
}


@cache
def _toneless(reading: str) -> str:
    """Return a reading without tone marks; ü stays apart from u, as v."""
    plain = unicodedata.normalize("NFD", re.sub("[üǖǘǚǜ]", "v", reading))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _pypinyin_readings() -> dict[str, str]:
    """Return pypinyin's dictionary, code point -> readings by comma, from its file: importing the package would load
    its dictionary of phrases too. Raises FileNotFoundError where a version keeps it elsewhere."""
    spec = find_spec("pypinyin")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("pypinyin")
    found: dict[str, str] = json.loads((Path(spec.origin).parent / "pinyin_dict.json").read_text("utf-8"))
    return found


@cache
def reading_table() -> tuple[npt.NDArray[np.int32], pa.StringArray]:
    """Return (code point -> index of its reading, readings); index 0 is the empty reading of everything unknown."""
    index = np.zeros(0x110000, dtype=np.int32)
    known: dict[str, int] = {"": 0}
    for point, readings in _pypinyin_readings().items():
        index[int(point)] = known.setdefault(_toneless(readings.split(",")[0]), len(known))
    for letter, several in SEVERAL_READINGS.items():
        index[ord(letter)] = known.setdefault(several[0], len(known))
    for point in (*range(48, 58), *range(65, 91)):
        index[point] = known.setdefault(chr(point).lower(), len(known))
    for reading in (*SURNAME_READINGS.values(), *(r for pair in COMPOUND_SURNAMES.values() for r in pair.split())):
        known.setdefault(_toneless(reading), len(known))
    for several in (*SEVERAL_READINGS.values(), *SEVERAL_SURNAMES.values()):
        for reading in several:
            known.setdefault(reading, len(known))
    return index, pa.array(list(known), pa.string())


@cache
def reading_numbers() -> dict[str, int]:
    """Return reading -> its index in `reading_table`."""
    return {reading: number for number, reading in enumerate(reading_table()[1].to_pylist())}


@cache
def surname_table() -> npt.NDArray[np.int32]:
    """Return code point -> index of its reading as a surname."""
    table = reading_table()[0].copy()
    for letter, reading in SURNAME_READINGS.items():
        table[ord(letter)] = reading_numbers()[reading]
    return table
