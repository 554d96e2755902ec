"""Writing: each article's capture, reading and history in one transaction."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import zstandard

from archive.database import unit
from archive.history import History, Observation, Version, fold, is_gone, read_as
from archive.payloads import PayloadWriter, read_payload
from archive.records import Article, Capture, FetchOutcome, Outcome, Reading, Refusal, RefusalReason, digest

if TYPE_CHECKING:
    from sqlite_utils import Database
    from sqlite_utils.db import Table

ReadPage = Callable[[bytes], Reading]
"""Today's cleaner: a pure function of the body's bytes."""

_OF_FETCH = {
    FetchOutcome.NOT_MODIFIED: Outcome.NOT_MODIFIED,
    FetchOutcome.GONE: Outcome.GONE,
    FetchOutcome.BLOCKED: Outcome.BLOCKED,
    FetchOutcome.ROBOTS: Outcome.ROBOTS,
    FetchOutcome.OFF_SITE: Outcome.OFF_SITE,
    FetchOutcome.FAILED: Outcome.FAILED,
}
_RECORD_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one address: its outcome, and what a person may want to read about it."""

    article_id: int
    url: str
    outcome: Outcome
    title: str | None = None
    version_id: str | None = None
    kind: str | None = None
    silent: bool = False
    reason: str | None = None


