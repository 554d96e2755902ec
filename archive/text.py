"""Text for a terminal: what came from the web must not steer it."""

import re

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """A text without control characters and without marks that turn the direction of writing."""
    return _STEERING.sub("", text)
