"""The stream of edits, and what was taken away."""

import sqlite3
from itertools import groupby
from typing import Any

from archive.comparing.changes import KINDS
from archive.comparing.comparison import Work
from archive.comparing.pieces import NAMES
from archive.reads import edits, overview
from archive.web.answers import Asked, Page
from archive.web.differences import excerpt
from archive.web.forms import day_asked, sections

SHOWN = 25  # edits on a page
MOST_PAGES = 400
PARTS = 4  # changes of one edit shown in the stream
SIZES = (("", "any size"), ("0.01", "1% of the words or more"), ("0.05", "5% or more"), ("0.2", "20% or more"))
SORTS = ("newest", "largest")
MEANINGS = {
    "figure": "a number, an amount, a date, a time or a percentage",
    "quote": "words within quotation marks",
    "name": "a proper name, or the names in the byline",
    "correction": "a notice that says what was wrong",
    "rewrite": "words gave way to others",
    "addition": "words were put in",
    "deletion": "words were taken out",
    "typo": "a few letters, or the punctuation of a sentence",
    "format": "quotation marks, dashes or spaces; shown only with “also typography”",
    "move": "a paragraph stands elsewhere",
    "stamp": "the newspaper’s own “Modified on”",
    "metadata": "the section, the time of posting, a picture’s address, the original’s address",
}
"""What each kind of change is, in a reader's words."""


def changes(connection: sqlite3.Connection, asked: Asked) -> Page:
    """The edits, newest or largest first, filtered by kind, size, section, silence and day."""
    wanted, problems = wanted_of(asked)
    number = asked.number("page", 1, MOST_PAGES)
    rows = edits.stream(connection, wanted, SHOWN + 1, (number - 1) * SHOWN)
    shown = rows[:SHOWN]
    return Page(
        "changes.html",
        {
            "edits": [{**edit, "parts": parts, "more": more} for edit, parts, more in _with_parts(connection, shown)],
            "wanted": wanted,
            "problems": problems,
            "kinds": KINDS,
            "meanings": MEANINGS,
            "sizes": SIZES,
            "sections": sections(connection),
            "shown": SHOWN,
            "page": number,
            "next": number + 1 if len(rows) > SHOWN and number < MOST_PAGES else None,
            "from_day": asked.text("from"),
            "to_day": asked.text("to"),
            "least": asked.text("least") or "",
        },
    )


def wanted_of(asked: Asked) -> tuple[edits.Wanted, list[str]]:
    """Which edits are asked for, and a sentence for each thing that could not be understood."""
    problems: list[str] = []
    since, until = day_asked(asked, "from", problems)[0], day_asked(asked, "to", problems)[1]
    kind = asked.text("kind")
    if kind is not None and kind not in KINDS:
        problems.append(f"There is no kind {kind[:40]!r}; all kinds are shown.")
        kind = None
    least = asked.text("least")
    size = float(least) if least in [value for value, _ in SIZES[1:]] else None
    if least is not None and size is None:
        problems.append(f"There is no size {least[:40]!r}; edits of any size are shown.")
    if since and until and since >= until:
        problems.append("The first day lies behind the last one: nothing can be found.")
    return edits.Wanted(
        since=since,
        until=until,
        kind=kind,
        silent=asked.flag("silent"),
        section=asked.text("section"),
        typography=asked.flag("typography"),
        least=size,
        newest=asked.one_of("sort", SORTS) == "newest",
    ), problems


def _with_parts(
    connection: sqlite3.Connection, found: list[dict[str, Any]]
) -> list[tuple[dict[str, Any], list[Any], int]]:
    """Each edit with its largest changes as excerpts, and how many more it has."""
    rows = edits.parts(connection, [edit["id"] for edit in found])
    by_edit = {key: list(group) for key, group in groupby(rows, key=lambda row: row["version_id"])}
    work = Work()
    result = []
    for edit in found:
        own = by_edit.get(edit["id"], [])
        parts = [
            {
                "name": f"{NAMES.get(row['field'], row['field'])} {row['place'] or ''}".rstrip(),
                "kinds": row["kinds"],
                "html": excerpt(row["before"], row["after"], row["field"], row["kinds"], work),
            }
            for row in own[:PARTS]
        ]
        result.append((edit, parts, len(own) - len(parts)))
    return result


def removed(connection: sqlite3.Connection, asked: Asked) -> Page:
    """What the newspaper took away, with the evidence; and what came back."""
    number = asked.number("page", 1, MOST_PAGES)
    found = overview.disappearances(connection, asked.flag("suspected"), SHOWN + 1, (number - 1) * SHOWN)
    return Page(
        "removed.html",
        {
            "stones": found[:SHOWN],
            "suspected": asked.flag("suspected"),
            "page": number,
            "next": number + 1 if len(found) > SHOWN and number < MOST_PAGES else None,
        },
    )
