"""A day: the front of the archive as it stood at its end."""

import sqlite3
from datetime import timedelta

from archive.display import charts
from archive.display.charts import Column
from archive.reads import overview, shelves
from archive.times import stamp
from archive.web.answers import Answer, Asked, Elsewhere, NotThere, Page
from archive.web.forms import MOST_SECTIONS, day_begin, sections

MOST_OF_DAY = 100  # articles of one day; the fullest known has thirty
OF_SECTION = 5
SECTIONS = 12  # shown; the newspaper has had a dozen in English


def day_asked(connection: sqlite3.Connection, asked: Asked) -> Answer:
    """A form that asks for a day, with the days that there are."""
    text = asked.text("day")
    if text and day_begin(text):
        return Elsewhere(asked.here.day(text))
    until = overview.latest_moment(connection, asked.now)
    days = overview.days(connection, until)
    reach = overview.reach(connection)
    columns = [Column(one.day, (one.articles,), asked.here.day(one.day)) for one in days]
    return Page(
        "day_asked.html",
        {
            "reach": reach,
            "years": _years(reach),
            "newest": shelves.day_of(reach.last_posted_at) if reach.last_posted_at else None,
            "problems": [f"{text[:40]!r} is no day such as 2026-11-23."] if text else [],
            "chart": {
                "name": f"Articles per day, the last {len(days)}",
                "svg": charts.columns("Articles per day", columns),
            },
        },
    )


def _years(reach: overview.Reach) -> list[int]:
    if reach.first_posted_at is None or reach.last_posted_at is None:
        return []
    first, last = (int(shelves.day_of(at)[:4]) for at in (reach.first_posted_at, reach.last_posted_at))
    return list(range(first, last + 1))


def day(connection: sqlite3.Connection, asked: Asked) -> Page:
    """What the archive held at the end of a day, in the versions known then; apart from it, what was seen only later."""
    text = asked.path["day"]
    begin = day_begin(text)
    if begin is None:
        raise NotThere(f"{text[:40]!r} is no day such as 2026-11-23.")
    since, until = stamp(begin), stamp(begin + timedelta(days=1))
    before, after = shelves.neighbours(connection, since, until)
    codes = sections(connection)[: min(SECTIONS, MOST_SECTIONS)]
    shelf = [(code, shelves.standing_in(connection, code, since, until, OF_SECTION)) for code in codes]
    return Page(
        "day.html",
        {
            "day": text,
            "known": until,
            "yesterday": shelves.beside(text, -1),
            "tomorrow": shelves.beside(text, 1) if until <= asked.now else None,
            "before": before and shelves.day_of(before),
            "after": after and shelves.day_of(after),
            "began": shelves.began(connection),
            "articles": shelves.posted_on(connection, since, until, MOST_OF_DAY),
            "later": shelves.posted_on(connection, since, until, MOST_OF_DAY, later=True),
            "most": MOST_OF_DAY,
            "edits": shelves.edits_between(connection, since, until),
            "sections": [(code, rows) for code, rows in shelf if rows],
        },
    )
