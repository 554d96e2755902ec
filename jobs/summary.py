"""A run in one line."""

from collections.abc import Mapping
from typing import Any

TOLD = ("new", "changed", "gone", "refused", "blocked", "failed", "left_over")


def summary(report: Mapping[str, Any]) -> str:
    """What a run came to: `run 2 (hani nightly) done: 99 requests, 7 new, 15 changed (5 silent), 1 gone`."""
    parts = [f"{report['requests']} requests"]
    for name in TOLD:
        if count := report["outcomes"][name]:
            silent = f" ({report['silent']} silent)" if name == "changed" and report["silent"] else ""
            parts.append(f"{count} {name.replace('_', ' ')}{silent}")
    return f"run {report['run']} ({report['command']}) {report['status'].replace('_', ' ')}: {', '.join(parts)}"
