"""Each page over an archive of 100,000 articles with 150,000 versions, beside its bare SQL, in one run.

A page is asked of Datasette in this process, without a socket. Its statements are recorded once and asked again, by turns
with the page, on a plain connection. Where the SQL takes less than a millisecond or so, Datasette itself is what one waits for:
its own smallest page, the floor, is measured too, and the page is held against both together.

What is compared is processor time: nothing here waits for a disk or a network, and a page hands its work to another thread, for
which a busy machine would charge it and not the plain connection. What a reader would wait is shown beside.
"""

import re
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from datasette.utils import escape_fts

from archive.database import open_reader
from archive.web.routing import ROUTES
from tests.asking import Recorder, addresses, examples, recording
from tests.benchmarks.library import write
from tests.benchmarks.tools import judge, median, show
from tests.reading import Served, serving

ARTICLES = 100_000
ROUNDS = 15
GOAL = 3.0
FLOOR = "/-/versions.json"
SETTINGS = {"num_sql_threads": 1, "suggest_facets": False, "sql_time_limit_ms": 10_000}


@dataclass(frozen=True)
class Taken:
    """The milliseconds of a page, of its SQL, and of the smallest page, in the median; and how many statements it asks.

    `wall` is how long the page took by the clock, the rest is processor time.
    """

    wall: float
    page: float
    sql: float
    floor: float
    statements: int
    size: int

    @property
    def of_sql(self) -> float:
        return self.page / self.sql

    @property
    def of_both(self) -> float:
        return self.page / (self.sql + self.floor)


def measure(keep: Path | None = None) -> None:
    """Measure every kind of page; with a folder, the archive is kept there and used again."""
    with nullcontext(str(keep)) if keep else tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reading.db"
        _make(path)
        with (
            closing(open_reader(path)) as bare,
            serving(path, settings=SETTINGS) as served,
            recording(served) as recorder,
        ):
            pages = list(_pages(examples(bare), path.stem))
            show("page", "  clock ms", "  page ms", "   SQL ms", " of SQL", "of SQL and floor", "statements", "  kB")
            bare.create_function("escape_fts", 1, escape_fts)  # Datasette's tables ask with it
            taken = {}
            for name, address in pages:
                taken[name] = _take(served, recorder, bare, address)
                _tell(name, taken[name])
    _judge(taken)


def _make(path: Path) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    unfinished = path.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    write(unfinished, ARTICLES)
    unfinished.rename(path)
    show(f"{ARTICLES:,} articles written", f"{time.perf_counter() - began:.0f} s")


def _pages(values: Mapping[str, Sequence[str]], database: str) -> Iterator[tuple[str, str]]:
    """A name and an address of each kind of page; of a route that is not named here, its first address."""
    (article, *_), (name, *_), (section, *_) = values["id"], values["name"], values["section"]
    named = {
        "front": "/",
        "search, a word in every second article": "/-/hani/search?q=government",
        "search, in a tenth": "/-/hani/search?q=ministry",
        "search, in a hundredth": "/-/hani/search?q=reunification",
        "search, a phrase": "/-/hani/search?q=%22trilateral+summit%22",
        "search, N. Korea": "/-/hani/search?q=N.+Korea",
        "search, Hangul": f"/-/hani/search?q={quote('국회')}",
        "search, newest first": "/-/hani/search?q=ministry&sort=newest",
        "search, all versions": "/-/hani/search?q=ministry&in=versions",
        "search, all versions, a rare word": "/-/hani/search?q=reunification&in=versions",
        "search, what was removed": "/-/hani/search?q=jo&in=removed",
        "search, with filters": f"/-/hani/search?q=ministry&section={section}&from=2020&to=2022&edited=1",
        "search, by an author": f"/-/hani/search?q=ministry&author={name}",
        "article": f"/-/hani/article/{article}",
        "version": f"/-/hani/version/{values['version'][0]}",
        "citation": f"/-/hani/version/{values['version'][0]}.bib",
        "compare": f"/-/hani/article/{article}/compare?from=1&to=2",
        "changes, newest": "/-/hani/changes",
        "changes, largest": "/-/hani/changes?sort=largest",
        "changes, page 40": "/-/hani/changes?page=40",
        "changes, silent": "/-/hani/changes?silent=1",
        "changes, of a kind": "/-/hani/changes?kind=figure",
        "changes, of a kind that is not there": "/-/hani/changes?kind=correction",
        "changes, of a section": f"/-/hani/changes?section={section}",
        "changes, of a section, largest": f"/-/hani/changes?section={section}&sort=largest",
        "changes, of a size": "/-/hani/changes?least=0.05",
        "changes, of a year": "/-/hani/changes?from=2020-01-01&to=2020-12-31",
        "changes, of a year, largest": "/-/hani/changes?from=2020-01-01&to=2020-12-31&sort=largest",
        "removed": "/-/hani/removed",
        "author": f"/-/hani/author?name={name}",
    }
    named |= {f"feed, {feed}": f"/-/hani/feed/{feed}.atom?q=ministry" for feed in values["feed"]}
    named |= {"feed, JSON": "/-/hani/feed/edits.json"}
    asked = set(named.values())
    for pattern, _, _ in ROUTES:
        (first, *_), known = addresses(pattern, values), {one.partition("?")[0] for one in asked}
        if first.partition("?")[0] not in known:
            named[first] = first
    named |= {
        "Datasette, a table": f"/{database}/articles",
        "Datasette, a table searched, JSON": f"/{database}/articles.json?_search=ministry&_nocount=1&_shape=array",
        "Datasette, a row, JSON": f"/{database}/articles/{article}.json",
    }
    ours = [re.compile(pattern) for pattern, _, _ in ROUTES]
    for what, address in named.items():
        if not address.startswith("/-/hani") or any(one.match(address.partition("?")[0]) for one in ours):
            yield what, address


