"""Moments as the archive writes them: UTC, to the second, `2023-06-09T08:50:00Z`.

The form sorts as text, so records keep moments as `str` and compare them directly.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

KST = timezone(timedelta(hours=9), "KST")  # Korea has had no summer time since 1988

Clock = Callable[[], datetime]
"""Returns now, timezone-aware."""


def now() -> datetime:
    """The present moment; passed in everywhere as the default `Clock`."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """An aware moment as UTC text.

    Raises ValueError for a naive one, whose zone would have to be guessed.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def moment(text: str) -> datetime:
    """The aware moment that `stamp` wrote."""
    return datetime.fromisoformat(text)


def kst(text: str | None) -> str:
    """A stored moment as people in Seoul read it: `2023-06-09 17:50 KST`; a dash for none."""
    return moment(text).astimezone(KST).strftime("%Y-%m-%d %H:%M KST") if text else "–"


def seconds_between(earlier: str, later: str) -> float:
    """Seconds from one stored moment to another; negative when the order is reversed."""
    return (moment(later) - moment(earlier)).total_seconds()
