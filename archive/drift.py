"""Whether the site's layout has drifted: each run's pages held against what is believed of the same articles; pure.

A template that no longer fits does not fail, it finds less. So each page is held against what earlier runs read of its article
(`Belief`), and counted by template (`Counts`). `judge` takes up one run after the other and tells what departs from
the template's own history (`Drift`). What a drifting page says never becomes a belief: the second night of a drift is
measured by the same articles as the first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import sqrt
from statistics import median

from archive.records import OPTIONAL, RefusalReason
from archive.times import seconds_between

DRIFT_VERSION = 2
"""Raised when the same captures and readings come to give other rows."""

REFUSED, FALLBACK = "refused", "fallback"
SHARES = (REFUSED, FALLBACK)
"""Measures of what could not be read as before, the second also a template's name."""
BODY, TEXT = "body", "text"
WHOLE = (BODY, TEXT)
"""Measures of known articles alone: most of the words are still there; headline, text and time of posting are as before, or a
stamp says that they were changed. All other measures are fields."""
NEW, ALL = "(new)", "*"
"""In the place of a template: articles that no earlier run had read; all pages of a run."""

# A share of fewer pages says nothing; runs that saw fewer are taken together, for a week at most.
LEAST_PAGES = 8
GATHER_DAYS = 7
# Without known articles among them, a night's news may be of another sort (all editorials, all wire copy): then only a field that
# is gone from nearly all of at least twelve pages counts.
LEAST_NEW_PAGES, NEARLY_ALL = 12, 0.1
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
ONLY_LOST = frozenset({"modified_at"})  # a stamp is gained by being edited
MOST_WORDS = 0.5  # an edit rarely takes away half of an article, and never from half of them in a night
# Nine of ten articles changed in one run without a stamp that says so, of twenty or more, are no edits; nor is half of them where
# fewer than a fifth was usual for a week of nights.
LEAST_TEXTS, MOST_CHANGED, CHANGED, USUALLY_CHANGED, QUIET_NIGHTS = 20, 0.9, 0.5, 0.2, 7
ACCEPT_DAYS = 30  # a field that is gone for so long is given up: no alarm any more; what was believed stays
EXAMPLES = 3

# An answer that is no article, but as it should be: nothing to read there.
NO_DRIFT = frozenset({RefusalReason.DELETED, RefusalReason.BOT_CHECK, RefusalReason.OTHER_ARTICLE})

Key = tuple[str, str]
"""Template and measure."""
Place = tuple[str, int]
"""When a run's first capture was made, and the run's number: the order of runs."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What is believed of an article: the fields it has, those of which that is not known, its words, core and stamp.

    `core` stands for headline, text and time of posting. What one version of the cleaner read is not compared with what another
    one did.
    """

    template: str
    filled: frozenset[str]
    unsure: frozenset[str] = frozenset()
    words: int = 0
    core: str = ""
    stamp: str | None = None
    cleaner: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one capture's page showed: nothing where no template read it (`shows` is None).

    `again` where an earlier run had seen the article and no template had read it then either.
    """

    capture_id: int
    article_id: int
    url: str
    shows: Belief | None
    before: Belief | None = None
    again: bool = False

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups whose shares it counts in.

        None where it shows once more what it always did: a picture story that is refused each night is no new article,
        and would be most of a night without news.
        """
        if self.before is not None:
            return self.before.template, ALL
        return () if self.again and (self.shows is None or self.shows.template == FALLBACK) else (NEW, ALL)

    @property
    def advanced(self) -> bool:
        """Whether the newspaper's own stamp says that the article was changed since."""
        if self.shows is None or self.before is None or self.shows.stamp is None:
            return False
        return self.before.stamp is None or self.shows.stamp > self.before.stamp


