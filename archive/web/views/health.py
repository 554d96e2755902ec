"""Whether the archive is kept well: runs, outcomes and fill rates over time."""

import sqlite3
from typing import Any

from archive.display import run_figures
from archive.display.run_figures import Drawn, took
from archive.layout import standing_drifts
from archive.reads import reports
from archive.web.answers import Asked, Page


def health(connection: sqlite3.Connection, asked: Asked) -> Page:
    """The last runs that walked the lists, as charts, each column leading to its run."""
    last = reports.last_id(connection)
    points = reports.trend(connection, last, reports.SHOWN) if last is not None else []
    newest = next(iter(reports.latest(connection, until=last)), None)

    def row(run_id: int) -> str:
        return f"{asked.database}/runs/{run_id}"

    return Page(
        "health.html",
        {
            "run": newest,
            "points": [
                {"point": point, "minutes": _minutes(point), "row": row(point.run_id)} for point in reversed(points)
            ],
            "brought": [_chart(drawn) for drawn in run_figures.over_runs(points, row)],
            "ended": [_chart(drawn) for drawn in run_figures.outcomes_over(points, row)],
            "filled": run_figures.filled_over(points),
            "drifts": standing_drifts(connection),
            "size": run_figures.size,
        },
    )


def _minutes(point: reports.Point) -> str:
    lasted = took(point)
    return "–" if lasted is None else run_figures.minutes(lasted)


def _chart(drawn: Drawn) -> dict[str, Any]:
    return {"name": drawn.caption, "keys": drawn.keys, "svg": drawn.svg}
