"""How fast values are checked, keyed, cleaned and compared, beside the obvious loop over a library, on one core.

Run: python -m bench.values [ROWS]. Columns are generated with a fixed seed; the share of distinct names is printed.
Times are of the processor, look-up tables warm, the best of three. Pairs that are compared differ; `rows` is the figure
once the distinct values are read, as linkage does it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pyarrow as pa
from pypinyin import lazy_pinyin
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist
from stdnum.cn import ric

from bench.addresses import GAZETTEER, addresses
from schemas.gazetteer_file import load_gazetteer
from values import citizen_id, date, person_name, phone
from values.identity_digits import check_characters
from values.kinds import KINDS

SURNAMES = list("王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈")
LETTERS = list(
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀兰霞平刚桂英华玉萍红建国文志海燕波辉鹏飞雪梅琳晨宇浩然子轩欣怡梓涵乐晟"
)
GIVEN = ["john", "mary", "william", "elizabeth", "james", "sarah", "george", "anna", "thomas", "emma", "henry", "alice"]
FAMILY = ["smith", "jones", "brown", "taylor", "wilson", "davies", "evans", "johnson", "roberts", "walker", "wright"]
ENDINGS = [one + other for one in ("", "b", "k", "n", "s", "t") for other in ("", "a", "e", "i", "o", "ey")]
OWN = list("鑫海金宏盛达源泰恒丰顺通博远")
LOOP_ROWS = 5_000


def identity_numbers(count: int, random: np.random.Generator) -> pa.Array:
    """Return right numbers of four divisions, births 1937 to 2019."""
    days = (np.datetime64("1970-01-01") + random.integers(-12_000, 18_000, count)).astype(str)
    regions = random.choice(["130302", "130323", "130321", "110101"], count)
    sequences = np.char.zfill(random.integers(1, 995, count).astype(str), 3)
    bodies = np.char.add(np.char.add(regions, np.char.replace(days, "-", "")), sequences)
    matrix = np.frombuffer("".join(bodies.tolist()).encode(), np.uint8).reshape(count, 17)
    whole = np.concatenate([matrix, check_characters(matrix)[:, None]], axis=1)
    return pa.array([number.decode() for number in whole.view("S18").ravel().tolist()])


def names(count: int, random: np.random.Generator) -> pa.Array:
    """Return names of two or three characters."""
    third = np.where(random.random(count) < 0.75, random.choice(LETTERS, count), "")
    parts = np.char.add(random.choice(SURNAMES, count), random.choice(LETTERS, count))
    return pa.array(np.char.add(parts, third).tolist())


def rate(rows: int, run: Callable[[], object]) -> float:
    """Return rows per second of processor time, the best of three runs after a warm one."""
    run()
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        run()
        best = min(best, time.process_time() - started)
    return rows / best


def main(rows: int) -> None:
    random = np.random.default_rng(20_260_101)
    numbers, people = identity_numbers(rows, random), names(rows, random)
    births = (np.datetime64("1970-01-01") + random.integers(-12_000, 18_000, rows)).astype(str)
    dates = pa.array(births.tolist())
    phones = pa.array(np.char.add("138", np.char.zfill(random.integers(0, 10**8, rows).astype(str), 8)).tolist())
    sample = numbers.slice(0, LOOP_ROWS).to_pylist()
    distinct = len(people.unique()) / rows
    print(f"{rows:,} rows; {distinct:.1%} of the names distinct")
    figures = {
        "id check": rate(rows, lambda: citizen_id.check(numbers)),
        "id clean": rate(rows, lambda: citizen_id.clean(numbers)),
        "name clean": rate(rows, lambda: person_name.clean(people)),
        "name keys": rate(rows, lambda: person_name.keys(people)),
        "date clean": rate(rows, lambda: date.clean(dates)),
        "phone clean": rate(rows, lambda: phone.clean(phones)),
    }
    for name, figure in figures.items():
        print(f"{name:12s} {figure:14,.0f} rows/s")
    loop = rate(LOOP_ROWS, lambda: [ric.is_valid(number) for number in sample])
    print(f"{'stdnum loop':12s} {loop:14,.0f} rows/s   id check is {figures['id check'] / loop:,.0f} times as fast")
    compare_figures(rows // 2, random)


def latin_names(count: int, random: np.random.Generator) -> pa.Array:
    """Return names of two words, about 190,000 of them different."""
    given = np.char.add(random.choice(GIVEN, count), random.choice(ENDINGS, count))
    family = np.char.add(random.choice(FAMILY, count), random.choice(ENDINGS, count))
    return pa.array(np.char.add(np.char.add(given, " "), family).tolist())


def companies(count: int, random: np.random.Generator) -> pa.Array:
    """Return names of businesses, at most 30,000 of them different."""
    own = np.char.add(random.choice(OWN, 30_000), np.char.add(random.choice(OWN, 30_000), random.choice(OWN, 30_000)))
    industry = random.choice(["商贸", "餐饮", "科技", "汽车服务", "建筑工程"], 30_000)
    whole = np.char.add(np.char.add("秦皇岛市", own), np.char.add(industry, random.choice(["有限公司", "店"], 30_000)))
    return pa.array(random.choice(whole, count).tolist())


def compare_figures(rows: int, random: np.random.Generator) -> None:
    """Print how many pairs of each kind are compared in a second: aligned arrays, then rows of values read before."""

    def numbers(prefix: str) -> pa.Array:
        return pa.array(np.char.add(prefix, np.char.zfill(random.integers(0, 10**8, rows).astype(str), 8)).tolist())

    def days() -> pa.Array:
        return pa.array(random.integers(-12_000, 18_000, rows).astype(np.int32)).cast(pa.date32())

    columns = {
        "person_name": (names(rows, random), names(rows, random)),
        "person_name (Latin)": (latin_names(rows, random), latin_names(rows, random)),
        "text": (latin_names(rows, random), latin_names(rows, random)),
        "company_name": (companies(rows, random), companies(rows, random)),
        "citizen_id": (identity_numbers(rows, random), identity_numbers(rows, random)),
        "document": (identity_numbers(rows, random), identity_numbers(rows, random)),
        "date": (days(), days()),
        "phone": (numbers("138"), numbers("138")),
        "amount": (numbers("1"), numbers("1")),
        "address": (addresses(rows // 4, random), addresses(rows // 4, random)),
    }
    print(f"{'compare':22s} {'aligned pairs/s':>16s} {'rows/s':>14s} {'distinct values':>16s}")
    for name, (left, right) in columns.items():
        compare_figure(name, left, right, random)
    one, other = columns["person_name"]
    for name, scorer in (("rapidfuzz cpdist", JaroWinkler.similarity), ("the same, OSA", OSA.distance)):
        texts = one.to_pylist(), other.to_pylist()
        print(f"{name:22s} {rate(rows, partial(cpdist, *texts, scorer=scorer)):16,.0f}   person_name, no conversion")
    sample = list(zip(one.slice(0, LOOP_ROWS).to_pylist(), other.slice(0, LOOP_ROWS).to_pylist(), strict=True))
    loop = rate(LOOP_ROWS, lambda: [lazy_pinyin(a) == lazy_pinyin(b) for a, b in sample])
    print(f"{'pypinyin loop':22s} {loop:16,.0f}   person_name, only: is the sound the same")


def compare_figure(name: str, left: pa.Array, right: pa.Array, random: np.random.Generator) -> None:
    kind, context = KINDS[name.partition(" ")[0]], {"gazetteer": load_gazetteer(GAZETTEER)}
    values = pa.concat_arrays([left, right]).unique()
    compare_rows = kind.compare_rows_with_context(values, context)
    a, b = (random.integers(0, len(values), 262_144) for _ in range(2))
    aligned = rate(len(left), lambda: kind.compare_with_context(left, right, context))
    read = rate(len(a), lambda: compare_rows(a, b))
    print(f"{name:22s} {aligned:16,.0f} {read:14,.0f} {len(values):16,d}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
