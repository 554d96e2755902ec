"""Scrapy's statistics of a run, written to the file that the environment names: how both sides tell their time."""

import json
import os
from pathlib import Path

from scrapy.statscollectors import MemoryStatsCollector, StatsT

FILE = "BENCHMARK_STATS"


class WrittenStats(MemoryStatsCollector):
    """Scrapy's usual statistics; the run's seconds and how many responses it got outlive the process."""

    def _persist_stats(self, stats: StatsT) -> None:
        super()._persist_stats(stats)
        kept = {
            "seconds": stats.get("elapsed_time_seconds"),
            "responses": stats.get("downloader/response_count", 0),
        }
        Path(os.environ[FILE]).write_text(json.dumps(kept), "utf-8")
