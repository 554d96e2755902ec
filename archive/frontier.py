"""What is still to be asked, what was offered, and the runs: the archive's book-keeping of a crawl."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive.database import unit
from archive.records import Sighting

if TYPE_CHECKING:
    from sqlite_utils import Database

LATELY = 100  # runs in which a walk that was broken off is looked for
LISTING, NEW, RECHECK = "listing", "new", "recheck"


@dataclass(frozen=True, slots=True)
class Entry:
    """An address that waits: a page of a list, a new article, or a known one to check again.

    `walk_run` is the run in which a list's walk began, `full` marks what an unfinished full run left.
    """

    kind: str
    url: str
    article_id: int | None = None
    source: str | None = None
    page: int | None = None
    walk_run: int | None = None
    full: bool = False
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list or feed as it was answered."""

    source: str
    url: str
    fetched_at: str
    http_status: int | None
    sightings: tuple[Sighting, ...] = ()
    other: int = 0
    error: str | None = None


def waiting(connection: sqlite3.Connection) -> list[Entry]:
    """All that waits, in the order in which it was added."""
    rows = connection.execute(
        "select kind, url, article_id, source, page, walk_run, full, attempts from frontier order by rowid"
    )
    return [Entry(**{**dict(row), "full": bool(row["full"])}) for row in rows]


def known_ids(connection: sqlite3.Connection) -> set[int]:
    """Every article that was ever asked for or waits to be."""
    rows = connection.execute(
        "select article_id from captures union select article_id from frontier where article_id is not null"
    )
    return {row[0] for row in rows}


def named_by_feeds_alone(connection: sqlite3.Connection, lists: Iterable[str]) -> set[int]:
    """Articles that in the last LATELY runs feeds named and no list did; `lists` are the prefixes of lists' names.

    Behind such an article on a list's page there may be others that nobody has seen.
    """
    of_lists = " or ".join("l.source like ? || '%'" for _ in prefixes) if (prefixes := list(lists)) else "0"
    rows = connection.execute(
        "select s.article_id from listings l join sightings s on s.listing_id = l.id"
        f" where l.run_id > (select max(id) - {LATELY} from runs) group by s.article_id having not max({of_lists})",
        prefixes,
    )
    return {row[0] for row in rows}


def sections(connection: sqlite3.Connection) -> list[str]:
    """The sections of the articles in the archive."""
    rows = connection.execute("select distinct section from articles where section is not null order by section")
    return [row[0] for row in rows]


@dataclass(frozen=True, slots=True)
class Check:
    """What is known of an article that was ever answered for.

    `edits` counts its versions after the first, `checks` the answers.
    """

    article_id: int
    url: str
    posted_at: str
    first_seen_at: str
    last_change_at: str
    last_checked_at: str
    edits: int
    checks: int
    status: str | None


def checks(connection: sqlite3.Connection) -> list[Check]:
    """Every article that was ever answered for, the highest number first.

    The last change is when its newest version began or it was last found to be gone or back; for a page that was never
    readable, its first capture, which then stands for the time of posting too. An article that its last check did not
    find, be it in an outage, passes for missing.
    """
    rows = connection.execute(
        "select c.article_id, coalesce(a.url, max(c.requested_url)), coalesce(a.posted_at, min(c.fetched_at)),"
        " min(c.fetched_at), max("
        " coalesce((select max(v.first_seen_at) from versions v where v.article_id = c.article_id), min(c.fetched_at)),"
        " coalesce((select max(max(t.suspected_at, coalesce(t.returned_at, ''))) from tombstones t"
        " where t.article_id = c.article_id), '')), max(c.fetched_at), coalesce(a.versions, 1) - 1, count(*),"
        " case when a.status in ('live', 'returned') and a.last_seen_at < a.last_checked_at then 'missing' else a.status end"
        " from captures c left join articles a on a.id = c.article_id"
        " where c.outcome in ('ok', 'not_modified', 'gone')"
        " group by c.article_id order by c.article_id desc"
    )
    return [Check(*row) for row in rows]


def last_offered(connection: sqlite3.Connection, sources: Iterable[str]) -> set[int]:
    """The articles that these lists or feeds offered when each of them last answered."""
    rows = [
        connection.execute(
            "select article_id from sightings where listing_id ="
            " (select max(id) from listings where source = ? and error is null)",
            [source],
        )
        for source in sources
    ]
    return {row[0] for found in rows for row in found}


