"""What a shell may complete from the archive: articles, versions, sections, authors.

Somebody waits at a prompt: the archive is only read, for a fraction of a second, and whatever is wrong with it completes
nothing and says nothing. The command itself will say it.
"""

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from archive.database import open_reader
from archive.display.markup import steerless
from archive.errors import ArchiveError
from crawler.errors import CrawlerError
from jobs.cli import Options

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

MOST = 50  # offered at once; more is no help
DIGITS = 12  # of the longest article number
STEPS = 3_000_000  # of SQLite's machine: a fifth of a second
LETTERS = 60  # of a headline beside its number


def _found(ctx: click.Context, query: str, values: dict[str, Any]) -> list[sqlite3.Row]:
    """The rows of a query; none where anything is in the way."""
    given = ctx.find_root().params
    try:
        with closing(open_reader(Options(given.get("db"), given.get("config")).database)) as archive:
            archive.execute("pragma busy_timeout = 200")
            archive.set_progress_handler(lambda: 1, STEPS)
            return archive.execute(query, values).fetchall()
    except (ArchiveError, click.ClickException, CrawlerError, sqlite3.Error, OSError, UnicodeError):
        return []


def articles(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list["CompletionItem[str]"]:
    """Articles whose number begins so, the newest first; with an @, versions of that article."""
    if "@" in incomplete:
        return _versions(ctx, incomplete.partition("@")[0], incomplete)
    if incomplete and not _is_number(incomplete):
        return []
    ranges = (
        [(int(incomplete) * 10**more, (int(incomplete) + 1) * 10**more) for more in range(DIGITS + 1 - len(incomplete))]
        if incomplete
        else [(0, 10**DIGITS)]
    )
    query = " union all ".join(
        f"select id, title from articles where id >= {low} and id < {high}" for low, high in ranges
    )
    rows = _found(ctx, f"select id, title from ({query}) order by id desc limit {MOST}", {})
    return [_item(str(row["id"]), row["title"]) for row in rows]


def versions_of(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list["CompletionItem[str]"]:
    """The versions of the article on the line: their numbers, or their ids once an id is begun."""
    # Behind an option that lacks its value click has read no argument yet: there the first one that is left is the article.
    article = ctx.params.get("article") or next(iter(ctx.args), "")
    return _versions(ctx, str(article).partition("@")[0], incomplete)


def _versions(ctx: click.Context, article: str, incomplete: str) -> list["CompletionItem[str]"]:
    if not _is_number(article):
        return []
    query = "select id, number, kind, silent, first_seen_at from versions where article_id = :article order by number"
    rows = _found(ctx, f"{query} limit {MOST}", {"article": int(article)})
    by_id = "@" in incomplete
    named = [(row["id"] if by_id else str(row["number"]), row) for row in rows]
    return [
        _item(name, f"{row['kind']}{', silent' if row['silent'] else ''}, seen {row['first_seen_at'][:10]}")
        for name, row in named
        if name.startswith(incomplete)
    ]


def sections(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list["CompletionItem[str]"]:
    """The sections that begin so, with how many articles they have."""
    query = "select section as name, count(*) as articles from articles where section is not null group by 1 order by 1"
    return _beginning(_found(ctx, query, {}), incomplete)


def authors(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list["CompletionItem[str]"]:
    """The authors whose names begin so, with how many articles they have."""
    query = "select name, count(*) as articles from authors where name >= :begin and name < :end group by 1 order by 1"
    return _beginning(_found(ctx, query, {"begin": incomplete, "end": f"{incomplete}\U0010ffff"}), incomplete)


def _beginning(rows: list[sqlite3.Row], incomplete: str) -> list["CompletionItem[str]"]:
    fitting = (row for row in rows if row["name"].startswith(incomplete))
    return [_item(row["name"], f"{row['articles']} articles") for row, _ in zip(fitting, range(MOST), strict=False)]


def _item(value: str, about: str) -> "CompletionItem[str]":
    """One thing to choose; neither it nor what is said of it can steer a terminal or a shell's own form."""
    from click.shell_completion import CompletionItem

    line = " ".join(steerless(about).split())
    return CompletionItem(" ".join(steerless(value).split()), help=line[:LETTERS])


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= DIGITS
