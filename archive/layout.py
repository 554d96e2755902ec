"""Watching for layout drift through the archive: the log and its readings → `fills` and `drifts`.

Each run is counted and judged once, when it has ended. `Watch` goes on where the last one stopped; what came in out of its
order makes it begin anew from the log, so that the tables are always those of a rebuild.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import groupby
from typing import Any

from archive.drift import (
    BODY,
    DRIFT_VERSION,
    FALLBACK,
    LEAST_PAGES,
    NO_DRIFT,
    SHARES,
    Counts,
    Course,
    Courses,
    Drift,
    Place,
    Seen,
    Tally,
    step,
)
from archive.records import FetchOutcome, RefusalReason

MARKS = ", ".join("?" * 9)  # both tables have nine columns
STATE = "drift"
"""The row of `derivation` that holds every measure's course."""
JUDGED = "drift judged"
"""The row of `derivation` that holds the number of the latest run that was judged."""

_OK, _SAME = FetchOutcome.OK.value, FetchOutcome.NOT_MODIFIED.value
# Pages that runs fetched, with what today's cleaner made of them; a 304 only tells what was read last.
_LOOKS = f"""
select c.id, c.run_id, c.article_id, c.url, c.fetched_at, c.payload_digest, c.outcome, r.status, r.reason, r.template, r.filled,
  r.words
from captures c join readings r on r.payload_digest = c.payload_digest and r.cleaner = :cleaner
where c.outcome in ('{_OK}', '{_SAME}') and c.run_id is not null and coalesce(r.number, c.article_id) = c.article_id
"""
_IN_ORDER = " order by c.article_id, c.fetched_at, c.run_id, c.payload_digest"

Row = sqlite3.Row


def watch_all(connection: sqlite3.Connection, cleaner: str) -> tuple[dict[Place, Tally], list[Drift], Courses]:
    """All runs counted and judged, from the whole log."""
    tallies: dict[int, Tally] = {}
    looks = connection.execute(_LOOKS + _IN_ORDER, {"cleaner": cleaner})
    for _, rows in groupby(looks, key=lambda row: int(row["article_id"])):
        earlier: list[Row] = []
        for row in rows:
            if row["outcome"] == _OK and _tells(row):
                before = next((r for r in reversed(earlier) if r["run_id"] < row["run_id"]), None)
                tallies.setdefault(row["run_id"], Tally()).add(_seen(row, before))
            if _was_read(row):
                earlier.append(row)
    began = dict(connection.execute("select run_id, min(fetched_at) from captures where run_id is not null group by 1"))
    counted = {(began[run_id], run_id): tally for run_id, tally in tallies.items()}
    courses: Courses = {}
    drifts: list[Drift] = []
    for place in sorted(counted):
        courses, found = step(courses, place, counted[place])
        drifts += found
    return counted, drifts, courses


def _tells(row: Row) -> bool:
    """Whether a page says anything of a layout: a deletion notice does not."""
    return row["reason"] is None or RefusalReason(row["reason"]) not in NO_DRIFT


def _was_read(row: Row) -> bool:
    return bool(row["status"] == "record" and row["template"] != FALLBACK)


def _seen(row: Row, before: Row | None) -> Seen:
    return Seen(
        capture_id=row["id"],
        article_id=row["article_id"],
        url=row["url"],
        template=row["template"],
        filled=_fields(row),
        words=row["words"] or 0,
        before=(before["template"], _fields(before), before["words"] or 0) if before else None,
    )


def _fields(row: Row) -> frozenset[str]:
    return frozenset((row["filled"] or "").split())


