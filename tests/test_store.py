"""The archive as it is written: what one cleaner sees, in whatever order the captures arrive."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from archive.database import open_reader, open_writer
from archive.errors import NoArchive
from archive.payloads import DamagedPayload, read_payload
from archive.readings import Cleaner, ReadPage
from archive.records import Article, Capture, FetchOutcome, Outcome, Reading, Refusal, RefusalReason, digest
from archive.store import Store
from crawler.recording import Recorder
from tests.conftest import rows

ARTICLE = 1095276
URL = f"https://english.hani.co.kr/arti/english_edition/e_national/{ARTICLE}.html"


def read(body: bytes) -> Reading:
    """A page of lines: title, then paragraphs; what follows a # is noise."""
    lines = [line for line in body.decode().split("\n") if line and not line.startswith("#")]
    if lines == ["deleted"]:
        return Refusal(RefusalReason.DELETED, "a notice")
    if len(lines) < 2:
        return Refusal(RefusalReason.NO_BODY, "no paragraph")
    return Article(lines[0], "2023-06-09T08:50:00Z", tuple(lines[1:]), "test", modified_at="2023-06-09T08:50:00Z")


def read_better(body: bytes) -> Reading:
    """The same cleaner, a version later: it also takes advertisements out."""
    found = read(body.replace(b"\nBuy rice!", b"").replace(b"Only a title", b"Only a title\nand its text"))
    return found


@contextmanager
def store(path: Path, read_page: ReadPage = read, cleaner: str = "one") -> Iterator[Store]:
    made = Store(open_writer(path), Cleaner(read_page, cleaner, {"test": 1}))
    with closing(made.db.conn):
        yield made


def capture(at: str, body: str | None, outcome: FetchOutcome = FetchOutcome.OK, **more: Any) -> Capture:
    return Capture(
        ARTICLE, URL, URL, f"2023-06-{at}:00Z", "crawl", outcome, body.encode() if body is not None else None, **more
    )


