"""Making everything derived anew from the log, beside the archive, and taking it over in one transaction.

The new tables grow in a file of their own (`<database>-rebuild`): readers see the old ones until all is done, and a
rebuild that was stopped goes on with the pages that were not read yet. What costs is reading pages; that and the folding
of histories is shared among processes.
"""

import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from archive.captures import observations
from archive.database import BUSY_SECONDS
from archive.errors import NotAnArchive, UnusableArchive
from archive.history import fold
from archive.layout import STATE, watch_all
from archive.layout import TABLES as WATCH_TABLES
from archive.layout import rows_of as watch_rows
from archive.migrations import DERIVED_TABLES, derived_schema, kept_schema
from archive.payloads import DamagedPayload, read_payload
from archive.readings import READING_MARKS, SHOWS_A_PAGE, Cleaner, Readings
from archive.readings import rows_of as reading_rows
from archive.rows import DERIVATION, rows_of
from archive.troubles import is_of_content
from archive.verdicts import MARKS, judge_all, row_of
from archive.workers import workers

PAGES_AT_ONCE = 32  # payloads handed to a process at a time: about a tenth of a second's work
ARTICLES_AT_ONCE = 64
WORTH_PROCESSES = 200  # payloads; with fewer, starting processes takes longer than the work

Progress = Callable[[str, int, int], None]
"""Told of each step: what is being done ("reading pages", "folding histories"), how much of it, of how much."""

T = TypeVar("T")
R = TypeVar("R")
Mapped = Callable[[Callable[[sqlite3.Connection, T], R], Iterable[T]], Iterator[R]]


class DamagedArchive(UnusableArchive):
    """Stored bytes are damaged, so that what follows from them cannot be derived."""


def beside(database: Path) -> Path:
    """The file in which the new tables grow."""
    return database.with_name(database.name + "-rebuild")


def build(database: Path, cleaner: Cleaner, progress: Progress, workers: int = 0) -> Path:
    """Derive everything anew into the file beside the archive; `workers` 0: one for each core.

    1. read every page, as far as that was not done before;
    2. judge the runs, since an outage proves no removal, and a layout that drifted no edit;
    3. fold every article's history.

    The caller holds the archive's lock, so that the log stands still.

    Raises DamagedArchive where a payload does not give the bytes that its digest names.
    """
    side = beside(database)
    with closing(_open_side(side, database, cleaner)) as connection:
        names = _unread(connection)
        processes = (workers or os.cpu_count() or 1) if len(names) >= WORTH_PROCESSES or workers else 1
        with _mapping(processes, side, database, cleaner) as mapped:
            _read_all(connection, names, mapped, progress, cleaner)
            _judge_all(connection, cleaner)
            _watch_all(connection, cleaner)
            _fold_all(connection, mapped, progress, cleaner)
    return side


def discard(database: Path) -> None:
    """Remove the file beside the archive.

    Raises NotAnArchive where something else goes by its name.
    """
    side = beside(database)
    if side.is_dir():
        raise NotAnArchive(f"{side} is a folder; a rebuild needs that name for a file of its own")
    for suffix in ("", "-wal", "-shm", "-journal"):
        side.with_name(side.name + suffix).unlink(missing_ok=True)


# --- the steps -------------------------------------------------------------------------------------------------------


def _unread(connection: sqlite3.Connection) -> list[str]:
    """The payloads to read; those of one article together, since they lean on the same bytes."""
    marks = ", ".join(f"'{outcome.value}'" for outcome in SHOWS_A_PAGE)
    rows = connection.execute(
        f"select payload_digest from captures where outcome in ({marks}) and payload_digest is not null"
        " and payload_digest not in (select payload_digest from readings)"
        " group by payload_digest order by min(article_id), payload_digest"
    )
    return [row[0] for row in rows]


