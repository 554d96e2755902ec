"""How a long run shows that it lives: a bar on a terminal, plain lines elsewhere."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from archive.frontier import Listed
from archive.store import Stored
from archive.text import printable
from crawler.session import Progress

log = logging.getLogger("hani")


def line_of(kind: str, what: Any) -> str | None:
    """A step as one line; None for one that is not worth a line."""
    if kind == "stored":
        stored: Stored = what
        detail = stored.reason or stored.title or ""
        change = (
            f" ({stored.kind}{', silent' if stored.silent else ''})" if stored.kind and stored.kind != "first" else ""
        )
        return printable(f"{stored.outcome.value}{change} {stored.article_id} {detail}")
    if kind == "listing":
        listed: Listed = what
        return printable(f"list {listed.url} {listed.error or f'{len(listed.sightings)} articles'}")
    return None


def worth_saying(record: logging.LogRecord) -> bool:
    """Scrapy's own log is for warnings alone: each step is told of by the session."""
    return record.levelno >= logging.WARNING or record.name.startswith("hani")


@contextmanager
def watching() -> Iterator[Progress]:
    """What to tell of a run's steps, for the time of the run."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    for handler in logging.getLogger().handlers:
        handler.addFilter(worth_saying)
    if sys.stderr.isatty():
        with _bar() as progress:
            yield progress
        return
    log.setLevel(logging.INFO)

    def lines(kind: str, what: Any) -> None:
        if text := line_of(kind, what):
            log.info("%s", text)

    yield lines


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        done = 0

        def show(kind: str, what: Any) -> None:
            nonlocal done
            if kind == "agenda":
                bar.update(task, total=done + what + 1)
            elif text := line_of(kind, what):
                done += kind == "stored"
                bar.update(task, completed=done, description=escape(text[:70]))

        yield show
