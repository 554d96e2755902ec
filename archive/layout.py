"""Watching for layout drift through the archive: the log and its readings → `fills`, `drifts` and `beliefs`.

Each run is counted and judged once, when it has ended. `Watch` goes on where the last one stopped; what came in out of its
order makes it begin anew from the log, so that the tables are always those of a rebuild.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import asdict, dataclass, field
from typing import Any

from archive.drift import (
    DRIFT_VERSION,
    LEAST_PAGES,
    NO_DRIFT,
    Belief,
    Counts,
    Course,
    Courses,
    Drift,
    Example,
    Gathered,
    Place,
    Seen,
    Tally,
    beliefs_after,
    judge,
)
from archive.records import OPTIONAL, FetchOutcome, RefusalReason

STATE = "drift"
"""The row of `derivation` that holds every measure's course."""
JUDGED = "drift judged"
"""The row of `derivation` that holds the number of the latest run that was judged."""

# A run's pages with what today's cleaner made of them, else another one: what it has not read yet was read all the same. A 304
# speaks for the page that it confirms: left out, the few articles that were edited would be all of a night's.
_READ = f"""
select c.id, c.article_id, c.url, c.fetched_at, coalesce(r.status, o.status) as status,
  case when r.status is null then o.reason else r.reason end as reason,
  coalesce(r.template, o.template) as template, coalesce(r.filled, o.filled) as filled,
  coalesce(r.words, o.words) as words, coalesce(r.core, o.core) as core,
  case when r.status is null then o.stamp else r.stamp end as stamp,
  case when r.status is null then o.number else r.number end as number, coalesce(r.cleaner, o.cleaner) as cleaner
from captures c
left join readings r on r.payload_digest = c.payload_digest and r.cleaner = :cleaner
left join readings o on r.status is null and o.payload_digest = c.payload_digest
  and o.cleaner = (select max(cleaner) from readings m where m.payload_digest = c.payload_digest)
where c.outcome in ('{FetchOutcome.OK.value}', '{FetchOutcome.NOT_MODIFIED.value}') and
"""
_LOOKS = f"{_READ} c.run_id = :run order by c.article_id, c.fetched_at, c.payload_digest, c.id"
# The same of an article in earlier runs.
_EARLIER = f"{_READ} c.article_id = :article and c.run_id <> :run and c.fetched_at < :at order by c.fetched_at"

Row = sqlite3.Row


@dataclass(slots=True)
class Watched:
    """Runs counted and judged: what the tables hold of them."""

    counted: dict[Place, Tally] = field(default_factory=dict)
    drifts: list[Drift] = field(default_factory=list)
    courses: Courses = field(default_factory=dict)

    def take_up(self, place: Place, tally: Tally, beliefs: MutableMapping[int, Belief]) -> dict[int, Belief]:
        """Judge the next run; the beliefs that it changed, which are put among the others too."""
        found = judge(self.courses, place, tally)
        after = beliefs_after(tally, found)
        beliefs.update(after)
        tally.pages.clear()
        self.counted[place] = tally
        self.drifts += found.drifts
        self.courses = found.courses
        return after


def watch_all(connection: sqlite3.Connection, cleaner: str) -> tuple[Watched, dict[int, Belief]]:
    """All runs counted and judged, from the whole log; and what is believed of each article in the end."""
    watched = Watched()
    beliefs: dict[int, Belief] = {}
    for place in _places(connection, 0):
        watched.take_up(place, _tally(connection, cleaner, place[1], beliefs), beliefs)
    return watched, beliefs


def _places(connection: sqlite3.Connection, judged: int) -> list[Place]:
    """The runs after one that made captures, in order."""
    rows = connection.execute(
        "select min(c.fetched_at), r.id from runs r join captures c on c.run_id = r.id where r.id > ? group by r.id"
        " order by 1, 2",
        [judged],
    )
    return [(row[0], row[1]) for row in rows]


def _tally(connection: sqlite3.Connection, cleaner: str, run_id: int, beliefs: Mapping[int, Belief]) -> Tally:
    tally = Tally()
    for row in connection.execute(_LOOKS, {"cleaner": cleaner, "run": run_id}):
        if _tells(row):
            before = beliefs.get(row["article_id"])
            again = before is None and _was_seen(connection, cleaner, run_id, row)
            tally.add(Seen(row["id"], row["article_id"], row["url"], _shows(row), before, again))
    return tally