class Store:
    """An archive opened for writing.

    `cleaner` names the version of everything that `read_page` does; its readings are kept under that name.
    """

    def __init__(self, db: "Database", read_page: ReadPage, cleaner: str, parts: Mapping[str, int]) -> None:
        self.db = db
        self.read_page = read_page
        self.cleaner = cleaner
        self.payloads = PayloadWriter(db.conn)
        with unit(db):
            db.execute(
                "insert or ignore into cleaners (cleaner, parts) values (?, ?)",
                [cleaner, json.dumps(dict(parts), sort_keys=True)],
            )

    def table(self, name: str) -> "Table":
        """A table by name."""
        return self.db.table(name)

    def _insert(self, table: str, row: Mapping[str, Any]) -> None:
        """Insert a row by a statement that stays prepared: sqlite-utils looks at the schema for each row anew."""
        columns, marks = ", ".join(row), ", ".join("?" * len(row))
        self.db.conn.execute(f"insert into {table} ({columns}) values ({marks})", list(row.values()))

    def record(self, capture: Capture, run_id: int | None, ahead: Reading | None = None) -> Stored:
        """Keep a capture, read it unless its bytes were read before, and bring the article's history up to date.

        `ahead` is what today's cleaner makes of the page, where somebody has read it already.
        """
        body = capture.body
        name = digest(body) if body is not None else capture.payload_digest
        # The page is read outside the transaction: it takes longer than all the writing.
        reading = ahead
        if reading is None and body is not None and capture.outcome is FetchOutcome.OK:
            reading = self._reading_of(name, body)
        with unit(self.db):
            if body is not None and name is not None:
                kind = _payload_kind(capture, reading)
                began = self._began_current(capture.article_id) if isinstance(reading, Article) else None
                self.payloads.store(body, name, kind, capture.fetched_at, began)
            if reading is not None and name is not None:
                self._keep_reading(name, reading)
            before = self._version_rows(capture.article_id)
            self._insert("captures", _capture_row(capture, name, run_id))
            history, readings = self._fold(capture.article_id)
            self._write_history(capture.article_id, history, before)
            self._settle_frontier(capture, reading)
        return _stored(capture, history, readings, before)

    def _reading_of(self, name: str | None, body: bytes | None) -> Reading:
        """What today's cleaner makes of a payload; a body whose digest was read before is not parsed again."""
        known = self._known_readings([name] if name else [])
        if name in known:
            return known[name]
        return self.read_page(body if body is not None else read_payload(self.db.conn, name or ""))

    def _known_readings(self, names: Iterable[str]) -> dict[str, Reading]:
        readings: dict[str, Reading] = {}
        articles: dict[str, Article] = {}
        for name in names:
            row = self.db.conn.execute(
                "select r.payload_digest, r.status, r.reason, r.detail, r.record_digest, c.record from readings r"
                " left join records c on c.digest = r.record_digest where r.payload_digest = ? and r.cleaner = ?",
                [name, self.cleaner],
            ).fetchone()
            if row is None:
                continue
            if row["status"] == "refused":
                readings[name] = Refusal(RefusalReason(row["reason"]), row["detail"])
            else:
                key = row["record_digest"]
                if key not in articles:
                    articles[key] = Article.from_json(zstandard.decompress(row["record"]).decode())
                readings[name] = articles[key]
        return readings

    def _keep_reading(self, name: str, reading: Reading) -> None:
        if isinstance(reading, Refusal):
            row = [name, self.cleaner, "refused", None, None, reading.reason.value, reading.detail]
        else:
            text = reading.to_json().encode()
            record = digest(text)[:32]
            row = [name, self.cleaner, "record", reading.template, record, None, None]
            self.db.conn.execute(
                "insert or ignore into records (digest, record) values (?, ?)",
                [record, zstandard.compress(text, _RECORD_LEVEL)],
            )
        self.db.conn.execute("insert or ignore into readings values (?, ?, ?, ?, ?, ?, ?)", row)

    def _fold(self, article_id: int) -> tuple[History, dict[str, Reading]]:
        """Fold all captures of an article as today's cleaner sees them; what it has not read yet is read now."""
        observations = [
            Observation(
                row["fetched_at"], FetchOutcome(row["outcome"]), row["url"], row["section"], row["payload_digest"]
            )
            for row in self.db.conn.execute(
                "select fetched_at, outcome, url, section, payload_digest from captures where article_id = ?",
                [article_id],
            )
        ]
        names = {
            o.payload_digest
            for o in observations
            if o.payload_digest and o.outcome in (FetchOutcome.OK, FetchOutcome.NOT_MODIFIED)
        }
        readings = self._known_readings(sorted(names))
        for name in sorted(names - set(readings)):
            readings[name] = self.read_page(read_payload(self.db.conn, name))
            self._keep_reading(name, readings[name])
        return fold(article_id, observations, readings), readings

    def _version_rows(self, article_id: int) -> dict[str, dict[str, Any]]:
        rows = self.db.conn.execute("select * from versions where article_id = ? order by number", [article_id])
        return {row["id"]: dict(row) for row in rows}

    def _began_current(self, article_id: int) -> str | None:
        """The payload that began the article's current version; None before there is one."""
        row = self.db.conn.execute(
            "select c.payload_digest from versions v join captures c on c.article_id = v.article_id"
            " and c.fetched_at = v.first_seen_at and c.outcome in ('ok', 'not_modified')"
            " where v.article_id = ? order by v.number desc, c.payload_digest limit 1",
            [article_id],
        ).fetchone()
        return str(row[0]) if row else None

    def _write_history(self, article_id: int, history: History, before: dict[str, dict[str, Any]]) -> None:
        """Make the derived rows of one article equal to its history, touching only what differs."""
        wanted = {version.id: _version_row(version) for version in history.versions}
        stale = [key for key in before if key not in wanted or before[key]["number"] != wanted[key]["number"]]
        for key in stale:
            self.db.conn.execute("delete from versions where id = ?", [key])
        for version in history.versions:
            row = wanted[version.id]
            if version.id not in before or version.id in stale:
                self._insert("versions", row)
                self._write_images(version)
            elif changed := {k: v for k, v in row.items() if before[version.id][k] != v}:
                self.table("versions").update(version.id, changed)
                if changed.keys() - {"last_seen_at"}:
                    self._write_images(version)
        self._write_article(article_id, history)

    def _write_images(self, version: Version) -> None:
        self.db.conn.execute("delete from images where version_id = ?", [version.id])
        for n, image in enumerate(version.article.images, 1):
            row = {"version_id": version.id, "position": n}
            self._insert("images", row | {"src": image.src, "caption": image.caption, "credit": image.credit})

    def _write_article(self, article_id: int, history: History) -> None:
        existing = self.db.conn.execute("select * from articles where id = ?", [article_id]).fetchone()
        if not history.versions:
            if existing:
                self.db.conn.execute("delete from articles where id = ?", [article_id])
            return
        row = _article_row(article_id, history)
        if existing is None:
            self._insert("articles", row)
        elif changed := {key: value for key, value in row.items() if existing[key] != value}:
            self.table("articles").update(article_id, changed)

    def _settle_frontier(self, capture: Capture, reading: Reading | None) -> None:
        """An address that was answered leaves the frontier; one that was not waits for another run."""
        unanswered = capture.outcome not in (FetchOutcome.OK, FetchOutcome.NOT_MODIFIED, FetchOutcome.GONE)
        challenged = isinstance(reading, Refusal) and reading.reason is RefusalReason.BOT_CHECK
        if unanswered or challenged:
            self.db.conn.execute(
                "update frontier set attempts = attempts + 1, full = 0 where article_id = ?", [capture.article_id]
            )
        else:
            self.db.conn.execute("delete from frontier where article_id = ?", [capture.article_id])


