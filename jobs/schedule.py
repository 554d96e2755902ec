"""The command that runs the jobs of hani.toml by itself: APScheduler keeps the time, each run is a process of its own."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import FrameType
from typing import Any

import click

from archive.runs import Run, close_dead, latest_id, record_run, run_since
from archive.times import Clock, kst, now, stamp
from crawler.config import PROGRAM, Config, check_origin
from crawler.timetable import Job, delay_at_most
from jobs import logs
from jobs.cli import DEGRADED, INTERRUPTED, LOCKED, PARTLY_FAILED, UNREACHABLE, Options, json_option
from jobs.crawling import JOB
from jobs.planning import Planner, arguments, check_jobs, log, wanted_since, words_of

STOP_SECONDS = 20  # how long a run may take to end cleanly; a crawl takes less than two
TICK_SECONDS = 15  # between two looks at the clock: a machine that slept is noticed so soon after it wakes
JUMP_SECONDS = 30  # by so much the clock must leave the time that passed before a jump is spoken of

# Another program that holds the archive is mostly a run by hand, which `max_minutes` ends after three hours by default.
RETRY_SECONDS = 60
PATIENCE = timedelta(hours=6)

# A hanging command must not end all others for good. Nothing here takes a day; a crawl has its own `max_minutes` as well.
LONGEST_SECONDS = 24 * 3600

STATUS = {
    0: "done",
    UNREACHABLE: "unreachable",
    DEGRADED: "degraded",
    PARTLY_FAILED: "partly_failed",
    INTERRUPTED: "interrupted",
}


def longest_seconds(config: Config) -> int:
    """How long a run may take: a day, or an hour more than a crawl is allowed to ask."""
    return round(max(LONGEST_SECONDS, config.crawl.max_minutes * 60 + 3600))


def status_of(code: int) -> str:
    """How a process ended, in the words of `runs`; a negative code is the signal that ended it."""
    return "interrupted" if code < 0 else STATUS.get(code, "failed")


@dataclass(slots=True)
class Runner:
    """Runs one process at a time, and can end it."""

    longest: float = LONGEST_SECONDS
    stopping: bool = False
    _process: subprocess.Popen[bytes] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, command: list[str], job: str) -> int | None:
        """Run a command and wait for its end; its exit code, or None where there was none to start.

        A crash over there ends nothing here.
        """
        with self._lock:
            if self.stopping:
                return None
            process = self._process = subprocess.Popen(command, start_new_session=True, env={**os.environ, JOB: job})
        try:
            return process.wait(self.longest)
        except subprocess.TimeoutExpired:
            log.error("%s has run for %d hours and is ended", job, self.longest // 3600)
            end(process)
            return process.wait()
        finally:
            self._process = None

    def stop(self) -> None:
        """Start nothing more, and let what is running end cleanly."""
        with self._lock:
            self.stopping = True
            process = self._process
        if process is not None:
            end(process)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Let a process that leads its session end cleanly; after STOP_SECONDS, end it with all that it started."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@dataclass(slots=True)
class Scheduled:
    """The jobs, each planned for one moment at a time.

    When one has run, its next moment is reckoned anew from `runs`, and again when it comes: what cron or a person ran meanwhile
    is not run twice.
    """

    planner: Planner
    jobs: tuple[Job, ...]
    commands: dict[str, list[str]]
    scheduler: Any
    runner: Runner
    clock: Clock = now
    retry_seconds: float = RETRY_SECONDS
    patience: timedelta = PATIENCE
    busy: str | None = None
    _refused_since: dict[str, datetime] = field(default_factory=dict)
    # Opening the archive's file while another thread here writes to it would take that thread's locks away.
    _archive: threading.Lock = field(default_factory=threading.Lock)
    # APScheduler waits for its threads with its own lock held, so none may be about to plan anything by then.
    _planning: threading.Lock = field(default_factory=threading.Lock)

    def plan(self, job: Job, at: datetime | None = None, forced: bool = False) -> datetime:
        """Plan a job's next start, and put it off a little at random; returns its moment without that.

        Without `at`, it is when the job is due.
        """
        if at is None:
            with self._archive:
                due = self.planner.due(job)
            late = due <= self.clock()
            at = due if late else due + random.random() * delay_at_most(job, due, self.planner.zone)
        else:
            due = at
        self.scheduler.add_job(self.fire, "date", run_date=at, args=[job, forced], id=job.name, replace_existing=True)
        return due

    def plan_all(self) -> None:
        """Plan every job but the one that is running."""
        for job in self.jobs:
            if job.name != self.busy:
                self.plan(job)

    def fire(self, job: Job, forced: bool = False) -> None:
        """Run a job if it is still due, and plan its next run."""
        self.busy = job.name
        again = None
        try:
            again = self._attempt(job, forced)
        except Exception:
            self.planner.done[job.name] = self.clock()
            log.exception("%s could not be run", job.name)
        self.busy = None
        if again is None:
            self._refused_since.pop(job.name, None)
        with self._planning:
            if not self.runner.stopping:
                self.plan(job, again, forced and again is not None)

    def stop(self) -> None:
        """Plan and start nothing more, and let what is running end cleanly."""
        with self._planning:
            self.runner.stopping = True
        self.runner.stop()

    def _attempt(self, job: Job, forced: bool) -> datetime | None:
        """Run a job; when to try again, where the archive was another's or there was no process to be had."""
        try:
            with self._archive:
                before = latest_id(self.planner.database)
                due = self.planner.due(job)
            if not forced and due > self.clock():
                log.info("%s has been run already", job.name)
                return None
            began = self.clock()
            log.info("%s begins: %s", job.name, job.command)
            code = self.runner.run(self.commands[job.name], job.name)
        except (sqlite3.Error, OSError) as error:
            again = self._later(job, f"could not be started ({error})")
            if again is None:
                self.planner.done[job.name] = self.clock()
            return again
        if code == LOCKED and (again := self._later(job, "found the archive locked")):
            return again
        if code is not None:
            self.planner.done[job.name] = began
            log.info("%s ended with exit code %d", job.name, code)
            with self._archive:
                self._write_down(job, before, began, code)
        return None

    def _later(self, job: Job, why: str) -> datetime | None:
        """When to try again; None where the patience with this run is over."""
        at = self.clock()
        if at - self._refused_since.setdefault(job.name, at) >= self.patience:
            log.error("%s %s, and is given up until its next time", job.name, why)
            return None
        log.info("%s %s; it is tried again in %g s", job.name, why, self.retry_seconds)
        return at + timedelta(seconds=self.retry_seconds)

    def _write_down(self, job: Job, before: int, began: datetime, code: int) -> None:
        database = self.planner.database
        own = run_since(database, job.name, before)
        if own is None:
            times = stamp(began), stamp(self.clock())
            record_run(Run(0, f"hani {job.command}", *times, status_of(code), job.name), database, PROGRAM, code)
        elif own.status == "running":
            close_dead(database, own.id, self.clock)


