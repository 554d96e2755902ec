"""What a page is asked and what it answers; the records between the views and Datasette."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from archive.web.addresses import ROOT, Addresses, query

LONGEST_ASKED = 2_000  # characters of one parameter: no search is longer


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: the parts of its path, its parameters (the last of each name), and where it was asked.

    `here` makes addresses for links on this server, `abroad` whole ones, for what leaves it. `now` is the moment, in UTC; `database`
    the address of Datasette's own page of the archive; `indexed` whether search engines may come, `payloads` whether raw pages may
    be had.
    """

    path: Mapping[str, str]
    given: Mapping[str, str]
    here: Addresses
    abroad: Addresses
    now: str
    address: str
    database: str = ""
    indexed: bool = False
    payloads: bool = False

    @property
    def at(self) -> str:
        """The name of the page, such as `changes`."""
        return self.address.partition("?")[0].partition(f"{ROOT}/")[2].partition("/")[0]

    def again(self, **other: object) -> str:
        """The address of the same page with other parameters; None takes one away."""
        return self.address.partition("?")[0] + query({**self.given, **other})

    def kept(self, *names: str) -> dict[str, str]:
        """The parameters of these names that were given."""
        return {name: self.given[name] for name in names if self.given.get(name)}

    def text(self, name: str) -> str | None:
        """A parameter without the spaces around it; None where it is empty."""
        return self.given.get(name, "").strip()[:LONGEST_ASKED] or None

    def flag(self, name: str) -> bool:
        """Whether a box is ticked."""
        return self.given.get(name, "") not in ("", "0", "off", "false", "no")

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number from 1 to `most`; what is none counts as the default."""
        raw = self.given.get(name, "").strip()
        return min(max(int(raw), 1), most) if raw.isascii() and raw.isdigit() and len(raw) < 12 else default

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        """One of a few words; the first counts for any other."""
        given = self.given.get(name, "")
        return given if given in allowed else allowed[0]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of HTML: its template, and what that shows."""

    template: str
    shows: Mapping[str, Any]
    status: int = 200


@dataclass(frozen=True, slots=True)
class File:
    """Anything else: bytes of a kind; `changed_at` the moment (UTC) after which it is another."""

    body: bytes
    kind: str
    status: int = 200
    changed_at: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another address that is meant, on this server."""

    address: str


Answer = Page | File | Elsewhere
View = Callable[[sqlite3.Connection, Asked], Answer]


class NotThere(Exception):
    """What was asked for does not exist; says so in one sentence."""


class NotAllowed(Exception):
    """What was asked cannot be answered as it was asked; says so in one sentence."""
