"""Whether the archive is being kept as it should be: facts in, findings out; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from statistics import median

from archive.times import kst, seconds_between

DAY = 86_400  # seconds

# A night that was missed is over when the next one is due; half a period more lets a run that was late, or made up for after the
# machine slept, come in first.
LATE = 1.5  # of the schedule's period

# A new address is asked once a night; after five nights it is no night's trouble any more.
MANY_ATTEMPTS = 5

# A list may fail for a night's maintenance or a long weekend without anybody having to look.
# One that has been silent for a month was given up by the newspaper: from then on `hani gaps` alone lists it.
SILENT_DAYS, GIVEN_UP_DAYS = 3, 30

# SQLite needs room for its journal, and a night for what it fetches; below either, the next run may fail.
LEAST_FREE = 500_000_000  # bytes
LEAST_DAYS = 14  # of growth as in the last week

# Holidays halve a newspaper's week; below half of it, and below the quietest of four weeks, articles are being missed. Fewer than
# fourteen a week vary too much by themselves: half of them is within two standard deviations of a Poisson count.
FAR_BELOW = 0.5
WEEKS = 4
LEAST_USUAL = 14  # articles a week


class Code(IntEnum):
    """What a finding makes the command's exit code; the same codes as a run's own."""

    HEALTHY = 0
    TROUBLE = 1
    UNREACHABLE = 3
    DEGRADED = 5
    PARTLY_FAILED = 6


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, in one sentence; `name` is for machines."""

    name: str
    code: Code
    sentence: str


@dataclass(frozen=True, slots=True)
class LastRun:
    """The newest run that walked the lists, or is walking them."""

    id: int
    command: str
    status: str
    started_at: str
    finished_at: str | None = None
    alive: bool = True
    exit_code: int | None = None


@dataclass(frozen=True, slots=True)
class Drift:
    """A measure of a template's pages that is far from what it was."""

    template: str
    measure: str
    pages: int
    found: float
    expected: float
    since_run: int
    since: str


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job of the schedule whose latest run failed."""

    name: str
    run_id: int
    started_at: str
    exit_code: int | None


@dataclass(frozen=True, slots=True)
class SilentList:
    """A list or feed that offers nothing any more, since it last did."""

    source: str
    since: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Week:
    """How many articles were posted on each of the last seven whole days, and on the twenty-eight before; oldest first."""

    days: Sequence[int] = ()
    before: Sequence[int] = ()

    @property
    def total(self) -> int:
        """Articles of the last seven days."""
        return sum(self.days)

    @property
    def weeks_before(self) -> list[int]:
        """Articles of each of the four weeks before, the oldest first."""
        return [sum(self.before[start : start + 7]) for start in range(0, len(self.before), 7)]

    @property
    def usual_days(self) -> list[float]:
        """What is usual on each of the seven days: the median of the same weekday in the four weeks before."""
        return [median(self.before[weekday::7]) for weekday in range(7)] if len(self.before) == 7 * WEEKS else []

    @property
    def usual(self) -> float | None:
        """What is usual in a week; None where any week before holds nothing, or too little to tell."""
        total = sum(self.usual_days)
        return total if min(self.weeks_before, default=0) > 0 and total >= LEAST_USUAL else None

    @property
    def far_below(self) -> bool:
        """Whether the last seven days hold far less than usual."""
        usual = self.usual
        return usual is not None and self.total < FAR_BELOW * usual and self.total < min(self.weeks_before)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the verdict is made from; times in UTC, sizes in bytes.

    `period` is the schedule's, in seconds; `backlog` counts addresses that wait or are due, `of_full_walk` those of them that a
    full walk left; `capacity` how many a run may ask for.
    """

    now: str
    last: LastRun | None = None
    period: float = DAY
    drifts: Sequence[Drift] = ()
    never_asked: int = 0
    unread: int = 0
    often_asked: int = 0
    backlog: int = 0
    of_full_walk: int = 0
    capacity: int = 1
    longest: float = DAY
    silent_lists: Sequence[SilentList] = ()
    week: Week = field(default_factory=Week)
    outdated: Sequence[str] = ()
    failed_jobs: Sequence[FailedJob] = ()
    free: int = LEAST_FREE
    growth: float = 0.0


def findings(facts: Facts) -> list[Finding]:
    """All that is wrong, the gravest first: what keeps runs from running, pages that are misread, articles that are missed."""
    return [finding for found in (_of_runs, _of_the_disk, _of_pages, _of_articles) for finding in found(facts)]


def exit_code(found: Sequence[Finding]) -> Code:
    """What a monitoring program is told: the code of the gravest finding."""
    return found[0].code if found else Code.HEALTHY


