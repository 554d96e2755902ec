"""The last door before the network: it lets requests for the site's hosts through, and those alone.

With an origin, each goes to that server instead (a mirror, a proxy, a replica), with path, query and the original Host
header kept; the response bears the site's own address again.
"""

from typing import Any

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.origin_address import at_origin
from crawler.urls import HOSTS, site_host


class SiteDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's HTTP/1.1 handler, for this site only."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool.retryAutomatically = False  # Twisted would ask again by itself, past the pace and the budget
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
