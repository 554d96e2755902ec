"""The commands about history: changes, removed, as-of."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from itertools import groupby
from typing import Any

import click

from archive import edits, queries
from archive.changes import KINDS
from archive.comparison import words
from archive.database import open_reader
from archive.errors import UnknownArticle
from archive.rows import DERIVATION
from archive.times import kst, now, stamp
from jobs import logs
from jobs.cli import Options, json_option
from jobs.moments import from_day, until_day
from jobs.reading import article_number, excerpt, headline, print_record, say

SHOWN = 50  # edits or articles in the text, unless --limit says otherwise; the JSON holds all
DIGEST = 12  # characters of a digest that people are shown


def derived(archive: sqlite3.Connection) -> sqlite3.Connection:
    """An archive about to be asked for its history; says so where its tables were derived by another version of us."""
    row = archive.execute("select value from derivation where name = 'history'").fetchone()
    if (row is None or row[0] != DERIVATION) and archive.execute("select 1 from captures limit 1").fetchone():
        logs.remark("hani: the history was derived by another version of hani; `hani rebuild` brings it up to date")
    return archive


@click.command()
@click.option("--since", metavar="DATE", help="Only edits seen since then (a day in Korea, or a moment with its zone).")
@click.option("--kind", type=click.Choice(KINDS), help="Only changes of this kind.")
@click.option("--silent", is_flag=True, help="Only silent edits, with the proof: both captures and both stamps.")
@click.option("--section", metavar="CODE", help="Only articles of this section, such as e_national.")
@click.option("--article", metavar="ARTICLE", help="Only this article, by number or address.")
@click.option("--typography", is_flag=True, help="Also changes of quotation marks, dashes and spaces alone.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help=f"At most N edits (default {SHOWN}; --json: all).")
@json_option
@click.pass_obj
def changes(
    options: Options,
    since: str | None,
    kind: str | None,
    silent: bool,
    section: str | None,
    article: str | None,
    typography: bool,
    limit: int | None,
    as_json: bool,
) -> None:
    """List what the newspaper changed after publication, the biggest edit first.

    Each change has its kinds: a figure, a quote, a name, a correction notice, an addition, a deletion, a rewrite, a typo.
    Changes of typography alone are left out unless asked for.

    \b
    Example:
        hani changes --since 2026-11-01 --kind figure
        hani changes --silent
    """
    as_data = as_json or options.as_json
    wanted = edits.Wanted(
        from_day(since, "--since") if since is not None else None,
        kind,
        silent,
        section,
        article_number(article) if article is not None else None,
        typography,
    )
    with closing(open_reader(options.database)) as archive:
        derived(archive)
        if wanted.article_id is not None:
            queries.versions(archive, wanted.article_id)  # says that the article is unknown, where it is
        found = edits.changes(archive, wanted, limit or (None if as_data else SHOWN))
        in_all = 0 if as_data else edits.count(archive, wanted)
    if as_data:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    by_edit = [list(rows) for _, rows in groupby(found, key=lambda row: row["version_id"])]
    for rows in by_edit:
        print_edit(rows, proof=silent)
    _say_rest(in_all, len(by_edit), "edit")


def _say_rest(found: int, shown: int, what: str) -> None:
    if not found:
        say(f"no {what} is found")
    elif found > shown:
        say(f"… and {found - shown:,} more {what}s (--limit shows more, --json all)")


def print_edit(rows: Sequence[Mapping[str, Any]], proof: bool) -> None:
    """One edit: what it is, then each of its changes."""
    edit = rows[0]
    silent = ", silent" if edit["silent"] else ""
    say(f"{edit['article_id']}  {headline(edit['title'])}")
    say(
        f"  {edit['version_id']}  seen {kst(edit['after_seen_at'])}  {edit['version_kind']}{silent},"
        f" {percent(edit['edit_size'])} of the words"
    )
    if proof:
        _print_proof(edit)
    for place, kinds in _places(rows):
        _print_change(place, kinds)
    say()


def percent(share: float) -> str:
    """A share as people read it; never 0 % for something."""
    return f"{share:.0%}" if share >= 0.005 or share == 0 else "under 1%"


def _print_proof(edit: Mapping[str, Any]) -> None:
    for side, words_of in (("before", "last seen so"), ("after", "first seen so")):
        digest = (edit[f"{side}_digest"] or "–")[:DIGEST]
        moment, printed = kst(edit[f"{side}_seen_at"]), kst(edit[f"{side}_stamp"] or edit["posted_at"])
        say(f"  {words_of:<13} {moment}  payload {digest}…  stamp {printed}")


def _places(rows: Iterable[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], list[str]]]:
    """The changes of an edit, each with all its kinds."""
    found: dict[tuple[Any, ...], tuple[Mapping[str, Any], list[str]]] = {}
    for row in rows:
        key = (row["field"], row["place"], row["before"], row["after"])
        found.setdefault(key, (row, []))[1].append(row["kind"])
    return list(found.values())


def _print_change(change: Mapping[str, Any], kinds: list[str]) -> None:
    place = f" {change['place']}" if change["place"] else ""
    label = f"    {change['field']}{place} ({', '.join(kinds)})"
    if change["field"] in ("stamp", "posted"):
        say(f"{label}: {kst(change['before'])} → {kst(change['after'])}")
        return
    pieces = [{"kind": p.kind, "text": p.text} for p in words(change["before"] or "", change["after"] or "")]
    click.echo(f"{label}: {excerpt(pieces)}")
    if change["tied_to"]:
        say(f"      tied to {change['tied_to']}")


@click.command()
@click.option("--suspected", is_flag=True, help="Also what was found gone, but is not confirmed yet.")
@json_option
@click.pass_obj
def removed(options: Options, suspected: bool, as_json: bool) -> None:
    """List what the newspaper took away: the last good version of each article, and the evidence.

    A removal is confirmed by three checks over at least two days. Articles that lead to another one are `moved`; those that
    came back are `returned`.

    \b
    Example:
        hani removed
        hani removed --suspected --json
    """
    with closing(open_reader(options.database)) as archive:
        found = edits.removals(derived(archive), suspected)
        waiting = archive.execute("select count(*) from tombstones where confirmed_at is null").fetchone()[0]
    if as_json or options.as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for stone in found:
        _print_tombstone(stone)
    if not found:
        say("nothing was removed")
    if waiting and not suspected:
        say(f"{waiting} more suspected, not confirmed yet (--suspected lists them)")


def _print_tombstone(stone: Mapping[str, Any]) -> None:
    say(f"{stone['status']:<9} {stone['article_id']}  {headline(stone['title'])}")
    say(f"    {stone['url']}")
    say(f"    last seen {kst(stone['last_seen_at'])}, as {stone['version_id']}")
    since = f"gone since {kst(stone['suspected_at'])}, {stone['checks']} check{'s' * (stone['checks'] != 1)}"
    confirmed = f", confirmed {kst(stone['confirmed_at'])}" if stone["confirmed_at"] else ""
    back = f", back since {kst(stone['returned_at'])}" if stone["returned_at"] else ""
    say(f"    {since}{confirmed}{back}")
    for proof in stone["evidence"]:
        say(f"      {kst(proof['at'])}  {proof['reason'] or proof['found']}")
    say()


@click.command("as-of")
@click.argument("moment")
@click.argument("article", required=False)
@click.option("--published", is_flag=True, help="Go by the newspaper's own stamps instead of our captures.")
@click.option("--known", metavar="DATE", help="With --published: only what was captured by then (default: now).")
@click.option(
    "--limit", type=click.IntRange(1), metavar="N", help=f"At most N articles (default {SHOWN}; --json: all)."
)
@json_option
@click.pass_obj
def as_of(
    options: Options,
    moment: str,
    article: str | None,
    published: bool,
    known: str | None,
    limit: int | None,
    as_json: bool,
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
    as_data = as_json or options.as_json
    with closing(open_reader(options.database)) as archive:
        derived(archive)
        found = edits.as_of(archive, by, at, number) if published else edits.as_of(archive, at, None, number)
        for row in found if number or as_data else []:
            row["images"] = queries.images(archive, row["id"])
        if number and not found:
            queries.versions(archive, number)  # says that the article is unknown, where it is
            what = "the newspaper's stamps have nothing" if published else "the archive had captured nothing"
            raise UnknownArticle(f"{what} of article {number} by {kst(at)}")
    if as_data:
        shown = found if limit is None else found[:limit]
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    elif number:
        _print_then(found[0])
    else:
        _list_then(found, limit or SHOWN)


def _print_then(version: Mapping[str, Any]) -> None:
    facts = [
        ("By", (version["byline"] or "–").removeprefix("By ")),
        ("Posted", kst(version["posted_at"])),
        ("Modified", kst(version["modified_at"])),
        ("Section", version["section"] or "–"),
        ("Status", version["status"]),
        ("Version", f"{version['id']} (number {version['number']}, seen {kst(version['first_seen_at'])})"),
    ]
    print_record(version, facts)


def _list_then(found: list[dict[str, Any]], limit: int) -> None:
    for version in found[:limit]:
        status = "" if version["status"] == "live" else f"  ({version['status']})"
        say(
            f"{version['article_id']:>8}  {kst(version['posted_at'])}  v{version['number']}  {headline(version['title'])}{status}"
        )
    _say_rest(len(found), min(limit, len(found)), "article")
