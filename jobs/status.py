"""The command that says at a glance whether all is well."""

import json
import os
import shutil
import socket
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import click

from archive.database import open_reader
from archive.display.run_figures import size as amount
from archive.health import Facts, Finding, LastRun, SilentList, Week, exit_code, findings, span
from archive.lock import lock_path
from archive.reads import reports, vitals
from archive.reads.completeness import DAYS, Completeness, Hole, Reason
from archive.times import kst, moment, seconds_between, stamp
from crawler.config import Config
from crawler.discovery import walk_named
from crawler.rechecking import known_articles
from crawler.revisits import choose, seconds
from crawler.timetable import Cron, Every, Job, When, next_after, next_due
from jobs.cli import Options, form_options
from jobs.clock import reading_clock
from jobs.gaps import label, named_lately
from jobs.planning import words_of
from jobs.screen import markdown
from jobs.screen.pager import put
from jobs.screen.printing import print_json, print_markdown
from jobs.screen.terminal import INDENT, Line, Screen, Span, fold, labelled, screen

GAP_DAYS = 14  # looked ahead: a schedule that rests at weekends repeats by then
MOST_STARTS = 200  # looked at; a job that starts more often leaves no gap worth telling
GRACE = 3600  # seconds that a run may last beyond its `max_minutes`: what it waits for, and its closing


@dataclass(frozen=True, slots=True)
class Status:
    """All that is shown: the findings, and the figures beside them."""

    now: str
    findings: list[Finding]
    last: LastRun | None
    next_run: str | None
    week: Week
    edits: vitals.Edits
    size: vitals.Size
    free: int
    articles: int
    waiting: vitals.Waiting
    due: int
    capacity: int
    budget: int | None
    named: Completeness

    def to_json(self) -> dict[str, Any]:
        """The whole of it, as JSON has it."""
        return {
            "healthy": not self.findings,
            "exit_code": int(exit_code(self.findings)),
            "findings": [{**asdict(finding), "code": int(finding.code)} for finding in self.findings],
            "now": self.now,
            "last_run": asdict(self.last) if self.last else None,
            "next_run": self.next_run,
            "posted": {"days": self.week.days, "total": self.week.total, "usual": self.week.usual},
            "edits": asdict(self.edits),
            "size": {**asdict(self.size), "free": self.free, "articles": self.articles},
            "waiting": {**self.waiting.kinds, "due": self.due, "capacity": self.capacity},
            "named": {
                "articles": self.named.named,
                "stored": self.named.stored,
                **{reason.value: count for reason, count in self.named.reasons.items()},
            },
        }


@click.command()
@form_options
@click.pass_obj
def status(options: Options) -> None:
    """Say at a glance whether all is well, and what is not: the last run, the next, edits, size, what waits.

    Ends with 0 where all is well; else with the code of the first thing that is wrong: 3 the last run could not reach the
    site, 5 the layout has drifted, 6 too many addresses failed, 1 anything else. So a monitoring program can call it.

    \b
    Example:
        hani status
        hani status --json
    """
    now = reading_clock()()
    config, database = options.config, options.database
    with closing(open_reader(database)) as archive:
        found = status_of(archive, database, config, now)
    if options.as_json:
        print_json(found.to_json())
    elif options.as_md:
        print_markdown(_in_markdown(found))
    else:
        where = screen(options)
        put([*_verdict_lines(found, where), *_figure_lines(found, where)], where, options)
    raise SystemExit(exit_code(found.findings))


