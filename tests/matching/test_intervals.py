import pytest

from matching.intervals import wilson


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # computed with statsmodels.stats.proportion.proportion_confint(method="wilson")
    [(0, 10, 0.0, 0.277533), (10, 10, 0.722467, 1.0), (81, 263, 0.255281, 0.366216), (1, 2, 0.094531, 0.905469)],
)
def test_the_interval_of_a_share(successes: int, trials: int, low: float, high: float) -> None:
    found = wilson(successes, trials)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-5)


def test_of_nothing_there_is_no_share() -> None:
    assert wilson(0, 0) is None
