"""Rare characters that old systems hold at private-use code points, and where Unicode has them now.

GBK put 80 characters at FE50-FEA0, which its converters sent to U+E815-U+E864. GB 18030-2000 moved 66 of them to
Unicode; the last 14 got their places later (U+9FB4-9FBB and plane 2). Two letters of pinyin share the fate. Python's
gb18030 codec agrees on the 66 (a test asks it); the 14 are from the mapping of GB 18030-2022, as recalled.
"""

from __future__ import annotations

import re
import unicodedata

from schemas.reasons import Reason
from values.cleaned import bits

_FROM_GBK = (
    "⺁𠂇𠂉𠃌⺄㑳㑇⺈⺋龴㖞㘚㘎⺌⺗㥮㤘龵㧏㧟㩳㧐龶龷㭎㱮㳠⺧𡗗龸⺪䁖䅟⺮䌷⺳⺶⺷𢦏䎱"
    "䎬⺻䏝䓖䙡䙌龹䜣䜩䝼䞍⻊䥇䥺䥽䦂䦃䦅䦆䦟䦛䦷䦶龺𤇾䲣䲟䲠䲡䱷䲢䴓䴔䴕䴖䴗䴘䴙䶮龻"
)
PRIVATE_USE = {0xE815 + place: letter for place, letter in enumerate(_FROM_GBK)} | {0xE7C7: "ḿ", 0xE7C8: "ǹ"}
PRIVATE_PATTERN = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
_COMPATIBILITY = re.compile("[\u2f00-\u2fd5\uf900-\ufad9\U0002f800-\U0002fa1f]")


def map_private_use(text: str, flags: int) -> tuple[str, int]:
    """Return the text with known private-use characters at their place in Unicode, and the reasons.

    An unknown one stays where it is, PRIVATE_USE_UNKNOWN: what it showed depended on a font.
    """
    if PRIVATE_PATTERN.search(text):
        mapped = text.translate(PRIVATE_USE)
        if mapped != text:
            flags |= bits(Reason.PRIVATE_USE_MAPPED)
        if PRIVATE_PATTERN.search(mapped):
            flags |= bits(Reason.PRIVATE_USE_UNKNOWN)
        text = mapped
    if _COMPATIBILITY.search(text):
        text = _COMPATIBILITY.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
        flags |= bits(Reason.COMPATIBILITY_FOLDED)
    return text, flags
