import pyarrow as pa
import pytest

from values.day_order import DayOrder, day_order, year_first


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["03/14/1985", "12/01/1990", None], "month_first"),
        (["14.3.1985", "1.12.1990"], "day_first"),
        (["01/02/1985", "03/04/1990"], "day_first"),
        (["1985-03-14", "1990-12-01"], ""),
        (["19850314", "x", "01/02/1985"], ""),
        ([], ""),
        ([None], ""),
    ],
)
def test_the_whole_column_says_which_number_is_the_month(texts: list[str | None], order: DayOrder) -> None:
    assert day_order(pa.array(texts, pa.string())) == order


def test_days_are_rewritten_and_other_texts_stay() -> None:
    texts = pa.array(["3/14/1985", "14-03-1985", "1990-12-01", None, "soon", "3/14/1985 10:20"], pa.string())
    assert year_first(texts, "month_first").to_pylist() == [
        "1985-03-14", "1985-14-03", "1990-12-01", None, "soon", "1985-03-14",
    ]  # fmt: skip
    assert year_first(texts, "day_first").to_pylist()[1] == "1985-03-14"
    assert year_first(texts, "") is texts
