"""What a run would ask for, without asking: the dry run."""

from contextlib import closing
from pathlib import Path

from archive import frontier
from archive.database import check, open_reader
from archive.times import Clock, now, stamp
from crawler.config import Config
from crawler.discovery import walks
from crawler.plan import LISTING, NEW, RECHECK, Plan
from crawler.rechecking import rechecks


def would_ask(database: Path, config: Config, plan: Plan, clock: Clock = now) -> list[dict[str, str]]:
    """The addresses that a nightly run begins with; what the lists will offer nobody knows before they are asked."""
    sections = list(config.site.sections)
    waiting: list[frontier.Entry] = []
    known: list[frontier.Entry] = []
    if check(database):
        with closing(open_reader(database)) as archive:
            waiting = frontier.waiting(archive)
            sections = list(dict.fromkeys([*sections, *frontier.sections(archive)]))
            known = rechecks(archive, config, plan, waiting, stamp(clock()))
    if not (plan.full and any(entry.full for entry in waiting)):
        lists = [frontier.Entry(LISTING, walk.page_url(1)) for walk in walks(config.site.feeds, sections)]
        waiting = [*lists, *(entry for entry in waiting if entry.kind != RECHECK), *known]
    order = (LISTING, NEW, RECHECK)
    asked = {entry.url: entry.kind for entry in sorted(waiting, key=lambda entry: order.index(entry.kind))}
    return [{"kind": kind, "url": url} for url, kind in asked.items()]
