"""What the tests of the reading side share: archives to read, and a server over them.

The fixtures `nights` and `archive` (tests/conftest.py) are the seven nights of the bundled site; `written` makes an archive of
a few hand-made articles.
"""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
from datasette.app import Datasette

from archive.database import open_writer
from archive.readings import Cleaner
from archive.records import Article, Capture, FetchOutcome, Reading
from archive.store import Store
from archive.web import compatibility
from jobs.replica import NIGHTS, Replica
from tests.conftest import run_hani

FIRST = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
APART = timedelta(hours=25)  # so that three nights span the two days that confirm a removal
URL = "https://english.hani.co.kr/arti/english_edition/e_national/{}.html"
T = TypeVar("T")
POSTED = "2023-06-09T08:50:00Z"


def all_nights(database: Path, first: datetime = FIRST) -> None:
    """Run the nights of the bundled site into a new archive: edits of all kinds, silent ones, removals and returns."""
    with Replica() as site:
        for number in range(1, NIGHTS + 1):
            site.night = number
            command = ("-q", "nightly", "--origin", site.origin, "--delay", "0", "--no-notify")
            ran = run_hani(database, database.parent, *command, HANI_NOW=(first + (number - 1) * APART).isoformat())
            assert ran.code == 0, ran.err


def read_made(body: bytes) -> Reading:
    """The cleaner of `written`: a payload is the article, as JSON."""
    return Article.from_json(body.decode())


def an_article(title: str = "A headline", *body: str, **more: Any) -> Article:
    """An article with as little said as need be."""
    return Article(title, more.pop("posted_at", POSTED), body or ("One paragraph.",), "made", **more)


Seen = tuple[int, str, Article | None]
"""An article's number, when it was asked for, and what was there; None where it was gone."""


def written(database: Path, seen: Iterable[Seen]) -> Path:
    """Make (or go on with) an archive that saw these articles then."""
    store = Store(open_writer(database), Cleaner(read_made, "made", {"made": 1}))
    with closing(store.db.conn):
        for number, at, article in seen:
            store.record(_capture(number, at, article), None)
    return database


def _capture(number: int, at: str, article: Article | None) -> Capture:
    url = URL.format(number)
    if article is None:
        return Capture(number, url, url, at, "crawl", FetchOutcome.GONE, None, http_status=404)
    body = article.to_json().encode()
    return Capture(number, url, url, at, "crawl", FetchOutcome.OK, body, http_status=200)


class Served:
    """A Datasette with the plugin over an archive; asked directly, without a socket."""

    def __init__(self, datasette: Any, runner: asyncio.Runner) -> None:
        self.datasette, self._run = datasette, runner.run

    def get(self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> httpx.Response:
        """The answer to a request; no redirect is followed."""
        answer: httpx.Response = self._run(self.datasette.client.request(method, path, headers=dict(headers or {})))
        return answer

    def on_connection(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What a function gives of a connection that the pages of the first archive use."""
        database = next(one for one in self.datasette.databases.values() if one.path)
        found: T = self._run(database.execute_fn(work))
        return found

    def json(self, path: str) -> Any:
        """The JSON at an address that is there."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
        return json.loads(answer.content)


@contextmanager
def serving(*databases: Path, **more: Any) -> Iterator[Served]:
    """Serve archives; `plugin` are the plugin's settings, the rest is Datasette's own."""
    told = compatibility.plugins({"hani": more.pop("plugin", {})})
    datasette = Datasette([str(path) for path in databases], **told, **more)
    with asyncio.Runner() as runner:
        runner.run(datasette.invoke_startup())
        yield Served(datasette, runner)
        datasette.executor.shutdown()


def copied(archive: Path, folder: Path) -> Path:
    """An archive's file in another folder, with what its journal still holds."""
    for suffix in ("", "-wal"):
        source = archive.with_name(archive.name + suffix)
        if source.exists():
            shutil.copyfile(source, folder / source.name)
    return folder / archive.name
