"""What robots are told."""

import sqlite3

from archive.web.answers import Asked, File

STAY_AWAY = b"User-agent: *\nDisallow: /\n"
COME = b"User-agent: *\nDisallow:\n"


def robots(connection: sqlite3.Connection, asked: Asked) -> File:
    """Not to index anything, unless the server is told to let them."""
    return File(COME if asked.indexed else STAY_AWAY, "text/plain; charset=utf-8")
