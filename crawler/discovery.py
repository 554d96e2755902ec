"""Finding articles: the bytes of a feed or a list page → the addresses it offers; pure.

Feeds and lists come from the web: entries are bounded, XML is read without entities, and what is no article of the
English edition is counted, never followed.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from lxml import etree
from lxml import html as lxml_html

from archive.records import Sighting
from crawler.text import ATTRIBUTES, decode, plain
from crawler.urls import ENGLISH, HOSTS, WWW, find_article, resolve, site_host

MAX_ENTRIES = 1000  # of one page; a real one has about 15, a feed about 50
MAX_TITLE = 500  # characters
MAX_PAGE = 4_000_000  # characters of a feed or list, and how many tags; real ones hold about 200,000 and 3,000
MOST_TAGS = 30_000
MOST_LINKS = 20  # of one entry of a list that are looked at for its title
MOST_FEEDS = 20  # that a page of feeds may lead to


@dataclass(frozen=True, slots=True)
class Walk:
    """A feed, or a section's list that is walked page by page."""

    name: str
    section: str | None
    form: str

    def page_url(self, page: int) -> str:
        """The address of a page of it, the first being 1."""
        if self.form == "feed":
            return self.name
        if self.form == "old":
            return f"https://{ENGLISH}/arti/english_edition/{self.section}/list{page}.html"
        return f"https://{WWW}/arti/english_edition/{self.section}?page={page}"


@dataclass(frozen=True, slots=True)
class Listing:
    """What one page of a feed or list offers.

    `other` counts what is no article of the English edition; `feeds` are the feeds that a page of feeds links to.
    """

    sightings: tuple[Sighting, ...]
    other: int = 0
    feeds: tuple[str, ...] = ()


def walks(feeds: Iterable[str], sections: Iterable[str]) -> list[Walk]:
    """All that a nightly run looks through: the feeds, then each section's list in its new and its old form."""
    listed = [Walk(feed, None, "feed") for feed in feeds]
    for section in sections:
        listed += section_walks(section)
    return listed


def section_walks(section: str) -> list[Walk]:
    """A section's list in both forms."""
    return [Walk(f"{form}:{section}", section, form) for form in ("new", "old")]


def walk_named(name: str) -> Walk:
    """The walk that was written down by its name."""
    form, _, section = name.partition(":")
    return Walk(name, section, form) if form in ("new", "old") else Walk(name, None, "feed")


def read_listing(body: bytes, url: str) -> Listing:
    """What a feed or list page at `url` offers; an empty, unreadable or outsized one offers nothing."""
    text = decode(body)
    if len(text) > MAX_PAGE or text.count("<") > MOST_TAGS or ATTRIBUTES.search(text):
        return Listing(())
    head = text[:2000].lstrip("\ufeff \t\r\n").lower()
    if head.startswith("<?xml") or head.startswith("<rss") or "<rss" in head[:1000] or "<feed" in head[:1000]:
        return _collect(_feed_items(text), url)
    return _read_html(text, url)


def _read_html(text: str, url: str) -> Listing:
    if not text.strip():
        return Listing(())
    try:
        parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
        root = lxml_html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return Listing(())
    if "/rss" in urlsplit(url).path:
        return _page_of_feeds(root, url)
    cards, known_form = _cards(root)
    data, has_data = _next_data_items(root)
    if not known_form and not has_data:
        cards = _all_links(root)
    return _collect([*cards, *data], url)


def _collect(items: Iterable[tuple[str, str | None]], base: str) -> Listing:
    """Items (address, title) as sightings: each article once, at its first position."""
    seen: dict[int, Sighting] = {}
    others: set[str] = set()
    for position, (reference, title) in enumerate(items, 1):
        if position > MAX_ENTRIES:
            break
        url = resolve(base, reference)
        found = find_article(url) if url else None
        if found is None:
            others.add(url)
        elif found.article_id not in seen or (title and seen[found.article_id].title is None):
            earlier = seen.get(found.article_id)
            place = earlier.position if earlier else len(seen) + 1
            seen[found.article_id] = Sighting(found.article_id, found.url, place, (title or "")[:MAX_TITLE] or None)
    return Listing(tuple(sorted(seen.values(), key=lambda s: s.position)), len(others))


