"""Later days: new, changed, corrected, deleted and late rows, as the departments' own programs would write them.

A day is a pure function of the seed, the day and what stood the day before, so that building day 3 at once and building
days 0, 1, 2, 3 one after another leave the same sources.
"""

from __future__ import annotations

import re
import time
from dataclasses import replace

import numpy as np
import pyarrow as pa

from demo import moments, truth
from demo.build import (
    BuildError,
    Order,
    Progress,
    Summary,
    as_of,
    build_first_day,
    mark,
    open_tables,
    spoil_chunk,
    standing,
)
from demo.departments import DEPARTMENTS
from demo.detect import contradictions, fine
from demo.dirt import Dirty
from demo.emission import Table
from demo.revision import Defect, Revision, able_people, revise_truth, usable_keys
from demo.stores import Row, Tables
from demo.world import FIRST_DAY, draw_newcomers


def bring_to_day(order: Order, progress: Progress = lambda people: None, fresh: bool = False) -> list[Summary]:
    """Build day 0 where nothing stands, then apply one day after another up to `order.day`; return their summaries.

    Raises `BuildError` when another city stands there, or a later day of this one.
    """
    city, summaries = None if fresh else standing(order.out), []
    if city is None:
        summaries, reached = [build_first_day(order, progress)], 0
    else:
        reached = check_standing(order, city)
    for day in range(reached + 1, order.day + 1):
        summaries.append(apply_day(order, day))
    return summaries or [Summary(reached)]


def check_standing(order: Order, city: dict[str, object]) -> int:
    """Return the day that stands in the folder. Raises `BuildError` when it is not an earlier day of the same city."""
    wanted = {
        "residents": order.size.residents,
        "seed": order.size.seed,
        "profile": order.profile.name,
        "on_servers": sorted(order.servers),
    }
    other = [f"{key} {city.get(key)} ≠ {value}" for key, value in wanted.items() if city.get(key) != value]
    if other or int(str(city["day"])) > order.day:
        why = ", ".join(other) or f"day {city['day']} > {order.day}"
        raise BuildError(
            f"{order.out} 里是另一座城市或更晚的一天 / holds another city or a later day ({why}); "
            "用 --fresh 重建 / rebuild with --fresh"
        )
    if not (order.truth / "records.parquet").is_file():
        raise BuildError(
            f"{order.truth} 里没有真值 / the truth of {order.out} is not in {order.truth}; "
            "用 --fresh 重建 / rebuild with --fresh"
        )
    return int(str(city["day"]))


def apply_day(order: Order, day: int) -> Summary:
    """Apply one day's changes to sources and truth, and return what was changed."""
    started, summary = time.monotonic(), Summary(day)
    (order.out / "city.json").unlink(missing_ok=True)  # a day broken half way must not look whole
    stores = {name: open_tables(order, name) for name in DEPARTMENTS}
    revision = Revision(day, truth.read(order.truth, "defects").to_pylist(), able_people(order.truth))
    for place, (name, module) in enumerate(DEPARTMENTS.items()):
        for number, table in enumerate(module.TABLES):
            random = np.random.default_rng([order.size.seed, 2000 + day, place * 10 + number])
            keys = usable_keys(order.truth, table)
            Clerk(order, stores[name], table, revision, random).work(keys)
    chunk = draw_newcomers(order.size, day, order.profile)
    random = np.random.default_rng([order.size.seed, 2000 + day, 999])
    for dirty in spoil_chunk(chunk, order.profile, stores):
        arrived = make_late(dirty, order, random, revision)
        stores[arrived.table.department].append(arrived.table, pa.table(arrived.columns))
        revision.add_rows(arrived)
    write_logs(order, stores, revision)
    for store in stores.values():
        store.close()
    revise_truth(order.truth, revision, chunk)
    mark(order, day)
    for change in revision.changes:
        spot = (change["department"], change["change"])
        summary.changes[spot] = summary.changes.get(spot, 0) + 1
    summary.seconds = time.monotonic() - started
    return summary


