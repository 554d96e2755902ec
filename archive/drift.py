"""Whether the site's layout has drifted: each run's pages held against what the same template gave before; pure.

A template that no longer fits does not fail, it finds less. So of each run's pages is counted, by template, how many held
each field, and how many could not be read, or only by the cascade for unknown layouts (`Counts`). `step` takes up one run
after the other, and tells what departs from the template's own history (`Drift`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import sqrt
from statistics import median

from archive.records import OPTIONAL, RefusalReason
from archive.times import seconds_between

DRIFT_VERSION = 1
"""Raised when the same captures and readings come to give other rows."""

REFUSED, FALLBACK = "refused", "fallback"
SHARES = (REFUSED, FALLBACK)
"""Measures of what could not be read as before, the second also a template's name; all others are fields."""
BODY = "body"
"""The measure of a text that is still there: most of the words that the article's page had before."""
NEW, ALL = "(new)", "*"
"""In the place of a template: articles that no earlier run had read; all pages of a run."""

# A share of fewer pages says nothing; runs that saw fewer are taken together, for a week at most.
LEAST_PAGES = 8
GATHER_DAYS = 7
# Without pages that were known before, a night's news may be of another sort (all editorials, all wire copy): then more.
LEAST_NEW_PAGES = 12
LEAST_HISTORY = 20  # pages, of earlier runs
WINDOW = 30  # earlier samples: a month of nights
# Departures are counted from the median of the earlier shares, in standard deviations: of the earlier samples about their
# median (by the median absolute deviation, which a few bad nights do not move) and of a share of so few pages. Four of them,
# and a quarter of the pages: a drift loses a field on nearly all pages at once, news come and go by a few.
SIGMAS = 4.0
LEAST_DEPARTURE = 0.25
MAD_TO_SIGMA = 1.4826  # of a normal distribution
# The same articles are better evidence than the same sort: half of those that held a field hold it no more, or three quarters of
# those that did not now do. Where most still do, a departure is one of the news.
LOST, GAINED, STILL = 0.5, 0.75, 0.75
LEAST_VETO = 5
ONLY_LOST = frozenset({"modified_at", BODY})  # a stamp is gained by being edited
MOST_WORDS = 0.5  # an edit rarely takes away half of an article, and never from half of them in a night
ACCEPT_DAYS = 30  # what has departed for so long is how the site is now
EXAMPLES = 3

# An answer that is no article, but as it should be: nothing to read there.
NO_DRIFT = frozenset({RefusalReason.DELETED, RefusalReason.BOT_CHECK, RefusalReason.OTHER_ARTICLE})

Key = tuple[str, str]
"""Template and measure."""
Place = tuple[str, int]
"""When a run's first capture was made, and the run's number: the order of runs."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Pages, and how many held the measure; of those whose article was known by the same template, how many had it before,
    how many of these still have it, and how many of the others have it now.
    """

    pages: int = 0
    filled: int = 0
    known: int = 0
    had: int = 0
    kept: int = 0
    gained: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.pages + other.pages,
            self.filled + other.filled,
            self.known + other.known,
            self.had + other.had,
            self.kept + other.kept,
            self.gained + other.gained,
        )

    @property
    def share(self) -> float:
        """The share of the pages that held it."""
        return self.filled / self.pages


@dataclass(frozen=True, slots=True)
class Seen:
    """What one capture's page showed, how many words of text; None for a template that read nothing. `before` is what an
    earlier run had last read of the article.
    """

    capture_id: int
    article_id: int
    url: str
    template: str | None
    filled: frozenset[str] = frozenset()
    words: int = 0
    before: tuple[str, frozenset[str], int] | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A capture that shows a drift."""

    capture: int
    article: int
    url: str


@dataclass(slots=True)
class Tally:
    """A run's pages, counted; of each measure the captures that would prove its drift best."""

    counts: dict[Key, Counts] = field(default_factory=dict)
    losing: dict[Key, list[tuple[bool, Example]]] = field(default_factory=dict)
    holding: dict[Key, list[tuple[bool, Example]]] = field(default_factory=dict)

    def add(self, seen: Seen) -> None:
        """Count one page."""
        group = seen.before[0] if seen.before else NEW
        example = Example(seen.capture_id, seen.article_id, seen.url)
        for template in (group, ALL):
            self._count((template, REFUSED), seen.template is None, None, example)
            self._count((template, FALLBACK), seen.template == FALLBACK, None, example)
        if seen.template is not None and seen.template != FALLBACK:
            same = seen.before if seen.before and seen.before[0] == seen.template else None
            for name in OPTIONAL:
                self._count((seen.template, name), name in seen.filled, name in same[1] if same else None, example)
            if same:
                self._count((seen.template, BODY), seen.words >= MOST_WORDS * same[2], True, example)

    def _count(self, key: Key, holds: bool, had: bool | None, example: Example) -> None:
        one = Counts(1, holds, had is not None, bool(had), bool(had and holds), bool(had is False and holds))
        self.counts[key] = self.counts.get(key, Counts()) + one
        shown = (self.holding if holds else self.losing).setdefault(key, [])
        shown.append((had is not None and had is not holds, example))
        shown.sort(key=lambda one: (one[0], one[1].article, one[1].capture), reverse=True)
        del shown[EXAMPLES:]

    def examples(self, key: Key, fell: bool) -> tuple[Example, ...]:
        """The captures that show best that a measure fell, or rose: first of articles that were otherwise before, the newest."""
        return tuple(example for _, example in (self.losing if fell else self.holding).get(key, ()))


