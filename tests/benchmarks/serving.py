"""A copy of the site in a process of its own, which can tell what it was asked.

`python -m tests.benchmarks.serving [ARTICLES]` prints its origin. Each line on its standard input is answered by a
line of JSON: the [host, target] of all requests since the last one. It ends when its input does.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from jobs.replica import Replica
from tests.benchmarks.tools import LIMIT, ROOT, environment


class Served:
    """Serves a folder of articles (None: the bundled site) while the block runs."""

    def __init__(self, articles: Path | None = None) -> None:
        self._command = [sys.executable, "-m", __name__, *([str(articles)] if articles else [])]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, env=environment(), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.origin = self._line()
        return self

    def asked(self) -> list[tuple[str, str]]:
        """Host and target of each request since the last time."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return [(host, target) for host, target in json.loads(self._line())]

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


def _pages(articles: Path | None, empty: str) -> Path | None:
    """The raw pages belong to the bundled site alone."""
    return Path(empty) if articles else None


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as empty, Replica(articles=folder, pages=_pages(folder, empty)) as site:
        print(site.origin, flush=True)
        for _ in sys.stdin:
            asked = [(request.host, request.target) for request in site.requests]
            site.requests.clear()
            print(json.dumps(asked), flush=True)


if __name__ == "__main__":
    main()
