"""Bodies as they arrived, each stored once, most of them as a difference from another one.

Noise makes almost every refetch a new payload, so how the bytes are kept decides how large an archive grows. Three layers,
each leaning only on the one above it, so that reading a payload never takes more than two others:

1. *whole* pages, compressed alone: one for each page template and month (a page of another year saves little);
2. the first page of an article, against the nearest whole page of its template;
3. every later page of the article, against the page that began the current version, or, where that one is itself of the
   third layer, against the same page as that one.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

import zstandard

from archive.errors import UnusableArchive
from archive.records import digest

if TYPE_CHECKING:
    import sqlite3

LEVEL_WHOLE = 12  # once a month and template: worth the time
LEVEL_DELTA = 3  # against a dictionary higher levels gain under a tenth and cost five times the time
DICTIONARY_DAYS = 30  # how old a whole page of the same template may be to serve (they age within a year)
POOR = 0.12  # share of a body: a difference below it (real pages: 0.03 to 0.15) is good without a comparison
WORTH_IT = 0.7  # a difference must be smaller than this share of the body compressed alone
RESTORE = "restore it from a copy of the archive"
MAX_LENGTH = 64 * 1024 * 1024  # bytes; a bound for decompression, far above what a fetch lets through


class DamagedPayload(UnusableArchive):
    """A stored body no longer gives the bytes that its digest names."""


def compress(body: bytes, dictionary: bytes | None) -> bytes:
    """The stored form of a body, alone or against the bytes of another."""
    if dictionary is None:
        return zstandard.ZstdCompressor(level=LEVEL_WHOLE).compress(body)
    size = len(body) + len(dictionary)
    params = zstandard.ZstdCompressionParameters.from_level(
        LEVEL_DELTA, source_size=size, window_log=max(10, size.bit_length()), write_content_size=True
    )
    return zstandard.ZstdCompressor(dict_data=_raw(dictionary), compression_params=params).compress(body)


def decompress(stored: bytes, dictionary: bytes | None) -> bytes:
    """The body that `compress` stored."""
    raw = _raw(dictionary) if dictionary is not None else None
    decompressor = zstandard.ZstdDecompressor(dict_data=raw, max_window_size=2 * MAX_LENGTH)
    return decompressor.decompress(stored, max_output_size=MAX_LENGTH)


def _raw(dictionary: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def read_payload(connection: "sqlite3.Connection", name: str) -> bytes:
    """The body with this digest, checked against it.

    Raises DamagedPayload when it is not there, cannot be decompressed, or gives other bytes.
    """
    body = _decompressed(connection, name)
    if digest(body) != name:
        raise DamagedPayload(f"payload {name} does not hold the bytes that its digest names; {RESTORE}")
    return body


def _decompressed(connection: "sqlite3.Connection", name: str) -> bytes:
    row = connection.execute("select body, dictionary from payloads where digest = ?", [name]).fetchone()
    if row is None:
        raise DamagedPayload(f"payload {name} is not in the archive; {RESTORE}")
    stored, dictionary = row
    against = _decompressed(connection, dictionary) if dictionary else None
    try:
        return decompress(stored, against)
    except zstandard.ZstdError as error:
        raise DamagedPayload(f"payload {name} cannot be decompressed: {error}; {RESTORE}") from error


class PayloadWriter:
    """Stores bodies through one connection; remembers the last dictionaries it used."""

    def __init__(self, connection: "sqlite3.Connection") -> None:
        self.connection = connection
        self.dictionary_bytes = lru_cache(maxsize=16)(lambda name: read_payload(connection, name))

    def store(self, body: bytes, name: str, kind: str, stored_at: str, began_version: str | None) -> None:
        """Store a body under its digest unless it is there.

        `kind` is the page template it was read as (or why it was refused); `began_version` the digest of the
        article's payload that began its current version.
        """
        if self.connection.execute("select 1 from payloads where digest = ?", [name]).fetchone():
            return
        lean_on, stored = self._stored_form(body, kind, stored_at, began_version)
        self.connection.execute(
            "insert into payloads (digest, body, length, dictionary, kind, stored_at) values (?, ?, ?, ?, ?, ?)",
            [name, stored, len(body), lean_on, kind, stored_at],
        )

    def _stored_form(
        self, body: bytes, kind: str, stored_at: str, began_version: str | None
    ) -> tuple[str | None, bytes]:
        """The digest of the page to lean on, if any, and the body as it is stored.

        A page that a whole page of its kind hardly helps is stored whole: it will help the next one better.
        """
        if lean_on := self._of_article(began_version):
            return lean_on, compress(body, self.dictionary_bytes(lean_on))
        whole = self._whole_page(kind, stored_at, len(body))
        if whole is None:
            return None, compress(body, None)
        delta = compress(body, self.dictionary_bytes(whole))
        if len(delta) < POOR * len(body):
            return whole, delta
        alone = compress(body, None)
        return (whole, delta) if len(delta) < WORTH_IT * len(alone) else (None, alone)

    def _of_article(self, began_version: str | None) -> str | None:
        """The article's page to lean on: the beginner of its version, or what that one leans on at third hand."""
        if began_version is None:
            return None
        row = self.connection.execute(
            "select p.dictionary, d.dictionary is not null from payloads p"
            " left join payloads d on d.digest = p.dictionary where p.digest = ?",
            [began_version],
        ).fetchone()
        if row is None:
            return None
        third_layer = bool(row[1])
        return str(row[0]) if third_layer else began_version

    def _whole_page(self, kind: str, stored_at: str, length: int) -> str | None:
        """The whole page of this kind and about this time that is nearest in length."""
        row = self.connection.execute(
            "select digest from payloads where dictionary is null and kind = ? and stored_at between"
            " strftime('%Y-%m-%dT%H:%M:%SZ', ?, ?) and strftime('%Y-%m-%dT%H:%M:%SZ', ?, ?)"
            " order by abs(length - ?), digest limit 1",
            [kind, stored_at, f"-{DICTIONARY_DAYS} days", stored_at, f"+{DICTIONARY_DAYS} days", length],
        ).fetchone()
        return str(row[0]) if row else None
