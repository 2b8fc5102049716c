"""The ceiling of recall: what an oracle that knows how the demo city was made could decide from the fields given.

For a record and each register row the oracle takes the probability that the generator writes the record's values about
the person of that row: the profile's error rates of both departments, old phones, former names, who shares a phone.
Against them stands that the record is about somebody the register does not know: another member of a known household
(single people are missing), or a stranger, whose name is as common as the generator makes it. The posterior of the best
row says whether the record is decidable: from the specification's own threshold up it is, below it nobody could link it
with that certainty. Fields that no product of the measurement compares (ethnic group, marital status) are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from bench.ceiling_likelihood import (
    NUMBERS,
    Shares,
    address_share,
    date_shares,
    digit_shares,
    given_share,
    name_share,
    name_shares,
    number_shares,
    surname_of,
)
from demo.profile import Profile

Numbers = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]
NEVER = 1e-12  # what no error of the generator makes
DAYS = 31_000  # days of birth, about alike likely
REGISTER = "police_population"
OLD_PHONES = {
    "medical_insurance": "insured_has_old_phone",
    "social_security": "insured_has_old_phone",
    "civil_affairs": "marriage_has_old_phone",
}
WRITTEN_FORMER, KNOWN_FORMER = "office_writes_former_name", 0.7  # the register knows 70 % of former names
SHARED_PHONE, SAME_SURNAME = 0.25, 0.6  # of two people under one roof
INSIDE = 40 * 6 * 72  # buildings, units and rooms of one house number
SEQUENCES = 20_000  # numbers of one day of birth: regions and sequences


@dataclass(frozen=True)
class Verdict:
    """Per record, in order: the best register row (-1: none) and its posterior."""

    best: npt.NDArray[np.int64]
    posterior: Numbers


def oracle(records: pa.Table, register: pa.Table, prior: Numbers, profile: Profile) -> Verdict:
    """Return the oracle's verdict on prepared records (`department` among their columns).

    `prior`: per record, how likely the register holds its party before anything of it is seen.
    """
    left, right = records.to_pandas(), register.to_pandas()
    pairs = candidates(records, register)
    i = pairs["i"].to_numpy()
    table = Pairs(left, right, pairs, profile)
    log = table.log_match() + np.log(prior[i] / len(right))
    stranger = np.log(1 - prior) + unknown_logs(left, right, profile)
    kin = np.log((1 - prior[i]) * share_of_single(profile) / len(right)) + table.log_kin()
    highest = pd.Series(np.maximum(log, kin)).groupby(i).max().reindex(range(len(left)), fill_value=-np.inf)
    top = np.maximum(stranger, highest.to_numpy())
    match, other = np.exp(log - top[i]), np.exp(kin - top[i])
    total = np.bincount(i, weights=match + other, minlength=len(left)) + np.exp(stranger - top)
    posterior = match / total[i]
    order = np.lexsort((-posterior, i))
    firsts = order[np.unique(i[order], return_index=True)[1]]
    best, value = np.full(len(left), -1), np.zeros(len(left))
    best[i[firsts]], value[i[firsts]] = pairs["j"].to_numpy()[firsts], posterior[firsts]
    return Verdict(best, value)


def prior_of(known: npt.NDArray[np.bool_], group: list[str]) -> Numbers:
    """Return, per record, the share of its group that the register knows."""
    found: Numbers = pd.Series(known).groupby(pd.Series(group)).transform("mean").clip(0.001, 0.999).to_numpy()
    return found


def candidates(records: pa.Table, register: pa.Table) -> pd.DataFrame:
    """Return pairs of row numbers `i`, `j` that agree in a name, a phone, a birth date or a house number, in order."""
    connection = duckdb.connect()
    for name, table in (("l", records), ("r", register)):
        numbered = table.append_column("place", pa.array(np.arange(table.num_rows)))
        connection.register(f"{name}_rows", numbered)
    rules = ["l.name = r.name", "l.name = r.former_name", "l.phone = r.phone", "l.number = r.number"]
    rules += ["l.birth_date = r.birth_date", "l.name_pinyin = r.name_pinyin", "l.house = r.house"]
    sql = " UNION ".join(f"SELECT l.place AS i, r.place AS j FROM l_rows l JOIN r_rows r ON {rule}" for rule in rules)
    return connection.sql(sql).to_df().sort_values(["i", "j"], ignore_index=True)


def share_of_single(profile: Profile) -> float:
    """Return how many of the people unknown to the register live under a roof that it knows."""
    single = profile.world["people_unknown_to_police"]
    return single / (single + profile.world["households_unknown_to_police"])


def unknown_logs(left: pd.DataFrame, right: pd.DataFrame, profile: Profile) -> Numbers:
    """Return the logarithm of the probability of each record's values if it is about a stranger."""
    named = left["name"].map(name_share, na_action="ignore")
    log = np.log(named.fillna(1.0).to_numpy())
    log += np.where(left["birth_date"].notna(), np.log(1 / DAYS), 0.0)
    log += np.where(left["sex"].notna(), np.log(0.5), 0.0)
    log += np.where(left["phone"].notna(), np.log(1 / NUMBERS), 0.0)
    count = left["number"].map(right["number"].value_counts()).fillna(0.3).to_numpy()
    log += np.where(left["number"].notna(), np.log(count / len(right)), 0.0)
    inside = left["address_path"].fillna("").str.count("[|][^|]").to_numpy() > 1
    log += np.where(inside, np.log(1 / INSIDE), 0.0)
    log += np.where(left["citizen_id"].notna(), np.log(1 / SEQUENCES), 0.0)
    return log + np.log(1 - share_of_single(profile))


