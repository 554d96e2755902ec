"""How long work that comes in steps shows that it lives: bars on a terminal, a line for each tenth elsewhere."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Steps = Callable[[str, int, int], None]
"""Told of each step: what is being done, how much of it, of how much."""

LINES = 10  # for each step
log = logging.getLogger("hani")


@contextmanager
def watching_steps() -> Iterator[Steps]:
    """How a rebuild shows that it lives: a bar on a terminal, plain lines elsewhere."""
    if sys.stderr.isatty():
        with _bar() as progress:
            yield progress
        return
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    said: dict[str, int] = {}

    def lines(step: str, done: int, of: int) -> None:
        tenth = LINES * done // of if of else LINES
        if said.get(step) != tenth:
            said[step] = tenth
            log.info("%s: %s of %s", step, f"{done:,}", f"{of:,}")

    yield lines


@contextmanager
def _bar() -> Iterator[Steps]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def show(step: str, done: int, of: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=of)
            bar.update(tasks[step], completed=done, total=of)

        yield show