def _was_seen(connection: sqlite3.Connection, cleaner: str, run_id: int, row: Row) -> bool:
    """Whether an earlier run had a page of the same article that told something."""
    which = {"cleaner": cleaner, "run": run_id, "article": row["article_id"], "at": row["fetched_at"]}
    return any(map(_tells, connection.execute(_EARLIER, which)))


def _tells(row: Row) -> bool:
    """Whether a page says anything of a layout: a deletion notice does not, nor does another article's page."""
    if row["status"] is None or row["number"] not in (None, row["article_id"]):
        return False
    return row["reason"] is None or RefusalReason(row["reason"]) not in NO_DRIFT


def _shows(row: Row) -> Belief | None:
    if row["status"] != "record":
        return None
    filled = frozenset((row["filled"] or "").split())
    measures = row["words"] or 0, row["core"] or "", row["stamp"]
    return Belief(row["template"], filled, frozenset(), *measures, row["cleaner"])


class Watch:
    """Judges runs for drift as they end; for use inside a transaction."""

    def __init__(self, connection: sqlite3.Connection, cleaner: str) -> None:
        self.connection = connection
        self.cleaner = cleaner

    def settle(self) -> set[int]:
        """Judge the runs that ended since; the articles to be folded anew, for what is in doubt now or no more."""
        state = self._state()
        before = self._doubts()
        waiting = _places(self.connection, state["judged"] if state else 0)
        if state is None or self._out_of_order(waiting, tuple(state["last"])):
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
        except (ValueError, KeyError, TypeError):
            return None

    def _out_of_order(self, waiting: list[Place], last: Place) -> bool:
        """Whether a run came in before the last one, or saw articles that another cleaner had read: these were read anew since."""
        if any(place <= last for place in waiting):
            return True
        found = self.connection.execute(
            "select 1 from json_each(?) run join captures c on c.run_id = run.value join beliefs b on b.article_id = c.article_id"
            " where b.cleaner <> ? limit 1",
            [json.dumps([run_id for _, run_id in waiting]), self.cleaner],
        )
        return found.fetchone() is not None

    def _judge_on(self, courses: Courses, waiting: list[Place]) -> None:
        watched = Watched(courses=courses)
        beliefs = Beliefs(self.connection)
        changed: dict[int, Belief] = {}
        for place in waiting:
            changed |= watched.take_up(place, _tally(self.connection, self.cleaner, place[1], beliefs), beliefs)
        self._write(watched, changed)
        self._keep_state(watched.courses, waiting)

    def _judge_anew(self) -> None:
        watched, beliefs = watch_all(self.connection, self.cleaner)
        for table in TABLES:
            self.connection.execute(f"delete from {table}")
        self._write(watched, beliefs)
        if places := _places(self.connection, 0):
            self._keep_state(watched.courses, places)

    def _write(self, watched: Watched, beliefs: Mapping[int, Belief]) -> None:
        for table, rows in rows_of(watched, beliefs).items():
            self.connection.executemany(f"insert or replace into {table} values ({TABLES[table]})", rows)

    def _keep_state(self, courses: Courses, judged: list[Place]) -> None:
        state = {"version": DRIFT_VERSION, "last": max(judged), "courses": courses_as(courses)}
        latest = max(run_id for _, run_id in judged)
        self.connection.executemany(
            "insert or replace into derivation values (?, ?)", [(STATE, json.dumps(state)), (JUDGED, str(latest))]
        )

    def _doubts(self) -> set[tuple[int, str, str]]:
        """What is in doubt, by run and template."""
        rows = self.connection.execute("select run_id, template, measure from drifts")
        return {(row[0], row[1], row[2]) for row in rows}

    def _articles(self, runs: Iterable[int]) -> set[int]:
        found: set[int] = set()
        for run_id in runs:
            rows = self.connection.execute("select article_id from captures where run_id = ?", [run_id])
            found |= {row[0] for row in rows}
        return found


class Beliefs(dict[int, Belief]):
    """The table `beliefs`, read as far as it is asked for."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__()
        self.connection = connection

    def get(self, article_id: int, default: Any = None) -> Any:
        """What is believed of an article; None where nothing is."""
        if article_id not in self:
            row = self.connection.execute("select * from beliefs where article_id = ?", [article_id]).fetchone()
            if row is None:
                return default
            filled, unsure = frozenset(row["filled"].split()), frozenset(row["unsure"].split())
            measures = row["words"], row["core"], row["stamp"]
            self[article_id] = Belief(row["template"], filled, unsure, *measures, row["cleaner"])
        return self[article_id]


def courses_as(courses: Courses) -> list[Any]:
    """Every measure's course, as JSON takes it."""
    return [[*key, asdict(course)] for key, course in courses.items()]


