"""Link two Parquet files of people with Splink 5, in an environment of its own that holds nothing of the product.

Run: python splink_match.py RECORDS REGISTER OUT RULES PAIRS, where RULES is JSON (the blocking rules, lists of columns
of record and register) and PAIRS how many random pairs u is estimated from. OUT becomes the best register row of each
record (`record_id`, `register_id`, `probability`). Prints one line of JSON: seconds by phase, processor seconds, peak
memory, scored pairs.

The model is what Splink's own guide recommends for people: u from random pairs, m by expectation maximisation in four
training blocks so that every comparison is trained by at least two, term frequencies on names. Levels say as much as
the product's: a name's pinyin is a prepared column, one wrong character of a Han name is at most three bytes, the parts
of an address are prepared columns.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
import time
from itertools import pairwise
from pathlib import Path

import duckdb
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

FLOOR = 0.001  # candidates below this probability are never the answer at any threshold worth having
NEIGHBOURS, NUMBERS = 109, 35 * 10**8  # mobile numbers one slip away from another, and all there are
LIKELY = [("name", "birth_date"), ("name", "phone"), ("name", "house")]  # rules whose pairs are nearly all the same
RECALL = 0.9  # how many of the true pairs those rules find: a guess that moves every weight alike
TRAINING = [("name", "birth_date"), ("phone",), ("birth_date", "road"), ("name", "road")]


def level(condition: str, label: str, **more: object) -> dict[str, object]:
    """Return one comparison level."""
    return {"sql_condition": condition, "label_for_charts": label, **more}


def comparison(column: str, levels: list[tuple[str, str]], names: bool = False) -> dict[str, object]:
    """Return a comparison of `column`: missing, exact (by term frequency for names), `levels`, all other."""
    nothing = level(f'"{column}_l" IS NULL OR "{column}_r" IS NULL', "missing", is_null_level=True)
    frequencies = {"tf_adjustment_column": column, "tf_adjustment_weight": 1.0} if names else {}
    exact = level(f'"{column}_l" = "{column}_r"', "same", **frequencies)
    others = [level(condition, label) for label, condition in levels]
    every = [nothing, exact, *others, level("ELSE", "different")]
    return {"output_column_name": column, "comparison_levels": every}


def comparisons(same_phone: float, numbers: bool) -> list[dict[str, object]]:
    """Return how the prepared columns are compared; `same_phone` is how often two random rows share a phone,
    `numbers` whether records have citizens' numbers."""
    name = [
        ("former name", "name_l = former_name_r OR name_r = former_name_l"),
        ("same sound", "name_pinyin_l = name_pinyin_r"),
        ("one character", "length(name_l) = length(name_r) AND levenshtein(name_l, name_r) <= 3"),
        ("alike", "jaro_winkler_similarity(name_l, name_r) >= 0.8"),
        ("same surname", "substr(name_l, 1, 1) = substr(name_r, 1, 1)"),
    ]
    day = "CAST(birth_date_{} AS VARCHAR)"
    date = [
        (
            "day and month swapped",
            "year(birth_date_l) = year(birth_date_r) AND month(birth_date_l) = day(birth_date_r) "
            "AND day(birth_date_l) = month(birth_date_r)",
        ),
        ("one figure", f"damerau_levenshtein({day.format('l')}, {day.format('r')}) <= 1"),
        (
            "one part",
            "(month(birth_date_l) = month(birth_date_r) AND day(birth_date_l) = day(birth_date_r)) OR "
            "(year(birth_date_l) = year(birth_date_r) AND month(birth_date_l) = month(birth_date_r)) OR "
            "(year(birth_date_l) = year(birth_date_r) AND day(birth_date_l) = day(birth_date_r))",
        ),
    ]
    # a shared phone is too rare for random pairs to show; its u is counted, or follows from how numbers are given out
    counted = {"u_probability": same_phone, "fix_u_probability": True}
    slip = {"u_probability": NEIGHBOURS / NUMBERS, "fix_u_probability": True}
    phone = [
        level("phone_l IS NULL OR phone_r IS NULL", "missing", is_null_level=True),
        level("phone_l = phone_r", "same", tf_adjustment_column="phone", tf_adjustment_weight=1.0, **counted),
        level("damerau_levenshtein(phone_l, phone_r) <= 1", "one figure", **slip),
        level("ELSE", "different"),
    ]
    missing = "road_l IS NULL OR road_r IS NULL"
    address = [
        level(missing, "missing", is_null_level=True),
        level("house_l = house_r", "same house"),
        level("building_l = building_r", "same building"),
        level("number_l = number_r", "same number"),
        level("road_l = road_r", "same road"),
        level("ELSE", "different"),
    ]
    number = [
        ("one figure", "damerau_levenshtein(citizen_id_l, citizen_id_r) <= 1"),
        ("same region and day", "substr(citizen_id_l, 1, 14) = substr(citizen_id_r, 1, 14)"),
    ]
    return [
        comparison("name", name, names=True),
        comparison("birth_date", date),
        comparison("sex", []),
        {"output_column_name": "phone", "comparison_levels": phone},
        {"output_column_name": "address", "comparison_levels": address},
        *([comparison("citizen_id", number)] if numbers else []),
    ]


