"""How right links are: precision, recall and F1 against the truth, and the best threshold there is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Codes = npt.NDArray[np.int64]
Bits = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Score:
    """Links said, right ones among them, and pairs there are to find."""

    said: int
    right: int
    true: int

    @property
    def precision(self) -> float:
        return self.right / self.said if self.said else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.said + self.true) if self.said + self.true else 1.0

    def __str__(self) -> str:
        shares = f"P {self.precision:.5f} R {self.recall:.5f} F1 {self.f1:.5f}"
        return f"{shares} ({self.said:,} said, {self.said - self.right:,} wrong)"


@dataclass(frozen=True)
class Answers:
    """Answers aligned with the records of a truth: `probability` (nan: none said), `right`, and `known`: whether the
    register holds the record's party at all."""

    probability: npt.NDArray[np.float64]
    right: Bits
    known: Bits

    def at(self, threshold: float, among: Bits | None = None) -> Score:
        """Return the score of the answers from `threshold` up, of all records or `among` some."""
        chosen = np.ones(len(self.known), dtype=bool) if among is None else among
        with np.errstate(invalid="ignore"):
            said = (self.probability >= threshold) & chosen
        return Score(int(said.sum()), int((said & self.right).sum()), int((self.known & chosen).sum()))

    def best(self) -> tuple[float, Score]:
        """Return the threshold of the highest F1, and its score."""
        said = np.flatnonzero(~np.isnan(self.probability))
        order = said[np.argsort(-self.probability[said], kind="stable")]
        values = self.probability[order]
        right, count = np.cumsum(self.right[order]), np.arange(1, len(order) + 1)
        last = np.flatnonzero(np.append(values[1:] != values[:-1], True)) if len(order) else np.empty(0, np.int64)
        if not len(last):
            return 1.0, self.at(np.inf)
        f1 = 2 * right[last] / (count[last] + int(self.known.sum()))
        threshold = float(values[last[int(f1.argmax())]])
        return threshold, self.at(threshold)


def answers(said: pa.Table, truth: pa.Table) -> Answers:
    """Return what `said` (`record_id`, `register_id`, `probability`) answers for each record of `truth` (`record_id`,
    `register_id`: null for a party the register does not know; several rows of a record: any of them is right).

    The result has one row a record, in the order of its first row in `truth`.
    """
    records = truth["record_id"].combine_chunks().unique()
    given = said.filter(pc.is_valid(said["register_id"]))
    place = pc.index_in(given["record_id"].combine_chunks(), value_set=records)
    probability = np.full(len(records), np.nan)
    answered = np.full(len(records), -1, dtype=np.int64)
    kept = np.flatnonzero(place.is_valid().to_numpy(zero_copy_only=False))
    rows = place.take(pa.array(kept)).to_numpy()
    probability[rows] = given["probability"].to_numpy()[kept]
    said_ids, true_ids = given["register_id"].combine_chunks(), truth["register_id"].combine_chunks()
    register = pc.drop_null(pa.concat_arrays([said_ids, true_ids])).unique()
    codes = pc.index_in(said_ids, value_set=register).to_numpy()
    answered[rows] = codes[kept]
    owner = pc.index_in(truth["record_id"].combine_chunks(), value_set=records).to_numpy()
    true = pc.fill_null(pc.index_in(true_ids, value_set=register), -2).to_numpy()
    known, right = np.zeros(len(records), dtype=bool), np.zeros(len(records), dtype=bool)
    known[owner[true >= 0]] = True
    right[owner[(true >= 0) & (true == answered[owner])]] = True
    return Answers(probability, right, known)
