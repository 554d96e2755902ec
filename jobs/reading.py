"""The commands that read one article: show and versions."""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import Any

import click

from archive.database import open_reader
from archive.reads import queries
from archive.times import kst
from jobs import logs
from jobs.choices import articles, versions_of
from jobs.cli import Options, form_options
from jobs.screen import markdown
from jobs.screen.colours import STATUSES
from jobs.screen.pager import put
from jobs.screen.printing import print_json, print_markdown
from jobs.screen.terminal import INDENT, Line, Screen, Span, fold, headline, labelled, screen, table

LABELS = {
    "title": "Headline",
    "subtitle": "Subtitle",
    "byline": "Byline",
    "authors": "Authors",
    "section": "Section",
    "posted_at": "Posted",
    "modified_at": "Modified",
    "original_url": "Original",
}
Record = Mapping[str, Any]


def article_number(text: str) -> int:
    """The article that a person names: by number, by any spelling of its address, or by a version's id.

    Raises NotAnArticleAddress.
    """
    if found := re.fullmatch(r"0*([1-9]\d{0,11})(?:@[0-9a-f]+)?", text.strip(), re.A):
        return int(found[1])
    from crawler.urls import article_address

    return article_address(text).article_id


def counted(count: int, what: str) -> str:
    """So many of something."""
    return f"{count:,} {what}{'s' * (count != 1)}"


# --- show ------------------------------------------------------------------------------------------------------------


@click.command()
@click.argument("article", shell_complete=articles)
@click.option(
    "--version",
    "which",
    shell_complete=versions_of,
    metavar="VERSION",
    help="A version's number or id instead of the newest.",
)
@form_options
@click.pass_obj
def show(options: Options, article: str, which: str | None) -> None:
    """Show an article as it stands, or as a version had it.

    ARTICLE is its number, any spelling of its address, or a version's id.

    \b
    Example:
        hani show 1095276
        hani show 1095276 --version 1 --md
    """
    number = article_number(article)
    with closing(open_reader(options.database)) as archive:
        found = queries.article(archive, number)
        if which is None and "@" in article:
            which = article
        shown = {**found, **queries.version(archive, number, which)} if which else found
    if options.as_json:
        print_json(shown)
    elif options.as_md:
        print_markdown(article_in_markdown(shown, _facts(found, shown, which)))
    else:
        where = screen(options)
        put(article_lines(shown, _facts(found, shown, which), where), where, options)
    if shown.get("asked_id", shown["id"]) != shown["id"] and which:
        logs.remark(f"hani: {shown['asked_id']} is now part of version {shown['number']} ({shown['id']})")


def article_lines(record: Record, facts: Iterable[tuple[str, Line]], where: Screen) -> Iterator[Line]:
    """An article for people: headline, what is known of it, captions, paragraphs."""
    yield from fold([Span(record["title"], "headline")], where.prose)
    if record["subtitle"]:
        yield from fold([Span(record["subtitle"])], where.prose)
    yield []
    yield from labelled(facts, where.columns)
    for image in record["images"]:
        yield []
        yield from fold([Span(f"[{image['caption'] or 'picture without a caption'}]", "faint")], where.prose, INDENT)
    for paragraph in record["body"]:
        yield []
        yield from fold([Span(paragraph)], where.prose)


def article_in_markdown(record: Record, facts: Iterable[tuple[str, Line]]) -> Iterator[str]:
    """The same as Markdown."""
    yield markdown.heading(record["title"])
    yield ""
    if record["subtitle"]:
        yield from (markdown.heading(record["subtitle"], 2), "")
    yield from markdown.facts((name, _in_markdown(value)) for name, value in facts)
    for image in record["images"]:
        yield from (f"> {markdown.escaped(image['caption'] or 'picture without a caption')}", "")
    for paragraph in record["body"]:
        yield from (markdown.escaped(paragraph), "")


def _in_markdown(fact: Line) -> str:
    text = "".join(span.text for span in fact)
    return markdown.link(text) if text.startswith(("http://", "https://")) else markdown.escaped(text)


