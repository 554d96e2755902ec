"""The facts about an archive from which its health is judged; plain SQL over a read-only connection."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

from archive.health import MANY_ATTEMPTS, WEEKS, Drift, FailedJob, Week
from archive.layout import standing_drifts
from archive.reads.reports import WALKS, latest
from archive.rows import DERIVATION
from archive.times import KST, moment, stamp

SEARCHES = ("articles_fts", "versions_fts", "changes_fts")
_LATELY = 50  # runs looked at for the newest whole walk


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in the frontier, by kind; `full` of it was left by a full walk, `often` was asked for in many runs."""

    kinds: Mapping[str, int]
    full: int
    often: int


@dataclass(frozen=True, slots=True)
class Edits:
    """What was seen of the newspaper's edits since a moment."""

    versions: int
    silent: int
    removed: int
    suspected: int


@dataclass(frozen=True, slots=True)
class Size:
    """How much room an archive takes, in bytes; `journal` is the WAL beside it, `growth` a day's kept pages."""

    database: int
    journal: int
    growth: float


def waiting(connection: sqlite3.Connection) -> Waiting:
    """Count the frontier. It has no index by kind: all of it is read."""
    rows = connection.execute(
        "select kind, count(*) as count, coalesce(sum(full), 0) as full, sum(attempts >= ?) as often"
        " from frontier group by kind",
        [MANY_ATTEMPTS],
    ).fetchall()
    kinds = {"listing": 0, "new": 0, "recheck": 0} | {row["kind"]: row["count"] for row in rows}
    return Waiting(kinds, sum(row["full"] for row in rows), sum(row["often"] for row in rows))


def edits_since(connection: sqlite3.Connection, since: str) -> Edits:
    """Count new versions of known articles, and removals."""
    versions, silent = connection.execute(
        "select count(*), coalesce(sum(silent), 0) from versions where first_seen_at >= ? and number > 1", [since]
    ).fetchone()
    removed, suspected = connection.execute(
        "select coalesce(sum(confirmed_at >= :since), 0),"
        " coalesce(sum(status = 'missing' and confirmed_at is null), 0) from tombstones"
        " where status in ('missing', 'removed', 'moved', 'returned')",
        {"since": since},
    ).fetchone()
    return Edits(versions, silent, removed, suspected)


def week(connection: sqlite3.Connection, until: str) -> Week:
    """The articles posted on each whole day in Korea before a moment, by the newspaper's own stamps.

    By when they were posted and not by when they were first seen: a walk over old lists does not swell these days, and what was
    missed shows, whenever it is looked at.
    """
    midnight = datetime.combine(moment(until).astimezone(KST).date(), time.min, KST)
    days = [midnight - timedelta(days=back) for back in range(7 * (WEEKS + 1), 0, -1)]
    rows = connection.execute(
        "select date(posted_at, '+9 hours') as day, count(*) from articles"
        " where posted_at >= ? and posted_at < ? group by day",
        [stamp(days[0]), stamp(midnight)],
    )
    counts = {row[0]: row[1] for row in rows}
    posted = [counts.get(f"{day:%Y-%m-%d}", 0) for day in days]
    return Week(tuple(posted[-7:]), tuple(posted[:-7]))


def failed_jobs(connection: sqlite3.Connection, names: Iterable[str]) -> list[FailedJob]:
    """The jobs of these names whose latest run failed."""
    rows = connection.execute(
        "select r.job, r.id, r.started_at, case when json_valid(r.report) then json_extract(r.report, '$.exit_code') end"
        " from json_each(?) wanted join runs r on r.job = wanted.value where r.status = 'failed'"
        " and r.id = (select max(id) from runs where job = wanted.value) order by r.job",
        [json.dumps(list(names))],
    )
    return [FailedJob(*row) for row in rows]


def drifts(connection: sqlite3.Connection) -> list[Drift]:
    """What has drifted, as it is judged now."""
    return [Drift(*row) for row in standing_drifts(connection)]


def size(connection: sqlite3.Connection, database: Path, since: str, days: float) -> Size:
    """The files' sizes, and what the pages kept since a moment add to them in a day."""
    kept = connection.execute(
        "select coalesce(sum(length(p.body)), 0) from (select distinct c.payload_digest from runs r"
        " cross join captures c on c.run_id = r.id where r.started_at >= :since) seen"
        " cross join payloads p on p.digest = seen.payload_digest where p.stored_at >= :since",
        {"since": since},
    ).fetchone()[0]
    real = database.resolve()
    return Size(_length(real), _length(real.with_name(real.name + "-wal")), kept / days)


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def outdated(connection: sqlite3.Connection) -> list[str]:
    """What another version of this program made, or is missing."""
    found = []
    row = connection.execute("select value from derivation where name = 'history'").fetchone()
    if (row is None or row[0] != DERIVATION) and connection.execute("select 1 from captures limit 1").fetchone():
        found.append("the history was derived by another version of hani")
    present = {row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")}
    return found + [f"the search index {name} is missing" for name in SEARCHES if name not in present]


def ended_walk(connection: sqlite3.Connection) -> str | None:
    """When the newest run began that walked the lists to its end; None where none did."""
    done = ("done", "degraded", "partly_failed")
    return next((run.started_at for run in latest(connection, WALKS, _LATELY) if run.status in done), None)
