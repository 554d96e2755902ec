"""5,000 captures: deriving all of it anew beside reading its pages, storing beside reading, and asking for the history.

1,000 articles of the bundled site's own generator, fetched on five nights: the second changes nothing, the others bring
the bundled edits. From the third night on a few articles are gone. Everything that is compared was measured in one run.
"""

import json
import multiprocessing
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from os import sched_getaffinity
from pathlib import Path

from archive.database import open_writer
from archive.frontier import begin_run, end_run
from archive.payloads import read_payload
from archive.records import Capture, FetchOutcome, Outcome, Reading
from archive.store import Store
from archive.times import stamp
from crawler.extraction import read_page, todays_cleaner
from jobs.replica import Replica
from tests.benchmarks.corpus import write_articles
from tests.benchmarks.fetching import Taken, pages
from tests.benchmarks.tools import BIN, judge, median, paired, ratio, show, spread, wall

ARTICLES = 1_000
NIGHTS = (1, 1, 2, 4, 6)
GONE_FROM, GONE_EACH = 3, 40  # from the third night on, each fortieth article: far below the share of an outage
FIRST = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
SAMPLE = 10  # every tenth page is read alone, before and after each whole process
ROUNDS = 9

# A rebuild is reading and little else. One process may take as long as reading its pages and a quarter more: what is read
# is kept, compressed, folded, and compared. Two cores halve that; three quarters leave room for starting processes.
GOAL_REBUILD = 1.25
GOAL_REBUILD_SHARED = 0.75
GOAL_REPROCESS = 1.1  # of the rebuild: it reads the same pages and takes nothing over
# Storing a page that was read: it must not hold up a crawl that reads as fast as it can. An edit is classified, too.
GOAL_RECORD = {Outcome.UNCHANGED: 0.5, Outcome.CHANGED: 1.5}
GOAL_SETTLE = 0.5  # milliseconds for each capture of the night
GOAL_QUERY = 0.35  # seconds more than bare Python: what a person waits for without noticing

Times = Mapping[Outcome, Sequence[float]]


def measure() -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name in ("articles", "pages"):
            (work / name).mkdir()
        write_articles(work / "articles", ARTICLES)
        recorded, settled = _fill(work)
        alone = _rebuilding(work)
        _storing(recorded, settled, alone)
        _asking(work)


# --- filling ---------------------------------------------------------------------------------------------------------


def _fill(work: Path) -> tuple[Times, list[float]]:
    """Five nights; the seconds of each capture by its outcome, and those of settling each night.

    The pages are read ahead by all cores, so that what is timed is storing alone.
    """
    recorded: defaultdict[Outcome, list[float]] = defaultdict(list)
    settled = []
    db = open_writer(work / "archive.db")
    store = Store(db, todays_cleaner())
    spawning = multiprocessing.get_context("spawn")
    with (
        closing(db.conn),
        Replica(articles=work / "articles", pages=work / "pages", log=False) as site,
        ProcessPoolExecutor(_cores(), spawning) as readers,
    ):
        for number, night in enumerate(NIGHTS):
            site.night = night
            began = FIRST + timedelta(days=number)
            run_id = begin_run(db, "nightly", stamp(began), None, "benchmark")
            for capture, reading in _captures(pages(site), began, number + 1 >= GONE_FROM, readers):
                start = time.perf_counter()
                stored = store.record(capture, run_id, reading)
                recorded[stored.outcome].append(time.perf_counter() - start)
            end_run(db, run_id, "done", stamp(began + timedelta(hours=3)), {})
            start = time.perf_counter()
            store.settle()
            settled.append(time.perf_counter() - start)
    return recorded, settled


def _captures(
    taken: Sequence[Taken], began: datetime, some_gone: bool, readers: Executor
) -> list[tuple[Capture, Reading | None]]:
    """The captures of a night, each with what the cleaner makes of its page."""
    readings = readers.map(read_page, [page.body for page in taken], chunksize=20)
    found: list[tuple[Capture, Reading | None]] = []
    for place, (page, reading) in enumerate(zip(taken, readings, strict=True)):
        capture = page.capture(began + timedelta(seconds=2 * place))
        if some_gone and place % GONE_EACH == 0:
            found.append((replace(capture, outcome=FetchOutcome.GONE, http_status=404, body=None), None))
        else:
            found.append((capture, reading))
    return found


def _cores() -> int:
    return len(sched_getaffinity(0))


# --- deriving anew ---------------------------------------------------------------------------------------------------


