"""The whole nightly run at delay 0, in pages per second, beside Scrapy that only downloads the same pages.

The site is served by a process of its own. What hani asked for on its first run (robots.txt, feed, lists, articles) is
what the bare spider asks for, no more and no less. The seconds within the crawl are Scrapy's own statistics on both
sides, from the spider's opening to its closing, by when hani has stored everything.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks import stats
from tests.benchmarks.corpus import write_articles
from tests.benchmarks.serving import Served
from tests.benchmarks.tools import judge, median, ratio, show, wall

ARTICLES = 480
ROUNDS = 3
GOAL = 0.6


def measure() -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "articles").mkdir()
        write_articles(work / "articles", ARTICLES)
        with Served(work / "articles") as site:
            _compare(site, work)


def _compare(site: Served, work: Path) -> None:
    show(
        "command",
        "hani --db TMP nightly --origin REPLICA --delay 0  beside  python -m tests.benchmarks.bare REPLICA PAGES",
    )
    report = _hani(site, work, 0)[2]
    asked = site.asked()
    (work / "asked.json").write_text(json.dumps(asked), "utf-8")
    pages = len(asked)
    outcomes = {name: count for name, count in report["outcomes"].items() if count}
    show(f"{pages} pages asked", f"{ARTICLES} articles, the rest lists, feeds and robots.txt; outcomes: {outcomes}")
    sides: dict[str, list[tuple[float, float]]] = {"hani": [], "16 at a time": [], "one at a time": []}
    for number in range(1, ROUNDS + 1):
        sides["hani"].append(_hani(site, work, number)[:2])
        sides["16 at a time"].append(_bare(site, work))
        sides["one at a time"].append(_bare(site, work, "1"))
    places = ("in the crawl", "whole process")
    for name, taken in sides.items():
        medians = [median(times) for times in zip(*taken, strict=True)]
        figures = (f"{pages / s:.0f} pages/s {where} ({s:.2f} s)" for s, where in zip(medians, places, strict=True))
        show("  hani nightly" if name == "hani" else f"  Scrapy, {name}", *figures)
    for name in ("16 at a time", "one at a time"):
        for place, where in enumerate(places):
            share = ratio([taken[place] for taken in sides[name]], [taken[place] for taken in sides["hani"]])
            judge(f"  of Scrapy {name}, {where}", f"{share:.0%}", f"at least {GOAL:.0%}", share >= GOAL)


def _hani(site: Served, work: Path, number: int) -> tuple[float, float, dict[str, Any]]:
    """One night into a new archive: seconds within the crawl, of the whole process, and the report."""
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.watched",
        "--db",
        work / f"{number}.db",
        "nightly",
        "--origin",
        site.origin,
        "--delay",
        "0",
        "--json",
    ]
    whole, printed = wall(command, work, {stats.FILE: str(work / "stats.json")})
    return _in_crawl(work), whole, json.loads(printed)


def _bare(site: Served, work: Path, *concurrency: str) -> tuple[float, float]:
    """The same pages, only downloaded: seconds within the crawl, and of the whole process."""
    command = [sys.executable, "-m", "tests.benchmarks.bare", site.origin, work / "asked.json", *concurrency]
    whole, _ = wall(command, work, {stats.FILE: str(work / "stats.json")})
    return _in_crawl(work), whole


def _in_crawl(work: Path) -> float:
    return float(json.loads((work / "stats.json").read_text("utf-8"))["seconds"])