def rechecked_since(connection: sqlite3.Connection, since: str) -> dict[str, int]:
    """How many articles were asked for that had been asked for before, at each moment after `since`."""
    rows = connection.execute(
        "select c.fetched_at, count(*) from captures c where c.fetched_at > ? and exists"
        " (select 1 from captures e where e.article_id = c.article_id and e.id < c.id) group by c.fetched_at",
        [since],
    )
    return {row[0]: row[1] for row in rows}


def controls(connection: sqlite3.Connection, run_id: int, count: int) -> list[str]:
    """Addresses of articles that were there at their last check and were not asked for in this run, the latest first."""
    rows = connection.execute(
        "select url from articles where status in ('live', 'returned')"
        " and id not in (select article_id from captures where run_id = ?) order by last_seen_at desc, id desc limit ?",
        [run_id, count],
    )
    return [row[0] for row in rows]


def answered_list(connection: sqlite3.Connection) -> tuple[str, str] | None:
    """Name and address of the list that last answered and does not wait to be asked; None where there is none."""
    row = connection.execute(
        "select source, url from listings where error is null and url not in (select url from frontier)"
        " order by id desc limit 1"
    ).fetchone()
    return (row[0], row[1]) if row else None


def sighted_in_walk(connection: sqlite3.Connection, source: str, since_run: int) -> set[int]:
    """The articles that a list offered since its walk began."""
    rows = connection.execute(
        "select distinct s.article_id from listings l join sightings s on s.listing_id = l.id"
        " where l.source = ? and l.run_id >= ?",
        [source, since_run],
    )
    return {row[0] for row in rows}


def add(db: "Database", entries: Iterable[Entry], added_at: str, run_id: int | None) -> None:
    """Let addresses wait; what waits already is left as it is."""
    with unit(db):
        _insert(db, entries, added_at, run_id)


def _insert(db: "Database", entries: Iterable[Entry], added_at: str, run_id: int | None) -> None:
    db.conn.executemany(
        "insert or ignore into frontier (kind, url, article_id, source, page, walk_run, full, added_at, run_id, attempts)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (e.kind, e.url, e.article_id, e.source, e.page, e.walk_run, int(e.full), added_at, run_id, e.attempts)
            for e in entries
        ],
    )


def record_listing(db: "Database", run_id: int, listed: Listed, new: int, then: Iterable[Entry]) -> None:
    """Write down what a listing offered, and what is to be asked because of it, in one transaction."""
    with unit(db):
        cursor = db.conn.execute(
            "insert into listings (run_id, source, url, fetched_at, http_status, articles, new, other, error)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                run_id,
                listed.source,
                listed.url,
                listed.fetched_at,
                listed.http_status,
                len(listed.sightings),
                new,
                listed.other,
                listed.error,
            ],
        )
        db.conn.executemany(
            "insert into sightings (run_id, listing_id, listing_url, article_id, url, position, title)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            [
                (run_id, cursor.lastrowid, listed.url, s.article_id, s.url, s.position, s.title)
                for s in listed.sightings
            ],
        )
        db.conn.execute("delete from frontier where url = ?", [listed.url])
        _insert(db, then, listed.fetched_at, run_id)


def begin_run(
    db: "Database", command: str, started_at: str, origin: str | None, program: str, job: str | None = None
) -> int:
    """Open a run; one that never closed was killed, since the lock is ours now. `job` is the schedule's name for it."""
    with unit(db):
        db.conn.execute("update runs set status = 'interrupted' where status = 'running'")
        cursor = db.conn.execute(
            "insert into runs (command, started_at, status, origin, program, job) values (?, ?, 'running', ?, ?, ?)",
            [command, started_at, origin, program, job],
        )
    return int(cursor.lastrowid or 0)


def end_run(db: "Database", run_id: int, status: str, finished_at: str, report: Mapping[str, Any]) -> None:
    """Close a run with its report."""
    with unit(db):
        db.conn.execute(
            "update runs set status = ?, finished_at = ?, report = ? where id = ?",
            [status, finished_at, json.dumps(report, ensure_ascii=False), run_id],
        )
