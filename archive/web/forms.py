"""What forms are filled with, and how what was filled in is understood."""

import sqlite3
from datetime import datetime, timedelta

from archive.times import KST, stamp
from archive.web.answers import Asked, NotAllowed

MOST_SECTIONS = 100  # in a list to choose from

# Each section by one look at the index: the next one after the last.
_SECTIONS = """
with recursive found(section) as (
  select min(section) from articles where section is not null
  union all
  select (select min(section) from articles where section > found.section) from found where found.section is not null
) select section from found where section is not null limit ?
"""


def sections(connection: sqlite3.Connection) -> list[str]:
    """The sections that articles are in."""
    return [row[0] for row in connection.execute(_SECTIONS, [MOST_SECTIONS])]


def day_asked(asked: Asked, name: str, problems: list[str]) -> tuple[str | None, str | None]:
    """A day in Korea as its beginning and its end in UTC; a sentence is added to `problems` where it is none."""
    text = asked.text(name)
    if text is None:
        return None, None
    begin = day_begin(text)
    if begin is None:
        problems.append(f"{text[:40]!r} is no day such as 2026-11-23; it is left out.")
        return None, None
    return stamp(begin), stamp(begin + timedelta(days=1))


def period_asked(asked: Asked, name: str, problems: list[str]) -> tuple[str | None, str | None]:
    """A year, a month or a day in Korea as its beginning and its end in UTC; a sentence for `problems` where it is none."""
    text = asked.text(name)
    if text is None:
        return None, None
    found = period(text)
    if found is None:
        problems.append(f"{text[:40]!r} is no year, month or day such as 2026, 2026-11 or 2026-11-23; it is left out.")
        return None, None
    return stamp(found[0]), stamp(found[1])


def period(text: str) -> tuple[datetime, datetime] | None:
    """Beginning and end of a year (`2026`), a month (`2026-11`) or a day (`2026-11-23`) in Korea; None for any other text."""
    begin = day_begin(text + "-01-01"[len(text) - 4 :]) if len(text) in (4, 7, 10) else None
    if begin is None:
        return None
    if len(text) == 10:
        return begin, begin + timedelta(days=1)
    months = 12 if len(text) == 4 else 1
    years, month = divmod(begin.month - 1 + months, 12)
    return begin, begin.replace(year=begin.year + years, month=month + 1)


def day_begin(text: str) -> datetime | None:
    """The beginning of a day in Korea; None for a text that names none."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=KST)
        return day if len(text) == 10 and 1900 <= day.year <= 9000 else None
    except ValueError:
        return None


def strictly(problems: list[str]) -> None:
    """Refuse what was not understood: a page says what it left out, but nobody looks at a feed or an answer for programs.

    Raises NotAllowed.
    """
    if problems:
        what, _, instead = problems[0].rpartition(";")
        raise NotAllowed(f"{what or instead.rstrip('.')}.")
