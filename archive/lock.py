"""One crawl of an archive at a time.

The lock is the operating system's (`flock`) on a file beside the database, so it ends with the process that holds it,
however that dies. The file's text only says who it is.
"""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.errors import ArchiveLocked
from archive.times import Clock, kst, now, stamp


def lock_path(database: Path) -> Path:
    """The lock's file: beside the database itself, wherever links to it stand."""
    real = database.resolve()
    return real.with_name(real.name + ".lock")


@contextmanager
def crawl_lock(database: Path, command: str, clock: Clock = now) -> Iterator[None]:
    """Hold the archive's lock for a block.

    Raises ArchiveLocked, naming the holder, when another process has it.
    """
    with lock_path(database).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ArchiveLocked(f"{database} is locked: {holder(database)}") from None
        file.seek(0)
        file.truncate()
        who = {"pid": os.getpid(), "host": socket.gethostname(), "command": command, "since": stamp(clock())}
        file.write(json.dumps(who))
        file.flush()
        yield


def holder(database: Path) -> str:
    """Who wrote the lock file last, in words."""
    try:
        who = json.loads(lock_path(database).read_text(encoding="utf-8"))
        return (
            f"`{who['command']}` (process {who['pid']} on {who['host']}) has been crawling it since {kst(who['since'])}"
        )
    except (OSError, ValueError, KeyError, TypeError):
        return "another process is crawling it"
