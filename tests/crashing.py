"""Runs that are killed at any moment, and what the archive is worth afterwards.

    python -m tests.crashing --points 200 [--seed N]

Each point kills a command in a process group of its own: at a random moment, as a random line is said, as a random SQL
statement begins, or within a write that is torn at a random byte (tests.dying). Then:

1. the database is sound, and holds every article that was said to be stored;
2. the next runs finish, and lose nothing that was in the log when the process died;
3. `hani rebuild --check` finds every derived row as it should be;
4. articles, versions, pictures and changes are those of an undisturbed run.

Times, and the ids that are made of times, are left out of the comparison: a run that goes on later sees later.
"""

import argparse
import itertools
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from archive.migrations import migrations
from jobs.replica import Replica
from tests.dying import VARIABLE

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120  # seconds, for any command
NIGHTS = {1: "2026-11-20T18:00:00Z", 2: "2026-11-21T19:00:00Z"}
LATER = "T{:02}:30:00Z"  # the run after the killed one: half an hour later, and never before what it kept
OLD_STEP = "history"  # the migration before which the old archive stands still

SCENES = ("night 1", "night 2", "night 1, full", "night 2, full", "rebuild", "reprocess", "migration")
WEIGHTS = (6, 6, 3, 3, 3, 2, 2)  # how often each comes among many points
TRIGGERS = ("time", "line", "statement", "write")
PARTS = ("beginning", "anywhere", "end")  # starting and closing are short: left to chance they would hardly be hit
PART_WEIGHTS = (1, 3, 1)
AT_ONCE = 120  # statements that count as the beginning, and as the end
MOST_DELAY = 0.25  # seconds between a random line and a kill by time: a few articles
PAGE_SIZE = 5  # articles on a page of a list: with the site's 15 few of the bundled lists have a second page
LEAST_WRITE = 512  # bytes; the lock's file has about a hundred
LOG_TABLES = ("captures", "payloads", "listings", "sightings")

CONTENT = {
    "articles": "select id, url, title, subtitle, body, byline, authors, section, posted_at, modified_at, original_url,"
    " status, versions, word_count from articles order by id",
    "versions": "select article_id, number, kind, silent, title, subtitle, body, byline, authors, section, posted_at,"
    " modified_at, original_url, content_hash, template, size from versions order by article_id, number",
    "images": "select v.article_id, v.number, i.position, i.src, i.caption, i.credit from images i"
    " join versions v on v.id = i.version_id order by 1, 2, 3",
    "changes": "select c.article_id, v.number, c.field, c.kind, c.before, c.after, c.place, c.words_added,"
    " c.words_removed, c.size, c.added, c.removed from changes c join versions v on v.id = c.version_id"
    " order by c.article_id, v.number, c.id",
}
Content = dict[str, list[tuple[Any, ...]]]


def quiet_site() -> Replica:
    """The bundled site, with lists of many pages."""
    site = Replica(log=False)
    site.page_size = PAGE_SIZE
    return site


class Lost(AssertionError):
    """Something was lost, broken, or came out otherwise."""


@dataclass(frozen=True, slots=True)
class Point:
    """Where a command is killed: `share` of a part of the run, as the trigger counts it; and how long after that."""

    number: int
    scene: str
    trigger: str
    part: str
    share: float
    delay: float

    def __str__(self) -> str:
        return f"point {self.number}: {self.scene}, by {self.trigger}, {self.part} ({self.share:.3f})"

    def of(self, count: int, at_once: int = 1) -> int:
        """One of so many, the first being 1, in this point's part of them."""
        first, last = {"beginning": (1, at_once), "anywhere": (1, count), "end": (count - at_once + 1, count)}[
            self.part
        ]
        return min(count, max(1, first + int(self.share * (last - first + 1))))


@dataclass(frozen=True, slots=True)
class Extent:
    """What an undisturbed run of a scene comes to: seconds to its first line, lines, statements, its largest file's bytes."""

    first_line: float
    lines: int
    statements: int
    size: int


@dataclass(frozen=True, slots=True)
class Killed:
    """A process that is dead: the lines that it said, and whether it died of us."""

    said: list[str]
    died: bool


