"""What today's cleaner makes of payloads, kept so that no page is read twice by the same cleaner."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import zstandard

from archive.payloads import read_payload
from archive.records import Article, FetchOutcome, Reading, Refusal, RefusalReason, digest

ReadPage = Callable[[bytes], Reading]
"""Today's cleaner: a pure function of the body's bytes."""


@dataclass(frozen=True, slots=True)
class Cleaner:
    """A cleaner: a function that other processes can import, its version, and the versions of what it is made of."""

    read_page: ReadPage
    version: str
    parts: Mapping[str, int]


SHOWS_A_PAGE = (FetchOutcome.OK, FetchOutcome.NOT_MODIFIED)
_RECORD_LEVEL = 6


def reading_row(name: str, cleaner: str, reading: Reading) -> tuple[Any, ...]:
    """A reading as the table holds it."""
    if isinstance(reading, Refusal):
        return name, cleaner, "refused", None, None, reading.reason.value, reading.detail, None
    return name, cleaner, "record", reading.template, record_row(reading)[0], None, None, reading.number


def record_row(article: Article) -> tuple[str, bytes]:
    """A record and its digest; equal records are kept once."""
    text = article.to_json().encode()
    return digest(text)[:32], zstandard.compress(text, _RECORD_LEVEL)


class Readings:
    """The readings of one cleaner, through one connection."""

    def __init__(self, connection: sqlite3.Connection, cleaner: Cleaner) -> None:
        self.connection = connection
        self.cleaner = cleaner

    def register(self) -> None:
        """Note what this cleaner is made of."""
        self.connection.execute(
            "insert or ignore into cleaners (cleaner, parts) values (?, ?)",
            [self.cleaner.version, json.dumps(dict(self.cleaner.parts), sort_keys=True)],
        )

    def of(self, name: str, body: bytes) -> Reading:
        """What the cleaner makes of a body; one that was read before is not parsed again."""
        known = self.known([name])
        return known[name] if name in known else self.cleaner.read_page(body)

    def known(self, names: Iterable[str]) -> dict[str, Reading]:
        """The readings that are kept, by payload."""
        readings: dict[str, Reading] = {}
        articles: dict[str, Article] = {}
        for name in names:
            row = self.connection.execute(
                "select r.status, r.reason, r.detail, r.record_digest, c.record from readings r"
                " left join records c on c.digest = r.record_digest where r.payload_digest = ? and r.cleaner = ?",
                [name, self.cleaner.version],
            ).fetchone()
            if row is None:
                continue
            status, reason, detail, key, record = row
            if status == "refused":
                readings[name] = Refusal(RefusalReason(reason), detail)
            else:
                if key not in articles:
                    articles[key] = Article.from_json(zstandard.decompress(record).decode())
                readings[name] = articles[key]
        return readings

    def keep(self, name: str, reading: Reading) -> None:
        """Keep a reading."""
        if isinstance(reading, Article):
            self.connection.execute("insert or ignore into records values (?, ?)", record_row(reading))
        row = reading_row(name, self.cleaner.version, reading)
        self.connection.execute("insert or ignore into readings values (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def complete(self, names: Iterable[str]) -> dict[str, Reading]:
        """The readings of all these payloads; what the cleaner has not read yet is read and kept now."""
        wanted = sorted(names)
        readings = self.known(wanted)
        for name in wanted:
            if name not in readings:
                readings[name] = self.cleaner.read_page(read_payload(self.connection, name))
                self.keep(name, readings[name])
        return readings
