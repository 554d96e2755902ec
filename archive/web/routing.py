"""From a request to an answer: the addresses, and how a page's questions are run on Datasette's connection.

A page is one function over a read-only connection. It runs in one of Datasette's threads, inside one read transaction (so
that all it shows is of one moment while a crawl writes) and for a bounded time.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

from datasette import Response
from datasette.utils import add_cors_headers

from archive.database import STEPS, applied_steps
from archive.errors import ArchiveError, BadQuery, UnknownArticle, UnknownVersion
from archive.times import now, stamp
from archive.troubles import of_database
from archive.web import rendering
from archive.web.addresses import ROOT, Addresses
from archive.web.answers import Answer, Asked, Elsewhere, File, NotAllowed, NotThere, Page, View
from archive.web.compatibility import allowed
from archive.web.headers import http_date, tag, unchanged
from archive.web.settings import settings
from archive.web.views import (
    api,
    article,
    changes,
    compare,
    day,
    feeds,
    front,
    health,
    payload,
    people,
    robots,
    search,
)
from archive.web.views import sections as shelf

MOST_SECONDS = 5.0  # of one page's questions; then it says so instead of holding a thread
STEPS_BETWEEN_LOOKS = 10_000  # of SQLite's machine; some tenths of a millisecond
ID = r"(?P<id>\d{1,12})"

ROUTES: Sequence[tuple[str, View, bool]] = (
    (r"^/$", front.front, True),
    (r"^/robots\.txt$", robots.robots, True),
    (rf"^{ROOT}/?$", front.front, False),
    (rf"^{ROOT}/article/{ID}$", article.article, False),
    (rf"^{ROOT}/article/{ID}/compare$", compare.compare, False),
    (rf"^{ROOT}/article/(?P<id>[^/]+)\.json$", api.article, False),
    (rf"^{ROOT}/article/(?P<id>[^/]+)/versions\.json$", api.versions, False),
    (rf"^{ROOT}/article/(?P<id>[^/]+)/diff\.json$", api.diff, False),
    (rf"^{ROOT}/version/(?P<version>[^/]+)(?<!\.csl)\.json$", api.version, False),
    (rf"^{ROOT}/version/(?P<version>[^/]+?)(?P<form>\.txt|\.bib|\.csl\.json)?$", article.version, False),
    (rf"^{ROOT}/changes$", changes.changes, False),
    (rf"^{ROOT}/removed$", changes.removed, False),
    (rf"^{ROOT}/search$", search.search, False),
    (rf"^{ROOT}/changes\.json$", api.changes, False),
    (rf"^{ROOT}/removed\.json$", api.removed, False),
    (rf"^{ROOT}/search\.json$", api.search, False),
    (rf"^{ROOT}/feeds$", feeds.listed, False),
    (rf"^{ROOT}/feed/(?P<feed>[^/]+)\.(?P<form>atom|json)$", feeds.feed, False),
    (rf"^{ROOT}/health$", health.health, False),
    (rf"^{ROOT}/authors$", people.authors, False),
    (rf"^{ROOT}/author$", people.author, False),
    (rf"^{ROOT}/sections$", shelf.sections, False),
    (rf"^{ROOT}/section/(?P<code>[^/]+)$", shelf.section, False),
    (rf"^{ROOT}/day$", day.day_asked, False),
    (rf"^{ROOT}/day/(?P<day>[^/]+)$", day.day, False),
    (rf"^{ROOT}/payload/(?P<digest>[0-9a-f]{{64}})$", payload.payload, False),
    (rf"^{ROOT}/.*$", api.nothing, False),
)
"""Pattern, page, and whether it belongs to us only where an archive is served."""

Handler = Callable[..., Any]


def as_handler(view: View, datasette: Any, names: Sequence[str]) -> Handler:
    """A page as Datasette calls it."""

    async def handle(request: Any) -> Response:
        if request.method not in ("GET", "HEAD"):
            return Response.text("This archive is only read.", status=405, headers={"allow": "GET, HEAD"})
        asked = as_asked(request, datasette, names[0] if names else "")
        if not names:
            return respond(request, _sentence("No archive of hani is served here.", 404), asked)
        if not await allowed(datasette, request.actor, names[0]):
            return respond(request, _sentence("This archive is not open to you.", 403), asked)
        database = datasette.get_database(names[0])
        try:
            answer, body = await database.execute_fn(lambda connection: run(view, connection, asked))
        except sqlite3.Error as error:  # of opening it
            answer, body = _sentence(_trouble(error), 503), b""
        response = respond(request, answer, asked, body)
        if datasette.cors:
            add_cors_headers(response.headers)
        return response

    return handle


def as_asked(request: Any, datasette: Any, database: str) -> Asked:
    """A request as a page sees it."""
    base = datasette.setting("base_url").rstrip("/")
    public = settings(datasette).public_url
    return Asked(
        path={name: unquote(value) for name, value in request.url_vars.items() if value is not None},
        given={name: request.args.getlist(name)[-1] for name in request.args},
        here=Addresses(base),
        abroad=Addresses(public.rstrip("/") if public else _origin(request, datasette) + base),
        now=stamp(now()),
        address=request.full_path,
        database=datasette.urls.database(database) if database else "",
        indexed=settings(datasette).indexed,
        payloads=settings(datasette).payloads,
    )


def refused(request: Any, datasette: Any, names: Sequence[str], text: str, status: int) -> Response:
    """A request that no page answers, as a page with a sentence; of what was asked nothing is used but whether it was JSON."""
    base = datasette.setting("base_url").rstrip("/")
    plain = Asked(
        path={},
        given={},
        here=Addresses(base),
        abroad=Addresses(base),
        now=stamp(now()),
        address=f"{base}/{'.json' if request.path.endswith('.json') else ''}",
        database=datasette.urls.database(names[0]) if names else "",
        indexed=settings(datasette).indexed,
    )
    answer = respond(request, _sentence(text, status), plain)
    if status == 405:
        answer.headers["allow"] = "GET, HEAD"
    return answer


def _origin(request: Any, datasette: Any) -> str:
    scheme = "https" if datasette.setting("force_https_urls") else request.scheme
    return f"{scheme}://{request.host}"


def run(view: View, connection: sqlite3.Connection, asked: Asked) -> tuple[Answer, bytes]:
    """A page's answer, and it as bytes; whatever goes wrong with the archive or the question is a page too."""
    try:
        with one_moment(connection):
            answer = _of_usable(view, connection, asked)
    except (UnknownArticle, UnknownVersion, NotThere) as error:
        answer = _sentence(str(error), 404)
    except (BadQuery, NotAllowed) as error:
        answer = _sentence(str(error), 400)
    except sqlite3.Error as error:
        answer = _sentence(_trouble(error), 503)
    return answer, rendering.page(answer, asked) if isinstance(answer, Page) else b""


