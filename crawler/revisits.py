"""Which known articles a run asks again: pure functions of their age, their edits and their checks.

All moments are seconds since 1970, UTC. docs/recheck.md has the sources of the figures and the policies' comparison.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import floor, log, log1p

from archive.times import moment

HOUR = 3600.0
DAY = 24 * HOUR

# How an article's edits spread over its age: the share made by an age is 1 - (1 + age / AGE_SCALE) ** -AGE_TAIL. With an
# hour and 0.4 the first day holds 83% of the first week's; GDELT found 16.5% of 88 million articles changed after a day
# and 19.5% after a week (85%), and 81% of the changes in the first day. The tail beyond a week is assumed.
AGE_SCALE = HOUR
AGE_TAIL = 0.4
# Edits of an average article, ever: 0.68 in its first day (197,979 of 291,666 Flemish articles, "News in motion"), which
# is 72% of all by the law above.
EDITS = 0.94
# Articles differ: the shape of a gamma distribution of their inclination to edits. With a mean of 0.68 edits a day, 0.5
# leaves 65% of all articles unedited, as in the same study; few articles then have most of the edits.
SPREAD = 0.5
# An edit begets others soon after: how many, over the same law of time. Assumed.
ECHOES = 0.2

DUE = 0.001  # edits that a request must promise; a choice: about fifty nightly requests in an article's first year

# Whatever those laws say, an article is due when a tenth of the time for which it had stood unchanged has passed since
# its last check: after ten days daily, after a year every five weeks. The time counts from when it was found.
RECHECK_RATIO = 0.1
# So its chance is taken to be DUE then at the least, whatever its age; below half a day such chances are not told apart,
# so that an old article found tonight does not come before tonight's news.
LEAST_STOOD = DAY / 2
FLOOR = DUE / log1p(RECHECK_RATIO)

# Nothing is left alone for longer, if the budget allows: in a run every fourth place is kept for what was. NewsDiffs
# gives up at the same age.
MAX_INTERVAL = 360 * DAY
KEPT = 4

# An article that was not where it should be is asked every night until it is back or its removal is confirmed, so that three
# checks over two days come together; half a day, since a night's run may begin earlier than the one before.
DOUBT_SECONDS = DAY / 2
IN_DOUBT = ("missing", "blocked")

# NewsDiffs, scraper.py, get_update_delay: seconds since the last change, and between two checks; then never.
NEWSDIFFS = (
    (3 * HOUR, HOUR / 4),
    (DAY, HOUR),
    (7 * DAY, 3 * HOUR),
    (30 * DAY, 3 * DAY),
    (360 * DAY, 30 * DAY),
)
# g0v/news-diff, lib/proc/revisit.py: an article's age, and seconds between two checks; then never.
G0V = ((3 * HOUR, HOUR), (DAY, 6 * HOUR), (7 * DAY, 2 * DAY), (30 * DAY, 14 * DAY))


@dataclass(frozen=True, slots=True)
class Known:
    """What a policy may know of an article.

    `last_change` is when its newest version was first seen, or when it was last found to be gone or back; `edits` counts the
    versions after the first, `checks` the answers, the first included; `in_feed` says whether a feed still offered it.
    """

    article_id: int
    url: str
    posted_at: float
    first_seen: float
    last_change: float
    last_checked: float
    edits: int = 0
    checks: int = 1
    status: str | None = None
    in_feed: bool = False


def seconds(text: str) -> float:
    """A stored moment as seconds since 1970."""
    return moment(text).timestamp()


def share_by(age: float) -> float:
    """The share of an article's edits that are made by an age in seconds."""
    return 1.0 - (1.0 + age / AGE_SCALE) ** -AGE_TAIL if age > 0 else 0.0


def hazard(known: Known, now: float) -> float:
    """How likely a request at `now` finds an edit made since the last check: minus the logarithm of its not finding one.

    1. Edits are a Poisson process whose rate falls with age, times the article's own inclination, of which a gamma
       distribution is believed. What was seen so far, edits over the time that the checks cover, moves the belief
       (Gelman and others, Bayesian Data Analysis, 2.6); the edits since the last check are then negative binomial.
    2. An edit begets others.
    3. No less than the floor: a chance in proportion to the logarithm of the time that the article has stood unchanged.
    """
    posted, checked = known.posted_at, known.last_checked
    if now <= checked:
        return 0.0
    by_check = share_by(checked - posted)
    covered = SPREAD + EDITS * (by_check - share_by(known.first_seen - posted))
    expected = (SPREAD + known.edits) * log1p(EDITS * (share_by(now - posted) - by_check) / covered)
    stood, stands = checked - known.last_change, now - known.last_change
    if known.edits:
        expected += ECHOES * (share_by(stands) - share_by(stood))
    return max(expected, FLOOR * log(max(stands, LEAST_STOOD) / max(stood, LEAST_STOOD)))