def _of_runs(facts: Facts) -> Iterator[Finding]:
    last = facts.last
    if last is None:
        yield Finding("no_run", Code.TROUBLE, "no run has walked the lists yet; `hani nightly` does")
        return
    age = seconds_between(last.started_at, facts.now)
    if age < -DAY:
        yield Finding(
            "clock", Code.TROUBLE, f"run {last.id} begins in the future, {kst(last.started_at)}: the clock was set back"
        )
    begun = f"run {last.id}, begun {kst(last.started_at)},"
    if last.status == "running":
        yield from _under_way(last, age, facts.longest)
    elif last.status == "failed":
        yield Finding(
            "failed", Code.TROUBLE, f"{begun} failed: the archive or the program was at fault, the log says how"
        )
    elif last.status == "interrupted":
        yield Finding("interrupted", Code.TROUBLE, f"{begun} was stopped or killed; the next one goes on where it was")
    elif last.status == "unreachable":
        yield Finding("unreachable", Code.UNREACHABLE, f"{begun} could not reach the site")
    for job in facts.failed_jobs:
        if job.run_id != last.id:
            code = "" if job.exit_code is None else f" with exit code {job.exit_code}"
            sentence = f"the job {job.name} failed{code} when it last ran (run {job.run_id}, {kst(job.started_at)})"
            yield Finding("failed_job", Code.TROUBLE, sentence)
    if age > LATE * facts.period and last.status != "running":
        often = f"every {span(facts.period)}"
        yield Finding("late", Code.TROUBLE, f"no run has begun for {span(age)}, where one is due {often}")


def _under_way(last: LastRun, age: float, longest: float) -> Iterator[Finding]:
    if not last.alive:
        sentence = f"run {last.id} stands as running since {kst(last.started_at)}, and its process is gone"
        yield Finding("gone", Code.TROUBLE, sentence)
    elif age > longest:
        yield Finding("hangs", Code.TROUBLE, f"run {last.id} has been running for {span(age)}: it may hang")


def _of_pages(facts: Facts) -> Iterator[Finding]:
    for drift in facts.drifts:
        yield Finding("drift", Code.DEGRADED, f"the layout has changed (drift): {drift_words(drift)}")
    if facts.last is not None and facts.last.status == "partly_failed":
        sentence = f"run {facts.last.id} got no answer to more addresses than a run may lose"
        yield Finding("partly_failed", Code.PARTLY_FAILED, sentence)


def drift_words(drift: Drift) -> str:
    """What a drift is, in words."""
    what = {
        "refused": "refused",
        "fallback": "read only by the fallback",
        "body": "with most of their text",
        "text": "with a text as before, or a newer stamp",
    }.get(drift.measure, f"with {drift.measure.replace('_', ' ')}")
    whose = {"*": "all templates", "(new)": "new articles"}.get(drift.template, drift.template)
    return (
        f"{whose}: {drift.found:.0%} of {drift.pages} pages {what}, where {drift.expected:.0%} are usual,"
        f" since run {drift.since_run} ({kst(drift.since)})"
    )


def _of_articles(facts: Facts) -> Iterator[Finding]:
    if facts.never_asked:
        sentence = (
            f"{_count(facts.never_asked, 'article')} that a list named had never been asked for: a fault (`hani gaps`)"
        )
        yield Finding("never_asked", Code.TROUBLE, sentence)
    if facts.unread:
        sentence = f"{_count(facts.unread, 'kept page')} of named articles are not in the tables: `hani rebuild`"
        yield Finding("unread", Code.TROUBLE, sentence)
    for silent in facts.silent_lists:
        if SILENT_DAYS * DAY < seconds_between(silent.since, facts.now) <= GIVEN_UP_DAYS * DAY:
            why = f": {silent.error}" if silent.error else ""
            yield Finding("silent", Code.TROUBLE, f"{silent.source} has offered nothing since {kst(silent.since)}{why}")
    if facts.week.far_below:
        usual = f"where {facts.week.usual:.0f} are usual"
        yield Finding("few", Code.TROUBLE, f"only {facts.week.total} articles were posted in the last 7 days, {usual}")
    if facts.often_asked:
        sentence = (
            f"{_count(facts.often_asked, 'address')} gave no answer in {MANY_ATTEMPTS} runs or more (`hani gaps`)"
        )
        yield Finding("often_asked", Code.TROUBLE, sentence)
    regular = facts.backlog - facts.of_full_walk
    if regular > facts.capacity:
        sentence = f"{regular:,} addresses wait or are due, and a run asks for {facts.capacity:,} at most"
        yield Finding("backlog", Code.TROUBLE, sentence)
    for what in facts.outdated:
        yield Finding("outdated", Code.TROUBLE, f"{what}; `hani rebuild` makes that anew")


def _of_the_disk(facts: Facts) -> Iterator[Finding]:
    if facts.free < LEAST_FREE or facts.free < LEAST_DAYS * facts.growth:
        days = f", enough for {facts.free / facts.growth:.0f} days like the last ones" if facts.growth else ""
        yield Finding("disk", Code.TROUBLE, f"the disk has only {facts.free / 1e6:,.0f} MB left{days}")


def _count(number: int, what: str) -> str:
    plural = "es" if what.endswith("s") else "s"
    return f"{number:,} {what}{plural if number != 1 else ''}"


def span(seconds: float) -> str:
    """A length of time as people say it."""
    for unit, length in (("day", DAY), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * length or (unit != "day" and seconds >= length):
            count = round(seconds / length)
            return f"{count} {unit}{'s' * (count != 1)}"
    return "1 second" if round(seconds) == 1 else f"{seconds:.0f} seconds"
