"""Putting a file in its place as a whole."""

import os
import shutil
from contextlib import suppress
from pathlib import Path


def place(path: Path, text: str) -> None:
    """Write a file so that whoever opens it meanwhile sees the old one or the new one, and a full disk leaves the old one.

    A file's mode stays what it was. A device, a pipe or a folder is never replaced.

    Raises OSError.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        raise OSError(None, "it is not a file")
    beside = target.with_name(f".{target.name[:200]}.{os.getpid()}")
    try:
        with beside.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)
    except OSError:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