class Pairs:
    """Candidate pairs of record rows `i` and register rows `j`, and what the generator says of each."""

    def __init__(self, left: pd.DataFrame, right: pd.DataFrame, pairs: pd.DataFrame, profile: Profile) -> None:
        self.left = left.assign(day=_days(left["birth_date"]))
        self.right = right.assign(day=_days(right["birth_date"]))
        self.i, self.j, self.profile = pairs["i"].to_numpy(), pairs["j"].to_numpy(), profile
        self.times = left["department"].map(profile.departments).fillna(1.0).to_numpy()[self.i]
        self.careful = profile.departments[REGISTER]

    def both(self, name: str) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
        """Return one column of both sides, row by row of the pairs."""
        return self.left[name].to_numpy(object)[self.i], self.right[name].to_numpy(object)[self.j]

    def field(self, name: str, cls: str, shares: Callable[[str, str], Shares]) -> tuple[Numbers, Marks, Marks]:
        """Return what parts unequal pairs by errors of either department, which pairs have both values, which equal."""
        rates = self.profile.cells[cls]

        @cache
        def of(one: str, other: str) -> tuple[float, float]:
            forth = sum(rates.get(kind, 0.0) * share for kind, share in shares(other, one).items())
            back = sum(rates.get(kind, 0.0) * share for kind, share in shares(one, other).items())
            return forth, back * self.careful

        seen, true = self.both(name)
        there: Marks = pd.notna(seen) & pd.notna(true)
        equal: Marks = there & (seen == true)
        rows = np.flatnonzero(there & ~equal)
        made = np.array([of(*pair) for pair in zip(seen[rows], true[rows], strict=True)]).reshape(-1, 2)
        probability = np.full(len(seen), NEVER)
        probability[rows] += made[:, 0] * self.times[rows] + made[:, 1]
        return probability, there, equal

    def log_match(self) -> Numbers:
        """Return the logarithm of the probability of the record's values if the row's person is meant."""
        parts = (self.name(), self.date(), self.sex(), self.phone(), self.address(), self.number())
        return np.sum([np.log(part) for part in parts], axis=0)

    def name(self) -> Numbers:
        probability, there, equal = self.field("name", "name", name_shares)
        world = self.profile.world
        seen, true = self.both("name")
        former = self.both("former_name")[1]
        probability[pd.notna(former) & (former == seen) & ~equal] += world[WRITTEN_FORMER]
        rows = np.flatnonzero(there & ~equal & pd.isna(former))
        hidden = world["former_names"] * (1 - KNOWN_FORMER) * world[WRITTEN_FORMER]
        family = np.array([surname_of(a) == surname_of(b) for a, b in zip(seen[rows], true[rows], strict=True)], bool)
        given = np.array([given_share(one[len(surname_of(one)) :]) for one in seen[rows]])
        probability[rows] += np.where(family, hidden * given, 0.0)
        probability[equal] = 1.0
        probability[~there] = np.where(pd.isna(seen[~there]), 1.0, 1e-4)
        return probability

    def date(self) -> Numbers:
        probability, there, equal = self.field("day", "date8", date_shares)
        probability[equal] = 1.0
        return np.where(there, probability, np.where(pd.notna(self.both("day")[0]), 1 / DAYS, 1.0))

    def sex(self) -> Numbers:
        seen, true = self.both("sex")
        there = pd.notna(seen) & pd.notna(true)
        wrong = self.profile.cells["code"]["other_sex"] * (self.times + self.careful)
        return np.where(there, np.where(seen == true, 1.0, wrong), np.where(pd.notna(seen), 0.5, 1.0))

    def phone(self) -> Numbers:
        """A known phone is written, or an old or a wrong one; where the register has none, perhaps its kin's."""
        probability, there, equal = self.field("phone", "phone", digit_shares)
        world = self.profile.world
        old = self.left["department"].map(lambda name: world.get(OLD_PHONES.get(name, ""), 0.0)).to_numpy()[self.i]
        copied = self.profile.rows["copied_from_row_above"] * self.times
        other = old / NUMBERS + copied / len(self.right)
        probability = np.where(equal, 1.0 - old, probability + other)
        seen, home = self.both("phone")[0], self.both("house")[1]
        holders = self.right.dropna(subset=["phone", "house"]).groupby("phone")["house"].first()
        theirs = pd.Series(seen).map(holders).to_numpy(object)
        shared = pd.notna(theirs) & (theirs == home)
        missing = np.where(shared, SHARED_PHONE * (1 - old), 1 / NUMBERS)
        return np.where(there, probability, np.where(pd.notna(seen), missing, 1.0))

    def address(self) -> Numbers:
        """What the record tells of the address is the row's, or a digit is off; what the row lacks can be anything."""
        seen, true = self.both("address_path")
        there = pd.notna(seen) & pd.notna(true)
        off = self.profile.cells["address"]["house_number_off"]

        @cache
        def of(one: str, other: str) -> float:
            parts, others = one.split("|"), other.split("|")
            told = [place for place in range(4) if parts[place]]
            both = [place for place in told if others[place]]
            unlike = [place for place in both if parts[place] != others[place]]
            inside = 1 / INSIDE if any(not others[place] for place in told if place > 1) else 1.0
            if not unlike:
                return inside
            return off * address_share("|".join(others), "|".join(parts)) if len(unlike) == 1 else 0.0

        rows = np.flatnonzero(there)
        probability = np.ones(len(seen))
        made = np.array([of(one, other) for one, other in zip(seen[rows], true[rows], strict=True)])
        less = made < 1 / INSIDE
        probability[rows] = np.where(less, made * (self.times[rows] + self.careful), made) + NEVER
        return probability

    def number(self) -> Numbers:
        """The record's number is unknown to the register: a slip in either, or the row has none, or another's."""
        seen = self.both("citizen_id")[0]
        probability, there, _ = self.field("citizen_id", "citizen_id", number_shares)
        probability += self.profile.world["numbers_given_twice"] / len(self.right) / 10
        born = np.array([a[6:14] if isinstance(a, str) else "" for a in seen])
        day = self.both("day")[1]
        none = np.where(born == day, 1 / SEQUENCES, NEVER)
        return np.where(there, probability, np.where(pd.notna(seen), none, 1.0))

    def log_kin(self) -> Numbers:
        """Return the logarithm of the probability of the record's values if it is about another member of the row's
        household; impossible where neither phone nor address say so."""
        name, true = self.left["name"], self.both("name")[1]
        given = name.map(lambda one: given_share(one[len(surname_of(one)) :]), na_action="ignore").fillna(1.0)
        whole = name.map(name_share, na_action="ignore").fillna(1.0)
        family = name.str[:1].to_numpy(object)[self.i] == pd.Series(true).str[:1].to_numpy(object)
        inherited = np.where(family, SAME_SURNAME * given.to_numpy()[self.i], 0.0)
        log = np.log(inherited + (1 - SAME_SURNAME) * whole.to_numpy()[self.i])
        seen, true = self.both("phone")
        same = pd.notna(seen) & (seen == true)
        log += np.log(np.where(same, SHARED_PHONE, np.where(pd.notna(seen), 1 / NUMBERS, 1.0)))
        log += np.log(self.address())
        day, other = self.both("day")
        born = np.where(pd.notna(day) & (day == other), self.twins(), 1 / DAYS)
        log += np.where(pd.notna(day), np.log(born), 0.0)
        for field, share in (("sex", 0.5), ("citizen_id", 1 / SEQUENCES)):
            log += np.where(pd.notna(self.left[field]).to_numpy()[self.i], np.log(share), 0.0)
        at_home = pd.notna(self.both("address_path")[0]) | same
        return np.where(at_home, log, -np.inf)

    def twins(self) -> float:
        """Return the share of pairs under one roof, by the register, that were born on one day and have two names."""
        home = self.right.dropna(subset=["house", "day"])[["house", "day", "name"]]
        pairs = home.merge(home, on="house")
        pairs = pairs[pairs["name_x"] < pairs["name_y"]]
        return float((pairs["day_x"] == pairs["day_y"]).mean()) if len(pairs) else 1 / DAYS


def _days(dates: pd.Series) -> pd.Series:
    return dates.map(lambda day: None if pd.isna(day) else f"{day:%Y%m%d}")