def test_a_change_of_our_cleaner_is_never_an_edit_of_theirs(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    with store(db) as archive:
        archive.record(capture("10T01:00", "Rice\nRice rose.\nBuy rice!\n#1"), None)
    assert "Buy rice!" in rows(db, "select body from articles")[0]["body"]
    with store(db, read_better, "two") as archive:
        stored = archive.record(capture("11T01:00", "Rice\nRice rose.\nBuy rice!\n#2"), None)
    assert stored.outcome is Outcome.UNCHANGED
    assert rows(db, "select number, kind, body from versions") == [{"number": 1, "kind": "first", "body": "Rice rose."}]


def test_a_304_is_compared_as_todays_cleaner_sees_its_payload(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    body = "Rice\nRice rose.\nBuy rice!"
    with store(db) as archive:
        archive.record(capture("10T01:00", body), None)
    confirms = digest(body.encode())
    with store(db, read_better, "two") as archive:
        stored = archive.record(capture("11T01:00", None, FetchOutcome.NOT_MODIFIED, payload_digest=confirms), None)
    assert stored.outcome is Outcome.NOT_MODIFIED
    assert [row["body"] for row in rows(db, "select body from versions")] == ["Rice rose."]


def test_an_article_refused_in_the_past_comes_in_with_its_true_first_date(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    with store(db) as archive:
        assert archive.record(capture("10T01:00", "Only a title\n#1"), None).outcome is Outcome.REFUSED
    assert rows(db, "select * from articles") == []
    with store(db, read_better, "two") as archive:
        assert archive.record(capture("12T01:00", "Only a title\n#2"), None).outcome is Outcome.NEW
    assert rows(db, "select first_seen_at from versions") == [{"first_seen_at": "2023-06-10T01:00:00Z"}]


def test_a_body_that_was_read_is_not_read_again(tmp_path: Path) -> None:
    read_bodies: list[bytes] = []

    def counting(body: bytes) -> Reading:
        read_bodies.append(body)
        return read(body)

    with store(tmp_path / "a.db", counting) as archive:
        for day in ("10", "11", "12"):
            archive.record(capture(f"{day}T01:00", "Rice\nRice rose."), None)
        archive.record(capture("13T01:00", "Rice\nRice fell."), None)
    assert read_bodies == [b"Rice\nRice rose.", b"Rice\nRice fell."]
    assert len(rows(tmp_path / "a.db", "select * from payloads")) == 2


FIRST, SECOND = "Rice\nRice rose.", "Rice\nRice fell."
HISTORY = [
    capture("10T01:00", FIRST),
    capture("11T01:00", SECOND),
    capture("12T01:00", None, FetchOutcome.NOT_MODIFIED, payload_digest=digest(FIRST.encode())),
    capture("13T01:00", "deleted"),
    capture("14T01:00", "Rice\nRice rose.\n#noise"),
]


def test_the_order_of_arrival_makes_no_difference(tmp_path: Path) -> None:
    """A 304 names its payload, so it cannot come before that; everything else may."""
    seen = set()
    for number, order in enumerate(permutations(HISTORY)):
        if order.index(HISTORY[2]) < order.index(HISTORY[0]):
            continue
        db = tmp_path / f"{number}.db"
        with store(db) as archive:
            for one in order:
                archive.record(one, None)
        seen.add(
            repr([rows(db, f"select * from {table} order by 1, 2") for table in ("versions", "images", "articles")])
        )
    assert len(seen) == 1
    kinds = [(row["kind"], row["silent"]) for row in rows(db, "select kind, silent from versions order by number")]
    assert kinds == [("first", 0), ("text", 1), ("revert", 1)]
    assert rows(db, "select status, versions from articles") == [{"status": "live", "versions": 3}]


def test_search_follows_the_text(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    sql = "select count(*) as n from articles_fts where articles_fts match ?"
    with store(db) as archive:
        archive.record(capture("10T01:00", FIRST), None)
        archive.record(capture("11T01:00", SECOND), None)
        archive.db.conn.execute("insert into articles_fts (articles_fts) values ('integrity-check')")
    assert [rows(db, sql, word)[0]["n"] for word in ("fell", "rose", "rice")] == [1, 0, 1]


def test_every_stored_byte_can_be_checked(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    with store(db) as archive:
        for one in HISTORY:
            archive.record(one, None)
        for row in rows(db, "select digest from payloads"):
            assert digest(read_payload(archive.db.conn, row["digest"])) == row["digest"]
        archive.db.conn.execute("update payloads set body = x'00' where digest = ?", [digest(SECOND.encode())])
        archive.db.conn.commit()
        with pytest.raises(DamagedPayload):
            read_payload(archive.db.conn, digest(SECOND.encode()))
        with pytest.raises(DamagedPayload):
            read_payload(archive.db.conn, "0" * 64)


def test_nothing_is_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    db = tmp_path / "a.db"

    def break_off(*_: object) -> None:
        raise OSError("the disk is full")

    with store(db) as archive:
        archive.record(HISTORY[0], None)
        before = [rows(db, f"select * from {table}") for table in ("captures", "payloads", "readings", "versions")]
        monkeypatch.setattr(Store, "_write_article", break_off)
        with pytest.raises(OSError, match="the disk is full"):
            archive.record(HISTORY[1], None)
        monkeypatch.undo()
        after = [rows(db, f"select * from {table}") for table in ("captures", "payloads", "readings", "versions")]
        assert after == before
        archive.record(HISTORY[1], None)
    assert len(rows(db, "select * from versions")) == 2


def test_reading_where_there_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(NoArchive):
        open_reader(tmp_path / "none.db")
    assert list(tmp_path.iterdir()) == []


def test_another_section_that_answers_is_metadata(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    moved = URL.replace("e_national", "e_business")
    with store(db) as archive:
        archive.record(replace(HISTORY[0], section="e_national"), None)
        archive.record(replace(capture("11T01:00", FIRST + "\n#2"), url=moved, section="e_business"), None)
    assert [row["kind"] for row in rows(db, "select kind from versions order by number")] == ["first", "metadata"]
    assert rows(db, "select url, section from articles") == [{"url": moved, "section": "e_business"}]


def test_another_program_that_closes_the_archive_takes_nothing_away(tmp_path: Path) -> None:
    """A file handle closed beside SQLite's own drops its locks: then the next reader to close deletes the journal."""
    db = tmp_path / "a.db"
    look = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); print(*c.execute('select count(*) from captures').fetchone())"

    def seen_from_outside() -> int:
        return int(
            subprocess.run([sys.executable, "-c", look, str(db)], capture_output=True, text=True, check=True).stdout
        )

    recorder = Recorder(db, delay=2.0, many=False)
    try:
        for count, one in enumerate(HISTORY[:2], 1):
            recorder.now(partial(recorder.store.record, one, None))
            assert seen_from_outside() == count
        assert db.with_name("a.db-wal").exists()
    finally:
        recorder.close()
    assert len(rows(db, "select * from captures")) == 2
