"""Searching: what a person typed as an FTS5 query, and what it finds in texts, versions or edits; plain SQL, read-only."""

import json
import re
import sqlite3
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from archive.errors import BadQuery
from archive.reads.edits import PROOF
from archive.rows import VERSION_BITS

TITLE_WEIGHT, SUBTITLE_WEIGHT, BODY_WEIGHT, BYLINE_WEIGHT = 10.0, 4.0, 1.0, 2.0
MARK, UNMARK = "\x02", "\x03"  # around the found words of a snippet: characters that no stored text holds
SNIPPET_WORDS = 24
LEAST_BEGINNING = 2  # letters before a star; fewer begin a tenth of all words, which takes seconds
MOST_TERMS = 40  # words or phrases of one query that are looked up; nobody types more, and each costs

Row = dict[str, Any]

# --- what was typed --------------------------------------------------------------------------------------------------

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
_UNTYPED = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# A quoted phrase, closed or not; or a word, together with the abbreviations of one letter before it ("N. Korea").
_TERM = re.compile(r'"([^"]*)"?|((?:[A-Za-z]\.[ ]+(?=\w))*[^\s"]+)')
_INITIALS = re.compile(r"\b[A-Za-z](?:\.[A-Za-z])+\b\.?")
_COMPASS = re.compile(r"\b([NS])\.\s*(?=Korea)", re.I)
_POLES = {"n": "North ", "s": "South "}
_HANGUL = re.compile("[\uac00-\ud7a3]")
_NAMED = re.compile(
    r"0*([1-9]\d{0,11})(?:@[0-9a-f]{4,64})?|\S{0,500}/arti/(?:\S{1,200}/)?0*([1-9]\d{0,11})\.html?\S{0,500}",
    re.A | re.I,
)


def fts_query(text: str) -> str:
    """What a person typed, as an FTS5 query: all words must occur, "quoted words" as a phrase.

    Nothing that is typed is FTS5 syntax. Words joined by punctuation (U.S.-China), and one after an abbreviation of one letter
    (N. Korea), are a phrase. A Hangul word is looked up as a beginning, since particles are attached to it (국회 is found in
    국회에서); so is a word with a `*` behind it. `terms` tells more.

    Raises BadQuery where no word is left.
    """
    found = terms(text)
    if not found:
        raise BadQuery(f"there is no word to search for in {text[:80]!r}")
    return " AND ".join(found[:MOST_TERMS])


def terms(text: str) -> list[str]:
    """The words and phrases of what was typed, each as FTS5 takes it; none where there is no word."""
    return [
        _looked_up(phrase or word, bool(phrase))
        for phrase, word in _TERM.findall(_plain(text))
        if _is_word(phrase or word)
    ]


def _plain(text: str) -> str:
    """What was typed, composed, with plain quotation marks, and without what nobody types."""
    legible = text.encode("utf-8", "replace").decode().translate(_QUOTES)
    composed = unicodedata.normalize("NFC", _UNTYPED.sub(" ", legible))
    return "".join(letter for letter in composed if unicodedata.category(letter) != "Cf")


def _is_word(text: str) -> bool:
    return any(letter.isalnum() for letter in text)


def _looked_up(text: str, quoted: bool) -> str:
    """One word or phrase in each of its spellings; FTS5 parts it into tokens as it has parted the stored texts."""
    last = re.findall(r"[^\W_]+", text)[-1]
    starred = not quoted and text.endswith("*") and len(last) >= LEAST_BEGINNING
    beginning = "*" if starred or _HANGUL.search(last) else ""
    spelled = [f'"{spelling}"{beginning}' for spelling in dict.fromkeys(_spellings(text, quoted))]
    return spelled[0] if len(spelled) == 1 else f"({' OR '.join(spelled)})"


def _spellings(text: str, quoted: bool) -> Iterator[str]:
    """As it was typed; in letters of common width; unless it is quoted, U.S. as US, and N. Korea as North Korea."""
    yield text
    yield unicodedata.normalize("NFKC", text).replace('"', " ")
    if not quoted:
        yield _INITIALS.sub(lambda found: found[0].replace(".", ""), text)
        yield _COMPASS.sub(lambda found: _POLES[found[1].lower()], text)


def article_named(text: str) -> int | None:
    """The article that a query names by number, by a version's id or by its address."""
    found = _NAMED.fullmatch(text.strip())
    return int(found[1] or found[2]) if found else None


# --- what is asked ---------------------------------------------------------------------------------------------------