def watch_the_clock(stopped: threading.Event, scheduled: Scheduled, clock: Clock = now) -> None:
    """Wait for the end; where the clock jumps (it was set, the machine slept), reckon anew from `runs`."""
    wall, steady = clock(), time.monotonic()
    while not stopped.wait(TICK_SECONDS):
        wall_before, steady_before = wall, steady
        wall, steady = clock(), time.monotonic()
        jump = (wall - wall_before).total_seconds() - (steady - steady_before)
        if abs(jump) > JUMP_SECONDS:
            log.info("the clock has jumped by %d s, or the machine slept", jump)
            scheduled.plan_all()


@click.command()
@click.option("--origin", metavar="URL", help="Ask this server in the site's stead.")
@click.option("--now", "at_once", is_flag=True, help="Make a run of nightly at once as well.")
@click.option("--list", "only_list", is_flag=True, help="Only list the jobs, with their next and last runs.")
@json_option
@click.pass_obj
def schedule(options: Options, origin: str | None, at_once: bool, only_list: bool, as_json: bool) -> None:
    """Run the jobs of hani.toml by itself, until SIGTERM or Ctrl-C.

    Without any there, these are nightly, weekly (a full walk) and duplicates. Each run is a process of its own, and ends cleanly
    with the schedule. What was missed meanwhile, or stopped amid its work, is run once when the schedule starts again.

    \b
    Example:
        hani schedule
        hani schedule --list
    """
    from archive.database import check

    config = options.config
    origin = check_origin(origin) if origin is not None else None
    check(options.database)
    jobs = config.schedule.timetable()
    check_jobs(job for job in jobs if job.on)
    commands = {job.name: [sys.executable, "-m", "jobs", *arguments(options, job, origin)] for job in jobs}
    planner = Planner(options.database, config.schedule.zone, wanted_since(config) or now())
    if only_list:
        list_jobs(planner, jobs, as_json or options.as_json)
        return
    if at_once and not any(job.on and job.name == "nightly" for job in jobs):
        raise click.UsageError("--now is for the job nightly, and that is off.")
    logs.hand_on(os.environ)
    runner = Runner(longest_seconds(config))
    run_until_stopped(planner, tuple(job for job in jobs if job.on), commands, runner, at_once)


