"""Reading: articles and versions; plain SQL over a read-only connection."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from archive.comparing.comparison import SAME, Piece, paragraphs, words
from archive.errors import UnknownArticle, UnknownVersion
from archive.records import FetchOutcome

FIELDS = ("title", "subtitle", "byline", "authors", "section", "posted_at", "modified_at", "original_url")
MOST_NAMED = 10  # versions that are named to somebody who asked for another
LEAST_OF_AN_ID = 4  # characters; fewer name nothing for sure

Row = dict[str, Any]


def article(connection: sqlite3.Connection, article_id: int) -> Row:
    """An article as it stands, with its images.

    Raises UnknownArticle.
    """
    row = connection.execute("select * from articles where id = ?", [article_id]).fetchone()
    if row is None:
        raise UnknownArticle(_unknown(connection, article_id))
    newest = connection.execute(
        "select id from versions where article_id = ? order by number desc limit 1", [article_id]
    ).fetchone()
    return {**_record(row), "version_id": newest["id"], "images": images(connection, newest["id"])}


def summary(connection: sqlite3.Connection, article_id: int) -> Row | None:
    """An article as a list shows it, without its text; None for one that is not there."""
    row = connection.execute(
        "select id, title, section, posted_at, status, versions, silent_edits, edited_at from articles where id = ?",
        [article_id],
    ).fetchone()
    return None if row is None else dict(row)


def _unknown(connection: sqlite3.Connection, article_id: int) -> str:
    asked = connection.execute(
        "select c.outcome, c.error, c.fetched_at, c.payload_digest, r.reason, r.detail from captures c"
        " left join readings r on r.payload_digest = c.payload_digest and r.status = 'refused'"
        " where c.article_id = ? order by c.payload_digest is null, c.fetched_at desc limit 1",
        [article_id],
    ).fetchone()
    if asked is None:
        return f"article {article_id} is not in the archive; give its address to `hani recrawl` to fetch it"
    why = asked["error"] or (f"{asked['reason']}: {asked['detail']}" if asked["reason"] else asked["outcome"])
    kept = f"; its capture is kept, as payload {asked['payload_digest']}" if asked["payload_digest"] else ""
    return (
        f"article {article_id} was asked for on {asked['fetched_at']} but no version of it could be read ({why}){kept}"
    )


def _record(row: sqlite3.Row) -> Row:
    found = dict(row)
    found["authors"] = json.loads(found["authors"])
    found["body"] = found["body"].split("\n\n")
    return found


def images(connection: sqlite3.Connection, version_id: str) -> list[Row]:
    """The pictures of a version, in order."""
    rows = connection.execute(
        "select src, caption, credit from images where version_id = ? order by position", [version_id]
    )
    return [dict(row) for row in rows]


def versions(connection: sqlite3.Connection, article_id: int) -> list[Row]:
    """All versions of an article, oldest first.

    Raises UnknownArticle.
    """
    rows = connection.execute("select * from versions where article_id = ? order by number", [article_id]).fetchall()
    if not rows:
        raise UnknownArticle(_unknown(connection, article_id))
    return [{**_record(row), "images": images(connection, row["id"])} for row in rows]


def versions_from(connection: sqlite3.Connection, article_id: int, number: int, limit: int, letters: int) -> list[Row]:
    """An article's versions from the one of that number on, oldest first.

    At most `limit`, and, but for the first, no more than have so many letters together.
    """
    query = "select * from versions where article_id = ? and number >= ? order by number limit ?"
    found: list[Row] = []
    for row in connection.execute(query, [article_id, number, limit]):
        letters -= len(row["title"]) + len(row["body"])
        if found and letters < 0:
            break
        found.append({**_record(row), "images": images(connection, row["id"])})
    return found


def version(connection: sqlite3.Connection, article_id: int, which: str) -> Row:
    """One version of an article, by its number or its id (or the beginning of that).

    An id that was given out once leads on for ever: where a better cleaner has merged its version into another one, or an
    earlier copy has come in, that one is found, with `asked_id` saying what was asked for.

    Raises UnknownArticle, UnknownVersion.
    """
    exact = connection.execute("select * from versions where id = ? and article_id = ?", [which, article_id]).fetchone()
    if exact is not None:
        return {**_record(exact), "images": images(connection, exact["id"])}
    listed = versions(connection, article_id)
    for candidate in listed:
        if which == str(candidate["number"]) or which == candidate["id"]:
            return candidate
    starts = [v for v in listed if _begins(v["id"], which)]
    if len(starts) == 1:
        return starts[0]
    if not starts and (survivor := _survivor(connection, article_id, which, listed)):
        return survivor
    known = ", ".join(f"{v['number']} ({v['id']})" for v in listed[-MOST_NAMED:])
    if len(listed) > MOST_NAMED:
        known = f"{len(listed)}, the last of them {known}"
    raise UnknownVersion(f"article {article_id} has no version {which[:80]!r}; it has {known}")


def numbered(connection: sqlite3.Connection, article_id: int, which: str) -> Row:
    """One version as `version` finds it; by its number without reading the others.

    Raises UnknownArticle, UnknownVersion.
    """
    if which.isascii() and which.isdigit() and len(which) <= 6:
        query = "select * from versions where article_id = ? and number = ?"
        row = connection.execute(query, [article_id, int(which)]).fetchone()
        if row is not None:
            return {**_record(row), "images": images(connection, row["id"])}
    return version(connection, article_id, which)


def _begins(version_id: str, which: str) -> bool:
    fingerprint = version_id.partition("@")[2]
    return len(which) >= LEAST_OF_AN_ID and (version_id.startswith(which) or fingerprint.startswith(which))


def _survivor(connection: sqlite3.Connection, article_id: int, which: str, listed: list[Row]) -> Row | None:
    """The version that now holds the capture after which an id was made: ids are derived, so every capture has one."""
    # Imported here: what makes versions out of captures takes longer to import than most questions take to answer.
    from archive.captures import observations
    from archive.history import order, version_id

    for seen in sorted(observations(connection, article_id), key=order):
        own = version_id(article_id, seen)
        if _begins(own, which) and seen.outcome in (FetchOutcome.OK, FetchOutcome.NOT_MODIFIED):
            then = [v for v in listed if v["first_seen_at"] <= seen.fetched_at]
            return {**(then[-1] if then else listed[0]), "asked_id": own}
    return None


def compare(before: Row, after: Row) -> Row:
    """What changed between two versions of an article, field by field and word by word."""
    changed: Row = {}
    for name in FIELDS:
        if before[name] != after[name]:
            changed[name] = _pieces([words(_text(before[name]), _text(after[name]))])[0]
    if before["body"] != after["body"]:
        compared = paragraphs(before["body"], after["body"])
        changed["body"] = [
            {"paragraph": n, "pieces": pieces}
            for n, pieces in enumerate(_pieces(compared), 1)
            if any(piece["kind"] != SAME for piece in pieces)
        ]
    for name, label in (("caption", "captions"), ("src", "images")):
        old, new = ([i[name] for i in v["images"] if i[name]] for v in (before, after))
        if old != new:
            changed[label] = [p for p in _pieces(paragraphs(old, new)) if any(q["kind"] != SAME for q in p)]
    return {
        "article_id": after["article_id"],
        "before": {"id": before["id"], "number": before["number"], "first_seen_at": before["first_seen_at"]},
        "after": {
            "id": after["id"],
            "number": after["number"],
            "first_seen_at": after["first_seen_at"],
            "kind": after["kind"],
            "silent": bool(after["silent"]),
        },
        "changed": changed,
    }


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _pieces(compared: list[list[Piece]]) -> list[list[Mapping[str, str]]]:
    return [[{"kind": piece.kind, "text": piece.text} for piece in line] for line in compared]
