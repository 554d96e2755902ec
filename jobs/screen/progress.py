"""How a long run shows that it lives: a bar on a terminal, lines in the log elsewhere."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from archive.frontier import Listed
from archive.store import Stored
from archive.text import printable
from crawler.session import Progress
from jobs.screen.steps import bar_with_rate, wants_bar

MOST_OF_A_LINE = 70  # characters beside a bar

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


def fields_of(kind: str, what: Any) -> dict[str, Any]:
    """A step as an entry of the log has it."""
    if kind == "stored":
        stored: Stored = what
        return {
            "event": kind,
            "article": stored.article_id,
            "outcome": stored.outcome.value,
            "url": stored.url,
            "version": stored.version_id,
            "kind": stored.kind,
            "silent": stored.silent,
            "reason": stored.reason,
        }
    listed: Listed = what
    return {"event": kind, "url": listed.url, "articles": len(listed.sightings), "error": listed.error}


@contextmanager
def watching() -> Iterator[Progress]:
    """What to tell of a run's steps, for the time of the run."""
    if wants_bar():
        with _bar() as progress:
            yield progress
        return

    def lines(kind: str, what: Any) -> None:
        if text := line_of(kind, what):
            log.info("%s", text, extra={"fields": fields_of(kind, what)})

    yield lines


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.markup import escape

    with bar_with_rate(60, "/min") as bar:
        task = bar.add_task("starting", total=None)
        done = 0

        def show(kind: str, what: Any) -> None:
            nonlocal done
            if kind == "agenda":
                bar.update(task, total=done + what + 1)
            elif text := line_of(kind, what):
                done += kind == "stored"
                bar.update(task, completed=done, description=escape(text[:MOST_OF_A_LINE]))

        yield show
