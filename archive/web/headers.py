"""What every answer of the server says about itself: nothing runs but our own files, nothing is told to other sites."""

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from archive.times import moment

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
SECURE = {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
KEPT_OUT = {"content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'"}
"""Of a file to be kept, such as a raw page: where a browser shows it after all, it can do nothing."""
UNSEEN = {"x-robots-tag": "noindex, nofollow, noarchive"}


def guarded(app: App, indexed: bool) -> App:
    """The same server, with these headers on every answer; robots are asked to stay away unless it is `indexed`."""
    added = SECURE if indexed else SECURE | UNSEEN

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _dressed(message.get("headers", []), added)}
            await send(message)

        await app(scope, receive, sent if scope["type"] == "http" else send)

    return wrapped


Headers = Iterable[tuple[bytes, bytes]]


def _dressed(headers: Headers, added: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    told = {name.lower().decode("latin-1"): value for name, value in headers}
    given = {name: value.encode() for name, value in added.items()}
    if told.get("content-disposition", b"").startswith(b"attachment"):
        given |= {name: value.encode() for name, value in KEPT_OUT.items()}
        if told.get("content-type") == b"application/binary":  # Datasette's name for any bytes, which is none
            given["content-type"] = b"application/octet-stream"
    kept = [(name, value) for name, value in headers if name.lower().decode("latin-1") not in given]
    return [*kept, *((name.encode(), value) for name, value in given.items())]


def tag(body: bytes) -> str:
    """An ETag: the same bytes have the same."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def http_date(at: str) -> str:
    """A stored moment as HTTP writes it (RFC 9110, 5.6.7)."""
    return format_datetime(moment(at), usegmt=True)


def unchanged(asked: Mapping[str, str], etag: str, changed_at: str | None) -> bool:
    """Whether one who asks has this already (RFC 9110, 13.2.2): by the tag if one was sent, else by the date."""
    if (known := asked.get("if-none-match")) is not None:
        return known.strip() == "*" or etag in [one.strip().removeprefix("W/") for one in known.split(",")]
    since = asked.get("if-modified-since")
    if since is None or changed_at is None:
        return False
    try:
        return moment(changed_at) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return False
