"""The plugin's hooks: what Datasette asks of it."""

import sqlite3
from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import Any

from pluggy import HookimplMarker, Result

from archive.database import STEPS, applied_steps
from archive.errors import ArchiveError, NewerArchive
from archive.web import about, compatibility, failures
from archive.web.addresses import Addresses
from archive.web.door import at_the_door
from archive.web.following import Followed, connected, follow, identity
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
    return [name for name, database in datasette.databases.items() if database.path and is_archive(database.path)]


_known: set[tuple[str, tuple[int, int] | None]] = set()


def is_archive(path: str) -> bool:
    """Whether an archive is at a path. A file that was one stays one: Datasette asks for each table of each page."""
    asked = path, identity(path)
    if asked not in _known and _looks_like_one(path):
        _known.add(asked)
    return asked in _known


def _looks_like_one(path: str) -> bool:
    try:
        connection = connected(path)
    except sqlite3.Error:
        return False
    try:
        return bool(applied_steps(connection) & set(STEPS))
    except ArchiveError as error:
        return isinstance(error, NewerArchive)
    finally:
        connection.close()


@hookimpl
def startup(datasette: Any) -> Callable[[], Awaitable[None]]:
    """Follow an archive's file wherever it goes."""
    databases, found = datasette.databases, archives(datasette)
    follow(datasette, [name for name in found if not isinstance(databases[name], Followed)])

    async def described() -> None:
        if compatibility.NEXT:
            await compatibility.describe(datasette, found, about.DATABASE)

    return described


@hookimpl(trylast=True)
def asgi_wrapper(datasette: Any) -> Callable[[App], App]:
    """Guard every answer of a server with an archive, also Datasette's own pages; any other server is none of ours."""
    found = archives(datasette)

    def wrap(app: App) -> App:
        return guarded(at_the_door(app, datasette, found), settings(datasette).indexed) if found else app

    return wrap


@hookimpl(hookwrapper=True)
def handle_exception(datasette: Any, request: Any, exception: Exception) -> Generator[None, Result[Any], None]:
    """What goes wrong in Datasette's own pages is a sentence too, and no traceback on a terminal."""
    outcome = yield
    if found := archives(datasette):
        outcome.force_result([failures.told(request, datasette, found, exception)])


@hookimpl(hookwrapper=True)
def forbidden(datasette: Any, request: Any, message: str) -> Generator[None, Result[Any], None]:
    """What nobody may see is said to be closed."""
    outcome = yield
    if found := archives(datasette):
        outcome.force_result([failures.closed(request, datasette, found)])


MOST_OF_A_VALUE = 8_000_000  # bytes of one value or row that a question may make; the largest stored text has 2,000,000
PATHS = ("pragma_database_list", "sqlite_dbpage")
"""What tells of the file itself: where it lies, and its raw pages (where SQLite was built with those)."""


@hookimpl
def prepare_connection(conn: sqlite3.Connection, database: str, datasette: Any) -> None:
    """Keep raw payloads from any question, whatever way it comes: SQLite itself refuses to read them."""
    path = datasette.databases[database].path if database in datasette.databases else None
    if not path or not is_archive(path):
        return
    if settings(datasette).payloads:
        conn.set_authorizer(_without_paths)
        return
    conn.set_authorizer(_without_payloads)
    conn.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_OF_A_VALUE)


def _without_payloads(action: int, first: str | None, second: str | None, *more: str | None) -> int:
    if action == sqlite3.SQLITE_READ and (first, second) == RAW:
        return sqlite3.SQLITE_DENY
    return _without_paths(action, first, second, *more)


def _without_paths(action: int, first: str | None, *_: str | None) -> int:
    hidden = (action == sqlite3.SQLITE_READ and first in PATHS) or action == sqlite3.SQLITE_ATTACH
    return sqlite3.SQLITE_DENY if hidden else sqlite3.SQLITE_OK


@hookimpl
def permission_allowed(datasette: Any, action: str, resource: Any) -> bool | None:
    """Neither list the table of raw payloads nor hand out the file that holds them (Datasette 0.65)."""
    if settings(datasette).payloads or action not in ("view-table", "view-database-download"):
        return None
    name, table = resource if action == "view-table" else (resource, RAW[0])
    return False if table.lower() == RAW[0] and name in archives(datasette) else None


@hookimpl
def permission_resources_sql(datasette: Any, action: str) -> list[Any] | None:
    """The same for Datasette 1.0."""
    if settings(datasette).payloads or action not in ("view-table", "view-database-download"):
        return None
    return compatibility.denied(archives(datasette), RAW[0] if action == "view-table" else None)


@hookimpl
def get_metadata(datasette: Any) -> dict[str, Any]:
    """What the tables are, for Datasette's own pages (0.65); what a user's metadata says comes before it."""
    return {"databases": {name: about.DATABASE for name in archives(datasette)}}


@hookimpl
def menu_links(datasette: Any) -> list[dict[str, str]]:
    """The way from Datasette's pages back to ours."""
    if not archives(datasette):
        return []
    here = Addresses(datasette.setting("base_url").rstrip("/"))
    return [{"href": here.front(), "label": "Read the archive"}, {"href": here.page("search"), "label": "Search"}]


@hookimpl
def extra_js_urls(datasette: Any) -> list[str]:
    """What Datasette's own pages set in a script of theirs, which our policy does not let run."""
    return ["/-/static-plugins/hani/datasette.js"] if archives(datasette) else []