class Watch:
    """Judges runs for drift as they end; for use inside a transaction."""

    def __init__(self, connection: sqlite3.Connection, cleaner: str) -> None:
        self.connection = connection
        self.cleaner = cleaner

    def settle(self) -> set[int]:
        """Judge the runs that ended since; the articles to be folded anew, for fields that are in doubt now or no more."""
        state = self._state()
        before = self._doubts()
        waiting = self._unjudged(state["judged"] if state else 0)
        if state is None or any(place <= tuple(state["last"]) for place in waiting):
            self._judge_anew()
        elif waiting:
            self._judge_on(courses_from(state["courses"]), waiting)
        changed = before ^ self._doubts()
        return self._articles({run_id for run_id, *_ in changed})

    def forget(self, run_id: int) -> None:
        """Let a run that was judged, and has now another capture, be judged again, with all others."""
        self.connection.execute(
            "delete from derivation where name = ? and cast(value as integer) >= ?", [JUDGED, run_id]
        )

    def _state(self) -> dict[str, Any] | None:
        """How far the runs were judged; None where that is not known, or was kept in another form: all are judged anew."""
        rows = self.connection.execute("select name, value from derivation where name in (?, ?)", [STATE, JUDGED])
        try:
            found = {row[0]: json.loads(row[1]) for row in rows}
            return {**found[STATE], "judged": found[JUDGED]} if found[STATE]["version"] == DRIFT_VERSION else None
        except (ValueError, KeyError):
            return None

    def _unjudged(self, judged: int) -> list[Place]:
        """The runs after one that made captures, in order."""
        rows = self.connection.execute(
            "select min(c.fetched_at), r.id from runs r join captures c on c.run_id = r.id where r.id > ? group by r.id"
            " order by 1, 2",
            [judged],
        )
        return [(row[0], row[1]) for row in rows]

    def _looks_of(self, run_id: int) -> list[Row]:
        query = _LOOKS + " and c.run_id = :run" + _IN_ORDER
        rows = self.connection.execute(query, {"cleaner": self.cleaner, "run": run_id})
        return [row for row in rows if row["outcome"] == _OK and _tells(row)]

    def _before(self, row: Row) -> Row | None:
        """The article's latest capture of an earlier run that a template read."""
        found: Row | None = self.connection.execute(
            _LOOKS + " and c.article_id = :article and c.run_id < :run and c.fetched_at <= :at and r.status = 'record'"
            " and r.template <> :fallback order by c.fetched_at desc, c.run_id desc, c.payload_digest desc limit 1",
            {
                "cleaner": self.cleaner,
                "article": row["article_id"],
                "run": row["run_id"],
                "at": row["fetched_at"],
                "fallback": FALLBACK,
            },
        ).fetchone()
        return found

    def _judge_on(self, courses: Courses, waiting: list[Place]) -> None:
        for place in waiting:
            tally = Tally()
            for row in self._looks_of(place[1]):
                tally.add(_seen(row, self._before(row)))
            courses, drifts = step(courses, place, tally)
            self._write({place: tally}, drifts)
        self._keep_state(courses, waiting)

    def _judge_anew(self) -> None:
        counted, drifts, courses = watch_all(self.connection, self.cleaner)
        for table in ("fills", "drifts"):
            self.connection.execute(f"delete from {table}")
        self._write(counted, drifts)
        if places := self._unjudged(0):
            self._keep_state(courses, places)

    def _write(self, counted: dict[Place, Tally], drifts: Iterable[Drift]) -> None:
        for table, rows in rows_of(counted, drifts).items():
            self.connection.executemany(f"insert into {table} values ({MARKS})", rows)

    def _keep_state(self, courses: Courses, judged: list[Place]) -> None:
        state = {
            "version": DRIFT_VERSION,
            "last": max(judged),
            "courses": courses_as(courses),
        }
        latest = max(run_id for _, run_id in judged)
        self.connection.executemany(
            "insert or replace into derivation values (?, ?)", [(STATE, json.dumps(state)), (JUDGED, str(latest))]
        )

    def _doubts(self) -> set[tuple[int, str, str]]:
        """The fields in doubt, by run and template."""
        rows = self.connection.execute("select run_id, template, measure from drifts")
        return {(row[0], row[1], row[2]) for row in rows if row[2] not in SHARES}

    def _articles(self, runs: Iterable[int]) -> set[int]:
        found: set[int] = set()
        for run_id in runs:
            rows = self.connection.execute("select article_id from captures where run_id = ?", [run_id])
            found |= {row[0] for row in rows}
        return found


