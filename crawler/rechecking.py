"""Tonight's rechecks: what the archive knows of its articles, as the policy takes it, and its choice as entries."""

import sqlite3
from collections.abc import Iterable
from datetime import timedelta

from archive import frontier
from archive.frontier import RECHECK, Entry
from archive.times import moment, stamp
from crawler.config import Config
from crawler.plan import Plan, article_entry
from crawler.revisits import Known, allowance, choose, seconds
from crawler.urls import find_article


def rechecks(
    connection: sqlite3.Connection, config: Config, plan: Plan, waiting: Iterable[Entry], at: str
) -> list[Entry]:
    """The known articles that a walk asks at `at`, in order; a full walk asks all of them, budget or not.

    First the policy's choice, then what earlier runs left over (of `waiting`) as far as the budget goes: what it cuts off
    waits on.
    """
    policy, room = config.recheck.policy, _room(connection, config.recheck.budget, at)
    if plan.full:
        policy, room = "everything", None
    chosen = choose(known_articles(connection, config.site.feeds), seconds(at), policy, room)
    left_over = {entry.article_id: entry for entry in waiting if entry.kind == RECHECK}
    addresses = (address for one in chosen if (address := find_article(one.url)))
    entries = [
        left_over.pop(address.article_id, article_entry(RECHECK, address, plan.full)) for address in addresses
    ]  # an entry that waited knows its attempts
    return [*entries, *list(left_over.values())[: None if room is None else max(0, room - len(entries))]]


def known_articles(connection: sqlite3.Connection, feeds: Iterable[str]) -> list[Known]:
    """Every article that was ever answered for; in a feed is what one offered when it last answered."""
    offered = frontier.last_offered(connection, feeds)
    return [
        Known(
            check.article_id,
            check.url,
            seconds(check.posted_at),
            seconds(check.first_seen_at),
            seconds(check.last_change_at),
            seconds(check.last_checked_at),
            check.edits,
            check.checks,
            check.status,
            check.article_id in offered,
        )
        for check in frontier.checks(connection)
    ]


def _room(connection: sqlite3.Connection, budget: int | None, at: str) -> int | None:
    """How many articles a run at `at` may recheck: what the rechecks of the last two days left of the budget."""
    if budget is None:
        return None
    asked = frontier.rechecked_since(connection, stamp(moment(at) - timedelta(days=2)))
    return allowance(budget, {seconds(when): count for when, count in asked.items()}, seconds(at))
