"""The clock of a crawl: the machine's, or, on a replica or a mirror, one that was set."""

import os
import re
from datetime import UTC, datetime

import click

from archive.times import Clock, now

VARIABLE = "HANI_NOW"


def moment_in(text: str, what: str) -> datetime:
    """A moment that a person gave, with its zone.

    Raises UsageError for a time that is none, or that has no zone.
    """
    zoned = re.sub(r"\s*KST$", "+09:00", text.strip())
    try:
        moment = datetime.fromisoformat(zoned if zoned.isascii() else "")
        if moment.year in (datetime.min.year, datetime.max.year):  # a day before or after it may be no time any more
            raise ValueError(moment)
    except (ValueError, OverflowError):
        raise click.UsageError(f"{what} {text!r} is no time such as 2023-06-09T08:50:00Z.") from None
    if moment.tzinfo is None:
        raise click.UsageError(f"{what} {text!r} has no zone: write {text}Z for UTC or {text}+09:00 for Korea.")
    return moment.astimezone(UTC)


def clock_for(origin: str | None) -> Clock:
    """The clock for a crawl: it starts at HANI_NOW, where that is set, and goes on from there.

    So a history of weeks can be played on a replica in a minute. Against the site itself it is refused: a capture's time is
    evidence.

    Raises UsageError.
    """
    given = os.environ.get(VARIABLE)
    if given is None:
        return now
    if origin is None:
        raise click.UsageError(f"{VARIABLE} sets the clock of a replica or a mirror; it needs --origin.")
    ahead = moment_in(given, VARIABLE) - now()
    return lambda: now() + ahead


def reading_clock() -> Clock:
    """The clock of a command that only reads: it starts at HANI_NOW, where that is set.

    Raises UsageError.
    """
    given = os.environ.get(VARIABLE)
    ahead = moment_in(given, VARIABLE) - now() if given is not None else None
    return (lambda: now() + ahead) if ahead is not None else now
