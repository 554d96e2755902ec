"""What is read, on standard output: as records in JSON, as Markdown, as a line."""

import json
import re
from collections.abc import Iterable
from typing import Any

import click

from archive.display.markup import steerless

# JSON leaves these as they are: what steers a terminal or turns the direction of writing, half a character of two.
_RAW = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def print_json(found: Any) -> None:
    """Print records; what could steer a terminal is spelt as JSON spells it."""
    text = json.dumps(found, ensure_ascii=False, indent=2)
    click.echo(_RAW.sub(lambda letter: f"\\u{ord(letter[0]):04x}", text))


def print_markdown(lines: Iterable[str]) -> None:
    """Print lines of Markdown, without blank ones at the end."""
    click.echo("\n".join(lines).rstrip("\n"))


def say(text: str = "") -> None:
    """Print a line whose words may come from the web."""
    click.echo(steerless(text))
