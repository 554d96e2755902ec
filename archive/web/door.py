"""The door of the server: what no page need ever see is turned away here, with a sentence, before Datasette looks at it."""

import re
from http.cookies import CookieError, SimpleCookie
from ipaddress import IPv6Address
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from datasette.utils.asgi import Request

from archive.web import routing
from archive.web.headers import App, Receive, Scope, Send
from archive.web.settings import Settings, settings

MOST_OF_AN_ADDRESS = 8_000  # bytes; a search of the most words that are heeded, percent-encoded, has 6,000
METHODS = ("GET", "HEAD")
_HOST = re.compile(r"(?P<name>[a-z0-9](?:[a-z0-9._-]{0,252}[a-z0-9])?\.?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?", re.I)
_UNSEEN = re.compile(rb"[\x00-\x1f\x7f\\]")

INNER = frozenset(
    (
        "/-/actor /-/allow-debug /-/auth-token /-/config /-/create-token /-/databases /-/debug /-/logout /-/messages"
        " /-/metadata /-/patterns /-/permissions /-/plugins /-/settings /-/threads /-/versions /-/actions /-/rules"
        " /-/allowed /-/check /-/api /-/instance /-/tables /-/schema /-/jump"
    ).split()
)
"""Datasette's pages for its makers: paths of files, versions of programs, forms that set cookies."""


def at_the_door(app: App, datasette: Any, names: list[str]) -> App:
    """The same server behind this door."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        told = settings(datasette)
        if refused := refusal(scope, told, datasette.setting("base_url")):
            answer = routing.refused(Request(scope, receive), datasette, names, *refused)
            await answer.asgi_send(send)
            return
        await app(admitted(scope, told), receive, send)

    return wrapped


def refusal(scope: Scope, told: Settings, base: str) -> tuple[str, int] | None:
    """Why a request is turned away, and HTTP's number for it; None for one that may come in."""
    if told.closed and scope["method"] not in METHODS:
        return "This archive is only read: nothing can be sent to it.", 405
    if wrong := _wrong_host(_header(scope, b"host"), told):
        return wrong
    path, query = _raw_path(scope), scope.get("query_string") or b""
    if len(path) + len(query) > MOST_OF_AN_ADDRESS:
        return f"This address is longer than {MOST_OF_AN_ADDRESS:,} bytes; ask for less at once.", 414
    plain = unquote_to_bytes(path)
    if _UNSEEN.search(plain) or path.startswith(b"//") or not _is_text(plain):
        return "This address holds characters that no page of ours has.", 400
    if told.closed and _is_inner(plain.decode(), base):
        return "This page is not for readers.", 404
    return None


def _wrong_host(host: bytes, told: Settings) -> tuple[str, int] | None:
    found = _HOST.fullmatch(host.decode("latin-1"))
    if found is None or not _is_host(found["name"]):
        return "The request does not say in a way that we understand which server it is for.", 400
    if told.hosts and found["name"].lower().rstrip(".") not in told.hosts:
        return "This server does not answer under that name; `hani serve --public-url` gives it one.", 421
    return None


def _is_host(name: str) -> bool:
    if not name.startswith("["):
        return ".." not in name
    try:
        return bool(IPv6Address(name[1:-1]))
    except ValueError:
        return False


def _is_text(plain: bytes) -> bool:
    try:
        return bool(plain.decode()) or not plain
    except UnicodeDecodeError:
        return False


def _is_inner(path: str, base: str) -> bool:
    own = path.removeprefix(base.rstrip("/")).rstrip("/")
    return own.removesuffix(".json") in INNER


def _raw_path(scope: Scope) -> bytes:
    raw: bytes = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogateescape")
    return raw.partition(b"?")[0]


def _header(scope: Scope, name: bytes) -> bytes:
    return next((value for key, value in scope.get("headers") or [] if key.lower() == name), b"localhost")


def admitted(scope: Scope, told: Settings) -> Scope:
    """A request as it goes in: under the public address, if there is one, and without cookies that are none."""
    headers = [(key, value) for key, value in scope["headers"] if key.lower() != b"cookie" or _is_cookie(value)]
    if told.public_url is None:
        return {**scope, "headers": headers}
    public = urlsplit(told.public_url)
    named = [(b"host", public.netloc.encode()), *(pair for pair in headers if pair[0].lower() != b"host")]
    return {**scope, "headers": named, "scheme": public.scheme}


def _is_cookie(value: bytes) -> bool:
    try:
        SimpleCookie(value.decode("latin-1"))
    except CookieError:
        return False
    return True