def trained(linker: Linker, random_pairs: float) -> None:
    """Train the model in place."""
    rules = [block_on(*rule) for rule in LIKELY]
    linker.training.estimate_probability_two_random_records_match(rules, recall=RECALL)
    linker.training.estimate_u_using_random_sampling(max_pairs=random_pairs, seed=1)
    for rule in TRAINING:
        linker.training.estimate_parameters_using_expectation_maximisation(
            block_on(*rule), estimate_without_term_frequencies=True
        )


def share_of_equal_phones(connection: duckdb.DuckDBPyConnection) -> float:
    """Return the probability that a row of either side has the other's phone."""
    found = connection.execute(
        """
        SELECT sum(l.n::DOUBLE * r.n) / (SELECT count(phone) FROM records) / (SELECT count(phone) FROM register)
        FROM (SELECT phone, count(*) AS n FROM records GROUP BY phone) l
        JOIN (SELECT phone, count(*) AS n FROM register GROUP BY phone) r USING (phone)
        """
    ).fetchall()
    return found[0][0] or 1e-9


def peak_mb() -> float:
    """Return the most memory this process held; `ru_maxrss` would also tell of the process that started it."""
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def best(connection: duckdb.DuckDBPyConnection, pairs: str, out: str) -> None:
    """Write the best register row of each record; of equal ones the first by id."""
    connection.execute(
        f"""
        COPY (
            SELECT unique_id_l AS record_id, unique_id_r AS register_id, match_probability AS probability
            FROM {pairs}
            QUALIFY row_number() OVER (PARTITION BY unique_id_l ORDER BY match_weight DESC, unique_id_r) = 1
        ) TO '{out}' (FORMAT PARQUET)
        """
    )


def blocking(rule: list[list[str]]) -> object:
    """Return a blocking rule of columns of record and register."""
    if all(one == other for one, other in rule):
        return block_on(*(one for one, _ in rule))
    return " AND ".join(f'l."{one}" = r."{other}"' for one, other in rule)


def main(records: str, register: str, out: str, rules: list[list[list[str]]], random_pairs: float) -> None:
    logging.getLogger("splink").setLevel(logging.ERROR)
    clock = [time.perf_counter()]
    connection = duckdb.connect()
    for side, path in (("records", records), ("register", register)):
        connection.execute(f"CREATE TABLE {side} AS SELECT * FROM read_parquet('{path}')")
    api = DuckDBAPI(connection)
    numbers = connection.execute("SELECT count(citizen_id) FROM records").fetchall()[0][0] > 0
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=comparisons(share_of_equal_phones(connection), numbers),
        blocking_rules_to_generate_predictions=[blocking(rule) for rule in rules],
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )
    # Splink names the pair's sides by the order of the data sets' names: l is the record
    sides = [api.register("records", dataset_display_name="a_records")]
    sides += [api.register("register", dataset_display_name="b_register")]
    linker = Linker(sides, settings, log_level=logging.ERROR)
    clock.append(time.perf_counter())
    trained(linker, random_pairs)
    clock.append(time.perf_counter())
    pairs = linker.inference.predict(threshold_match_probability=FLOOR)
    clock.append(time.perf_counter())
    best(connection, pairs.physical_name, out)
    clock.append(time.perf_counter())
    phases = dict(zip(("load", "train", "predict", "choose"), (b - a for a, b in pairwise(clock)), strict=True))
    used = resource.getrusage(resource.RUSAGE_SELF)
    count = connection.execute(f"SELECT count(*) FROM {pairs.physical_name}").fetchall()[0][0]
    facts = {"phases": phases, "cpu": used.ru_utime + used.ru_stime, "peak_mb": peak_mb()}
    print(json.dumps(facts | {"pairs": count}))


if __name__ == "__main__":
    main(*sys.argv[1:4], json.loads(sys.argv[4]), float(sys.argv[5]))
