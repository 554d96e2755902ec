"""An archive as it is after years, written straight into its tables: invented articles, edits, removals, runs.

Nothing is crawled, read or folded, and each search index is built once from the finished tables, so that 100,000 articles
with 150,000 versions take minutes, and a hundred for a test a second. The same seed writes the same.
"""

import hashlib
import json
import random
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from archive.comparing.changes import KINDS
from archive.database import open_writer
from archive.rows import VERSION_BITS
from archive.times import stamp
from tests.benchmarks.measure_duplicates import Writer

FIRST_ID = 814_414
BEGIN = datetime(2017, 10, 1, tzinfo=UTC)
END = datetime(2026, 11, 23, tzinfo=UTC)
SENTENCES = 20_000
PARAGRAPHS = (5, 14)  # of an article, each of one to four sentences: about 550 words
SECTIONS = ("e_national", "e_international", "e_northkorea", "e_business", "e_entertainment", "e_editorial")
AUTHORS = 300
EDITS = (
    0.65,
    0.25,
    0.06,
    0.03,
    0.01,
)  # the shares of articles with 0, 1, 2, 3 and 4 edits: 150 versions of 100 articles
SILENT = 0.4  # of the edits
REMOVED = 0.004  # of the articles
NIGHTS = 400  # runs

PLANTED = {
    "government": 0.5,
    "ministry": 0.1,
    "reunification": 0.01,
    "trilateral summit": 0.005,
    "N. Korea": 0.02,
    "U.S.-China": 0.01,
    "Korea’s": 0.2,
    "국회에서": 0.01,
    "한반도": 0.002,
    "café": 0.001,
}
"""What is searched for, each with the share of the texts that it is put into."""

Rows = dict[str, list[tuple[Any, ...]]]


