"""How long work that comes in steps shows that it lives: bars on a terminal, lines in the log elsewhere."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jobs import logs

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

Steps = Callable[[str, int, int], None]
"""Told of each step: what is being done, how much of it, of how much."""

LINES = 10  # for each step
log = logging.getLogger("hani")


def wants_bar() -> bool:
    """Whether a bar is to be shown: on a terminal, unless the log is to have each step, or nothing."""
    return sys.stderr.isatty() and logs.level() == "normal" and not logs.as_json()


@contextmanager
def watching_steps() -> Iterator[Steps]:
    """How a rebuild shows that it lives: a bar on a terminal, lines in the log elsewhere."""
    if wants_bar():
        with bar_with_rate(1, "/s") as bar:
            yield _on_bar(bar)
        return
    said: dict[str, int] = {}

    def lines(step: str, done: int, of: int) -> None:
        tenth = LINES * done // of if of else LINES
        if said.get(step) != tenth:
            said[step] = tenth
            fields = {"event": "step", "step": step, "done": done, "of": of}
            log.info("%s: %s of %s", step, f"{done:,}", f"{of:,}", extra={"fields": fields})

    yield lines


def _on_bar(bar: "Bar") -> Steps:
    tasks: dict[str, Any] = {}

    def show(step: str, done: int, of: int) -> None:
        if step not in tasks:
            tasks[step] = bar.add_task(step, total=of)
        bar.update(tasks[step], completed=done, total=of)

    return show


@contextmanager
def bar_with_rate(seconds: int, unit: str) -> Iterator["Bar"]:
    """A bar with how much is done, at which rate in so many seconds, since when, and how long it will take yet."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed * seconds:,.0f}{unit}" if task.speed else f"–{unit}")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield bar
