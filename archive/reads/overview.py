"""What the archive holds, at a glance: how far it reaches, what is newest, what each day brought; plain SQL."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from archive.database import dicts
from archive.times import KST, moment, stamp

Row = dict[str, Any]

DAYS = 30  # in a chart: as many as are told apart on a telephone


@dataclass(frozen=True, slots=True)
class Reach:
    """How much an archive holds and from when to when; the moments are None where it holds nothing."""

    articles: int
    versions: int
    silent: int
    removed: int
    first_posted_at: str | None
    last_posted_at: str | None
    first_checked_at: str | None
    last_checked_at: str | None

    @property
    def edits(self) -> int:
        """Each article has one version that is no edit: its first."""
        return self.versions - self.articles


# The index of statuses holds those that are not live: `<>` tells SQLite that it will do.
_COUNTS = """
select (select count(*) from articles) as articles,
  (select count(*) from versions) as versions,
  (select count(*) from versions where silent = 1) as silent,
  (select count(*) from articles where status = 'removed' and status <> 'live') as removed,
  (select min(posted_at) from articles) as first_posted_at,
  (select max(posted_at) from articles) as last_posted_at,
  (select min(started_at) from runs) as first_checked_at,
  (select max(started_at) from runs) as last_checked_at
"""


def reach(connection: sqlite3.Connection) -> Reach:
    """How far the archive reaches."""
    return Reach(**dict(connection.execute(_COUNTS).fetchone()))


_ARTICLE = (
    "id, title, subtitle, byline, authors, section, posted_at, modified_at, status, versions, silent_edits, edited_at"
)


def newest(connection: sqlite3.Connection, limit: int) -> list[Row]:
    """The articles posted last."""
    return dicts(connection, f"select {_ARTICLE} from articles order by posted_at desc, id desc limit ?", limit)


EDIT = """
v.id, v.article_id, v.number, v.kind, v.silent, v.title, v.section, v.first_seen_at, v.modified_at, v.posted_at, v.size
"""


_TELLING = """
exists (select 1 from changes c where c.version_id = v.id and c.kind not in ('format', 'stamp', 'metadata'))
"""


def newest_edits(connection: sqlite3.Connection, limit: int, silent: bool = False) -> list[Row]:
    """The edits of words seen last; with `silent` only those that the newspaper did not own up to by its stamp."""
    only = "v.silent = 1" if silent else "v.number > 1"
    order = "order by v.first_seen_at desc, v.id desc limit ?"
    return dicts(connection, f"select {EDIT} from versions v where {only} and {_TELLING} {order}", limit)


def newest_removals(connection: sqlite3.Connection, limit: int) -> list[Row]:
    """What was found gone for good last: removed, moved, or back again."""
    query = (
        "select t.article_id, t.status, t.version_id, t.last_seen_at, t.confirmed_at, t.returned_at, t.moved_to, a.title,"
        " a.section, a.status as article_status from tombstones t join articles a on a.id = t.article_id"
        " where t.confirmed_at is not null order by t.confirmed_at desc, t.article_id desc limit ?"
    )
    return dicts(connection, query, limit)


def disappearances(connection: sqlite3.Connection, suspected: bool, limit: int, offset: int) -> list[Row]:
    """What was found gone, with the evidence, the newest confirmation first; `suspected`: what is not confirmed instead."""
    which, order = ("is null", "t.suspected_at") if suspected else ("is not null", "t.confirmed_at")
    query = (
        "select t.*, a.title, a.url, a.section, a.posted_at, a.modified_at, a.status as article_status"
        f" from tombstones t join articles a on a.id = t.article_id where t.confirmed_at {which}"
        f" order by {order} desc, t.article_id desc limit ? offset ?"
    )
    rows = dicts(connection, query, limit, offset)
    return [{**row, "evidence": json.loads(row["evidence"])} for row in rows]


@dataclass(frozen=True, slots=True)
class Day:
    """A day in Korea: what was posted, and which edits were seen, with the newspaper's stamp changed and without."""

    day: str
    articles: int
    stamped: int
    silent: int


_POSTED = """
select date(posted_at, '+9 hours') as day, count(*) as count from articles
where posted_at >= ? and posted_at < ? group by day
"""
_EDITED = """
select date(first_seen_at, '+9 hours') as day, silent, count(*) as count from versions
where number > 1 and first_seen_at >= ? and first_seen_at < ? group by day, silent
"""
_KINDS = """
select c.kind, count(distinct c.version_id) as edits from changes c
where c.version_id in (select id from versions where number > 1 and first_seen_at >= ? and first_seen_at < ?)
group by c.kind order by edits desc, c.kind
"""


def span(until: str, days: int) -> tuple[str, str]:
    """So many whole days in Korea, the one that holds `until` the last: their beginning and their end in UTC."""
    midnight = datetime.combine(moment(until).astimezone(KST).date(), time.min, KST)
    return stamp(midnight - timedelta(days=days - 1)), stamp(midnight + timedelta(days=1))


def days(connection: sqlite3.Connection, until: str, count: int = DAYS) -> list[Day]:
    """The days up to the one that holds `until`, the oldest first; a day on which nothing was has zeros."""
    begin, end = span(until, count)
    posted = dict(connection.execute(_POSTED, [begin, end]).fetchall())
    edited = {(row[0], row[1]): row[2] for row in connection.execute(_EDITED, [begin, end])}
    first = moment(begin).astimezone(KST)
    named = [f"{first + timedelta(days=place):%Y-%m-%d}" for place in range(count)]
    return [Day(day, posted.get(day, 0), edited.get((day, 0), 0), edited.get((day, 1), 0)) for day in named]


def kinds(connection: sqlite3.Connection, until: str, count: int = DAYS) -> list[Row]:
    """How many edits of each kind were seen in these days, the most frequent first."""
    return dicts(connection, _KINDS, *span(until, count))


def latest_moment(connection: sqlite3.Connection, now: str) -> str:
    """The last moment of which the archive knows: its newest run's, or now. Charts end there, not in empty days."""
    row = connection.execute("select max(started_at) from runs").fetchone()
    return min(row[0], now) if row[0] else now