def working_moment(random: np.random.Generator, day: int) -> str:
    """Return a moment of a working day, YYYY-MM-DD HH:MM:SS."""
    clock = 30600 + int(random.integers(34200))
    return f"{as_of(day)} {clock // 3600:02d}:{clock // 60 % 60:02d}:{clock % 60:02d}"


def write_logs(order: Order, stores: dict[str, Tables], revision: Revision) -> None:
    """Note the day's changes in the log tables of the departments that keep one, in their order."""
    kinds = {"new": "I", "changed": "U", "corrected": "U", "soft_deleted": "U", "deleted": "D"}
    logged = [table for module in DEPARTMENTS.values() for table in module.TABLES if table.log]
    for number, table in enumerate(logged):
        random = np.random.default_rng([order.size.seed, 3000 + revision.day, number])
        noted = [
            one for one in revision.changes if one["table"] == table.name and one["key"] and one["change"] in kinds
        ]
        times = sorted(working_moment(random, revision.day) for _ in noted)
        entries = [
            (one["key"], kinds[one["change"]], moments.written(table, time))
            for one, time in zip(noted, times, strict=True)
        ]
        stores[table.department].note(table, entries)


def make_late(dirty: Dirty, order: Order, random: np.random.Generator, revision: Revision) -> Dirty:
    """Return new rows, some of them stamped late yesterday: they were committed after yesterday's last extraction.

    Late means at most 55 minutes before 18:00, when departments close: an overlap of an hour finds them.
    """
    table, count = dirty.table, len(dirty.columns[dirty.table.key])
    if not table.stamp or not count:
        return dirty
    wanted = max(1, round(order.profile.days["late"] * order.size.residents * 0.1))
    rows = np.sort(random.permutation(count)[: min(wanted, count)])
    stamps = dirty.columns[table.stamp].to_pylist()
    yesterday = str(np.datetime64(FIRST_DAY + revision.day - 1, "D"))
    for row in rows:
        moment = f"{yesterday} 17:{5 + int(random.integers(54)):02d}:{int(random.integers(60)):02d}"
        stamps[row] = moments.written(table, moment)
    keys = dirty.columns[table.key]
    revision.note(table, [keys[int(row)].as_py() for row in rows], "late", table.stamp)
    return replace(dirty, columns={**dirty.columns, table.stamp: pa.array(stamps, pa.string())})


