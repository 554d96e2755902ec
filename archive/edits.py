"""Reading what was changed, what vanished, and what stood when; plain SQL over a read-only connection."""

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from archive.queries import MARK, SNIPPET_WORDS, UNMARK, fts_query

Row = dict[str, Any]

# An edit with its proof: the last capture that showed the earlier text and the first that showed the later one, each by
# its payload's digest and its time, and the stamps that the newspaper printed on both.
PROOF = """
  v.article_id, v.id as version_id, v.number, v.kind as version_kind, v.silent, v.title, v.section, a.url, a.status,
  b.id as before_version_id, b.last_seen_at as before_seen_at, b.last_digest as before_digest,
  b.modified_at as before_stamp, v.first_seen_at as after_seen_at, v.first_digest as after_digest,
  v.modified_at as after_stamp, v.posted_at
"""
_EDITS = """
from versions v
join versions b on b.article_id = v.article_id and b.number = v.number - 1
join articles a on a.id = v.article_id
"""
TYPOGRAPHY = "format"


def changes(
    connection: sqlite3.Connection,
    since: str | None = None,
    kind: str | None = None,
    silent: bool = False,
    section: str | None = None,
    article_id: int | None = None,
    typography: bool = False,
) -> list[Row]:
    """The rows of `changes`, each with its edit and the proof of it, the biggest edit first.

    Changes of typography alone are left out unless `typography` says
    otherwise or `kind` asks for them.
    """
    wanted = {
        "v.first_seen_at >= :since": since,
        "c.kind = :kind": kind,
        "v.silent": silent or None,
        "v.section = :section": section,
        "v.article_id = :article": article_id,
        f"c.kind <> '{TYPOGRAPHY}'": None if typography or kind == TYPOGRAPHY else True,
    }
    where = " and ".join(condition for condition, value in wanted.items() if value is not None) or "1"
    rows = connection.execute(
        "select c.id, c.version_id, c.article_id, c.field, c.kind, c.before, c.after, c.place, c.words_added,"
        " c.words_removed, c.size, c.added, c.removed, c.tied_to, v.size as edit_size,"
        f" {PROOF.replace('v.article_id, v.id as version_id,', '')} {_EDITS}"
        " join changes c on c.version_id = v.id"
        f" where {where} order by v.size desc, v.first_seen_at desc, v.id, c.size desc, c.field, c.place, c.kind",
        {"since": since, "kind": kind, "section": section, "article": article_id},
    )
    return [dict(row) for row in rows]


def search_changes(connection: sqlite3.Connection, text: str, side: str, limit: int = 20) -> list[Row]:
    """The changes that took all the words out (`side` removed) or put them in (added), best first, each with a snippet.

    Raises BadQuery.
    """
    column = ("removed", "added").index(side)
    rows = connection.execute(
        "with found as materialized (select rowid as id, rank,"
        f" snippet(changes_fts, {column}, '{MARK}', '{UNMARK}', '…', {SNIPPET_WORDS}) as snippet"
        " from changes_fts where changes_fts match :query)"
        " select c.field, c.place, c.before, c.after, c.removed, c.added, c.words_added, c.words_removed, c.size,"
        f" {PROOF}, (select json_group_array(kind) from changes k where k.version_id = c.version_id"
        " and k.field = c.field and k.place is c.place and k.before is c.before and k.after is c.after) as kinds,"
        f" found.snippet {_EDITS} join changes c on c.version_id = v.id join found on found.id = c.id"
        " group by c.version_id, c.field, c.place, c.before, c.after"
        " order by min(found.rank), v.first_seen_at desc, v.id limit :limit",
        {"query": f"{{{side}}} : ({fts_query(text)})", "limit": limit},
    )
    return [{**dict(row), "kinds": json.loads(row["kinds"])} for row in rows]


def removals(connection: sqlite3.Connection, suspected: bool = False) -> list[Row]:
    """The tombstones, the newest disappearance first: the last good version, and the evidence.

    Only what is confirmed; `suspected` adds what is not confirmed yet, also where the address leads to another article.
    """
    rows = connection.execute(
        "select t.*, a.title, a.url, a.section, a.posted_at, a.modified_at, a.status as article_status from tombstones t"
        " join articles a on a.id = t.article_id where ? or t.confirmed_at is not null"
        " order by t.suspected_at desc, t.article_id desc",
        [suspected],
    )
    return [{**dict(row), "evidence": json.loads(row["evidence"])} for row in rows]


# --- as it was -------------------------------------------------------------------------------------------------------

_STATUS_THEN = """
(select s.status from statuses s where s.article_id = v.article_id and s.since <= :known
  order by s.since desc limit 1) as status
"""
# Knowledge time: the newest version that a capture made by then had shown.
AS_CAPTURED = """
select v.*, {status} from versions v
where v.first_seen_at <= :known and {article} and not exists (
  select 1 from versions later
  where later.article_id = v.article_id and later.number > v.number and later.first_seen_at <= :known)
order by v.posted_at desc, v.article_id desc
"""
# Publication time: each version claims to stand from its stamp on, and a newer claim takes back an older one. So it is the
# newest version captured by :known whose stamp is not after :published.
AS_STAMPED = """
select v.*, {status} from versions v
where coalesce(v.modified_at, v.posted_at) <= :published and v.first_seen_at <= :known and {article} and not exists (
  select 1 from versions later
  where later.article_id = v.article_id and later.number > v.number and later.first_seen_at <= :known
    and coalesce(later.modified_at, later.posted_at) <= :published)
order by v.posted_at desc, v.article_id desc
"""


def as_of(
    connection: sqlite3.Connection, known: str, published: str | None = None, article_id: int | None = None
) -> list[Row]:
    """Every article, or one, as it stood: a version each, with the status that the archive knew then.

    `known` is knowledge time: only what was captured by then counts. With `published` (publication time) the version is
    the one that the newspaper's own stamps put at that moment.
    """
    query = AS_CAPTURED if published is None else AS_STAMPED
    chosen = "1" if article_id is None else "v.article_id = :article"
    rows: Iterable[sqlite3.Row] = connection.execute(
        query.format(status=_STATUS_THEN, article=chosen),
        {"known": known, "published": published, "article": article_id},
    )
    return [{**dict(row), "authors": json.loads(row["authors"]), "body": row["body"].split("\n\n")} for row in rows]