def status_of(archive: sqlite3.Connection, database: Path, config: Config, now: datetime) -> Status:
    """Gather the facts and judge them."""
    at, since = stamp(now), stamp(now - timedelta(days=DAYS))
    last, named, waiting = last_run(archive, database), named_lately(archive, now), vitals.waiting(archive)
    size = vitals.size(archive, database, since, DAYS)
    due, free = due_now(archive, config, at), shutil.disk_usage(database.resolve().parent).free
    week = vitals.week(archive, walk) if (walk := vitals.ended_walk(archive)) else Week()
    facts = Facts(
        now=at,
        last=last,
        period=longest_gap(config, now),
        drifts=vitals.drifts(archive),
        never_asked=named.reasons.get(Reason.NEVER_ASKED, 0),
        unread=named.reasons.get(Reason.UNREAD, 0),
        often_asked=waiting.often,
        backlog=sum(waiting.kinds.values()) + due,
        of_full_walk=waiting.full,
        capacity=capacity(config),
        longest=60 * config.crawl.max_minutes + GRACE,
        silent_lists=silent_lists(named),
        week=week,
        outdated=vitals.outdated(archive),
        failed_jobs=vitals.failed_jobs(archive, [job.name for job in config.schedule.timetable() if job.on]),
        free=free,
        growth=size.growth,
    )
    articles = archive.execute("select count(*) from articles").fetchone()[0]
    edits = vitals.edits_since(archive, since)
    ahead = next_run(config, now, moment(last.started_at) if last else None)
    following = stamp(ahead) if ahead else None
    return Status(
        at,
        findings(facts),
        last,
        following,
        week,
        edits,
        size,
        free,
        articles,
        waiting,
        due,
        facts.capacity,
        config.recheck.budget,
        named,
    )


def next_run(config: Config, now: datetime, last: datetime | None = None) -> datetime | None:
    """When the schedule next walks the lists; `last` is when that last began, from which intervals count. None: never."""
    zone = config.schedule.zone
    return min(
        (
            next_after(job.when, now, zone)
            if isinstance(job.when, Cron)
            else max(now, next_due(job.when, last, None, now, zone))
            for job in walking_jobs(config)
        ),
        default=None,
    )


def walking_jobs(config: Config) -> list[Job]:
    """The jobs of the schedule that walk the lists."""
    return [job for job in config.schedule.timetable() if job.on and words_of(job)[0] == "nightly"]


def longest_gap(config: Config, now: datetime) -> float:
    """The longest time, in seconds, that the schedule's most diligent walk leaves between two runs; two weeks where none walks."""
    zone = config.schedule.zone
    gaps = (_gap(job.when, now, zone) for job in walking_jobs(config))
    return min((gap for gap in gaps), default=GAP_DAYS * 86_400.0)


def _gap(when: When, now: datetime, zone: tzinfo) -> float:
    if isinstance(when, Every):
        return float(when.seconds)
    end, at, longest = now + timedelta(days=GAP_DAYS), next_after(when, now, zone), 0.0
    for _ in range(MOST_STARTS):
        later = next_after(when, at, zone)
        longest = max(longest, (later - at).total_seconds())
        at = later
        if at >= end:
            break
    return longest


def due_now(archive: sqlite3.Connection, config: Config, at: str) -> int:
    """How many known articles are due for another look, beside those that wait already; the budget left aside."""
    waiting = {
        row[0]
        for row in archive.execute("select article_id from frontier where kind = 'recheck' and article_id is not null")
    }
    due = choose(known_articles(archive, config.site.feeds), seconds(at), config.recheck.policy)
    return sum(one.article_id not in waiting for one in due)


def capacity(config: Config) -> int:
    """How many addresses a run may ask for, by its requests and its minutes."""
    crawl = config.crawl
    in_time = 60 * crawl.max_minutes / crawl.delay if crawl.delay else crawl.max_requests
    return max(1, int(min(crawl.max_requests, in_time)))


def last_run(archive: sqlite3.Connection, database: Path) -> LastRun | None:
    """The newest run that walked the lists, or is walking them."""
    found = reports.latest(archive, reports.WALKS)
    if not found:
        return None
    run = found[0]
    alive = run.status != "running" or holds(lock_path(database), run.started_at)
    code = run.report.get("exit_code")
    return LastRun(run.id, run.command, run.status, run.started_at, run.finished_at, alive, code)


def holds(lock: Path, started_at: str) -> bool:
    """Whether the process that took the lock for a run lives, as far as can be told.

    The lock itself is not tried: for that moment a run that begins would find it taken. A process on another machine is
    believed to live; whether it has run for too long is another question.
    """
    try:
        who = json.loads(lock.read_text(encoding="utf-8"))
        if seconds_between(started_at, who["since"]) > 0:  # somebody has taken it since
            return False
        if who["host"] == socket.gethostname():
            os.kill(int(who["pid"]), 0)
    except PermissionError:  # it lives, and is another user's
        return True
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return True


