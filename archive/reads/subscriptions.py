"""What subscribers are told of: its newest articles, edits, removals and returns; plain SQL, read-only."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from archive.reads.edits import PROOF, TYPOGRAPHY
from archive.reads.overview import EDIT

Row = dict[str, Any]

LEAD = 2_000  # letters of a text that are read for its beginning
NO_CAPTURES = "nothing"  # the identity of an archive before its first capture
BEGINNING = "1970-01-01T00:00:00Z"


def identity(connection: sqlite3.Connection) -> str:
    """What tells this archive from any other, for ever: its first capture. It stays through moves and rebuilds."""
    query = "select article_id, fetched_at, url from captures where id = (select min(id) from captures)"
    first = connection.execute(query).fetchone()
    return NO_CAPTURES if first is None else f"{first['article_id']} {first['fetched_at']} {first['url']}"


def last_touched(connection: sqlite3.Connection) -> str:
    """The last moment at which anything can have changed: the end of the last run, or the newest capture of one that goes on.

    The newest entry's own time would not do: a list may lose an entry, or get one that is older.
    """
    moments: list[str | None] = [BEGINNING]
    for query in (
        "select started_at, finished_at from runs where id = (select max(id) from runs)",
        "select fetched_at from captures where id = (select max(id) from captures)",
    ):
        moments += connection.execute(query).fetchone() or ()
    return max(moment for moment in moments if moment)


_ARTICLE = f"""
a.id, a.url, a.title, a.subtitle, a.authors, a.section, a.posted_at, a.first_seen_at, a.edited_at, a.status, a.versions,
a.silent_edits, substr(a.body, 1, {LEAD}) as lead, length(a.body) > {LEAD} as more
"""


def articles(connection: sqlite3.Connection, limit: int) -> list[Row]:
    """The articles posted last, each with the beginning of its text."""
    query = f"select {_ARTICLE} from articles a order by a.posted_at desc, a.id desc limit ?"
    return _with_authors(connection.execute(query, [limit]))


def articles_named(connection: sqlite3.Connection, numbers: Sequence[int]) -> list[Row]:
    """These articles, in the order given."""
    query = f"select {_ARTICLE} from json_each(?) wanted join articles a on a.id = wanted.value order by wanted.key"
    return _with_authors(connection.execute(query, [json.dumps(numbers)]))


def _with_authors(rows: Iterable[sqlite3.Row]) -> list[Row]:
    return [{**dict(row), "authors": json.loads(row["authors"])} for row in rows]


def edits(connection: sqlite3.Connection, limit: int, silent: bool = False) -> list[Row]:
    """The edits seen last that changed more than typography; with `silent` only the silent ones."""
    only = "v.silent = 1" if silent else "v.kind in ('text', 'revert')"
    query = (
        f"select {EDIT} from versions v where v.number > 1 and {only} and exists"
        f" (select 1 from changes c where c.version_id = v.id and c.kind <> '{TYPOGRAPHY}')"
        " order by v.first_seen_at desc, v.id desc limit ?"
    )
    return [dict(row) for row in connection.execute(query, [limit])]


def edits_named(connection: sqlite3.Connection, version_ids: Sequence[str]) -> list[Row]:
    """These edits, in the order given."""
    query = f"select {EDIT} from json_each(?) wanted join versions v on v.id = wanted.value order by wanted.key"
    return [dict(row) for row in connection.execute(query, [json.dumps(version_ids)])]


def proofs(connection: sqlite3.Connection, version_ids: Sequence[str]) -> dict[str, Row]:
    """Of these edits, when and by what both texts were seen, the stamps on both, the authors and the newspaper's address."""
    query = (
        f"select {PROOF}, v.authors from json_each(?) wanted join versions v on v.id = wanted.value"
        " join versions b on b.article_id = v.article_id and b.number = v.number - 1 join articles a on a.id = v.article_id"
    )
    rows = connection.execute(query, [json.dumps(version_ids)])
    return {row["version_id"]: row for row in _with_authors(rows)}


_GONE = """
t.article_id, t.number, t.status, t.version_id, t.last_seen_at, t.suspected_at, t.confirmed_at, t.returned_at, t.checks,
t.moved_to, a.title, a.url, a.section, a.authors
"""


def disappearances(connection: sqlite3.Connection, limit: int) -> list[Row]:
    """What was found gone for good, and what came back, each with its moment as `at`, the newest first."""
    gone = f"select {_GONE}, confirmed_at as at, 0 as back from tombstones t join articles a on a.id = t.article_id"
    back = f"select {_GONE}, returned_at as at, 1 as back from tombstones t join articles a on a.id = t.article_id"
    order = "order by at desc, t.article_id desc limit ?"
    rows = [
        *connection.execute(f"{gone} where t.confirmed_at is not null {order}", [limit]),
        *connection.execute(f"{back} where t.status = 'returned' and t.confirmed_at is not null {order}", [limit]),
    ]
    newest = sorted(rows, key=lambda row: (row["at"], row["article_id"], row["back"]), reverse=True)
    return _with_authors(newest[:limit])
