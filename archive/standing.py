"""Where an article stands: there, suspected gone, removed, returned, moved or out of sight; a pure fold over its checks.

Gone is a finding, but one answer proves nothing: sites answer badly for a night. A removal is confirmed by CHECKS checks
that found the article gone, the first and the last at least SPAN_DAYS apart, with no good one between; a check of a run
in which the whole site answered badly does not count (archive.verdicts). Errors, time-outs, refusals to let us in and
bot checks are never evidence of a removal.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from archive.records import FetchOutcome, RefusalReason
from archive.times import seconds_between

# Two agreeing answers can be one fault of a cache or of a night; three over two days span more than a night's maintenance and
# any cache's life. EDGI's web monitoring, which watches pages for removal, once proposed fourteen days of 404: too slow for news.
CHECKS = 3
SPAN_DAYS = 2
DAY = 86_400  # seconds

_ARTICLE = re.compile(r"/arti/[^?#]{0,300}?/(\d{1,12})\.html")


class Condition(StrEnum):
    """In what condition one check found an article."""

    GOOD = "good"
    GONE = "gone"
    MOVED = "moved"
    BLOCKED = "blocked"
    UNCLEAR = "unclear"


class Status(StrEnum):
    """Where an article stands."""

    LIVE = "live"
    MISSING = "missing"
    REMOVED = "removed"
    RETURNED = "returned"
    MOVED = "moved"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Check:
    """One look at an article: when, what it found, and what proves that.

    `counts` is False where the whole site answered badly in the same run, or where that is not known yet.
    """

    at: str
    condition: Condition
    counts: bool
    http_status: int | None
    payload_digest: str | None
    redirect: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Tombstone:
    """One disappearance of an article: the last good version, and the proof.

    `checks` counts all checks that found it gone; `evidence` holds those up to the confirmation, and the newest.
    """

    number: int
    version_id: str
    last_seen_at: str
    evidence: tuple[Check, ...] = ()
    checks: int = 0
    confirmed_at: str | None = None
    returned_at: str | None = None

    @property
    def status(self) -> Status:
        """What this disappearance has come to."""
        if self.returned_at is not None:
            return Status.RETURNED
        if self.evidence[-1].condition is Condition.MOVED:
            return Status.MOVED
        return Status.REMOVED if self.confirmed_at else Status.MISSING

    @property
    def moved_to(self) -> str | None:
        """The address to which the article's own last led, where that is another article."""
        last = self.evidence[-1]
        return last.redirect if last.condition is Condition.MOVED else None


def condition(outcome: FetchOutcome, readable: bool, reason: RefusalReason | None, elsewhere: bool) -> Condition:
    """What an answer says of the article's being there.

    `readable` where its page is an article, `reason` why not; `elsewhere` where it redirected to another article.
    """
    if outcome is FetchOutcome.GONE:
        return Condition.MOVED if elsewhere else Condition.GONE
    if outcome is FetchOutcome.BLOCKED or reason is RefusalReason.BOT_CHECK:
        return Condition.BLOCKED
    if outcome not in (FetchOutcome.OK, FetchOutcome.NOT_MODIFIED):
        return Condition.UNCLEAR
    if reason is RefusalReason.DELETED:
        return Condition.GONE
    if reason is RefusalReason.OTHER_ARTICLE:
        return Condition.MOVED
    return Condition.GOOD if readable else Condition.UNCLEAR


def leads_to_another(article_id: int, redirect: str | None) -> bool:
    """Whether a redirect's target is the address of another article."""
    found = _ARTICLE.search(redirect or "")
    return found is not None and int(found[1]) != article_id


@dataclass(slots=True)
class Presence:
    """The fold's state: feed it the checks in order, then read `status` and `tombstones`."""

    tombstones: list[Tombstone] = field(default_factory=list)
    blocked: bool = False

    def good(self, at: str) -> None:
        """A check found the article. A suspicion that was never confirmed is dropped: its captures remain."""
        self.blocked = False
        gone = self._open()
        if gone is None:
            return
        self.tombstones.pop()
        if gone.confirmed_at is not None:
            self.tombstones.append(replace(gone, returned_at=at))

    def bad(self, check: Check, version_id: str, last_seen_at: str) -> None:
        """A check did not find it; `version_id` is the last good version."""
        if check.condition is Condition.BLOCKED:
            self.blocked = True
        if check.condition not in (Condition.GONE, Condition.MOVED) or not check.counts:
            return
        self.blocked = False
        gone = self._open()
        if gone is None:
            gone = Tombstone(len(self.tombstones) + 1, version_id, last_seen_at)
        elif gone.evidence[-1].at == check.at:  # the same moment twice is one check
            return
        else:
            self.tombstones.pop()
        self.tombstones.append(_with(gone, check))

    @property
    def status(self) -> Status:
        """Where the article stands after the checks so far."""
        if gone := self._open():
            return gone.status
        if self.blocked:
            return Status.BLOCKED
        return Status.RETURNED if self.tombstones else Status.LIVE

    def _open(self) -> Tombstone | None:
        last = self.tombstones[-1] if self.tombstones else None
        return last if last is not None and last.returned_at is None else None


def confirms(evidence: Iterable[Check]) -> bool:
    """Whether these checks, all of which found an article gone, confirm its removal."""
    moments = [check.at for check in evidence]
    return len(moments) >= CHECKS and seconds_between(moments[0], moments[-1]) >= SPAN_DAYS * DAY


def _with(gone: Tombstone, check: Check) -> Tombstone:
    proof = tuple(c for c in gone.evidence if gone.confirmed_at is None or c.at <= gone.confirmed_at)
    gone = replace(gone, evidence=(*proof, check), checks=gone.checks + 1)
    if gone.confirmed_at is None and confirms(gone.evidence):
        return replace(gone, confirmed_at=check.at)
    return gone
