"""The command as-of: the archive, or one article, as it stood at a moment."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import click

from archive.database import open_reader
from archive.errors import UnknownArticle
from archive.reads import edits, queries
from archive.times import kst, now, stamp
from jobs.choices import articles
from jobs.chronicle import SHOWN, derived, rest
from jobs.cli import Options, form_options
from jobs.moments import until_day
from jobs.reading import article_in_markdown, article_lines, article_number, common_facts, status_span
from jobs.screen import markdown
from jobs.screen.colours import STATUSES
from jobs.screen.pager import put
from jobs.screen.printing import print_json, print_markdown
from jobs.screen.terminal import Line, Span, headline, screen, sentences, table

Version = Mapping[str, Any]


@click.command("as-of")
@click.argument("moment")
@click.argument("article", required=False, shell_complete=articles)
@click.option("--published", is_flag=True, help="Go by the newspaper's own stamps instead of our captures.")
@click.option("--known", metavar="DATE", help="With --published: only what was captured by then (default: now).")
@click.option(
    "--limit", type=click.IntRange(1), metavar="N", help=f"At most N articles (default {SHOWN}; --json: all)."
)
@form_options
@click.pass_obj
def as_of(
    options: Options, moment: str, article: str | None, published: bool, known: str | None, limit: int | None
) -> None:
    """Show every article, or one, as it stood at MOMENT: a day in Korea (its end), or a time with its zone.

    There are two times. Without an option MOMENT is knowledge time: what the archive had captured by then. With --published it is
    publication time: what the newspaper's stamps say was online then, as far as it is known.

    \b
    Example:
        hani as-of 2026-11-23
        hani as-of 2026-11-23 1095276
        hani as-of 2023-06-09T18:00+09:00 1095276 --published
    """
    if known is not None and not published:
        raise click.UsageError("--known goes with --published; without it, MOMENT is what is known.")
    at = until_day(moment, "MOMENT")
    by = until_day(known, "--known") if known is not None else stamp(now())
    number = article_number(article) if article is not None else None
    with closing(open_reader(options.database)) as archive:
        derived(archive)
        found = edits.as_of(archive, by, at, number) if published else edits.as_of(archive, at, None, number)
        for row in found if number or options.as_json else []:
            row["images"] = queries.images(archive, row["id"])
        if number and not found:
            queries.versions(archive, number)  # says that the article is unknown, where it is
            what = "the newspaper's stamps have nothing" if published else "the archive had captured nothing"
            raise UnknownArticle(f"{what} of article {number} by {kst(at)}")
    if options.as_json:
        print_json(found[:limit])
    elif number:
        _show_one(found[0], options)
    else:
        _show_all(found, limit or SHOWN, at, options)


def _show_one(version: Version, options: Options) -> None:
    facts: list[tuple[str, Line]] = [
        *common_facts(version),
        ("Status", [status_span(version["status"] or "–")]),
        ("Version", [Span(f"{version['id']} (number {version['number']}, seen {kst(version['first_seen_at'])})")]),
    ]
    if options.as_md:
        print_markdown(article_in_markdown(version, facts))
    else:
        where = screen(options)
        put(article_lines(version, facts, where), where, options)


def _show_all(found: Sequence[Version], limit: int, at: str, options: Options) -> None:
    shown, more = found[:limit], list(rest(len(found), min(limit, len(found)), "article"))
    if options.as_md:
        print_markdown([*_in_markdown(shown, at), *more])
        return
    where = screen(options)
    lines = table([_row(version) for version in shown], where.columns, frozenset([0]))
    put([*lines, *sentences(more, where)], where, options)


def _row(version: Version) -> Line:
    """An article in the list; that it is live is not said."""
    status = version["status"] or "live"
    return [
        Span(str(version["article_id"])),
        Span(kst(version["posted_at"])),
        Span(f"v{version['number']}"),
        Span("" if status == "live" else f"({status})", STATUSES.get(status, "")),
        Span(headline(version["title"]), "headline"),
    ]


def _in_markdown(shown: Sequence[Version], at: str) -> Iterator[str]:
    yield from (f"# As of {kst(at)}", "")
    yield from markdown.table(
        ("Article", "Posted", "Version", "Status", "Headline"),
        (
            (
                str(version["article_id"]),
                kst(version["posted_at"]),
                markdown.code(version["id"]),
                version["status"] or "–",
                markdown.escaped(headline(version["title"])),
            )
            for version in shown
        ),
    )
