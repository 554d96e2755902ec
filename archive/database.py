"""Opening an archive: to read (standard library only, so that reading commands start fast) or to write."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive.errors import NewerArchive, NoArchive, NotAnArchive, UnusableArchive
from archive.troubles import of_database

if TYPE_CHECKING:
    from sqlite_utils import Database

STEPS = ("the_log", "the_derived_tables", "search", "history", "operations", "reading")
"""The names of all migrations, oldest first; here too, so that a reader need not import the migrations."""

BUSY_SECONDS = 30  # how long a writer waits for another program's write lock
SQLITE_MAGIC = b"SQLite format 3\x00"


def check_file(path: Path) -> bool:
    """Whether there is a database at `path` (an empty file counts as none yet).

    Raises NotAnArchive for a folder, for a file that is no SQLite database, or where its folder is missing.
    """
    if not path.exists():
        if not path.absolute().parent.is_dir():
            raise NotAnArchive(f"there is no folder {path.absolute().parent} to hold the database {path.name}")
        return False
    if not path.is_file():
        raise NotAnArchive(f"{path} is not a file; name the archive's database file")
    with path.open("rb") as file:
        head = file.read(len(SQLITE_MAGIC))
    if head and head != SQLITE_MAGIC:
        raise NotAnArchive(f"{path} is not an SQLite database; name another file with --db")
    return bool(head)


def applied_steps(connection: sqlite3.Connection) -> set[str]:
    """The migrations this database has had; empty for one without any.

    Raises UnusableArchive for a broken file, NotAnArchive for another program's, NewerArchive for steps that this one does
    not know.
    """
    try:
        tables = {row[0] for row in connection.execute("select name from sqlite_master")}
        if "_sqlite_migrations" not in tables:
            if tables:
                raise NotAnArchive("the database holds other tables and is no archive of this program")
            return set()
        rows = connection.execute("select name from _sqlite_migrations where migration_set = 'hani'")
        done = {row[0] for row in rows}
    except sqlite3.DatabaseError as error:
        raise UnusableArchive(of_database(error)) from error
    if unknown := done - set(STEPS):
        raise NewerArchive(
            f"the archive was made by a newer version of hani (step {min(unknown)!r} is unknown here);"
            " update hani to use it"
        )
    if not done:
        raise NotAnArchive("the database is no archive of this program")
    return done


def check(path: Path) -> bool:
    """Whether an archive that we can use is at `path`, without changing a byte of it.

    Raises NotAnArchive, NewerArchive or UnusableArchive.
    """
    if not check_file(path):
        return False
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        return bool(applied_steps(connection))
    except (NotAnArchive, NewerArchive, UnusableArchive) as error:
        raise type(error)(f"{path}: {error}") from None
    finally:
        connection.close()


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that can only read; rows by name.

    Raises NoArchive where there is none, NotAnArchive, NewerArchive or UnusableArchive where it cannot be used.
    """
    if not check(path):
        raise NoArchive(f"there is no archive at {path}; `hani nightly` makes one, --db names another")
    connection = beside_writer(path)
    if applied_steps(connection) != set(STEPS):
        connection.close()
        raise NotAnArchive(
            f"{path} was made by an older version of hani; `hani rebuild` or the next `hani nightly` brings it up to date"
        )
    return connection


def beside_writer(path: Path) -> sqlite3.Connection:
    """A reading connection in a process that has the archive open already.

    It looks at the file through SQLite alone: closing any other handle of it would take away the locks of the whole
    process (that is how POSIX has it), and the next program that closes the archive would delete its journal under us.
    """
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)
    connection.row_factory = sqlite3.Row
    return connection


def dicts(connection: sqlite3.Connection, query: str, *values: object) -> list[dict[str, Any]]:
    """The rows of a query, by name."""
    return [dict(row) for row in connection.execute(query, values)]


def open_writer(path: Path) -> "Database":
    """An archive to write to, made or migrated where need be.

    Raises NotAnArchive, NewerArchive or UnusableArchive before anything is changed.
    """
    from sqlite_utils import Database

    made = check(path)  # before the connection, never beside it: see `beside_writer`
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    db = Database(connection)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma foreign_keys = on")
    connection.execute("pragma synchronous = normal")
    connection.execute("pragma wal_autocheckpoint = 4000")  # pages; fewer, larger checkpoints during a crawl
    if not made or applied_steps(connection) != set(STEPS):
        from archive.migrations import migrations

        connection.execute("pragma foreign_keys = off")  # a table that is made anew is dropped first
        with unit(db):
            migrations.apply(db)
        connection.execute("pragma foreign_keys = on")
    return db


def close_writer(db: "Database", path: Path) -> int:
    """Close an archive, its journal written back into it; how many bytes the journal still has.

    None as a rule: it only stays where another program holds a read transaction that began before our last writes. Nothing
    is lost by that, and nobody is waited for: whoever opens the archive next writes it back.
    """
    journal = path.with_name(path.name + "-wal")
    try:
        db.conn.execute("pragma busy_timeout = 0")
        db.conn.execute("pragma wal_checkpoint(truncate)").fetchone()
    except sqlite3.Error:  # a full disk: what was committed stays in the journal
        pass
    finally:
        db.conn.close()
    return journal.stat().st_size if journal.is_file() else 0


@contextmanager
def unit(db: "Database") -> Iterator["Database"]:
    """One transaction that takes the write lock first.

    A plain BEGIN that reads and then writes fails at once in WAL mode when another connection committed in between,
    whatever the busy timeout.
    """
    db.conn.execute("begin immediate")
    try:
        yield db
    except BaseException:
        db.conn.rollback()
        raise
    db.conn.commit()
