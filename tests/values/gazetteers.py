"""The shipped city's gazetteer, and a tiny one for rules that the city has no example of."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from schemas.gazetteer import Division, Gazetteer, Synonym, Town, Village
from schemas.gazetteer_file import load_gazetteer

SHIPPED = Path(__file__).parents[2] / "cities" / "qinhuangdao" / "gazetteer"


@cache
def shipped() -> Gazetteer:
    return load_gazetteer(SHIPPED)


@cache
def tiny() -> Gazetteer:
    """A city of two districts, a zone in one of them and a county that was cut up."""
    divisions = (
        Division("130300", "秦皇岛市", "city"),
        Division("130302", "海港区", "district"),
        Division("130306", "抚宁区", "district"),
        Division("130323", "抚宁县", "retired", ("130306", "130302")),
        Division("130371", "东部新区", "zone", (), ("130302",)),
    )
    towns = (
        Town("130302100", "甲镇"),
        Town("130306100", "乙镇"),
        Town("130306101", "丙镇", "130306100"),
    )
    return Gazetteer(
        {division.code: division for division in divisions},
        {town.code: town for town in towns},
        (
            Village("东村", "village", "130302100", ("130302",)),
            Village("石桥村", "village", "130306100", ("130306",)),
            Village("柳树里", "community", "130302100", ("130302",)),
        ),
        {"长街": ("130302", "130306"), "河北大街": ("130302",), "新区路": ("130371",)},
        (Synonym("road", "长街路", "长街", "130306"), Synonym("division", "抚宁", "130306", "", True)),
    )
