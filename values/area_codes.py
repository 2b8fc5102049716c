"""Telephone area codes of the mainland: what may stand before a land line.

As numbered in 2024, held against the prefixes of the open data behind Google's libphonenumber; retired codes of merged
cities stay (0378 Kaifeng, 0414 Benxi, 0634 Laiwu, 0852 and 0853 in Guizhou …): old records carry them.
"""

from __future__ import annotations

from values.text_forms import words

_CODES = (
    "10 20 21 22 23 24 25 27 28 29 "
    "310-319 335 349-359 370-379 391-396 398 411 412 414-419 421 427 429 431-439 451-459 464 467-469 470-479 482 483 "
    "510-519 523 527 530-539 543 546 631-635 550-559 561-564 566 570-580 591-599 "
    "660 662 663 668 750-760 762 763 766 768 769 691 692 870-879 883 886-888 701 790-799 710-719 722 724 728 "
    "730 731 734-739 743-746 770-779 812 813 816-818 825-827 830-839 851-859 891-898 911-917 919 930-939 941 943 "
    "951-955 970-977 979 901-903 906 908 909 990-999"
)
_RETIRED = "410 413 440 448 565 732 733 890 899 910"


def _spread(text: str) -> frozenset[str]:
    codes: set[str] = set()
    for part in words(text):
        first, _, last = part.partition("-")
        codes |= {f"0{code}" for code in range(int(first), int(last or first) + 1)}
    return frozenset(codes)


AREA_CODES = _spread(f"{_CODES} {_RETIRED}")