def run_until_stopped(
    planner: Planner, jobs: tuple[Job, ...], commands: dict[str, list[str]], runner: Runner, at_once: bool
) -> None:
    """Keep the schedule; SIGTERM and SIGINT end it."""
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.schedulers.background import BackgroundScheduler

    scheduler = BackgroundScheduler(
        timezone=planner.zone,
        executors={"default": ThreadPoolExecutor(1)},  # one run at a time: what comes due meanwhile waits
        # A job is planned anew before its run has quite ended here, so two of it may be known for a moment.
        job_defaults={"misfire_grace_time": None, "max_instances": 3},
    )
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    scheduled = Scheduled(planner, jobs, commands, scheduler, runner)
    for run in planner.look_for_unfinished(jobs):
        log.info("the run of %s of %s did not end by itself", run.job or run.command, kst(run.started_at))
    for job in jobs:
        forced = at_once and job.name == "nightly"
        due = scheduled.plan(job, planner.clock() if forced else None, forced)
        log.info("%s: next run %s", job.name, when_next(job, due, planner, forced))
    log.info("SIGTERM or Ctrl-C ends the schedule")
    scheduler.start()
    watch_the_clock(stopped, scheduled)
    scheduled.stop()
    scheduler.shutdown(wait=True)
    log.info("the schedule has ended")


def when_next(job: Job, due: datetime, planner: Planner, forced: bool) -> str:
    """When a job runs next, in words; what is overdue runs now."""
    if forced:
        return f"now, then {kst(stamp(planner.due(job)))}"
    if due <= planner.clock():
        return "now" if planner.last(job) is None else f"now: it was due {kst(stamp(due))}"
    return kst(stamp(due))


# --- the list --------------------------------------------------------------------------------------------------------


def list_jobs(planner: Planner, jobs: tuple[Job, ...], as_json: bool) -> None:
    """Print every job with its next and last run."""
    described = [describe(planner, job) for job in jobs]
    if as_json:
        click.echo(json.dumps(described, indent=2))
        return
    for one in described:
        click.echo(f"{one['job']}: hani {one['command']}")
        click.echo(f"  when      {one['when']}, {one['timezone']}" + (f", {_jitter(one)}" if one["jitter"] else ""))
        click.echo(f"  next run  {_both(one['next_run']) if one['on'] else 'off'}")
        click.echo(f"  last run  {_last(one['last_run'])}")


def describe(planner: Planner, job: Job) -> dict[str, Any]:
    """A job as data; moments are UTC text."""
    run = planner.last(job)
    return {
        "job": job.name,
        "command": " ".join(words_of(job)),
        "when": job.when.text,
        "timezone": str(planner.zone),
        "jitter": job.jitter,
        "on": job.on,
        "next_run": stamp(planner.due(job)) if job.on else None,
        "last_run": run and {"run": run.id, "started_at": run.started_at, "status": run.status},
    }


def _jitter(one: dict[str, Any]) -> str:
    return f"put off by up to {one['jitter']:g} minutes"


def _both(at: str) -> str:
    local = datetime.fromisoformat(at).astimezone()
    return f"{kst(at)} ({local:%Y-%m-%d %H:%M %Z} here)"


def _last(run: dict[str, Any] | None) -> str:
    return f"{_both(run['started_at'])}, {run['status']}" if run else "–"
