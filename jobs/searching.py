"""The command search."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import click

from archive.comparing.comparison import ADDED, SAME
from archive.comparing.pieces import Told
from archive.database import open_reader
from archive.reads.search import MARK, UNMARK, Scope, Sought
from archive.reads.search import search as search_for
from archive.times import kst
from jobs.choices import authors, sections
from jobs.cli import Options, form_options
from jobs.differing import name_of
from jobs.moments import before_day, from_day
from jobs.reading import counted, status_span
from jobs.screen import markdown
from jobs.screen.pager import put
from jobs.screen.printing import print_json, print_markdown
from jobs.screen.terminal import INDENT, Line, Screen, Span, fold, headline, screen, sentences, shortened

Row = Mapping[str, Any]
_FOUND = re.compile(f"[{MARK}{UNMARK}]")


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--removed", is_flag=True, help="Search only what edits took out.")
@click.option("--added", is_flag=True, help="Search only what edits put in.")
@click.option("--all-versions", is_flag=True, help="Search earlier versions too, not only articles as they stand.")
@click.option(
    "--section", metavar="CODE", shell_complete=sections, help="Only articles of this section, such as e_national."
)
@click.option("--author", metavar="NAME", shell_complete=authors, help="Only articles by this author.")
@click.option("--from", "since", metavar="DATE", help="Only articles posted since then (a day in Korea, or a moment).")
@click.option("--to", "until", metavar="DATE", help="Only articles posted up to then (of a day its end in Korea).")
@click.option("--edited", is_flag=True, help="Only articles that were edited.")
@click.option("--silent", is_flag=True, help="Only articles that were edited silently.")
@click.option("--removed-articles", is_flag=True, help="Only articles that the newspaper took away.")
@click.option("--newest", is_flag=True, help="The newest first, not the best.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many finds.")
@form_options
@click.pass_obj
def search(
    options: Options,
    words: tuple[str, ...],
    removed: bool,
    added: bool,
    all_versions: bool,
    section: str | None,
    author: str | None,
    since: str | None,
    until: str | None,
    edited: bool,
    silent: bool,
    removed_articles: bool,
    newest: bool,
    limit: int,
) -> None:
    """Search headlines, subtitles, texts and bylines, best first.

    All WORDS must occur; words in one pair of quotes as a phrase. A Hangul word is found with its particle attached. With
    --removed or --added only that is searched which edits took out or put in; each find is one change.

    \b
    Example:
        hani search "trilateral summit"
        hani search '"trilateral summit" Beijing' --from 2023-01-01 --silent
        hani search --removed minister
    """
    sought = Sought(
        " ".join(f'"{word}"' if " " in word and '"' not in word and len(words) > 1 else word for word in words),
        _scope(removed, added, all_versions),
        section,
        author,
        from_day(since, "--from") if since is not None else None,
        before_day(until, "--to") if until is not None else None,
        edited,
        silent,
        removed_articles,
        newest,
    )
    with closing(open_reader(options.database)) as archive:
        found = search_for(archive, sought, limit)
    _show(found, sought.scope, len(found) == limit, options)


def _scope(removed: bool, added: bool, all_versions: bool) -> Scope:
    """Where to search.

    Raises UsageError for two places at once.
    """
    if removed + added + all_versions > 1:
        raise click.UsageError("Give --removed or --added or --all-versions, not more than one.")
    named = {Scope.REMOVED: removed, Scope.ADDED: added, Scope.VERSIONS: all_versions}
    return next((scope for scope, holds in named.items() if holds), Scope.CURRENT)


def _show(found: list[dict[str, Any]], scope: Scope, cut: bool, options: Options) -> None:
    what = "change" if scope.of_edits else "article"
    summary = f"{counted(len(found), what)}{' (the first; --limit shows more)' if cut else ''}"
    if options.as_json:
        print_json([{**row, "snippet": _plain(row["snippet"])} for row in found])
    elif options.as_md:
        print_markdown([*(_changes_in_markdown if scope.of_edits else _articles_in_markdown)(found), summary])
    else:
        where = screen(options)
        lines = [line for row in found for line in (_change_lines if scope.of_edits else _article_lines)(row, where)]
        put([*lines, *sentences([summary], where)], where, options)


def of_snippet(text: str) -> list[Span]:
    """A snippet on one line, with what was found marked, in «…» too."""
    parts = _FOUND.split(" ".join(text.split()))
    return [Span(f"«{part}»", "found") if index % 2 else Span(part) for index, part in enumerate(parts)]


def _plain(snippet: str) -> str:
    """A snippet with «what was found» marked, on one line where something was."""
    return "".join(span.text for span in of_snippet(snippet)) if MARK in snippet else snippet


def _article_lines(row: Row, where: Screen) -> Iterator[Line]:
    status = [Span(", "), status_span(row["status"])] if row["status"] != "live" else []
    of = f"{row['section'] or '–'}  {_which(row)}"
    yield from fold([Span(str(row["id"]), "label"), Span(f"  {kst(row['posted_at'])}  {of}"), *status], where.listed)
    yield from fold([Span(headline(row["title"]), "headline")], where.prose, INDENT)
    yield from fold(of_snippet(row["snippet"]), where.prose, INDENT)
    yield []


def _which(row: Row) -> str:
    """How many versions an article has; which of them was found, where all were searched."""
    of = counted(row["versions"], "version")
    return f"version {row['number']} of {row['versions']}" if "number" in row else of


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
        ("Article", "Posted", "Section", "Status", "Version", "Headline", "Found"),
        (
            (
                markdown.link(row["url"], str(row["id"])),
                kst(row["posted_at"]),
                markdown.escaped(row["section"] or "–"),
                row["status"],
                _which(row),
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
