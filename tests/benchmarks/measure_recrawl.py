"""`hani recrawl ID` of a known article, whole process, beside `scrapy crawl` of the same page.

The other side is the least project that Scrapy takes: robots.txt not asked for, no delay, a spider that looks at
nothing. Scrapy's settings stand otherwise; a second variant leaves out its log and telnet console too, as hani does.
"""

import tempfile
from pathlib import Path

from tests.benchmarks.serving import Served
from tests.benchmarks.tools import BIN, judge, paired, ratio, show, spread, wall

ROUNDS = 9
GOAL = 1.25
ARTICLE = 1277502  # of the newest page form, there on the first night

SPIDER = """
import scrapy


class Page(scrapy.Spider):
    name = "page"

    async def start(self):
        yield scrapy.Request(self.url, headers={"Host": self.host})

    def parse(self, response):
        pass
"""
SETTINGS = """
BOT_NAME = "least"
SPIDER_MODULES = ["least.spiders"]
ROBOTSTXT_OBEY = False
DOWNLOAD_DELAY = 0
"""


def measure() -> None:
    with tempfile.TemporaryDirectory() as folder, Served() as site:
        _compare(site, Path(folder))


def _compare(site: Served, work: Path) -> None:
    project(work)
    hani: list[str | Path] = [BIN / "hani", "--db", work / "known.db"]
    asking = ["--origin", site.origin, "--delay", "0"]
    wall([*hani, "nightly", *asking], work)
    site.asked()
    wall([*hani, "recrawl", str(ARTICLE), *asking, "--force"], work)
    asked = next((address for address in site.asked() if str(ARTICLE) in address[1]), None)
    if asked is None:
        show(f"not measured: article {ARTICLE} was not asked for")
        return
    host, target = asked
    crawl = [BIN / "scrapy", "crawl", "page", "-a", f"url={site.origin}{target}", "-a", f"host={host}"]
    quiet = [*crawl, "-s", "TELNETCONSOLE_ENABLED=0", "-s", "LOG_LEVEL=WARNING"]
    ours, theirs, least = paired(
        ROUNDS,
        lambda: wall([*hani, "recrawl", str(ARTICLE), *asking, "--force"], work)[0],
        lambda: wall(crawl, work / "project")[0],
        lambda: wall(quiet, work / "project")[0],
    )
    show("command", f"hani --db KNOWN recrawl {ARTICLE} --origin REPLICA --delay 0 --force  beside  scrapy crawl page")
    show("  hani recrawl", spread(ours))
    show("  scrapy crawl", spread(theirs))
    show("  scrapy crawl, no telnet console, no log", spread(least))
    times = ratio(ours, theirs)
    judge("  hani's time over Scrapy's", f"{times:.2f} times", f"at most {GOAL:g} times", times <= GOAL)
    show("  over the one without console and log", f"{ratio(ours, least):.2f} times")


def project(work: Path) -> None:
    """Write the least project that `scrapy crawl` takes."""
    spiders = work / "project" / "least" / "spiders"
    spiders.mkdir(parents=True)
    (work / "project" / "scrapy.cfg").write_text("[settings]\ndefault = least.settings\n", "utf-8")
    (spiders.parent / "__init__.py").touch()
    (spiders.parent / "settings.py").write_text(SETTINGS, "utf-8")
    (spiders / "__init__.py").touch()
    (spiders / "page.py").write_text(SPIDER, "utf-8")
