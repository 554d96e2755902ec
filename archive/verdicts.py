"""Whether a run says anything about removals: when the whole site answers badly, no single article was taken away.

A verdict is derived from a run's captures, and from what earlier runs had found of the same articles: of those that were
there at their last check that counts (the known good), which share answers badly now?
"""

import heapq
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from archive.records import FetchOutcome, RefusalReason
from archive.standing import DAY, Condition, condition, leads_to_another
from archive.times import seconds_between

# A newspaper takes down single articles. That a fifth of those that were there the last time vanish between two nights is no
# editing but an outage; of a few, two and a third, since one or two in a dozen are a night's editing.
BAD_SHARE, LEAST_FAILING = 0.2, 3
BAD_SHARE_OF_FEW, LEAST_OF_FEW = 1 / 3, 2
BAD_LISTS = 0.5  # share of the lists and feeds, answered within PATIENCE_DAYS, that fail in a site that is down

# An outage of a part of the site is over some day, and two articles of five may be taken away at once: what was found gone by
# discounted runs alone for two weeks is no longer known good, as long as others answer well. It is the time after which
# EDGI's web monitoring takes a page that answers 404 for removed.
PATIENCE_DAYS = 14

_VANISHED = {Condition.GONE, Condition.MOVED}
_CONCLUSIVE = (Condition.GOOD, Condition.GONE, Condition.MOVED)

RunKey = tuple[str, int]
"""When a run's first capture was made, and the run's number: the order in which runs are judged."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a run found of an article, and what the last check before it that counts had found.

    `given_up` where only discounted runs found it gone, for so long that it is taken for gone.
    """

    before: Condition | None
    now: Condition
    given_up: bool = False


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists and feeds of a run that had answered in an earlier one: how many, how many failed now; of those that had
    answered within PATIENCE_DAYS, the same.
    """

    known: int
    failing: int
    recent: int
    recent_failing: int

    @property
    def down(self) -> bool:
        """Whether they say that the site is out of order. A list may be given up for good; all of them at once are not."""
        all_failing = 0 < self.known == self.failing
        return all_failing or (self.recent_failing > 0 and self.recent_failing >= BAD_LISTS * self.recent)


NO_LISTS = Lists(0, 0, 0, 0)
_LISTS = f"""
with asked as (
  select now.error is not null as failed, (select max(before.fetched_at) from listings before
    where before.url = now.url and before.run_id < now.run_id and before.error is null)
    >= strftime('%Y-%m-%dT%H:%M:%SZ', now.fetched_at, '-{PATIENCE_DAYS} days') as recent
  from listings now where now.run_id = ?)
select count(*), coalesce(sum(failed), 0), coalesce(sum(recent), 0), coalesce(sum(failed and recent), 0)
from asked where recent is not null
"""


def lists_of(connection: sqlite3.Connection, run_id: int) -> Lists:
    """How the lists of a run answered."""
    return Lists(*connection.execute(_LISTS, [run_id]).fetchone())


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run was like: how many known-good articles it asked for, how many of these answered badly; lists likewise.

    `given_up` counts the articles that had been gone in discounted runs for two weeks.
    """

    run_id: int
    began_at: str
    known_good: int
    failing: int
    lists: Lists = NO_LISTS
    given_up: int = 0

    @property
    def discounted(self) -> bool:
        """Whether what this run found gone proves nothing."""
        many = self.failing >= LEAST_FAILING and self.failing >= BAD_SHARE * self.known_good
        of_few = self.failing >= LEAST_OF_FEW and self.failing >= BAD_SHARE_OF_FEW * self.known_good
        nothing_good = self.given_up > 1 and self.failing == self.known_good
        return many or of_few or self.lists.down or nothing_good


def judge(key: RunKey, found: Iterable[Found], lists: Lists = NO_LISTS) -> Verdict:
    """Judge a run by what it found of each article, and by how its lists answered."""
    answers = list(found)
    good = [one for one in answers if one.before is Condition.GOOD]
    failing = sum(one.now is not Condition.GOOD for one in good)
    given_up = sum(one.given_up for one in answers)
    return Verdict(key[1], key[0], len(good), failing, lists, given_up)


