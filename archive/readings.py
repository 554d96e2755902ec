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
_KNOWN = """
select r.payload_digest, r.status, r.reason, r.detail, r.record_digest
from json_each(?) wanted join readings r on r.payload_digest = wanted.value and r.cleaner = ?
"""


READING_MARKS = ", ".join("?" * 12)
ReadingRow = tuple[Any, ...]
RecordRow = tuple[str, bytes]


def rows_of(name: str, cleaner: str, reading: Reading) -> tuple[ReadingRow, RecordRow | None]:
    """A reading as the tables hold it: its row, and its record, unless it was refused. Equal records are kept once."""
    if isinstance(reading, Refusal):
        return (name, cleaner, "refused", None, None, reading.reason.value, reading.detail, *[None] * 5), None
    text = reading.to_json().encode()
    key = digest(text)[:32]
    row = (name, cleaner, "record", reading.template, key, None, None, reading.number, *_measures(reading))
    return row, (key, zstandard.compress(text, _RECORD_LEVEL))


def _measures(article: Article) -> tuple[str, int, str, str | None]:
    return " ".join(article.filled), article.words, article.core, article.modified_at


def measures_of(record: bytes) -> tuple[str, int, str, str | None]:
    """Of a kept record the fields that it fills, the words of its text, its core, and its stamp."""
    return _measures(Article.from_json(zstandard.decompress(record).decode()))


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
        """The readings that are kept, by payload; of one record, the same object."""
        readings: dict[str, Reading] = {}
        articles: dict[str, Article] = {}
        for name, status, reason, detail, key in self.connection.execute(
            _KNOWN, [json.dumps([*names]), self.cleaner.version]
        ):
            if status == "refused":
                readings[name] = Refusal(RefusalReason(reason), detail)
                continue
            if key not in articles:
                articles[key] = self._record(key)
            readings[name] = articles[key]
        return readings

    def _record(self, key: str) -> Article:
        record = self.connection.execute("select record from records where digest = ?", [key]).fetchone()[0]
        return Article.from_json(zstandard.decompress(record).decode())

    def keep(self, name: str, reading: Reading) -> None:
        """Keep a reading."""
        row, record = rows_of(name, self.cleaner.version, reading)
        if record is not None:
            self.connection.execute("insert or ignore into records values (?, ?)", record)
        self.connection.execute(f"insert or ignore into readings values ({READING_MARKS})", row)

    def complete(self, names: Iterable[str]) -> dict[str, Reading]:
        """The readings of all these payloads; what the cleaner has not read yet is read and kept now."""
        wanted = sorted(names)
        readings = self.known(wanted)
        for name in wanted:
            if name not in readings:
                readings[name] = self.cleaner.read_page(read_payload(self.connection, name))
                self.keep(name, readings[name])
        return readings