def _facts(article: Record, shown: Record, which: str | None) -> Iterator[tuple[str, Line]]:
    count = article["versions"]
    of = f"version {shown['number']} of {count}" if which else f"newest of {counted(count, 'version')}"
    yield from common_facts(shown)
    yield "Address", [Span(article["url"])]
    if shown["original_url"]:
        yield "Original", [Span(shown["original_url"])]
    seen = f", last seen {kst(article['last_seen_at'])}, checked {kst(article['last_checked_at'])}"
    yield "Status", [status_span(article["status"]), Span(seen)]
    yield "Version", [Span(f"{shown['id'] if which else article['version_id']} ({of})")]


def common_facts(record: Record) -> Iterator[tuple[str, Line]]:
    """What is known of an article at any time."""
    yield "By", [Span((record["byline"] or "–").removeprefix("By "))]
    yield "Posted", [Span(kst(record["posted_at"]))]
    yield "Modified", [Span(kst(record["modified_at"]))]
    yield "Section", [Span(record["section"] or "–")]


def status_span(status: str) -> Span:
    """Where an article stands, in its colour."""
    return Span(status, STATUSES.get(status, ""))


# --- versions --------------------------------------------------------------------------------------------------------


@click.command()
@click.argument("article", shell_complete=articles)
@form_options
@click.pass_obj
def versions(options: Options, article: str) -> None:
    """List an article's versions, oldest first, a line each.

    Each line has the version's number, its id, when we first saw it, of which kind the change was, whether it was
    silent (the text changed, the newspaper's stamp did not), the kinds of its changes, and the headline; on a terminal
    the headline only where it is another than before.

    \b
    Example:
        hani versions 1095276
    """
    number = article_number(article)
    with closing(open_reader(options.database)) as archive:
        listed = queries.versions(archive, number)
        kinds = kinds_of_changes(archive, number)
    if options.as_json:
        print_json(listed)
    elif options.as_md:
        print_markdown(_versions_in_markdown(number, listed, kinds))
    else:
        where = screen(options)
        put(table([*_version_rows(listed, kinds, where)], where.columns, frozenset([0])), where, options)


def kinds_of_changes(archive: sqlite3.Connection, number: int) -> dict[str, str]:
    """The kinds of changes of each version of an article, by its id, the largest first."""
    rows = archive.execute(
        "select version_id, kind, sum(size) as size from changes where article_id = ? group by 1, 2 order by 3 desc, 2",
        [number],
    )
    found: dict[str, list[str]] = {}
    for version_id, kind, _ in rows:
        found.setdefault(version_id, []).append(kind)
    return {version_id: ", ".join(kinds) for version_id, kinds in found.items()}


def _version_rows(listed: list[dict[str, Any]], kinds: Mapping[str, str], where: Screen) -> Iterator[Line]:
    before = None
    for version in listed:
        title = headline(version["title"])
        yield [
            Span(str(version["number"]), "label"),
            Span(version["id"]),
            Span(kst(version["first_seen_at"])),
            Span(version["kind"]),
            Span("silent" if version["silent"] else "", "silent"),
            Span(kinds.get(version["id"], ""), "kind"),
            Span("" if where.columns and title == before else title),
        ]
        before = title


def _versions_in_markdown(number: int, listed: list[dict[str, Any]], kinds: Mapping[str, str]) -> Iterator[str]:
    yield markdown.heading(f"{number}: {headline(listed[-1]['title'])}")
    yield ""
    yield from markdown.table(
        ("Version", "Id", "First seen", "Kind", "Silent", "Changes", "Headline"),
        (
            (
                str(version["number"]),
                markdown.code(version["id"]),
                kst(version["first_seen_at"]),
                version["kind"],
                "silent" if version["silent"] else "",
                kinds.get(version["id"], ""),
                markdown.escaped(headline(version["title"])),
            )
            for version in listed
        ),
    )
