"""Pages of the bundled site, taken over HTTP as a crawler would get them."""

import gzip
import http.client
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from archive.records import Capture, FetchOutcome
from archive.times import stamp
from jobs.replica import Replica


@dataclass(frozen=True, slots=True)
class Taken:
    """A page that was answered."""

    article_id: int
    url: str
    status: int
    headers: dict[str, str]
    body: bytes

    def capture(self, at: datetime) -> Capture:
        """The page as it would have been captured at a moment."""
        return Capture(
            article_id=self.article_id,
            requested_url=self.url,
            url=self.url,
            section=self.url.split("/")[-2],
            fetched_at=stamp(at),
            source="crawl",
            outcome=FetchOutcome.OK,
            body=self.body,
            http_status=self.status,
            headers=self.headers,
            elapsed_ms=20,
        )


def pages(site: Replica) -> list[Taken]:
    """Every article of the site tonight, with fresh noise."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    found = []
    for article_id in site.article_ids():
        url = site.address(article_id)
        parts = urlsplit(url)
        connection.request("GET", parts.path, headers={"Host": parts.netloc, "Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        body = answer.read()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        found.append(Taken(article_id, url, answer.status, headers, body))
    connection.close()
    return found