def is_overdue(known: Known, now: float) -> bool:
    """Whether an article was left alone for the longest time that is allowed."""
    return now - known.last_checked >= MAX_INTERVAL


def is_doubtful(known: Known, now: float) -> bool:
    """Whether an article was not where it should be, and half a day has passed since that was seen."""
    return known.status in IN_DOUBT and now - known.last_checked >= DOUBT_SECONDS


def _has_stood(known: Known, now: float) -> bool:
    return now - known.last_checked >= RECHECK_RATIO * (known.last_checked - known.last_change)


def _by_newsdiffs(known: Known, now: float) -> bool:
    return _by_table(NEWSDIFFS, now - known.last_change, now - known.last_checked)


def _by_g0v(known: Known, now: float) -> bool:
    return _by_table(G0V, now - known.posted_at, now - known.last_checked)


def _by_table(table: Iterable[tuple[float, float]], age: float, unchecked: float) -> bool:
    return next((unchecked >= delay for until, delay in table if age < until), False)


RULES: dict[str, Callable[[Known, float], bool]] = {
    "newsdiffs": _by_newsdiffs,
    "g0v": _by_g0v,
    "feed": lambda known, now: known.in_feed,
    "everything": lambda known, now: True,
}
HAZARD = "hazard"
POLICIES = (HAZARD, *RULES)


def is_due(known: Known, now: float, policy: str = HAZARD) -> bool:
    """Whether an article should be asked again at `now`, budget aside."""
    return bool(choose([known], now, policy))


def choose(known: Iterable[Known], now: float, policy: str = HAZARD, budget: int | None = None) -> list[Known]:
    """The articles to be asked at `now`, in order: of those that are due by a policy, no more than `budget`.

    1. Articles in doubt, whatever the policy; they count, but the budget does not cut them: evidence must not wait.
    2. The others by how likely a request finds an edit; of equal ones those that were checked less often. By the policy
       `hazard` every fourth place, from the first on, goes to what was left alone for MAX_INTERVAL, the longest first.
    """
    doubtful, overdue, likely = [], [], []
    for chance, one in _due(known, now, policy):
        if is_doubtful(one, now):
            doubtful.append(one)
        elif policy == HAZARD and is_overdue(one, now):
            overdue.append(one)
        else:
            likely.append((-chance, one.checks, one))
    likely.sort(key=lambda ranked: ranked[:2])
    for waiting in (doubtful, overdue):
        waiting.sort(key=lambda one: one.last_checked)
    chosen = [*doubtful, *_every_fourth(overdue, [one for *_, one in likely])]
    return chosen if budget is None else chosen[: max(budget, len(doubtful))]


def _due(known: Iterable[Known], now: float, policy: str) -> Iterable[tuple[float, Known]]:
    """Each article that is due, with the chance that a request finds an edit."""
    rule = RULES.get(policy)
    for one in known:
        due = is_doubtful(one, now) or (rule(one, now) if rule else _has_stood(one, now) or is_overdue(one, now))
        if (due or rule is None) and ((chance := hazard(one, now)) >= DUE or due):
            yield chance, one


def _every_fourth(overdue: list[Known], likely: list[Known]) -> list[Known]:
    """Both lists as one, whose first and then every fourth place is the first one's while it lasts."""
    if not overdue:
        return likely
    places = [(n * KEPT, one) for n, one in enumerate(overdue)]
    places += [(n // (KEPT - 1) * KEPT + n % (KEPT - 1) + 1, one) for n, one in enumerate(likely)]
    return [one for _, one in sorted(places, key=lambda place: place[0])]


def allowance(budget: int, asked: Mapping[float, int], now: float) -> int:
    """How much of a day's budget a run at `now` may spend, after so many requests at each of the moments `asked`.

    A token bucket: it fills evenly in the course of a day and holds one day's budget. A nightly run finds it full, each
    of 72 runs a day a 72nd; what one run leaves the next one has. Rounded, so that no fraction is lost. Two days ago it
    is taken to have been empty: after a day without requests it is full in any case, and one day's are not counted twice.
    What exceeds the budget, as a full run does, is no debt.
    """
    level, last = 0.0, now - 2 * DAY
    for at in sorted(at for at in asked if last < at <= now):
        level = max(min(budget, level + budget * (at - last) / DAY) - asked[at], -1.0)
        last = at
    return max(0, floor(min(budget, level + budget * (now - last) / DAY) + 0.5))
