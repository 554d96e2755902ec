"""Everything derived follows from the log: rebuilt in one go, it equals what grew capture by capture, row for row."""

import json
import os
import random
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from archive.database import open_writer, unit
from archive.migrations import DERIVED_TABLES
from archive.readings import Cleaner
from archive.rebuilding import DamagedArchive, adopt, beside, build, differences
from archive.records import Article, Capture, FetchOutcome, Reading, Refusal, RefusalReason, digest
from archive.store import Store
from tests.conftest import Hani, one, rows

AUTHORS = ("Kim", "Lee")


def read(body: bytes) -> Reading:
    """A page of lines: title, stamp, then paragraphs; what follows a # is noise."""
    lines = [line for line in body.decode().split("\n") if line and not line.startswith("#")]
    if lines[:1] == ["deleted"]:
        return Refusal(RefusalReason.DELETED, "a notice")
    if lines[:1] == ["human?"]:
        return Refusal(RefusalReason.BOT_CHECK, "a question")
    if len(lines) < 3:
        return Refusal(RefusalReason.NO_BODY, "no paragraph")
    number = 9 if lines[0] == "Other" else None
    return Article(
        lines[0], "2023-06-01T00:00:00Z", tuple(lines[2:]), "test", number, authors=AUTHORS, modified_at=lines[1]
    )


def read_better(body: bytes) -> Reading:
    """The same cleaner, a version later: it takes advertisements out and finds a text below a lone title."""
    text = body.replace(b"\nBuy rice!", b"")
    return read(text + b"\n2023-06-01T00:00:00Z\nIts text." if text.split(b"\n#")[0] == b"Lone" else text)


CLEANER = Cleaner(read, "one", {"adverts": 1})
BETTER = Cleaner(read_better, "two", {"adverts": 2})
STAMP, LATER = "2023-06-01T00:00:00Z", "2023-06-09T00:00:00Z"
BODIES = [
    f"Rice\n{STAMP}\nRice rose by 3 percent.\nIt rained.",
    f"Rice\n{STAMP}\nRice rose by 3 percent.\nIt rained.\n#noise",
    f"Rice\n{STAMP}\nRice rose by 5 percent.\nIt rained.",
    f"Rice\n{LATER}\nRice rose by 5 percent.\nIt rained.\nCorrection: an earlier version said 3 percent.",
    f"Rice\n{LATER}\nRice rose by 3 percent.\nIt rained.",
    f"Other\n{STAMP}\nAnother article.",
    "deleted",
    "deleted\n#noise",
    "human?",
    "Lone",
]
DAYS = [f"2023-06-{10 + n:02}T{hour}:00:00Z" for n in range(5) for hour in ("01", "13")]
ELSEWHERE = "https://www.hani.co.kr/arti/english_edition/e_national/77.html"


def capture(
    article: int,
    at: str,
    body: str | None,
    outcome: FetchOutcome = FetchOutcome.OK,
    confirms: str | None = None,
    redirect: str | None = None,
    section: str = "e_national",
) -> Capture:
    url = f"https://www.hani.co.kr/arti/english_edition/{section}/{article}.html"
    return Capture(
        article,
        url,
        url,
        at,
        "crawl",
        outcome,
        body.encode() if body is not None else None,
        payload_digest=digest(confirms.encode()) if confirms is not None else None,
        section=section,
        redirects=(redirect,) if redirect else (),
    )


@contextmanager
def store(path: Path, cleaner: Cleaner = CLEANER) -> Iterator[Store]:
    made = Store(open_writer(path), cleaner)
    with closing(made.db.conn):
        yield made


def begin_runs(archive: Store, count: int) -> None:
    with unit(archive.db) as db:
        for number in range(1, count + 1):
            row = [number, DAYS[0]]
            db.conn.execute(
                "insert into runs (id, command, started_at, status, program) values (?, 'test', ?, 'done', '-')", row
            )


