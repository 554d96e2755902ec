"""A minimal HTTP/1.1 server on asyncio: quick, strict about requests, and able to do wrong.

The standard library's own server spends a thread a connection and a parser for e-mail a request;
measured beside a crawler on two cores it would be the slower side.
"""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus

MAX_LINE = 8 * 1024
MAX_HEAD = 16 * 1024
_LINE = re.compile(rb"([A-Z]{1,20}) (\S+) HTTP/1\.([01])")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_REASONS = {status.value: status.phrase for status in HTTPStatus}
_FILLER = b"<p>There is always one more paragraph of this page to come.</p>\n" * 1024


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as read from a connection; header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    keep_alive: bool

    @property
    def host(self) -> str:
        """The host asked for, without a port."""
        return re.sub(r":\d*$", "", self.headers.get("host", "")).lower()


@dataclass(slots=True)
class Answer:
    """What is sent, and how badly."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    wait: float = 0.0
    drip: tuple[int, float] | None = None
    cut_at: int | None = None
    stream: int | None = None
    drop: bool = False

    @property
    def plain(self) -> bool:
        """Whether it can be sent in one go."""
        return self.wait == 0.0 and self.drip is None and self.cut_at is None and not self.stream


class BadRequest(Exception):
    """A request that is none; carries the status that says so."""

    def __init__(self, status: int) -> None:
        """Take the status."""
        super().__init__(status)
        self.status = status


def parse(head: bytes) -> Asked:
    """The head of a request, without its empty line."""
    line, _, rest = head.partition(b"\r\n")
    if len(line) > MAX_LINE:
        raise BadRequest(414)
    match = _LINE.fullmatch(line)
    if match is None:
        raise BadRequest(400)
    headers: dict[str, str] = {}
    for entry in rest.decode("latin-1").split("\r\n") if rest else ():
        name, colon, value = entry.partition(":")
        if not colon or _NAME.fullmatch(name) is None:
            raise BadRequest(400)
        name = name.lower()
        if name == "host" and name in headers:
            raise BadRequest(400)
        headers[name] = value.strip()
    target = _origin_form(match[2].decode("latin-1"), headers)
    latest = match[3] == b"1"
    if latest and "host" not in headers:
        raise BadRequest(400)
    connection = headers.get("connection", "").lower()
    # A body is never wanted, and what is not read would be taken for the next request.
    bodiless = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers
    keep = bodiless and ("close" not in connection if latest else "keep-alive" in connection)
    return Asked(match[1].decode(), target, headers, keep)


def _origin_form(target: str, headers: dict[str, str]) -> str:
    """The path and query; of a whole address, as a proxy is sent it, the host goes first."""
    if target.startswith("/"):
        return target
    match = re.fullmatch(r"https?://([^/?#]+)(/[^#]*)?", target)
    if match is None:
        raise BadRequest(400)
    headers["host"] = match[1]
    return match[2] or "/"


_date: tuple[int, str] = (0, "")


def _now() -> str:
    """The Date header; worked out once a second."""
    global _date
    second = int(time.time())
    if _date[0] != second:
        _date = (second, formatdate(second, usegmt=True))
    return _date[1]


def head_bytes(answer: Answer, *, keep_alive: bool) -> bytes:
    """Status line and headers."""
    length = answer.stream or len(answer.body)
    lines = [
        f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Unknown')}",
        "Server: nginx",
        f"Date: {_now()}",
        *[f"{name}: {value}" for name, value in answer.headers],
    ]
    if answer.status != 304:
        lines.append(f"Content-Length: {length}")
    lines.append(f"Connection: {'keep-alive' if keep_alive else 'close'}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


class Connection(asyncio.Protocol):
    """One connection: requests in turn, each answered before the next is read."""

    def __init__(self, respond: Callable[[Asked], Answer], all_open: set["Connection"]) -> None:
        """Take what answers and the set of all that are open."""
        self._respond = respond
        self._all = all_open
        self._buffer = b""
        self._task: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._all.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop whatever is still being sent."""
        self._all.discard(self)
        if self._task is not None:
            self._task.cancel()

    def abort(self) -> None:
        """Cut it, now."""
        if self._task is not None:
            self._task.cancel()
        self._transport.abort()

    def pause_writing(self) -> None:
        """The client reads more slowly than we write."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        """Read on; a request behind an unfinished answer waits its turn."""
        if self._closing:
            return
        self._buffer += data
        if self._task is not None and len(self._buffer) > 4 * MAX_HEAD:
            # Requests sent ahead by far: they are read on when the present answer is out.
            self._transport.pause_reading()
        self._work()

    def _work(self) -> None:
        """Answer what has been read as a whole."""
        while self._task is None and not self._closing:
            self._buffer = self._buffer.lstrip(b"\r\n")
            try:
                head = self._next_head()
                if head is None:
                    return
                asked = parse(head)
            except BadRequest as error:
                self._send(Answer(error.status), keep_alive=False, with_body=True)
                return
            self._answer(asked)

    def _next_head(self) -> bytes | None:
        """The next request's head, taken off the buffer; None while it is incomplete."""
        if self._buffer and not 65 <= self._buffer[0] <= 90:
            # Not even a method: for one thing, a TLS greeting, whose sender would wait for ever.
            raise BadRequest(400)
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 and len(self._buffer) > MAX_LINE and b"\r\n" not in self._buffer[: MAX_LINE + 2]:
            raise BadRequest(414)
        if end > MAX_HEAD or (end < 0 and len(self._buffer) > MAX_HEAD):
            raise BadRequest(431)
        if end < 0:
            return None
        head, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
        return head

    def _answer(self, asked: Asked) -> None:
        """Answer one request."""
        answer = self._respond(asked)
        if answer.drop:
            self._closing = True
            self._transport.abort()
        elif answer.plain:
            self._send(answer, asked.keep_alive, with_body=asked.method != "HEAD")
        else:
            self._task = asyncio.get_running_loop().create_task(self._badly(asked, answer))
            self._task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        """Go on with the next request, if there is one."""
        self._task = None
        if not task.cancelled():
            task.result()
            self._transport.resume_reading()
            self._work()

    def _send(self, answer: Answer, keep_alive: bool, with_body: bool) -> None:
        """Send it in one go."""
        head = head_bytes(answer, keep_alive=keep_alive)
        self._transport.write(head + answer.body if with_body else head)
        if not keep_alive:
            self._closing = True
            self._transport.close()

    async def _badly(self, asked: Asked, answer: Answer) -> None:
        """Send it late, slowly, in part or without an end."""
        if answer.wait:
            await asyncio.sleep(answer.wait)
        whole = answer.cut_at is None and not answer.stream
        keep = asked.keep_alive and whole
        if asked.method == "HEAD":
            self._send(answer, keep, with_body=False)
            return
        self._transport.write(head_bytes(answer, keep_alive=keep))
        if answer.stream:
            await self._stream(answer.stream)
        elif answer.drip is not None:
            await self._drip(answer.body, *answer.drip)
        else:
            self._transport.write(answer.body[: answer.cut_at])
        if not keep:
            self._closing = True
            self._transport.close()

    async def _stream(self, length: int) -> None:
        """Send filler until the length is reached or the client hangs up."""
        while length > 0 and not self._transport.is_closing():
            await self._writable.wait()
            self._transport.write(_FILLER[:length])
            length -= len(_FILLER)
            # Without this a client that reads as quickly as we write would keep the loop busy.
            await asyncio.sleep(0)

    async def _drip(self, body: bytes, size: int, pause: float) -> None:
        """Send a body a little at a time."""
        for start in range(0, len(body), size):
            if self._transport.is_closing():
                return
            self._transport.write(body[start : start + size])
            await asyncio.sleep(pause)
