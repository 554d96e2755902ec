"""The archive by author, by section and by day; plain SQL over a read-only connection."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from archive.database import dicts
from archive.reads.overview import EDIT
from archive.times import KST, moment, stamp

Row = dict[str, Any]

EVER = ("", "9999")  # every moment lies between
MONTHS = 24  # of a section's charts: what is told apart on a telephone

_ARTICLE = "a.id, a.title, a.section, a.posted_at, a.status, a.silent_edits, a.edited_at"

# --- authors ---------------------------------------------------------------------------------------------------------

# Each name by one look at the key, the next one after the last, and its sums by looks at its own rows: sorted sums over the
# whole table take longer.
_AUTHORS = """
with recursive names(name) as (
  select min(name) from authors
  union all
  select (select min(name) from authors where name > names.name) from names where names.name is not null
)
select name, (select count(*) from authors w where w.name = names.name) as articles,
  (select sum(edited) from authors w where w.name = names.name) as edited,
  (select sum(silent) from authors w where w.name = names.name) as silent,
  (select max(posted_at) from authors w where w.name = names.name) as last_posted_at
from names where name is not null and instr(lower(name), lower(:part)) order by {order} limit :limit offset :offset
"""
ORDERS = {
    "articles": "articles desc, name",
    "edited": "edited desc, name",
    "silent": "silent desc, name",
    "name": "name",
}
"""How authors are sorted."""


def authors(connection: sqlite3.Connection, part: str, order: str, limit: int, offset: int = 0) -> list[Row]:
    """The authors whose names hold a part, each with how many articles, how many of them edited, and edited silently."""
    asked = {"part": part, "limit": limit, "offset": offset}
    return [dict(row) for row in connection.execute(_AUTHORS.format(order=ORDERS[order]), asked)]


@dataclass(frozen=True, slots=True)
class Author:
    """An author's articles in numbers."""

    name: str
    articles: int
    edited: int
    silent: int
    first_posted_at: str | None
    last_posted_at: str | None


def author(connection: sqlite3.Connection, name: str) -> Author:
    """What an author wrote, in numbers; none for an unknown one."""
    query = (
        "select count(*), coalesce(sum(edited), 0), coalesce(sum(silent), 0), min(posted_at), max(posted_at)"
        " from authors where name = ?"
    )
    return Author(name, *connection.execute(query, [name]).fetchone())


def articles_by(
    connection: sqlite3.Connection, name: str, since: str, until: str, edited: bool, limit: int, offset: int = 0
) -> list[Row]:
    """An author's articles posted from one moment up to another, the newest first; with `edited` only those that were."""
    query = (
        f"select {_ARTICLE} from authors w join articles a on a.id = w.article_id"
        " where w.name = ? and w.posted_at >= ? and w.posted_at < ? and w.edited >= ?"
        " order by w.posted_at desc, w.article_id desc limit ? offset ?"
    )
    return dicts(connection, query, name, since, until, int(edited), limit, offset)


def edits_of(connection: sqlite3.Connection, name: str, limit: int) -> list[Row]:
    """The edits of an author's articles seen last."""
    query = (
        f"select {EDIT} from authors w join versions v on v.article_id = w.article_id"
        " where w.name = ? and w.edited = 1 and v.number > 1 order by v.first_seen_at desc, v.id desc limit ?"
    )
    return dicts(connection, query, name, limit)


_YEARS_BY = """
select substr(date(posted_at, '+9 hours'), 1, 4) as year, count(*) as articles, sum(edited) as edited
from authors where name = ? group by year order by year
"""


def years_by(connection: sqlite3.Connection, name: str) -> list[Row]:
    """An author's years: articles posted, and how many of them were edited."""
    return dicts(connection, _YEARS_BY, name)


# --- sections --------------------------------------------------------------------------------------------------------

_SECTIONS = """
with recursive found(section) as (
  select min(section) from articles where section is not null
  union all
  select (select min(section) from articles where section > found.section) from found where found.section is not null
)
select section,
  (select count(*) from articles a where a.section = found.section) as articles,
  (select max(posted_at) from articles a where a.section = found.section) as last_posted_at,
  (select count(*) from versions v where v.section = found.section and v.number > 1) as edits,
  (select max(first_seen_at) from versions v where v.section = found.section and v.number > 1) as last_edit_at
from found where section is not null limit ?
"""


def sections(connection: sqlite3.Connection, limit: int) -> list[Row]:
    """The sections, each with how many articles and edits."""
    return dicts(connection, _SECTIONS, limit)


@dataclass(frozen=True, slots=True)
class Section:
    """A section in numbers."""

    code: str
    articles: int
    edits: int
    silent: int
    first_posted_at: str | None
    last_posted_at: str | None


_SECTION = """
select (select count(*) from articles where section = :code) as articles,
  (select count(*) from versions where section = :code and number > 1) as edits,
  (select coalesce(sum(silent), 0) from versions where section = :code and number > 1) as silent,
  (select min(posted_at) from articles where section = :code) as first_posted_at,
  (select max(posted_at) from articles where section = :code) as last_posted_at
"""


def section(connection: sqlite3.Connection, code: str) -> Section:
    """A section in numbers; none for an unknown one."""
    return Section(code, **dict(connection.execute(_SECTION, {"code": code}).fetchone()))


def articles_in(
    connection: sqlite3.Connection, code: str, since: str, until: str, limit: int, offset: int = 0
) -> list[Row]:
    """A section's articles posted from one moment up to another, the newest first."""
    query = (
        f"select {_ARTICLE} from articles a where a.section = ? and a.posted_at >= ? and a.posted_at < ?"
        " order by a.posted_at desc, a.id desc limit ? offset ?"
    )
    return dicts(connection, query, code, since, until, limit, offset)


