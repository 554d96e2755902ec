"""The front page."""

import sqlite3
from typing import Any

from archive.display import charts
from archive.display.charts import Bar, Column
from archive.reads import overview
from archive.web.addresses import Addresses
from archive.web.answers import Asked, Page

NEWEST = 6  # of each list
KINDS = 8  # bars


def front(connection: sqlite3.Connection, asked: Asked) -> Page:
    """What the archive is, how far it reaches, and what is new in it."""
    until = overview.latest_moment(connection, asked.now)
    return Page(
        "front.html",
        {
            "reach": overview.reach(connection),
            "articles": overview.newest(connection, NEWEST),
            "edits": overview.newest_edits(connection, NEWEST),
            "silent": overview.newest_edits(connection, NEWEST, silent=True),
            "removals": overview.newest_removals(connection, NEWEST),
            "charts": drawn(connection, until, asked.here),
            "days": overview.DAYS,
        },
    )


def drawn(connection: sqlite3.Connection, until: str, here: Addresses) -> list[dict[str, Any]]:
    """The charts: each place leads to the rows behind it."""
    days = overview.days(connection, until)
    kinds = overview.kinds(connection, until)[:KINDS]
    begin, end = days[0].day, days[-1].day
    return [
        {
            "name": "Articles per day, by when they were posted",
            "svg": charts.columns(
                "Articles per day",
                [Column(d.day, (d.articles,), here.page(f"day/{d.day}") if d.articles else None) for d in days],
            ),
        },
        {
            "name": "Edits per day, by when we first saw them",
            "keys": ("“Modified on” changed too", "silent"),
            "svg": charts.columns(
                "Edits per day",
                [Column(d.day, (d.stamped, d.silent), _edits(here, d) if d.stamped + d.silent else None) for d in days],
            ),
        },
        {
            "name": "Edits by kind; one edit may be of several",
            "svg": charts.bars(
                "Edits by kind",
                [
                    Bar(row["kind"], row["edits"], here.page("changes", kind=row["kind"], **{"from": begin, "to": end}))
                    for row in kinds
                ],
            ),
        },
    ]


def _edits(here: Addresses, day: overview.Day) -> str:
    return here.page("changes", typography=True, **{"from": day.day, "to": day.day})
