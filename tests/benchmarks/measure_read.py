"""Bytes of a page → a record, in pages per second, beside trafilatura with metadata on the same pages.

Both get the bytes as they came; each reads all pages once unmeasured, then they take turns.
"""

import logging
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from archive.records import Article
from crawler.extraction import read_page
from jobs.replica import Replica
from jobs.replica.site import HERE
from tests.benchmarks.fetching import pages
from tests.benchmarks.tools import judge, median, paired, ratio, show

ROUNDS = 5
GOAL = 4.0


def measure() -> None:
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    logging.getLogger("htmldate").setLevel(logging.CRITICAL)
    with Replica(log=False) as site:
        rendered = [page.body for page in pages(site)]
    written = [path.read_bytes() for path in sorted((HERE / "pages").glob("*/*.html"))]
    rendered = [body for body in rendered if body not in written]
    show("command", "read_page(body)  beside  trafilatura.bare_extraction(body, with_metadata=True)")

    def beside(body: bytes) -> Any:
        return trafilatura.bare_extraction(body, with_metadata=True)

    for what, bodies in (("rendered", rendered), ("hand-written", written)):
        _compare(what, bodies, beside)


def _compare(what: str, bodies: Sequence[bytes], beside: Callable[[bytes], Any]) -> None:
    read = sum(isinstance(read_page(body), Article) for body in bodies)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = sum(beside(body) is not None for body in bodies)
        ours, theirs = paired(ROUNDS, lambda: _seconds(read_page, bodies), lambda: _seconds(beside, bodies))
    size = sum(map(len, bodies)) / len(bodies) / 1000
    count = len(bodies)
    show(f"{count} {what} pages of {size:.0f} kB")
    show("  hani", f"{count / median(ours):.0f} pages/s", f"({read} read)")
    show("  trafilatura", f"{count / median(theirs):.0f} pages/s", f"({found} read)")
    times = ratio(theirs, ours)
    judge("  hani's pages over trafilatura's", f"{times:.2f} times", f"at least {GOAL:g} times", times >= GOAL)


def _seconds(read: Callable[[bytes], Any], bodies: Sequence[bytes]) -> float:
    began = time.perf_counter()
    for body in bodies:
        read(body)
    return time.perf_counter() - began
