"""The door to the archive: captures in, outcomes out, in order, on a thread of its own.

Reading a page and committing it take longer than asking for it on a fast line, so the spider does not wait for them
(it waits when too many captures are under way). Pages are read ahead on a thread of their own; in a crawl without delay a
second process reads them, so that both cores work.
"""

import asyncio
import multiprocessing
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

from archive import frontier
from archive.database import beside_writer, close_writer, open_writer
from archive.records import Capture, FetchOutcome, Outcome, Reading, Refusal, RefusalReason, digest
from archive.store import Store, Stored, Turn
from crawler.extraction import read_page, todays_cleaner

T = TypeVar("T")
MOST_UNDER_WAY = 32  # captures; bounds the memory that waiting pages take
SWITCH_SECONDS = 0.0005  # in a fast crawl: with Python's 0.005 each answer waits that long for the storing thread
MOST_NOTABLE = 1_000  # articles of one outcome, or that turned, that a report names; a first run has tens of thousands
FAST = 0.05  # seconds; below this delay pages come faster than one core reads them


@dataclass(slots=True)
class Tally:
    """What a run has come to so far; `bytes` of bodies as they arrived, `edits` the versions after an article's first, `held` how
    many of these were taken back when the run's end showed that the layout had drifted.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    silent: int = 0
    bytes: int = 0
    held: int = 0
    edits: set[str] = field(default_factory=set)
    notable: list[Stored] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)

    def add(self, stored: Stored) -> None:
        """Count one address."""
        self.outcomes[stored.outcome.value] += 1
        if stored.outcome is Outcome.CHANGED and stored.kind:
            self.kinds[stored.kind] += 1
            self.edits.add(stored.version_id or "")
        self.silent += stored.silent
        self.bytes += stored.size
        if stored.turn and len(self.turns) < MOST_NOTABLE:
            self.turns.append(stored.turn)
        remarkable = stored.outcome not in (Outcome.UNCHANGED, Outcome.NOT_MODIFIED)
        if remarkable and self.outcomes[stored.outcome.value] <= MOST_NOTABLE:
            self.notable.append(stored)

    def take_back(self, standing: Mapping[str, tuple[str, bool]]) -> None:
        """Count edits as they stand after the run was judged: kind and silence by version; one that is not there is none."""
        gone = self.edits - set(standing)
        self.held = len(gone)
        self.outcomes[Outcome.CHANGED.value] -= self.held
        self.outcomes[Outcome.UNCHANGED.value] += self.held
        self.silent = sum(silent for _, silent in standing.values())
        self.kinds = Counter(kind for kind, _ in standing.values())
        self.notable = [_as_it_stands(s, standing) for s in self.notable if s.version_id not in gone]


def _as_it_stands(stored: Stored, standing: Mapping[str, tuple[str, bool]]) -> Stored:
    if stored.version_id is None or stored.version_id not in standing:
        return stored
    kind, silent = standing[stored.version_id]
    return replace(stored, kind=kind, silent=silent)


class ReaderProcess:
    """A second process that reads pages; it ends with the pipe, so with us, however we die."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()

    def read(self, body: bytes) -> Reading:
        """Read a page over there. Should the process die of it, a new one tries once more; then the page is refused."""
        for _ in range(2):
            try:
                self.pipe.send_bytes(body)
                reading: Reading = self.pipe.recv()
                return reading
            except (EOFError, OSError):
                self.close()
                self._start()
        return Refusal(RefusalReason.NOT_A_PAGE, "reading this page ended the reading process, twice")

    def close(self) -> None:
        """End it."""
        self.pipe.close()
        self.process.join(5)


def _serve(pipe: Connection) -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the pipe's end ends this process
    while True:
        try:
            pipe.send(read_page(pipe.recv_bytes()))
        except (EOFError, OSError):  # whoever asked is gone
            return


