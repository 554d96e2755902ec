"""The search: one box over everything, and filters."""

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from archive.comparing.pieces import NAMES
from archive.display.markup import marked_up, shown, steerless
from archive.reads import search as searching
from archive.reads.queries import summary
from archive.reads.search import MARK, MOST_TERMS, UNMARK, Scope, Sought
from archive.web.answers import Asked, Page
from archive.web.forms import period_asked, sections

SHOWN = 20  # finds on a page
COUNTED = 1_000  # finds; of more it is only said that there are more, and nobody leafs that far
MOST_PAGES = COUNTED // SHOWN
LONGEST = 500  # letters of what is typed: each link of the page repeats it
SNIPPET = 1_000  # letters; a word may be a megabyte long
SORTS = ("best", "newest")
SCOPES = {
    Scope.CURRENT: "articles as they stand",
    Scope.VERSIONS: "all their versions",
    Scope.ADDED: "only what edits put in",
    Scope.REMOVED: "only what edits took out",
}
FILTERS = ("section", "author", "from", "to", "edited", "silent", "removed")
"""The parameters that narrow a search down."""

_MARKED = re.compile(f"{MARK}([^{MARK}{UNMARK}]*){UNMARK}")


def search(connection: sqlite3.Connection, asked: Asked) -> Page:
    """What is found for the words in the box; without words, how to search."""
    problems: list[str] = []
    sought = sought_of(asked, problems)
    bounded = {name: value[:LONGEST].encode("utf-8", "replace").decode() for name, value in asked.given.items()}
    asked = replace(asked, given=bounded)
    if sought.text and not searching.terms(sought.text):
        problems.append(
            f"There is no word to search for in {shown(sought.text, 80)!r}: only letters and figures count."
        )
    number = asked.number("page", 1, MOST_PAGES)
    has_words = bool(searching.terms(sought.text))
    found = searching.search(connection, sought, SHOWN, (number - 1) * SHOWN) if has_words else []
    count = searching.count(connection, sought, COUNTED + 1) if has_words else 0
    return Page(
        "search.html",
        {
            "sought": sought,
            "bounded": asked,
            "typed": steerless(sought.text),
            "has_words": has_words,
            "problems": problems,
            "finds": [{**row, "html": highlighted(row["snippet"])} for row in found],
            "named": _named(connection, sought.text),
            "count": min(count, COUNTED),
            "more": count > COUNTED,
            "page": number,
            "shown": SHOWN,
            "next": number + 1 if count > number * SHOWN and number < MOST_PAGES else None,
            "filters": [(label, asked.again(page=None, **{name: None})) for name, label in _filters(asked, sought)],
            "unfiltered": asked.again(page=None, **dict.fromkeys(FILTERS)),
            "names": _alike(connection, sought.author) if has_words and not found else [],
            "scopes": SCOPES,
            "sections": sections(connection),
            "fields": NAMES,
        },
    )


def sought_of(asked: Asked, problems: list[str]) -> Sought:
    """What is searched for; a sentence for each thing that could not be understood is added to `problems`."""
    typed = asked.text("q") or ""
    text = typed[:LONGEST]
    if len(typed) > LONGEST:
        problems.append(f"Only the first {LONGEST} letters are searched for.")
    if len(searching.terms(text)) > MOST_TERMS:
        problems.append(f"Only the first {MOST_TERMS} words are searched for.")
    scope = asked.text("in")
    if scope is not None and scope not in tuple(Scope):
        problems.append(f"There is no text {scope[:40]!r} to search in; articles as they stand are searched.")
    since, until = period_asked(asked, "from", problems)[0], period_asked(asked, "to", problems)[1]
    if since and until and since >= until:
        problems.append("The first day lies behind the last one: nothing can be found.")
    return Sought(
        text=text,
        scope=Scope(asked.one_of("in", tuple(Scope))),
        section=asked.text("section"),
        author=asked.text("author"),
        since=since,
        until=until,
        edited=asked.flag("edited"),
        silent=asked.flag("silent"),
        removed=asked.flag("removed"),
        newest=asked.one_of("sort", SORTS) == "newest",
    )


def _filters(asked: Asked, sought: Sought) -> list[tuple[str, str]]:
    """The filters that are on: the parameter, and what it demands."""
    demanded = {
        "section": sought.section and f"in the section {shown(sought.section, 60)}",
        "author": sought.author and f"by {shown(sought.author, 60)}",
        "from": sought.since and f"posted from {asked.text('from')} on",
        "to": sought.until and f"posted until {asked.text('to')}",
        "edited": sought.edited and "edited",
        "silent": sought.silent and "silently edited",
        "removed": sought.removed and "removed by the newspaper",
    }
    return [(name, label) for name, label in demanded.items() if label]


def _named(connection: sqlite3.Connection, text: str) -> Mapping[str, Any] | None:
    """The article that was named by its number or address, where the archive has it."""
    number = searching.article_named(text)
    return None if number is None else summary(connection, number)


def _alike(connection: sqlite3.Connection, author: str | None) -> list[str]:
    """Names that begin like one that is no author's: how somebody finds out how a name is spelled here."""
    return [] if author is None else [name for name in searching.authors_like(connection, author) if name != author]


def highlighted(snippet: str) -> Markup:
    """A snippet as HTML, the found words marked."""
    text = " ".join(snippet[:SNIPPET].split()) + ("…" if len(snippet) > SNIPPET else "")
    parts, place = Markup(""), 0
    for found in _MARKED.finditer(text):
        parts += Markup(marked_up(steerless(text[place : found.start()])))
        parts += Markup("<mark>{}</mark>").format(Markup(marked_up(steerless(found[1]))))
        place = found.end()
    return parts + Markup(marked_up(steerless(text[place:])))
