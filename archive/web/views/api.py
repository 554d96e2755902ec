"""The archive for programs: JSON with the same records as the command line's. docs/api.md has an example of each."""

import json
import re
import sqlite3
from collections.abc import Mapping
from typing import Any

from archive.comparing.changes import changes_between
from archive.comparing.pieces import article_of, as_row
from archive.reads import edits, overview, queries
from archive.reads import search as searching
from archive.reads.search import MARK, UNMARK
from archive.web.answers import Asked, File, NotAllowed, NotThere
from archive.web.entries import parts_by_edit
from archive.web.forms import strictly
from archive.web.views.article import version_named
from archive.web.views.changes import wanted_of
from archive.web.views.compare import chosen
from archive.web.views.search import sought_of

JSON = "application/json; charset=utf-8"
SIZE, MOST_SIZE = 50, 100  # rows of an answer
MOST_PARTS = 100  # changes of one edit in a list
MOST_LETTERS = 5_000_000  # of the texts of the versions in one answer; a thousand ordinary articles
LONGEST_TEXT = 5_000  # letters of a text in a list of changes; the difference itself has it whole
MOST_PAGES = 1_000

Row = Mapping[str, Any]


def answer(record: Mapping[str, Any]) -> File:
    """A record as JSON."""
    return File(
        (json.dumps({"ok": True, **record}, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace"), JSON
    )


def number_of(asked: Asked) -> int:
    """The article that the address names.

    Raises NotAllowed.
    """
    raw = asked.path["id"]
    if re.fullmatch(r"0*[1-9][0-9]{0,11}", raw, re.A) is None:
        raise NotAllowed(f"An article is named by its number, such as 1095276, not {raw[:40]!r}.")
    return int(raw)


def article(connection: sqlite3.Connection, asked: Asked) -> File:
    """An article as it stands."""
    number = number_of(asked)
    return answer({**queries.article(connection, number), "links": links(asked, number)})


def links(asked: Asked, number: int) -> Row:
    """Where more of an article is."""
    of = f"article/{number}"
    return {
        "page": asked.abroad.article(number),
        "versions": asked.abroad.page(f"{of}/versions.json"),
        "diff": asked.abroad.page(f"{of}/diff.json"),
    }


def versions(connection: sqlite3.Connection, asked: Asked) -> File:
    """An article's versions, oldest first; `first` is the number of the first one."""
    number = number_of(asked)
    count = queries.article(connection, number)["versions"]
    first, size = asked.number("first", 1, 10**9), asked.number("size", SIZE, MOST_SIZE)
    found = queries.versions_from(connection, number, first, size, MOST_LETTERS)
    kinds = edits.kinds_of(connection, [row["id"] for row in found])
    shown = [{**row, "kinds": kinds.get(row["id"], []), "address": asked.abroad.version(row["id"])} for row in found]
    last = found[-1]["number"] if found else count
    again = asked.abroad.page(f"article/{number}/versions.json", first=last + 1, size=asked.text("size"))
    return answer({"article_id": number, "count": count, "versions": shown, "next": again if last < count else None})


def version(connection: sqlite3.Connection, asked: Asked) -> File:
    """A version, by its id."""
    found = version_named(connection, asked.path["version"])
    kinds = edits.kinds_of(connection, [found["id"]]).get(found["id"], [])
    return answer({**found, "kinds": kinds, "address": asked.abroad.version(found["id"])})


def diff(connection: sqlite3.Connection, asked: Asked) -> File:
    """What changed between two versions, word by word, and of which kinds each change is."""
    number = number_of(asked)
    count = queries.article(connection, number)["versions"]
    if count < 2 and not (asked.text("from") and asked.text("to")):
        raise NotThere(f"Article {number} has one version: nothing has changed.")
    before, after = chosen(connection, asked, number, count)
    told = [as_row(change) for change in changes_between(article_of(before), article_of(after))]
    page = asked.abroad.compare(number, before["id"], after["id"])
    return answer({**queries.compare(before, after), "changes": told, "address": page})


def changes(connection: sqlite3.Connection, asked: Asked) -> File:
    """The edits that the page of changes shows for the same parameters, each with what it changed."""
    wanted, problems = wanted_of(asked)
    strictly(problems)
    page, size = paged(asked)
    found = edits.stream(connection, wanted, size + 1, (page - 1) * size)
    by_edit = parts_by_edit(edits.parts(connection, [edit["id"] for edit in found[:size]]))
    shown = [
        {
            **edit,
            "changes": [_part(part) for part in by_edit.get(edit["id"], [])[:MOST_PARTS]],
            "address": asked.abroad.compare(edit["article_id"], edit["number"] - 1, edit["number"]),
        }
        for edit in found[:size]
    ]
    return answer({"edits": shown, "next": following_page(asked, "changes.json", len(found) > size)})


def _part(part: Row) -> Row:
    kept = {name: value for name, value in part.items() if name != "version_id"}
    return {**kept, "before": _shortened(part["before"]), "after": _shortened(part["after"])}


def _shortened(text: str | None) -> str | None:
    return text if text is None or len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def paged(asked: Asked) -> tuple[int, int]:
    """Which page is asked for, and of how many rows."""
    return asked.number("page", 1, MOST_PAGES), asked.number("size", SIZE, MOST_SIZE)


def following_page(asked: Asked, name: str, more: bool) -> str | None:
    """The address of the next page, if there is one."""
    page, _ = paged(asked)
    return asked.abroad.page(name, **{**asked.given, "page": page + 1}) if more and page < MOST_PAGES else None


def removed(connection: sqlite3.Connection, asked: Asked) -> File:
    """What the newspaper took away, with the evidence."""
    page, size = paged(asked)
    found = overview.disappearances(connection, asked.flag("suspected"), size + 1, (page - 1) * size)
    shown = [{**stone, "address": asked.abroad.article(stone["article_id"])} for stone in found[:size]]
    return answer({"removed": shown, "next": following_page(asked, "removed.json", len(found) > size)})


def search(connection: sqlite3.Connection, asked: Asked) -> File:
    """What the page of the search finds for the same parameters."""
    problems: list[str] = []
    sought = sought_of(asked, problems)
    strictly(problems)
    if not searching.terms(sought.text):
        raise NotAllowed("Name the words to search for: search.json?q=trilateral+summit.")
    page, size = paged(asked)
    found = searching.search(connection, sought, size + 1, (page - 1) * size)
    shown = [_find(asked, row) for row in found[:size]]
    return answer({"finds": shown, "next": following_page(asked, "search.json", len(found) > size)})


def _find(asked: Asked, row: Row) -> Row:
    snippet = " ".join(row["snippet"].split())[:LONGEST_TEXT].replace(MARK, "«").replace(UNMARK, "»")
    if "before_version_id" in row:
        address = asked.abroad.compare(row["article_id"], row["before_version_id"], row["version_id"])
        return {**_part(row), "version_id": row["version_id"], "snippet": snippet, "address": address}
    version_id = row.get("version_id")
    address = asked.abroad.version(version_id) if version_id else asked.abroad.article(row["id"])
    return {**row, "snippet": snippet, "address": address}


def nothing(connection: sqlite3.Connection, asked: Asked) -> File:
    """An address below ours that leads nowhere, in JSON for one who asked for JSON."""
    raise NotThere("There is no such address; docs/api.md lists them.")
