"""What went wrong with the archive's file, as a sentence that says what to do."""

import errno
import sqlite3

_BYTE = 0xFF  # SQLite's extended codes hold the plain one in their lowest byte

_SAID = {
    sqlite3.SQLITE_FULL: "the disk is full; make room and run the command again (what was committed is kept)",
    sqlite3.SQLITE_IOERR: "the disk could not be read or written ({text}): it is full, it fails, or a quota or a limit on file"
    " size is reached; see to that and run the command again (what was committed is kept)",
    sqlite3.SQLITE_READONLY: "the archive may only be read here ({text}); make its file and its folder writable, or copy it"
    " to where they are",
    sqlite3.SQLITE_CANTOPEN: "the archive's file, or SQLite's journal beside it, cannot be opened ({text}); make its file and"
    " its folder accessible and writable, or copy it to where they are",
    sqlite3.SQLITE_BUSY: "another program keeps the archive locked ({text}); end it, or wait for it, and run the command again",
    sqlite3.SQLITE_CORRUPT: "the archive's file is damaged ({text}); restore it from a copy, or save what can be read with"
    " `sqlite3 FILE .recover`, and run `hani rebuild`",
}
_ALIKE = {
    sqlite3.SQLITE_LOCKED: sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_PROTOCOL: sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_PERM: sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOTADB: sqlite3.SQLITE_CORRUPT,
}
_OF_FILES = {
    errno.ENOSPC: "make room and run the command again",
    errno.EDQUOT: "make room within the quota and run the command again",
    errno.EFBIG: "raise the limit on file size and run the command again",
    errno.EIO: "see to the disk and run the command again",
    errno.EACCES: "see that you may read and write it and its folder, or name another with --db",
}


def code_of(error: sqlite3.Error) -> int:
    """SQLite's plain result code; 0 for an error that Python's module raised by itself."""
    return getattr(error, "sqlite_errorcode", 0) & _BYTE


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another program was in the way, so that trying again is all there is to do."""
    code = code_of(error)
    return _ALIKE.get(code, code) == sqlite3.SQLITE_BUSY


def is_of_content(error: sqlite3.Error) -> bool:
    """Whether it is what the database holds, or lacks, that was wrong: not a lock, the disk or a permission."""
    return code_of(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR)


def of_database(error: sqlite3.Error) -> str:
    """What SQLite refused, in words."""
    text = " ".join(str(error).split())
    if (missing := text.removeprefix("no such table: ")) != text:
        return f"the archive's table {missing} is missing; `hani rebuild` makes what is derived anew"
    code = code_of(error)
    said = _SAID.get(_ALIKE.get(code, code), "the archive could not be used ({text})")
    return said.format(text=text)


def of_file(error: OSError) -> str:
    """What the operating system refused, in words."""
    what = error.strerror or str(error)
    if not error.filename:
        return f"{what}; {_OF_FILES[error.errno]}" if error.errno in _OF_FILES else what
    then = _OF_FILES.get(
        error.errno or 0, "see that it is free, and that its folder may be written, or name another with --db"
    )
    return f"{error.filename} cannot be used: {what}; {then}"
