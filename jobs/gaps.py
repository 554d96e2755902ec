"""The command that holds what feed and lists named against what is stored."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta

import click

from archive.database import open_reader
from archive.reads.completeness import DAYS, Completeness, Gap, Hole, ListTrouble, Reason, completeness
from archive.times import kst, moment, stamp
from crawler.discovery import walk_named
from jobs.cli import Options, form_options
from jobs.clock import reading_clock
from jobs.screen import markdown
from jobs.screen.pager import put
from jobs.screen.printing import print_json, print_markdown
from jobs.screen.terminal import as_laid_out, screen

SHOWN = 50  # lines of single articles, and of lists, in the text; the JSON holds all
LONGEST = 120  # characters of a title or an answer in a line
MOST_DAYS = 36_500

REASONS = {
    Reason.NEVER_ASKED: "named, never asked for and not waiting: a fault of this program",
    Reason.UNREAD: "a readable page is kept, the tables do not hold it: `hani rebuild`",
    Reason.FAILED: "no usable answer yet",
    Reason.BLOCKED: "we were turned away",
    Reason.ROBOTS: "robots.txt keeps us out",
    Reason.OFF_SITE: "leads off the site",
    Reason.REFUSED: "a page that is no readable article; kept",
    Reason.GONE: "gone before it was stored",
    Reason.WAITING: "not asked for yet; the next run does",
}
HOLES = {
    Hole.SILENT: "offers nothing any more",
    Hole.NEVER: "never offered anything",
    Hole.BROKEN_OFF: "the walk broke off: this page failed, and nothing behind it was asked for since",
    Hole.CAPPED: "the walk ended before this page, without meeting anything known (`hani nightly --full` goes on)",
    Hole.OVERRUN: "all that it offered was unknown: earlier articles may have dropped out before",
    Hole.LEFT_OVER: "the run's budget ended before it; the next run asks for it",
}

_PAGE = re.compile(r"(?:/list|[?&]page=)(\d{1,9})")


def next_page(source: str, url: str) -> str | None:
    """The address of a list's next page; None for a feed, which has one page alone."""
    walk, found = walk_named(source), _PAGE.search(url)
    return walk.page_url(int(found[1]) + 1) if walk.form != "feed" and found else None


def named_lately(archive: sqlite3.Connection, now: datetime, days: int = DAYS) -> Completeness:
    """What the runs of the last days named, held against what is stored."""
    return completeness(archive, stamp(now - timedelta(days=days)), stamp(now), next_page)


def named_by(archive: sqlite3.Connection, started_at: str) -> Completeness:
    """What the runs of the days up to one, and that one itself, named, held against what is stored now."""
    since = stamp(moment(started_at) - timedelta(days=DAYS))
    return completeness(archive, since, started_at, next_page)


@click.command()
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    default=DAYS,
    show_default=True,
    metavar="N",
    help="What was named in the last N days.",
)
@form_options
@click.pass_obj
def gaps(options: Options, days: int) -> None:
    """List what feed and lists named and the archive does not hold, each with its reason.

    Stored articles and gaps add up to what was named. Lists that failed, or whose walk ended before anything known, stand
    below: they may have offered more than was seen.

    \b
    Example:
        hani gaps
        hani gaps --days 30 --json
    """
    with closing(open_reader(options.database)) as archive:
        found = named_lately(archive, reading_clock()(), days)
    if options.as_json:
        print_json(found.to_json())
    elif options.as_md:
        print_markdown(_in_markdown(found))
    else:
        where = screen(options)
        lines = [*summary(found), *details(found)]
        put([part for line in lines for part in as_laid_out(line, where.columns)], where, options)


def summary(found: Completeness) -> list[str]:
    """What was named, and how many of it are stored or wait or why not: lines that add up."""
    if not found.named:
        return [f"No list or feed named any article between {kst(found.since)} and {kst(found.until)}."]
    counts = [("stored", found.stored, "in the archive")]
    counts += [(label(reason), count, REASONS[reason]) for reason, count in found.reasons.items()]
    return [
        f"Named by feed and lists in the runs from {kst(found.since)} to {kst(found.until)}:",
        *(f"  {name:<13}{count:>6}   {meaning}" for name, count, meaning in counts),
        f"  {'articles':<13}{found.named:>6}   each in exactly one line above",
    ]


def label(name: Reason | Hole) -> str:
    """A reason as people read it."""
    return name.value.replace("_", " ")


def details(found: Completeness) -> Iterator[str]:
    """A line for each gap, then what the lists may have offered beyond."""
    if found.gaps:
        yield ""
        yield from (_gap_line(gap) for gap in found.gaps[:SHOWN])
        yield from _more(len(found.gaps))
    troubles = [trouble for trouble in found.lists if trouble.hole is not Hole.NEVER]
    never = [trouble.source for trouble in found.lists if trouble.hole is Hole.NEVER]
    if troubles or never:
        yield ""
        yield "Lists that may have offered more:"
    for trouble in troubles[:SHOWN]:
        yield list_line(trouble)
    yield from _more(len(troubles))
    if never:
        yield f"  never offered anything: {', '.join(never)}"[: SHOWN * LONGEST]


def _more(count: int) -> Iterator[str]:
    if count > SHOWN:
        yield f"… and {count - SHOWN:,} more (--json lists all)"


def _gap_line(gap: Gap) -> str:
    asked = f"asked {gap.asked} time{'s' * (gap.asked != 1)}" if gap.asked else "never asked"
    again = ", asked again by the next run" if gap.waits and gap.asked else ""
    what = cut(gap.title or gap.url)
    why = f": {cut(gap.detail)}" if gap.detail else ""
    return f"{label(gap.reason):<12} {gap.article_id:>8}  since {kst(gap.since)}, {asked}{again}  {what}{why}"


def list_line(trouble: ListTrouble) -> str:
    """A list that may have offered more, in one line."""
    since = f" since {kst(trouble.since)}" if trouble.since else ""
    error = f" ({cut(trouble.detail)})" if trouble.detail else ""
    return f"  {label(trouble.hole):<11} {trouble.source}{since}: {HOLES[trouble.hole]}{error}  {trouble.url}"


def _in_markdown(found: Completeness) -> Iterator[str]:
    """What was named and what is missing of it, as tables."""
    yield from (f"# Named from {kst(found.since)} to {kst(found.until)}", "")
    counts = [("stored", found.stored, "in the archive")]
    counts += [(label(reason), count, REASONS[reason]) for reason, count in found.reasons.items()]
    rows = ((name, str(count), markdown.escaped(meaning)) for name, count, meaning in counts)
    yield from markdown.table(("Articles", "How many", "Meaning"), rows)
    if found.gaps:
        heads = ("Reason", "Article", "Since", "Asked", "What", "Why")
        yield from markdown.table(heads, (_gap_cells(gap) for gap in found.gaps[:SHOWN]))
        yield from _more(len(found.gaps))
    if found.lists:
        yield from ("## Lists that may have offered more", "")
        yield from markdown.bullets(markdown.escaped(list_line(trouble)) for trouble in found.lists[:SHOWN])
        yield from _more(len(found.lists))


def _gap_cells(gap: Gap) -> tuple[str, ...]:
    asked = f"{gap.asked} times" if gap.asked != 1 else "once"
    what, why = markdown.escaped(cut(gap.title or gap.url)), markdown.escaped(cut(gap.detail or ""))
    return label(gap.reason), str(gap.article_id), kst(gap.since), asked, what, why


def cut(text: str) -> str:
    """A text that came from the web, short enough for a line."""
    line = " ".join(text[: 4 * LONGEST].split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
