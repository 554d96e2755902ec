"""What feed and lists named against what is stored: every article named is stored, or a gap with exactly one reason.

Pure reading. What the lists never named cannot be seen here; so the lists themselves are looked at as well: one that failed,
or whose walk ended before ground that was known, may have offered more.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import takewhile
from typing import Any

from archive.reads.reports import WALKS

DAYS = 7  # a week holds every weekday's lists once

NextPage = Callable[[str, str], str | None]
"""The address of the page behind one of a list's pages, from the list's name and the page's address; None for a feed."""


class Reason(StrEnum):
    """Why an article that was named is not stored; in the order of gravity, the gravest first."""

    NEVER_ASKED = "never_asked"
    UNREAD = "unread"
    FAILED = "failed"
    BLOCKED = "blocked"
    ROBOTS = "robots"
    OFF_SITE = "off_site"
    REFUSED = "refused"
    GONE = "gone"
    WAITING = "waiting"


FAULTS = (Reason.NEVER_ASKED, Reason.UNREAD)
"""What no answer of the site explains: something went wrong in this program, or in its tables."""


class Hole(StrEnum):
    """Why a list may have offered more than was seen."""

    SILENT = "silent"
    NEVER = "never"
    BROKEN_OFF = "broken_off"
    CAPPED = "capped"
    OVERRUN = "overrun"
    LEFT_OVER = "left_over"


@dataclass(frozen=True, slots=True)
class Gap:
    """An article that was named and is not stored.

    `since` when the reason began to hold, `asked` how often the article was asked for, `waits` whether the next run will.
    """

    article_id: int
    url: str
    title: str | None
    reason: Reason
    since: str
    detail: str | None
    asked: int
    waits: bool
    named_at: str