def _payload_kind(capture: Capture, reading: Reading | None) -> str:
    if isinstance(reading, Article):
        return reading.template
    return reading.reason.value if reading else capture.outcome.value


def _capture_row(capture: Capture, name: str | None, run_id: int | None) -> dict[str, Any]:
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
        "payload_digest": name,
        "elapsed_ms": capture.elapsed_ms,
        "attempts": capture.attempts,
        "error": capture.error,
    }


def _text_columns(article: Article) -> dict[str, Any]:
    return {
        "title": article.title,
        "subtitle": article.subtitle,
        "body": "\n\n".join(article.body),
        "byline": article.byline,
        "authors": json.dumps(article.authors, ensure_ascii=False),
        "section": article.section,
        "posted_at": article.posted_at,
        "modified_at": article.modified_at,
        "original_url": article.original_url,
    }


def _version_row(version: Version) -> dict[str, Any]:
    return {
        "id": version.id,
        "article_id": version.article_id,
        "number": version.number,
        "kind": version.kind,
        "silent": int(version.silent),
        **_text_columns(version.article),
        "content_hash": version.content_hash,
        "template": version.article.template,
        "first_seen_at": version.first_seen_at,
        "last_seen_at": version.last_seen_at,
    }


def _article_row(article_id: int, history: History) -> dict[str, Any]:
    newest, standing = history.versions[-1], history.standing
    assert standing is not None  # a version implies it
    return {
        "id": article_id,
        "url": standing.url,
        **_text_columns(newest.article),
        "status": standing.status,
        "versions": len(history.versions),
        "word_count": sum(len(paragraph.split()) for paragraph in newest.article.body),
        "first_seen_at": standing.first_seen_at,
        "last_seen_at": standing.last_seen_at,
        "last_checked_at": standing.last_checked_at,
    }


def _stored(
    capture: Capture, history: History, readings: Mapping[str, Reading], before: dict[str, dict[str, Any]]
) -> Stored:
    """The one outcome of an address, from what was fetched, read and derived."""
    newest = history.versions[-1] if history.versions else None
    title = newest.article.title if newest else None
    observation = Observation(
        capture.fetched_at,
        capture.outcome,
        capture.url,
        capture.section,
        capture.payload_digest if capture.body is None else digest(capture.body),
    )
    reading = read_as(capture.article_id, observation, readings)
    reason = str(reading) if isinstance(reading, Refusal) else capture.error
    outcome = _OF_FETCH.get(capture.outcome)
    if isinstance(reading, Refusal):
        blocked = reading.reason is RefusalReason.BOT_CHECK
        outcome = Outcome.BLOCKED if blocked else Outcome.REFUSED
        if is_gone(observation, reading):
            outcome = Outcome.GONE
    # A late copy may only begin a version earlier: then there is a new id, but nothing that the archive did not hold.
    added = [version for version in history.versions if version.id not in before]
    shown = added[-1] if len(history.versions) > len(before) else None
    if shown and isinstance(reading, Article):
        outcome = Outcome.CHANGED if before else Outcome.NEW
    elif outcome is None:
        outcome = Outcome.UNCHANGED
    return Stored(
        article_id=capture.article_id,
        url=capture.url,
        outcome=outcome,
        title=title,
        version_id=shown.id if shown else None,
        kind=shown.kind if shown else None,
        silent=bool(shown and shown.silent),
        reason=reason,
    )
