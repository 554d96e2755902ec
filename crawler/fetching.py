"""Asking one address: pace, robots.txt, retries and redirects around a single download.

    1. the run's budget must allow another request;
    2. robots.txt of the host must allow the address (also one that a redirect leads to);
    3. the pace is waited for, then the address is asked;
    4. 429, 502, 503, 504 and broken connections are asked again, slower;
    5. a redirect is followed as long as it stays on the site and with the same article.

The download itself is passed in, and so are the clocks: nothing here knows Scrapy.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from archive.records import Capture, FetchOutcome
from archive.times import Clock, stamp
from crawler.origin_address import from_origin
from crawler.politeness import MOST_PATIENCE, Pace, retry_after
from crawler.robots import Rules, rules_from
from crawler.urls import (
    HOSTS,
    ArticleAddress,
    find_article,
    is_any_article,
    is_list_or_front,
    is_print_of,
    resolve,
    site_host,
)

MOST_ATTEMPTS = 3  # of one address in one run
# Once an address has answered with nothing but server errors, others that do are not asked again in this run: waiting for each
# of them anew, longer each time, would take the night. After five, and a fifth of what was asked, the site is out of order, and
# the run leaves it alone.
IN_VAIN = 1
OUT_OF_ORDER = 5
OUT_OF_ORDER_SHARE = 0.2
MOST_REDIRECTS = 5
# What of an answer's headers is kept: real ones have about 20 of some 1,000 characters together.
MOST_HEADERS, MAX_HEADER, MAX_HEADERS = 60, 4096, 16_384
_NEEDED = ("location", "retry-after", "etag", "last-modified", "content-type", "date", "content-encoding")
_AGAIN = frozenset({429, 500, 502, 503, 504})
_TOO_FAST = frozenset({429, 503})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})
_BLOCKED = frozenset({401, 402, 403, 407, 429, 451})


class Exhausted(Exception):
    """The run's budget of requests or minutes is used up, or the site asked for a longer rest than it has."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one download gave: a status with headers (lower-case names) and body, or an error in words.

    `final` says that asking again would give the same: an answer that is too large, or that cannot be decoded.
    """

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: str | None = None
    timed_out: bool = False
    final: bool = False


def folded(headers: Iterable[tuple[bytes, Iterable[bytes]]]) -> dict[str, str]:
    """Headers by their lower-case names, values of one name joined; at most MOST_HEADERS, and MAX_HEADERS characters.

    Those that the crawl itself looks at come first, so that a flood of cookies never pushes them out.
    """
    read = {
        name.decode("latin-1").lower()[:MAX_HEADER]: ", ".join(v.decode("latin-1")[:MAX_HEADER] for v in values)[
            :MAX_HEADER
        ]
        for name, values in headers
    }
    kept: dict[str, str] = {}
    room = MAX_HEADERS
    for name in [*filter(read.__contains__, _NEEDED), *(name for name in read if name not in _NEEDED)][:MOST_HEADERS]:
        room -= len(name) + len(read[name])
        if room < 0 and name not in _NEEDED:
            break
        kept[name] = read[name]
    return {name: kept[name] for name in read if name in kept}


Download = Callable[[str, Mapping[str, str]], Awaitable[Answer]]
"""Asks an address with extra headers, once; never raises for what a network or a server does."""


@dataclass(slots=True)
class Budget:
    """What a run may spend: requests of any kind, and time until `deadline` (in the pace's monotonic seconds)."""

    requests: int
    deadline: float
    spent: int = 0


@dataclass(frozen=True, slots=True)
class Trail:
    """One address with all that it took: the last answer, where it came from, the redirects followed."""

    answer: Answer
    url: str
    redirects: tuple[str, ...]
    elapsed_ms: int
    attempts: int
    refused: str | None = None
    stopped_at: str | None = None
    loop: bool = False


class Fetcher:
    """Asks addresses of the site, one at a time."""

    def __init__(
        self,
        download: Download,
        pace: Pace,
        budget: Budget,
        sleep: Callable[[float], Awaitable[None]],
        clock: Clock,
        user_agent: str,
        origin: str | None = None,
        source: str = "crawl",
    ) -> None:
        self.download, self.pace, self.budget, self.sleep = download, pace, budget, sleep
        self.clock, self.user_agent, self.origin, self.source = clock, user_agent, origin, source
        self.rules: dict[str, Rules] = {}
        self.asked = 0  # addresses
        self.in_vain = 0  # of these, those that answered with server errors alone

    # --- one request ---

    async def ask(self, url: str, headers: Mapping[str, str]) -> tuple[Answer, int]:
        """Ask an address, again where that may help; the answer and how often it was asked.

        Raises Exhausted.
        """
        attempt = 0
        while True:
            attempt += 1
            answer = await self._once(url, headers)
            most = 1 if self.in_vain >= IN_VAIN else 2 if answer.timed_out else MOST_ATTEMPTS
            worth_it = not answer.final and (answer.status is None or answer.status in _AGAIN)
            if attempt >= most or not worth_it or not self._may_go_on():
                self.asked += 1
                self.in_vain += answer.status is not None and answer.status >= 500
                return answer, attempt

    async def _once(self, url: str, headers: Mapping[str, str]) -> Answer:
        await self._wait()
        self.budget.spent += 1
        answer = await self.download(url, headers)
        self.pace.asked()
        if answer.status in _TOO_FAST:
            self.pace.too_fast(retry_after(answer.headers.get("retry-after"), self.clock()))
        elif answer.status is not None and answer.status < 500:
            self.pace.well_received()
        return answer

    def _may_go_on(self) -> bool:
        """Whether another request would be within the budget, once the pace has been waited for."""
        wait = self.pace.wait()
        in_time = wait <= MOST_PATIENCE and self.pace.monotonic() + wait < self.budget.deadline
        return in_time and self.budget.spent < self.budget.requests

    async def _wait(self) -> None:
        if not self._may_go_on():
            raise Exhausted
        if (wait := self.pace.wait()) > 0:
            await self.sleep(wait)

    # --- robots.txt ---

    async def rules_of(self, host: str) -> Rules:
        """A host's rules; its robots.txt is asked on the first need, once."""
        if host not in self.rules:
            url, answer = f"https://{host}/robots.txt", Answer(None)
            for _ in range(MOST_REDIRECTS + 1):
                answer = await self._once(url, {})
                target = self._target(url, answer)
                if target is None or site_host(target) is None:
                    break
                url = target
            rules = rules_from(answer.status, answer.body, self.user_agent, answer.error)
            self.pace.heed(rules.crawl_delay)
            self.rules[host] = rules
        return self.rules[host]

    def shut_out(self) -> bool:
        """Whether every host of the site was tried and let nothing be asked in this run."""
        return len(self.rules) == len(HOSTS) and all(rules.denied for rules in self.rules.values())

    def out_of_order(self) -> bool:
        """Whether so many addresses have answered with server errors alone that the site is better left alone."""
        return self.in_vain >= OUT_OF_ORDER and self.in_vain >= OUT_OF_ORDER_SHARE * self.asked

    async def refusal(self, url: str) -> str | None:
        """Why robots.txt keeps us from an address of the site; None where it does not."""
        host = site_host(url) or ""
        return (await self.rules_of(host)).refusal(url, self.user_agent)

    # --- redirects ---

    def _target(self, url: str, answer: Answer) -> str | None:
        """Where an answer redirects to, as an address of the site where it names the origin."""
        location = answer.headers.get("location")
        if answer.status not in _REDIRECTS or not location:
            return None
        return from_origin(resolve(url, location), self.origin, site_host(url) or "")

    async def follow(
        self, url: str, headers: Mapping[str, str], stop: Callable[[str], bool] = lambda _: False
    ) -> Trail:
        """Ask an address and follow its redirects on the site, but not to one at which `stop` says to.

        Raises Exhausted.
        """
        redirects: list[str] = []
        seen, current, attempts = {url}, url, 0
        began = self.pace.monotonic()

        def trail(answer: Answer) -> Trail:
            elapsed = max(0, round(1000 * (self.pace.monotonic() - began)))
            return Trail(answer, current, tuple(redirects), elapsed, max(1, attempts))

        while True:
            if refused := await self.refusal(current):
                return replace(trail(Answer(None)), refused=refused)
            if not redirects:
                began = self.pace.monotonic() + self.pace.wait()
            answer, tries = await self.ask(current, headers if not redirects else {})
            attempts += tries
            target = self._target(current, answer)
            if target is None:
                return trail(answer)
            redirects.append(target)
            if site_host(target) is None or stop(target):
                return replace(trail(answer), stopped_at=target)
            if target in seen or len(redirects) > MOST_REDIRECTS:
                return replace(trail(answer), loop=True)
            seen.add(target)
            current = target

    # --- an article ---

    async def article(
        self, address: ArticleAddress, conditions: Mapping[str, str], confirms: str | None
    ) -> tuple[Capture, ArticleAddress | None]:
        """Capture an article; also the other article that its address now leads to, if it does.

        `conditions` are headers that make the request conditional, `confirms` the payload that a 304 would confirm.

        Raises Exhausted.
        """

        def leads_away(target: str) -> bool:
            if is_print_of(target, address.article_id):  # the same article: its robots.txt decides
                return False
            found = find_article(target)
            if found:
                return found.article_id != address.article_id
            return is_any_article(target) or is_list_or_front(target)

        url = address.url
        trail = await self.follow(url, conditions, leads_away)
        outcome, error = self._outcome(trail, confirms if conditions else None)
        answered = find_article(trail.url)
        body = trail.answer.body if outcome is FetchOutcome.OK else trail.answer.body or None
        keeps_body = outcome in (FetchOutcome.OK, FetchOutcome.GONE, FetchOutcome.BLOCKED)
        capture = Capture(
            article_id=address.article_id,
            requested_url=url,
            url=answered.url if answered else trail.url,
            section=answered.section if answered else None,
            redirects=trail.redirects,
            fetched_at=stamp(self.clock()),
            source=self.source,
            origin=self.origin,
            http_status=trail.answer.status,
            headers=trail.answer.headers,
            outcome=outcome,
            body=body if keeps_body else None,
            payload_digest=confirms if outcome is FetchOutcome.NOT_MODIFIED else None,
            etag=trail.answer.headers.get("etag"),
            last_modified=trail.answer.headers.get("last-modified"),
            elapsed_ms=None if trail.refused else trail.elapsed_ms,
            attempts=trail.attempts,
            error=error,
        )
        other = find_article(trail.stopped_at) if trail.stopped_at and outcome is FetchOutcome.GONE else None
        return capture, other

    def _outcome(self, trail: Trail, confirms: str | None) -> tuple[FetchOutcome, str | None]:
        """How the fetch ended, and why in words where it was not simply answered."""
        status = trail.answer.status
        if trail.refused:
            return FetchOutcome.ROBOTS, trail.refused
        if trail.loop:
            return FetchOutcome.FAILED, f"redirects without end, last to {trail.redirects[-1]}"
        if trail.stopped_at is not None:
            if site_host(trail.stopped_at) is None:
                return FetchOutcome.OFF_SITE, f"redirected off the site, to {trail.stopped_at}"
            return FetchOutcome.GONE, f"redirected to {trail.stopped_at}"
        if status is None:
            return FetchOutcome.FAILED, trail.answer.error
        if status == 200:
            return FetchOutcome.OK, None
        if status == 304 and confirms:
            return FetchOutcome.NOT_MODIFIED, None
        if status in _GONE:
            return FetchOutcome.GONE, f"answered {status}"
        return (FetchOutcome.BLOCKED if status in _BLOCKED else FetchOutcome.FAILED), f"answered {status}"