def courses_as(courses: Courses) -> list[Any]:
    """Every measure's course, as JSON takes it."""
    return [[*key, asdict(course)] for key, course in courses.items()]


def courses_from(raw: Iterable[Any]) -> Courses:
    """The courses that `courses_as` wrote down."""
    return {(template, measure): _course(course) for template, measure, course in raw}


def _course(raw: dict[str, Any]) -> Course:
    return Course(
        usual=tuple(Counts(**one) for one in raw["usual"]),
        gathered=tuple(((at, run), Counts(**one)) for (at, run), one in raw["gathered"]),
        since=(raw["since"][0], raw["since"][1]) if raw["since"] else None,
        drifted=tuple(Counts(**one) for one in raw["drifted"]),
    )


def rows_of(counted: dict[Place, Tally], drifts: Iterable[Drift]) -> dict[str, list[tuple[Any, ...]]]:
    """Counts and drifts as the tables hold them."""
    return {
        "fills": [row for place in sorted(counted) for row in _fill_rows(place[1], counted[place])],
        "drifts": [_drift_row(drift) for drift in drifts],
    }


def _fill_rows(run_id: int, tally: Tally) -> Iterator[tuple[Any, ...]]:
    for (template, measure), c in sorted(tally.counts.items()):
        yield run_id, template, measure, c.pages, c.filled, c.known, c.had, c.kept, c.gained


def _drift_row(drift: Drift) -> tuple[Any, ...]:
    examples = json.dumps([asdict(example) for example in drift.examples])
    return (
        drift.run_id,
        drift.template,
        drift.measure,
        drift.pages,
        drift.found,
        drift.expected,
        drift.since_run,
        drift.since,
        examples,
    )


# --- what a run showed ---


def fields_of(connection: sqlite3.Connection, run_id: int) -> list[dict[str, Any]]:
    """How many of a run's pages each template read, and how many of these held each field."""
    found: dict[str, dict[str, Any]] = {}
    for template, measure, pages, filled in connection.execute(
        "select template, measure, pages, filled from fills where run_id = ? and measure not in (?, ?, ?) order by 1, 2",
        [run_id, *SHARES, BODY],
    ):
        entry = found.setdefault(template, {"template": template, "pages": pages, "filled": {}})
        entry["filled"][measure] = filled
    return list(found.values())


def drifts_of(connection: sqlite3.Connection, run_id: int) -> list[dict[str, Any]]:
    """What had drifted in a run, with example captures, what was found least of what was expected first."""
    rows = connection.execute(
        "select template, measure, pages, found, expected, since_run, since, examples from drifts where run_id = ?"
        " order by abs(found - expected) desc, template, measure",
        [run_id],
    )
    return [{**dict(row), "examples": json.loads(row["examples"])} for row in rows]


# The newest drift of each measure, unless enough pages were seen since to judge it anew: then these found it as it should be.
_STANDING = f"""
select d.template, d.measure, d.pages, d.found, d.expected, d.since_run, d.since from drifts d
where d.run_id = (select max(run_id) from drifts o where o.template = d.template and o.measure = d.measure)
and (select coalesce(sum(f.pages), 0) from fills f
  where f.template = d.template and f.measure = d.measure and f.run_id > d.run_id) < {LEAST_PAGES}
order by d.template, d.measure
"""


def standing_drifts(connection: sqlite3.Connection) -> list[Row]:
    """What is adrift now: a run too small to tell, such as the recrawl of one article, heals nothing."""
    return connection.execute(_STANDING).fetchall()
