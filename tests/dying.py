"""`python -m tests.dying …` is `hani …`, but that it dies at a point that HANI_DIE names.

    statement:N   SIGKILL for the whole process group as the N-th SQL statement of this process begins
    write:BYTES   no file may grow beyond BYTES: the write that would is torn there, and the process dies within it
    count:PATH    nothing dies; how many statements there were is written to PATH

The last two need no code in the product, and no debugger: SQLite tells of each statement, and the operating system of each
file that grows too large (SIGXFSZ, which Python ignores unless it is told not to).
"""

import atexit
import itertools
import os
import resource
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

VARIABLE = "HANI_DIE"


def _each_statement(tell: Callable[[str], None]) -> None:
    """Have every connection of this process tell of each statement that it begins."""
    connect = sqlite3.connect

    def told(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **kwargs)
        connection.set_trace_callback(tell)
        return connection

    setattr(sqlite3, "connect", told)  # noqa: B010 - the way past the type checker


def _die_at(statement: int) -> None:
    counter = itertools.count(1)

    def tell(_: str) -> None:
        if next(counter) == statement:
            os.killpg(0, signal.SIGKILL)

    _each_statement(tell)


def _die_beyond(size: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def _count_into(path: Path) -> None:
    counter = itertools.count()
    _each_statement(lambda _: (next(counter), None)[1])
    atexit.register(lambda: path.write_text(str(next(counter))))


def main() -> None:
    how, _, value = os.environ.pop(VARIABLE, "").partition(":")
    if how == "statement":
        _die_at(int(value))
    elif how == "write":
        _die_beyond(int(value))
    elif how == "count":
        _count_into(Path(value))
    from jobs.cli import main as hani

    hani()


if __name__ == "__main__":
    main()
