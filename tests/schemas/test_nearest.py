import pytest

from schemas.nearest import listed, nearest


@pytest.mark.parametrize(
    ("word", "choices", "expected"),
    [
        ("nmae", ["name", "phone"], "name"),
        ("citizenid", ["citizen_id", "document_number"], "citizen_id"),
        ("NAME", ["name", "phone"], "name"),
        ("公安局人囗", ["公安局人口", "民政局"], "公安局人口"),
        ("zzz", ["name", "phone"], ""),
        ("name", [], ""),
    ],
)
def test_nearest(word: str, choices: list[str], expected: str) -> None:
    assert nearest(word, choices) == expected


def test_nearest_does_not_depend_on_the_order_of_choices() -> None:
    assert nearest("ab", ["AB", "ab"]) == nearest("ab", ["ab", "AB"])


def test_listed_cuts_long_lists() -> None:
    assert listed(["a", "b", "c"], limit=2) == "a, b …"
    assert listed(["a", "b"], limit=2) == "a, b"
