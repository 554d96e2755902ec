"""The commands about history: changes and removed."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import groupby
from typing import Any

import click

from archive.comparing.changes import KINDS
from archive.database import open_reader
from archive.reads import edits, queries
from archive.rows import DERIVATION
from archive.times import kst
from jobs import logs
from jobs.choices import articles, sections
from jobs.cli import Options, form_options
from jobs.differing import label, marked, name_of, shortly
from jobs.moments import before_day, from_day
from jobs.reading import article_number, counted
from jobs.screen import markdown
from jobs.screen.colours import STATUSES
from jobs.screen.pager import put
from jobs.screen.printing import print_json, print_markdown
from jobs.screen.terminal import Line, Screen, Span, fold, headline, screen, sentences, shortened

MOST = 2**63 - 1  # what SQLite takes for a number
SHOWN = 50  # edits or articles in the text, unless --limit says otherwise; the JSON holds all
DIGEST = 12  # characters of a digest that people are shown
Row = Mapping[str, Any]


def derived(archive: sqlite3.Connection) -> sqlite3.Connection:
    """An archive about to be asked for its history; says so where its tables were derived by another version of us."""
    row = archive.execute("select value from derivation where name = 'history'").fetchone()
    if (row is None or row[0] != DERIVATION) and archive.execute("select 1 from captures limit 1").fetchone():
        logs.remark("hani: the history was derived by another version of hani; `hani rebuild` brings it up to date")
    return archive


class Share(click.ParamType[float]):
    """A share of the words: 0.05, or 5%, as the lists have it."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The share as a number between 0 and 1."""
        number = str(value).removesuffix("%")
        try:
            share = float(number) / (100 if number != str(value) else 1)
        except ValueError:
            share = -1.0
        if not 0 <= share <= 1:
            self.fail(f"{value!r} is no share such as 5% or 0.05.", param, ctx)
        return share


# --- changes ---------------------------------------------------------------------------------------------------------


