"""The table `runs` as a schedule needs it: when each job last ran, and rows for what writes none of its own.

Every function opens the archive for a moment only. None of them makes or migrates an archive: where there is none that
fits, nothing has run, and nothing is written.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from archive.database import BUSY_SECONDS, open_reader
from archive.errors import ArchiveError, ArchiveLocked
from archive.lock import crawl_lock
from archive.times import Clock, stamp


@dataclass(frozen=True, slots=True)
class Run:
    """A run as its row has it; times are UTC text."""

    id: int
    command: str
    started_at: str
    finished_at: str | None
    status: str
    job: str | None


_RUNS = "select id, command, started_at, finished_at, status, job from runs"


@contextmanager
def _reader(database: Path) -> Iterator[sqlite3.Connection | None]:
    try:
        connection = open_reader(database)
    except ArchiveError:
        yield None
        return
    with closing(connection):
        yield connection


@contextmanager
def _writer(database: Path) -> Iterator[sqlite3.Connection | None]:
    """A transaction on an archive that is there and up to date, else None."""
    with _reader(database) as found:
        if found is None:
            yield None
            return
    with closing(sqlite3.connect(database, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        connection.execute("begin immediate")
        try:
            yield connection
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


def last_run(database: Path, job: str, command: str, until: str, but_for: int | None = None) -> Run | None:
    """The latest run of a job that began by `until`; None for none.

    A run of the same command line that a person started counts as well. The run `but_for` does not, as long as it is
    unfinished.
    """
    with _reader(database) as archive:
        row = (
            archive
            and archive.execute(
                f"{_RUNS} where (job = :job or (job is null and command = :command)) and started_at <= :until"
                " and not (id is :but_for and status in ('running', 'interrupted')) order by started_at desc, id desc limit 1",
                {"job": job, "command": command, "until": until, "but_for": but_for},
            ).fetchone()
        )
    return Run(*row) if row else None


def latest_id(database: Path) -> int:
    """The highest number of a run; 0 for none."""
    with _reader(database) as archive:
        return int(archive.execute("select coalesce(max(id), 0) from runs").fetchone()[0]) if archive else 0


def run_since(database: Path, job: str, after: int) -> Run | None:
    """The latest run of a job with a number above `after`; None for none."""
    with _reader(database) as archive:
        row = (
            archive
            and archive.execute(f"{_RUNS} where job = ? and id > ? order by id desc limit 1", [job, after]).fetchone()
        )
    return Run(*row) if row else None


def record_run(run: Run, database: Path, program: str, exit_code: int) -> bool:
    """Write a row for a run that wrote none: another command than a crawl, or one that ended before it began.

    Its report holds the exit code alone. The row's number is the next one, not `run.id`. False where there is no archive.
    """
    with _writer(database) as archive:
        if archive is None:
            return False
        archive.execute(
            "insert into runs (command, started_at, finished_at, status, program, report, job) values (?, ?, ?, ?, ?, ?, ?)",
            [
                run.command,
                run.started_at,
                run.finished_at,
                run.status,
                program,
                json.dumps({"exit_code": exit_code}),
                run.job,
            ],
        )
    return True


def close_dead(database: Path, run_id: int, clock: Clock) -> None:
    """Mark a run as interrupted whose process is known to be dead.

    Nothing happens while another process has the archive: its own run closed the dead one when it began.
    """
    try:
        with crawl_lock(database, "hani schedule", clock), _writer(database) as archive:
            if archive is not None:
                archive.execute(
                    "update runs set status = 'interrupted', finished_at = ? where id = ? and status = 'running'",
                    [stamp(clock()), run_id],
                )
    except ArchiveLocked:
        return
