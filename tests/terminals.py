"""A real terminal for the tests: a program in a pty of a given size, and the keys that a person presses."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import OF_THE_CALLER, PATIENCE, ROOT

# The program's session has the pty for its terminal: a pager reads its keys from there.
_BEGIN = "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"


@dataclass(frozen=True)
class Seen:
    code: int
    text: str

    @property
    def lines(self) -> list[str]:
        return self.text.replace("\r\n", "\n").rstrip("\n").split("\n")


def in_terminal(
    command: Sequence[str],
    cwd: Path,
    width: int = 80,
    height: int = 24,
    keys: Iterable[tuple[str, str]] = (),
    environment: Mapping[str, str] | None = None,
) -> Seen:
    """Run a program at a terminal; `keys` are pressed one after the other, each when its text has been shown."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
    env = {k: v for k, v in os.environ.items() if k not in OF_THE_CALLER}
    env |= {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **(environment or {})}
    start = [sys.executable, "-c", _BEGIN, *command]
    with subprocess.Popen(start, cwd=cwd, env=env, stdin=theirs, stdout=theirs, stderr=theirs) as running:
        os.close(theirs)
        try:
            text = _watched(ours, list(keys))
            return Seen(running.wait(PATIENCE), text)
        finally:
            running.kill()
            os.close(ours)


def _watched(terminal: int, keys: list[tuple[str, str]]) -> str:
    """All that is shown until the program ends."""
    shown, looked, end = b"", 0, time.monotonic() + PATIENCE
    with suppress(OSError):  # the terminal's end: on Linux an error
        while time.monotonic() < end:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            if not (more := os.read(terminal, 65536)):
                break
            shown += more
            if keys and keys[0][0].encode() in shown[looked:]:
                looked = len(shown)
                os.write(terminal, keys.pop(0)[1].encode())
    assert not keys, f"never shown: {keys[0][0]!r} in {shown.decode(errors='replace')!r}"
    return shown.decode()
