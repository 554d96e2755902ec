"""Days and moments as people give them."""

import re
from datetime import UTC, datetime, time, timedelta

import click

from archive.times import KST, moment, stamp
from jobs.clock import moment_in

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.A)


def from_day(text: str, what: str) -> str:
    """A moment in UTC; of a bare day (`2026-11-23`) its beginning in Korea.

    Raises UsageError.
    """
    return stamp(_moment(text, what, time.min))


def until_day(text: str, what: str) -> str:
    """A moment in UTC; of a bare day its last second in Korea.

    Raises UsageError.
    """
    return stamp(_moment(text, what, time(23, 59, 59)))


def before_day(text: str, what: str) -> str:
    """The first moment in UTC after `until_day`: what is before it is up to then.

    Raises UsageError.
    """
    at = until_day(text, what)
    try:
        return stamp(moment(at) + timedelta(seconds=1))
    except OverflowError:
        return at


def _moment(text: str, what: str, at: time) -> datetime:
    if not _DAY.fullmatch(text.strip()):
        return moment_in(text, what)
    try:
        day = datetime.strptime(text.strip(), "%Y-%m-%d")
        return datetime.combine(day, at, KST).astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.UsageError(f"{what} {text!r} is no day such as 2026-11-23.") from None
