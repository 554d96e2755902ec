"""`python -m tests.benchmarks.watched …` is `hani …`, but that Scrapy's statistics are written down."""

import crawler.settings


def main() -> None:
    from jobs.cli import main as hani

    setattr(crawler.settings, "STATS_CLASS", "tests.benchmarks.stats.WrittenStats")  # noqa: B010 - it has none of its own
    hani()


if __name__ == "__main__":
    main()
