"""The commands that read: show, versions, diff, search."""

import json
import re
import shutil
import sqlite3
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from typing import Any

import click

from archive import queries
from archive.comparison import ADDED, REMOVED, SAME
from archive.database import open_reader
from archive.search import MARK, UNMARK, Scope, Sought
from archive.search import search as search_for
from archive.text import printable
from archive.times import kst
from jobs import logs
from jobs.cli import Options, json_option

WIDEST = 100  # characters; longer lines are hard to read
AROUND = 30  # characters of unchanged text shown on either side of a change
LONGEST = 300  # characters of one changed stretch shown in a list
MOST_PIECES = 24  # stretches of one change shown in a list
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


def article_number(text: str) -> int:
    """The article that a person names: by number, by any spelling of its address, or by a version's id.

    Raises NotAnArticleAddress.
    """
    if found := re.fullmatch(r"0*([1-9]\d{0,11})(?:@[0-9a-f]+)?", text.strip(), re.A):
        return int(found[1])
    from crawler.urls import article_address

    return article_address(text).article_id


def say(text: str = "") -> None:
    """Print a line whose words may come from the web."""
    click.echo("\n".join(printable(line) for line in text.split("\n")))


def headline(title: str) -> str:
    """A headline in a list; one of a megabyte is cut."""
    return title if len(title) <= LONGEST else f"{title[:LONGEST]}…"


def wrapped(text: str, indent: str = "") -> str:
    """A paragraph folded to the terminal's width."""
    width = min(WIDEST, shutil.get_terminal_size().columns)
    return textwrap.fill(printable(text), max(30, width), initial_indent=indent, subsequent_indent=indent)


def _connect(options: Options) -> closing[sqlite3.Connection]:
    return closing(open_reader(options.database))


@click.command()
@click.argument("article")
@click.option("--version", "which", metavar="VERSION", help="A version's number or id instead of the newest.")
@json_option
@click.pass_obj
def show(options: Options, article: str, which: str | None, as_json: bool) -> None:
    """Show an article as it stands, or as a version had it.

    ARTICLE is its number or any spelling of its address.

    \b
    Example:
        hani show 1095276
    """
    number = article_number(article)
    with _connect(options) as archive:
        found = queries.article(archive, number)
        if which is None and "@" in article:
            which = article
        shown = {**found, **queries.version(archive, number, which)} if which else found
    if as_json or options.as_json:
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    print_record(shown, _facts(found, shown, which))
    if shown.get("asked_id", shown["id"]) != shown["id"] and which:
        logs.remark(f"hani: {shown['asked_id']} is now part of version {shown['number']} ({shown['id']})")


def print_record(record: Mapping[str, Any], facts: Iterable[tuple[str, str]]) -> None:
    """An article for people: headline, what is known of it, captions, paragraphs."""
    click.echo(click.style(wrapped(record["title"]), bold=True))
    if record["subtitle"]:
        click.echo(wrapped(record["subtitle"]))
    click.echo()
    for label, value in facts:
        say(f"{label:<9} {value}")
    for image in record["images"]:
        click.echo("\n" + wrapped(f"[{image['caption'] or 'picture without a caption'}]", "    "))
    for paragraph in record["body"]:
        click.echo("\n" + wrapped(paragraph))


def _facts(article: Mapping[str, Any], shown: Mapping[str, Any], which: str | None) -> Iterable[tuple[str, str]]:
    yield "By", (shown["byline"] or "–").removeprefix("By ")
    yield "Posted", kst(shown["posted_at"])
    yield "Modified", kst(shown["modified_at"])
    yield "Section", shown["section"] or "–"
    yield "Address", article["url"]
    if shown["original_url"]:
        yield "Original", shown["original_url"]
    state = f"{article['status']}, last seen {kst(article['last_seen_at'])}, checked {kst(article['last_checked_at'])}"
    yield "Status", state
    count = article["versions"]
    of = f"version {shown['number']} of {count}" if which else f"newest of {count} version{'s' * (count != 1)}"
    yield "Version", f"{shown['id'] if which else article['version_id']} ({of})"


@click.command()
@click.argument("article")
@json_option
@click.pass_obj
def versions(options: Options, article: str, as_json: bool) -> None:
    """List an article's versions, oldest first, a line each.

    Each line has the version's number, its id, when we first saw it, of which kind the change was, whether it was
    silent (the text changed, the newspaper's stamp did not), and the headline.

    \b
    Example:
        hani versions 1095276
    """
    number = article_number(article)
    with _connect(options) as archive:
        listed = queries.versions(archive, number)
    if as_json or options.as_json:
        click.echo(json.dumps(listed, ensure_ascii=False, indent=2))
        return
    for version in listed:
        silent = "silent" if version["silent"] else ""
        say(
            f"{version['number']:>3}  {version['id']}  {kst(version['first_seen_at'])}"
            f"  {version['kind']:<8}  {silent:<6}  {headline(version['title'])}"
        )


@click.command()
@click.argument("article")
@click.argument("old", required=False)
@click.argument("new", required=False)
@json_option
@click.pass_obj
def diff(options: Options, article: str, old: str | None, new: str | None, as_json: bool) -> None:
    """Show what changed between two versions, word by word.

    OLD and NEW are versions' numbers or ids. Without them the last two are compared; with OLD alone, that one with the
    newest. What was taken out stands in [-…-], what was put in, in {+…+}.

    \b
    Example:
        hani diff 1095276
        hani diff 1095276 1 3
    """
    number = article_number(article)
    with _connect(options) as archive:
        listed = queries.versions(archive, number)
        if old is None and len(listed) == 1:
            click.echo("[]" if as_json or options.as_json else f"article {number} has one version: nothing has changed")
            return
        before = queries.version(archive, number, old) if old else listed[-2]
        after = queries.version(archive, number, new) if new else listed[-1]
    compared = queries.compare(before, after)
    if as_json or options.as_json:
        click.echo(json.dumps(compared, ensure_ascii=False, indent=2))
        return
    print_comparison(compared, before, after)


