"""The last door before the network: it lets requests for the site's hosts through, and those alone.

With an origin, each goes to that server instead (a mirror, a proxy, a replica), with path, query and the original Host
header kept; the response bears the site's own address again.
"""

from typing import Any

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler, _LenientHTTP11ClientProtocol
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure
from twisted.web._newclient import HEADER, STATUS
from twisted.web.client import _HTTP11ClientFactory

from crawler.origin_address import at_origin
from crawler.urls import HOSTS, site_host

MAX_HEAD = 256 * 1024  # bytes of status line and headers, interim answers (1xx) included; real ones have about 1,000


class _BoundedProtocol(_LenientHTTP11ClientProtocol):
    """Scrapy's protocol, which hangs up on an answer whose head never ends: Scrapy bounds only bodies."""

    _head = 0

    def request(self, request: Any) -> Any:
        """Ask, with a new account of what the answer's head takes."""
        self._head = 0
        return super().request(request)

    def dataReceived(self, data: bytes) -> None:
        """Take in what has arrived, as long as the head may still grow."""
        if self._parser is not None and self._parser.state in (STATUS, HEADER):
            self._head += len(data)
            if self._head > MAX_HEAD:
                self._giveUp(Failure(ValueError(f"the answer's head has more than {MAX_HEAD:,} bytes")))  # type: ignore[no-untyped-call]
                return
        super().dataReceived(data)  # type: ignore[no-untyped-call]


class _BoundedFactory(_HTTP11ClientFactory):
    """Makes such protocols."""

    noisy = False

    def buildProtocol(self, addr: Any) -> _BoundedProtocol:
        """One for a new connection."""
        return _BoundedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class SiteDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's HTTP/1.1 handler, for this site only."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool.retryAutomatically = False  # Twisted would ask again by itself, past the pace and the budget
        self._pool._factory = _BoundedFactory
        self.origin: str | None = crawler.settings.get("HANI_ORIGIN")

    async def download_request(self, request: Request) -> Response:
        """Download from the site, or from the origin in its stead.

        Raises IgnoreRequest for an address of any other server, before a connection is made.
        """
        host = site_host(request.url, HOSTS)
        if host is None:
            raise IgnoreRequest(f"{request.url} is not an address of the site")
        if self.origin is None:
            return await super().download_request(request)
        headers: Any = request.headers.copy()
        headers[b"Host"] = host.encode()
        asked = request.replace(url=at_origin(request.url, self.origin), headers=headers)
        response = await super().download_request(asked)
        return response.replace(url=request.url)
