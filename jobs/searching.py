"""The command search."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import click

from archive import edits, queries
from archive.comparison import ADDED, SAME
from archive.database import open_reader
from archive.pieces import Told
from archive.times import kst
from jobs import markdown
from jobs.cli import Options, form_options
from jobs.differing import name_of
from jobs.pager import put
from jobs.printing import print_json, print_markdown
from jobs.reading import counted, status_span
from jobs.terminal import INDENT, Line, Screen, Span, fold, headline, screen, shortened

Row = Mapping[str, Any]
_FOUND = re.compile(f"[{queries.MARK}{queries.UNMARK}]")


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--removed", is_flag=True, help="Search only what edits took out.")
@click.option("--added", is_flag=True, help="Search only what edits put in.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many finds.")
@form_options
@click.pass_obj
def search(options: Options, words: tuple[str, ...], removed: bool, added: bool, limit: int) -> None:
    """Search headlines, subtitles, texts and bylines, best first.

    All WORDS must occur; words in one pair of quotes as a phrase. A Hangul word is found with its particle attached. With
    --removed or --added only that is searched which edits took out or put in; each find is one change.

    \b
    Example:
        hani search "trilateral summit"
        hani search '"trilateral summit" Beijing' --limit 5
        hani search --removed minister
    """
    if removed and added:
        raise click.UsageError("Give --removed or --added, not both.")
    of_edits = removed or added
    text = " ".join(f'"{word}"' if " " in word and '"' not in word and len(words) > 1 else word for word in words)
    with closing(open_reader(options.database)) as archive:
        side = "removed" if removed else "added"
        found = edits.search_changes(archive, text, side, limit) if of_edits else queries.search(archive, text, limit)
    more = " (the first; --limit shows more)" if len(found) == limit else ""
    summary = f"{counted(len(found), 'change' if of_edits else 'article')}{more}"
    if options.as_json:
        print_json([{**row, "snippet": _plain(row["snippet"])} for row in found])
    elif options.as_md:
        print_markdown([*(_changes_in_markdown if of_edits else _articles_in_markdown)(found), summary])
    else:
        where = screen(options)
        lines = [line for row in found for line in (_change_lines if of_edits else _article_lines)(row, where)]
        put([*lines, [Span(summary)]], where, options)


def of_snippet(text: str) -> list[Span]:
    """A snippet on one line, with what was found marked, in «…» too."""
    parts = _FOUND.split(" ".join(text.split()))
    return [Span(f"«{part}»", "found") if index % 2 else Span(part) for index, part in enumerate(parts)]


def _plain(snippet: str) -> str:
    """A snippet with «what was found» marked, on one line where something was."""
    return "".join(span.text for span in of_snippet(snippet)) if queries.MARK in snippet else snippet


def _article_lines(row: Row, where: Screen) -> Iterator[Line]:
    status = [Span(", "), status_span(row["status"])] if row["status"] != "live" else []
    of = f"{row['section'] or '–'}  {counted(row['versions'], 'version')}"
    yield from fold([Span(str(row["id"]), "label"), Span(f"  {kst(row['posted_at'])}  {of}"), *status], where.listed)
    yield from fold([Span(headline(row["title"]), "headline")], where.prose, INDENT)
    yield from fold(of_snippet(row["snippet"]), where.prose, INDENT)
    yield []


def _change_lines(row: Row, where: Screen) -> Iterator[Line]:
    number = f"{row['article_id']}  "
    title = shortened(headline(row["title"]), where.row - len(number))
    yield [Span(number, "label"), Span(title, "headline")]
    silent = [Span(", "), Span("silent", "silent")] if row["silent"] else []
    seen = Span(f"{row['version_id']}  seen {kst(row['after_seen_at'])}")
    what = [Span(f"  {name_of(row['field'], row['place'])}, "), Span(", ".join(row["kinds"]), "kind")]
    yield from fold([seen, *silent, *what], where.listed, "  ")
    yield from fold(of_snippet(row["snippet"]), where.prose, INDENT)
    yield []


def _found(snippet: str) -> str:
    """A snippet as Markdown, with what was found in bold."""
    parts = _FOUND.split(snippet)
    return markdown.pieces(Told(ADDED if index % 2 else SAME, part) for index, part in enumerate(parts))


def _articles_in_markdown(found: Sequence[Row]) -> Iterator[str]:
    yield from markdown.table(
        ("Article", "Posted", "Section", "Status", "Versions", "Headline", "Found"),
        (
            (
                markdown.link(row["url"], str(row["id"])),
                kst(row["posted_at"]),
                markdown.escaped(row["section"] or "–"),
                row["status"],
                str(row["versions"]),
                markdown.escaped(headline(row["title"])),
                _found(row["snippet"]),
            )
            for row in found
        ),
    )


def _changes_in_markdown(found: Sequence[Row]) -> Iterator[str]:
    yield from markdown.table(
        ("Article", "Version", "First seen", "Silent", "Change", "Headline", "Found"),
        (
            (
                str(row["article_id"]),
                markdown.code(row["version_id"]),
                kst(row["after_seen_at"]),
                "silent" if row["silent"] else "",
                f"{name_of(row['field'], row['place'])} ({', '.join(row['kinds'])})",
                markdown.escaped(headline(row["title"])),
                _found(row["snippet"]),
            )
            for row in found
        ),
    )