@dataclass(frozen=True, slots=True)
class Counts:
    """Pages, and how many held the measure; of those whose article's state was known, how many had it before, how many of these
    still have it, and how many of the others have it now. A change that comes with a newer stamp counts as none.
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

    def shows(self, measure: str) -> bool:
        """Whether any page of these shows what a drift of this measure would."""
        if measure in SHARES:
            return self.filled > 0
        return self.kept < self.had or self.gained > 0 or (self.known == 0 and self.filled < self.pages)


@dataclass(frozen=True, slots=True)
class Example:
    """A capture that shows a drift."""

    capture: int
    article: int
    url: str


@dataclass(slots=True)
class Tally:
    """A run's pages, counted; of each measure the captures that would prove its drift best."""

    pages: list[Seen] = field(default_factory=list)
    counts: dict[Key, Counts] = field(default_factory=dict)
    losing: dict[Key, list[tuple[bool, Example]]] = field(default_factory=dict)
    holding: dict[Key, list[tuple[bool, Example]]] = field(default_factory=dict)

    def add(self, seen: Seen) -> None:
        """Count one page."""
        self.pages.append(seen)
        shows, before = seen.shows, _comparable(seen.before, seen.shows)
        for group in seen.groups:
            self._count((group, REFUSED), seen, shows is None, None)
            self._count((group, FALLBACK), seen, shows is not None and shows.template == FALLBACK, None)
        if shows is None or shows.template == FALLBACK:
            return
        for name in OPTIONAL:
            known = before is not None and name not in before.unsure
            self._count(
                (shows.template, name), seen, name in shows.filled, name in before.filled if known and before else None
            )
        if before is not None:
            self._count((shows.template, BODY), seen, not is_short(shows, before) or seen.advanced, True)
            self._count((shows.template, TEXT), seen, shows.core == before.core or seen.advanced, True)

    def _count(self, key: Key, seen: Seen, holds: bool, had: bool | None) -> None:
        as_before = had is None or had is holds or seen.advanced
        kept, gained = bool(had) and as_before, had is False and not as_before
        one = Counts(1, holds, had is not None, bool(had), kept, gained)
        self.counts[key] = self.counts.get(key, Counts()) + one
        example = Example(seen.capture_id, seen.article_id, seen.url)
        shown = (self.holding if holds else self.losing).setdefault(key, [])
        shown.append((not as_before, example))
        shown.sort(key=lambda one: (one[0], one[1].article, one[1].capture), reverse=True)
        del shown[EXAMPLES:]

    def examples(self, key: Key, fell: bool) -> tuple[Example, ...]:
        """The captures that show best that a measure fell, or rose: first of articles that were otherwise before, the newest."""
        return tuple(example for _, example in (self.losing if fell else self.holding).get(key, ()))


def _comparable(before: Belief | None, shows: Belief | None) -> Belief | None:
    return before if before and shows and before.cleaner == shows.cleaner else None


def is_short(shows: Belief, before: Belief) -> bool:
    """Whether most of an article's words are missing."""
    return shows.words < MOST_WORDS * before.words


@dataclass(frozen=True, slots=True)
class Drift:
    """A measure of a template that departs from its own history: the share found and expected, since which run.

    `accepted` where it has lasted so long that it is no alarm any more.
    """

    run_id: int
    template: str
    measure: str
    pages: int
    found: float
    expected: float
    since_run: int
    since: str
    examples: tuple[Example, ...] = ()
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Gathered:
    """A run with too few pages to judge, until others are taken together with it."""

    place: Place
    counts: Counts
    falling: tuple[Example, ...] = ()
    rising: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class Course:
    """One measure of one template so far: earlier samples that were as usual, runs not judged yet, and a drift under way.

    `since` is the run and moment at which a drift began, `expected` the share that was usual before it.
    """

    usual: tuple[Counts, ...] = ()
    gathered: tuple[Gathered, ...] = ()
    since: Place | None = None
    expected: float = 0.0


