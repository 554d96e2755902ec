"""The feeds, and the page that lists them."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from archive.comparing.comparison import Work
from archive.display.feeds import ATOM_TYPE, JSON_TYPE, Entry, Feed, permanent, to_atom, to_json_feed
from archive.reads import edits, subscriptions
from archive.reads import search as searching
from archive.web.answers import Asked, File, NotThere, Page
from archive.web.entries import Teller, parts_by_edit
from archive.web.forms import strictly
from archive.web.views.changes import wanted_of
from archive.web.views.search import highlighted, sought_of

ENTRIES = 30  # of a feed: more than a night brings to any but the fullest
AUTHOR = "The Hankyoreh, English edition; archived by hani"
FORMS = {"atom": (to_atom, f"{ATOM_TYPE}; charset=utf-8"), "json": (to_json_feed, JSON_TYPE)}

Row = Mapping[str, Any]
Telling = Callable[[sqlite3.Connection, Asked, Teller], list[Entry]]


def articles(connection: sqlite3.Connection, asked: Asked, teller: Teller) -> list[Entry]:
    """The articles posted last."""
    return [teller.article(row) for row in subscriptions.articles(connection, ENTRIES)]


def all_edits(connection: sqlite3.Connection, asked: Asked, teller: Teller) -> list[Entry]:
    """The edits of words seen last."""
    return _edits(connection, subscriptions.edits(connection, ENTRIES), teller)


def silent(connection: sqlite3.Connection, asked: Asked, teller: Teller) -> list[Entry]:
    """The silent edits seen last."""
    return _edits(connection, subscriptions.edits(connection, ENTRIES, silent=True), teller)


def changes(connection: sqlite3.Connection, asked: Asked, teller: Teller) -> list[Entry]:
    """The edits that the page of changes shows for the same parameters; a mistaken one is refused, for nobody would notice."""
    wanted, problems = wanted_of(asked)
    strictly(problems)
    return _edits(connection, edits.stream(connection, wanted, ENTRIES), teller)


def removals(connection: sqlite3.Connection, asked: Asked, teller: Teller) -> list[Entry]:
    """What was found gone for good last, and what came back."""
    return [teller.disappearance(row) for row in subscriptions.disappearances(connection, ENTRIES)]


def search(connection: sqlite3.Connection, asked: Asked, teller: Teller) -> list[Entry]:
    """What the page of the search finds for the same parameters, the newest first: the best would hardly ever be new."""
    problems: list[str] = []
    sought = replace(sought_of(asked, problems), newest=True)
    strictly(problems)
    found = searching.search(connection, sought, ENTRIES)
    if sought.scope.of_edits:
        named = list(dict.fromkeys(row["version_id"] for row in found))
        return _edits(connection, subscriptions.edits_named(connection, named), teller)
    articles = {row["id"]: row for row in subscriptions.articles_named(connection, [row["id"] for row in found])}
    return [teller.find(articles[row["id"]], highlighted(row["snippet"]), row.get("version_id")) for row in found]


def _edits(connection: sqlite3.Connection, found: Sequence[Row], teller: Teller) -> list[Entry]:
    named = [row["id"] for row in found]
    parts = parts_by_edit(edits.parts(connection, named))
    proofs = subscriptions.proofs(connection, named)
    work = Work()
    return [teller.edit(row, parts.get(row["id"], []), proofs[row["id"]], work) for row in found]


FEEDS: Mapping[str, tuple[str, str, str, Telling]] = {
    "articles": ("New articles", "", "The articles posted last, as they stand.", articles),
    "edits": ("Edits", "changes", "What the newspaper changed after publication, word by word.", all_edits),
    "silent": ("Silent edits", "changes", "Text that changed while the newspaper’s “Modified on” did not.", silent),
    "removals": ("Removals", "removed", "What the newspaper took away, and what came back.", removals),
    "changes": ("Changes", "changes", "The edits that a page of changes shows.", changes),
    "search": ("Search", "search", "What a search finds, the newest first.", search),
}
"""Each feed's title, the page that shows the same, what it is about, and how it is told."""
SHOWN_BY: Mapping[str, Mapping[str, object]] = {"silent": {"silent": True}, "search": {"sort": "newest"}}
"""What the page must be asked beside, to show the same."""
NARROWED = ("q", "in", "kind", "least", "section", "author", "from", "to", "edited", "silent", "removed")
"""The parameters that narrow a feed down; others are no part of its address."""


def feed(connection: sqlite3.Connection, asked: Asked) -> File:
    """A feed in one of its forms."""
    name, form = asked.path["feed"], asked.path["form"]
    if name not in FEEDS:
        raise NotThere(f"There is no feed {name[:40]!r}; there are {', '.join(FEEDS)}.")
    write, kind = FORMS[form]
    changed_at = min(subscriptions.last_touched(connection), asked.now)
    return File(write(told(connection, asked, name)), kind, changed_at=changed_at)


def told(connection: sqlite3.Connection, asked: Asked, name: str) -> Feed:
    """A feed by its name."""
    title, home, about, tell = FEEDS[name]
    identity = subscriptions.identity(connection)
    entries = tell(connection, asked, Teller(asked.abroad, identity))
    given = {key: asked.given[key] for key in NARROWED if asked.given.get(key)} if name in ("changes", "search") else {}
    page = {**given, **SHOWN_BY.get(name, {})}
    return Feed(
        id=permanent(identity, f"feed {name} {sorted(given.items())}"),
        title=f"{title}{narrowed(given)} – The Hankyoreh, archived",
        about=about,
        author=AUTHOR,
        home=asked.abroad.page(home, **page) if home else asked.abroad.front(),
        atom=asked.abroad.feed(name, "atom", **given),
        json=asked.abroad.feed(name, "json", **given),
        updated=max((entry.updated for entry in entries), default=subscriptions.BEGINNING),
        entries=tuple(entries),
    )


def narrowed(given: Mapping[str, str]) -> str:
    """What a feed is narrowed down to, for its title."""
    return f" ({', '.join(f'{name}: {value}' for name, value in given.items())})" if given else ""


def listed(connection: sqlite3.Connection, asked: Asked) -> Page:
    """The page that lists the feeds."""
    shown = [(name, title, about) for name, (title, _, about, _) in FEEDS.items() if name not in ("changes", "search")]
    return Page("feeds.html", {"feeds": shown})
