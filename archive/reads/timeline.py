"""All that is known of one article over time: its versions, its checks, its turns; plain SQL over a read-only connection."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from archive.database import dicts

Row = dict[str, Any]

MOST_CHECKS = 100  # captures listed, the newest; an article checked for years has hundreds
MOST_VERSIONS = 500  # listed, the newest
MOST_TURNS = 100


@dataclass(frozen=True, slots=True)
class Timeline:
    """An article's versions (oldest first, without their texts), turns of its status, disappearances and checks.

    `kinds` names the kinds of changes of each version, by its id. `checks` counts all captures; `captures` are the newest.
    """

    versions: list[Row]
    kinds: dict[str, list[str]]
    turns: list[Row]
    tombstones: list[Row]
    captures: list[Row]
    checks: int


_VERSIONS = """
select id, number, kind, silent, title, modified_at, posted_at, first_seen_at, last_seen_at, first_digest, last_digest, size
from versions where article_id = ? order by number desc limit ?
"""
_KINDS = "select version_id, kind, sum(size) as size from changes where article_id = ? group by version_id, kind order by 1, 3 desc"
_CAPTURES = """
select id, fetched_at, outcome, http_status, payload_digest, source, origin, url, error
from captures where article_id = ? order by fetched_at desc limit ?
"""


def timeline(connection: sqlite3.Connection, article_id: int) -> Timeline:
    """What is known of an article over time; empty lists for an unknown one."""
    kinds: dict[str, list[str]] = {}
    for row in connection.execute(_KINDS, [article_id]):
        kinds.setdefault(row["version_id"], []).append(row["kind"])
    stones = connection.execute("select * from tombstones where article_id = ? order by number", [article_id])
    checks = connection.execute("select count(*) from captures where article_id = ?", [article_id]).fetchone()[0]
    turns = "select since, status from statuses where article_id = ? order by since desc limit ?"
    return Timeline(
        dicts(connection, _VERSIONS, article_id, MOST_VERSIONS)[::-1],
        kinds,
        dicts(connection, turns, article_id, MOST_TURNS)[::-1],
        [{**dict(stone), "evidence": json.loads(stone["evidence"])} for stone in stones],
        dicts(connection, _CAPTURES, article_id, MOST_CHECKS),
        checks,
    )
