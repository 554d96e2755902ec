"""What goes wrong in Datasette's own pages, as sentences."""

import logging
import sqlite3
from collections.abc import Sequence
from typing import Any

from datasette import Response
from datasette.database import QueryInterrupted
from datasette.utils.asgi import Base400, NotFound
from datasette.views.base import DatasetteError

from archive.troubles import of_database
from archive.web import routing
from archive.web.addresses import ROOT

UNCLEAR = "What was asked cannot be understood."

log = logging.getLogger("hani.web")


def told(request: Any, datasette: Any, names: Sequence[str], error: Exception) -> Response:
    """An error as an answer; a fault of this program goes to the log whole, and to nobody else."""
    text, status = sentence(error, datasette.setting("sql_time_limit_ms"))
    if status == 500 and request.query_string and ROOT not in request.path:
        text, status = UNCLEAR, 400  # Datasette looks for what a question should have held, and finds nothing
    if status == 500:
        log.error("an answer failed: %s", type(error).__name__, exc_info=error)
    return routing.refused(request, datasette, names, text, status)


def sentence(error: Exception, milliseconds: int) -> tuple[str, int]:
    """What is said of an error, and HTTP's number for it."""
    if _took_too_long(error):
        return f"This took longer than {milliseconds / 1000:g} seconds and was stopped; ask for less.", 400
    if isinstance(error, NotFound):
        return "There is no such page.", 404
    if isinstance(error, DatasetteError):  # its 500 means that the question was wrong, such as a column that is none
        return str(error.message), 400 if error.status == 500 else error.status
    if isinstance(error, Base400):
        return " ".join(map(str, error.args)), error.status
    if isinstance(error, sqlite3.ProgrammingError | UnicodeError | OverflowError | ValueError):
        return UNCLEAR, 400
    if isinstance(error, sqlite3.Error):
        return f"That cannot be answered: {of_database(error)}.", 400
    return "A fault of this program kept it from answering; its log says which.", 500


def _took_too_long(error: Exception) -> bool:
    return isinstance(error, QueryInterrupted) or getattr(error, "title", None) == "SQL Interrupted"


def closed(request: Any, datasette: Any, names: Sequence[str]) -> Response:
    """What nobody may see."""
    return routing.refused(request, datasette, names, "This is not open to readers.", 403)