@click.command()
@click.option("--since", metavar="DATE", help="Only edits seen since then (a day in Korea, or a moment with its zone).")
@click.option("--until", metavar="DATE", help="Only edits seen up to then (of a day its end in Korea).")
@click.option("--kind", type=click.Choice(KINDS), help="Only changes of this kind.")
@click.option("--least", type=Share(), metavar="SHARE", help="Only edits of at least this share of the words (5%).")
@click.option("--silent", is_flag=True, help="Only silent edits, with the proof: both captures and both stamps.")
@click.option(
    "--section", metavar="CODE", shell_complete=sections, help="Only articles of this section, such as e_national."
)
@click.option("--article", metavar="ARTICLE", shell_complete=articles, help="Only this article, by number or address.")
@click.option("--typography", is_flag=True, help="Also changes of quotation marks, dashes and spaces alone.")
@click.option("--newest", is_flag=True, help="The newest edit first, not the biggest.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help=f"At most N edits (default {SHOWN}; --json: all).")
@click.option("--marks/--no-marks", default=True, help="Where colours show it, leave out the marks [-…-] and {+…+}.")
@form_options
@click.pass_obj
def changes(
    options: Options,
    since: str | None,
    until: str | None,
    kind: str | None,
    least: float | None,
    silent: bool,
    section: str | None,
    article: str | None,
    typography: bool,
    newest: bool,
    limit: int | None,
    marks: bool,
) -> None:
    """List what the newspaper changed after publication, the biggest edit first.

    Each change has its kinds: a figure, a quote, a name, a correction notice, an addition, a deletion, a rewrite, a typo.
    Changes of typography alone are left out unless asked for.

    \b
    Example:
        hani changes --since 2026-11-01 --kind figure
        hani changes --silent
        hani changes --newest --least 5% --md
    """
    wanted = edits.Wanted(
        since=from_day(since, "--since") if since is not None else None,
        until=before_day(until, "--until") if until is not None else None,
        kind=kind,
        least=least,
        silent=silent,
        section=section,
        article_id=article_number(article) if article is not None else None,
        typography=typography,
        newest=newest,
    )
    with closing(open_reader(options.database)) as archive:
        derived(archive)
        if wanted.article_id is not None:
            queries.versions(archive, wanted.article_id)  # says that the article is unknown, where it is
        found = edits.changes(archive, wanted, min(limit, MOST) if limit else None if options.as_json else SHOWN)
        in_all = 0 if options.as_json else edits.count(archive, wanted)
    by_edit = [list(rows) for _, rows in groupby(found, key=lambda row: row["version_id"])]
    if options.as_json:
        print_json(found)
    elif options.as_md:
        print_markdown([*_edits_in_markdown(by_edit, silent), *rest(in_all, len(by_edit), "edit")])
    else:
        where = screen(options, marks)
        lines = [line for rows in by_edit for line in _edit_lines(rows, silent, where)]
        put([*lines, *sentences(rest(in_all, len(by_edit), "edit"), where)], where, options)


def rest(found: int, shown: int, what: str) -> Iterator[str]:
    """That nothing is found, or how much more than what is shown."""
    if not found:
        yield f"no {what} is found"
    elif found > shown:
        yield f"… and {found - shown:,} more {what}s (--limit shows more, --json all)"


def _edit_lines(rows: Sequence[Row], proof: bool, where: Screen) -> Iterator[Line]:
    """One edit: what it is, then each of its changes."""
    edit = rows[0]
    number = f"{edit['article_id']}  "
    title = headline(edit["title"])
    yield [Span(number), Span(shortened(title, where.row - len(number)), "headline")]
    silent = [Span(", "), Span("silent", "silent")] if edit["silent"] else []
    seen = Span(f"{edit['version_id']}  seen {kst(edit['after_seen_at'])}  {edit['version_kind']}")
    yield from fold([seen, *silent, Span(f", {percent(edit['edit_size'])} of the words")], where.listed, "  ")
    for line in _proof(edit) if proof else []:
        yield from fold([Span(line)], where.listed, "  ", "    ")
    for change, kinds in _places(rows):
        parts = shortly(change["field"], change["before"], change["after"], kinds)
        yield from fold([*label(change["field"], change["place"], kinds), *marked(parts, where)], where.listed, "    ")
        if change["tied_to"]:
            yield [Span(f"      tied to {change['tied_to']}")]
    yield []


def percent(share: float) -> str:
    """A share as people read it; never 0 % for something."""
    return f"{share:.0%}" if share >= 0.005 or share == 0 else "under 1%"


def _proof(edit: Row) -> Iterator[str]:
    for side, words_of in (("before", "last seen so"), ("after", "first seen so")):
        digest = (edit[f"{side}_digest"] or "–")[:DIGEST]
        moment, printed = kst(edit[f"{side}_seen_at"]), kst(edit[f"{side}_stamp"] or edit["posted_at"])
        yield f"{words_of:<13} {moment}  payload {digest}…  stamp {printed}"


def _places(rows: Iterable[Row]) -> list[tuple[Row, list[str]]]:
    """The changes of an edit, each with all its kinds."""
    found: dict[tuple[Any, ...], tuple[Row, list[str]]] = {}
    for row in rows:
        key = (row["field"], row["place"], row["before"], row["after"])
        found.setdefault(key, (row, []))[1].append(row["kind"])
    return list(found.values())


def _edits_in_markdown(by_edit: Sequence[Sequence[Row]], proof: bool) -> Iterator[str]:
    yield from ("# Edits", "")
    for rows in by_edit:
        edit = rows[0]
        silent = ", **silent**" if edit["silent"] else ""
        yield from (markdown.heading(f"{edit['article_id']}: {headline(edit['title'])}", 2), "")
        yield f"{markdown.code(edit['version_id'])}, seen {kst(edit['after_seen_at'])}: {edit['version_kind']}{silent},"
        yield from (f"{percent(edit['edit_size'])} of the words", "")
        proofs = [markdown.escaped(line) for line in _proof(edit)] if proof else []
        yield from markdown.bullets([*proofs, *(_change_in_markdown(*place) for place in _places(rows))])


def _change_in_markdown(change: Row, kinds: Sequence[str]) -> str:
    text = markdown.pieces(shortly(change["field"], change["before"], change["after"], kinds))
    tied = f" (tied to {markdown.code(change['tied_to'])})" if change["tied_to"] else ""
    return f"**{name_of(change['field'], change['place'])}** ({', '.join(kinds)}): {text}{tied}"


# --- removed ---------------------------------------------------------------------------------------------------------


@click.command()
@click.option("--suspected", is_flag=True, help="Also what was found gone, but is not confirmed yet.")
@form_options
@click.pass_obj
def removed(options: Options, suspected: bool) -> None:
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
    if options.as_json:
        print_json(found)
    elif options.as_md:
        print_markdown([*_stones_in_markdown(found), *_beyond(found, waiting, suspected)])
    else:
        where = screen(options)
        lines = [line for stone in found for line in _stone_lines(stone, where)]
        put([*lines, *sentences(_beyond(found, waiting, suspected), where)], where, options)


def _beyond(found: Sequence[Row], waiting: int, suspected: bool) -> Iterator[str]:
    if not found:
        yield "nothing was removed"
    if waiting and not suspected:
        yield f"{waiting} more suspected, not confirmed yet (--suspected lists them)"


def _stone_lines(stone: Row, where: Screen) -> Iterator[Line]:
    begin = f"{stone['status']:<9} {stone['article_id']}  "
    title = shortened(headline(stone["title"]), where.row - len(begin))
    yield [Span(begin, STATUSES.get(stone["status"], "")), Span(title, "headline")]
    seen = f"last seen {kst(stone['last_seen_at'])}, as {stone['version_id']}"
    for text in (stone["url"], seen, _since(stone)):
        yield from fold([Span(text)], where.listed, "    ")
    for proof in stone["evidence"]:
        yield from fold([Span(f"{kst(proof['at'])}  {_found(proof)}")], where.listed, "      ", "        ")
    yield []


def _since(stone: Row) -> str:
    since = f"gone since {kst(stone['suspected_at'])}, {counted(stone['checks'], 'check')}"
    confirmed = f", confirmed {kst(stone['confirmed_at'])}" if stone["confirmed_at"] else ""
    back = f", back since {kst(stone['returned_at'])}" if stone["returned_at"] else ""
    return f"{since}{confirmed}{back}"


def _found(proof: Row) -> str:
    return str(proof["reason"] or proof["found"])


def _stones_in_markdown(found: Sequence[Row]) -> Iterator[str]:
    yield from ("# Removed", "")
    for stone in found:
        yield from (markdown.heading(f"{stone['article_id']}: {headline(stone['title'])}", 2), "")
        yield from markdown.facts(
            [
                ("Status", stone["status"]),
                ("Address", markdown.link(stone["url"])),
                ("Last seen", f"{kst(stone['last_seen_at'])}, as {markdown.code(stone['version_id'])}"),
                ("Gone", _since(stone).removeprefix("gone ")),
            ]
        )
        proofs = ((kst(proof["at"]), markdown.escaped(_found(proof))) for proof in stone["evidence"])
        yield from markdown.table(("Checked", "Found"), proofs)
