"""An article, as it stands or as a version had it."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from archive import duplicates
from archive.display.citations import Citation, citation, to_bibtex, to_csl_json, to_text
from archive.display.links import newspapers
from archive.errors import UnknownVersion
from archive.reads import queries
from archive.reads.timeline import timeline
from archive.web.answers import Answer, Asked, File, Page

MOST_SIMILAR = 20  # near-duplicates listed
FORMS = {
    ".txt": (to_text, "text/plain; charset=utf-8"),
    ".bib": (to_bibtex, "application/x-bibtex; charset=utf-8"),
    ".csl.json": (to_csl_json, "application/vnd.citationstyles.csl+json; charset=utf-8"),
}
"""A citation's forms, by how the address ends."""
NAMES = {".txt": "Text", ".bib": "BibTeX", ".csl.json": "CSL-JSON"}


def article(connection: sqlite3.Connection, asked: Asked) -> Answer:
    """An article as it stands."""
    number = int(asked.path["id"])
    found = queries.article(connection, number)
    return _page(connection, asked, queries.version(connection, number, found["version_id"]), newest=True)


def version(connection: sqlite3.Connection, asked: Asked) -> Answer:
    """A version, at its permanent address; with a form, its citation."""
    found = version_named(connection, asked.path["version"])
    if form := asked.path.get("form"):
        write, kind = FORMS[form]
        return File(write(_cited(asked, queries.article(connection, found["article_id"]), found)).encode(), kind)
    return _page(connection, asked, found, newest=False)


def version_named(connection: sqlite3.Connection, name: str) -> dict[str, Any]:
    """A version by its id.

    Raises UnknownArticle, UnknownVersion.
    """
    number, at, _ = name.partition("@")
    if not at or not (number.isascii() and number.isdigit() and len(number) <= 12):
        raise UnknownVersion(f"a version is named like 1095276@0123456789ab, not {name[:80]!r}")
    return queries.version(connection, int(number), name)


def _cited(asked: Asked, found: Mapping[str, Any], shown: Mapping[str, Any]) -> Citation:
    return citation(shown, found["url"], asked.abroad.version(shown["id"]))


def _page(connection: sqlite3.Connection, asked: Asked, shown: Mapping[str, Any], newest: bool) -> Page:
    number = shown["article_id"]
    found = queries.article(connection, number)
    cited = _cited(asked, found, shown)
    return Page(
        "article.html",
        {
            "article": found,
            "shown": shown,
            "newest": newest or shown["number"] == found["versions"],
            "asked_id": shown.get("asked_id"),
            "timeline": timeline(connection, number),
            "similar": duplicates.links_of(connection, number, limit=MOST_SIMILAR),
            "citations": [(name, form, FORMS[form][0](cited)) for form, name in NAMES.items()],
            "original": newspapers(shown["original_url"]),
            "address": newspapers(found["url"]),
        },
    )
