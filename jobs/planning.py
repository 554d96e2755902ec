"""Which command lines the schedule's jobs are, and when each is due, by what `runs` says of it."""

import difflib
import logging
import shlex
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import click

from archive.runs import Run, last_run
from archive.times import Clock, moment, now, stamp
from crawler.config import Config
from crawler.errors import BadConfig
from crawler.timetable import SET_BACK, Job, next_due
from jobs.cli import COMMANDS, Options, cli

NO_JOBS = ("schedule", "cron", "systemd", "init", "demo")  # what sets a schedule up, or asks questions, or never ends
CRAWLS = ("nightly", "recrawl")  # what takes --origin

log = logging.getLogger("hani.schedule")


def words_of(job: Job) -> list[str]:
    """A job's command line in words; no shell ever sees it.

    Jobs are commands of hani alone: what another program does at night is cron's or systemd's to start.

    Raises BadConfig for what is none.
    """
    where = f"[schedule.jobs.{job.name}]"
    try:
        words = shlex.split(job.command)
    except ValueError as error:
        raise BadConfig(f"{where}: the command {job.command!r} cannot be read: {error}") from None
    words = words[1:] if words[:1] == ["hani"] else words
    known = [name for name in COMMANDS if name not in NO_JOBS]
    if not words or words[0] not in known:
        close = difflib.get_close_matches(words[0] if words else "", known, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else f" (known: {', '.join(known)})"
        raise BadConfig(f"{where}: {job.command!r} is no command of hani that can be a job{hint}")
    return words


def check_jobs(jobs: Iterable[Job]) -> None:
    """See that each job's command line is one, options and all, before a night finds out.

    Raises BadConfig.
    """
    for job in jobs:
        name, *words = words_of(job)
        command = cli.get_command(click.Context(cli), name)
        assert command is not None  # a known one
        try:
            command.make_context(name, words, parent=click.Context(cli))
        except (click.ClickException, click.exceptions.Exit) as error:
            why = error.format_message() if isinstance(error, click.ClickException) else "it does nothing"
            raise BadConfig(f"[schedule.jobs.{job.name}]: {job.command!r} cannot run: {why}") from None


def arguments(options: Options, job: Job, origin: str | None = None) -> list[str]:
    """A job's arguments for the program hani, with this archive and this configuration.

    Raises BadConfig.
    """
    words = words_of(job)
    named = ["--db", str(options.database.resolve())]
    if options.config_path:
        named += ["--config", str(options.config_path)]
    return [*named, *words, *(["--origin", origin] if origin and words[0] in CRAWLS else [])]


def wanted_since(config: Config) -> datetime | None:
    """Since when a job that has never run is expected: since hani.toml, which defines it, was written; None without one."""
    return datetime.fromtimestamp(config.path.stat().st_mtime, UTC) if config.path else None


@dataclass(slots=True)
class Planner:
    """When jobs are due.

    `since` is the moment from which a job that has never run is expected; `done` has the starts of this process's own runs, which
    count also where no archive could keep a row of them.
    """

    database: Path
    zone: tzinfo
    since: datetime
    clock: Clock = now
    done: dict[str, datetime] = field(default_factory=dict)
    abandoned: dict[str, int] = field(default_factory=dict)

    def last(self, job: Job) -> Run | None:
        """The latest run of a job that `runs` knows; None where the archive cannot be asked just now."""
        until = stamp(self.clock() + SET_BACK)
        command = shlex.join(["hani", *words_of(job)])
        try:
            return last_run(self.database, job.name, command, until, self.abandoned.get(job.name))
        except (sqlite3.Error, OSError) as error:
            log.warning("the archive's runs cannot be read: %s", error)
            return None

    def due(self, job: Job) -> datetime:
        """When a job is due; not later than now where it was missed."""
        at = self.clock()
        run = self.last(job)
        begun = [moment(run.started_at)] if run else []
        begun += [start for start in [self.done.get(job.name)] if start and start <= at + SET_BACK]
        return next_due(job.when, max(begun, default=None), self.since, at, self.zone)

    def look_for_unfinished(self, jobs: tuple[Job, ...]) -> list[Run]:
        """Find the jobs whose latest run did not end by itself: it will not count, so that a new one goes on.

        Only for the start of a schedule: a run that is killed while one is up waits for its next time, or what kills it would
        do so again and again.
        """
        unfinished = [
            (job, run) for job in jobs if (run := self.last(job)) and run.status in ("running", "interrupted")
        ]
        self.abandoned = {job.name: run.id for job, run in unfinished}
        return [run for _, run in unfinished]
