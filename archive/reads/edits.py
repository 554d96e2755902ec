"""Reading what was changed, what vanished, and what stood when; plain SQL over a read-only connection."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which edits are asked for; `since` (from it on) and `until` (before it) are moments in UTC.

    `typography`: also those of quotation marks and spaces alone; `least` the share of the words that changed at least;
    `newest`: the newest first, not the largest.
    """

    since: str | None = None
    kind: str | None = None
    silent: bool = False
    section: str | None = None
    article_id: int | None = None
    typography: bool = False
    until: str | None = None
    least: float | None = None
    newest: bool = False

    @property
    def of_edits(self) -> str:
        """The condition on a version."""
        asked = {
            "v.first_seen_at >= :since": self.since is not None,
            "v.first_seen_at < :until": self.until is not None,
            "v.size >= :least": self.least is not None,
            "v.silent = 1": self.silent,
            "v.section = :section": self.section is not None,
            "v.article_id = :article": self.article_id is not None,
        }
        return " and ".join(["v.number > 1", *(condition for condition, holds in asked.items() if holds)])

    @property
    def of_changes(self) -> str:
        """The condition on one of its changes."""
        if self.kind is not None:
            return "c.kind = :kind"
        return "1" if self.typography else f"c.kind <> '{TYPOGRAPHY}'"

    @property
    def values(self) -> dict[str, Any]:
        """What the conditions name."""
        return {
            "since": self.since,
            "until": self.until,
            "least": self.least,
            "kind": self.kind,
            "section": self.section,
            "article": self.article_id,
        }

    @property
    def order(self) -> str:
        """How the edits are sorted."""
        return "v.first_seen_at desc, v.id desc" if self.newest else "v.size desc, v.first_seen_at desc, v.id"


def changes(connection: sqlite3.Connection, wanted: Wanted, limit: int | None = None) -> list[Row]:
    """The rows of `changes`, each with its edit and the proof of it, in the order asked for; of `limit` edits at most."""
    rows = connection.execute(
        "with chosen as materialized (select v.id from versions v"
        f" where {wanted.of_edits} and exists (select 1 from changes c where c.version_id = v.id and {wanted.of_changes})"
        f" order by {wanted.order} limit :limit)"
        " select c.id, c.version_id, c.article_id, c.field, c.kind, c.before, c.after, c.place, c.words_added,"
        " c.words_removed, c.size, c.added, c.removed, c.tied_to, v.size as edit_size,"
        f" {PROOF.replace('v.article_id, v.id as version_id,', '')} {_EDITS}"
        " join chosen on chosen.id = v.id"
        f" join changes c on c.version_id = v.id where {wanted.of_changes}"
        f" order by {wanted.order}, c.size desc, c.field, c.place, c.kind",
        {**wanted.values, "limit": -1 if limit is None else limit},
    )
    return [dict(row) for row in rows]


def count(connection: sqlite3.Connection, wanted: Wanted) -> int:
    """How many edits are asked for."""
    row = connection.execute(
        f"select count(*) from versions v where {wanted.of_edits}"
        f" and exists (select 1 from changes c where c.version_id = v.id and {wanted.of_changes})",
        wanted.values,
    ).fetchone()
    return int(row[0])


_STREAMED = """
v.id, v.article_id, v.number, v.kind, v.silent, v.title, v.section, v.size, v.first_seen_at, v.modified_at, v.posted_at,
v.first_digest
"""


def stream(connection: sqlite3.Connection, wanted: Wanted, limit: int, offset: int = 0) -> list[Row]:
    """The edits asked for, without their changes; only those that changed more than typography, unless that is wanted.

    They are chosen from the indexes alone: only what is shown is read.
    """
    rows = connection.execute(
        f"with chosen as materialized (select v.id from versions v where {wanted.of_edits}"
        f" and exists (select 1 from changes c where c.version_id = v.id and {wanted.of_changes})"
        f" order by {wanted.order} limit :limit offset :offset)"
        f" select {_STREAMED} from chosen join versions v on v.id = chosen.id order by {wanted.order}",
        {**wanted.values, "limit": limit, "offset": offset},
    )
    return [dict(row) for row in rows]


_PARTS = """
select c.version_id, c.field, c.place, c.before, c.after, c.size, json_group_array(c.kind) as kinds
from json_each(?) wanted join changes c on c.version_id = wanted.value
group by c.version_id, c.field, c.place, c.before, c.after
order by wanted.key, c.size desc, c.field, c.place
"""


def parts(connection: sqlite3.Connection, version_ids: list[str]) -> list[Row]:
    """The changes of these versions, version by version in the order given, the largest first, each with all its kinds."""
    rows = connection.execute(_PARTS, [json.dumps(version_ids)])
    return [{**dict(row), "kinds": json.loads(row["kinds"])} for row in rows]


def kinds_of(connection: sqlite3.Connection, version_ids: list[str]) -> dict[str, list[str]]:
    """Of each of these versions the kinds of its changes, what changed most first; those without changes are left out."""
    found: dict[str, list[str]] = {}
    query = (
        "select c.version_id, c.kind from json_each(?) wanted join changes c on c.version_id = wanted.value"
        " group by c.version_id, c.kind order by sum(c.size) desc, c.kind"
    )
    for row in connection.execute(query, [json.dumps(version_ids)]):
        found.setdefault(row["version_id"], []).append(row["kind"])
    return found


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


def edits_standing(connection: sqlite3.Connection, version_ids: Iterable[str]) -> dict[str, tuple[str, bool]]:
    """Of these versions, kind and silence of those that still are one."""
    rows = connection.execute(
        "select v.id, v.kind, v.silent from json_each(?) wanted join versions v on v.id = wanted.value",
        [json.dumps(list(version_ids))],
    )
    return {row[0]: (row[1], bool(row[2])) for row in rows}