def _feed_items(text: str) -> Iterator[tuple[str, str | None]]:
    """RSS and Atom items, without resolving entities or loading anything."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False)
    body = re.sub(r"^\s*<\?xml[^>]*\?>", "", text.lstrip("\ufeff"))
    try:
        root = etree.fromstring(body.encode("utf-8", "replace"), parser=parser)
    except etree.XMLSyntaxError:
        return
    if root is None:
        return
    for item in root.iter("{*}item", "{*}entry"):
        try:
            yield _feed_item(item)
        except UnicodeDecodeError:  # half of a surrogate pair, written as a number, is no text
            yield "", None


def _feed_item(item: Any) -> tuple[str, str | None]:
    """The address and the title of an entry.

    Raises UnicodeDecodeError for what libxml2 lets through and Python cannot hold.
    """
    link, title = item.find("{*}link"), item.find("{*}title")
    address = (link.text or link.get("href") or "") if link is not None else ""
    return address.strip(), _label(title) if title is not None else None


def _cards(root: Any) -> tuple[list[tuple[str, str | None]], bool]:
    """The items of the list forms that we know, and whether the page has one of these forms at all."""
    items = root.xpath(
        "//li[parent::ul[contains(concat(' ', normalize-space(@class), ' '), ' list-group ')]"
        " or contains(@class, 'ArticleList_item') or contains(@class, 'ArticleGalleryList_item')]"
    )
    cards = []
    for item in items[: MAX_ENTRIES + 1]:
        links = _first(a for a in item.iter("a") if a.get("href") is not None)
        card = next((a for a in links if "BaseArticleCard" in (a.get("class") or "")), None)
        if links:
            headings = _first(item.iter("h1", "h2", "h3", "h4", "strong"))
            title = next((t for t in map(_label, [*headings, *links]) if t), None)
            cards.append(((links[0] if card is None else card).get("href"), title))
    lists = root.xpath(
        "//ul[contains(@class, 'list-group') or contains(@class, 'ArticleList') or contains(@class, 'ArticleGalleryList')]"
    )
    return cards, bool(items or lists)


def _first(elements: Iterable[Any]) -> list[Any]:
    """The first of an entry's links or headings."""
    return list(islice(elements, MOST_LINKS))


def _label(element: Any) -> str:
    """What a link or heading says, as far as a title goes."""
    texts = (text[: 2 * MAX_TITLE] for text in islice(element.itertext(), MOST_LINKS))
    return plain("".join(texts)[: 2 * MAX_TITLE])


def _next_data_items(root: Any) -> tuple[list[tuple[str, str | None]], bool]:
    """The same list as the page's own data holds it, and whether it has such data."""
    for script in root.xpath("//script[@id='__NEXT_DATA__']"):
        try:
            props = json.loads(script.text or "")["props"]["pageProps"]
            listed = props.get("list")
            if listed is None:
                listed = (props.get("listData") or {}).get("articleList")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
        if isinstance(listed, list):
            return [_data_item(item) for item in listed[: MAX_ENTRIES + 1] if isinstance(item, dict)], True
    return [], False


def _data_item(item: dict[str, Any]) -> tuple[str, str | None]:
    title, url = item.get("title"), item.get("url")
    return url if isinstance(url, str) else "", plain(title[: 2 * MAX_TITLE]) if isinstance(title, str) else None


def _all_links(root: Any) -> list[tuple[str, str | None]]:
    """Every link of a page whose form nobody has described yet, where it leads to an article."""
    links = [
        a
        for a in root.iter("a")
        if "/english_edition/" in (href := a.get("href") or "") and href.rstrip("/").endswith(".html")
    ]
    return [(a.get("href"), _label(a)) for a in links[: MAX_ENTRIES + 1]]


def _page_of_feeds(root: Any, url: str) -> Listing:
    """`/rss/` may be an HTML page of links to feeds: those of the English edition are worth following."""
    targets = [resolve(url, a.get("href")) for a in root.xpath("//a[@href]")]
    feeds = [t for t in targets if site_host(t, HOSTS) and "/rss/" in t and "english" in urlsplit(t).path]
    listing = _collect(_all_links(root), url)
    return Listing(listing.sightings, listing.other, tuple(dict.fromkeys(f for f in feeds if f != url))[:MOST_FEEDS])
