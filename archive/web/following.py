"""An archive that is served while others write it, or put another file in its place."""

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from datasette.database import Database

T = TypeVar("T")
Identity = tuple[int, int]


def identity(path: str) -> Identity | None:
    """Which file is at a path now; None where there is none. The file is not opened: see archive.database.beside_writer."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def connected(path: str) -> sqlite3.Connection:
    """A connection that can only read; whatever its path holds is no part of the address."""
    return sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)


class Followed(Database):
    """A database whose threads open it anew when another file stands in its place.

    Datasette keeps a connection for each thread for ever: after a restore it would show the old file until it is restarted.
    """

    def __init__(self, datasette: Any, path: str) -> None:
        super().__init__(datasette, path, is_mutable=True)
        self._held = threading.local()
        self._open: set[sqlite3.Connection] = set()

    def connect(self, write: bool = False) -> sqlite3.Connection:
        """A reading connection; nothing of this program writes through Datasette."""
        if write:
            raise sqlite3.OperationalError("the archive is only read here")
        return connected(self.path)

    async def execute_fn(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """Call a function with this thread's connection."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.ds.executor, lambda: fn(self._connection()))

    async def execute(self, *given: Any, **more: Any) -> Any:
        """Ask; who asks what cannot be answered is told so, and does not fill a log."""
        return await super().execute(*given, **{**more, "log_sql_errors": False})

    def _connection(self) -> sqlite3.Connection:
        there = identity(self.path)
        held: tuple[Identity | None, sqlite3.Connection] | None = getattr(self._held, "pair", None)
        if held and held[0] == there:
            return held[1]
        if held:
            self._open.discard(held[1])
            held[1].close()
            del self._held.pair
        connection = self.connect()
        self.ds._prepare_connection(connection, self.name)
        self._open.add(connection)
        self._held.pair = there, connection
        return connection

    def interrupt(self) -> None:
        """End what is being asked: whoever waits for the answer is going."""
        for connection in list(self._open):
            connection.interrupt()

    def close(self) -> None:
        """Close all connections."""
        while self._open:
            self._open.pop().close()
        self._held = threading.local()


def follow(datasette: Any, names: list[str]) -> None:
    """Let Datasette read these databases so."""
    databases = datasette.databases.copy()
    for name in names:
        followed = Followed(datasette, databases[name].path)
        followed.name, followed.route = name, databases[name].route
        databases[name] = followed
    datasette.databases = databases
