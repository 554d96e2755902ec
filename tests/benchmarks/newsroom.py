"""When newspapers edit their articles: invented stories by models with the figures of published studies.

Each model gives the ages, in seconds since publication, at which one article is edited. docs/recheck.md names the studies
and says which figures are theirs and which are assumed.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

HOUR = 3600.0
DAY = 24 * HOUR
HORIZON = 400 * DAY  # ages beyond are left out
KST_MIDNIGHT = 9 * HOUR  # seconds by which a day in Korea begins before one in UTC
DESK = (9 * HOUR, 21 * HOUR)  # of a day in Korea: when articles are published. Assumed.

Model = Callable[[Random, float], list[float]]


@dataclass(frozen=True, slots=True)
class Story:
    """An article: when it was posted and edited, in seconds since the first day began in UTC."""

    posted: float
    edits: tuple[float, ...]


def stories(model: Model, days: int, a_day: int, seed: int) -> list[Story]:
    """So many articles on each day, the earliest first; the same seed gives the same."""
    random = Random(seed)
    times = sorted(day * DAY - KST_MIDNIGHT + random.uniform(*DESK) for day in range(1, days + 1) for _ in range(a_day))
    return [Story(at, tuple(sorted(at + age for age in model(random, at) if age < HORIZON))) for at in times]


def inclined(random: Random, posted: float) -> list[float]:
    """The policy's own law: inclinations differ by a gamma distribution, ages fall off by a power."""
    count = _poisson(random, random.gammavariate(0.5, 0.94 / 0.5))
    return [_power(random, HOUR, 0.4) for _ in range(count)]


def recrawled(random: Random, posted: float) -> list[float]:
    """A third of the articles is edited, twice on average; the ages are log-normal."""
    if random.random() >= 0.35:
        return []
    count = 1
    while random.random() < 1 - 1 / 1.94:
        count += 1
    return [random.lognormvariate(math.log(5 * HOUR), 1.6) for _ in range(count)]


def developing(random: Random, posted: float) -> list[float]:
    """Some stories are told on for hours, at even intervals; of the others some get a correction by the next day."""
    if random.random() < 0.2:
        ages, at = [], 0.0
        for _ in range(1 + _poisson(random, 3.0)):
            at += random.expovariate(1 / (67 * 60))
            ages.append(at)
        return ages
    return [random.lognormvariate(math.log(DAY), 1.5)] if random.random() < 0.1 else []


def bursts(random: Random, posted: float) -> list[float]:
    """Each edit begets others within hours: 2.6 an article."""
    waiting = [_power(random, 2 * HOUR, 0.6) for _ in range(_poisson(random, 0.78))]
    ages = []
    while waiting:
        ages.append(age := waiting.pop())
        waiting += [age + random.expovariate(1 / (3 * HOUR)) for _ in range(_poisson(random, 0.7))]
    return ages


def steady(random: Random, posted: float) -> list[float]:
    """Each page has its own rate for ever, as pages of the web at large have; news do not age."""
    rate = random.gammavariate(0.3, 1 / (0.3 * 60 * DAY))
    ages, at = [], random.expovariate(rate) if rate > 1e-12 else HORIZON
    while at < HORIZON:
        ages.append(at)
        at += random.expovariate(rate)
    return ages


def late(random: Random, posted: float) -> list[float]:
    """All articles alike, at any working hour (9 to 18, Korea) of their first thirty days."""
    ages = []
    for _ in range(_poisson(random, 0.5)):
        day = math.floor((posted + KST_MIDNIGHT) / DAY) + random.randint(0, 29)
        ages.append(day * DAY - KST_MIDNIGHT + random.uniform(9, 18) * HOUR - posted)
    return [age for age in ages if age > 0]


MODELS: dict[str, Model] = {
    "inclined": inclined,
    "recrawled": recrawled,
    "developing": developing,
    "bursts": bursts,
    "steady": steady,
    "late": late,
}


def _power(random: Random, scale: float, tail: float) -> float:
    """An age whose share by `age` is 1 - (1 + age / scale) ** -tail."""
    return float(scale * ((1 - random.random()) ** (-1 / tail) - 1))


def _poisson(random: Random, mean: float) -> int:
    count, left = 0, math.exp(-mean)
    product = random.random()
    while product > left:
        count += 1
        product *= random.random()
    return count
