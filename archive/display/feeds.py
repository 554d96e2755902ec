"""Feeds as Atom (RFC 4287) and JSON Feed 1.1; pure: records in, bytes out.

Whatever the records hold, the bytes are valid: what XML cannot say is left out, and texts are bounded.
"""

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from archive.display.markup import shown

ATOM = "http://www.w3.org/2005/Atom"
JSON_FEED = "https://jsonfeed.org/version/1.1"
ATOM_TYPE, JSON_TYPE, PAGE_TYPE = "application/atom+xml", "application/feed+json", "text/html"
LANGUAGE = "en"
MOST_TITLE = 300  # letters; a reader shows one line
MOST_NAME = 120
MOST_NAMES = 20
MOST_TAGS = 30
MOST_HTML = 20_000  # letters of one entry's HTML; whoever makes it ends earlier, at a place where it can end

_NAMES = uuid.UUID("5b0f7a52-7f7b-5c3e-9d0c-3f6a1f9b2c41")
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
_LATIN = re.compile("[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Tag:
    """A category: what machines compare, and what people read."""

    term: str
    label: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to tell; times in UTC. `html` is safe and bounded, `link` our page, `original` the newspaper's.

    `updated` is when we saw it, `published` when it was published: the newspaper's time of an article, ours of an edit.
    """

    id: str
    title: str
    link: str
    html: str
    updated: str
    published: str
    authors: tuple[str, ...] = ()
    tags: tuple[Tag, ...] = ()
    original: str | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: `home` is the page that shows the same, `atom` and `json` are its own two addresses."""

    id: str
    title: str
    about: str
    author: str
    home: str
    atom: str
    json: str
    updated: str
    entries: tuple[Entry, ...]


def permanent(identity: str, what: str) -> str:
    """A name (RFC 4122, version 5) for a thing of an archive: the same for ever, whatever server shows it."""
    return uuid.uuid5(_NAMES, f"{identity} {what}").urn


def legal(text: str) -> str:
    """A text without what XML 1.0 cannot say: control characters, lone surrogates."""
    return _ILLEGAL.sub("", text)


def to_atom(feed: Feed) -> bytes:
    """As Atom."""
    root = ElementTree.Element("feed", {"xmlns": ATOM, _LANG: LANGUAGE})
    _text(root, "id", feed.id)
    _text(root, "title", _line(feed.title, MOST_TITLE))
    _text(root, "subtitle", _line(feed.about, MOST_TITLE))
    _text(root, "updated", feed.updated)
    _link(root, "self", ATOM_TYPE, feed.atom)
    _link(root, "alternate", PAGE_TYPE, feed.home)
    _link(root, "alternate", JSON_TYPE, feed.json)
    _author(root, feed.author)
    _text(root, "generator", "hani")
    for entry in feed.entries:
        _entry(root, entry)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _entry(root: ElementTree.Element, entry: Entry) -> None:
    found = ElementTree.SubElement(root, "entry")
    _text(found, "id", entry.id)
    title = _text(found, "title", titled(entry))
    if language(entry.title) != LANGUAGE:
        title.set(_LANG, language(entry.title))
    _text(found, "updated", entry.updated)
    _text(found, "published", entry.published)
    _link(found, "alternate", PAGE_TYPE, entry.link)
    if entry.original:
        _link(found, "via", PAGE_TYPE, entry.original)
    for name in names(entry):
        _author(found, name)
    for tag in tags(entry):
        ElementTree.SubElement(found, "category", {"term": tag.term, "label": tag.label})
    _text(found, "content", entry.html).set("type", "html")


def _text(parent: ElementTree.Element, name: str, text: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, name)
    element.text = legal(text)
    return element


def _link(parent: ElementTree.Element, rel: str, kind: str, address: str) -> None:
    ElementTree.SubElement(parent, "link", {"rel": rel, "type": kind, "href": legal(address)})


def _author(parent: ElementTree.Element, name: str) -> None:
    _text(ElementTree.SubElement(parent, "author"), "name", _short(name))


def _line(text: str, longest: int) -> str:
    return " ".join(legal(shown(text, longest)).split())


def _short(text: str) -> str:
    return _line(text, MOST_NAME)


def titled(entry: Entry) -> str:
    """An entry's title as one line; never empty."""
    return _line(entry.title, MOST_TITLE) or "Untitled"


def names(entry: Entry) -> Iterator[str]:
    """An entry's authors that have a name left when what steers is taken out."""
    return (name for name in map(_short, entry.authors[:MOST_NAMES]) if name)


def tags(entry: Entry) -> list[Tag]:
    """An entry's categories as they can be shown, those left out of which nothing can."""
    shortened = [Tag(_short(tag.term), _short(tag.label)) for tag in entry.tags[:MOST_TAGS]]
    return [tag for tag in shortened if tag.term and tag.label]


def language(text: str) -> str:
    """Korean where there is Hangul and no Latin letter, else the edition's."""
    return "ko" if _HANGUL.search(text) and not _LATIN.search(text) else LANGUAGE


def to_json_feed(feed: Feed) -> bytes:
    """As JSON Feed."""
    found = {
        "version": JSON_FEED,
        "title": _line(feed.title, MOST_TITLE),
        "home_page_url": feed.home,
        "feed_url": feed.json,
        "description": _line(feed.about, MOST_TITLE),
        "authors": [{"name": _short(feed.author)}],
        "language": LANGUAGE,
        "items": [_item(entry) for entry in feed.entries],
    }
    return json.dumps(found, ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"


def _item(entry: Entry) -> dict[str, Any]:
    item = {
        "id": entry.id,
        "url": entry.link,
        "external_url": entry.original,
        "title": titled(entry),
        "date_published": entry.published,
        "date_modified": entry.updated,
        "authors": [{"name": name} for name in names(entry)],
        "tags": [tag.label for tag in tags(entry)],
        "language": language(entry.title),
    }
    return {name: value for name, value in item.items() if value} | {"content_html": legal(entry.html)}
