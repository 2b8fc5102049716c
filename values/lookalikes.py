"""Characters that are taken for one another by the eye, folded for the shape key of names.

A small table of our own making, in two parts: characters that differ by a stroke or its length (末未, 己已巳), and
characters that differ by a component that is lost or looks alike (治冶, 睛晴, 祎袆, 茗名). Groups that share one are
one. It serves to find candidates: that two names look alike says nothing about whose they are.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from values.text_forms import words
from values.variants import fold_table

_STROKES = words(
    "末未 士土 己已巳 干千于 天夭 大太犬 人入 日曰 田由甲申 午牛 王玉主 刀力刁 儿几 乌鸟 贝见 元无 木术本禾 今令 毛手 "
    "友反 石右 古占 白百 皿血 矛予 名各 史吏 戊戌戍戎 衰哀衷 亨享 折拆析 崔雀 宇字 昊吴 莱菜 茵菌 荣茶 季李 辛幸 赢羸 "
    "冉再 舟丹 韦书 卢户 屈居 庄压 戚威 戴截 欧殴 沈沉 盛咸 莫奠 裴斐 管菅 米来 兴光 微徽 祥详 颖颍 睿壑 童重 靳勒 "
    "钧钓 陈阵 茜苗 沐沭 汨汩 昌昙 宣宜 佳住 洁沽 梅悔 桂挂 柏伯 林材 免兔 尤龙 候侯 巳已"
)
_PARTS = words(
    "冶治 汪江 晴睛 波坡 杨扬 玲铃 娟捐 洪供 婧靖 漫慢 莹萤 璇旋 瑾谨 珊册 蕾雷 璐露 萱宣 暄喧 皎姣 煜昱 芊千 苑宛 "
    "茗名 莎沙 菲非 蓉容 薇微 贺驾 钰玉 铭名 锦棉 霖霜 骆络 鲍炮 尹伊 廖寥 游淤 湛堪 滕腾 熊能 聂耳 茅矛 邢刑 连莲 "
    "钟种 韩翰 饶浇 魏巍 纪记 祎袆 析祈 祈祁 恒垣 怡治 冰泳 凌陵 凉谅 浅线 往住 但坦 健键 傅博 任仕 作诈 航杭 明朋 "
    "晖挥 暖缓 悦脱 惟维 愉愈 慎填 禅婵 福幅 绿禄 祖租 神袖 植值 清请 桃挑 栋拣 淑椒 浩皓 桦烨 瑜榆 遥瑶 淘陶 谭潭 谬缪"
)


@cache
def shape_table() -> npt.NDArray[np.uint32]:
    """Return the table code point -> code point that stands for its shape, variants folded first."""
    folded = fold_table()
    leader: dict[int, int] = {}

    def first(point: int) -> int:
        while leader.get(point, point) != point:
            point = leader[point]
        return point

    for group in (*_STROKES, *_PARTS):
        points = [int(folded[ord(letter)]) for letter in group]
        lead = min(first(point) for point in points)
        for point in points:
            leader[first(point)] = lead
            leader.setdefault(point, lead)
    table = folded.copy()
    moved = np.array(sorted(leader), dtype=np.int64)
    stands = np.arange(len(table), dtype=np.uint32)
    stands[moved] = [first(point) for point in moved.tolist()]
    return stands[table]
