"""Authors: who they are, what they wrote, and how often it was edited afterwards."""

import sqlite3

from archive.display import charts
from archive.display.charts import Column
from archive.reads import shelves
from archive.times import stamp
from archive.web.answers import Asked, NotThere, Page
from archive.web.forms import period

SHOWN = 50  # authors on a page
ARTICLES = 25
MOST_PAGES = 400
EDITS = 6
ORDERS = tuple(shelves.ORDERS)


def authors(connection: sqlite3.Connection, asked: Asked) -> Page:
    """The authors, most articles first, or by name, or the most edited first."""
    part, order = asked.text("part") or "", asked.one_of("sort", ORDERS)
    number = asked.number("page", 1, MOST_PAGES)
    found = shelves.authors(connection, part, order, SHOWN + 1, (number - 1) * SHOWN)
    return Page(
        "authors.html",
        {
            "authors": found[:SHOWN],
            "part": part,
            "order": order,
            "page": number,
            "next": number + 1 if len(found) > SHOWN and number < MOST_PAGES else None,
        },
    )


def author(connection: sqlite3.Connection, asked: Asked) -> Page:
    """An author's articles, the newest first, and their edits."""
    name = asked.given.get("name", "")
    known = shelves.author(connection, name)
    if not known.articles:
        raise NotThere(
            f"Nobody of the name {name[:100]!r} wrote an article in the archive." if name else "Which author?"
        )
    year, edited = asked.text("year"), asked.flag("edited")
    span = period(year) if year and len(year) == 4 else None
    since, until = (stamp(at) for at in span) if span else shelves.EVER
    number = asked.number("page", 1, MOST_PAGES)
    found = shelves.articles_by(connection, name, since, until, edited, ARTICLES + 1, (number - 1) * ARTICLES)
    return Page(
        "author.html",
        {
            "author": known,
            "year": year if span else None,
            "only_edited": edited,
            "problems": [f"{year[:40]!r} is no year such as 2026; all years are shown."] if year and not span else [],
            "articles": found[:ARTICLES],
            "edits": shelves.edits_of(connection, name, EDITS) if known.edited else [],
            "chart": _years(connection, asked, name),
            "page": number,
            "next": number + 1 if len(found) > ARTICLES and number < MOST_PAGES else None,
        },
    )


def _years(connection: sqlite3.Connection, asked: Asked, name: str) -> dict[str, object]:
    columns = [
        Column(
            row["year"],
            (row["articles"] - row["edited"], row["edited"]),
            asked.here.page("author", name=name, year=row["year"]),
        )
        for row in shelves.years_by(connection, name)
    ]
    return {
        "name": "Articles per year",
        "keys": ("as posted", "edited later"),
        "svg": charts.columns("Articles per year", columns),
    }
