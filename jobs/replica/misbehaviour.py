"""What the copy can be asked to do wrong, and the bytes that it then sends."""

import gzip
import struct
import zlib
from functools import lru_cache
from typing import Any

KINDS: dict[str, str] = {
    "too_many": "429; retry_after: seconds (default 1, None leaves the header out)",
    "too_many_date": "429; Retry-After as an HTTP date, retry_after seconds from now (default 2)",
    "unavailable": "503; retry_after: seconds (default None: no header)",
    "bad_gateway": "502",
    "server_error": "500",
    "forbidden": "403",
    "status": "any status; status: number, body: text (default empty), encoding: a Content-Encoding that is not true",
    "stall": "nothing for `seconds` (default 30), then the true answer",
    "slow": "the true answer in drips; size: bytes a drip (default 1024), pause: seconds (0.05)",
    "cut": "Content-Length of the whole, `share` of it sent (default 0.5), then closed",
    "drop": "the connection is closed without an answer",
    "wrong_charset": "UTF-8 bytes, Content-Type says `charset` (default euc-kr)",
    "gzip": "the true answer gzip-compressed, whether it was accepted or not",
    "huge": "declares and streams `length` bytes (default 10 GB) until the client hangs up",
    "bomb": "1.1 MB of gzip that inflate to over 1.1 GB",
    "redirect_loop": "302 to an address that leads to another that leads back, for ever",
    "redirect": "`status` (default 302) to `location`",
    "off_site": "302 to http://example.org/",
    "bot_check": "200 with a page that asks for a proof of being human",
    "paywall": "200 with title, date and one sentence, then an offer to subscribe",
    "empty": "200 without a body",
    "endless_list": "from now on this list shows its last page under every higher number",
}


class Misbehaviour:
    """One thing to do wrong, `times` times (None: for ever). Immutable: it may be shared."""

    __slots__ = ("kind", "params", "times")

    def __init__(self, kind: str, times: int | None = 1, **params: Any) -> None:
        """Take a kind of `KINDS`; its parameters are named there."""
        if kind not in KINDS:
            raise ValueError(f"unknown misbehaviour {kind!r}; there are {', '.join(KINDS)}")
        if times is not None and times < 1:
            raise ValueError(f"{kind} {times} times")
        self.kind = kind
        self.times = times
        self.params = params

    def __repr__(self) -> str:
        """As it would be written."""
        params = "".join(f", {name}={value!r}" for name, value in self.params.items())
        return f"Misbehaviour({self.kind!r}, times={self.times}{params})"

    def __eq__(self, other: object) -> bool:
        """By value."""
        if not isinstance(other, Misbehaviour):
            return NotImplemented
        return (self.kind, self.times, self.params) == (other.kind, other.times, other.params)

    def __hash__(self) -> int:
        """By kind and times; parameters may be unhashable."""
        return hash((self.kind, self.times))

    def number(self, name: str, default: float) -> float:
        """A parameter that is a number."""
        return float(self.params.get(name, default))

    def text(self, name: str, default: str) -> str:
        """A parameter that is a text."""
        return str(self.params.get(name, default))

    def once_less(self) -> "Misbehaviour | None":
        """What is left of it after one use."""
        if self.times is None:
            return self
        if self.times == 1:
            return None
        return Misbehaviour(self.kind, self.times - 1, **self.params)


def take(queue: list[Misbehaviour]) -> Misbehaviour | None:
    """The first of a queue, used up by one; an eternal one stays and blocks those behind it."""
    if not queue:
        return None
    first = queue[0]
    rest = first.once_less()
    if rest is None:
        queue.pop(0)
    else:
        queue[0] = rest
    return first


_BOMB_BLOCK = 1 << 20
_BOMB_BLOCKS = 1100
# The check sum of 1100 MB of blanks; adding it up at run time takes most of a second.
BOMB_CRC = 0x77BAFBA9
_bomb: list[bytes] = []


def bomb() -> bytes:
    """A gzip file that inflates to 1100 MB of blanks.

    Deflate squeezes no better than about 1030 to 1, hence its own 1.1 MB. One compressed megabyte
    is repeated: a full flush makes it independent of what stands before it.
    """
    if not _bomb:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        block = packer.compress(b" " * _BOMB_BLOCK) + packer.flush(zlib.Z_FULL_FLUSH)
        head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
        size = _BOMB_BLOCK * _BOMB_BLOCKS
        tail = b"\x03\x00" + struct.pack("<II", BOMB_CRC, size & 0xFFFFFFFF)
        _bomb.append(head + block * _BOMB_BLOCKS + tail)
    return _bomb[0]


@lru_cache(maxsize=64)
def squeezed(body: bytes) -> bytes:
    """A body in gzip, the same bytes for the same body."""
    return gzip.compress(body, 1, mtime=0)


def bot_check_page(token: str) -> str:
    """The page of a bot filter: 200, and no word of the article."""
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Just a moment...</title>
<meta name="robots" content="noindex,nofollow"><meta http-equiv="refresh" content="30">
<style>body{{font-family:sans-serif;margin:15% auto;max-width:32em}}</style></head>
<body><div class="main-wrapper" role="main"><h1>www.hani.co.kr</h1>
<p id="challenge-text">Checking your browser before accessing this site. 잠시만 기다려 주세요.</p>
<noscript><p>Enable JavaScript and cookies to continue</p></noscript>
<form id="challenge-form" method="post" action="/cdn-cgi/challenge?token={token}">
<input type="hidden" name="token" value="{token}"></form>
<p>Verify you are human by completing the action below. Ray ID: {token[:16]}</p></div>
<script>(function(){{window.challenge={{ray:"{token[:16]}",time:Date.now()}};}})();</script>
</body></html>
"""


def error_page(status: int, reason: str) -> str:
    """The short page that a gateway answers with."""
    return (
        f"<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body>\r\n"
        f"<center><h1>{status} {reason}</h1></center>\r\n<hr><center>nginx</center>\r\n"
        "</body>\r\n</html>\r\n"
    )
