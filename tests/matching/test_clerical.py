from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from matching.clerical import SAMPLE, draw, estimate

LINKS = pa.table(
    {
        "left_id": [f"l{number}" for number in range(1_000)],
        "right_id": [f"r{number}" if number % 10 else None for number in range(1_000)],
        "probability": np.linspace(0.3, 1.0, 1_000),
    }
)


def judged(*rows: tuple[str, int, str | None]) -> pa.Table:
    columns = {
        "left_id": ["l"] * len(rows), "right_id": ["r"] * len(rows), "probability": [0.5] * len(rows),
        "band": [row[0] for row in rows], "band_pairs": [row[1] for row in rows], "verdict": [row[2] for row in rows],
    }  # fmt: skip
    return pa.table(columns, schema=SAMPLE)


def test_every_band_is_drawn_and_the_order_of_links_does_not_matter() -> None:
    sample = draw(LINKS, 60, seed=3)
    assert sample.schema == SAMPLE
    assert sample.num_rows == 60
    assert pc.count_distinct(sample["left_id"]).as_py() == 60
    assert sample["right_id"].null_count == 0
    assert set(sample["band"].to_pylist()) == {"0", "0.5", "0.8", "0.95", "0.99", "0.999", "0.9999"}
    assert draw(LINKS.take(list(range(999, -1, -1))), 60, seed=3).equals(sample)
    assert not draw(LINKS, 60, seed=4).equals(sample)


def test_a_sample_larger_than_the_links_is_all_of_them() -> None:
    assert draw(LINKS, 5_000).num_rows == 900
    assert draw(LINKS.slice(0, 0), 10).num_rows == 0


def test_bands_weigh_by_their_pairs() -> None:
    low = [("0.5", 100, "same"), ("0.5", 100, "not_same"), ("0.5", 100, "unsure")]
    high = [("0.99", 900, "same"), ("0.99", 900, "same"), ("0.99", 900, None)]
    bands, whole = estimate(judged(*low, *high))
    assert [(one.band, one.same, one.not_same, one.unsure, one.share) for one in bands] == [
        ("0.5", 1, 1, 1, 0.5), ("0.99", 2, 0, 0, 1.0),
    ]  # fmt: skip
    assert whole.share == pytest.approx(0.95)
    assert whole.interval is not None
    assert 0 <= whole.interval.low < 0.95 < whole.interval.high <= 1


def test_nothing_judged_says_nothing() -> None:
    _, whole = estimate(judged(("0.5", 100, None)))
    assert (whole.share, whole.interval) == (None, None)


@pytest.mark.long
def test_the_interval_holds_in_nineteen_of_twenty_samples() -> None:
    generator, inside = np.random.default_rng(1), 0
    truth = {"0.5": (200, 0.6), "0.95": (800, 0.9), "0.9999": (9_000, 0.997)}
    share = sum(size * right for size, right in truth.values()) / 10_000
    for _ in range(400):
        rows = [
            (band, size, "same" if generator.random() < right else "not_same")
            for band, (size, right) in truth.items() for _ in range(150)
        ]  # fmt: skip
        interval = estimate(judged(*rows))[1].interval
        inside += interval is not None and interval.low <= share <= interval.high
    assert inside / 400 > 0.92