Courses = Mapping[Key, Course]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a run came to: the courses after it, its drifts (also of earlier runs too small to tell), and what was found sound."""

    courses: Courses
    drifts: tuple[Drift, ...]
    sound: frozenset[Key]


def judge(courses: Courses, place: Place, tally: Tally) -> Judgement:
    """Take up one run."""
    after = dict(courses)
    drifts: list[Drift] = []
    sound: set[Key] = set()
    for key, counts in tally.counts.items():
        run = Gathered(place, counts, tally.examples(key, fell=True), tally.examples(key, fell=False))
        after[key], found, is_sound = _take_up(courses.get(key, Course()), key, run)
        drifts += found
        if is_sound:
            sound.add(key)
    named = {drift.measure for drift in drifts if drift.template != ALL}
    kept = tuple(drift for drift in drifts if drift.template != ALL or drift.measure not in named)
    return Judgement(after, kept, frozenset(sound))


def _take_up(course: Course, key: Key, run: Gathered) -> tuple[Course, list[Drift], bool]:
    """One measure of a run: judged by itself, or with the runs before it that had too few pages.

    While a drift is under way, a run that shows it at all is part of it, however small; it ends with a sample that does not
    depart.
    """
    horizon, measure = GATHER_DAYS * 86_400, key[1]
    runs = [early for early in course.gathered if seconds_between(early.place[0], run.place[0]) <= horizon]
    runs.append(run)
    while len(runs) > 1 and not runs[0].counts.shows(measure) and _pages(runs[1:]) >= LEAST_PAGES:
        del runs[0]
    sample = sum((one.counts for one in runs), Counts())
    showing = [one for one in runs if one.counts.shows(measure)]
    expected = departs(key, sample, course.usual) if showing and sample.pages >= LEAST_PAGES else None
    if expected is None and course.since is not None and sample.kept < STILL * sample.had:
        expected = course.expected  # not mended yet
    if expected is None and sample.pages >= LEAST_PAGES:
        return Course(usual=(*course.usual, sample)[-WINDOW:]), [], True
    if course.since is not None:
        course = replace(course, gathered=() if expected is not None else tuple(runs))
        return course, [_drift(course, key, run, run.counts)] if run in showing else [], False
    if expected is None:
        return replace(course, gathered=tuple(runs)), [], False
    course = replace(course, gathered=(), since=showing[0].place, expected=expected)
    return course, [_drift(course, key, one, sample) for one in showing], False


def _pages(runs: Iterable[Gathered]) -> int:
    return sum(one.counts.pages for one in runs)


def _drift(course: Course, key: Key, run: Gathered, sample: Counts) -> Drift:
    assert course.since is not None
    template, measure = key
    lasts = seconds_between(course.since[0], run.place[0]) >= ACCEPT_DAYS * 86_400
    share = sample.kept / sample.had if measure in WHOLE and sample.had else sample.share
    return Drift(
        run_id=run.place[1],
        template=template,
        measure=measure,
        pages=sample.pages,
        found=share,
        expected=course.expected,
        since_run=course.since[1],
        since=course.since[0],
        examples=run.falling if share < course.expected else run.rising,
        accepted=lasts and measure in OPTIONAL,
    )


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
    if measure == TEXT:
        return _departs_in_text(sample, earlier)
    lacked = sample.known - sample.had
    if sample.had >= LEAST_PAGES and sample.kept <= LOST * sample.had:
        return max(sample.had / sample.known, _middle(earlier, 0.0))
    may_rise = measure not in ONLY_LOST
    if may_rise and lacked >= LEAST_PAGES and sample.gained >= GAINED * lacked:
        return min(sample.had / sample.known, _middle(earlier, 1.0))
    if measure == BODY:
        return None
    expected = _departs_in_share(sample, earlier)
    if expected is None or (sample.share > expected and not may_rise):
        return None
    fell = sample.share < expected
    same, stood = (sample.had, sample.kept) if fell else (lacked, lacked - sample.gained)
    if same >= LEAST_VETO:
        return None if stood >= STILL * same else expected
    all_gone = sample.share <= NEARLY_ALL * expected if fell else 1 - sample.share <= NEARLY_ALL * (1 - expected)
    return expected if sample.pages >= LEAST_NEW_PAGES and all_gone else None


def _middle(earlier: list[Counts], otherwise: float) -> float:
    return median(counts.share for counts in earlier) if earlier else otherwise


def _departs_in_text(sample: Counts, earlier: list[Counts]) -> float | None:
    """Of known articles, how many changed though no stamp says so."""
    quiet = len(earlier) >= QUIET_NIGHTS and 1 - _middle(earlier, 0.0) < USUALLY_CHANGED
    most = CHANGED if quiet else MOST_CHANGED
    changed = sample.had - sample.kept
    return _middle(earlier, 1.0) if sample.had >= LEAST_TEXTS and changed >= most * sample.had else None


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


# --- what is believed afterwards ---


def beliefs_after(tally: Tally, judgement: Judgement) -> dict[int, Belief]:
    """What is believed of a run's articles once it was judged.

    A field that differs becomes a belief where its template's measure was found sound; else it stays what it was, and where
    nothing was known, it is not known now.
    """
    drifting = {(drift.template, drift.measure) for drift in judgement.drifts}
    after: dict[int, Belief] = {}
    for seen in tally.pages:
        shows = seen.shows
        if shows is None or shows.template == FALLBACK:
            continue
        before = _comparable(after.get(seen.article_id, seen.before), shows)
        if before and any((shows.template, measure) in drifting for measure in _lost_whole(shows, before)):
            continue
        if before and is_short(shows, before) and not seen.advanced and (shows.template, BODY) not in judgement.sound:
            continue
        adrift = {name for name in OPTIONAL if (shows.template, name) in drifting}
        sound = {name for name in OPTIONAL if (shows.template, name) in judgement.sound}
        after[seen.article_id] = _believe(shows, before, set(OPTIONAL) - adrift if seen.advanced else sound, adrift)
    return after


def _lost_whole(shows: Belief, before: Belief) -> list[str]:
    return [BODY] * is_short(shows, before) + [TEXT] * (shows.core != before.core)


def _believe(shows: Belief, before: Belief | None, sound: set[str], adrift: set[str]) -> Belief:
    if before is None:
        return replace(shows, unsure=frozenset(adrift - shows.filled))
    differs = {name for name in shows.filled ^ before.filled if name not in before.unsure}
    stays = differs - sound
    unsure = frozenset(name for name in before.unsure if name not in shows.filled and name not in sound)
    filled = (shows.filled - stays) | (before.filled & stays)
    stamp = before.stamp if "modified_at" in stays else shows.stamp
    return replace(shows, filled=filled, unsure=unsure, stamp=stamp)