class Clerk:
    """One table's clerk for one day: every change goes to the store and into the revision of the truth."""

    def __init__(
        self, order: Order, store: Tables, table: Table, revision: Revision, random: np.random.Generator
    ) -> None:
        self.order, self.store, self.table, self.revision, self.random = order, store, table, revision, random
        self.module = DEPARTMENTS[table.department]

    def work(self, keys: list[str]) -> None:
        """Delete, correct, hand over and change rows; `keys` stand once in the table and hold no error of their own."""
        rates, count = self.order.profile.days, len(keys)
        if not count:
            return
        order = [keys[int(spot)] for spot in self.random.permutation(count)[: max(4, count // 20)]]
        fewer = max(1, round(count * rates["deleted"]))
        more = max(1, round(count * rates["changed"]))
        self.delete(order[:fewer])
        self.correct(set(keys) - set(order[: fewer + 2 * more]), rates["corrected"])
        self.change(order[fewer : fewer + more])
        if hasattr(self.module, "HANDOVER"):
            self.hand_over(order[fewer + more : fewer + 2 * more])

    def stamp(self) -> Row:
        """Return the update time of a change made today."""
        if not self.table.stamp:
            return {}
        return {self.table.stamp: moments.written(self.table, working_moment(self.random, self.revision.day))}

    def delete(self, keys: list[str]) -> None:
        """End rows as the department does: hard, soft, or never."""
        cells = self.module.gone(self.table)
        if cells is None:
            self.store.delete(self.table, keys)
            self.revision.drop(self.table, keys)
        elif cells:
            column, last = next(iter(cells.items()))
            alive = [
                key
                for key, row in ((str(row[self.table.key]), row) for row in self.store.read(self.table, keys))
                if (row[column] or "9") < last
            ]  # the dead and the cancelled stay what they are
            for key in alive:
                self.store.update(self.table, key, {**cells, **self.stamp()})
                self.revision.mend(self.table, key, set(cells))
                self.learn(key, dict(cells))
            self.revision.note(self.table, alive, "soft_deleted", column)
            self.revision.end(self.table, alive)

    def correct(self, keys: set[str], share: float) -> None:
        """Mend the visible errors of some rows; what stays wrong in them is judged again."""
        rows = sorted(key for key in self.revision.faulty_keys(self.table) if key in keys and self.visible(key))
        wanted = max(1, round(len(rows) * share)) if rows else 0
        for spot in sorted(self.random.permutation(len(rows))[:wanted].tolist()):
            key = rows[spot]
            cells = {one["column"]: one["original"] for one in self.visible(key)}
            self.store.update(self.table, key, {**cells, **self.stamp()})
            self.revision.mend(self.table, key, set(cells))
            self.revision.note(self.table, [key], "corrected", ",".join(sorted(cells)))
            self.judge_again(key)

    def visible(self, key: str) -> list[Defect]:
        """Return the errors of a row that its department can see and mend."""
        return [
            one
            for one in self.revision.defects_of(self.table, key)
            if one["evidence"] in ("value", "row") and one["column"] != self.table.key
        ]

    def judge_again(self, key: str) -> None:
        """Compute anew what can be seen of the errors left in a row."""
        left = [one for one in self.revision.defects_of(self.table, key) if one["column"]]
        if not left:
            return
        row = self.store.read(self.table, [key])[0]
        clash = {column for party in self.table.parties for column in contradictions(party, row)}
        for one in left:
            if one["evidence"] in ("row", ""):
                one["evidence"] = "row" if one["column"] in clash else ""
                one["detectable"] = bool(one["evidence"])

    def change(self, keys: list[str]) -> None:
        """Change cells of rows as clerks do; a changed cell is right, and what is true of the party changes with it."""
        today = as_of(self.revision.day).replace("-", "")
        for row in self.store.read(self.table, keys):
            key = str(row[self.table.key])
            cells = self.module.alter(self.random, row, today)
            self.store.update(self.table, key, {**cells, **self.stamp()})
            self.revision.mend(self.table, key, set(cells))
            self.revision.note(self.table, [key], "changed", ",".join(cells))
            self.learn(key, cells)

    def hand_over(self, keys: list[str]) -> None:
        """Write a new legal representative into rows of businesses; other departments know nothing of it yet."""
        name, number, paper, code = self.module.HANDOVER
        able = self.revision.able_people
        for key in keys:
            person = able[int(self.random.integers(len(able)))]
            cells = {name: person["name"], number: person["citizen_id"], paper: code}
            self.store.update(self.table, key, {**cells, **self.stamp()})
            self.revision.mend(self.table, key, set(cells))
            self.revision.note(self.table, [key], "changed", ",".join(cells))
            self.revision.learn(self.table, key, {"representative_id": person["person_id"]})
            self.judge_again(key)

    def learn(self, key: str, cells: Row) -> None:
        """Bring the truth about people and businesses after a change of a leading register."""
        known: dict[str, str | bool | None] = {}
        for column, value in cells.items():
            if column in ("LXDH", "AAE005") and value and fine("phone", value):
                known["phone"] = value
            elif column == "MLPH" and value:
                known["house_number"] = re.sub(r"\D", "", value)
            elif column == "SWRQ" and value:
                known |= {"death_date": f"{value[:4]}-{value[4:6]}-{value[6:]}", "alive": False}
            elif column == "HJZT" and value == "2":
                known["moved_away"] = True
            elif column == "REGSTATE":
                known["state"] = value
        if known:
            self.revision.learn(self.table, key, known)
