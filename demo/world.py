"""One chunk of the demo city: people, businesses, marriages and jobs, drawn from the seed and the chunk's number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.companies import SOLE, Companies, draw_companies
from demo.households import GRANDFATHER, HEAD
from demo.names import Index
from demo.papers import Slot
from demo.people import People, draw_people
from demo.profile import Profile

FIRST_DAY = int(np.datetime64("2026-06-30").astype("datetime64[D]").astype(np.int64))
CHUNK = 50_000
CHUNKS = 64  # sequence numbers 0..447 belong to day 0, 448.. to newcomers
BUSINESS_SHARE = 0.133


@dataclass(frozen=True)
class Marriages:
    """Marriages of a chunk, husband and wife as rows of its people; `ended` is the day of divorce or -1."""

    husband: Index
    wife: Index
    since: Index
    ended: Index


@dataclass(frozen=True)
class Jobs:
    """Who works where: rows of people and of companies, and since when."""

    person: Index
    company: Index
    since: Index


@dataclass(frozen=True)
class Chunk:
    """Everything true about one chunk of the city. `number` counts chunks; newcomers of day d are chunk 1000 + d."""

    number: int
    seed: int
    day: int
    as_of: int
    people: People
    companies: Companies
    marriages: Marriages
    jobs: Jobs

    def random(self, purpose: int) -> np.random.Generator:
        """Return a generator of its own for one purpose, so that purposes do not disturb each other."""
        return np.random.default_rng([self.seed, self.number, purpose])


@dataclass(frozen=True)
class Size:
    """How large the city is and how it is cut into chunks."""

    residents: int
    seed: int

    @property
    def chunk(self) -> int:
        """Return people per chunk: 50,000, more only where 64 chunks would not do."""
        return max(CHUNK, -(-self.residents // CHUNKS))

    @property
    def chunks(self) -> int:
        """Return the number of chunks of day 0."""
        return -(-self.residents // self.chunk)

    @property
    def newcomers(self) -> int:
        """Return how many people come on each later day."""
        return max(12, self.residents // 1000)


def draw_chunk(size: Size, number: int, profile: Profile) -> Chunk:
    """Return chunk `number` of day 0."""
    start = number * size.chunk
    count = min(size.chunk, size.residents - start)
    businesses = round(count * BUSINESS_SHARE)
    people = Slot(number, start, count, number, CHUNKS, 7, FIRST_DAY)
    shops = Slot(number, number * round(size.chunk * BUSINESS_SHARE), businesses, 0, 1, 1, FIRST_DAY)
    return assemble(size, (number, 0), (people, shops), profile)


def draw_newcomers(size: Size, day: int, profile: Profile) -> Chunk:
    """Return the people and businesses that are new on a later day."""
    count = size.newcomers
    businesses = max(3, round(count * BUSINESS_SHARE))
    as_of = FIRST_DAY + day
    people = Slot(1000 + day, size.residents + (day - 1) * count, count, 448 + day % 12 * 4, 1, 4, as_of)
    first = round(size.chunk * BUSINESS_SHARE) * size.chunks
    shops = Slot(1000 + day, first + (day - 1) * businesses, businesses, 0, 1, 1, as_of)
    return assemble(size, (1000 + day, day), (people, shops), profile)


def assemble(size: Size, place: tuple[int, int], slots: tuple[Slot, Slot], profile: Profile) -> Chunk:
    """Return a whole chunk from its slots."""
    number, day = place
    random = np.random.default_rng([size.seed, number, 0])
    people = draw_people(random, slots[0], profile)
    companies = draw_companies(random, slots[1], people, profile)
    return Chunk(
        number,
        size.seed,
        day,
        slots[0].as_of,
        people,
        companies,
        draw_marriages(random, people, slots[0].as_of),
        draw_jobs(random, people, companies, slots[0].as_of),
    )


def draw_marriages(random: np.random.Generator, people: People, as_of: int) -> Marriages:
    """Return couples of the households and ended marriages between people who now live apart."""
    husband = np.flatnonzero((people.spouse >= 0) & (people.sex == 1))
    wife = people.spouse[husband]
    younger = np.maximum(people.birth[husband], people.birth[wife])
    longest = np.maximum(as_of - younger - 20 * 365, 3)
    since = as_of - 1 - (longest * (1 - random.random(len(husband)) ** 2 * 0.9)).astype(np.int64).clip(0, longest)
    apart = (people.role == HEAD) & (people.spouse < 0) & (people.age(as_of) >= 26)
    men = random.permutation(np.flatnonzero(apart & (people.sex == 1)))
    women = random.permutation(np.flatnonzero(apart & (people.sex == 2)))
    pairs = min(len(men), len(women)) // 4
    men, women = men[:pairs], women[:pairs]
    wed = np.maximum(people.birth[men], people.birth[women]) + 21 * 365
    ended = wed + ((as_of - wed) * (0.3 + 0.6 * random.random(pairs))).astype(np.int64)
    return Marriages(
        np.r_[husband, men], np.r_[wife, women], np.r_[since, wed], np.r_[np.full(len(husband), -1), ended]
    )


def draw_jobs(random: np.random.Generator, people: People, companies: Companies, as_of: int) -> Jobs:
    """Return insured jobs: most adults, in businesses other than sole traders, a few of which are large."""
    age = people.age(as_of)
    able = (age >= 18) & (age < 61) & (people.state != 3) & (people.role < GRANDFATHER)
    person = np.flatnonzero(able & (random.random(len(people)) < np.where(people.known, 0.62, 0.8)))
    employers = np.flatnonzero((companies.kind != SOLE) & (companies.state == 1))
    if not len(employers):
        nothing = np.empty(0, dtype=np.int64)
        return Jobs(nothing, nothing, nothing)
    company = employers[(random.random(len(person)) ** 2.2 * len(employers)).astype(np.int64)]
    free = random.random(len(person)) < 0.16  # flexible employment: insured without an employer
    since = as_of - 1 - (random.random(len(person)) ** 1.5 * 5000).astype(np.int64)
    since = np.maximum(since, people.birth[person] + 18 * 365)
    return Jobs(person, np.where(free, -1, company), since)
