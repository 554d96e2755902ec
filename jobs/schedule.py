"""The command that runs nightly by itself: APScheduler says when, each run is a process of its own."""

import logging
import signal
import subprocess
import sys
import threading
from types import FrameType
from typing import Any

import click

from archive.times import kst, stamp
from jobs.cli import Options

ZONE = "Asia/Seoul"
GRACE_SECONDS = 6 * 3600  # a night missed by less than this (the machine slept) is made up for, once
STOP_SECONDS = 30  # how long a run may take to end cleanly

log = logging.getLogger("hani.schedule")


class Runs:
    """The run under way, if there is one."""

    def __init__(self, command: list[str]) -> None:
        self.command = command
        self.stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run nightly in a process of its own and wait for its end; a crash there ends nothing here."""
        if self.stopping.is_set():
            return
        log.info("starting: %s", " ".join(self.command))
        self._process = subprocess.Popen(self.command, start_new_session=True)
        code = self._process.wait()
        self._process = None
        log.info("the run ended with exit code %d", code)

    def stop(self) -> None:
        """Let the run end cleanly; after STOP_SECONDS, end it."""
        self.stopping.set()
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


@click.command()
@click.option("--origin", metavar="URL", help="Ask this server in the site's stead.")
@click.option("--now", "at_once", is_flag=True, help="Make a run at once as well.")
@click.pass_obj
def schedule(options: Options, origin: str | None, at_once: bool) -> None:
    """Run nightly by itself at the configured hour (KST), until SIGTERM or Ctrl-C.

    Each run is a process of its own. A run that was under way ends cleanly with the schedule.

    \b
    Example:
        hani schedule
    """
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.schedulers.background import BackgroundScheduler

    from archive.database import check

    config = options.config
    check(options.database)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    runs = Runs(command_of(options, origin))
    scheduler = BackgroundScheduler(
        timezone=ZONE,
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": GRACE_SECONDS},
    )
    job = scheduler.add_job(
        runs.start, "cron", hour=config.schedule.hour, minute=config.schedule.minute, id="nightly", timezone=ZONE
    )
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    scheduler.start()
    if at_once:
        scheduler.add_job(runs.start, id="at once")
    click.echo(f"next run {next_run(job)}; SIGTERM or Ctrl-C ends the schedule", err=True)
    while not stopped.wait(3600):  # in slices: a signal must be able to end the wait
        pass
    runs.stop()
    scheduler.shutdown(wait=True)
    click.echo("the schedule has ended", err=True)


def next_run(job: Any) -> str:
    """When a job runs next, in Korea's time."""
    return kst(stamp(job.next_run_time))


def command_of(options: Options, origin: str | None) -> list[str]:
    """The command of a run."""
    command = [sys.executable, "-m", "jobs", "--db", str(options.database.resolve())]
    if options.config_path:
        command += ["--config", str(options.config_path)]
    return [*command, "nightly", *(["--origin", origin] if origin else [])]
