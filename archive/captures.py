"""The log of captures: how one is written, and how the history's fold sees it."""

import json
import sqlite3
from typing import Any

from archive.history import Observation
from archive.records import Capture, FetchOutcome


def capture_row(capture: Capture, payload: str | None, run_id: int | None) -> dict[str, Any]:
    """A capture as the table holds it; `payload` names its body."""
    return {
        "run_id": run_id,
        "article_id": capture.article_id,
        "requested_url": capture.requested_url,
        "url": capture.url,
        "section": capture.section,
        "redirects": json.dumps(capture.redirects) if capture.redirects else None,
        "fetched_at": capture.fetched_at,
        "source": capture.source,
        "origin": capture.origin,
        "http_status": capture.http_status,
        "headers": json.dumps(dict(capture.headers), ensure_ascii=False) if capture.headers else None,
        "outcome": capture.outcome.value,
        "etag": capture.etag,
        "last_modified": capture.last_modified,
        "payload_digest": payload,
        "elapsed_ms": capture.elapsed_ms,
        "attempts": capture.attempts,
        "error": capture.error,
    }


_OBSERVATIONS = """
select c.fetched_at, c.outcome, c.url, c.section, c.payload_digest, c.run_id is null or v.discounted = 0 as counts,
  c.http_status, c.redirects, c.error
from captures c left join verdicts v on v.run_id = c.run_id where c.article_id = ?
"""


# A payload that had been fetched before the layout drifted is above doubt.
_DOUBTS = """
select first.payload_digest, d.template, d.measure
from captures first join drifts d on d.run_id = first.run_id
where first.article_id = ? and first.payload_digest is not null and not exists (
  select 1 from captures e where e.article_id = first.article_id and e.payload_digest = first.payload_digest
  and (e.fetched_at, e.id) < (first.fetched_at, first.id))
"""


def _doubts(connection: sqlite3.Connection, article_id: int) -> dict[str, frozenset[tuple[str, str]]]:
    """By payload, the templates' fields that had drifted when it was first fetched."""
    if connection.execute("select 1 from drifts limit 1").fetchone() is None:
        return {}
    found: dict[str, set[tuple[str, str]]] = {}
    for payload, template, measure in connection.execute(_DOUBTS, [article_id]):
        found.setdefault(payload, set()).add((template, measure))
    return {payload: frozenset(doubts) for payload, doubts in found.items()}


def observations(connection: sqlite3.Connection, article_id: int) -> list[Observation]:
    """All captures of an article as the fold needs them.

    A run that was not judged yet, because it is still under way, proves no removal.
    """
    doubts = _doubts(connection, article_id)
    return [
        Observation(
            fetched_at=row["fetched_at"],
            outcome=FetchOutcome(row["outcome"]),
            url=row["url"],
            section=row["section"],
            payload_digest=row["payload_digest"],
            counts=bool(row["counts"]),
            http_status=row["http_status"],
            redirect=json.loads(row["redirects"])[-1] if row["redirects"] else None,
            error=row["error"],
            doubts=doubts.get(row["payload_digest"], frozenset()),
        )
        for row in connection.execute(_OBSERVATIONS, [article_id])
    ]
