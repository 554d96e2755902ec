"""What a run would ask for, without asking: the dry run."""

from contextlib import closing
from pathlib import Path

from archive import frontier
from archive.database import check, open_reader
from archive.times import Clock, now, stamp
from crawler.config import Config
from crawler.discovery import walks
from crawler.plan import Plan
from crawler.revisits import Known, is_due


def would_ask(database: Path, config: Config, plan: Plan, clock: Clock = now) -> list[dict[str, str]]:
    """The addresses that a nightly run begins with; what the lists will offer nobody knows before they are asked."""
    sections = list(config.site.sections)
    waiting: list[frontier.Entry] = []
    due: list[Known] = []
    if check(database):
        with closing(open_reader(database)) as archive:
            waiting = frontier.waiting(archive)
            sections = list(dict.fromkeys([*sections, *frontier.sections(archive)]))
            at = stamp(clock())
            due = [k for k in (Known(*row) for row in frontier.checks(archive)) if plan.full or is_due(k, at)]
    asked = {(e.url): e.kind for e in sorted(waiting, key=lambda e: ("listing", "new", "recheck").index(e.kind))}
    if not (plan.full and any(entry.full for entry in waiting)):
        lists = {walk.page_url(1): "listing" for walk in walks(config.site.feeds, sections)}
        asked = {**lists, **asked, **{k.url: "recheck" for k in due if k.url not in asked}}
    order = ("listing", "new", "recheck")
    return [{"kind": kind, "url": url} for url, kind in sorted(asked.items(), key=lambda pair: order.index(pair[1]))]