def _read_all(
    connection: sqlite3.Connection,
    names: Sequence[str],
    mapped: "Mapped[list[str], tuple[list[Any], list[Any], list[str]]]",
    progress: Progress,
    cleaner: Cleaner,
) -> None:
    done, damaged = 0, list[str]()
    progress("reading pages", 0, len(names))
    for readings, records, broken in mapped(partial(_read_some, cleaner=cleaner), _batches(names, PAGES_AT_ONCE)):
        connection.executemany("insert or ignore into records values (?, ?)", records)
        connection.executemany(f"insert or ignore into readings values ({READING_MARKS})", readings)
        connection.commit()
        damaged += broken
        done += len(readings) + len(broken)
        progress("reading pages", done, len(names))
    if damaged:
        more = f" (and {len(damaged) - 1} more)" if len(damaged) > 1 else ""
        raise DamagedArchive(f"{damaged[0]}{more}; nothing was changed")


def _read_some(
    connection: sqlite3.Connection, names: Sequence[str], cleaner: Cleaner
) -> tuple[list[Any], list[Any], list[str]]:
    readings, records, damaged = list[Any](), list[Any](), list[str]()
    for name in names:
        try:
            reading = cleaner.read_page(read_payload(connection, name))
        except DamagedPayload as error:
            damaged.append(str(error))
            continue
        row, record = reading_rows(name, cleaner.version, reading)
        readings.append(row)
        if record is not None:
            records.append(record)
    return readings, records, damaged


def _judge_all(connection: sqlite3.Connection, cleaner: Cleaner) -> None:
    connection.execute("delete from verdicts")
    verdicts = judge_all(connection, cleaner.version)
    connection.executemany(
        f"insert into verdicts values ({MARKS})", [row_of(verdicts[run_id]) for run_id in sorted(verdicts)]
    )
    connection.commit()


def _watch_all(connection: sqlite3.Connection, cleaner: Cleaner) -> None:
    for table, rows in watch_rows(*watch_all(connection, cleaner.version)).items():
        connection.execute(f"delete from {table}")
        connection.executemany(f"insert into {table} values ({WATCH_TABLES[table]})", rows)
    connection.commit()


def _fold_all(
    connection: sqlite3.Connection,
    mapped: "Mapped[list[int], dict[str, list[tuple[Any, ...]]]]",
    progress: Progress,
    cleaner: Cleaner,
) -> None:
    for table in _FOLDED:
        connection.execute(f"delete from {table}")
    connection.commit()
    articles = [row[0] for row in connection.execute("select distinct article_id from captures order by article_id")]
    done = 0
    progress("folding histories", 0, len(articles))
    for batch in mapped(partial(_fold_some, cleaner=cleaner), _batches(articles, ARTICLES_AT_ONCE)):
        for table, rows in batch.items():
            if rows:
                connection.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)
        connection.commit()
        done = min(len(articles), done + ARTICLES_AT_ONCE)
        progress("folding histories", done, len(articles))


_FOLDED = ("versions", "images", "articles", "changes", "tombstones", "statuses", "authors")


def _fold_some(
    connection: sqlite3.Connection, articles: Sequence[int], cleaner: Cleaner
) -> dict[str, list[tuple[Any, ...]]]:
    readings = Readings(connection, cleaner)
    found: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _FOLDED}
    for article_id in articles:
        seen = observations(connection, article_id)
        names = {o.payload_digest for o in seen if o.payload_digest and o.outcome in SHOWS_A_PAGE}
        history = fold(article_id, seen, readings.known(sorted(names)))
        for table, rows in rows_of(article_id, history).items():
            found[table] += [tuple(row.values()) for row in rows]
    return found


def _batches(items: Sequence[T], size: int) -> Iterator[list[T]]:
    return (list(items[start : start + size]) for start in range(0, len(items), size))


# --- the file beside the archive, and the processes ------------------------------------------------------------------


