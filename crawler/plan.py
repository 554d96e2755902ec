"""What a run sets out to do, and in which order: pure."""

import heapq
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from archive.frontier import LISTING, NEW, RECHECK, Entry
from crawler.discovery import Walk
from crawler.urls import ArticleAddress

EXIT_CODES = {
    "done": 0,
    "failed": 1,
    "unreachable": 3,
    "degraded": 5,
    "partly_failed": 6,
    "interrupted": 130,
}
"""What a command that crawled ends with, by how its run ended."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A run as it was asked for: addresses given by hand, or a walk over the lists.

    `pages` bounds each list's walk (None: to its end), `force` asks known articles unconditionally, `job` is the name under
    which a schedule started the run.
    """

    command: str
    given: tuple[ArticleAddress, ...] = ()
    walk: bool = False
    full: bool = False
    force: bool = False
    pages: int | None = None
    job: str | None = None


@dataclass(slots=True)
class Agenda:
    """What is still to be asked in this run.

    Lists come first, so that tonight's news is found; but while articles wait they may take no more than half of a
    run's requests, so that a small budget moves on as well. New articles always come before rechecks; among each, the
    newest number first, but for rechecks that have their place in `order` (by article number).

    `known` are the articles that need no entry any more, `before` those that earlier runs knew (not from feeds alone), `walked` those that this run's
    lists (not its feeds) offered.
    """

    budget: int
    known: set[int] = field(default_factory=set)
    before: frozenset[int] = frozenset()
    walked: set[int] = field(default_factory=set)
    sections: set[str] = field(default_factory=set)
    order: Mapping[int, int] = field(default_factory=dict)
    listings: deque[Entry] = field(default_factory=deque)
    new: list[tuple[int, int, Entry]] = field(default_factory=list)
    rechecks: list[tuple[int, int, Entry]] = field(default_factory=list)
    queued: set[int | str] = field(default_factory=set)
    spent_on_lists: int = 0

    def add(self, entries: Iterable[Entry]) -> list[Entry]:
        """Take up what is not on the agenda yet; returns that."""
        fresh = []
        for entry in entries:
            key = entry.article_id or entry.url  # an article under two addresses is one article
            if key not in self.queued:
                self.queued.add(key)
                fresh.append(entry)
        for entry in fresh:
            if entry.kind == LISTING:
                self.listings.append(entry)
            else:
                number = entry.article_id or 0
                heap = self.new if entry.kind == NEW else self.rechecks
                place = self.order.get(number, -number) if entry.kind == RECHECK else -number
                heapq.heappush(heap, (entry.attempts, place, entry))
        return fresh

    def next(self) -> Entry | None:
        """The next address; None when the agenda is done."""
        if self.listings and (not self.new or self.spent_on_lists < self.budget // 2):
            return self.listings.popleft()
        heap = self.new or self.rechecks
        return heapq.heappop(heap)[2] if heap else None

    def articles_left(self) -> list[Entry]:
        """The articles that were not asked."""
        return [entry for *_, entry in sorted([*self.new, *self.rechecks])]


def listing_entry(walk: Walk, page: int, run_id: int, full: bool) -> Entry:
    """A page of a list, as an address that waits; `run_id` is the run in which its walk began."""
    return Entry(LISTING, walk.page_url(page), None, walk.name, page, run_id, full)


def article_entry(kind: str, address: ArticleAddress, full: bool = False) -> Entry:
    """An article, as an address that waits."""
    return Entry(kind, address.url, address.article_id, full=full)


__all__ = ["LISTING", "NEW", "RECHECK", "Agenda", "Plan", "article_entry", "listing_entry"]
