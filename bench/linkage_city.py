"""The demo city's records without an anchored identifier: this product, Splink 5 and the ceiling in one run.

    python -m bench.linkage_city [--residents N] [--seeds S ...] [--profiles P ...] [--hidden SHARE] [--folder FOLDER]

A city of each seed and error profile is built and standardised; its open records (see bench/linkage_records.py) are
linked to the police register. Two kinds of them are told apart: records that are open by themselves, half of them about
people the register does not know, and a random `--hidden` share of the others whose identifiers were hidden. The
ceiling is what an oracle knows (bench/ceiling.py): records whose right row has a posterior of at least the
specification's link threshold. `of it` is the share of those that were linked to that row. Records of which the right
row can be told by nothing but a name are apart: the oracle, which knows that the register has no second one, would
link them; the house does not link by a name alone. The product links by the hub's own specification, trained as the
hub trains (bench/linkage_hub.py).

`copied` are wrong links of records that carry somebody else's name and birth date whole (a row that took them from the
row above): they speak of the other one, and nobody could know. They count as wrong; the precision without them is told
beside it.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet

from bench import linkage
from bench.ceiling import oracle, prior_of
from bench.linkage_hub import linked as hub_links
from bench.linkage_hub import peer_rules, specification
from bench.linkage_people import Files
from bench.linkage_records import CityFiles, Sample, files
from demo.profile import load

TOLD = {"birth_date": "born", "phone": "phone", "address_path": "address", "citizen_id": "number"}
Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Truth:
    """Per record, in order: the ids of its right register rows, and what is known of it (a row a record)."""

    right: list[frozenset[str]]
    about: pd.DataFrame

    def holds(self, answer: pd.Series) -> Marks:
        """Say, per record, whether an answer (a register id or none) is right."""
        return np.array([one in right for one, right in zip(answer, self.right, strict=True)])


def truth_of(made: CityFiles, records: pd.DataFrame) -> Truth:
    """Return the truth in the order of the records, with department, evidence class and kind of name."""
    rows = parquet.read_table(made.truth).to_pandas().dropna()
    right = rows.groupby("record_id")["register_id"].agg(frozenset).reindex(records["unique_id"])
    about = parquet.read_table(made.about).to_pandas()
    about["evidence"] = evidence(records)
    about["name"] = records["name"].map(name_kind)
    return Truth([one if isinstance(one, frozenset) else frozenset() for one in right], about)


def evidence(records: pd.DataFrame) -> list[str]:
    """Return what each record tells beside a name."""
    told = {word: records[column].notna().to_numpy() for column, word in TOLD.items()}
    return ["+".join(word for word in told if told[word][row]) or "name alone" for row in range(len(records))]


def name_kind(name: str | None) -> str:
    """Return the kind of a name: of two, three or more characters, in parts, of Latin letters, or none."""
    if not isinstance(name, str):
        return "none"
    if "·" in name:
        return "in parts"
    return "latin" if name.isascii() else {2: "two", 3: "three"}.get(len(name), "longer")


@dataclass(frozen=True)
class Outcome:
    """Per record: whether the register knows it, was linked, rightly; is decidable, and by a name alone; Splink's link
    at its best threshold, rightly; and whether a wrong link is of a record that carries another person's data."""

    known: Marks
    linked: Marks
    right: Marks
    decidable: Marks
    by_name: Marks
    peer: Marks
    peer_right: Marks
    copied: Marks

    def line(self, chosen: Marks) -> str:
        """Return the figures of some records."""
        known, linked, right = ((one & chosen).sum() for one in (self.known, self.linked, self.right))
        ceiling = self.decidable & ~self.by_name & chosen
        of_it = (self.right & ceiling).sum() / max(ceiling.sum(), 1)
        peer = 2 * (self.peer_right & chosen).sum() / max((self.peer & chosen).sum() + known, 1)
        f1 = 2 * right / max(linked + known, 1)
        return (
            f"{chosen.sum():>9,}{known:>9,}{linked:>9,}{linked - right:>6,}{(self.copied & chosen).sum():>7,}"
            f"{right / max(linked, 1):>10.5f}{right / max(linked - (self.copied & chosen).sum(), 1):>10.5f}"
            f"{right / max(known, 1):>9.4f}{(self.decidable & chosen).sum() / max(known, 1):>9.4f}"
            f"{(self.by_name & chosen).sum():>9,}{of_it:>9.4f}{f1:>9.4f}{peer:>9.4f}"
        )


TITLES = "records known linked wrong copied precision without recall ceiling by-name of-it F1 splink"
WIDTHS = (9, 9, 9, 6, 7, 10, 10, 9, 9, 9, 9, 9, 9)
HEAD = "".join(f"{word:>{width}}" for word, width in zip(TITLES.split(), WIDTHS, strict=True))


