"""When jobs run: cron expressions and intervals, read and reckoned with; pure.

The night's clock is that of a time zone, with its changes of summer time: a job at a fixed hour runs once on every local
day that it names, also on the day of a change.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
LONGEST_MONTH = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}

# The 29th of February falls on one given weekday every 28 years, and every 40 around 2100, which has none.
HORIZON_DAYS = 41 * 366

LEAST_SECONDS = 1  # between two runs of an interval
MOST_SECONDS = 366 * 86400
UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 7 * 86400}

# A run that `runs` has later than this from now was made by a clock that was wrong: it says nothing. Within it the clock was
# only set back, and what ran has run.
SET_BACK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression: sorted values of each field; weekdays as cron counts them, 0 for Sunday.

    `either` is cron's rule for an expression that restricts both the day of the month and the weekday: either will do.
    """

    text: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    either: bool = False

    @property
    def every_hour(self) -> bool:
        """Whether all hours are named: such a job follows the clock's hours, it has no hour of its own."""
        return len(self.hours) == 24

    def on(self, day: date) -> bool:
        """Whether it runs on a day."""
        by_month = day.day in self.days
        by_week = day.isoweekday() % 7 in self.weekdays
        return day.month in self.months and ((by_month or by_week) if self.either else (by_month and by_week))


@dataclass(frozen=True, slots=True)
class Every:
    """An interval between the starts of two runs."""

    text: str
    seconds: int


When = Cron | Every


@dataclass(frozen=True, slots=True)
class Job:
    """A job of the schedule: a command line of hani, when it runs, and by up to how many minutes it is put off at random."""

    name: str
    command: str
    when: When
    on: bool = True
    jitter: float = 0.0


# --- reading ---------------------------------------------------------------------------------------------------------


def parse_cron(text: str) -> Cron:
    """A cron expression of five fields, as cron(8) understands it: 0 and 7 are Sunday, names are three letters long.

    Raises ValueError, in words that a person can act on, also for one that never comes (the 31st of February).
    """
    fields = text.split()
    if len(fields) != 5:
        raise ValueError(f"needs five fields (minute, hour, day of the month, month, weekday), not {len(fields)}")
    minutes = _field("minute", fields[0], 0, 59)
    hours = _field("hour", fields[1], 0, 23)
    days = _field("day of the month", fields[2], 1, 31)
    months = _field("month", fields[3], 1, 12, MONTHS)
    weekdays = tuple(sorted({day % 7 for day in _field("weekday", fields[4], 0, 7, DAYS)}))
    # cron's own rule: a field that begins with a star restricts nothing here, not even `*/2`.
    either = not fields[2].startswith("*") and not fields[4].startswith("*")
    if not either and all(days[0] > LONGEST_MONTH.get(month, 31) for month in months):
        raise ValueError("never comes: none of its months has such a day")
    return Cron(" ".join(fields).lower(), minutes, hours, days, months, weekdays, either)


def _field(what: str, text: str, least: int, most: int, names: tuple[str, ...] = ()) -> tuple[int, ...]:
    found: set[int] = set()
    for part in text.lower().split(","):
        match = re.fullmatch(r"(\*|\w+)(?:-(\w+))?(?:/(\d{1,4}))?", part, re.A)
        if match is None or (match[1] == "*" and match[2]):
            raise ValueError(f"its {what} {text!r} cannot be read")
        if match[1] == "*":
            first, last = least, most
        else:
            first = _number(what, match[1], least, most, names)
            last = _number(what, match[2], least, most, names) if match[2] else (most if match[3] else first)
            if what == "weekday" and match[2] and last == 0:
                last = 7  # `fri-sun`: a range may end on Sunday
        step = int(match[3] or 1)
        if first > last or step == 0:
            raise ValueError(f"its {what} {text!r} runs backwards" if step else f"its {what} {text!r} has a step of 0")
        found.update(range(first, last + 1, step))
    return tuple(sorted(found))


def _number(what: str, text: str, least: int, most: int, names: tuple[str, ...]) -> int:
    if text in names:
        return names.index(text) + (1 if what == "month" else 0)
    if not re.fullmatch(r"\d{1,4}", text, re.A) or not least <= int(text) <= most:
        known = f" or {', '.join(names)}" if names else ""
        raise ValueError(f"its {what} must be {least} to {most}{known}, not {text!r}")
    return int(text)


