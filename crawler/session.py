"""One crawl of one archive: its lock, its row in `runs`, its recorder and its report."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archive import frontier
from archive.layout import drifts_of, fields_of
from archive.lock import crawl_lock
from archive.reads.edits import edits_standing
from archive.records import Capture, Outcome
from archive.store import Turn
from archive.times import Clock, now, stamp
from crawler.config import PROGRAM, Config
from crawler.extraction import cleaner_version
from crawler.plan import EXIT_CODES, Plan
from crawler.recording import MOST_NOTABLE, Recorder

# A night has a few time-outs; a tenth of all addresses without a usable answer (or turned away), or half of the lists (those that
# are not there at all left aside), is more.
# Of addresses given by hand a single one counts.
FAILED_SHARE, LEAST_FAILED = 0.1, 3
FAILED_LISTS = 0.5

MANY = 16  # addresses from which a second process is worth its start

Progress = Callable[[str, Any], None]
"""Told of each step: ("stored", Stored), ("listing", Listed) or ("agenda", number of articles still to ask)."""


def _quiet(_kind: str, _what: Any) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Judged:
    """What the end of a run found: articles that stand elsewhere, fields by template, and what has drifted."""

    turns: list[Turn] = field(default_factory=list)
    fields: list[dict[str, Any]] = field(default_factory=list)
    drift: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Lists:
    """What a run's feeds and lists came to; the pages themselves are in the archive, and a long run has thousands.

    `broken` leaves out those that are not there: not every section has a list of both forms.
    """

    asked: int = 0
    failed: int = 0
    broken: int = 0
    sightings: int = 0
    other: int = 0

    def add(self, listed: frontier.Listed) -> None:
        """Count a page."""
        self.asked += 1
        self.failed += listed.error is not None
        self.broken += listed.error is not None and listed.http_status not in (404, 410)
        self.sightings += len(listed.sightings)
        self.other += listed.other


@dataclass(slots=True)
class Session:
    """A crawl that has the archive for itself.

    Raises ArchiveLocked when another has it, NotAnArchive or NewerArchive where the file cannot be used.
    """

    database: Path
    config: Config
    plan: Plan
    clock: Clock = now
    progress: Progress = _quiet
    hosts: dict[str, str] = field(default_factory=dict)
    listings: Lists = field(default_factory=Lists)
    left_over: int = 0
    listings_left: int = 0
    requests: int = 0
    reachable: bool = True
    report: dict[str, Any] = field(default_factory=dict)
    recorder: Recorder = field(init=False)
    run_id: int = field(init=False)
    started_at: str = field(init=False)
    stopping: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _storing: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _stack: ExitStack = field(default_factory=ExitStack, init=False)

    def __post_init__(self) -> None:
        self._stack.enter_context(crawl_lock(self.database, self.plan.command, self.clock))
        try:
            self.recorder = Recorder(
                self.database, delay=self.config.crawl.delay, many=self.plan.walk or len(self.plan.given) > MANY
            )
            self._stack.callback(self.recorder.close)
            self.started_at = stamp(self.clock())
            origin = self.config.site.origin
            self.recorder.now(self.recorder.store.settle)  # a run that was killed was never judged
            self.run_id = self.recorder.now(
                lambda: frontier.begin_run(
                    self.recorder.store.db, self.plan.command, self.started_at, origin, PROGRAM, self.plan.job
                )
            )
        except BaseException:
            self._stack.close()
            raise

    def submit(self, capture: Capture) -> None:
        """Let a capture be stored, in its turn; a failure is kept in `recorder.error`."""
        task = asyncio.ensure_future(self._store(capture))
        self._storing.add(task)
        task.add_done_callback(self._storing.discard)

    async def _store(self, capture: Capture) -> None:
        stored = await self.recorder.record(capture, self.run_id)
        if stored is not None:
            self.progress("stored", stored)

    @property
    def ended(self) -> bool:
        """Whether nothing more may be asked: the run was told to stop, or the archive failed."""
        return self.stopping.is_set() or self.recorder.error is not None

    def close(self, status: str) -> None:
        """Write the report, close the archive, let go of the lock; a second time nothing happens.

        Never raises for the archive's sake: Scrapy would log that and end well. `recorder.error` holds what went wrong.
        """
        if self.report:
            return
        if status == "done" and self.stopping.is_set():
            status = "interrupted"
        if status == "done" and (not self.reachable or self._nothing_answered()):
            status = "unreachable"
        if self.recorder.error:
            status = "failed"
        judged = Judged()
        try:
            if not self.recorder.error:
                judged = self.recorder.now(self._judge)
        except Exception as error:  # raised by the command, which ends the run with it: Scrapy would only log it
            self.recorder.error, status = error, "failed"
        self._end(status, judged)

    def _judge(self) -> "Judged":
        """Settle the run, and count its edits as they stand then."""
        store, tally = self.recorder.store, self.recorder.tally
        turns = store.settle()
        tally.take_back(edits_standing(store.db.conn, tally.edits))
        return Judged(turns, fields_of(store.db.conn, self.run_id), drifts_of(store.db.conn, self.run_id))

    def _end(self, status: str, judged: "Judged") -> None:
        if status == "done":
            status = "degraded" if judged.drift else "partly_failed" if self._partly_failed() else status
        self.report = self._report(status, judged)
        try:
            if not self.recorder.error:
                self.recorder.now(
                    lambda: frontier.end_run(
                        self.recorder.store.db, self.run_id, status, self.report["finished_at"], self.report
                    )
                )
        except Exception as error:
            self.recorder.error, self.report["status"] = error, "failed"
        finally:
            self._stack.close()

    def _nothing_answered(self) -> bool:
        """Whether all that was asked beyond robots.txt failed."""
        answered = set(self.recorder.tally.outcomes) - {Outcome.FAILED.value}
        lists = self.listings.asked - self.listings.failed
        return self.recorder.tally.outcomes[Outcome.FAILED.value] > 0 and not answered and not lists

    def _partly_failed(self) -> bool:
        """Whether more of what was asked gave no usable answer than a run may lose."""
        outcomes = self.recorder.tally.outcomes
        lost = sum(outcomes[outcome.value] for outcome in (Outcome.FAILED, Outcome.BLOCKED))
        enough = lost >= LEAST_FAILED or not self.plan.walk
        too_many = enough and lost > FAILED_SHARE * sum(outcomes.values())
        return too_many or (self.plan.walk and self.listings.broken > FAILED_LISTS * self.listings.asked)

    def _report(self, status: str, judged: "Judged") -> dict[str, Any]:
        tally = self.recorder.tally
        turns = [*tally.turns, *judged.turns][:MOST_NOTABLE]
        outcomes = {outcome.value: tally.outcomes[outcome.value] for outcome in Outcome}
        outcomes[Outcome.LEFT_OVER.value] = self.left_over
        return {
            "run": self.run_id,
            "command": self.plan.command,
            "status": status,
            "exit_code": EXIT_CODES[status],
            "program": PROGRAM,
            "cleaner": cleaner_version(),
            "started_at": self.started_at,
            "finished_at": stamp(self.clock()),
            "origin": self.config.site.origin,
            "addresses": sum(outcomes.values()),
            "outcomes": outcomes,
            "versions": dict(tally.kinds),
            "silent": tally.silent,
            "held": tally.held,
            "drift": judged.drift,
            "fields": judged.fields,
            "refused": [
                {"article": s.article_id, "url": s.url, "reason": s.reason}
                for s in tally.notable
                if s.outcome is Outcome.REFUSED
            ],
            "statuses": [{"id": t.article_id, "title": t.title, "before": t.before, "after": t.after} for t in turns],
            "requests": self.requests,
            "bytes": tally.bytes,
            "hosts": self.hosts,
            "listings": {
                "asked": self.listings.asked,
                "failed": self.listings.failed,
                "sightings": self.listings.sightings,
                "other": self.listings.other,
                "left_over": self.listings_left,
            },
            "notable": [
                {
                    "id": s.article_id,
                    "url": s.url,
                    "outcome": s.outcome.value,
                    "title": s.title,
                    "version": s.version_id,
                    "kind": s.kind,
                    "silent": s.silent,
                    "reason": s.reason,
                }
                for s in tally.notable
            ],
        }