class Scope(StrEnum):
    """Where the words are looked for: articles as they stand, all their versions, or what edits put in or took out."""

    CURRENT = "current"
    VERSIONS = "versions"
    ADDED = "added"
    REMOVED = "removed"

    @property
    def of_edits(self) -> bool:
        """Whether each find is a change, not an article."""
        return self in (Scope.ADDED, Scope.REMOVED)


@dataclass(frozen=True, slots=True)
class Sought:
    """What is searched for: `text` as it was typed; the rest narrows down the articles.

    `since` (from it on) and `until` (before it) are moments in UTC between which they were posted; `removed`: only those that
    the newspaper took away. `newest`: sorted by when they were posted, or by when the edit was first seen, not by rank.
    """

    text: str
    scope: Scope = Scope.CURRENT
    section: str | None = None
    author: str | None = None
    since: str | None = None
    until: str | None = None
    edited: bool = False
    silent: bool = False
    removed: bool = False
    newest: bool = False

    @property
    def conditions(self) -> list[str]:
        """What must hold of an article, named `k`."""
        asked = {
            "k.section = :section": self.section is not None,
            "k.posted_at >= :since": self.since is not None,
            "k.posted_at < :until": self.until is not None,
            "k.edited_at is not null": self.edited,
            "k.silent_edits > 0": self.silent,
            "k.status = 'removed'": self.removed,
            "+k.id in (select article_id from authors where name = :author)": self.author is not None,
        }
        return [condition for condition, holds in asked.items() if holds]

    @property
    def values(self) -> dict[str, Any]:
        """What the conditions name, and the query.

        Raises BadQuery.
        """
        query = fts_query(self.text)
        return {
            "query": f"{{{self.scope}}} : ({query})" if self.scope.of_edits else query,
            "section": self.section,
            "since": self.since,
            "until": self.until,
            "author": self.author,
        }


# --- what is found ---------------------------------------------------------------------------------------------------

# The index holds all that a condition asks of an article, so that no text is read for it. The words are looked up first and
# in one go (`cross join`; `+` keeps SQLite from looking them up anew for each article).
_NARROWED = "cross join articles k indexed by articles_facets on k.id = {of}"
_BEST = f"{TITLE_WEIGHT}, {SUBTITLE_WEIGHT}, {BODY_WEIGHT}, {BYLINE_WEIGHT}"
_SNIPPET = f"snippet({{index}}, {{column}}, '{MARK}', '{UNMARK}', '…', {SNIPPET_WORDS}) as snippet"
_ARTICLE = (
    "a.id, a.url, a.title, a.subtitle, a.byline, a.section, a.posted_at, a.modified_at, a.status, a.versions,"
    " a.silent_edits, a.edited_at"
)


def search(connection: sqlite3.Connection, sought: Sought, limit: int = 20, offset: int = 0) -> list[Row]:
    """What holds all the words, each with a snippet.

    Of articles as they stand, a row each. Of all versions, a row for each article, with `version_id`, `number`, `kind` and
    `first_seen_at` of the newest version that holds the words; the title and the section are that version's. Of edits, a row
    for each change, with the edit and its proof.

    Raises BadQuery.
    """
    ask = {Scope.CURRENT: _articles, Scope.VERSIONS: _versions}.get(sought.scope, _changes)
    rows = connection.execute(ask(sought), {**sought.values, "limit": limit, "offset": offset})
    if sought.scope.of_edits:
        return [{**dict(row), "kinds": json.loads(row["kinds"])} for row in rows]
    return [dict(row) for row in rows]


def count(connection: sqlite3.Connection, sought: Sought, most: int) -> int:
    """How many finds there are; counting ends with `most`.

    Raises BadQuery.
    """
    what = f"distinct f.rowid >> {VERSION_BITS}" if sought.scope is Scope.VERSIONS else "1"
    query = f"select count(*) from (select {what} from {_matches(sought)} limit :most)"
    return int(connection.execute(query, {**sought.values, "most": most}).fetchone()[0])


def _matches(sought: Sought, narrowed: bool = False) -> str:
    """The rows of the search index, `f`, that hold the words; with the articles, `k`, where these are asked for."""
    conditions = sought.conditions
    narrowed = narrowed or bool(conditions)
    index, of = _INDEXES[sought.scope]
    joined = _FIRST_KIND if sought.scope.of_edits else ""
    articles = _NARROWED.format(of=of) if narrowed else ""
    where = [f"f.{index} match :query", *([_ONCE] if sought.scope.of_edits else []), *conditions]
    return f"{index} f {joined} {articles} where {' and '.join(where)}"