def courses_from(raw: Iterable[Any]) -> Courses:
    """The courses that `courses_as` wrote down."""
    return {(template, measure): _course(course) for template, measure, course in raw}


def _course(raw: dict[str, Any]) -> Course:
    return Course(
        usual=tuple(Counts(**one) for one in raw["usual"]),
        gathered=tuple(_gathered(one) for one in raw["gathered"]),
        since=(raw["since"][0], raw["since"][1]) if raw["since"] else None,
        expected=raw["expected"],
    )


def _gathered(raw: dict[str, Any]) -> Gathered:
    falling, rising = (tuple(Example(**one) for one in raw[name]) for name in ("falling", "rising"))
    return Gathered((raw["place"][0], raw["place"][1]), Counts(**raw["counts"]), falling, rising)


# --- the tables ---

TABLES = {"fills": ", ".join("?" * 9), "drifts": ", ".join("?" * 10), "beliefs": ", ".join("?" * 8)}
"""The tables that are written here, each with the marks of its columns."""


def rows_of(watched: Watched, beliefs: Mapping[int, Belief]) -> dict[str, list[tuple[Any, ...]]]:
    """What the tables hold of runs and articles."""
    return {
        "fills": [row for place in sorted(watched.counted) for row in _fill_rows(place[1], watched.counted[place])],
        "drifts": [_drift_row(drift) for drift in watched.drifts],
        "beliefs": [_belief_row(article_id, beliefs[article_id]) for article_id in sorted(beliefs)],
    }


def _fill_rows(run_id: int, tally: Tally) -> Iterator[tuple[Any, ...]]:
    for (template, measure), c in sorted(tally.counts.items()):
        yield run_id, template, measure, c.pages, c.filled, c.known, c.had, c.kept, c.gained


def _drift_row(d: Drift) -> tuple[Any, ...]:
    examples = json.dumps([asdict(example) for example in d.examples])
    shares = d.pages, d.found, d.expected
    return d.run_id, d.template, d.measure, *shares, d.since_run, d.since, examples, int(d.accepted)


def _belief_row(article_id: int, b: Belief) -> tuple[Any, ...]:
    fields = " ".join(sorted(b.filled)), " ".join(sorted(b.unsure))
    return article_id, b.template, *fields, b.words, b.core, b.stamp, b.cleaner


# --- what a run showed ---


def fields_of(connection: sqlite3.Connection, run_id: int) -> list[dict[str, Any]]:
    """How many of a run's pages each template read, and how many of these held each field."""
    found: dict[str, dict[str, Any]] = {}
    marks = ", ".join("?" * len(OPTIONAL))
    for template, measure, pages, filled in connection.execute(
        f"select template, measure, pages, filled from fills where run_id = ? and measure in ({marks}) order by 1, 2",
        [run_id, *OPTIONAL],
    ):
        entry = found.setdefault(template, {"template": template, "pages": pages, "filled": {}})
        entry["filled"][measure] = filled
    return list(found.values())


def drifts_of(connection: sqlite3.Connection, run_id: int) -> list[dict[str, Any]]:
    """What had drifted in a run, with example captures, the farthest from what was expected first; what is given up left out."""
    rows = connection.execute(
        "select template, measure, pages, found, expected, since_run, since, examples from drifts where run_id = ?"
        " and not accepted order by abs(found - expected) desc, template, measure",
        [run_id],
    )
    return [{**dict(row), "examples": json.loads(row["examples"])} for row in rows]


# The newest drift of each measure, unless enough pages were seen since to judge it anew: then these found it as it should be.
_STANDING = f"""
select d.template, d.measure, d.pages, d.found, d.expected, d.since_run, d.since from drifts d
where d.run_id = (select max(run_id) from drifts o where o.template = d.template and o.measure = d.measure)
and not d.accepted and (select coalesce(sum(f.pages), 0) from fills f
  where f.template = d.template and f.measure = d.measure and f.run_id > d.run_id) < {LEAST_PAGES}
order by d.template, d.measure
"""


def standing_drifts(connection: sqlite3.Connection) -> list[Row]:
    """What is adrift now: a run too small to tell, such as the recrawl of one article, heals nothing."""
    return connection.execute(_STANDING).fetchall()
