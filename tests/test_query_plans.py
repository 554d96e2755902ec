"""Every question of every page goes by an index: what each route asks of SQLite is recorded, and its plan is read."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.database import open_reader
from archive.web.routing import ROUTES
from tests.asking import Recorder, addresses, examples, recording
from tests.benchmarks.library import write
from tests.reading import serving

# What may be read from end to end, and why.
SMALL = {
    "sqlite_master": "the schema",
    "_sqlite_migrations": "a row for each step of the schema",
    "chosen": "the finds of one page",
    "wanted": "the edits of one page, as JSON",
    "found": "the sections, each found by one look at an index",
    "names": "the authors, each found by one look at the key",
    "d": "drifts: a row for each field that departed from its history, in the runs in which it did",
    "CONSTANT ROW": "no table",
}
# A table's first or last row by its primary key: SQLite calls this a scan, and stops after that row.
_FIRST_OR_LAST = re.compile(r"^select [\w, ]+ from \w+ order by id( desc)? limit 1$", re.I)
PATTERNS = [pattern for pattern, _, _ in ROUTES]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("library") / "hankyoreh.db"
    write(path, 500)
    return path


@pytest.fixture(scope="module")
def connection(library: Path) -> Iterator[sqlite3.Connection]:
    connection = open_reader(library)
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def recorder(library: Path) -> Iterator[Recorder]:
    with (
        serving(library, plugin={"payloads": True}, settings={"num_sql_threads": 1}) as served,
        recording(served) as recorder,
    ):
        yield recorder


def scans(connection: sqlite3.Connection, sql: str) -> list[str]:
    """The steps of a statement's plan that read a table from end to end."""
    if not re.match(r"\s*(select|with)\b", sql, re.I) or _FIRST_OR_LAST.search(sql):
        return []
    steps = [row[3] for row in connection.execute(f"explain query plan {sql}")]
    return [step for step in steps if step.startswith("SCAN") and not _by_index(step)]


def _by_index(step: str) -> bool:
    """Whether it goes by an index, or reads what was made for this statement alone."""
    name = step.removeprefix("SCAN ")
    own = name.startswith(("(subquery", "(join", "json_each")) or re.match(r"\d+ CONSTANT ROWS?", name)
    return " INDEX " in step or bool(own) or name in SMALL


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_question_goes_by_an_index(pattern: str, connection: sqlite3.Connection, recorder: Recorder) -> None:
    asked = 0
    for address in addresses(pattern, examples(connection)):
        for sql in recorder.of(address):
            asked += 1
            assert scans(connection, sql) == [], (address, sql)
    assert asked


def test_a_scan_would_be_seen(connection: sqlite3.Connection) -> None:
    assert scans(connection, "select * from articles where title = 'x'") == ["SCAN articles"]
    assert scans(connection, "select * from versions v where v.size > 0.5 order by v.title") == ["SCAN v"]
    assert scans(connection, "select * from articles order by posted_at desc limit 3") == []
    assert scans(connection, "select report from runs order by id desc limit 1") == []
    assert scans(connection, "select report from runs order by report limit 1") == ["SCAN runs"]
    assert scans(connection, "with t as materialized (select * from runs where report = '') select * from t") == [
        "SCAN runs",
        "SCAN t",
    ]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"^/$", ["/"]),
        (r"^/-/hani/?$", ["/-/hani"]),
        (r"^/-/hani/a/(?P<id>\d{1,12})/b\.json$", ["/-/hani/a/7/b.json"]),
        (r"^/-/v/(?P<version>[^/]+?)(?P<form>\.txt|\.csl\.json)?$", ["/-/v/x", "/-/v/x.txt", "/-/v/x.csl.json"]),
        (
            r"^/-/f/(?P<feed>new|old)\.(?:atom|json)$",
            ["/-/f/new.atom", "/-/f/new.json", "/-/f/old.atom", "/-/f/old.json"],
        ),
        (r"^/-/v/(?P<version>[^/]+)(?<!\.csl)\.json$", ["/-/v/x.json"]),
        (r"^/-/hani/removed$", ["/-/hani/removed", "/-/hani/removed?suspected=1", "/-/hani/removed?page=2"]),
    ],
)
def test_addresses_follow_from_a_pattern(pattern: str, expected: list[str]) -> None:
    assert addresses(pattern, {"id": ["7"], "version": ["x"], "name": ["n"]}) == expected


def test_a_route_without_an_example_is_noticed() -> None:
    with pytest.raises(KeyError, match="planet"):
        addresses(r"^/-/hani/(?P<planet>[a-z]+)$", {"name": ["n"]})