@dataclass(frozen=True, slots=True)
class Look:
    """One capture as verdicts need it."""

    at: str
    run_id: int | None
    condition: Condition


# A payload that today's cleaner has not read is taken as another cleaner read it. What our own rules kept us from asking
# says nothing of the site.
_LOOKS = f"""
select c.article_id, c.run_id, c.fetched_at, c.payload_digest, c.outcome, c.url, c.section,
  json_extract(c.redirects, '$[#-1]') as redirect, coalesce(r.status, o.status) as status,
  case when r.status is null then o.reason else r.reason end as reason,
  case when r.status is null then o.number else r.number end as number
from captures c
left join readings r on r.payload_digest = c.payload_digest and r.cleaner = :cleaner
left join readings o on r.status is null and o.payload_digest = c.payload_digest
  and o.cleaner = (select max(cleaner) from readings m where m.payload_digest = c.payload_digest)
where c.outcome <> '{FetchOutcome.ROBOTS.value}'
"""
# Both orders are that of the history's fold; the first is free, by an index, but for captures of one moment.
_IN_ORDER = (
    " order by c.article_id, c.fetched_at, coalesce(c.payload_digest, ''), c.outcome, c.url, coalesce(c.section, ''),"
    " coalesce(c.run_id, 0)"
)
_LATEST_FIRST = (
    " and c.article_id = :article and c.fetched_at <= :until"
    " order by c.fetched_at desc, coalesce(c.payload_digest, '') desc, c.outcome desc, c.url desc,"
    " coalesce(c.section, '') desc, coalesce(c.run_id, 0) desc"
)


def _look(row: sqlite3.Row) -> Look:
    outcome = FetchOutcome(row["outcome"])
    reason = RefusalReason(row["reason"]) if row["reason"] else None
    if row["number"] not in (None, row["article_id"]):
        reason = RefusalReason.OTHER_ARTICLE
    elsewhere = leads_to_another(row["article_id"], row["redirect"])
    found = condition(outcome, row["status"] == "record", reason, elsewhere)
    return Look(row["fetched_at"], row["run_id"], found)


def judge_all(connection: sqlite3.Connection, cleaner: str) -> dict[int, Verdict]:
    """The verdicts of all runs, from the whole log."""
    articles: dict[int, list[Look]] = {}
    keys: dict[int, RunKey] = {}
    asked: dict[int, dict[int, int]] = {}  # run → article → place of its last look
    for row in connection.execute(_LOOKS + _IN_ORDER, {"cleaner": cleaner}):
        looks = articles.setdefault(row["article_id"], [])
        looks.append(_look(row))
        if (run_id := row["run_id"]) is not None:
            key = row["fetched_at"], run_id
            keys[run_id] = min(keys.get(run_id, key), key)
            asked.setdefault(run_id, {})[row["article_id"]] = len(looks) - 1
    verdicts: dict[int, Verdict] = {}
    counts: dict[int | None, bool] = {None: True}
    for key in sorted(keys.values()):
        found = [
            _before_and_now((articles[a][i] for i in range(place, -1, -1)), key[1], counts.get)
            for a, place in asked[key[1]].items()
        ]
        verdict = verdicts[key[1]] = judge(key, found, lists_of(connection, key[1]))
        counts[key[1]] = not verdict.discounted
    return verdicts


Counts = Callable[[int | None], bool | None]
"""Whether an earlier run counts (a check made in no run does); None for a run that is not earlier."""


def _before_and_now(latest_first: Iterable[Look], run_id: int, counts: Counts) -> Found:
    """What a run found of an article in the end, and what the last conclusive check of an earlier run had found.

    A good one always counts; one that found the article gone does where its run counts.
    """
    now: Look | None = None
    for look in latest_first:
        if look.run_id == run_id:
            now = now or look
        elif now is None or look.condition not in _CONCLUSIVE or (counted := counts(look.run_id)) is None:
            continue
        elif look.condition is Condition.GOOD or counted:
            return Found(look.condition, now.condition)
        elif _outlasts(look, now):
            return Found(look.condition, now.condition, given_up=True)
    assert now is not None  # the run asked for the article
    return Found(None, now.condition)