@dataclass
class Library:
    """Writes the rows of one article after the other."""

    seed: int = 5
    rows: Rows = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        writer = Writer(self.seed)
        self.sentences = [self._sentence(writer) for _ in range(SENTENCES)]
        self.authors = [f"{a} {b}-{c}" for a, b, c in self._names(writer)]
        self.weights = [1 / (rank + 3) for rank in range(AUTHORS)]

    @staticmethod
    def _sentence(writer: Writer) -> str:
        return f"{' '.join(writer.text(writer.random.randint(9, 30)))}.".capitalize()

    def _names(self, writer: Writer) -> Iterator[tuple[str, str, str]]:
        words = [word for word in writer.text(4_000) if 2 < len(word) < 7]
        for place in range(AUTHORS):
            yield words[place].title(), words[place + AUTHORS].title(), words[place + 2 * AUTHORS]

    def article(self, number: int, posted: datetime) -> None:
        """All rows of one article: its versions, changes, checks, status."""
        chosen = self.random
        section = chosen.choice(SECTIONS)
        url = f"https://www.hani.co.kr/arti/english_edition/{section}/{number}.html"
        names = sorted(set(chosen.choices(self.authors, self.weights, k=chosen.choice((1, 1, 1, 2)))))
        title, subtitle = self._title(), self._title() if chosen.random() < 0.7 else None
        body = [self._paragraph() for _ in range(chosen.randint(*PARAGRAPHS))]
        for words, share in PLANTED.items():
            if chosen.random() < share:
                self._plant(body, words)
        if chosen.random() < 0.02:
            title = f"{title} {chosen.choice(list(PLANTED))}"
        made = _State(number, url, section, names, title, subtitle, body, posted)
        edits = chosen.choices(range(len(EDITS)), EDITS)[0]
        self._versions(made, edits)
        self._standing(made)

    def _title(self) -> str:
        return " ".join(self.random.choice(self.sentences).split()[:9]).capitalize()

    def _paragraph(self) -> str:
        return " ".join(self.random.choices(self.sentences, k=self.random.randint(1, 4)))

    def _plant(self, body: list[str], words: str) -> None:
        place = self.random.randrange(len(body))
        head, _, tail = body[place].partition(" ")
        body[place] = f"{head} {words} {tail}"

    def _versions(self, made: "_State", edits: int) -> None:
        seen = made.posted + timedelta(hours=self.random.randint(1, 20))
        for version in range(1, edits + 2):
            silent = version > 1 and self.random.random() < SILENT
            if version > 1:
                seen += timedelta(hours=self.random.randint(10, 90))
                if not silent:
                    made.modified = seen - timedelta(hours=2)
            name = f"{made.number}@{_hex(f'{made.number} {version}')[:12]}"
            size = self._edit(made, name, version) if version > 1 else None
            made.add(version, name, silent, stamp(seen), size, self.rows)
            self._capture(made, stamp(seen), "ok")
        made.last_seen = seen + timedelta(days=self.random.randint(1, 60))
        self._capture(made, stamp(made.last_seen), "not_modified")

    def _edit(self, made: "_State", name: str, version: int) -> float:
        """Change one paragraph, and sometimes the headline; the share of the words that changed."""
        place = self.random.randrange(len(made.body))
        before = made.body[place]
        words = before.split()
        at = self.random.randrange(len(words))
        put = self.random.choice(self.sentences).split()[: self.random.randint(1, 8)]
        taken = words[at : at + self.random.randint(1, 5)]
        made.body[place] = " ".join([*words[:at], *put, *words[at + len(taken) :]])
        size = round((len(put) + len(taken)) / (2 * sum(len(p.split()) for p in made.body)), 4)
        kinds = self.random.sample([kind for kind in KINDS if kind != "correction"], self.random.choice((1, 1, 2)))
        both = (before, made.body[place], place + 1, len(put), len(taken), size, " ".join(put), " ".join(taken), None)
        for kind in kinds:
            self._change(made, name, ("body", kind, *both))
        if self.random.random() < 0.2:
            old, made.title = made.title, self._title()
            self._change(made, name, ("headline", "rewrite", old, made.title, None, 9, 9, 0.01, made.title, old, None))
        return size

    def _change(self, made: "_State", name: str, what: tuple[Any, ...]) -> None:
        key = int(_hex(f"{name} {what[0]} {what[1]}")[:15], 16)
        self.rows.setdefault("changes", []).append((key, name, made.number, *what))

    def _capture(self, made: "_State", at: str, outcome: str) -> None:
        run = 1 + self.random.randrange(NIGHTS)
        digest = _hex(f"{made.number} {at}") if outcome == "ok" else None
        row = (run, made.number, made.url, made.url, made.section, at, "feed", 200, outcome, digest, 120)
        self.rows.setdefault("captures", []).append(row)

    def _standing(self, made: "_State") -> None:
        gone = self.random.random() < REMOVED
        status = "removed" if gone else "live"
        made.close(status, self.rows)
        if gone:
            at = stamp(made.last_seen)
            found = {"at": at, "found": "gone", "http_status": 404}
            proof = json.dumps([found | {"payload_digest": None, "redirect": None, "reason": None}])
            stone = (made.number, 1, "removed", made.name, at, at, stamp(made.last_seen + timedelta(days=3)))
            self.rows.setdefault("tombstones", []).append((*stone, None, 3, None, proof))
            self.rows.setdefault("statuses", []).append((made.number, at, status))

    def drained(self) -> Rows:
        """The rows so far; the next ones are collected anew."""
        rows, self.rows = self.rows, {}
        return rows


@dataclass
class _State:
    number: int
    url: str
    section: str
    authors: list[str]
    title: str
    subtitle: str | None
    body: list[str]
    posted: datetime
    modified: datetime | None = None
    last_seen: datetime = BEGIN
    name: str = ""
    seen: list[tuple[str, bool]] = field(default_factory=list)

    def texts(self) -> tuple[Any, ...]:
        """The columns that articles and versions share."""
        byline = f"By {' and '.join(self.authors)}, staff reporter{'s' * (len(self.authors) > 1)}"
        said = (self.title, self.subtitle, "\n\n".join(self.body), byline, json.dumps(self.authors), self.section)
        return (*said, stamp(self.posted), stamp(self.modified) if self.modified else None, None)

    def add(self, number: int, name: str, silent: bool, at: str, size: float | None, rows: Rows) -> None:
        """A version."""
        self.name = name
        self.seen.append((at, silent))
        digest = _hex(f"{self.number} {at}")
        kind = "text" if number > 1 else "first"
        row = (name, self.number, number, kind, int(silent), *self.texts(), _hex(name), "g3", at, at, digest, digest)
        rows.setdefault("versions", []).append((*row, size, self.number << VERSION_BITS | number))
        picture = f"https://flexible.img.hani.co.kr/imgdb/original/2025/1104/{self.number}.jpg"
        rows.setdefault("images", []).append((name, 1, picture, f"{self.title}.", "Yonhap"))

    def close(self, status: str, rows: Rows) -> None:
        """The article as it stands, under its authors."""
        first, last = self.seen[0][0], stamp(self.last_seen)
        edited = self.seen[-1][0] if len(self.seen) > 1 else None
        silent = sum(silent for _, silent in self.seen)
        words = sum(len(paragraph.split()) for paragraph in self.body)
        counts = (status, len(self.seen), words, first, last, last, silent, edited)
        rows.setdefault("articles", []).append((self.number, self.url, *self.texts(), *counts))
        rows.setdefault("statuses", []).append((self.number, first, "live"))
        for name in self.authors:
            row = (name, self.number, stamp(self.posted), int(edited is not None), int(silent > 0))
            rows.setdefault("authors", []).append(row)