def parse_every(text: str) -> Every:
    """An interval such as `20 minutes`, `1 hour`, `2 days`.

    Raises ValueError.
    """
    match = re.fullmatch(r"\s*(\d{1,9})\s*(second|minute|hour|day|week)s?\s*", text.lower(), re.A)
    if match is None:
        raise ValueError("is no interval such as '20 minutes', '6 hours' or '2 days'")
    seconds = int(match[1]) * UNITS[match[2]]
    if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        raise ValueError("must be between a second and a year")
    return Every(" ".join(text.split()), seconds)


# --- reckoning -------------------------------------------------------------------------------------------------------


def next_after(when: Cron, moment: datetime, zone: tzinfo) -> datetime:
    """The first moment (UTC) after `moment` at which a cron expression holds in a time zone.

    An hour that the clocks skip is made up for right after the change; of an hour that they repeat, the first counts. A job that
    names all hours follows the clock instead: it has no hour that could be skipped, and runs through both of two.
    """
    day = moment.astimezone(zone).date() - timedelta(days=1)  # a skipped hour may be made up for on the next day
    for _ in range(HORIZON_DAYS):
        later = [at for at in _moments(when, day, zone) if at > moment] if when.on(day) else []
        if later:
            return min(later)
        day += timedelta(days=1)
    raise ValueError(f"{when.text!r} does not come within {HORIZON_DAYS} days")


def _moments(when: Cron, day: date, zone: tzinfo) -> Iterator[datetime]:
    for hour in when.hours:
        for minute in when.minutes:
            local = datetime.combine(day, time(hour, minute), zone)
            first = local.astimezone(UTC)
            if not when.every_hour:
                yield first  # of a skipped time: the same span after the change
                continue
            for at in (first, local.replace(fold=1).astimezone(UTC)):
                if at.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
                    yield at


def next_due(when: When, last: datetime | None, since: datetime | None, now: datetime, zone: tzinfo) -> datetime:
    """When a job runs next; not later than `now` where it is overdue, however many of its times have gone by.

    `last` is when its latest run began. One that has never run is expected `since` then (None: from now on); an interval
    that has never run is due at once. A clock that was set back runs nothing twice: what ran has run. A `last` that lies more than a day
    ahead is taken for a clock's error.
    """
    if last is not None and last > now + SET_BACK:
        last = None
    if isinstance(when, Every):
        return now if last is None else min(last, now) + timedelta(seconds=when.seconds)
    return next_after(when, last or min(since or now, now), zone)


def delay_at_most(job: Job, at: datetime, zone: tzinfo) -> timedelta:
    """By how much a run may be put off at random: never by more than half of the time until the next."""
    if isinstance(job.when, Every) or not job.jitter:
        return timedelta()
    period = next_after(job.when, at, zone) - at
    return min(timedelta(minutes=job.jitter), period / 2)


# --- another zone ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shifted:
    """A cron expression as the clock of another zone has it.

    `dates` are the days of the month and `months` the months that must hold in the expression's own zone, since a cron that
    counts another zone's days cannot say them; None where it need not be looked at.
    """

    text: str
    dates: tuple[int, ...] | None = None
    months: tuple[int, ...] | None = None


def shifted(when: Cron, minutes: int) -> list[Shifted]:
    """The expression for a clock that is so many minutes ahead: one for each group of times that fall on one day."""
    if minutes == 0:
        return [Shifted(when.text)]
    any_day = len(when.days) == 31 and len(when.weekdays) == 7 and len(when.months) == 12
    by_minute: dict[tuple[int, int], set[int]] = {}
    for hour in when.hours:
        for minute in when.minutes:
            days, of_day = divmod(hour * 60 + minute + minutes, 1440)
            by_minute.setdefault((0 if any_day else days, of_day % 60), set()).add(of_day // 60)
    together: dict[tuple[int, tuple[int, ...]], set[int]] = {}
    for (days, minute), hours in by_minute.items():
        together.setdefault((days, tuple(sorted(hours))), set()).add(minute)
    return [
        moved
        for (days, hours), of in sorted(together.items())
        for moved in _on_days(when, days, f"{_listed(sorted(of), 60)} {_listed(hours, 24)}")
    ]


def _on_days(when: Cron, days: int, times: str) -> list[Shifted]:
    if days == 0:
        return [Shifted(" ".join([times, *when.text.split()[2:]]))]
    weekdays = _listed(sorted((day + days) % 7 for day in when.weekdays), 7)
    dates = when.days if len(when.days) < 31 else None
    months = when.months if len(when.months) < 12 else None
    if when.either:
        return [Shifted(f"{times} * * *", dates, months), Shifted(f"{times} * * {weekdays}", None, months)]
    return [Shifted(f"{times} * * {weekdays}", dates, months)]


def _listed(values: Sequence[int], all_of_them: int) -> str:
    return "*" if len(values) == all_of_them else ",".join(map(str, values))
