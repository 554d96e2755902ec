"""Processes that share work: spawned, in step with their parent, and never left behind."""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import Any, Protocol, TypeVar

Given = TypeVar("Given")
Found = TypeVar("Found")


class Each(Protocol):
    """Do one work with each item; the results in the order of the items."""

    def __call__(self, work: Callable[[Given], Found], items: Iterable[Given], /) -> Iterator[Found]:
        """As `map` does."""


@contextmanager
def workers(count: int, begin: Callable[..., None] | None = None, *args: Any) -> Iterator[Each]:
    """So many processes; each calls `begin` with `args` first. They are spawned: a fork would take open files along.

    Raises ChildProcessError when one was killed.
    """
    pool = ProcessPoolExecutor(count, get_context("spawn"), _begin, (begin, args))
    try:
        yield pool.map
    except BrokenProcessPool:
        raise ChildProcessError("a process was killed amid the work (no memory left?); nothing was changed") from None
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(begin: Callable[..., None] | None, args: tuple[Any, ...]) -> None:
    """A worker ends with its parent: Ctrl-C is the parent's to handle, and nobody else stops one whose parent died."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    if begin is not None:
        begin(*args)
