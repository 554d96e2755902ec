"""Scrapy that only downloads: `python -m tests.benchmarks.bare ORIGIN ADDRESSES [CONCURRENCY]`.

ADDRESSES is a file of JSON, [[host, target], …]. Without CONCURRENCY Scrapy's default stands.
"""

import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import scrapy
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response


class BareSpider(scrapy.Spider):
    """Asks for each page and looks at none."""

    name = "bare"
    origin = ""
    addresses: tuple[tuple[str, str], ...] = ()

    async def start(self) -> AsyncIterator[Any]:
        for host, target in self.addresses:
            yield scrapy.Request(self.origin + target, headers={"Host": host}, dont_filter=True)

    def parse(self, response: Response, **kwargs: Any) -> None:
        return None


def main() -> None:
    origin, addresses, *concurrency = sys.argv[1:]
    settings: dict[str, Any] = {
        "LOG_LEVEL": "WARNING",
        "STATS_CLASS": "tests.benchmarks.stats.WrittenStats",
        "ROBOTSTXT_OBEY": False,
        "DOWNLOAD_DELAY": 0,
        "REDIRECT_ENABLED": False,  # where a redirect led is among the addresses
        "RETRY_ENABLED": False,
        "HTTPPROXY_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
    }
    if concurrency:
        settings["CONCURRENT_REQUESTS"] = int(concurrency[0])
    process = AsyncCrawlerProcess(settings)
    process.crawl(BareSpider, origin=origin, addresses=json.loads(Path(addresses).read_text("utf-8")))
    process.start()


if __name__ == "__main__":
    main()
