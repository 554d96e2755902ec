"""The plugin's hooks: what Datasette asks of it."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from pluggy import HookimplMarker

from archive.database import STEPS, applied_steps
from archive.errors import ArchiveError
from archive.web import about
from archive.web.addresses import Addresses
from archive.web.headers import App, guarded
from archive.web.routing import ROUTES, as_handler
from archive.web.settings import settings

hookimpl = HookimplMarker("datasette")

RAW = ("payloads", "body")
"""The pages as they arrived: as hostile as the web, and the newspaper's. Not to be read unless that is switched on."""


@hookimpl
def register_routes(datasette: Any) -> Sequence[tuple[str, Callable[..., Any]]]:
    """Our pages; the front page too, where an archive is served."""
    found = archives(datasette)
    return [
        (pattern, as_handler(view, datasette, found))
        for pattern, view, needs_archive in ROUTES
        if found or not needs_archive
    ]


def archives(datasette: Any) -> list[str]:
    """The names of the served databases that are archives of this program, also ones of another version of it."""
    return [name for name, database in datasette.databases.items() if database.path and _is_archive(database.path)]


def _is_archive(path: str) -> bool:
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    except sqlite3.Error:
        return False
    try:
        return bool(applied_steps(connection) & set(STEPS))
    except ArchiveError as error:
        return type(error).__name__ == "NewerArchive"
    finally:
        connection.close()


@hookimpl(trylast=True)
def asgi_wrapper(datasette: Any) -> Callable[[App], App]:
    """Guard every answer of the server, also Datasette's own."""
    return lambda app: guarded(app, settings(datasette).indexed)


@hookimpl
def prepare_connection(conn: sqlite3.Connection, database: str, datasette: Any) -> None:
    """Keep raw payloads from any question, whatever way it comes: SQLite itself refuses to read them."""
    if (
        not settings(datasette).payloads
        and database in datasette.databases
        and not datasette.databases[database].is_memory
    ):
        conn.set_authorizer(_without_payloads)


def _without_payloads(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_READ and (first, second) == RAW else sqlite3.SQLITE_OK


@hookimpl
def permission_allowed(datasette: Any, action: str, resource: Any) -> bool | None:
    """Do not list the table of raw payloads either (Datasette 0.65)."""
    hidden = action == "view-table" and not settings(datasette).payloads and resource[1].lower() == RAW[0]
    return False if hidden and resource[0] in archives(datasette) else None


@hookimpl
def get_metadata(datasette: Any) -> dict[str, Any]:
    """What the tables are, for Datasette's own pages (0.65); what a user's metadata says comes before it."""
    return {"databases": {name: about.DATABASE for name in archives(datasette)}}


@hookimpl
def menu_links(datasette: Any) -> list[dict[str, str]]:
    """The way from Datasette's pages back to ours."""
    here = Addresses(datasette.setting("base_url").rstrip("/"))
    return [{"href": here.front(), "label": "Read the archive"}, {"href": here.page("search"), "label": "Search"}]


@hookimpl
def extra_js_urls(datasette: Any) -> list[str]:
    """What Datasette's own pages set in a script of theirs, which our policy does not let run."""
    return [f"{datasette.setting('base_url').rstrip('/')}/-/static-plugins/hani/datasette.js"]
