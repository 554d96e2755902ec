"""Colours by meaning, and whether anybody wants them. No colour says anything that the words do not say too."""

import os
import sys

CHOICES = ("auto", "always", "never")
STYLES = {
    "headline": "1",
    "label": "1",
    "faint": "2",
    "silent": "1;33",
    "kind": "36",
    "removed": "9;31",
    "added": "4;32",
    "figure": "1",
    "quote": "3",
    "found": "1;4",
    "good": "32",
    "doubt": "33",
    "bad": "31",
}
"""What each meaning looks like, as SGR codes: 1 bold, 2 faint, 3 italic, 4 underlined, 9 struck, 31 to 36 colours."""

STATUSES = {
    "live": "good",
    "returned": "good",
    "missing": "doubt",
    "moved": "doubt",
    "blocked": "doubt",
    "removed": "bad",
}
"""Where an article stands, as a meaning."""


def wants_colour(choice: str = "auto") -> bool:
    """Whether standard output is to have colours.

    An option wins; then NO_COLOR (no-color.org) over FORCE_COLOR and CLICOLOR_FORCE, these over the terminal's own state.
    """
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if any(os.environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return on_terminal() and os.environ.get("CLICOLOR") != "0"


def on_terminal() -> bool:
    """Whether a person looks at standard output, on a terminal that can do more than print."""
    return sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def paint(text: str, style: str) -> str:
    """A text in a style: the names of its meanings, with spaces between."""
    codes = ";".join(STYLES[name] for name in style.split())
    return f"\x1b[{codes}m{text}\x1b[0m" if codes and text else text
