"""The memory of `hani nightly --full` over 20,000 new articles: the crawl and the process that reads its pages, together.

What is held for each article until the run's end is its number in two sets, which articles are known and which are on the
agenda (0.25 kB), and while it waits its address (0.3 kB more). Records, pages and lists are not held, and a report names at
most a thousand articles of each outcome.

Measured on two cores: 144 MB before the first article, 150 MB at 2,000 and at 20,000, +0.004 MB for 1,000 articles (+0.48 as
long as the report named every new article and the run kept every list).
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.flood import SECTION, list_pages
from tests.benchmarks.tools import ROOT, environment, judge, show

ARTICLES = 20_000
MARKS = (2_000, 5_000, 10_000, 20_000)
EVERY = 250  # articles between two samples
GOAL = 0.25  # MB for 1,000 articles
_STORED = re.compile(r"\d\d:\d\d:\d\d (?:new|failed|refused|gone) ")
CONFIG = f'[site]\nfeeds = []\nsections = ["{SECTION}"]\n[crawl]\ncontact = "memory@library.example"\n'


@dataclass(frozen=True, slots=True)
class Sample:
    """The resident megabytes of the crawl and of its helpers, when so many articles were stored."""

    articles: int
    crawl: float
    helpers: float

    @property
    def both(self) -> float:
        return self.crawl + self.helpers


def measure(articles: int = ARTICLES) -> None:
    show(
        "command", f"hani --db TMP nightly --full --origin SITE OF {articles:,} --delay 0 --max-requests {2 * articles}"
    )
    with tempfile.TemporaryDirectory() as folder, served(articles) as origin:
        began = time.monotonic()
        listed, samples, peak = watched(Path(folder), origin, articles)
        took = time.monotonic() - began
    show(f"{samples[-1].articles:,} articles, {list_pages(articles):,} list pages", f"{took:.0f} s")
    show("  before the first article", f"{listed.both:.1f} MB", "all lists walked, all articles on the agenda")
    for mark in MARKS:
        for sample in samples:
            if sample.articles == mark:
                figures = f"{sample.both:.1f} MB", f"crawl {sample.crawl:.1f}, reading process {sample.helpers:.1f}"
                show(f"  at {mark:,} articles", *figures)
    show("  peak of the crawl, its report included", f"{peak:.1f} MB")
    rises = slope([sample for sample in samples if sample.articles >= MARKS[0]])
    judge("  rise for 1,000 articles", f"{rises:+.3f} MB", f"at most {GOAL} MB", rises <= GOAL)


@contextmanager
def served(articles: int) -> Iterator[str]:
    """The site in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.flood", str(articles)]
    site = subprocess.Popen(
        command, cwd=ROOT, env=environment(), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert site.stdout is not None
    try:
        yield site.stdout.readline().strip()
    finally:
        site.communicate()


def watched(work: Path, origin: str, articles: int) -> tuple[Sample, list[Sample], float]:
    """Run the night: what it held before the first article, as the articles came in, and at most."""
    (work / "hani.toml").write_text(CONFIG)
    options = ["--origin", origin, "--delay", "0", "--max-requests", str(2 * articles), "--max-minutes", "600"]
    command = [sys.executable, "-m", "jobs", "--db", str(work / "archive.db"), "nightly", "--full", *options]
    out = (work / "report").open("w")
    with (
        out,
        subprocess.Popen(
            command,
            cwd=work,
            env=environment(),
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.PIPE,
        ) as run,
    ):
        assert run.stderr is not None
        listed, samples, stored = Sample(0, 0, 0), list[Sample](), 0
        for line in run.stderr:
            if not _STORED.match(line):
                continue
            if stored == 0:
                listed = sample(run.pid, 0)
            stored += 1
            if stored % EVERY == 0:
                samples.append(sample(run.pid, stored))
        _, status, usage = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
    return listed, samples, usage.ru_maxrss / 1024


def sample(pid: int, articles: int) -> Sample:
    """What the process and its children hold now."""
    return Sample(articles, _status(pid, "VmRSS"), sum(_status(child, "VmRSS") for child in _children(pid)))


def _status(pid: int, name: str) -> float:
    """A figure of the kernel's in megabytes; 0 for a process that has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:")), 0.0)


def _children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        own = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []
    return [*own, *(grandchild for child in own for grandchild in _children(child))]


def slope(samples: list[Sample]) -> float:
    """Megabytes for 1,000 articles, by least squares."""
    if len(samples) < 2:
        return 0.0
    xs, ys = [s.articles / 1000 for s in samples], [s.both for s in samples]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)