def derived(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every derived row, of every table, and what the search index finds."""
    found = {}
    for table in DERIVED_TABLES:
        found[table] = sorted((tuple(row.values()) for row in rows(path, f"select * from {table}")), key=repr)
    for index, words in (("articles_fts", "rained"), ("changes_fts", "percent"), ("changes_fts", "Correction")):
        listed = rows(path, f"select rowid from {index} where {index} match ? order by rowid", words)
        found[f"{index} {words}"] = [tuple(row.values()) for row in listed]
    return found


def check_index(path: Path) -> None:
    """Raise where a search index does not hold what its table holds."""
    with closing(open_writer(path).conn) as connection:
        for index in ("articles_fts", "versions_fts", "changes_fts"):
            connection.execute(f"insert into {index} ({index}, rank) values ('integrity-check', 1)")


def rebuilt(path: Path, cleaner: Cleaner = CLEANER, workers: int = 1) -> dict[str, list[tuple[Any, ...]]]:
    build(path, cleaner, lambda *_: None, workers)
    adopt(path)
    check_index(path)
    return derived(path)


LOG = st.lists(
    st.tuples(
        st.builds(
            capture,
            article=st.sampled_from([3, 4, 5]),
            at=st.sampled_from(DAYS),
            body=st.sampled_from(BODIES),
            section=st.sampled_from(["e_national", "e_business"]),
        )
        | st.builds(
            capture,
            article=st.sampled_from([3, 4, 5]),
            at=st.sampled_from(DAYS),
            body=st.none(),
            outcome=st.sampled_from([FetchOutcome.GONE, FetchOutcome.GONE, FetchOutcome.BLOCKED, FetchOutcome.FAILED]),
            redirect=st.none() | st.just(ELSEWHERE),
        )
        | st.builds(
            capture,
            article=st.sampled_from([3, 4]),
            at=st.sampled_from(DAYS),
            body=st.none(),
            outcome=st.just(FetchOutcome.NOT_MODIFIED),
            confirms=st.sampled_from(BODIES[:4]),
        ),
        st.none() | st.integers(1, 4),
        st.booleans(),
    ),
    max_size=14,
)


def settled_outage(last: str = DAYS[9]) -> list[tuple[Capture, int | None, bool]]:
    """Four good articles, of which three vanish in one run: an outage; one stays away in two counting runs."""
    log = [(capture(n, DAYS[0], BODIES[0]), 1, False) for n in (3, 4, 5, 6)]
    log += [(capture(n, DAYS[2], None, FetchOutcome.GONE), 2, False) for n in (3, 4, 5)]
    log += [(capture(6, DAYS[2], BODIES[1]), 2, False)]
    return [*log, *((capture(3, at, None, FetchOutcome.GONE), n, False) for n, at in ((3, DAYS[4]), (4, last)))]


@settings(deadline=None, max_examples=120, suppress_health_check=list(HealthCheck))
@given(LOG, st.randoms(use_true_random=False))
@example(settled_outage(), random.Random(1))
@example(settled_outage(), random.Random(7))
def test_any_order_of_arrival_gives_the_rows_that_a_rebuild_gives(
    log: list[tuple[Capture, int | None, bool]], chance: random.Random
) -> None:
    payloads = [(capture(8, DAYS[0], body), None, False) for body in BODIES[:4]]  # a 304 names a payload that is there
    shuffled = list(log)
    chance.shuffle(shuffled)
    with tempfile.TemporaryDirectory() as folder:
        grown = []
        for name, order in (("one.db", log), ("other.db", shuffled)):
            path = Path(folder) / name
            with store(path) as archive:
                begin_runs(archive, 4)
                for taken, run_id, then_settle in [*payloads, *order]:
                    archive.record(taken, run_id)
                    if then_settle:
                        archive.settle()
                archive.settle()
            grown.append(derived(path))
        assert grown[0] == grown[1]
        assert rebuilt(Path(folder) / "one.db") == grown[0]


def test_the_outage_of_the_example_is_one(tmp_path: Path) -> None:
    """So that the property above is known to meet discounted runs."""
    with store(tmp_path / "a.db") as archive:
        begin_runs(archive, 4)
        for taken, run_id, _ in settled_outage():
            archive.record(taken, run_id)
        archive.settle()
    verdicts = rows(tmp_path / "a.db", "select run_id, known_good, failing, discounted from verdicts order by run_id")
    assert [tuple(v.values()) for v in verdicts] == [(1, 0, 0, 0), (2, 4, 3, 1), (3, 1, 1, 0), (4, 0, 0, 0)]
    stones = rows(tmp_path / "a.db", "select article_id, status, checks, suspected_at from tombstones")
    assert [tuple(s.values()) for s in stones] == [(3, "missing", 2, DAYS[4])]


def fill(path: Path, cleaner: Cleaner = CLEANER) -> None:
    with store(path, cleaner) as archive:
        begin_runs(archive, 1)
        for article in range(1, 40):
            for day, body in ((0, BODIES[0]), (2, BODIES[2]), (4, f"{BODIES[0]}\n#{article}")):
                archive.record(capture(article, DAYS[day], body), 1)
        archive.settle()


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_number_of_processes_makes_no_difference(tmp_path: Path, workers: int) -> None:
    path = tmp_path / "a.db"
    fill(path)
    before = derived(path)
    assert len(before["versions"]) == 3 * 39
    assert rebuilt(path, workers=workers) == before
    assert not beside(path).exists()


def test_dropped_tables_come_back(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    fill(path)
    before = derived(path)
    schema = rows(path, "select type, name, sql from sqlite_master order by name")
    with closing(open_writer(path).conn) as connection:
        for table in (
            "changes",
            "images",
            "authors",
            "versions",
            "articles",
            "readings",
            "records",
            "tombstones",
            "verdicts",
        ):
            connection.execute(f"drop table {table}")
    assert rebuilt(path) == before
    assert rows(path, "select type, name, sql from sqlite_master order by name") == schema


TABLES = (*DERIVED_TABLES, "derivation", "duplicates", "articles_fts", "versions_fts", "changes_fts")
DAMAGE = {
    **{f"drop {table}": [f"drop table {table}"] for table in TABLES},
    **{
        f"empty {table}": [f"delete from {table}"] for table in DERIVED_TABLES if table not in ("images", "drifts")
    },  # neither in these pages
    "a view for a table": ["drop table changes", "create view changes as select 1 as id"],
    "another table": ["drop table articles", "create table articles (id integer primary key, foo text)"],
    "another column": ["alter table articles add column note text"],
    "no trigger": ["drop trigger articles_au"],
    "no index": ["drop index changes_kind"],
    "an emptied index": ["insert into articles_fts (articles_fts) values ('delete-all')"],
    "a forged index": ["insert into changes_fts (rowid, removed, added) values (7, 'forged', 'words')"],
    "a broken index": ["drop table articles_fts_data"],
    "a damaged index": ["update changes_fts_data set block = zeroblob(9)"],
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_whatever_was_done_to_a_derived_table_is_found_and_put_right(tmp_path: Path, damage: list[str]) -> None:
    path = tmp_path / "a.db"
    with store(path) as archive:
        begin_runs(archive, 1)
        for day, body in ((0, BODIES[0]), (2, BODIES[2]), (4, BODIES[3])):
            archive.record(capture(3, DAYS[day], body), 1)
        archive.record(capture(4, DAYS[0], BODIES[0]), 1)
        archive.record(capture(4, DAYS[4], None, FetchOutcome.GONE), None)
        archive.settle()
    before = derived(path)
    connection = sqlite3.connect(path)
    connection.execute("pragma writable_schema = on")
    for statement in damage:
        connection.execute(statement)
    connection.commit()
    connection.close()
    build(path, CLEANER, lambda *_: None, 1)
    assert differences(path) != {}
    adopt(path)
    check_index(path)
    assert derived(path) == before
    build(path, CLEANER, lambda *_: None, 1)
    assert differences(path) == {}


def test_wrong_rows_are_found_and_put_right(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    fill(path)
    before = derived(path)
    with closing(open_writer(path).conn) as connection:
        connection.execute("update versions set title = 'Forged' where number = 2 and article_id = 7")
        connection.execute("delete from changes where article_id = 8")
        connection.commit()
    build(path, CLEANER, lambda *_: None, 1)
    found = differences(path)
    assert found["versions"] == (1, 1)
    assert found["changes"][0] == 0 and found["changes"][1] > 0
    assert set(found) == {"versions", "changes"}
    adopt(path)
    assert derived(path) == before


class Stopped(Exception):
    """The rebuild was killed."""


def test_what_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    fill(path)
    before = derived(path)
    steps: list[tuple[str, int, int]] = []

    def stopping(step: str, done: int, of: int) -> None:
        steps.append((step, done, of))
        if done:
            raise Stopped

    with pytest.raises(Stopped):
        build(path, CLEANER, stopping, 1)
    assert derived(path) == before  # readers see nothing of it
    left = steps[-1][2] - steps[-1][1]
    assert 0 < left < steps[-1][2]
    steps.clear()
    build(path, CLEANER, lambda *step: steps.append(step), 1)
    assert steps[0] == ("reading pages", 0, left)
    adopt(path)
    assert derived(path) == before


def test_what_another_cleaner_had_begun_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    fill(path)
    build(path, BETTER, lambda *_: None, 1)
    assert rebuilt(path) == derived(path)
    assert one(path, "select count(distinct cleaner) from readings") == 1
    assert rows(path, "select cleaner, parts from cleaners") == [
        {"cleaner": "one", "parts": json.dumps({"adverts": 1})}
    ]


def test_a_damaged_payload_stops_a_rebuild_before_anything_is_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    fill(path)
    before = derived(path)
    with closing(open_writer(path).conn) as connection:
        connection.execute(
            "update payloads set body = zeroblob(length(body)) where digest = ?", [digest(BODIES[2].encode())]
        )
        connection.commit()
    with pytest.raises(DamagedArchive, match=r"payload [0-9a-f]{64}.* cannot be decompressed.*restore"):
        build(path, CLEANER, lambda *_: None, 1)
    assert derived(path) == before


# --- late arrivals ---------------------------------------------------------------------------------------------------


def test_a_late_copy_lands_between_a_and_b_of_an_a_b_a(tmp_path: Path) -> None:
    first, second, third = BODIES[0], BODIES[2], BODIES[3]
    path = tmp_path / "a.db"
    with store(path) as archive:
        for day, body in ((0, first), (4, second), (8, f"{first}\n#again")):
            archive.record(capture(3, DAYS[day], body), None)
        ids = [row["id"] for row in rows(path, "select id from versions order by number")]
        stored = archive.record(capture(3, DAYS[2], third), None)
    assert (stored.outcome, stored.kind) == ("changed", "text")
    versions = rows(path, "select id, number, kind, first_seen_at from versions order by number")
    assert [v["kind"] for v in versions] == ["first", "text", "text", "revert"]
    assert [versions[n]["id"] for n in (0, 2, 3)] == ids
    assert versions[1]["first_seen_at"] == DAYS[2]
    correction = rows(path, "select version_id from changes where kind = 'correction'")
    assert correction == [{"version_id": versions[1]["id"]}]
    assert rebuilt(path) == derived(path)


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_command_says_what_it_found(hani: Hani, tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text(
        "A headline of the day\n\nPosted on : 2023-06-09 17:50 KST\n\nA first paragraph of this article.\n\n"
        "A second paragraph of this article.\n\nBy Kim A-ra, staff reporter\n"
    )
    address = "https://english.hani.co.kr/arti/english_edition/e_national/1095276.html"
    assert hani("recrawl", "--from-file", str(page), address, "--captured-at", "2023-06-10T00:00:00Z").code == 0
    db = tmp_path / "archive.db"
    checked = hani("rebuild", "--check")
    assert (checked.code, checked.out.splitlines()) == (
        0,
        ["Checked from 1 captures and 1 payloads.", "Every derived row is what it was."],
    )
    with closing(open_writer(db).conn) as connection:
        connection.execute("update articles set title = 'Forged'")
        connection.commit()
    checked = hani("rebuild", "--check", "--json")
    assert (checked.code, checked.data["differences"]) == (1, {"articles": {"gone": 1, "new": 1}})
    assert one(db, "select title from articles") == "Forged"
    done = hani("rebuild", "--json")
    assert (done.code, done.data["applied"], done.data["captures"]) == (0, True, 1)
    assert one(db, "select title from articles") == "A headline of the day"


def test_there_must_be_an_archive(hani: Hani, tmp_path: Path) -> None:
    for command in ("rebuild", "reprocess"):
        ran = hani(command)
        assert ran.code == 2
        assert ran.sentence.startswith("hani: there is no archive at ")
    assert list(tmp_path.iterdir()) == []


def dying(body: bytes) -> Reading:
    """A cleaner that ends its process: as the kernel does when memory runs out."""
    os._exit(9)


def test_a_process_that_is_killed_ends_the_rebuild_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    fill(path)
    before = derived(path)
    with pytest.raises(ChildProcessError, match="killed amid the work"):
        build(path, Cleaner(dying, "dying", {}), lambda *_: None, 2)
    assert derived(path) == before
