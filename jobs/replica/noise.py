"""What differs between two requests for the same page: slots in a page, and what fills them.

A page is rendered once, with slots; a request only fills the slots. For gzip every piece between
two slots is compressed once, each ending in a full flush, so that an answer is put together from
ready pieces too. That is what makes the copy quick enough to stand beside a crawler it measures.
"""

import random
import re
import struct
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from html import escape

from jobs.replica.site import Article

# Private-use characters: no text of ours holds them and neither HTML nor JSON escapes them.
_OPEN, _CLOSE = "\ue000", "\ue001"
_SLOT = re.compile(f"{_OPEN}([a-z]+):([a-z0-9]*){_CLOSE}")
_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"
MOST_VIEWED = 6
RELATED = 3


def slot(name: str, form: str = "") -> str:
    """A slot as it stands in a page's text."""
    return f"{_OPEN}{name}:{form}{_CLOSE}"


def _link(article: Article, form: str) -> str:
    """One link of a block of other articles, in the form of the page it stands on."""
    href, title = article.path, escape(article.title, quote=False)
    if form == "br":
        return f'<br>\n<a href="{href}">{title}</a>'
    if form == "open":
        return f'<li><a href="{href}" class="rank">{title}</a>\n'
    if form == "g3":
        return f'<li class="rank"><a href="{article.address}"><span>{title}</span></a></li>'
    return f'<li><a href="{href}">{title}</a></li>\n'


class Pool:
    """The articles that blocks of other articles are drawn from."""

    def __init__(self, articles: Iterable[Article]) -> None:
        """Take all that are live."""
        self._articles = list(articles)
        self._forms: dict[str, list[tuple[int, bytes]]] = {}

    def links(self, form: str) -> list[tuple[int, bytes]]:
        """All links in one form, with their numbers."""
        if form not in self._forms:
            self._forms[form] = [(a.id, _link(a, form).encode()) for a in self._articles]
        return self._forms[form]


class Noise:
    """A source of what changes; one made with a seed and a clock gives the same for ever."""

    def __init__(self, seed: int | None = None, clock: Callable[[], float] = time.time) -> None:
        """Without a seed two copies never give the same, as two nights never would."""
        self._random = random.Random(seed)
        self._clock = clock

    def choice(self, count: int) -> int:
        """A number below `count`."""
        return int(self._random.random() * count)

    def token(self, size: int = 32) -> str:
        """A random text of hexadecimal digits."""
        return f"{self._random.getrandbits(4 * size):0{size}x}"

    def _others(self, pool: Pool, form: str, own: int, count: int) -> bytes:
        """Links to `count` articles, in no order, never to the page's own."""
        links = pool.links(form)
        drawn = self._random.sample(links, min(count + 1, len(links)))
        return b"".join([link for number, link in drawn if number != own][:count])

    def fill(self, name: str, form: str, pool: Pool, own: int) -> bytes:
        """The bytes for one slot."""
        if name == "most":
            return self._others(pool, form, own, MOST_VIEWED)
        if name == "related":
            return self._others(pool, form, own, RELATED)
        if name == "time":
            return b"%.6f" % self._clock()
        if name == "count":
            return b"%d" % self.choice(900)
        if name == "views":
            return b"%d" % (1000 + self.choice(90_000))
        if name == "csrf":
            return self.token(64).encode()
        return self.token(20).encode()


class Template:
    """A rendered page with slots."""

    __slots__ = ("_packed", "_pieces", "_slots", "encoding", "own")

    def __init__(self, text: str, own: int = 0, encoding: str = "utf-8") -> None:
        """Cut the text at its slots. What the encoding lacks becomes a character reference."""
        parts = _SLOT.split(text)
        self.own = own
        self.encoding = encoding
        self._pieces = [p.encode(encoding, "xmlcharrefreplace") for p in parts[0::3]]
        self._slots = list(zip(parts[1::3], parts[2::3], strict=True))
        self._packed: list[bytes] | None = None

    def _values(self, noise: Noise, pool: Pool) -> list[bytes]:
        """What fills the slots this time."""
        values = [noise.fill(name, form, pool, self.own) for name, form in self._slots]
        if self.encoding != "utf-8":
            # The links are kept as UTF-8; an old page is rare enough to turn them each time.
            return [v.decode().encode(self.encoding, "xmlcharrefreplace") for v in values]
        return values

    def plain(self, noise: Noise, pool: Pool) -> bytes:
        """The page as bytes."""
        return _woven(self._pieces, self._values(noise, pool))

    def packed(self, noise: Noise, pool: Pool) -> bytes:
        """The page as gzip, put together from pieces that are compressed already."""
        if self._packed is None:
            self._packed = [_deflated(piece) for piece in self._pieces]
        values = self._values(noise, pool)
        body = _woven(self._pieces, values)
        packed = _woven(self._packed, [_stored(value) for value in values])
        tail = struct.pack("<II", zlib.crc32(body), len(body) & 0xFFFFFFFF)
        return b"".join((_GZIP_HEAD, packed, b"\x03\x00", tail))


def _woven(pieces: Sequence[bytes], values: Sequence[bytes]) -> bytes:
    """Pieces and values by turns; there is one piece more."""
    woven: list[bytes] = [b""] * (len(pieces) + len(values))
    woven[0::2] = pieces
    woven[1::2] = values
    return b"".join(woven)


def _deflated(piece: bytes) -> bytes:
    """A piece as deflate blocks that end on a byte and look back at nothing before them."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    return packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)


def _stored(value: bytes) -> bytes:
    """A value as one stored block; larger than such a block holds, it is compressed."""
    if len(value) > 0xFFFF:
        return _deflated(value)
    return struct.pack("<BHH", 0, len(value), len(value) ^ 0xFFFF) + value
