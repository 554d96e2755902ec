"""Bodies that arrive compressed: decoded by Scrapy, refused where they were cut off.

Scrapy gives what it can of a compressed body that ends too early. Half a page is a page all the same: it would pass for an
edit that took the other half away, and a silent one.
"""

import zlib

import brotli
import zstandard
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware

_GZIP, _ZLIB, _RAW = 31, 15, -15  # zlib's names of the three forms
_MEMBER = b"\x1f\x8b"


class CutOff(ValueError):
    """A compressed body that ends before its end, or is damaged."""


class WholeBodies(HttpCompressionMiddleware):
    """Scrapy's decompression, of whole bodies only."""

    @staticmethod
    def _decode(body: bytes, encoding: bytes, max_size: int) -> bytes:
        decoded = HttpCompressionMiddleware._decode(body, encoding, max_size)  # first: it bounds what the check unpacks
        if not is_whole(body, encoding):
            raise CutOff(f"the {encoding.decode('latin-1')} ends too early")
        return decoded


def is_whole(body: bytes, encoding: bytes) -> bool:
    """Whether a compressed body has its end; what stands behind that is not looked at."""
    try:
        if encoding == b"br":
            return _brotli_ends(body)
        if encoding == b"zstd":
            decompressor = zstandard.ZstdDecompressor().decompressobj()
            decompressor.decompress(body)
            return decompressor.eof
        if encoding == b"deflate":
            return _deflate_ends(body)
        return _gzip_ends(body)
    except (zlib.error, zstandard.ZstdError, brotli.error):
        return False


def _gzip_ends(body: bytes) -> bool:
    while True:
        decompressor = zlib.decompressobj(_GZIP)
        decompressor.decompress(body)
        body = decompressor.unused_data
        if not decompressor.eof or not body.startswith(_MEMBER):
            return decompressor.eof


def _deflate_ends(body: bytes) -> bool:
    try:
        decompressor = zlib.decompressobj(_ZLIB)
        decompressor.decompress(body)
    except zlib.error:  # some servers send it without zlib's head
        decompressor = zlib.decompressobj(_RAW)
        decompressor.decompress(body)
    return decompressor.eof


def _brotli_ends(body: bytes) -> bool:
    decompressor = brotli.Decompressor()
    decompressor.process(body)
    return bool(decompressor.is_finished())
