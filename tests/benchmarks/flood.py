"""A large site that costs little: `python -m tests.benchmarks.flood COUNT` serves so many articles on one list.

Each article is a bundled page under another number, made when it is asked for. It prints its origin and ends with its input.
"""

import asyncio
import re
import sys
from dataclasses import dataclass
from math import ceil

from jobs.replica import Replica
from jobs.replica.wire import Answer, Asked, Connection
from tests.benchmarks.fetching import pages

SECTION = "e_national"
HOST = "www.hani.co.kr"
FIRST = 3_000_000  # the lowest number; no bundled article has a higher one
PER_PAGE = 15  # as on the real site
_ARTICLE = re.compile(rf"/arti/english_edition/{SECTION}/(\d+)\.html")
_LIST = re.compile(rf"/arti/english_edition/{SECTION}\?page=(\d+)")


@dataclass(frozen=True, slots=True)
class Source:
    """A bundled page: its number and section stand in it wherever the page names itself."""

    number: bytes
    section: bytes
    body: bytes

    def under(self, number: int) -> bytes:
        """The page as another article's."""
        body = self.body.replace(self.number, str(number).encode())
        return body.replace(self.section + b"/", SECTION.encode() + b"/")


def sources() -> list[Source]:
    """The bundled pages of today's layout."""
    with Replica(log=False) as site:
        taken = [page for page in pages(site) if page.status == 200 and HOST in page.url]
    return [Source(str(p.article_id).encode(), p.url.split("/")[-2].encode(), p.body) for p in taken]


class Flood:
    """The site: one list of `count` articles, the newest first, and their pages."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.sources = sources()

    def answer(self, asked: Asked) -> Answer:
        """A page, a list, or nothing."""
        if asked.target == "/robots.txt":
            return Answer(200, [("Content-Type", "text/plain")], b"User-agent: *\nAllow: /\n")
        if (listed := _LIST.fullmatch(asked.target)) is not None:
            return self._html(self._list(int(listed[1])))
        if (found := _ARTICLE.fullmatch(asked.target)) is not None and FIRST < int(found[1]) <= FIRST + self.count:
            number = int(found[1])
            return self._html(self.sources[number % len(self.sources)].under(number))
        return Answer(404, [("Content-Type", "text/html")], b"<html><body>Not Found</body></html>")

    def _list(self, page: int) -> bytes:
        last = FIRST + self.count - (page - 1) * PER_PAGE
        items = "".join(
            f'<li class="ArticleList_item"><a class="BaseArticleCard" href="/arti/english_edition/{SECTION}/{n}.html">'
            f"<h3>The headline that the list has for article {n}</h3></a></li>"
            for n in range(last, max(FIRST, last - PER_PAGE), -1)
        )
        return f"<html><body><ul class='ArticleList'>{items}</ul></body></html>".encode()

    @staticmethod
    def _html(body: bytes) -> Answer:
        return Answer(200, [("Content-Type", "text/html; charset=utf-8")], body)


def list_pages(count: int) -> int:
    """How many pages the list has."""
    return ceil(count / PER_PAGE)


async def _serve(count: int) -> None:
    site, connections = Flood(count), set[Connection]()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(site.answer, connections), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    for connection in list(connections):
        connection.abort()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