def _take(served: Served, recorder: Recorder, bare: sqlite3.Connection, address: str) -> Taken:
    statements = [sql for sql in recorder.of(address) if not sql.lower().startswith(("begin", "rollback"))]
    size = len(served.get(address).content)
    served.on_connection(lambda connection: connection.set_trace_callback(None))
    walls, pages, replays, floors = [], [], [], []
    _replay(bare, statements)
    for _ in range(ROUNDS):
        began = time.perf_counter()
        pages.append(_ask(served, address))
        walls.append(1000 * (time.perf_counter() - began))
        replays.append(_replay(bare, statements))
        floors.append(_ask(served, FLOOR))
    served.on_connection(lambda connection: connection.set_trace_callback(recorder.asked.append))
    return Taken(median(walls), median(pages), median(replays), median(floors), len(statements), size)


def _ask(served: Served, address: str) -> float:
    began = time.process_time()
    served.get(address)
    return 1000 * (time.process_time() - began)


def _replay(bare: sqlite3.Connection, statements: Sequence[str]) -> float:
    began = time.process_time()
    for sql in statements:
        bare.execute(sql).fetchall()
    return 1000 * (time.process_time() - began)


def _tell(name: str, one: Taken) -> None:
    figures = f"{one.wall:10.1f}", f"{one.page:9.1f}", f"{one.sql:9.2f}", f"{one.of_sql:7.2f}", f"{one.of_both:16.2f}"
    show(name[:41], *figures, f"{one.statements:10}", f"{one.size / 1000:4.0f}")


def _judge(taken: Mapping[str, Taken]) -> None:
    floor = median([one.floor for one in taken.values()])
    show("the floor", f"{floor:9.1f} ms", FLOOR)
    ours = {name: one for name, one in taken.items() if not name.startswith("Datasette")}
    slow = {name: one for name, one in ours.items() if one.sql >= floor}
    if slow:
        worst = max(slow, key=lambda name: slow[name].of_sql)
        times = slow[worst].of_sql
        judge(
            f"worst of {len(slow)} with SQL of a floor or more",
            f"{times:.2f} ({worst})",
            f"at most {GOAL:g}",
            times <= GOAL,
        )
    worst = max(ours, key=lambda name: ours[name].of_both)
    times = ours[worst].of_both
    judge(f"worst of all {len(ours)}, SQL and floor", f"{times:.2f} ({worst})", f"at most {GOAL:g}", times <= GOAL)
    over = [one.wall for one in ours.values() if one.of_both > GOAL]
    show(f"{len(over)} pages above it", f"the slowest of them {max(over, default=0):.1f} ms")
