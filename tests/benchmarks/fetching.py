"""Pages of the bundled site, taken over HTTP as a crawler would get them."""

import gzip
import http.client
from dataclasses import dataclass
from urllib.parse import urlsplit

from jobs.replica import Replica


@dataclass(frozen=True, slots=True)
class Taken:
    """A page that was answered."""

    article_id: int
    url: str
    status: int
    headers: dict[str, str]
    body: bytes


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