def print_comparison(compared: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """A comparison for people."""
    silent = ", silent: the newspaper's stamp did not change" if after["silent"] else ""
    say(f"{after['article_id']}  {after['title']}")
    say(
        f"version {before['number']} (seen {kst(before['first_seen_at'])})"
        f" → version {after['number']} (seen {kst(after['first_seen_at'])}): {after['kind']}{silent}"
    )
    if not compared["changed"]:
        say("nothing differs")
    for name, change in compared["changed"].items():
        if name in ("posted_at", "modified_at"):
            say(f"\n{LABELS[name]}: {kst(before[name])} → {kst(after[name])}")
        elif name in LABELS:
            click.echo(f"\n{LABELS[name]}: {marked(change)}")
        elif name == "body":
            for paragraph in change:
                click.echo(f"\nParagraph {paragraph['paragraph']}: {marked(paragraph['pieces'])}")
        else:
            for pieces in change:
                click.echo(f"\n{'Caption' if name == 'captions' else 'Picture'}: {marked(pieces)}")


def excerpt(pieces: Sequence[Mapping[str, str]]) -> str:
    """What changed of a text, with a few words around it; the whole only where that is short."""
    shown = []
    for index, piece in enumerate(pieces):
        text = piece["text"]
        if piece["kind"] == SAME and len(text) > 2 * AROUND:
            head = text[:AROUND] if index else ""
            text = f"{head}…{text[-AROUND:] if index + 1 < len(pieces) else ''}"
        elif len(text) > LONGEST:
            text = f"{text[:LONGEST]}…"
        shown.append({**piece, "text": text})
    if len(shown) > MOST_PIECES:
        shown = [*shown[:MOST_PIECES], {"kind": SAME, "text": "…"}]
    return marked(shown)


def marked(pieces: Sequence[Mapping[str, str]]) -> str:
    """Pieces as one text: colours on a terminal, marks everywhere."""
    parts = []
    for piece in pieces:
        text = printable(piece["text"])
        body, space = text.rstrip(), text[len(text.rstrip()) :]
        if piece["kind"] == REMOVED:
            parts.append(click.style(f"[-{body}-]", fg="red") + space)
        elif piece["kind"] == ADDED:
            parts.append(click.style(f"{{+{body}+}}", fg="green") + space)
        else:
            parts.append(text)
    return "".join(parts)


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--removed", is_flag=True, help="Search only what edits took out.")
@click.option("--added", is_flag=True, help="Search only what edits put in.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many articles.")
@json_option
@click.pass_obj
def search(options: Options, words: tuple[str, ...], removed: bool, added: bool, limit: int, as_json: bool) -> None:
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
    text = " ".join(f'"{word}"' if " " in word and '"' not in word and len(words) > 1 else word for word in words)
    if removed or added:
        _search_changes(options, text, "removed" if removed else "added", limit, as_json or options.as_json)
        return
    with _connect(options) as archive:
        found = search_for(archive, Sought(text), limit)
    if as_json or options.as_json:
        plain = [{**row, "snippet": _snippet(row["snippet"], "«", "»")} for row in found]
        click.echo(json.dumps(plain, ensure_ascii=False, indent=2))
        return
    for row in found:
        say(
            f"{row['id']}  {kst(row['posted_at'])}  {row['section'] or '–'}  "
            f"{row['versions']} version{'s' * (row['versions'] != 1)}{'' if row['status'] == 'live' else ', ' + row['status']}"
        )
        click.echo(click.style(wrapped(headline(row["title"]), "    "), bold=True))
        click.echo(_snippet(wrapped(_snippet(row["snippet"], "«", "»"), "    "), "«", "»") + "\n")
    say(f"{len(found)} article{'s' * (len(found) != 1)}{' (the first; --limit shows more)' * (len(found) == limit)}")


def _search_changes(options: Options, text: str, side: str, limit: int, as_json: bool) -> None:
    with _connect(options) as archive:
        found = search_for(archive, Sought(text, Scope(side)), limit)
    if as_json:
        plain = [{**row, "snippet": _snippet(row["snippet"], "«", "»")} for row in found]
        click.echo(json.dumps(plain, ensure_ascii=False, indent=2))
        return
    for row in found:
        silent = ", silent" if row["silent"] else ""
        say(f"{row['article_id']}  {headline(row['title'])}")
        place = f" {row['place']}" if row["place"] else ""
        say(
            f"  {row['version_id']}  seen {kst(row['after_seen_at'])}{silent}  {row['field']}{place}, {', '.join(row['kinds'])}"
        )
        click.echo(_snippet(wrapped(_snippet(row["snippet"], "«", "»"), "    "), "«", "»") + "\n")
    say(f"{len(found)} change{'s' * (len(found) != 1)}{' (the first; --limit shows more)' * (len(found) == limit)}")


def _snippet(text: str, mark: str, unmark: str) -> str:
    return " ".join(text.split("\n")).replace(MARK, mark).replace(UNMARK, unmark) if MARK in text else text