@dataclass(frozen=True, slots=True)
class Drift:
    """A measure of a template that departs from its own history: the share found and expected, since which run."""

    run_id: int
    template: str
    measure: str
    pages: int
    found: float
    expected: float
    since_run: int
    since: str
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class Course:
    """One measure of one template so far: earlier samples that were as usual, runs not judged yet, and a drift under way.

    `gathered` holds runs with too few pages; `since` the run and moment at which a drift began, `drifted` its samples.
    """

    usual: tuple[Counts, ...] = ()
    gathered: tuple[tuple[Place, Counts], ...] = ()
    since: Place | None = None
    drifted: tuple[Counts, ...] = ()


Courses = Mapping[Key, Course]


def step(courses: Courses, place: Place, tally: Tally) -> tuple[dict[Key, Course], list[Drift]]:
    """Take up one run: the courses after it, and the drifts that it shows (also of earlier runs too small to tell)."""
    after = dict(courses)
    found: list[Drift] = []
    for key, counts in tally.counts.items():
        after[key], drifts = _take_up(courses.get(key, Course()), key, place, counts, tally)
        found += drifts
    named = {drift.measure for drift in found if drift.template != ALL}
    return after, [drift for drift in found if drift.template != ALL or drift.measure not in named]


def _take_up(course: Course, key: Key, place: Place, counts: Counts, tally: Tally) -> tuple[Course, list[Drift]]:
    horizon = GATHER_DAYS * 86_400
    waiting = tuple(run for run in course.gathered if seconds_between(run[0][0], place[0]) <= horizon)
    gathered = (*waiting, (place, counts))
    sample = sum((run[1] for run in gathered), Counts())
    if sample.pages < LEAST_PAGES:
        return replace(course, gathered=gathered), []
    course = replace(course, gathered=())
    if course.since and seconds_between(course.since[0], place[0]) >= ACCEPT_DAYS * 86_400:
        course = Course(usual=course.drifted)  # so it is now
    expected = departs(key, sample, course.usual)
    if expected is None:
        return Course(usual=(*course.usual, sample)[-WINDOW:]), []
    since = course.since or gathered[0][0]
    drifts = [
        Drift(
            run_id=run[1],
            template=key[0],
            measure=key[1],
            pages=sample.pages,
            found=sample.share,
            expected=expected,
            since_run=since[1],
            since=since[0],
            examples=tally.examples(key, fell=sample.share < expected),
        )
        for run, _ in gathered
    ]
    return replace(course, since=since, drifted=(*course.drifted, sample)[-WINDOW:]), drifts


def departs(key: Key, sample: Counts, usual: Iterable[Counts]) -> float | None:
    """The share that was to be expected, where a sample's departs from it; None where it does not.

    1. the same articles: half of those that had a field have lost it, or three quarters of those that had not have it now;
    2. the same sort: the share departs from the median of the earlier ones by SIGMAS and by LEAST_DEPARTURE; unless most of
       the same articles are as they were.
    """
    template, measure = key
    earlier = list(usual)
    if measure in SHARES:
        if not earlier and template not in (NEW, ALL):
            earlier = [Counts(LEAST_HISTORY)]  # these articles were all read before
        return _departs_in_share(sample, earlier, rise_only=True)
    lacked = sample.known - sample.had
    if sample.had >= LEAST_PAGES and sample.kept <= LOST * sample.had:
        return max(sample.had / sample.known, _middle(earlier, 0.0))
    may_rise = measure not in ONLY_LOST
    if may_rise and lacked >= LEAST_PAGES and sample.gained >= GAINED * lacked:
        return min(sample.had / sample.known, _middle(earlier, 1.0))
    expected = _departs_in_share(sample, earlier)
    if expected is None or (sample.share > expected and not may_rise):
        return None
    fell = sample.share < expected
    same, stood = (sample.had, sample.kept) if fell else (lacked, lacked - sample.gained)
    if same >= LEAST_VETO:
        return None if stood >= STILL * same else expected
    return expected if sample.pages >= LEAST_NEW_PAGES else None


def _middle(earlier: list[Counts], otherwise: float) -> float:
    return median(counts.share for counts in earlier) if earlier else otherwise


def _departs_in_share(sample: Counts, earlier: list[Counts], rise_only: bool = False) -> float | None:
    pages = sum(counts.pages for counts in earlier)
    if pages < LEAST_HISTORY:
        return None
    shares = [counts.share for counts in earlier]
    middle = median(shares)
    spread = MAD_TO_SIGMA * median(abs(share - middle) for share in shares)
    believed = (middle * pages + 1) / (pages + 2)  # by Laplace: what never happened may yet
    noise = sqrt(believed * (1 - believed) / sample.pages)
    limit = max(LEAST_DEPARTURE, SIGMAS * sqrt(spread**2 + noise**2))
    departure = sample.share - middle
    return middle if (departure if rise_only else abs(departure)) >= limit else None
