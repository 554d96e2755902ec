"""The runs with their reports, as they were written down; what an older program did not record is simply not there."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

WALKS = ("hani nightly", "scrapy crawl")
"""How the commands begin that walk the lists; `hani recrawl` asks for what a person named, and other jobs ask for nothing."""

CRAWLS = (*WALKS, "hani recrawl")
SHOWN = 30  # runs in a chart: a month of nights


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
    def row(self) -> dict[str, Any]:
        """What is known of a run without a report."""
        known = {"command": self.command, "status": self.status, "started_at": self.started_at}
        return {"run": self.id, **known, "finished_at": self.finished_at, "origin": self.origin}

    @property
    def crawls(self) -> bool:
        """Whether it asked the site for anything."""
        return self.command.startswith(CRAWLS)


_COLUMNS = "select id, command, started_at, finished_at, status, origin, job, report from runs"


def _run(row: sqlite3.Row) -> Run:
    values = {**dict(row), "report": _report(row["report"])}
    return Run(**values)


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
    upto = "id <= :until and " if until is not None else ""
    query = f"{_COLUMNS} where {upto}({_begins(commands)}) order by id desc limit :count"
    return [_run(row) for row in connection.execute(query, {"until": until, "count": count})]


def _begins(commands: Iterable[str]) -> str:
    return " or ".join(f"command glob '{command}*'" for command in commands)


@dataclass(frozen=True, slots=True)
class Point:
    """What a run came to, as a chart over many runs needs it; None where it was not recorded."""

    run_id: int
    started_at: str
    finished_at: str | None
    status: str
    new: int | None
    changed: int | None
    requests: int | None
    bytes: int | None
    fields: Sequence[Mapping[str, Any]]
    outcomes: Mapping[str, int] = field(default_factory=dict)


# Whole reports of thirty full walks can be tens of megabytes; of each, these few are wanted.
_POINTS = """
select id as run_id, started_at, finished_at, status, json_extract(report, '$.outcomes.new') as new,
  json_extract(report, '$.outcomes.changed') as changed, json_extract(report, '$.requests') as requests,
  json_extract(report, '$.bytes') as bytes, json_extract(report, '$.fields') as fields,
  json_extract(report, '$.outcomes') as outcomes
from (select id, started_at, finished_at, status, command, case when json_valid(report) then report end as report from runs)
where id <= ? and ({begins}) order by id desc limit ?
"""


def trend(connection: sqlite3.Connection, until: int, count: int) -> list[Point]:
    """The walks up to a run, the oldest first."""
    query = _POINTS.format(begins=_begins(WALKS))
    rows = connection.execute(query, [until, count]).fetchall()
    return [
        Point(**{**dict(row), "fields": _fields(row["fields"]), "outcomes": _outcomes(row["outcomes"])})
        for row in reversed(rows)
    ]


def _fields(text: str | None) -> list[Mapping[str, Any]]:
    found = json.loads(text) if text else []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _outcomes(text: str | None) -> dict[str, int]:
    found = json.loads(text) if text else {}
    counts = found.items() if isinstance(found, dict) else ()
    return {name: count for name, count in counts if isinstance(count, int)}