def _rebuilding(work: Path) -> float:
    """Measure the commands that derive anew; seconds that reading one page alone takes."""
    bodies, count = _sample(work / "archive.db")
    hani = [BIN / "hani", "--db", work / "archive.db"]
    alone = [_reading(bodies)]
    took: list[float] = []
    said: list[str] = []
    for command in (["rebuild", "--check", "--workers", "1"], ["rebuild"], ["reprocess"]):
        seconds, out = wall([*hani, "--json", *command], work)
        took.append(seconds)
        said.append(out)
        alone.append(_reading(bodies))
    one, shared, dry = took
    read = count * median(alone)
    show("command", "hani rebuild --check --workers 1, hani rebuild, hani reprocess  beside  read_page in one process")
    show(
        f"  {count:,} pages read alone, one process", f"{read:.1f} s", f"(by {len(bodies)} of them, {len(alone)} times)"
    )
    show("  hani rebuild --check, one process", f"{one:.1f} s")
    show(f"  hani rebuild, {_cores()} cores", f"{shared:.1f} s", f"{one / shared:.2f} times as fast")
    show(f"  hani reprocess, {_cores()} cores", f"{dry:.1f} s")
    _judge_share("  one process over reading alone", one / read, GOAL_REBUILD)
    _judge_share("  all cores over reading alone", shared / read, GOAL_REBUILD_SHARED)
    _judge_share("  reprocess over rebuild", dry / shared, GOAL_REPROCESS)
    _judge_sameness(said)
    return median(alone)


def _sample(database: Path) -> tuple[list[bytes], int]:
    """Every tenth page that a rebuild reads, and how many there are."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(
            "select distinct payload_digest from captures where outcome = 'ok' order by payload_digest"
        ).fetchall()
        return [read_payload(connection, row[0]) for row in rows[::SAMPLE]], len(rows)


def _reading(bodies: Sequence[bytes]) -> float:
    """Seconds for one page."""
    began = time.perf_counter()
    for body in bodies:
        read_page(body)
    return (time.perf_counter() - began) / len(bodies)


def _judge_share(what: str, found: float, goal: float) -> None:
    judge(what, f"{found:.2f} times", f"at most {goal:g} times", found <= goal)


def _judge_sameness(said: Sequence[str]) -> None:
    """Whether what was derived anew is what grew capture by capture, by the commands' own account; silence is not."""
    checked, rebuilt, dry = (json.loads(out) if out else {} for out in said)
    for what, report in (("one process", checked), ("all cores", rebuilt)):
        tables = report.get("differences")
        found = "not said" if tables is None else ", ".join(tables) or "none"
        judge(f"  unlike the grown tables, {what}", found, "none", tables == {})
    judge("  articles that reprocess would change", str(dry.get("differ", "not said")), "0", dry.get("differ") == 0)


# --- storing ---------------------------------------------------------------------------------------------------------


def _storing(recorded: Times, settled: Sequence[float], alone: float) -> None:
    show("command", "Store.record of a page that was read before  beside  reading a page;  Store.settle")
    show("  reading a page", f"{1 / alone:.0f} pages/s")
    for outcome, seconds in recorded.items():
        each = sum(seconds) / len(seconds)
        show(f"  Store.record, {outcome.value}", f"{1 / each:.0f} records/s", f"({len(seconds):,} of them)")
        if outcome in GOAL_RECORD:
            _judge_share(f"  {outcome.value}: storing over reading", each / alone, GOAL_RECORD[outcome])
    each = 1000 * max(settled) / ARTICLES
    show("  Store.settle, a night", f"{max(settled):.2f} s", "at most")
    judge("  for each capture of the night", f"{each:.2f} ms", f"at most {GOAL_SETTLE} ms", each <= GOAL_SETTLE)


# --- asking ----------------------------------------------------------------------------------------------------------


def _asking(work: Path) -> None:
    hani = [BIN / "hani", "--db", work / "archive.db"]
    third = f"{FIRST + timedelta(days=2):%Y-%m-%d}"
    commands = (["changes"], ["changes", "--since", third], ["removed"], ["as-of", third])
    bare, *ours = paired(
        ROUNDS,
        lambda: wall([sys.executable, "-c", "pass"], work)[0],
        *(lambda command=command: wall([*hani, *command], work)[0] for command in commands),
    )
    show("command", "hani changes, hani removed, hani as-of  beside  python -c pass")
    show("  python -c pass", spread(bare, "ms", 1000))
    for command, seconds in zip(commands, ours, strict=True):
        name = f"hani {' '.join(command)}"
        show(f"  {name}", spread(seconds, "ms", 1000), f"{ratio(seconds, bare):.1f} times bare Python")
        more = median([a - b for a, b in zip(seconds, bare, strict=True)])
        judge(
            "    more than bare Python",
            f"{1000 * more:.0f} ms",
            f"at most {1000 * GOAL_QUERY:.0f} ms",
            more <= GOAL_QUERY,
        )