_INDEXES = {
    Scope.CURRENT: ("articles_fts", "f.rowid"),
    Scope.VERSIONS: ("versions_fts", f"f.rowid >> {VERSION_BITS}"),
    Scope.ADDED: ("changes_fts", "c.article_id"),
    Scope.REMOVED: ("changes_fts", "c.article_id"),
}
"""The search index of each scope, and the article of one of its rows."""

_FIRST_KIND = "cross join changes c on c.id = f.rowid"
# A change has a row for each of its kinds; the one with the lowest number stands for all.
_SAME = (
    "same.version_id = c.version_id and same.field = c.field and same.place is c.place and same.before is c.before"
    " and same.after is c.after"
)
_ONCE = f"not exists (select 1 from changes same where {_SAME} and same.id < c.id)"


def _articles(sought: Sought) -> str:
    order = "k.posted_at desc, k.id desc" if sought.newest else "rank, f.rowid desc"
    place = "k.posted_at" if sought.newest else "0"
    return f"""
    with chosen as materialized (
      select f.rowid as key, bm25(f.articles_fts, {_BEST}) as rank, {place} as place
      from {_matches(sought, sought.newest)} order by {order} limit :limit offset :offset)
    select {_ARTICLE}, {_SNIPPET.format(index="f.articles_fts", column=-1)}, chosen.rank
    from articles_fts f cross join chosen on chosen.key = f.rowid cross join articles a on a.id = chosen.key
    where f.articles_fts match :query and +f.rowid in (select key from chosen)
    order by {"chosen.place desc, a.id desc" if sought.newest else "chosen.rank, a.id desc"}
    """


def _versions(sought: Sought) -> str:
    place = "k.posted_at" if sought.newest else "0"
    return f"""
    with chosen as materialized (
      select max(key) as key, rank, place from (
        select f.rowid as key, bm25(f.versions_fts, {_BEST}) as rank, {place} as place
        from {_matches(sought, sought.newest)} limit -1)
      group by key >> {VERSION_BITS}
      order by {"place desc, key desc" if sought.newest else "rank, key desc"} limit :limit offset :offset)
    select {_ARTICLE}, {_SNIPPET.format(index="f.versions_fts", column=-1)}, chosen.rank,
      v.id as version_id, v.number, v.kind, v.first_seen_at, v.title, v.section
    from versions_fts f cross join chosen on chosen.key = f.rowid
    cross join versions v on v.search_key = chosen.key cross join articles a on a.id = v.article_id
    where f.versions_fts match :query and +f.rowid in (select key from chosen)
    order by {"chosen.place desc, chosen.key desc" if sought.newest else "chosen.rank, chosen.key desc"}
    """


def _changes(sought: Sought) -> str:
    snippet = _SNIPPET.format(index="f.changes_fts", column=("removed", "added").index(sought.scope))
    matches = _matches(sought)
    if sought.newest:
        matches = matches.replace(_FIRST_KIND, f"{_FIRST_KIND} cross join versions v on v.id = c.version_id")
    return f"""
    with chosen as materialized (
      select f.rowid as key, {"v.first_seen_at" if sought.newest else "f.rank"} as place
      from {matches} order by {"v.first_seen_at desc, f.rowid" if sought.newest else "f.rank"} limit :limit offset :offset)
    select c.field, c.place, c.before, c.after, c.removed, c.added, c.words_added, c.words_removed, c.size, {PROOF},
      (select json_group_array(same.kind) from changes same where {_SAME}) as kinds, {snippet}
    from changes_fts f cross join chosen on chosen.key = f.rowid cross join changes c on c.id = chosen.key
    cross join versions v on v.id = c.version_id
    cross join versions b on b.article_id = v.article_id and b.number = v.number - 1
    cross join articles a on a.id = v.article_id
    where f.changes_fts match :query and +f.rowid in (select key from chosen)
    order by {"chosen.place desc" if sought.newest else "chosen.place"}, f.rowid
    """


def authors_like(connection: sqlite3.Connection, beginning: str, limit: int = 5) -> list[str]:
    """Names of authors that begin so, in their order."""
    rows = connection.execute(
        "select distinct name from authors where name >= :from and name < :from || char(1114111) order by name limit :limit",
        {"from": beginning, "limit": limit},
    )
    return [row[0] for row in rows]
