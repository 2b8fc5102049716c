"""How fast values are checked, keyed and cleaned, beside the obvious loop over a library, on one core.

Run: python -m bench.values [ROWS]. Columns are generated with a fixed seed; the share of distinct names is printed.
Times are of the processor, look-up tables warm, the best of three.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
import pyarrow as pa
from stdnum.cn import ric

from values import citizen_id, date, person_name, phone
from values.identity_digits import check_characters

SURNAMES = list("王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈")
LETTERS = list(
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀兰霞平刚桂英华玉萍红建国文志海燕波辉鹏飞雪梅琳晨宇浩然子轩欣怡梓涵乐晟"
)
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


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
