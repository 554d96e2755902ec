"""Sections: how many articles and edits each has, and one over time."""

import sqlite3
from datetime import timedelta
from typing import Any

from archive.display import charts
from archive.display.charts import Column
from archive.reads import overview, shelves
from archive.times import moment, stamp
from archive.web.answers import Asked, NotThere, Page
from archive.web.forms import period

SHOWN = 25  # articles on a page
EDITS = 12
MOST_SECTIONS = 100
MOST_PAGES = 400


def sections(connection: sqlite3.Connection, asked: Asked) -> Page:
    """The sections."""
    return Page("sections.html", {"sections": shelves.sections(connection, MOST_SECTIONS)})


def section(connection: sqlite3.Connection, asked: Asked) -> Page:
    """A section over the last months, or in one of them, with its articles and edits."""
    code = asked.path["code"]
    known = shelves.section(connection, code)
    if not known.articles and not known.edits:
        raise NotThere(f"There is no section {code[:100]!r} in the archive.")
    month, problems = _month(asked)
    since, until = (stamp(at) for at in period(month) or ()) if month else shelves.EVER
    number = asked.number("page", 1, MOST_PAGES)
    found = shelves.articles_in(connection, code, since, until, SHOWN + 1, (number - 1) * SHOWN)
    return Page(
        "section.html",
        {
            "section": known,
            "month": month,
            "of_month": _edits_in(month) if month else {},
            "problems": problems,
            "charts": _charts(connection, asked, code, month),
            "articles": found[:SHOWN],
            "edits": shelves.edits_in(connection, code, since, until, EDITS),
            "page": number,
            "next": number + 1 if len(found) > SHOWN and number < MOST_PAGES else None,
        },
    )


def _month(asked: Asked) -> tuple[str | None, list[str]]:
    text = asked.text("month")
    if text is None or (len(text) == 7 and period(text)):
        return text, []
    return None, [f"{text[:40]!r} is no month such as 2026-11; all of the section is shown."]


def _charts(connection: sqlite3.Connection, asked: Asked, code: str, month: str | None) -> list[dict[str, Any]]:
    names, since, until = _days(month) if month else shelves.months(overview.latest_moment(connection, asked.now))
    places = shelves.over_time(connection, code, names, since, until)
    unit = "day" if month else "month"

    def posted(place: shelves.Place) -> str | None:
        to = asked.here.day(place.name) if month else f"{asked.here.section(code)}?month={place.name}"
        return to if place.articles else None

    def edited(place: shelves.Place) -> str | None:
        asks = {"section": code, **_edits_in(place.name)}
        return asked.here.page("changes", **asks) if place.stamped + place.silent else None

    return [
        {
            "name": f"Articles per {unit}, by when they were posted",
            "svg": charts.columns(
                f"Articles per {unit}", [Column(one.name, (one.articles,), posted(one)) for one in places]
            ),
        },
        {
            "name": f"Edits per {unit}, by when we first saw them",
            "keys": ("“Modified on” changed too", "silent"),
            "svg": charts.columns(
                f"Edits per {unit}", [Column(one.name, (one.stamped, one.silent), edited(one)) for one in places]
            ),
        },
    ]


def _edits_in(place: str) -> dict[str, str]:
    """A month or a day as the page of changes asks for it: by its first and its last day."""
    first, after = (shelves.day_of(stamp(at)) for at in period(place) or ())
    return {"from": first, "to": shelves.beside(after, -1)}


def _days(month: str) -> tuple[list[str], str, str]:
    begin, end = (moment(stamp(at)) for at in period(month) or ())
    count = (end - begin) // timedelta(days=1)
    return [f"{month}-{day:02}" for day in range(1, count + 1)], stamp(begin), stamp(end)
