"""The policies of rechecking against each other: edits caught, delay, requests, on invented newsrooms.

Each rival runs first; its requests, divided by the days, are the budget that ours gets. `python -m
tests.benchmarks.measure_recheck --write` takes the figures, the table and the plot over into docs/.
"""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median, quantiles

from crawler.revisits import HAZARD, RULES, Known, allowance, choose
from tests.benchmarks.newsroom import DAY, HOUR, MODELS, Story, stories
from tests.benchmarks.recheck_plot import plot
from tests.benchmarks.tools import judge, show

DOCS = Path(__file__).resolve().parents[2] / "docs"
FEED = 30  # articles that a feed holds. Assumed.
SEED = 20261123
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


@dataclass(frozen=True, slots=True)
class Grid:
    """When runs are, and for how long: days of which nothing is counted yet, then days that are; articles a day."""

    name: str
    every: float
    warm_up: int
    days: int
    a_day: int

    def runs(self) -> list[float]:
        """The moments of the runs; a nightly one is at half past three in Korea."""
        first = DAY - 5.5 * HOUR
        count = round((self.warm_up + self.days) * DAY / self.every)
        return [first + n * self.every for n in range(count)]


NIGHTLY = Grid("nightly", DAY, 60, 180, 12)
INTRADAY = Grid("every 20 minutes", 20 * 60.0, 10, 25, 12)


@dataclass(slots=True)
class Newsroom:
    """An archive that follows stories by a policy; counts begin with the moment `counted_from`."""

    stories: Sequence[Story]
    counted_from: float
    known: list[Known] = field(default_factory=list)
    asked: dict[float, int] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)
    requests: int = 0

    def run(self, now: float, policy: str, budget: int | None) -> None:
        """Find what is new, then recheck what the policy chooses."""
        self._find(now)
        room = None if budget is None else allowance(budget, self.asked, now)
        chosen = choose(self.known, now, policy, room)
        self.asked = {at: count for at, count in self.asked.items() if at > now - 2 * DAY} | {now: len(chosen)}
        for one in chosen:
            self._check(one, now)

    def _find(self, now: float) -> None:
        while len(self.known) < len(self.stories) and self.stories[len(self.known)].posted <= now:
            number = len(self.known)
            self.known.append(Known(number, "", self.stories[number].posted, now, now, now, in_feed=True))
            if number >= FEED:
                self.known[number - FEED] = _checked(self.known[number - FEED], in_feed=False)

    def _check(self, one: Known, now: float) -> None:
        made = [at for at in self.stories[one.article_id].edits if one.last_checked < at <= now]
        self.known[one.article_id] = _checked(one, now, bool(made), in_feed=one.in_feed)
        if now >= self.counted_from:
            self.requests += 1
            if made and made[-1] >= self.counted_from:  # earlier versions were written over unseen
                self.delays.append(now - made[-1])

    def catchable(self, until: float) -> int:
        """Edits after their article was found: what a policy can catch at all."""
        return sum(
            max(one.first_seen, self.counted_from) < at <= until
            for one in self.known
            for at in self.stories[one.article_id].edits
        )


def _checked(one: Known, now: float | None = None, changed: bool = False, *, in_feed: bool) -> Known:
    """What is known after a check at `now`, or, without one, after the feed has changed."""
    return Known(
        one.article_id,
        one.url,
        one.posted_at,
        one.first_seen,
        now if changed and now else one.last_change,
        now or one.last_checked,
        one.edits + changed,
        one.checks + (now is not None),
        None,
        in_feed,
    )


@dataclass(frozen=True, slots=True)
class Score:
    """What a policy came to: edits that could be caught, the share caught, seconds until then, requests."""

    requests: int
    catchable: int
    caught: float
    median_delay: float
    late_delay: float


@dataclass(frozen=True, slots=True)
class Match:
    """A rival, and our policy with the same number of requests."""

    grid: str
    model: str
    rival: str
    days: int
    its: Score
    ours: Score


def follow(told: Sequence[Story], grid: Grid, policy: str, budget: int | None = None) -> Score:
    """Let a policy follow stories over a grid of runs."""
    runs = grid.runs()
    archive = Newsroom(told, runs[0] + grid.warm_up * DAY)
    for now in runs:
        archive.run(now, policy, budget)
    catchable, delays = archive.catchable(runs[-1]), archive.delays or [0.0, 0.0]
    late = quantiles(delays, n=10)[-1] if len(delays) > 1 else delays[0]
    share = len(archive.delays) / catchable if catchable else 0.0
    return Score(archive.requests, catchable, round(share, 4), round(median(delays)), round(late))


