"""Reading what runs found that somebody may want to be told of; plain SQL over a read-only connection."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]

# A version belongs to the run that made the capture it begins with.
_BEGUN = """
with begun as (select distinct v.id from json_each(:runs) r
  join captures c on c.run_id = r.value
  join versions v on v.article_id = c.article_id and v.first_seen_at = c.fetched_at and v.first_digest is c.payload_digest)
"""


def untold(connection: sqlite3.Connection, run: int) -> list[Row]:
    """The runs before this one that were stopped or killed since the last that ended by itself: nobody was told of theirs.

    Runs by hand (`hani recrawl`) tell the one who made them, and count for neither. Nor do the rows of what was no crawl, or ended
    before one began: their reports hold an exit code alone, and they told of nothing that others found.
    """
    rows = connection.execute(
        "with crawls as (select id, command, started_at, status, report from runs where id < :run"
        "  and command not like 'hani recrawl%' and (report is null or json_type(report, '$.outcomes') = 'object'))"
        " select id, command, started_at, report is null as killed from crawls where status = 'interrupted'"
        " and id > coalesce((select max(id) from crawls where status <> 'interrupted'), 0) order by id",
        {"run": run},
    )
    return [dict(row) for row in rows]


def begun(connection: sqlite3.Connection, runs: Sequence[int]) -> list[Row]:
    """The versions that these runs were the first to capture, the biggest edit first, each with its `changes`."""
    listed = json.dumps(list(runs))
    versions = connection.execute(
        f"{_BEGUN} select v.id, v.article_id, v.number, v.kind, v.silent, v.title, v.subtitle, v.body, a.url"
        " from begun join versions v on v.id = begun.id join articles a on a.id = v.article_id"
        " order by v.size desc, v.article_id desc, v.number",
        {"runs": listed},
    ).fetchall()
    changes: dict[str, list[Row]] = {row["id"]: [] for row in versions}
    for row in connection.execute(
        f"{_BEGUN} select c.version_id, c.kind, c.field, c.added, c.removed from begun"
        " join changes c on c.version_id = begun.id order by c.size desc, c.id",
        {"runs": listed},
    ):
        changes[row["version_id"]].append(dict(row))
    return [{**dict(row), "changes": changes[row["id"]]} for row in versions]


def turns(connection: sqlite3.Connection, runs: Sequence[int]) -> list[Row]:
    """Where a check of these runs was the one by which an article came to stand elsewhere."""
    rows = connection.execute(
        "select distinct s.article_id as id, s.status as after from json_each(:runs) r"
        " join captures c on c.run_id = r.value join statuses s on s.article_id = c.article_id and s.since = c.fetched_at"
        " order by s.article_id",
        {"runs": json.dumps(list(runs))},
    )
    return [dict(row) for row in rows]


def stood(connection: sqlite3.Connection, articles: Sequence[int]) -> dict[int, Row]:
    """What articles last said, by number, with the last good version."""
    rows = connection.execute(
        "select a.id, a.url, a.title, a.subtitle, a.body, a.last_seen_at,"
        " (select v.id from versions v where v.article_id = a.id order by v.number desc limit 1) as version_id"
        " from json_each(:articles) wanted join articles a on a.id = wanted.value",
        {"articles": json.dumps(list(articles))},
    )
    return {row["id"]: dict(row) for row in rows}


def reported(connection: sqlite3.Connection, run: int) -> Row | None:
    """The report of a crawl; None for a run that left none, or only its exit code."""
    row = connection.execute(
        "select report from runs where id = ? and json_type(report, '$.outcomes') = 'object'", [run]
    ).fetchone()
    return json.loads(row["report"]) if row else None


def drifts_before(connection: sqlite3.Connection, run: int) -> set[tuple[str, str, int]]:
    """What the last run before this one that looked for drift had found: template, measure, and the run it began with."""
    row = connection.execute(
        "select report from runs where id < ? and json_type(report, '$.drift') = 'array' order by id desc limit 1",
        [run],
    ).fetchone()
    found = json.loads(row["report"])["drift"] if row else []
    return {(drift["template"], drift["measure"], drift["since_run"]) for drift in found}