class Recorder:
    """An archive that is being crawled into."""

    def __init__(self, database: Path, *, delay: float, many: bool) -> None:
        self.database = database
        self.tally = Tally()
        self.error: Exception | None = None
        self.journal_left = 0  # bytes, once it is closed; see `close_writer`
        self._reader: ReaderProcess | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="archive")
        self._reading_thread = ThreadPoolExecutor(1, thread_name_prefix="reading")
        if delay < FAST and many:
            sys.setswitchinterval(SWITCH_SECONDS)
            self._reading_thread.submit(self._start_reader)
        self._room = asyncio.Semaphore(MOST_UNDER_WAY)
        self.store: Store = self._thread.submit(self._open).result()
        self.reading: sqlite3.Connection = beside_writer(database)

    def _open(self) -> Store:
        return Store(open_writer(self.database), todays_cleaner())

    def _start_reader(self) -> None:
        self._reader = ReaderProcess()

    def _read(self, body: bytes) -> Reading:
        return self._reader.read(body) if self._reader else read_page(body)

    def _read_ahead(self, capture: Capture) -> Future[Reading] | None:
        """Begin to read a page while earlier ones are stored; None where there is nothing new to read."""
        if capture.outcome is not FetchOutcome.OK or capture.body is None:
            return None
        known = self.reading.execute(
            "select 1 from readings where payload_digest = ? and cleaner = ?",
            [digest(capture.body), self.store.cleaner.version],
        ).fetchone()
        return None if known else self._reading_thread.submit(self._read, capture.body)

    async def _call(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def now(self, work: Callable[[], T]) -> T:
        """Do something on the archive's thread and wait for it; only before and after the crawl."""
        return self._thread.submit(work).result()

    async def room(self) -> None:
        """Wait until fewer captures are under way."""
        await self._room.acquire()

    async def record(self, capture: Capture, run_id: int | None) -> Stored | None:
        """Store a capture that `room` was waited for.

        After a failure nothing more is stored: `error` holds it, and the run ends with it.
        """
        try:
            ahead = self._read_ahead(capture)
            stored = await self._call(lambda: None if self.error else self._store(capture, run_id, ahead))
        except Exception as error:
            self.error = self.error or error
            return None
        finally:
            self._room.release()
        return stored

    def _store(self, capture: Capture, run_id: int | None, ahead: Future[Reading] | None) -> Stored:
        stored = self.store.record(capture, run_id, ahead.result() if ahead else None)
        self.tally.add(stored)
        return stored

    async def drain(self) -> None:
        """Wait until all captures under way are stored."""
        for _ in range(MOST_UNDER_WAY):
            await self._room.acquire()
        for _ in range(MOST_UNDER_WAY):
            self._room.release()

    async def listing(self, run_id: int, listed: frontier.Listed, new: int, then: Iterable[frontier.Entry]) -> None:
        """Write down a listing and what follows from it."""
        entries = list(then)
        await self._call(lambda: frontier.record_listing(self.store.db, run_id, listed, new, entries))

    async def wait_for(self, entries: Iterable[frontier.Entry], added_at: str, run_id: int | None) -> None:
        """Let addresses wait in the frontier."""
        listed = list(entries)
        await self._call(lambda: frontier.add(self.store.db, listed, added_at, run_id))

    def validators(
        self, article_id: int, url: str, origin: str | None
    ) -> tuple[dict[str, str], str | None, str | None]:
        """The headers that make a request conditional, the payload a 304 would confirm, and the last capture's moment."""
        row = self.reading.execute(
            "select c.etag, c.last_modified, c.payload_digest from captures c"
            " where c.article_id = ? and c.url = ? and c.origin is ? and c.outcome in ('ok', 'not_modified')"
            " and coalesce(c.etag, c.last_modified) is not null and exists"
            " (select 1 from readings r where r.payload_digest = c.payload_digest and r.status = 'record')"
            " order by c.fetched_at desc, c.id desc limit 1",
            [article_id, url, origin],
        ).fetchone()
        last = self.reading.execute(
            "select max(fetched_at) from captures where article_id = ?", [article_id]
        ).fetchone()[0]
        headers: dict[str, str] = {}
        if row and row["etag"]:
            headers["If-None-Match"] = row["etag"]
        if row and row["last_modified"]:
            headers["If-Modified-Since"] = row["last_modified"]
        return headers, row["payload_digest"] if row and headers else None, last

    def close(self) -> None:
        """Let what is under way be committed, then close."""
        self.reading.close()
        self._reading_thread.shutdown()
        if self._reader:
            self._reader.close()
        self._thread.submit(self._close_store).result()
        self._thread.shutdown()

    def _close_store(self) -> None:
        self.journal_left = close_writer(self.store.db, self.database)