def _hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


COLUMNS = {
    "captures": "run_id, article_id, requested_url, url, section, fetched_at, source, http_status, outcome,"
    " payload_digest, elapsed_ms",
    "runs": "id, command, started_at, finished_at, status, program, report, job",
}
"""The columns that are written of a table; of the others, all."""
BATCH = 2_000  # articles written at a time


def write(path: Path, articles: int) -> None:
    """Write an archive of so many articles, half as many edits, and what belongs to them."""
    db = open_writer(path)
    with closing(db.conn) as connection:
        connection.execute("pragma foreign_keys = off")  # captures name payloads that nobody keeps here
        connection.execute("pragma synchronous = off")
        connection.execute("pragma journal_mode = off")  # a file that is half written is made anew
        triggers = [row[0] for row in connection.execute("select sql from sqlite_master where type = 'trigger'")]
        for (name,) in connection.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            connection.execute(f"drop trigger {name}")
        for rows in (*_batches(articles), _runs(), _links(articles)):
            _insert(connection, rows)
            connection.commit()
        for index in ("articles_fts", "versions_fts", "changes_fts"):
            connection.execute(f"insert into {index} ({index}) values ('rebuild')")
        for trigger in triggers:
            connection.execute(trigger)
        connection.commit()
        connection.execute("pragma journal_mode = wal")


def _batches(articles: int) -> Iterator[Rows]:
    library = Library()
    step = (END - BEGIN) / articles
    for n in range(articles):
        library.article(FIRST_ID + 5 * n, BEGIN + n * step)
        if (n + 1) % BATCH == 0 or n + 1 == articles:
            yield library.drained()


def _insert(connection: sqlite3.Connection, rows: Rows) -> None:
    for table, listed in rows.items():
        columns = f" ({COLUMNS[table]})" if table in COLUMNS else ""
        marks = ", ".join("?" * len(listed[0]))
        connection.executemany(f"insert into {table}{columns} values ({marks})", listed)


def _runs() -> Rows:
    nights = [END - timedelta(days=NIGHTS - n) for n in range(NIGHTS)]
    report = json.dumps({"outcomes": {"unchanged": 300, "new": 12, "changed": 4}, "requests": 330})
    runs = [
        (n, "hani nightly", stamp(at), stamp(at + timedelta(minutes=40)), "done", "hani 0.1.0", report, "nightly")
        for n, at in enumerate(nights, 1)
    ]
    verdicts = [(n, stamp(at), 300, 1, 8, 0, 0, 0) for n, at in enumerate(nights, 1)]
    fills = [
        (n, "g3", measure, 300, 280, 290, 280, 278, 2)
        for n in range(1, NIGHTS + 1)
        for measure in ("title", "subtitle", "byline", "body", "modified_at", "images")
    ]
    return {"runs": runs, "verdicts": verdicts, "fills": fills}


def _links(articles: int) -> Rows:
    """A near-duplicate for each fiftieth article, and the note of the sweep."""
    links: Iterable[int] = range(0, articles - 7, 50)
    rows = [(FIRST_ID + 5 * n, FIRST_ID + 5 * (n + 7), 0.8, 0.9, "rewritten") for n in links]
    summary = {"swept_at": stamp(END), "articles": articles, "links": len(rows)}
    return {"duplicates": rows, "derivation": [("duplicates", json.dumps(summary))]}
