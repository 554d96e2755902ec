"""The runs with their reports, as they were written down; what an older program did not record is simply not there."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

WALKS = ("hani nightly", "scrapy crawl")
"""How the commands begin that walk the lists; `hani recrawl` asks for what a person named, and other jobs ask for nothing."""

CRAWLS = (*WALKS, "hani recrawl")


@dataclass(frozen=True, slots=True)
class Run:
    """A run; `report` is empty where none was written, because the run is under way, was killed, or is no crawl."""

    id: int
    command: str
    started_at: str
    finished_at: str | None
    status: str
    origin: str | None
    job: str | None
    report: Mapping[str, Any] = field(default_factory=dict)

    @property
    def walks(self) -> bool:
        """Whether it looked through feed and lists."""
        return self.command.startswith(WALKS)

    @property
    def crawls(self) -> bool:
        """Whether it asked the site for anything."""
        return self.command.startswith(CRAWLS)


_COLUMNS = "select id, command, started_at, finished_at, status, origin, job, report from runs"


def _run(row: sqlite3.Row) -> Run:
    return Run(*tuple(row)[:-1], report=_report(row["report"]))


def _report(text: str | None) -> Mapping[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def numbered(connection: sqlite3.Connection, run_id: int) -> Run | None:
    """A run by its number."""
    row = connection.execute(f"{_COLUMNS} where id = ?", [run_id]).fetchone()
    return _run(row) if row else None


def last_id(connection: sqlite3.Connection) -> int | None:
    """The number of the newest run of any kind."""
    found = connection.execute("select max(id) from runs").fetchone()[0]
    return None if found is None else int(found)


def latest(
    connection: sqlite3.Connection, commands: Iterable[str] = CRAWLS, count: int = 1, until: int | None = None
) -> list[Run]:
    """The newest runs whose commands begin so, the newest first; `until`: none after that number."""
    begins = " or ".join(f"command glob '{command}*'" for command in commands)
    upto = "id <= :until and " if until is not None else ""
    query = f"{_COLUMNS} where {upto}({begins}) order by id desc limit :count"
    return [_run(row) for row in connection.execute(query, {"until": until, "count": count})]
