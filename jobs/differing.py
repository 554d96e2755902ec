"""What changed between two versions: the command diff, and changes as people read them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import click

from archive.comparing.changes import Change, changes_between
from archive.comparing.comparison import ADDED, REMOVED, SAME, Work, words
from archive.comparing.pieces import NAMES, TIMES, Told, article_of, as_row, excerpt, told
from archive.database import open_reader
from archive.reads import queries
from archive.times import kst
from jobs.choices import articles, versions_of
from jobs.cli import Options, form_options
from jobs.reading import article_number
from jobs.screen import markdown
from jobs.screen.pager import put
from jobs.screen.printing import print_json, print_markdown, say
from jobs.screen.terminal import LONGEST, Line, Screen, Span, beside, fold, headline, screen

AROUND = 30  # characters of unchanged text shown on either side of a change
MOST_PIECES = 24  # stretches of one change shown in a list
LEAST_HALF = 30  # cells; a column that is narrower than this is no pleasure to read
FORMS = {REMOVED: ("[-", "-]"), ADDED: ("{+", "+}")}
Version = Mapping[str, Any]


@click.command()
@click.argument("article", shell_complete=articles)
@click.argument("old", required=False, shell_complete=versions_of)
@click.argument("new", required=False, shell_complete=versions_of)
@click.option("--side-by-side", is_flag=True, help="The earlier text on the left, the later one on the right.")
@click.option("--marks/--no-marks", default=True, help="Where colours show it, leave out the marks [-…-] and {+…+}.")
@form_options
@click.pass_obj
def diff(options: Options, article: str, old: str | None, new: str | None, side_by_side: bool, marks: bool) -> None:
    """Show what changed between two versions, word by word, each change with its kinds.

    OLD and NEW are versions' numbers or ids, in any order. Without them the last two are compared; with OLD alone, that one
    with the newest. What was taken out stands in [-…-], what was put in, in {+…+}; in colours, figures are bold and
    words in quotation marks italic.

    \b
    Example:
        hani diff 1095276
        hani diff 1095276 1 3 --side-by-side
    """
    number = article_number(article)
    with closing(open_reader(options.database)) as archive:
        listed = queries.versions(archive, number)
        if old is None and len(listed) == 1:
            _say_alone(options, number)
            return
        before = queries.version(archive, number, old) if old else listed[-2]
        after = queries.version(archive, number, new) if new else listed[-1]
    changes = changes_between(article_of(before), article_of(after))
    if options.as_json:
        print_json({**queries.compare(before, after), "changes": [as_row(change) for change in changes]})
    elif options.as_md:
        print_markdown(_in_markdown(changes, before, after))
    else:
        where = screen(options, marks)
        put(comparison_lines(changes, before, after, where, side_by_side), where, options)


def _say_alone(options: Options, number: int) -> None:
    if options.as_json:
        print_json([])
    else:
        say(f"article {number} has one version: nothing has changed")


def print_comparison(before: Version, after: Version, options: Options) -> None:
    """A comparison for people, without a pager."""
    where = screen(options)
    changes = changes_between(article_of(before), article_of(after))
    options.pager = False
    put(comparison_lines(changes, before, after, where), where, options)


def comparison_lines(
    changes: Sequence[Change], before: Version, after: Version, where: Screen, side_by_side: bool = False
) -> Iterator[Line]:
    """A comparison for people."""
    yield from fold([Span(f"{after['article_id']}  "), Span(headline(after["title"]), "headline")], where.listed)
    yield from fold(_versions(before, after), where.listed)
    if not changes:
        yield [Span("nothing differs")]
    half = ((where.columns or where.prose) - 3) // 2
    work = Work()
    for change in changes:
        yield []
        parts = list(parts_of(change.field, change.before, change.after, change.kinds, work))
        if side_by_side and half >= LEAST_HALF and change.field not in TIMES:
            yield label(change.field, change.place, change.kinds)
            yield from _halves(parts, half, where)
        else:
            yield from fold([*label(change.field, change.place, change.kinds), *marked(parts, where)], where.listed)


def _halves(parts: Sequence[Told], half: int, where: Screen) -> Iterator[Line]:
    left = fold(marked((part for part in parts if part.kind != ADDED), where), half)
    right = fold(marked((part for part in parts if part.kind != REMOVED), where), half)
    yield from beside([*left], [*right], half)


def _versions(before: Version, after: Version) -> list[Span]:
    """Which two versions are compared, and what kind of edit lies between them."""
    text = (
        f"version {before['number']} (seen {kst(before['first_seen_at'])})"
        f" → version {after['number']} (seen {kst(after['first_seen_at'])})"
    )
    edits = after["number"] - before["number"]
    if edits != 1:
        return [Span(text + (f": {edits} edits" if edits > 1 else ""))]
    silent = [Span(", "), Span("silent", "silent"), Span(": the newspaper's stamp did not change")]
    return [Span(f"{text}: {after['kind']}"), *(silent if after["silent"] else [])]


def label(field: str, place: int | None, kinds: Iterable[str]) -> list[Span]:
    """What was changed, and how."""
    return [Span(name_of(field, place), "label"), Span(" ("), Span(", ".join(kinds), "kind"), Span("): ")]


def name_of(field: str, place: int | None) -> str:
    """A field as people read it, with the number of the paragraph or caption."""
    return f"{NAMES.get(field, field)}{f' {place}' if place else ''}"


def parts_of(
    field: str, before: str | None, after: str | None, kinds: Sequence[str], work: Work | None = None
) -> Iterator[Told]:
    """A change, piece by piece; of a time, in Korea's time."""
    if field in TIMES:
        yield Told(SAME, f"{kst(before)} → {kst(after)}")
    else:
        old, new = before or "", after or ""
        yield from told(words(old, new, work), old, new, kinds)


def shortly(field: str, before: str | None, after: str | None, kinds: Sequence[str]) -> list[Told]:
    """A change in a list: what changed, with a few words around it."""
    return excerpt(parts_of(field, before, after, kinds), AROUND, LONGEST, MOST_PIECES)


def in_a_line(before: str, after: str) -> str:
    """A change of which nothing more is known, shortly, between marks alone."""
    return "".join(span.text for span in marked(shortly("", before, after, ()), Screen()))


def marked(parts: Iterable[Told], where: Screen) -> list[Span]:
    """Pieces as spans: what was taken out and put in by its style, and, unless these are left out, between marks."""
    return [span for part in parts for span in _marked(part, where)]


def _marked(part: Told, where: Screen) -> Iterator[Span]:
    if part.kind == SAME:
        yield Span(part.text)
        return
    core = part.text.strip()
    before, _, behind = part.text.partition(core) if core else ("", "", "")
    begin, end = FORMS[part.kind] if where.marks else ("", "")
    style = " ".join([part.kind, *["figure"] * part.figure, *["quote"] * part.quoted])
    yield from (Span(before), Span(f"{begin}{core or '␣' * len(part.text)}{end}", style), Span(behind))


def _in_markdown(changes: Sequence[Change], before: Version, after: Version) -> Iterator[str]:
    yield from (markdown.heading(f"{after['article_id']}: {headline(after['title'])}"), "")
    yield from (markdown.escaped("".join(span.text for span in _versions(before, after))), "")
    if not changes:
        yield "nothing differs"
    work = Work()
    for change in changes:
        yield from (markdown.heading(f"{name_of(change.field, change.place)} ({', '.join(change.kinds)})", 2), "")
        yield from (markdown.pieces(parts_of(change.field, change.before, change.after, change.kinds, work)), "")
