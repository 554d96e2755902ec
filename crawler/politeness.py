"""How fast we may ask: one pace over both hosts; pure, the clock is passed in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LEAST_BACKOFF = 1.0  # seconds; what doubles when no delay was asked for
MOST_BACKOFF = 300.0  # seconds
MOST_PATIENCE = 900.0  # seconds; told to wait longer than this, the run ends and the rest is left over


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, in either of its forms; None where it says nothing usable.

    Source: RFC 9110, section 10.2.3.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())


@dataclass(slots=True)
class Pace:
    """The moment before which nothing is asked.

    A fixed delay that doubles when the site says that we are too fast (429, 503) and halves with every good answer.
    It is not Scrapy's AutoThrottle, which forgets a Crawl-delay. `monotonic` returns seconds.
    """

    delay: float
    monotonic: Callable[[], float]
    crawl_delay: float = 0.0
    backoff: float = 0.0
    not_before: float = 0.0

    @property
    def interval(self) -> float:
        """Seconds between two requests, as things stand."""
        return max(self.delay, self.crawl_delay, self.backoff)

    def heed(self, crawl_delay: float | None) -> None:
        """Never be faster than a robots.txt's Crawl-delay (of any host: they share one pace), from now on."""
        self.crawl_delay = max(self.crawl_delay, crawl_delay or 0.0)
        self.asked()

    def wait(self) -> float:
        """Seconds to wait before the next request."""
        return max(0.0, self.not_before - self.monotonic())

    def asked(self) -> None:
        """A request has just been answered or given up."""
        self.not_before = max(self.not_before, self.monotonic() + self.interval)

    def too_fast(self, asked_for: float | None) -> None:
        """The site answered 429 or 503, asking for so many seconds of rest, or for none."""
        self.backoff = min(MOST_BACKOFF, 2 * max(self.interval, LEAST_BACKOFF))
        rest = self.interval if asked_for is None else max(asked_for, self.delay, self.crawl_delay)
        self.not_before = max(self.not_before, self.monotonic() + rest)

    def well_received(self) -> None:
        """A good answer: the backoff recovers."""
        self.backoff = self.backoff / 2 if self.backoff > max(self.delay, LEAST_BACKOFF) else 0.0
