"""Captures go in and are stored.

The pipeline only hands a capture over and never waits: Scrapy, told to close while an item from `start` is being
processed, would wait for it for ever.
"""

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

    def process_item(self, item: Capture) -> Capture:
        """Hand one capture to the session of the spider that made it."""
        assert isinstance(self.crawler.spider, HankyorehSpider)
        self.crawler.spider.session.submit(item)
        return item
