"""`python -m tests.benchmarks` takes all measurements, `python -m tests.benchmarks NAME ...` some."""

import argparse
import importlib
import time
from pathlib import Path

NAMES = {
    "read": "bytes of a page to a record, beside trafilatura with metadata",
    "run": "a whole nightly run without delay, beside Scrapy that only downloads the same pages",
    "recrawl": "`hani recrawl ID`, beside `scrapy crawl` of one page",
    "help": "`hani --help`, beside bare Python",
    "bytes": "what 500 articles fetched four times take, beside gzip -6",
    "duplicates": "`hani duplicates` over 100,000 articles, and how much of what is alike it finds",
    "recheck": "edits caught by each policy of rechecking, simulated, at equal numbers of requests",
    "memory": "what a run over 20,000 articles holds in memory, and whether that grows",
    "reading": "every page over 100,000 articles with 150,000 versions, beside its bare SQL",
    "history": "5,000 captures stored, rebuilt, reprocessed and asked, beside reading their pages",
}

KEEPING = ("reading",)
"""Those whose making takes minutes, and may be kept for the next time."""


def main() -> None:
    names = "\n".join(f"  {name:<12}{what}" for name, what in NAMES.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=f"Measurements:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="which to take (default: all)")
    parser.add_argument(
        "--keep", metavar="FOLDER", type=Path, help="where `reading` keeps its archive, 2 GB, and finds it again"
    )
    given = parser.parse_args()
    chosen = given.names or list(NAMES)
    if unknown := [name for name in chosen if name not in NAMES]:
        parser.error(f"no measurement is called {unknown[0]!r}; there are {', '.join(NAMES)}")
    began = time.monotonic()
    for name in chosen:
        print(f"{name}: {NAMES[name]}", flush=True)
        measurement = importlib.import_module(f"tests.benchmarks.measure_{name}")
        measurement.measure(*([given.keep] if name in KEEPING else []))
        print(flush=True)
    print(f"{len(chosen)} measurements in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