@dataclass(frozen=True, slots=True)
class ListTrouble:
    """A list or feed that may have offered more; `since` None where it never offered anything."""

    source: str
    url: str
    hole: Hole
    since: str | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class Completeness:
    """What the runs begun between two moments named, and what became of it; `sources` are the lists that they asked."""

    since: str
    until: str
    named: int
    stored: int
    gaps: tuple[Gap, ...]
    lists: tuple[ListTrouble, ...]
    sources: tuple[str, ...]

    @property
    def reasons(self) -> dict[Reason, int]:
        """How many gaps have each reason; with `stored` they add up to `named`."""
        counted = Counter(gap.reason for gap in self.gaps)
        return {reason: counted[reason] for reason in Reason if counted[reason]}

    @property
    def faults(self) -> list[Gap]:
        """The gaps that no answer of the site explains."""
        return [gap for gap in self.gaps if gap.reason in FAULTS]

    def to_json(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        return {**asdict(self), "reasons": {reason.value: count for reason, count in self.reasons.items()}}


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of a list as it was answered."""

    id: int
    source: str
    url: str
    run_id: int
    fetched_at: str
    articles: int
    new: int
    error: str | None
    command: str


def completeness(connection: sqlite3.Connection, since: str, until: str, next_page: NextPage) -> Completeness:
    """Hold what runs begun between two moments named against the archive as it stands now."""
    pages = _pages(connection, since, until)
    named = _named(connection, pages)
    gaps = tuple(sorted(_gaps(connection, pages, named), key=_order))
    stored = sum(row["stored"] for row in named)
    troubles = tuple(_troubles(connection, pages, next_page))
    return Completeness(since, until, len(named), stored, gaps, troubles, tuple(dict.fromkeys(p.source for p in pages)))


def _order(gap: Gap) -> tuple[int, int]:
    return list(Reason).index(gap.reason), -gap.article_id


# Neither `listings` nor `sightings` has an index that begins with a time or a run, so each list is looked up for each run;
# the names of the lists come from the index alone, one step for each.
_PAGES = """
with recursive source (name) as (
  select min(source) from listings
  union all
  select (select min(source) from listings where source > name) from source where name is not null)
select l.id, l.source, l.url, l.run_id, l.fetched_at, l.articles, l.new, l.error, r.command
from runs r cross join source s cross join listings l on l.source = s.name and l.run_id = r.id
where r.started_at >= :since and r.started_at <= :until
order by l.id
"""


def _pages(connection: sqlite3.Connection, since: str, until: str) -> list[_Page]:
    return [_Page(*row) for row in connection.execute(_PAGES, {"since": since, "until": until})]


# --- articles --------------------------------------------------------------------------------------------------------

_NAMED = """
with named as (
  select s.article_id, max(s.id) as sighting, min(s.listing_id) as first_page
  from json_each(:pages) page cross join sightings s on s.listing_id = page.value group by s.article_id)
select n.article_id, s.url, s.title, n.first_page, s.listing_id as last_page, a.id is not null as stored,
  f.added_at, exists (select 1 from captures c where c.article_id = n.article_id) as asked
from named n cross join sightings s on s.id = n.sighting left join articles a on a.id = n.article_id
left join frontier f on f.article_id = n.article_id
"""

# A page that an earlier cleaner took for an article and a later one refused: the refusal is what keeps it out.
_ANSWERS = """
select c.outcome, c.fetched_at, c.error, r.status, r.reason, r.detail, r.number
from captures c left join readings r on c.outcome in ('ok', 'not_modified') and r.payload_digest = c.payload_digest
  and r.cleaner = (select cleaner from readings m where m.payload_digest = c.payload_digest
    order by m.status = 'record', m.cleaner desc limit 1)
where c.article_id = ? order by c.fetched_at desc, c.id desc
"""


# `hani recrawl` asks a list as a control and follows nothing of it.
_CONTROL = "named by a list that was asked only to see whether the site answers; the next walk follows it"


def _named(connection: sqlite3.Connection, pages: Iterable[_Page]) -> list[sqlite3.Row]:
    return connection.execute(_NAMED, {"pages": json.dumps([page.id for page in pages])}).fetchall()


def _gaps(connection: sqlite3.Connection, pages: Iterable[_Page], named: Iterable[sqlite3.Row]) -> Iterator[Gap]:
    at = {page.id: page.fetched_at for page in pages}
    walked = max((page.id for page in pages if page.command.startswith(WALKS)), default=0)
    for row in named:
        if row["stored"]:
            continue
        if row["asked"]:
            reason, since, detail, asked = _answered(connection, row["article_id"])
        elif row["added_at"] is not None:
            reason, since, detail, asked = Reason.WAITING, row["added_at"], None, 0
        elif row["first_page"] > walked:
            reason, since, detail, asked = Reason.WAITING, at[row["first_page"]], _CONTROL, 0
        else:
            reason, since, detail, asked = Reason.NEVER_ASKED, at[row["first_page"]], None, 0
        waits = row["added_at"] is not None
        named_at = at[row["last_page"]]
        yield Gap(row["article_id"], row["url"], row["title"], reason, since, detail, asked, waits, named_at)


def _answered(connection: sqlite3.Connection, article_id: int) -> tuple[Reason, str, str | None, int]:
    """What the last answer was, since when it was the same, why in words, and how many there were."""
    answers = [(row["fetched_at"], *_reason(article_id, row)) for row in connection.execute(_ANSWERS, [article_id])]
    _, reason, detail = answers[0]
    *_, (since, *_) = takewhile(lambda answer: answer[1] is reason, answers)
    return reason, since, detail, len(answers)


def _reason(article_id: int, row: sqlite3.Row) -> tuple[Reason, str | None]:
    if row["outcome"] not in ("ok", "not_modified"):
        return Reason(row["outcome"]), row["error"]
    if row["status"] == "refused":
        by_reason = {"bot_check": Reason.BLOCKED, "deleted": Reason.GONE}
        return by_reason.get(row["reason"], Reason.REFUSED), f"{row['reason'].replace('_', ' ')}: {row['detail']}"
    if row["number"] not in (None, article_id):
        return Reason.REFUSED, f"other article: the page says that it is article {row['number']}"
    return Reason.UNREAD, "a readable page is kept, and the tables do not hold it; `hani rebuild` makes them anew"


# --- lists -----------------------------------------------------------------------------------------------------------


def _troubles(connection: sqlite3.Connection, pages: Sequence[_Page], next_page: NextPage) -> Iterator[ListTrouble]:
    of_source: dict[str, list[_Page]] = {}
    for page in pages:
        of_source.setdefault(page.source, []).append(page)
    waiting = {row["url"]: row for row in connection.execute(_LISTS_WAITING)}
    for source, own in sorted(of_source.items()):
        if (silence := _silence(connection, source, own)) is not None:
            yield silence
        else:
            yield from _open_ends(connection, own, next_page, waiting)
    for row in waiting.values():
        yield ListTrouble(row["source"] or row["url"], row["url"], Hole.LEFT_OVER, row["added_at"], None)


_LISTS_WAITING = "select url, source, added_at from frontier where kind = 'listing' order by rowid"
_LAST_OFFER = """
select fetched_at from listings where source = ? and run_id <= ? and error is null and articles > 0
order by run_id desc, id desc limit 1
"""


def _silence(connection: sqlite3.Connection, source: str, pages: Sequence[_Page]) -> ListTrouble | None:
    """A list none of whose newest run's pages offered anything."""
    newest = [page for page in pages if page.run_id == pages[-1].run_id]
    if any(page.articles for page in newest):
        return None
    offered = connection.execute(_LAST_OFFER, [source, newest[-1].run_id]).fetchone()
    hole, since = (Hole.SILENT, offered[0]) if offered else (Hole.NEVER, None)
    return ListTrouble(source, newest[-1].url, hole, since, newest[-1].error)


def _open_ends(
    connection: sqlite3.Connection, pages: Sequence[_Page], next_page: NextPage, waiting: Mapping[str, Any]
) -> Iterator[ListTrouble]:
    """The places at which walks of one list ended before known ground, each once, with the time of the first."""
    answered = {page.url: page.id for page in pages if page.error is None}
    failed = {page.url: page for page in pages if page.error is not None}
    found: dict[str, ListTrouble] = {}
    for page in pages:
        behind = next_page(page.source, page.url)
        went_on = behind in waiting or (behind is not None and answered.get(behind, 0) > page.id)
        if went_on or not page.articles or _on_known_ground(connection, page, next_page):
            continue
        later = failed.get(behind or "")
        if behind is None:
            trouble = ListTrouble(page.source, page.url, Hole.OVERRUN, page.fetched_at, None)
        elif later is not None and later.id > page.id:
            trouble = ListTrouble(page.source, behind, Hole.BROKEN_OFF, later.fetched_at, later.error)
        else:
            trouble = ListTrouble(page.source, behind, Hole.CAPPED, page.fetched_at, None)
        found.setdefault(trouble.url, trouble)
    yield from found.values()


_KNOWN_BEFORE = """
select exists (select 1 from sightings s where s.listing_id = :page and (
  exists (select 1 from sightings b where b.article_id = s.article_id and b.run_id < :run)
  or exists (select 1 from captures c where c.article_id = s.article_id
    and c.fetched_at < (select started_at from runs where id = :run))))
"""
_NAMED_IN_THIS_RUN = """
select distinct l.source, l.url from sightings s
cross join sightings b on b.article_id = s.article_id and b.run_id = :run and b.listing_id < :page
cross join listings l on l.id = b.listing_id where s.listing_id = :page
"""
_ANSWERED_BEFORE = "select 1 from listings where source = ? and run_id < ? and error is null limit 1"


def _on_known_ground(connection: sqlite3.Connection, page: _Page, next_page: NextPage) -> bool:
    """Whether a page that offers something offers nothing new, but something that was known before its run.

    That an article was not new is not enough: the feed may have named it a minute before. Another list may have: a section's
    two lists are the same one in two forms, and if that one's walk ended too early, it is told of itself. A list's first
    answer misses nothing: the archive begins there. A feed has no second page; of it something known is enough.
    """
    is_feed = next_page(page.source, page.url) is None
    if page.new and not is_feed:
        return False
    this = {"page": page.id, "run": page.run_id}
    if connection.execute(_KNOWN_BEFORE, this).fetchone()[0]:
        return True
    if connection.execute(_ANSWERED_BEFORE, [page.source, page.run_id]).fetchone() is None:
        return True
    others = [] if is_feed else connection.execute(_NAMED_IN_THIS_RUN, this).fetchall()
    return any(source != page.source and next_page(source, url) is not None for source, url in others)
