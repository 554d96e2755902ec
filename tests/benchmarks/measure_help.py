"""`hani --help`, whole process, over a Python that does nothing."""

import sys
import tempfile
from pathlib import Path

from tests.benchmarks.tools import BIN, judge, median, paired, show, spread, wall

ROUNDS = 15
GOAL = 0.150


def measure() -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        ours, bare = paired(
            ROUNDS,
            lambda: wall([BIN / "hani", "--help"], work)[0],
            lambda: wall([sys.executable, "-c", "pass"], work)[0],
        )
    show("command", "hani --help  beside  python -c pass")
    show("  hani --help", spread(ours, "ms", 1000))
    show("  python -c pass", spread(bare, "ms", 1000))
    more = median([a - b for a, b in zip(ours, bare, strict=True)])
    judge("  more than bare Python", f"{1000 * more:.0f} ms", f"at most {1000 * GOAL:.0f} ms", more <= GOAL)
