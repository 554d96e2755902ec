"""Near-duplicates over the whole archive: the sweep, on all cores, and the list of what it found."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache, partial
from math import isnan
from pathlib import Path
from typing import Any, TypeVar

import click

from archive import duplicates as near
from archive.database import beside_writer, open_reader, open_writer, unit
from archive.duplicates import Fingerprint, Link, Relation
from archive.lock import crawl_lock
from archive.reads import queries
from archive.times import Clock, kst, now
from archive.workers import Each, workers
from jobs.choices import articles
from jobs.cli import Options, form_options
from jobs.reading import article_number, counted
from jobs.screen import markdown
from jobs.screen.pager import put
from jobs.screen.printing import print_json, print_markdown
from jobs.screen.steps import Steps, watching_steps
from jobs.screen.terminal import INDENT, Line, Screen, Span, fold, headline, screen, sentences, table

ARTICLES_AT_ONCE = 500  # for a worker: a quarter of a second's work, small enough for an even end and a moving bar
PAIRS_AT_ONCE = 100
CACHED_TEXTS = 16  # pairs come sorted, so a text is mostly met again at once
POOL_FROM = 2000  # articles; reading fewer takes less time than starting processes for it
LISTED_FROM = 0.7

Given = TypeVar("Given")
Found = TypeVar("Found")
Row = Mapping[str, Any]


# --- the sweep -------------------------------------------------------------------------------------------------------


def _quiet(what: str, done: int, total: int) -> None:
    """Tell nobody."""


def sweep(database: Path, processes: int | None = None, clock: Clock = now, progress: Steps = _quiet) -> dict[str, int]:
    """Compare all articles of an archive and replace its links; what was done and what was left out, in counts.

    The same archive gives the same links with any number of processes (default: one for each core).

    Raises ArchiveLocked while a crawl is under way, and what `open_reader` raises.
    """
    open_reader(database).close()
    with crawl_lock(database, "hani duplicates", clock):
        with closing(beside_writer(database)) as archive:
            order = near.in_time(archive)
        count = processes or (len(os.sched_getaffinity(0)) if len(order) >= POOL_FROM else 1)
        with _workers(count) as each:
            links, summary = _compared(database, order, each, progress)
        db = open_writer(database)
        with closing(db.conn), unit(db):
            near.replace(db, links, summary, clock)
    return summary


def _compared(database: Path, order: Sequence[int], each: Each, progress: Steps) -> tuple[list[Link], dict[str, int]]:
    numbers = sorted(order)
    ranges = [(part[0], part[-1]) for part in _parts(numbers, ARTICLES_AT_ONCE)]
    found: dict[int, Fingerprint] = {}
    for part in each(partial(_read, database), ranges):
        found.update(part)
        progress("articles read", len(found), len(order))
    chosen = near.candidates([found[number] for number in order])
    pairs = [(order[one], order[two]) for one, two in chosen.pairs]
    measured: list[Link] = []
    for links in each(partial(_measure, database), _parts(pairs, PAIRS_AT_ONCE)):
        measured += links
        progress("pairs compared", len(measured), len(pairs))
    kinds = Counter(link.likeness.relation for link in measured)
    linked = [link for link in measured if link.likeness.linked]
    summary = {
        "articles": len(order),
        "too_short": chosen.too_short,
        "common": chosen.common,
        "chained": chosen.chained,
        "pairs": len(pairs),
        "columns": kinds[Relation.COLUMN],
        "links": len(linked),
    }
    return linked, summary


def _parts(items: Sequence[Given], size: int) -> list[Sequence[Given]]:
    return [items[n : n + size] for n in range(0, len(items), size)]


def _read(database: Path, numbers: tuple[int, int]) -> list[tuple[int, Fingerprint]]:
    """The fingerprints of the articles from one number to another (a worker's first task)."""
    known = near.Numbers()
    with closing(beside_writer(database)) as archive:
        return [(number, near.fingerprint(words, known)) for number, words in near.texts(archive, *numbers)]


def _measure(database: Path, pairs: Sequence[tuple[int, int]]) -> list[Link]:
    """Compare pairs of articles exactly (a worker's second task)."""
    with closing(beside_writer(database)) as archive:
        text = lru_cache(CACHED_TEXTS)(partial(near.text, archive))
        return [Link(one, two, near.compare(text(one), text(two))) for one, two in pairs]


@contextmanager
def _workers(count: int) -> Iterator[Each]:
    """So many processes, or this one alone.

    Raises ChildProcessError when one was killed.
    """
    if count == 1:
        yield map
        return
    with workers(count) as each:
        yield each


# --- the command -----------------------------------------------------------------------------------------------------


@click.command()
@click.argument("article", required=False, shell_complete=articles)
@click.option(
    "--at-least",
    type=click.FloatRange(near.LEAST_SIMILARITY, 1),
    help=f"List links from this similarity (default {LISTED_FROM:g}; of ARTICLE: all).",
)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many links.")
@click.option("--no-sweep", is_flag=True, help="Only list what the last sweep found.")
@form_options
@click.pass_obj
def duplicates(options: Options, article: str | None, at_least: float | None, limit: int, no_sweep: bool) -> None:
    """Find articles under different numbers with much the same text, and list them, most similar first.

    Compared are the runs of four words of subtitle and text. The similarity is the share of them that both articles
    hold; for an article that was extended or shortened, --at-least takes the share of the shorter text that the longer
    one holds. With ARTICLE nothing is compared anew: its links are listed as the last sweep found them.

    \b
    Example:
        hani duplicates
        hani duplicates 1095276
        hani duplicates --no-sweep --at-least 0.9 --json
    """
    if at_least is not None and isnan(at_least):  # which no range refuses
        raise click.BadParameter("'nan' is no similarity.", param_hint="'--at-least'")
    number = article_number(article) if article else None
    if number is None and not no_sweep:
        with watching_steps() as progress:
            summary = sweep(options.database, progress=progress)
        for line in _accounts(summary):
            click.echo(line, err=options.form is not None)
    with closing(open_reader(options.database)) as archive:
        noted = near.swept(archive)
        if number is None:
            found = near.links(archive, at_least or LISTED_FROM, limit)
        else:
            queries.article(archive, number)
            found = near.links_of(archive, number, at_least or 0, limit)
    if options.as_json:
        print_json(found)
    elif options.as_md:
        print_markdown([*_in_markdown(found), _summary(found, noted, limit)])
    else:
        where = screen(options)
        lines = [line for link in found for line in _link_lines(link, where)]
        put([*lines, *sentences([_summary(found, noted, limit)], where)], where, options)


def _accounts(summary: Mapping[str, int]) -> Iterator[str]:
    """What a sweep did and what it left out, a line each."""
    yield "{articles:,} articles, {pairs:,} pairs compared, {links:,} links".format_map(summary)
    reasons = {
        "too_short": f"articles left out: fewer than {near.LEAST_SHINGLES} runs of {near.SHINGLE} words",
        "common": f"articles with much that stands in over {near.COMMON} others: compared by the rest of them alone",
        "chained": f"articles with one text in over {near.COMMON}: each linked with the one before it alone",
        "columns": "pairs not linked: the same words with other figures, as in a daily column",
    }
    for name, reason in reasons.items():
        if summary[name]:
            yield f"{summary[name]:>7,} {reason}"


def _relation(link: Row) -> str:
    kept = f", which holds {link['contained']:.0%} of the earlier" if link["contained"] < 1 else ""
    return f"{link['relation']}{kept}"


def _link_lines(link: Row, where: Screen) -> Iterator[Line]:
    yield from fold([Span(f"{link['similarity']:.2f}", "label"), Span(f"  {_relation(link)}")], where.row)
    rows = [
        [
            Span(str(link[f"{side}_id"])),
            Span(kst(link[f"{side}_posted_at"])),
            Span(headline(link[f"{side}_title"]), "headline"),
        ]
        for side in ("earlier", "later")
    ]
    set_in = None if where.columns is None else where.columns - len(INDENT)
    yield from ([Span(INDENT), *line] for line in table(rows, set_in))


def _in_markdown(found: Sequence[Row]) -> Iterator[str]:
    yield from ("# The same story twice", "")
    heads = ("Similarity", "Relation", "Earlier", "Posted", "Headline", "Later", "Posted", "Headline")
    yield from markdown.table(
        heads,
        (
            (f"{link['similarity']:.2f}", _relation(link), *_side(link, "earlier"), *_side(link, "later"))
            for link in found
        ),
    )


def _side(link: Row, side: str) -> tuple[str, str, str]:
    title = markdown.escaped(headline(link[f"{side}_title"]))
    return str(link[f"{side}_id"]), kst(link[f"{side}_posted_at"]), title


def _summary(found: Sequence[Row], noted: Row, limit: int) -> str:
    more = " (the first; --limit shows more)" if len(found) == limit else ""
    return f"{counted(len(found), 'link')}{more}, of {noted['articles']:,} articles, compared {kst(noted['swept_at'])}"
