"""`python -m tests.benchmarks` takes all measurements, `python -m tests.benchmarks NAME ...` some."""

import argparse
import importlib
import time

NAMES = {
    "read": "bytes of a page to a record, beside trafilatura with metadata",
    "run": "a whole nightly run without delay, beside Scrapy that only downloads the same pages",
    "recrawl": "`hani recrawl ID`, beside `scrapy crawl` of one page",
    "help": "`hani --help`, beside bare Python",
    "bytes": "what 500 articles fetched four times take, beside gzip -6",
    "duplicates": "`hani duplicates` over 100,000 articles, and how much of what is alike it finds",
    "recheck": "edits caught by each policy of rechecking, simulated, at equal numbers of requests",
    "memory": "what a run over 20,000 articles holds in memory, and whether that grows",
    "history": "5,000 captures stored, rebuilt, reprocessed and asked, beside reading their pages",
}


def main() -> None:
    names = "\n".join(f"  {name:<12}{what}" for name, what in NAMES.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=f"Measurements:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="which to take (default: all)")
    chosen = parser.parse_args().names or list(NAMES)
    if unknown := [name for name in chosen if name not in NAMES]:
        parser.error(f"no measurement is called {unknown[0]!r}; there are {', '.join(NAMES)}")
    began = time.monotonic()
    for name in chosen:
        print(f"{name}: {NAMES[name]}", flush=True)
        importlib.import_module(f"tests.benchmarks.measure_{name}").measure()
        print(flush=True)
    print(f"{len(chosen)} measurements in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