def _outlasts(look: Look, now: Look) -> bool:
    return look.condition in _VANISHED and seconds_between(look.at, now.at) >= PATIENCE_DAYS * DAY


class Court:
    """Judges runs one by one, as they end and as late captures come in; for use inside a transaction."""

    def __init__(self, connection: sqlite3.Connection, cleaner: str) -> None:
        self.connection = connection
        self.cleaner = cleaner

    def settle(self) -> set[int]:
        """Judge the runs without a verdict, and again those on which that bears; the articles to be folded anew.

        A verdict bears on later runs alone, so each run is judged once, oldest first.
        """
        waiting = self._unjudged()
        heapq.heapify(waiting)
        queued = set(waiting)
        affected: set[int] = set()
        while waiting:
            key = heapq.heappop(waiting)
            asked = self._asked(key[1])
            found = [self._before_and_now(a, until, key) for a, (_, until) in asked.items()]
            if self._write(judge(key, found, lists_of(self.connection, key[1]))):
                affected |= {a for a, (conditions, _) in asked.items() if conditions & _VANISHED}
                later = set(self._later(key)) - queued
                queued |= later
                for run in later:
                    heapq.heappush(waiting, run)
        return affected

    def _unjudged(self) -> list[RunKey]:
        rows = self.connection.execute(
            "select min(c.fetched_at), r.id from runs r join captures c on c.run_id = r.id and c.outcome <> ?"
            " where r.id not in (select run_id from verdicts) group by r.id",
            [FetchOutcome.ROBOTS.value],
        )
        return [(row[0], row[1]) for row in rows]

    def _asked(self, run_id: int) -> dict[int, tuple[set[Condition], str]]:
        """The articles that a run asked for, each with all that it found, and when it last asked."""
        found: dict[int, tuple[set[Condition], str]] = {}
        query = _LOOKS + " and c.run_id = :run"
        for row in self.connection.execute(query, {"cleaner": self.cleaner, "run": run_id}):
            conditions, until = found.get(row["article_id"], (set(), ""))
            found[row["article_id"]] = conditions | {_look(row).condition}, max(until, row["fetched_at"])
        return found

    def _before_and_now(self, article_id: int, until: str, key: RunKey) -> Found:
        rows = self.connection.execute(
            _LOOKS + _LATEST_FIRST, {"cleaner": self.cleaner, "article": article_id, "until": until}
        )
        return _before_and_now(map(_look, rows), key[1], partial(self._counts, key))

    def _counts(self, key: RunKey, run_id: int | None) -> bool | None:
        if run_id is None:
            return True
        row = self.connection.execute("select began_at, discounted from verdicts where run_id = ?", [run_id]).fetchone()
        earlier = row is not None and (row["began_at"], run_id) < key
        return not row["discounted"] if earlier else None

    def _write(self, verdict: Verdict) -> bool:
        """Keep a verdict; whether it says otherwise than before, or is the first."""
        before = self.connection.execute(
            "select discounted from verdicts where run_id = ?", [verdict.run_id]
        ).fetchone()
        self.connection.execute(f"insert or replace into verdicts values ({MARKS})", row_of(verdict))
        return before is None or bool(before[0]) is not verdict.discounted

    def _later(self, key: RunKey) -> list[RunKey]:
        """The judged runs after this one that asked for any of its articles."""
        rows = self.connection.execute(
            "select v.began_at, v.run_id from verdicts v where (v.began_at, v.run_id) > (?, ?) and exists"
            " (select 1 from captures c join captures mine on mine.article_id = c.article_id and mine.run_id = ?"
            " where c.run_id = v.run_id)",
            [*key, key[1]],
        )
        return [(row[0], row[1]) for row in rows]


MARKS = ", ".join("?" * 8)


def row_of(verdict: Verdict) -> tuple[int, str, int, int, int, int, int, int]:
    """A verdict as the table holds it."""
    v = verdict
    lists = v.lists.known, v.lists.failing
    return v.run_id, v.began_at, v.known_good, v.failing, *lists, v.given_up, int(v.discounted)