@dataclass(slots=True)
class Scene:
    """A command on an archive as it stood before (None: none), and what an undisturbed run of it ends in."""

    name: str
    night: int
    command: tuple[str, ...]
    before: Path | None
    after: Content = field(default_factory=dict)
    extent: Extent = field(default_factory=lambda: Extent(0, 0, 0, 0))


# --- running ---------------------------------------------------------------------------------------------------------


def environment(**more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HANI_", "COVERAGE_"))}
    kept["HANI_LOG"] = "info"  # a line for each article: what was said to be stored must be there
    return {**kept, "PYTHONPATH": str(ROOT), **more}


def arguments(scene: Scene, site: Replica, db: Path) -> list[str]:
    asked = ["--origin", site.origin, "--delay", "0"] if scene.command[0] == "nightly" else []
    return [sys.executable, "-m", "tests.dying", "--db", str(db), *scene.command, *asked]


def clock_of(scene: Scene, hour: int = 0) -> dict[str, str]:
    """The clock for a scene's run; `hour` 1 and more for the runs after it."""
    return {"HANI_NOW": NIGHTS[scene.night][:10] + LATER.format(19 + hour)}


def finish(db: Path, *words: str, **more: str) -> str:
    """Run a command to its end; what it said. Raises Lost where it ends with anything but 0."""
    done = subprocess.run(
        [sys.executable, "-m", "jobs", "--db", str(db), *words],
        cwd=db.parent,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if done.returncode:
        raise Lost(f"`hani {' '.join(words)}` ended with {done.returncode}: {(done.stdout + done.stderr)[-1500:]}")
    return done.stderr


def kill_at(point: Point, scene: Scene, site: Replica, db: Path) -> Killed:
    """Start the scene's command and kill its whole process group at the point."""
    extent, more = scene.extent, clock_of(scene)
    if point.trigger == "statement":
        more[VARIABLE] = f"statement:{point.of(extent.statements, AT_ONCE)}"
    elif point.trigger == "write":
        more[VARIABLE] = f"write:{LEAST_WRITE + point.of(extent.size, extent.size // 4)}"
    process = subprocess.Popen(
        arguments(scene, site, db),
        cwd=db.parent,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        said = _listen(process, point, extent)
        code = process.wait(PATIENCE)
    finally:
        _kill(process)
    return Killed(said, code < 0)


def _listen(process: subprocess.Popen[str], point: Point, extent: Extent) -> list[str]:
    """What it says; it is killed as a line is said, or a little later, or before the first one."""
    last = point.of(extent.lines) if point.trigger in ("line", "time") else None
    delay = point.delay * MOST_DELAY if point.trigger == "time" else 0.0
    if point.trigger == "time" and point.part == "beginning":
        last, delay = 0, point.delay * extent.first_line
    timers = [threading.Timer(PATIENCE, _kill, [process]), threading.Timer(delay, _kill, [process])]
    for timer in timers[: 2 if last == 0 else 1]:
        timer.start()
    said = []
    assert process.stderr is not None
    with process.stderr:
        for line in process.stderr:
            said.append(line.rstrip("\n"))
            if len(said) == last:
                timers[1].start()
    for timer in timers:
        timer.cancel()
    return said


def _kill(process: subprocess.Popen[str]) -> None:
    """SIGKILL for the group: the reading process too, where it is still there."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


# --- what must hold --------------------------------------------------------------------------------------------------

_TIME = re.compile(r"^[\d-]{10} [\d:]{8} ")
_STORED = re.compile(
    r"[\d-]{10} \d\d:\d\d:\d\d (new|changed|unchanged|not_modified|gone|refused|blocked|failed)\b[^\d]* (\d+)\b"
)


@contextmanager
def copy_of(db: Path) -> Iterator[sqlite3.Connection]:
    """The archive as the dead process left it, opened elsewhere: looking must not mend it."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix in ("", "-wal"):
            if (part := db.with_name(db.name + suffix)).exists():
                shutil.copy(part, Path(folder) / part.name)
        with closing(sqlite3.connect(Path(folder) / db.name)) as connection:
            yield connection


def check_sound(connection: sqlite3.Connection) -> None:
    if (found := connection.execute("pragma integrity_check").fetchall()) != [("ok",)]:
        raise Lost(f"the database is damaged: {found[:3]}")
    if found := connection.execute("pragma foreign_key_check").fetchall():
        raise Lost(f"references lead nowhere: {found[:3]}")


def check_said(connection: sqlite3.Connection, said: Iterable[str]) -> None:
    """Every article that was said to be stored is there: its capture, and for a version that version."""
    for line in said:
        if not (told := _STORED.match(line)):
            continue
        outcome, article = told[1], int(told[2])
        captures = "select count(*) from captures where article_id = ? and run_id = (select max(id) from runs)"
        if not connection.execute(captures, [article]).fetchone()[0]:
            raise Lost(f"article {article} was said to be {outcome}, and its capture is not there")
        versions = connection.execute("select count(*) from versions where article_id = ?", [article]).fetchone()[0]
        if versions < {"new": 1, "changed": 2}.get(outcome, 0):
            raise Lost(f"article {article} was said to be {outcome}, and has {versions} versions")


def check_whole(connection: sqlite3.Connection) -> None:
    """No capture of a readable page is without its article: they are one transaction."""
    if "readings" not in tables(connection):
        return
    half = connection.execute(
        "select c.article_id from captures c join readings r on r.payload_digest = c.payload_digest"
        " where r.status = 'record' and coalesce(r.number, c.article_id) = c.article_id"
        " and c.article_id not in (select id from articles)"
    ).fetchone()
    if half:
        raise Lost(f"article {half[0]} was captured and is half-written")


def tables(connection: sqlite3.Connection) -> set[str]:
    return {row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")}


def log_of(connection: sqlite3.Connection) -> dict[str, set[tuple[Any, ...]]]:
    """All rows of the log: nothing that was committed may ever go."""
    there = tables(connection)
    return {table: set(connection.execute(f"select * from {table}")) for table in LOG_TABLES if table in there}


def content(db: Path) -> Content:
    with closing(sqlite3.connect(db)) as connection:
        return {table: connection.execute(query).fetchall() for table, query in CONTENT.items()}


def compare(found: Content, wanted: Content, where: str) -> None:
    for table, rows in wanted.items():
        gone = [row for row in rows if row not in found[table]]
        more = [row for row in found[table] if row not in rows]
        if gone or more or len(rows) != len(found[table]):
            shown = "\n".join(
                f"  {mark} {str(row)[:300]}" for mark, some in (("-", gone), ("+", more)) for row in some[:3]
            )
            raise Lost(f"{where}: {table} are others than those of an undisturbed run:\n{shown}")


# --- one point -------------------------------------------------------------------------------------------------------


def moment_of(killed: Killed, scene: Scene, db: Path) -> str:
    """Where in its run the process died."""
    if not killed.said:
        return "starting"
    last = _TIME.sub("", killed.said[-1])
    if scene.command[0] != "nightly":
        return last.partition(":")[0]
    with copy_of(db) as connection:
        running = connection.execute("select status = 'running' from runs order by id desc limit 1").fetchone()
    if running is None or not running[0]:
        return "closing" if running else "starting"
    if len(killed.said) >= scene.extent.lines:
        return "settling"
    return "lists" if last.startswith("list ") else "articles"


def try_point(point: Point, scenes: dict[str, Scene], site: Replica, work: Path) -> str | None:
    """Kill at a point and see that nothing is lost; where it was, or None where the process had ended before.

    Raises Lost.
    """
    scene = scenes[point.scene]
    db = work / "archive.db"
    if scene.before is not None:
        shutil.copy(scene.before, db)
    site.night = scene.night
    killed = kill_at(point, scene, site, db)
    if not killed.died:
        return None
    moment = moment_of(killed, scene, db) if db.exists() else "starting"
    log = {}
    if db.exists():
        with copy_of(db) as connection:
            check_sound(connection)
            check_said(connection, killed.said)
            if scene.command[0] == "nightly":
                check_whole(connection)
            log = log_of(connection)
    elif any(map(_STORED.match, killed.said)):
        raise Lost("there is no database")
    go_on(scene, scenes, site, db)
    check_log(db, log, scene)
    return moment


def go_on(scene: Scene, scenes: dict[str, Scene], site: Replica, db: Path) -> None:
    """The next run, and after a first night the second: each must end as if nothing had happened."""
    run_again(scene, site, db, 1)
    compare(content(db), scene.after, f"after the next run of {scene.name}")
    follower = scenes.get(scene.name.replace("night 1", "night 2"))
    if follower is not None and follower is not scene:
        site.night = follower.night
        run_again(follower, site, db, 0)
        compare(content(db), follower.after, f"a night after {scene.name}")
    finish(db, "rebuild", "--check")
    with closing(sqlite3.connect(db)) as connection:
        check_sound(connection)
    if left := [path.name for path in db.parent.glob(f"{db.name}-*")]:
        raise Lost(f"files were left behind: {left}")


def run_again(scene: Scene, site: Replica, db: Path, hour: int) -> None:
    asked = ["--origin", site.origin, "--delay", "0"] if scene.command[0] == "nightly" else []
    finish(db, *scene.command, *asked, **clock_of(scene, hour))


def check_log(db: Path, before: dict[str, set[tuple[Any, ...]]], scene: Scene) -> None:
    with closing(sqlite3.connect(db)) as connection:
        after = log_of(connection)
    for table, rows in before.items():
        if gone := rows - after[table]:
            raise Lost(f"{len(gone)} rows of {table} went after {scene.name}: {str(gone.pop())[:300]}")


# --- undisturbed -----------------------------------------------------------------------------------------------------


def prepare(work: Path, names: Iterable[str] = SCENES) -> dict[str, Scene]:
    """Each scene with the archive it begins with, run undisturbed and measured."""
    wanted, made = set(names), dict[str, Scene]()
    with quiet_site() as site:
        for full in ((), ("--full",)):
            suffix = ", full" if full else ""
            first = Scene(f"night 1{suffix}", 1, ("nightly", *full), None)
            second = Scene(f"night 2{suffix}", 2, ("nightly", *full), work / f"{first.name}.db")
            if {first.name, second.name} & wanted or not full:
                for scene in (first, second):
                    made[scene.name] = undisturbed(scene, site, work)
        grown = work / "night 2.db"
        broken = work / "broken.db"
        tampered(grown, broken)
        aged(grown, old := work / "old.db")
        for name, command, before in (
            ("rebuild", ("rebuild",), broken),
            ("reprocess", ("reprocess", "--apply"), broken),
            ("migration", ("rebuild",), old),
        ):
            if name in wanted:
                made[name] = undisturbed(Scene(name, 2, command, before), site, work)
    return made


def undisturbed(scene: Scene, site: Replica, work: Path) -> Scene:
    """Run a scene to its end; what it comes to, and what it ends in."""
    db = work / f"{scene.name}.db"
    if scene.before is not None:
        shutil.copy(scene.before, db)
    site.night = scene.night
    count = work / "count"
    said, first_line, size = _measured(scene, site, db, count)
    scene.extent = Extent(first_line, len(said), int(count.read_text()), size)
    scene.after = content(db)
    return scene


def _measured(scene: Scene, site: Replica, db: Path, count: Path) -> tuple[list[str], float, int]:
    began, first_line, size = time.monotonic(), 0.0, 0
    process = subprocess.Popen(
        arguments(scene, site, db),
        cwd=db.parent,
        env=environment(**clock_of(scene), **{VARIABLE: f"count:{count}"}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = []
    assert process.stderr is not None
    with process.stderr:
        for line in process.stderr:
            said.append(line.rstrip("\n"))
            first_line = first_line or time.monotonic() - began
            size = max([size, *(path.stat().st_size for path in _parts(db))])
    if process.wait(PATIENCE):
        raise Lost(f"an undisturbed {scene.name} ended with {process.returncode}: {said[-1:]}")
    return said, first_line, size


def _parts(db: Path) -> list[Path]:
    return [
        part
        for name in (db.name, f"{db.name}-rebuild")
        for end in ("", "-wal")
        if (part := db.with_name(name + end)).exists()
    ]


def tampered(source: Path, target: Path) -> None:
    """An archive of which some derived rows went, so that a rebuild has something to bring back."""
    shutil.copy(source, target)
    with closing(sqlite3.connect(target)) as connection:
        connection.execute("delete from changes where id % 3 = 0")
        connection.execute("update versions set silent = 0")
        connection.execute("delete from readings where payload_digest < '8'")
        connection.commit()


def aged(source: Path, target: Path) -> None:
    """The archive as an older program had it: its log, readings and articles in the schema of before OLD_STEP."""
    with closing(sqlite3.connect(target)) as connection:
        connection.execute("pragma journal_mode = wal")
        migrations.apply(Database(connection), stop_before=OLD_STEP)
        connection.commit()
        connection.execute("attach ? as new", [str(source)])
        for table in ("runs", *LOG_TABLES, "records", "readings", "articles"):
            columns = [row[1] for row in connection.execute(f"pragma main.table_info({table})")]
            listed = ", ".join(columns)
            values = ", ".join("'live'" if (table, column) == ("articles", "status") else column for column in columns)
            connection.execute(f"insert into main.{table} ({listed}) select {values} from new.{table}")
        connection.commit()


# --- many points -----------------------------------------------------------------------------------------------------


def points(count: int, seed: int) -> list[Point]:
    """So many points, in every scene and by every trigger, at random places."""
    chance = random.Random(seed)
    scenes = itertools.cycle(
        chance.sample([s for s, w in zip(SCENES, WEIGHTS, strict=True) for _ in range(w)], sum(WEIGHTS))
    )
    triggers = itertools.cycle(TRIGGERS)
    drawn = []
    for number in range(1, count + 1):
        scene, trigger = next(scenes), next(triggers)
        if number % len(TRIGGERS) == 0:
            next(triggers)  # so that each scene meets each trigger
        part = chance.choices(PARTS, PART_WEIGHTS)[0]
        drawn.append(Point(number, scene, trigger, part, chance.random(), chance.random()))
    return drawn


def hit(point: Point, scenes: dict[str, Scene], site: Replica) -> str:
    """Try a point; where the process was too quick for it, a little earlier."""
    for earlier in (1.0, 0.8, 0.6, 0.3, 0.0):
        sooner = replace(point, share=point.share * earlier, delay=point.delay * earlier)
        with tempfile.TemporaryDirectory() as folder:
            moment = try_point(sooner, scenes, site, Path(folder))
        if moment is not None:
            return moment
    raise Lost("the process ended before it could be killed, five times")


def run_points(
    wanted: list[Point], scenes: dict[str, Scene], parallel: int, tell: Callable[[Point, str, bool], None]
) -> None:
    """Try all points on so many threads; each is told of with where it was, or with what was lost."""
    sites = [quiet_site() for _ in range(parallel)]
    free = list(sites)

    def one(point: Point) -> None:
        site = free.pop()
        try:
            tell(point, hit(point, scenes, site), True)
        except (Lost, subprocess.TimeoutExpired, sqlite3.Error) as error:
            tell(point, str(error), False)
        finally:
            free.append(site)

    for site in sites:
        site.start()
    try:
        with ThreadPoolExecutor(parallel) as threads:
            list(threads.map(one, wanted))
    finally:
        for site in sites:
            site.close()


def table(hits: Counter[tuple[str, str, str]]) -> str:
    """What was hit: a row for each scene and moment, a column for each trigger."""
    lines = [f"{'scene':<16}{'killed while':<22}" + "".join(f"{trigger:>11}" for trigger in TRIGGERS)]
    for scene in SCENES:
        for moment in sorted({m for s, m, _ in hits if s == scene}):
            counts = "".join(f"{hits[scene, moment, trigger]:>11}" for trigger in TRIGGERS)
            lines.append(f"{scene:<16}{moment:<22}{counts}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.crashing", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--parallel", type=int, default=2)
    parser.add_argument("--only", type=int, nargs="*", help="only these points, by their numbers")
    given = parser.parse_args()
    wanted = [p for p in points(given.points, given.seed) if not given.only or p.number in given.only]
    hits, lost, began = Counter[tuple[str, str, str]](), list[str](), time.monotonic()

    def tell(point: Point, what: str, kept: bool) -> None:
        print(f"{point}: {what if kept else f'LOST: {what}'}", flush=True)
        if kept:
            hits[point.scene, what, point.trigger] += 1
        else:
            lost.append(str(point))

    with tempfile.TemporaryDirectory() as folder:
        scenes = prepare(Path(folder))
        for scene in scenes.values():
            print(f"undisturbed {scene.name}: {scene.extent}", flush=True)
        run_points(wanted, scenes, given.parallel, tell)
    print(f"\n{table(hits)}\n\n{sum(hits.values())} points, seed {given.seed}: {len(lost)} lost something", end="")
    print(f", {time.monotonic() - began:.0f} s")
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    main()