def measured(sample: Sample, made: CityFiles, pairs: float) -> tuple[Outcome, Truth]:
    """Run both products and the oracle on one city."""
    records, register = parquet.read_table(made.records), parquet.read_table(made.register)
    frame, ids = records.to_pandas(), records["unique_id"].to_pylist()
    truth, rows = truth_of(made, frame), parquet.read_table(made.truth)
    known = np.array([bool(one) for one in truth.right])
    own = hub_links(made).links.to_pandas().set_index("right_id").reindex(ids)
    peer_out = made.about.with_name("splink.parquet")
    linkage.splink(Files(made.records, made.register, made.truth), rows, peer_out, pairs, peer_rules())
    threshold, _ = linkage.scored(parquet.read_table(peer_out), rows).best()
    peer = parquet.read_table(peer_out).to_pandas().set_index("record_id").reindex(ids)
    about = truth.about
    # Whose number was hidden is nothing that a decision could know.
    group = about["department"] + about["statement"] + frame["citizen_id"].notna().astype(str)
    seen = oracle(with_department(records, about), register, prior_of(known, group.tolist()), load(sample.profile))
    best = pd.Series(np.append(register["unique_id"].to_pylist(), None)[seen.best])
    linked, said = (own["decision"] == "link").to_numpy(), (peer["probability"] >= threshold).to_numpy()
    limits = specification().decide
    sure = seen.posterior >= (limits.link if limits else 1.0)
    decidable = sure & truth.holds(best)
    print(f"the oracle is sure of {sure.sum():,} and wrong about {(sure & ~decidable).sum():,} of them")
    outcome = Outcome(
        known,
        linked,
        linked & truth.holds(own["left_id"]),
        decidable,
        decidable & only_by_name(frame, register.to_pandas(), seen.best),
        said,
        said & truth.holds(peer["register_id"]),
        linked & carries_another(made, frame, about, own["left_id"]),
    )
    return outcome, truth


def with_department(records: pa.Table, about: pd.DataFrame) -> pa.Table:
    return records.append_column("department", pa.array(about["department"]))


def carries_another(made: CityFiles, frame: pd.DataFrame, about: pd.DataFrame, linked: pd.Series) -> Marks:
    """Say which records have the linked row's name and birth date, and not their own person's, present or former."""
    people = parquet.read_table(made.persons).to_pandas().set_index("person_id").reindex(about["person"])
    rows = parquet.read_table(made.register).to_pandas().set_index("unique_id").reindex(linked)
    name, born = frame["name"].to_numpy(), frame["birth_date"].astype(str).to_numpy()
    own = (name == people["name"].to_numpy()) | (name == people["former_name"].to_numpy())
    other = (name == rows["name"].to_numpy()) & (born == rows["birth_date"].astype(str).to_numpy())
    found: Marks = ~own & (born != people["birth_date"].astype(str).to_numpy()) & other
    return found & frame["birth_date"].notna().to_numpy()


def only_by_name(records: pd.DataFrame, register: pd.DataFrame, best: npt.NDArray[np.int64]) -> Marks:
    """Say, per record, whether it and its best row tell no field but the name (and sex) both."""
    both = np.zeros(len(records), dtype=bool)
    for column in TOLD:
        both |= records[column].notna().to_numpy() & (best >= 0) & register[column].notna().to_numpy()[best]
    return ~both


def show(outcome: Outcome, truth: Truth) -> None:
    """Print the figures by kind of record, department, evidence class and kind of name."""
    everything = np.ones(len(truth.about), dtype=bool)
    print(f"{'':<34}{HEAD}")
    print(f"{'all':<34}{outcome.line(everything)}")
    hidden = truth.about["hidden"].to_numpy()
    for name, chosen in (("open by themselves", ~hidden), ("identifier hidden", hidden)):
        if chosen.any():
            print(f"{name:<34}{outcome.line(chosen)}")
    for column in ("department", "evidence", "name"):
        for value, count in truth.about[column].value_counts().items():
            if count >= SMALLEST:
                print(f"  {column + ' ' + str(value):<32}{outcome.line((truth.about[column] == value).to_numpy())}")


SMALLEST = 100  # records: smaller groups are not shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--residents", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[8101])
    parser.add_argument("--profiles", nargs="+", default=["assumed", "second"])
    parser.add_argument("--hidden", type=float, default=0.2)
    parser.add_argument("--pairs", type=float, default=1e7, help="random pairs that Splink estimates u from")
    parser.add_argument("--folder", type=Path, default=linkage.KEPT)
    chosen = parser.parse_args()
    for profile in chosen.profiles:
        for seed in chosen.seeds:
            sample = Sample(chosen.residents, seed, profile, chosen.hidden)
            print(f"\n{sample}", flush=True)
            show(*measured(sample, files(sample, chosen.folder), chosen.pairs))


if __name__ == "__main__":
    main()
