"""What 500 articles fetched four times each take in the archive, beside gzip -6 of all 2,000 pages.

The pages come from the bundled site with its noise, which differs on every request. The second night changes nothing
else; the third and the fourth bring the bundled edits.
"""

import sqlite3
import tempfile
import zlib
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.database import open_writer
from archive.store import Store
from crawler.extraction import todays_cleaner
from jobs.replica import Replica
from tests.benchmarks.corpus import write_articles
from tests.benchmarks.fetching import pages
from tests.benchmarks.tools import judge, show

ARTICLES = 500
NIGHTS = (1, 1, 2, 3)
GOAL = 0.25
FIRST = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


def measure() -> None:
    show("command", f"Store.record of {ARTICLES} articles on {len(NIGHTS)} nights  beside  gzip -6 of each page")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name in ("articles", "pages"):
            (work / name).mkdir()
        write_articles(work / "articles", ARTICLES)
        _fill(work)
        for line in _tables(work / "archive.db"):
            show(*line)


def _fill(work: Path) -> None:
    database = work / "archive.db"
    db = open_writer(database)
    store = Store(db, todays_cleaner())
    raw = packed = taken = 0
    sizes, kept, raws = [_size(db.conn, database)], [0], [0]
    with Replica(articles=work / "articles", pages=work / "pages", log=False) as site:
        for number, night in enumerate(NIGHTS):
            site.night = night
            for place, page in enumerate(pages(site)):
                store.record(page.capture(FIRST + timedelta(days=number, seconds=2 * place)), None)
                raw, packed, taken = raw + len(page.body), packed + _gzipped(page.body), taken + 1
            sizes.append(_size(db.conn, database))
            kept.append(_payloads(db.conn))
            raws.append(raw)
    versions = db.conn.execute("select count(*) from versions").fetchone()[0]
    refused = db.conn.execute("select count(*) from readings where status = 'refused'").fetchone()[0]
    db.conn.close()
    show(f"{taken} pages", f"{raw / 1e6:.1f} MB, {versions} versions, {refused} refused")
    show("  gzip -6 of each page", f"{packed / 1e6:.2f} MB", f"{packed / raw:.2%} of the pages")
    show("  payloads in the archive", f"{kept[-1] / 1e6:.2f} MB", f"{kept[-1] / raw:.2%} of the pages")
    shares = f"{sizes[-1] / raw:.2%} of the pages, {sizes[-1] / packed:.0%} of gzip's"
    show("  the whole file", f"{sizes[-1] / 1e6:.2f} MB", shares)
    for number, night in enumerate(NIGHTS, 1):
        what = "the first" if number == 1 else "nothing changed" if night == 1 else "with edits"
        pages_size = raws[number] - raws[number - 1]
        added = kept[number] - kept[number - 1], sizes[number] - sizes[number - 1]
        figures = (f"{size / 1e6:.2f} MB ({size / pages_size:.2%} of its pages)" for size in added)
        show(f"  night {number} ({what}) adds", f"payloads {next(figures)}", f"file {next(figures)}")
    share = kept[-1] / packed
    judge("  payloads over gzip -6", f"{share:.1%}", f"at most {GOAL:.0%}", share <= GOAL)


def _gzipped(body: bytes) -> int:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return len(packer.compress(body)) + len(packer.flush())


def _payloads(connection: sqlite3.Connection) -> int:
    return int(connection.execute("select coalesce(sum(length(body)), 0) from payloads").fetchone()[0])


def _size(connection: sqlite3.Connection, database: Path) -> int:
    """The file's bytes once all that was committed is in it."""
    connection.execute("pragma wal_checkpoint(truncate)").fetchall()
    return database.stat().st_size


def _tables(database: Path) -> list[tuple[str, str]]:
    """The largest tables and indexes, where this SQLite can tell."""
    with closing(sqlite3.connect(database)) as connection:
        try:
            rows = connection.execute(
                "select name, sum(pgsize) from dbstat group by name order by 2 desc limit 8"
            ).fetchall()
        except sqlite3.OperationalError:
            return []
    return [("  in the file", ", ".join(f"{name} {size / 1e6:.2f} MB" for name, size in rows))]
