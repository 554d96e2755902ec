"""Two versions of an article beside each other."""

import sqlite3
from typing import Any

from archive.comparing.pieces import article_of
from archive.reads import queries
from archive.reads.timeline import timeline
from archive.web.answers import Asked, NotThere, Page
from archive.web.differences import Difference, differences

VIEWS = ("inline", "side")


def compare(connection: sqlite3.Connection, asked: Asked) -> Page:
    """What changed between two versions; without any named, between the last two."""
    number = int(asked.path["id"])
    found = queries.article(connection, number)
    if found["versions"] < 2:
        raise NotThere(f"Article {number} has one version: nothing has changed, so there is nothing to compare.")
    before, after = chosen(connection, asked, number, found["versions"])
    fields, text = differences(article_of(before), article_of(after))
    known = timeline(connection, number)
    return Page(
        "compare.html",
        {
            "article": found,
            "before": before,
            "after": after,
            "fields": fields,
            "text": text,
            "count": len(fields) + sum(isinstance(one, Difference) for one in text),
            "view": asked.one_of("view", VIEWS),
            "versions": known.versions,
            "next_to": before["number"] + 1 == after["number"],
            "size": after["size"] if before["number"] + 1 == after["number"] else None,
        },
    )


def chosen(
    connection: sqlite3.Connection, asked: Asked, number: int, versions: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two versions that are asked for, by number or id; the newest and the one before it where none is.

    Raises UnknownVersion.
    """
    later = asked.text("to") or str(versions)
    after = queries.numbered(connection, number, later)
    earlier = asked.text("from") or str(max(after["number"] - 1, 1))
    return queries.numbered(connection, number, earlier), after
