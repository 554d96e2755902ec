"""What every answer of the server says about itself: nothing runs but our own files, nothing is told to other sites."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
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
UNSEEN = {"x-robots-tag": "noindex, nofollow, noarchive"}


def guarded(app: App, indexed: bool) -> App:
    """The same server, with these headers on every answer; robots are asked to stay away unless it is `indexed`."""
    added = SECURE if indexed else SECURE | UNSEEN

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [
                    (name, value) for name, value in message.get("headers", []) if name.lower().decode() not in added
                ]
                ours = [(name.encode(), value.encode()) for name, value in added.items()]
                message = {**message, "headers": [*kept, *ours]}
            await send(message)

        await app(scope, receive, sent if scope["type"] == "http" else send)

    return wrapped


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
