"""Captures go in, and are stored; what became of them goes on, so that Scrapy's feed exports can list it."""

from dataclasses import asdict
from typing import Any

from scrapy.crawler import Crawler

from archive.records import Capture
from crawler.spiders.hankyoreh import HankyorehSpider


class ArchivePipeline:
    """The pipeline's one step: the archive."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "ArchivePipeline":
        """Scrapy's way of making one."""
        return cls(crawler)

    @property
    def spider(self) -> HankyorehSpider:
        """The spider whose session this is."""
        assert isinstance(self.crawler.spider, HankyorehSpider)
        return self.crawler.spider

    async def process_item(self, item: Capture) -> dict[str, Any]:
        """Store one capture. A failure of the archive ends the run: nothing could be kept."""
        try:
            return asdict(await self.spider.session.store(item))
        except Exception:
            assert self.crawler.engine is not None
            self.spider.storage_failed = True
            raise
