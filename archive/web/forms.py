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