def matches(grid: Grid, seed: int = SEED, models: Iterable[str] = tuple(MODELS)) -> list[Match]:
    """Each rival under each model, and ours with its number of requests."""
    found = []
    for model in models:
        told = stories(MODELS[model], grid.warm_up + grid.days, grid.a_day, seed)
        for rival in RULES:
            its = follow(told, grid, rival)
            ours = follow(told, grid, HAZARD, its.requests // grid.days)
            found.append(Match(grid.name, model, rival, grid.days, its, ours))
    return found


def table(found: Iterable[Match]) -> str:
    """The figures as Markdown, a line for each rival under each model."""
    lines = [
        "| model | rival | requests a day | it catches | hazard, same budget | its delay | hazard's |",
        "|---|---|---|---|---|---|---|",
    ]
    for match in found:
        its, ours = match.its, match.ours
        better = f"**{ours.caught:.1%}**" if ours.caught > its.caught else f"{ours.caught:.1%}"
        asked = f"{its.requests / match.days:,.0f}"
        if ours.requests < 0.97 * its.requests:
            better += f" with {ours.requests / match.days:,.0f}"
        delays = " | ".join(f"{_hours(s.median_delay)}, {_hours(s.late_delay)}" for s in (its, ours))
        lines.append(f"| {match.model} | {match.rival} | {asked} | {its.caught:.1%} | {better} | {delays} |")
    return "\n".join(lines)


def _hours(seconds: float) -> str:
    return f"{seconds / HOUR:.1f} h" if seconds < 2 * DAY else f"{seconds / DAY:.1f} d"


def measure() -> None:
    for grid in (NIGHTLY, INTRADAY):
        show(grid.name, f"{grid.a_day} articles a day, {grid.days} days after {grid.warm_up}")
        for match in matches(grid):
            its, ours = match.its, match.ours
            judge(
                f"  {match.model}, against {match.rival}",
                f"{ours.caught:.1%} with {ours.requests:,}",
                f"above {its.caught:.1%} with {its.requests:,}",
                ours.caught > its.caught,
            )


def text_of(found: Sequence[Match]) -> str:
    """The tables of both grids and the list of what was not won, as docs/recheck.md has them."""
    grids = dict.fromkeys(match.grid for match in found)
    tables = [f"### Runs {name}\n\n{table(m for m in found if m.grid == name)}" for name in grids]
    return "\n\n".join([*tables, f"### Where hazard does not catch more\n\n{not_won(found)}"])


def not_won(found: Iterable[Match]) -> str:
    """The lines in which a rival catches as much or more, as Markdown; `everything` has the most there is."""
    lines = ["| runs | model | rival | it catches | hazard |", "|---|---|---|---|---|"]
    for match in found:
        its, ours = match.its, match.ours
        if ours.caught <= its.caught:
            word = "the same" if ours.caught == its.caught else f"{100 * (its.caught - ours.caught):.1f} points less"
            lines.append(f"| {match.grid} | {match.model} | {match.rival} | {its.caught:.1%} | {word} |")
    return "\n".join(lines)


def points(found: Iterable[Match]) -> dict[str, tuple[dict[str, tuple[float, float]], dict[str, tuple[float, float]]]]:
    """What the plot shows: a chart for each grid and model, the rivals' points and ours."""
    charts: dict[str, tuple[dict[str, tuple[float, float]], dict[str, tuple[float, float]]]] = {}
    for match in found:
        theirs, ours = charts.setdefault(f"{match.model}, {match.grid}", ({}, {}))
        for side, score in ((theirs, match.its), (ours, match.ours)):
            side[match.rival] = (score.requests / match.days, score.caught)
    return charts


def stored() -> list[Match]:
    """The figures of the last measurement that was written down."""
    rows = json.loads((DOCS / "recheck.json").read_text("utf-8"))
    return [Match(**{**row, "its": Score(**row["its"]), "ours": Score(**row["ours"])}) for row in rows]


def write() -> None:
    """Measure, and take the figures over into docs/."""
    found = [*matches(NIGHTLY), *matches(INTRADAY)]
    rows = ",\n".join(json.dumps(asdict(match)) for match in found)
    (DOCS / "recheck.json").write_text(f"[\n{rows}\n]\n", "utf-8")
    (DOCS / "recheck.svg").write_text(plot(points(found)), "utf-8")
    page = DOCS / "recheck.md"
    before, after = (re.escape(mark) for mark in (BEGIN, END))
    told = re.sub(f"(?s){before}.*{after}", f"{BEGIN}\n{text_of(found)}\n{END}", page.read_text("utf-8"))
    page.write_text(told, "utf-8")


if __name__ == "__main__":
    write() if "--write" in sys.argv[1:] else measure()
