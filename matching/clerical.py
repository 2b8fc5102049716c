"""The clerical sample: pairs drawn for people to judge, and what their verdicts say of all pairs."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.evaluation import rows_by
from matching.intervals import NINETY_FIVE, Interval, wilson

BANDS = (0.0, 0.5, 0.8, 0.95, 0.99, 0.999, 0.9999)  # lower borders of probability
VERDICTS = ("same", "not_same", "unsure")
SAMPLE = pa.schema(
    [
        ("left_id", pa.string()),
        ("right_id", pa.string()),
        ("probability", pa.float64()),
        ("band", pa.string()),
        ("band_pairs", pa.int64()),  # how many pairs the drawn ones of the band stand for
        ("verdict", pa.string()),  # for people to fill in: VERDICTS
    ]
)


def draw(links: pa.Table, size: int, seed: int = 0) -> pa.Table:
    """Return a sample (SAMPLE) of `size` pairs, as many from each band of probability as there are, in random order.

    The same links and seed give the same sample, however the links are ordered.
    """
    pairs = links.filter(pc.and_(pc.is_valid(links["right_id"]), pc.is_valid(links["probability"])))
    pairs = pairs.sort_by([("left_id", "ascending"), ("right_id", "ascending")])
    probabilities = pairs["probability"].to_numpy()
    bands = np.searchsorted(BANDS, probabilities, side="right") - 1
    generator = np.random.default_rng(seed)
    counts = np.bincount(bands, minlength=len(BANDS))
    drawn = [
        generator.choice(np.flatnonzero(bands == band), share, replace=False)
        for band, share in enumerate(_shares(counts.tolist(), size))
        if share
    ]
    rows = generator.permutation(np.concatenate(drawn)) if drawn else np.array([], np.int64)
    taken = pairs.take(pa.array(rows))
    columns = [
        taken["left_id"].cast(pa.string()), taken["right_id"].cast(pa.string()), taken["probability"],
        pa.array([f"{BANDS[band]:g}" for band in bands[rows]], pa.string()), pa.array(counts[bands[rows]], pa.int64()),
        pa.nulls(len(rows), pa.string()),
    ]  # fmt: skip
    return pa.table(columns, schema=SAMPLE)


def _shares(counts: list[int], size: int) -> list[int]:
    """Return how many to draw of each band: the same of each, what a small band lacks from the others."""
    shares = [0] * len(counts)
    left = min(size, sum(counts))
    while left:
        open_bands = [band for band, count in enumerate(counts) if shares[band] < count]
        each = max(left // len(open_bands), 1)
        for band in open_bands:
            more = min(each, counts[band] - shares[band], left)
            shares[band] += more
            left -= more
    return shares


@dataclass(frozen=True)
class Judged:
    """Of `pairs` in a band so many were judged `same` or `not_same`; the share that is the same, with its interval."""

    band: str
    pairs: int
    same: int
    not_same: int
    unsure: int
    share: float | None
    interval: Interval | None


def estimate(sample: pa.Table) -> tuple[tuple[Judged, ...], Judged]:
    """Return, band by band and for all pairs, the share that people judged to be the same.

    Pairs judged unsure, or not at all, count for neither. The whole weighs the bands by their pairs; its interval is
    the stratified sample's (W. G. Cochran, Sampling Techniques, 1977, ch. 5), the bands' intervals are Wilson's.
    """
    bands = sample["band"].cast(pa.string()).fill_null("—").to_numpy()
    verdicts = sample["verdict"].cast(pa.string()).fill_null("").to_numpy()
    sizes = sample["band_pairs"].cast(pa.int64()).to_numpy()
    judged = tuple(_judged(band, verdicts[rows], int(sizes[rows[0]])) for band, rows in rows_by(bands).items())
    return judged, _whole(judged)


def _judged(band: str, verdicts: npt.NDArray[np.object_], pairs: int) -> Judged:
    same, not_same, unsure = (int((verdicts == verdict).sum()) for verdict in VERDICTS)
    trials = same + not_same
    return Judged(band, pairs, same, not_same, unsure, same / trials if trials else None, wilson(same, trials))


def _whole(judged: tuple[Judged, ...]) -> Judged:
    known = [one for one in judged if one.share is not None]
    total = sum(one.pairs for one in known)
    same, not_same, unsure = (sum(getattr(one, verdict) for one in judged) for verdict in VERDICTS)
    if not total:
        return Judged("", sum(one.pairs for one in judged), same, not_same, unsure, None, None)
    share = variance = 0.0
    for one in known:
        weight, trials = one.pairs / total, one.same + one.not_same
        # one half-case on either side: a band without any error still leaves some doubt
        careful = (one.same + 0.5) / (trials + 1)
        unseen = 1 - trials / one.pairs if one.pairs > trials else 0.0
        share += weight * (one.share or 0.0)
        variance += weight * weight * careful * (1 - careful) / trials * unseen
    half = NINETY_FIVE * sqrt(variance)
    interval = Interval(max(0.0, share - half), min(1.0, share + half))
    return Judged("", total, same, not_same, unsure, share, interval)
