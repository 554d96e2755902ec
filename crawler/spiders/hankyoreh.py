"""The spider: asks feed, lists and articles one address after the other, and hands on captures.

    scrapy crawl hankyoreh                            # tonight's walk, as `hani nightly`
    scrapy crawl hankyoreh -a url=https://…/1.html    # one article (or several, parted by blanks)

It stores into the database that HANI_DB or hani.toml names, `-a db=PATH` names another; `-a origin=URL` asks that
server in the site's stead.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

import scrapy
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    CloseSpider,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)

from archive import frontier
from archive.frontier import Entry, Listed
from archive.records import Capture
from archive.times import seconds_between, stamp
from crawler import config as configuration
from crawler.config import Config
from crawler.discovery import Walk, read_listing, section_walks, walk_named, walks
from crawler.fetching import Answer, Budget, Exhausted, Fetcher, folded
from crawler.plan import LISTING, NEW, RECHECK, Agenda, Plan, article_entry, listing_entry
from crawler.politeness import Pace
from crawler.rechecking import rechecks
from crawler.session import Session
from crawler.urls import HOSTS, ArticleAddress, article_address, find_article, is_section_code

_FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (DownloadTimeoutError, "no answer within {timeout:g} seconds"),
    (DownloadConnectionRefusedError, "the connection was refused"),
    (CannotResolveHostError, "the host's name has no address"),
    (DownloadCancelledError, "the answer is larger than {most:,} bytes"),
    (ResponseDataLossError, "the connection broke off amid the answer"),
    (DownloadFailedError, "the connection failed"),
)


T = TypeVar("T")
GONE = (404, 410)
MOST_LIST_ATTEMPTS = 5  # of a list's page that fails, a run each; it waits, since a later walk stops above it
CONTROLS = 5  # good answers in a run from which an article's being gone is told from an outage


class Stopped(Exception):
    """The run was told to stop."""


class HankyorehSpider(scrapy.Spider):
    """Asks the site; everything it may do is in its session's plan."""

    name = "hankyoreh"
    allowed_domains: ClassVar[list[str]] = list(HOSTS)
    session: Session
    fetcher: Fetcher
    _controlled = False
    _told = True  # whether the session is another's, who tells of its errors

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, session: Session | None = None, **kwargs: Any) -> Self:
        """Make the spider; from Scrapy's own command line it opens its session itself."""
        arguments = dict(kwargs)
        told = session is not None
        session = session or _session_from(arguments)
        crawl = session.config.crawl
        crawler.settings.setdict(
            {
                "USER_AGENT": session.config.user_agent,
                "DOWNLOAD_TIMEOUT": crawl.timeout,
                "HANI_ORIGIN": session.config.site.origin,
            },
            priority="spider",
        )
        spider = super().from_crawler(crawler, *args)
        spider.session, spider._told = session, told
        crawler.signals.connect(spider._closed, scrapy.signals.spider_closed)
        return spider

    # --- the run ---

    async def start(self) -> AsyncIterator[Any]:
        """Ask one address after the other until the agenda or the budget ends; hand on each capture.

        1. take up what earlier runs left over, and what tonight's plan adds;
        2. ask the next address: a list, a new article, a known one;
        3. what a list offers goes on the agenda, what an article answers goes to the archive;
        4. where something was found gone, ask a few others, so that an outage is told from a removal.
        """
        session, crawl = self.session, self.session.config.crawl
        budget = Budget(crawl.max_requests, time.monotonic() + 60 * crawl.max_minutes)
        self.fetcher = Fetcher(
            self._download,
            Pace(crawl.delay, time.monotonic),
            budget,
            self._sleep,
            session.clock,
            session.config.user_agent,
            session.config.site.origin,
        )
        agenda = Agenda(crawl.max_requests)
        entry: Entry | None = None
        try:
            await self._take_up(agenda)
            while not session.ended and (entry := await self._next(agenda)) is not None:
                session.progress("agenda", len(agenda.new) + len(agenda.rechecks))
                if entry.kind == LISTING:
                    before = budget.spent
                    await self._ask_listing(agenda, entry)
                    agenda.spent_on_lists += budget.spent - before
                elif session.plan.walk and (self.fetcher.shut_out() or self.fetcher.out_of_order()):
                    why = (
                        "the site is out of order" if self.fetcher.out_of_order() else "no host lets anything be asked"
                    )
                    self.logger.info("%s; what is known waits for the next run", why)
                    break
                else:
                    capture = await self._ask_article(agenda, entry)
                    entry = None
                    await session.recorder.room()
                    yield capture
                entry = None
        except Stopped:
            self.logger.info("stopped; what was fetched is kept")
        except Exhausted:
            self.logger.info("the run's budget is used up; what is left over waits in the frontier")
        except Exception as error:  # a fault of ours must end the run as failed, not as done
            session.recorder.error = session.recorder.error or error
        finally:
            self._account(agenda, entry)
        await self._settled()
        # Left alone, Scrapy looks only every five seconds whether a spider is idle.
        raise CloseSpider("finished")

    async def _next(self, agenda: Agenda) -> Entry | None:
        """The next address; when the agenda is done, controls, if there is need of them."""
        entry = agenda.next()
        if entry is None and not self._controlled:
            self._controlled = True
            await self._add_controls(agenda)
            entry = agenda.next()
        return entry

    async def _add_controls(self, agenda: Agenda) -> None:
        """Where articles were found gone and few others asked for, ask others that were there the last time.

        A run by hand asks for one list instead, which does not show among the articles that it was given.
        """
        session = self.session
        await session.recorder.drain()
        outcomes = session.recorder.tally.outcomes
        wanted = CONTROLS - sum(outcomes[name] for name in ("unchanged", "not_modified", "changed"))
        if not outcomes["gone"] or wanted <= 0:
            return
        reading, run = session.recorder.reading, session.run_id
        if not session.plan.walk:
            if (known := frontier.answered_list(reading)) is not None:
                await self._ask_control_list(agenda, *known)
            return
        addresses = [find_article(url) for url in frontier.controls(reading, run, wanted)]
        entries = agenda.add(article_entry(RECHECK, address) for address in addresses if address)
        await session.recorder.wait_for(entries, stamp(session.clock()), run)

    async def _ask_control_list(self, agenda: Agenda, source: str, url: str) -> None:
        """Ask a list only to see whether the site answers: what it offers waits for the next walk."""
        session = self.session
        trail = await self.fetcher.follow(url, {}, lambda target: find_article(target) is not None)
        listing = read_listing(trail.answer.body, trail.url) if trail.answer.status == 200 else None
        error = None if listing else trail.refused or trail.answer.error or f"answered {trail.answer.status}"
        sightings = listing.sightings if listing else ()
        at = stamp(session.clock())
        listed = Listed(source, url, at, trail.answer.status, sightings, listing.other if listing else 0, error)
        session.listings.add(listed)
        unknown = [Entry(NEW, s.url, s.article_id) for s in sightings if s.article_id not in agenda.known]
        await session.recorder.listing(session.run_id, listed, len(unknown), unknown)
        session.progress("listing", listed)

    async def _settled(self) -> None:
        """Wait until every capture is stored and Scrapy has let go of every item."""
        await self.session.recorder.drain()
        assert self.crawler.engine is not None
        slot = self.crawler.engine.scraper.slot
        while slot is not None and slot.itemproc_size:
            await asyncio.sleep(0)

    def _account(self, agenda: Agenda, interrupted: Entry | None) -> None:
        """Note what the run leaves over, and which hosts let it in."""
        session, fetcher = self.session, self.fetcher
        broken_off = [interrupted] if interrupted else []
        session.left_over = len(agenda.articles_left()) + sum(e.kind != LISTING for e in broken_off)
        session.listings_left = len(agenda.listings) + sum(e.kind == LISTING for e in broken_off)
        session.requests = fetcher.budget.spent
        session.hosts = {host: rules.denied or "answers" for host, rules in sorted(fetcher.rules.items())}
        session.reachable = not fetcher.rules or any(rules.denied is None for rules in fetcher.rules.values())

    async def _take_up(self, agenda: Agenda) -> None:
        """Fill the agenda."""
        session, plan = self.session, self.session.plan
        reading, at, run = session.recorder.reading, stamp(session.clock()), session.run_id
        agenda.known = frontier.known_ids(reading)
        agenda.before = frozenset(agenda.known - frontier.named_by_feeds_alone(reading, ("new:", "old:")))
        if not plan.walk:
            kinds = (RECHECK if address.article_id in agenda.known else NEW for address in plan.given)
            given = [article_entry(kind, address) for kind, address in zip(kinds, plan.given, strict=True)]
            await session.recorder.wait_for(agenda.add(given), at, run)
            return
        waiting = frontier.waiting(reading)
        agenda.add(entry for entry in waiting if entry.kind != RECHECK)
        unfinished = plan.full and any(entry.full for entry in waiting)
        sections = dict.fromkeys([*session.config.site.sections, *filter(is_section_code, frontier.sections(reading))])
        agenda.sections = set(sections)
        if unfinished:  # goes on where the last full run stopped
            agenda.add(waiting)
            return
        seeds = [listing_entry(walk, 1, run, plan.full) for walk in walks(session.config.site.feeds, sections)]
        known = rechecks(reading, session.config, plan, waiting, at)
        agenda.order = {entry.article_id: place for place, entry in enumerate(known) if entry.article_id}
        await session.recorder.wait_for(agenda.add([*seeds, *known]), at, run)

    # --- lists ---

    async def _ask_listing(self, agenda: Agenda, entry: Entry) -> None:
        """Ask a page of a feed or list, write down what it offers, and put what follows on the agenda."""
        session = self.session
        trail = await self.fetcher.follow(entry.url, {}, lambda target: find_article(target) is not None)
        status = trail.answer.status
        listing = read_listing(trail.answer.body, trail.url) if status == 200 else None
        error = None
        if listing is None:
            error = trail.refused or trail.answer.error or f"answered {status}"
            if trail.stopped_at:
                error = f"redirected to {trail.stopped_at}"
        listed = Listed(
            entry.source or entry.url,
            entry.url,
            stamp(session.clock()),
            status,
            listing.sightings if listing else (),
            listing.other if listing else 0,
            error,
        )
        fresh = [s for s in listed.sightings if s.article_id not in agenda.known]
        agenda.known.update(s.article_id for s in fresh)
        then = [Entry(NEW, s.url, s.article_id, full=entry.full) for s in fresh]
        walk, page = walk_named(entry.source or entry.url), entry.page or 1
        if listing:
            then += self._new_walks(agenda, listed, listing.feeds, entry)
        hole = listing is None and page > 1 and status not in GONE and trail.refused is None
        if hole or self._goes_on(agenda, walk, page, listed, entry):
            then += self._next_page(walk, page, entry)
        if walk.form != "feed":
            agenda.walked.update(s.article_id for s in listed.sightings)
        session.listings.add(listed)
        again = [replace(entry, attempts=entry.attempts + 1)] if hole and entry.attempts < MOST_LIST_ATTEMPTS else []
        await session.recorder.listing(session.run_id, listed, len(fresh), [*agenda.add(then), *again])
        session.progress("listing", listed)

    def _next_page(self, walk: Walk, page: int, entry: Entry) -> list[Entry]:
        """A list's next page, as far as the plan allows one."""
        plan = self.session.plan
        most = plan.pages if plan.pages is not None else None if entry.full else self.session.config.crawl.pages
        if most is not None and page >= most:
            return []
        return [listing_entry(walk, page + 1, entry.walk_run or self.session.run_id, entry.full)]

    def _goes_on(self, agenda: Agenda, walk: Walk, page: int, listed: Listed, entry: Entry) -> bool:
        """Whether a list's next page is worth asking.

        A nightly walk ends with a page of which earlier runs, or this run's lists, knew all: that a feed has named an article, be it
        in a run that was killed, does not mean that those behind it are known. A full walk ends with a page that is empty or offers only what this walk
        has seen: the site answers beyond the last page with nothing, or with the last page again.
        """
        if walk.form == "feed" or not listed.sightings:
            return False
        if not entry.full:
            return any(
                s.article_id not in agenda.before and s.article_id not in agenda.walked for s in listed.sightings
            )
        since = entry.walk_run or self.session.run_id
        seen = frontier.sighted_in_walk(self.session.recorder.reading, walk.name, since)
        return any(s.article_id not in seen for s in listed.sightings)

    def _new_walks(self, agenda: Agenda, listed: Listed, feeds: tuple[str, ...], entry: Entry) -> list[Entry]:
        """Lists of sections met for the first time, and feeds that a page of feeds links to."""
        run = self.session.run_id
        found = [listing_entry(Walk(feed, None, "feed"), 1, run, entry.full) for feed in feeds]
        for sighting in listed.sightings:
            address = find_article(sighting.url)
            section = address.section if address else None
            if section and section not in agenda.sections and is_section_code(section):
                agenda.sections.add(section)
                found += [listing_entry(walk, 1, run, entry.full) for walk in section_walks(section)]
        return found

    # --- articles ---

    async def _ask_article(self, agenda: Agenda, entry: Entry) -> Capture:
        """Ask an article: conditionally where we know it, at the other host where its own is dead."""
        address = await self._alive(article_address(entry.url))
        session = self.session
        headers, confirms, last = session.recorder.validators(
            address.article_id, address.url, session.config.site.origin
        )
        if session.plan.force:
            headers, confirms = {}, None
        await self._next_second(last)
        capture, other = await self.fetcher.article(address, headers, confirms)
        if other is not None and other.article_id not in agenda.known:
            agenda.known.add(other.article_id)
            queued = [article_entry(NEW, other)]
            at = stamp(session.clock())
            await session.recorder.wait_for(agenda.add(queued) if session.plan.walk else queued, at, session.run_id)
        return capture

    async def _next_second(self, last: str | None) -> None:
        """Never capture an article twice within a second: their order would be lost."""
        while last is not None and 0 <= seconds_between(last, stamp(self.session.clock())) < 1:
            await asyncio.sleep(0.05)

    async def _alive(self, address: ArticleAddress) -> ArticleAddress:
        """The same article at the other host, where its own does not answer at all (both hold the same numbers)."""
        rules = await self.fetcher.rules_of(address.host)
        if not rules.silent:
            return address
        for host in HOSTS:
            if host != address.host and (await self.fetcher.rules_of(host)).denied is None:
                return replace(address, host=host)
        return address

    # --- one download ---

    async def _download(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Ask Scrapy's downloader once; what a network or a server can do becomes an Answer."""
        assert self.crawler.engine is not None
        request = scrapy.Request(url, headers=dict(headers), dont_filter=True)
        try:
            response = await self._unless_stopped(self.crawler.engine.download_async(request))
        except IgnoreRequest as error:
            return Answer(None, error=str(error) or "not asked", final=True)
        except tuple(kind for kind, _ in _FAILURES) as error:
            words = next(words for kind, words in _FAILURES if isinstance(error, kind))
            most = self.crawler.settings.getint("DOWNLOAD_MAXSIZE")
            text = words.format(timeout=self.session.config.crawl.timeout, most=most)
            return Answer(
                None,
                error=text,
                timed_out=isinstance(error, DownloadTimeoutError),
                final=isinstance(error, DownloadCancelledError),
            )
        except (Stopped, Exhausted):
            raise
        except Exception as error:  # a server can send what no decoder takes: gzip that is none, a broken header
            return Answer(
                None, error=f"the answer cannot be decoded: {type(error).__name__}: {error}"[:300], final=True
            )
        return Answer(response.status, folded(response.headers.items()), response.body)

    async def _unless_stopped(self, work: Awaitable[T]) -> T:
        """Wait for some work, but no longer than until the run is told to stop, or its minutes are over.

        Raises Stopped, Exhausted.
        """
        task, stop = asyncio.ensure_future(work), asyncio.ensure_future(self.session.stopping.wait())
        left = max(0.0, self.fetcher.budget.deadline - time.monotonic())
        await asyncio.wait({task, stop}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        stopped = stop.done()
        stop.cancel()
        if task.done():
            return task.result()
        task.cancel()
        raise Stopped if stopped else Exhausted

    async def _sleep(self, seconds: float) -> None:
        await self._unless_stopped(asyncio.sleep(seconds))

    def _closed(self, spider: scrapy.Spider, reason: str) -> None:
        """Close the session with the run: the report says how it ended."""
        self.session.close("done" if reason == "finished" else "interrupted")
        if self.session.recorder.error and not self._told:
            self.logger.error("the run failed: %s", self.session.recorder.error)


def _session_from(arguments: dict[str, Any]) -> Session:
    """The session that Scrapy's own command line asks for.

    Raises BadConfig, NotAnArticleAddress, or what the archive refuses.
    """
    path = Path(arguments.get("config") or "hani.toml")
    config = configuration.load(path) if arguments.get("config") or path.exists() else Config()
    if (origin := arguments.get("origin")) is not None:
        config = replace(config, site=replace(config.site, origin=configuration.check_origin(origin)))
    if (delay := arguments.get("delay")) is not None:
        config = replace(config, crawl=replace(config.crawl, delay=float(delay)))
    configuration.check(config, "the arguments")
    given = tuple(article_address(url) for url in str(arguments.get("url") or "").split())
    database = Path(arguments.get("db") or os.environ.get("HANI_DB") or config.database)
    plan = Plan("scrapy crawl hankyoreh", given, walk=not given, full=arguments.get("full") == "1")
    return Session(database, config, plan)