def _open_side(side: Path, database: Path, cleaner: Cleaner) -> sqlite3.Connection:
    """The file with the new tables: taken up again where the same cleaner had begun it, else made."""
    made_by = {"cleaner": cleaner.version, "derivation": DERIVATION}
    if side.exists() and _begun_by(side) != made_by:
        discard(database)
    fresh = not side.exists()
    connection = connect(side, database, "rwc")
    connection.execute("pragma journal_mode = wal")  # the processes read while we write
    if fresh:
        connection.execute("begin")
        for item in derived_schema():
            if item.type == "table" and item.name in DERIVED_TABLES:
                connection.execute(item.sql)
        connection.execute("create table begun_by (name text primary key, value text not null)")
        Readings(connection, cleaner).register()
        connection.executemany("insert into begun_by values (?, ?)", made_by.items())
        connection.commit()
    return connection


def _begun_by(side: Path) -> dict[str, str]:
    try:
        with closing(sqlite3.connect(f"{side.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return dict(connection.execute("select name, value from begun_by"))
    except sqlite3.DatabaseError:  # killed while it was made
        return {}


def connect(side: Path, database: Path, mode: str) -> sqlite3.Connection:
    """A connection to the new tables, with the archive attached to read: what is not in the one is found in the other."""
    connection = sqlite3.connect(f"{side.absolute().as_uri()}?mode={mode}", uri=True, timeout=BUSY_SECONDS)
    connection.row_factory = sqlite3.Row
    connection.execute("attach ? as archive", [f"{database.absolute().as_uri()}?mode=ro"])
    return connection


@contextmanager
def _mapping(processes: int, side: Path, database: Path, cleaner: Cleaner) -> Iterator["Mapped[Any, Any]"]:
    """How work is mapped over batches, in order: in this process, or shared among several."""
    if processes == 1:
        with closing(connect(side, database, "ro")) as own:

            def here(work: Callable[[sqlite3.Connection, T], R], batches: Iterable[T]) -> Iterator[R]:
                return (work(own, batch) for batch in batches)

            yield here
        return
    with workers(processes, _connect_worker, side, database) as each:

        def shared(work: Callable[[sqlite3.Connection, T], R], batches: Iterable[T]) -> Iterator[R]:
            return each(partial(_work, work), batches)

        yield shared


_connections: list[sqlite3.Connection] = []


def _connect_worker(side: Path, database: Path) -> None:
    _connections.append(connect(side, database, "ro"))


def _work(work: Callable[[sqlite3.Connection, T], R], batch: T) -> R:
    return work(_connections[0], batch)


# --- taking it over --------------------------------------------------------------------------------------------------


def adopt(database: Path) -> None:
    """Put the new tables in the place of the archive's own, in one transaction, and remove the file beside it.

    The search index is built once, from the finished tables. The caller holds the archive's lock.
    """
    from archive.database import open_writer

    connection = open_writer(database).conn
    try:
        connection.execute("pragma foreign_keys = off")  # what refers to a table must not follow it
        connection.execute("attach ? as rebuilt", [f"{beside(database).absolute().as_uri()}?mode=ro"])
        connection.execute("begin immediate")
        try:
            _replace_tables(connection)
        except BaseException:
            connection.rollback()
            raise
        connection.commit()
        connection.execute("detach rebuilt")
    finally:
        connection.close()
    discard(database)


def _replace_tables(connection: sqlite3.Connection) -> None:
    items = derived_schema()
    indexes = [item.name for item in items if item.type == "table" and item.name not in DERIVED_TABLES]
    for name in (*indexes, *reversed(DERIVED_TABLES)):
        _drop(connection, name)
    for item in items:
        if item.type == "table":
            connection.execute(item.sql)
        if item.name in DERIVED_TABLES:
            connection.execute(f"insert into main.{item.name} select * from rebuilt.{item.name}")
    for item in items:
        if item.type != "table":
            connection.execute(item.sql)
    for name in indexes:
        connection.execute(f"insert into main.{name} ({name}) values ('rebuild')")
    present = {row[0] for row in connection.execute("select name from main.sqlite_master")}
    for item in kept_schema():
        if item.name not in present:
            connection.execute(item.sql)
    connection.execute("insert or replace into derivation values ('history', ?)", [DERIVATION])
    connection.execute("delete from derivation where name = ?", [STATE])


def _drop(connection: sqlite3.Connection, name: str) -> None:
    """Drop what goes by this name, be it a view, or a search index that is broken: SQLite will not open one to drop it."""
    found = connection.execute("select type from main.sqlite_master where name = ?", [name]).fetchone()
    if found is None:
        return
    try:
        connection.execute(f"drop {found[0]} main.{name}")
    except sqlite3.DatabaseError:
        parts = f"{name}\\_%"
        connection.execute("pragma writable_schema = on")
        connection.execute("delete from main.sqlite_master where name = ? and type = 'table'", [name])
        connection.execute("pragma writable_schema = reset")
        for (part,) in connection.execute(
            "select name from main.sqlite_master where type = 'table' and name like ? escape '\\'", [parts]
        ).fetchall():
            connection.execute(f"drop table main.{part}")


def differences(database: Path) -> dict[str, tuple[int, int]]:
    """For each derived table, how many rows only the archive has, and how many only the new one; equal tables left out.

    What other cleaners had read is no difference: nobody can read it again. A search index that does not hold what its
    table holds, and a table, index or trigger that is not as a new archive has it, count as one row each.
    """
    with closing(connect(beside(database), database, "ro")) as connection:
        found = {table: counts for table in DERIVED_TABLES if any(counts := _compared(connection, table))}
        schema = dict(connection.execute("select name, sql from archive.sqlite_master"))
    for item in (*derived_schema(), *kept_schema()):
        if _plain(schema.get(item.name)) != _plain(item.sql) and item.name not in found:
            found[item.name] = (1 if item.name in schema else 0, 1)
    for item in derived_schema():
        is_index = item.type == "table" and item.name not in DERIVED_TABLES
        if is_index and item.name not in found and not _holds_its_table(database, item.name):
            found[item.name] = (1, 1)
    return found


def _compared(connection: sqlite3.Connection, table: str) -> tuple[int, int]:
    ours = f"main.{table}"
    ours_columns = [row[1] for row in connection.execute(f"pragma main.table_info({table})")]
    theirs_columns = [row[1] for row in connection.execute(f"pragma archive.table_info({table})")]
    if ours_columns != theirs_columns:  # missing, or made by somebody else
        gone = connection.execute(f"select count(*) from archive.{table}").fetchone()[0] if theirs_columns else 0
        return max(gone, len(theirs_columns) > 0), connection.execute(f"select count(*) from {ours}").fetchone()[0]
    pairs = ((_comparable(connection, table), ours), (ours, _comparable(connection, table)))
    gone, new = (
        connection.execute(f"select count(*) from (select * from {a} except select * from {b})").fetchone()[0]
        for a, b in pairs
    )
    return gone, new


def _comparable(connection: sqlite3.Connection, table: str) -> str:
    """The archive's table, of the readings and records those of today's cleaner alone."""
    today = "(select cleaner from main.cleaners)"
    if table in ("readings", "cleaners"):
        return f"(select * from archive.{table} where cleaner in {today})"
    if (
        table == "records"
        and connection.execute("select 1 from archive.sqlite_master where name = 'readings'").fetchone()
    ):
        used = f"select record_digest from archive.readings where cleaner in {today}"
        return f"(select * from archive.records where digest in ({used}))"
    return f"archive.{table}"


def _plain(sql: str | None) -> str:
    """A definition as one can compare it: SQLite keeps it as it was written, and adds quotation marks on a renaming."""
    return re.sub(r"\s+", " ", (sql or "").replace('"', "")).strip().lower()


def _holds_its_table(database: Path, index: str) -> bool:
    with closing(sqlite3.connect(database, timeout=BUSY_SECONDS)) as connection:
        try:
            connection.execute(f"insert into {index} ({index}, rank) values ('integrity-check', 1)")
        except sqlite3.DatabaseError as error:
            if not is_of_content(error):
                raise
            return False
        finally:
            connection.rollback()
        return True