def silent_lists(named: Completeness) -> list[SilentList]:
    """The lists that offer nothing any more, where no other list of the same section, or other feed, does in their stead."""
    silent = {trouble.source: trouble for trouble in named.lists if trouble.hole in (Hole.SILENT, Hole.NEVER)}
    speaking = {walk_named(source).section for source in named.sources if source not in silent}
    return [
        SilentList(source, trouble.since, trouble.detail)
        for source, trouble in silent.items()
        if trouble.since is not None and walk_named(source).section not in speaking
    ]


# --- as people read it -----------------------------------------------------------------------------------------------


def _verdict_lines(found: Status, where: Screen) -> Iterator[Line]:
    """Healthy, or each thing that is wrong, a line each."""
    if not found.findings:
        yield [Span("healthy", "label good")]
    for finding in found.findings:
        yield from fold([Span("wrong:", "label bad"), Span(f" {finding.sentence}")], where.row, "", INDENT)


def _figure_lines(found: Status, where: Screen) -> Iterator[Line]:
    yield from labelled(((name, [Span(text)]) for name, text in figures(found)), where.columns)


def figures(found: Status) -> Iterator[tuple[str, str]]:
    """The figures beside the verdict, each with its name."""
    yield "Last run", _last(found.last, found.now)
    yield "Next run", _next(found)
    yield "Posted", _posted(found.week)
    yield "Edits", _edits(found.edits)
    yield "Archive", _archive(found)
    yield "Waiting", _waiting(found)
    yield "Named", _named(found.named)


def _in_markdown(found: Status) -> Iterator[str]:
    """The verdict as a headline or a list, the figures as a table."""
    yield from ("# Wrong" if found.findings else "# Healthy", "")
    if found.findings:
        yield from markdown.bullets(markdown.escaped(finding.sentence) for finding in found.findings)
    yield from markdown.table(("", "As it stands"), ((name, markdown.escaped(text)) for name, text in figures(found)))


def _next(found: Status) -> str:
    if found.next_run is None:
        return "none: no job of the schedule walks the lists"
    return f"{kst(found.next_run)}, in {span(seconds_between(found.now, found.next_run))}"


def _last(last: LastRun | None, now: str) -> str:
    if last is None:
        return "none yet"
    ended = f", took {span(seconds_between(last.started_at, last.finished_at))}" if last.finished_at else ""
    ago = span(max(0.0, seconds_between(last.started_at, now)))
    state = last.status.replace("_", " ")
    return f"run {last.id} ({last.command}) {state}, begun {kst(last.started_at)}, {ago} ago{ended}"


def _posted(week: Week) -> str:
    if not week.days:
        return "–"
    usual = (
        f"usual {week.usual:.0f}" if week.usual is not None else "too few in the four weeks before to say what is usual"
    )
    return f"{week.total} articles in 7 days ({' '.join(map(str, week.days))}), {usual}"


def _edits(edits: vitals.Edits) -> str:
    removed = f"{edits.removed} removed, {edits.suspected} missing and not confirmed yet"
    return f"{edits.versions} new versions in {DAYS} days, {edits.silent} of them silent; {removed}"


def _archive(found: Status) -> str:
    size = found.size
    kept = f"{amount(size.database)} and {amount(size.journal)} of journal"
    return (
        f"{found.articles:,} articles, {kept}, grows by {amount(size.growth)} of pages a day, {amount(found.free)} free"
    )


def _waiting(found: Status) -> str:
    kinds: Mapping[str, int] = found.waiting.kinds
    left = f"{kinds['listing']:,} lists, {kinds['new']:,} new, {kinds['recheck']:,} rechecks"
    budget = "" if found.budget is None else f" (at most {found.budget:,} of them a day)"
    return f"{left} left over; {found.due:,} more due now{budget}; a run asks for {found.capacity:,} at most"


def _named(named: Completeness) -> str:
    counts = [("stored", named.stored), *((label(reason), count) for reason, count in named.reasons.items())]
    return (
        f"{named.named} articles in {DAYS} days: {', '.join(f'{count} {name}' for name, count in counts)} (hani gaps)"
    )