def _of_usable(view: View, connection: sqlite3.Connection, asked: Asked) -> Answer:
    try:
        if applied_steps(connection) != set(STEPS):
            return _sentence(
                "This archive was made by an older version of hani; `hani rebuild` brings it up to date.", 503
            )
    except ArchiveError as error:
        return _sentence(f"{error}.", 503)
    return view(connection, asked)


@contextmanager
def one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """One read transaction of at most MOST_SECONDS: a crawl beside it neither waits nor shows half of itself."""
    until = time.monotonic() + MOST_SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > until, STEPS_BETWEEN_LOOKS)
    connection.execute("begin")
    try:
        yield
    finally:
        connection.set_progress_handler(None, 0)
        connection.rollback()


def _trouble(error: sqlite3.Error) -> str:
    if "interrupted" in str(error):
        return f"This took longer than {MOST_SECONDS:.0f} seconds and was stopped; ask for less, such as one year or section."
    return f"The archive cannot be read just now: {of_database(error)}."


def _sentence(text: str, status: int) -> Page:
    return Page("sentence.html", {"title": TITLES.get(status, TITLES[400]), "sentence": text}, status)


TITLES = {
    400: "That cannot be answered",
    403: "Closed",
    404: "Not found",
    405: "Only to be read",
    414: "That is too long",
    421: "Another server",
    500: "Something is broken",
    503: "Not just now",
}


def respond(request: Any, answer: Answer, asked: Asked, body: bytes = b"") -> Response:
    """An answer as Datasette sends it: with an ETag, and as 304 to one who has it already."""
    if isinstance(answer, Elsewhere):
        return Response("", status=302, headers={"location": answer.address})
    if isinstance(answer, Page):
        body = body or rendering.page(answer, asked)
        return _conditional(
            request, File(_for_machines(answer) if _wants_json(asked) else body, _kind(asked), answer.status)
        )
    return _conditional(request, answer)


def _wants_json(asked: Asked) -> bool:
    return asked.address.partition("?")[0].endswith(".json")


def _kind(asked: Asked) -> str:
    return "application/json; charset=utf-8" if _wants_json(asked) else "text/html; charset=utf-8"


def _for_machines(page: Page) -> bytes:
    """A sentence to one who asked for JSON: no other page is ever shown there."""
    return json.dumps(
        {"ok": False, "status": page.status, "error": page.shows.get("sentence")}, ensure_ascii=False
    ).encode()


def _conditional(request: Any, file: File) -> Response:
    headers = {"cache-control": "no-cache", "etag": tag(file.body), **file.headers}
    if file.changed_at:
        headers["last-modified"] = http_date(file.changed_at)
    if file.status == 200 and unchanged(request.headers, headers["etag"], file.changed_at):
        return Response(b"", status=304, headers=headers, content_type=file.kind)
    return Response(file.body, status=file.status, headers=headers, content_type=file.kind)
