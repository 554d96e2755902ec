"""What the measurements share: processes under a time limit, medians, and how a result is printed."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
LIMIT = 240  # seconds; longer is a fault, not a measurement


def show(label: str, *figures: str) -> None:
    """Print one side of a ratio, or a remark."""
    print(f"  {label:<42}{'  '.join(figures)}", flush=True)


def judge(what: str, found: str, goal: str, met: bool) -> None:
    """Print a ratio beside its goal."""
    show(what, f"{found}   goal: {goal}   {'met' if met else 'MISSED'}")


def median(values: Sequence[float]) -> float:
    """The middle of what was measured."""
    return statistics.median(values)


def spread(values: Sequence[float], unit: str = "s", scale: float = 1.0) -> str:
    """The median with the least and the most, for a reader who wonders about noise."""
    low, middle, high = (scale * f(values) for f in (min, statistics.median, max))
    digits = 0 if unit == "ms" else 2
    return f"{middle:.{digits}f} {unit} ({low:.{digits}f} to {high:.{digits}f})"


def paired(rounds: int, *works: Callable[[], float]) -> list[list[float]]:
    """Do several works by turns, A B A B; what each gave, round by round."""
    found: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for values, work in zip(found, works, strict=True):
            values.append(work())
    return found


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """The median of the ratios taken round by round."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def environment(**more: str) -> dict[str, str]:
    """The environment of a measured process: nothing of ours in it but what is named."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HANI_", "SCRAPY_", "COVERAGE_"))}
    return kept | {"PYTHONPATH": str(ROOT)} | more


def wall(command: Sequence[object], cwd: Path, more: Mapping[str, str] | None = None) -> tuple[float, str]:
    """Run a process; its seconds from start to end, and what it printed."""
    began = time.perf_counter()
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment(**(more or {})),
        timeout=LIMIT,
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    took = time.perf_counter() - began
    if done.returncode:
        show(f"ended with {done.returncode}", Path(str(command[0])).name, done.stderr.strip()[-300:])
    return took, done.stdout
