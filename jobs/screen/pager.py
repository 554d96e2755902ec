"""Showing a text: through the reader's pager where it is longer than the screen, else as it is."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterable

import click

from jobs.cli import Options
from jobs.screen.colours import on_terminal
from jobs.screen.terminal import Line, Screen, cells, painted

PAGER = "less"
LESS = "-RFX"  # R: colours; F: no pager where it all fits; X: the text stays on the screen when it ends. As git has it.
NOT_RUN = (126, 127)  # the shell's codes for a program that cannot be run, or is not there
_CODES = re.compile("\x1b\\[[0-9;]*m")


def put(lines: Iterable[Line], where: Screen, options: Options) -> None:
    """Print lines for people."""
    text = painted(lines, where.colour)
    command = pager() if options.pager and on_terminal() and not _fits(text) else ""
    if not command or not _paged(text, command):
        click.echo(text, color=where.colour)


def pager() -> str:
    """The command that shows long texts; empty for none."""
    named = next((os.environ[name] for name in ("HANI_PAGER", "PAGER") if name in os.environ), PAGER).strip()
    return "" if named == "cat" else named


def _fits(text: str) -> bool:
    """Whether a text is seen whole, with the next prompt below it."""
    try:
        width, height = os.get_terminal_size(sys.stdout.fileno())
    except OSError:
        return True
    rows = sum(-(-(cells(_CODES.sub("", line)) or 1) // (width or 1)) for line in text.split("\n"))
    return rows < height


def _less(own: str) -> str:
    """The reader's own options for less, and that it lets colours through."""
    if not own:
        return LESS
    return f"-R {own}" if own.startswith("-") else f"-R{own}"


def _paged(text: str, command: str) -> bool:
    """Hand a text to the pager, which a shell starts, as POSIX has it; False where that could not be run.

    Ctrl-C is the pager's while it shows. One that is left before it has read everything has shown what was wanted.
    """
    environment = {**os.environ, "LESS": _less(os.environ.get("LESS", ""))}
    running = subprocess.Popen(command, shell=True, stdin=subprocess.PIPE, env=environment)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        running.communicate(text.encode("utf-8", "replace") + b"\n")
    finally:
        signal.signal(signal.SIGINT, before)
    return running.returncode not in NOT_RUN