def edits_in(connection: sqlite3.Connection, code: str, since: str, until: str, limit: int) -> list[Row]:
    """A section's edits seen from one moment up to another, the newest first."""
    query = (
        f"select {EDIT} from versions v where v.section = ? and v.number > 1 and v.first_seen_at >= ?"
        " and v.first_seen_at < ? order by v.first_seen_at desc, v.id desc limit ?"
    )
    return dicts(connection, query, code, since, until, limit)


@dataclass(frozen=True, slots=True)
class Place:
    """A month (`2026-11`) or a day (`2026-11-23`) of a section: what was posted, and which edits were seen."""

    name: str
    articles: int
    stamped: int
    silent: int


_POSTED = """
select substr(date(posted_at, '+9 hours'), 1, :long) as place, count(*) from articles
where section = :code and posted_at >= :since and posted_at < :until group by place
"""
_EDITED = """
select substr(date(first_seen_at, '+9 hours'), 1, :long) as place, silent, count(*) from versions
where section = :code and number > 1 and first_seen_at >= :since and first_seen_at < :until group by place, silent
"""


def over_time(connection: sqlite3.Connection, code: str, names: list[str], since: str, until: str) -> list[Place]:
    """A section's months or days of these names (all of one length), which lie between the two moments."""
    asked = {"code": code, "since": since, "until": until, "long": len(names[0])}
    posted = dict(connection.execute(_POSTED, asked).fetchall())
    edited = {(row[0], row[1]): row[2] for row in connection.execute(_EDITED, asked)}
    return [Place(name, posted.get(name, 0), edited.get((name, 0), 0), edited.get((name, 1), 0)) for name in names]


def months(until: str, count: int = MONTHS) -> tuple[list[str], str, str]:
    """So many months in Korea, the one that holds `until` the last: their names, their beginning and their end in UTC."""
    last = moment(until).astimezone(KST)
    places = [divmod(last.year * 12 + last.month - 1 - back, 12) for back in range(count - 1, -2, -1)]
    begins = [datetime(year, month + 1, 1, tzinfo=KST) for year, month in places]
    return [f"{begin:%Y-%m}" for begin in begins[:-1]], stamp(begins[0]), stamp(begins[-1])


# --- days ------------------------------------------------------------------------------------------------------------

# Of each article the version that was known by then; of one that was seen only later, the first.
_KNOWN = """
select v.id as version_id, v.article_id, v.number, v.title, v.subtitle, v.section, v.posted_at, v.first_seen_at,
  (select max(number) from versions n where n.article_id = v.article_id) as newest,
  coalesce((select s.status from statuses s where s.article_id = v.article_id and s.since < :until
    order by s.since desc limit 1), 'live') as status
from ({chosen}) chosen join versions v on v.article_id = chosen.id and v.number = coalesce(
  (select max(k.number) from versions k where k.article_id = chosen.id and k.first_seen_at < :until), 1)
order by chosen.posted_at desc, chosen.id desc
"""
_CHOSEN = """
select id, posted_at from articles where {place} and {known} order by posted_at desc, id desc limit :limit
"""
_OF_DAY = "posted_at >= :since and posted_at < :until"
_OF_SECTION = "section = :code and posted_at < :since"
_BY_THEN, _LATER = "+first_seen_at < :until", "+first_seen_at >= :until"


def posted_on(connection: sqlite3.Connection, since: str, until: str, limit: int, later: bool = False) -> list[Row]:
    """What was posted between two moments, as the archive knew it at the second one, the newest first.

    With `later` what was posted then too, but seen only afterwards.
    """
    query = _KNOWN.format(chosen=_CHOSEN.format(place=_OF_DAY, known=_LATER if later else _BY_THEN))
    return [dict(row) for row in connection.execute(query, {"since": since, "until": until, "limit": limit})]


def standing_in(connection: sqlite3.Connection, code: str, since: str, until: str, limit: int) -> list[Row]:
    """What a section had posted last before `since`, as the archive knew it at `until`."""
    query = _KNOWN.format(chosen=_CHOSEN.format(place=_OF_SECTION, known=_BY_THEN))
    asked = {"code": code, "since": since, "until": until, "limit": limit}
    return [dict(row) for row in connection.execute(query, asked)]


def began(connection: sqlite3.Connection) -> str | None:
    """When the archive saw its first article; None of an empty one."""
    found = connection.execute("select min(first_seen_at) from versions").fetchone()[0]
    return str(found) if found else None


def edits_between(connection: sqlite3.Connection, since: str, until: str) -> int:
    """How many edits were seen between two moments."""
    query = "select count(*) from versions where number > 1 and first_seen_at >= ? and first_seen_at < ?"
    return int(connection.execute(query, [since, until]).fetchone()[0])


def neighbours(connection: sqlite3.Connection, since: str, until: str) -> tuple[str | None, str | None]:
    """When something was posted last before one moment, and first from another on."""
    row = connection.execute(
        "select (select max(posted_at) from articles where posted_at < ?),"
        " (select min(posted_at) from articles where posted_at >= ?)",
        [since, until],
    ).fetchone()
    return row[0], row[1]


def day_of(at: str) -> str:
    """A moment's day in Korea."""
    return f"{moment(at).astimezone(KST):%Y-%m-%d}"


def beside(day: str, by: int) -> str:
    """The day so many days after another."""
    return f"{datetime.strptime(day, '%Y-%m-%d') + timedelta(days=by):%Y-%m-%d}"
