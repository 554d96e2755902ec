"""Reading an unknown layout by what a reader sees, when no template's marks are there; pure."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from crawler import dates
from crawler.cleaning import Cleaned, clean
from crawler.flow import Block
from crawler.head import Head
from crawler.page import Page, blocks_of
from crawler.text import plain, plain_or_none
from crawler.tree import Tree

MOST_CLAIMED = 1000  # characters of a headline that the head claims; a longer one is none
MOST_HEADINGS = 100  # headings that a claimed headline is looked for among; real pages have about 20
MOST_LABELS = 3  # places that say "Posted on" from which the text is looked for
MOST_PROSE = 5000  # characters of a paragraph in which sentences are counted
_SITE_SUFFIX = re.compile(
    r"\s*(?:[:|·]|[-–—])\s*(?:the )?hankyoreh(?: japan)?\s*$|\s*[:|-]\s*(?:english edition|한겨레)[^:|]*$", re.I
)

_SENTENCE_ENDS = re.compile(r"[.!?][”\"’']?(?:\s|$)")


def by_fallback(tree: Tree, head: Head) -> Page:
    """Read an unknown layout by what a reader sees.

    1. times: the labels "Posted on" and "Modified on", else JSON-LD, else the head's article:published_time;
    2. title: og:title or JSON-LD's headline, which the page must show as a heading, else its only h1;
    3. body: JSON-LD's article body, else the text behind the labels' element, else the densest text (trafilatura).
    """
    root, text = tree.root, tree.text
    data = _json_ld(root)
    visible = plain(" ".join(root.xpath("//body//text()[not(ancestor::script or ancestor::style)]")))
    posted, modified = dates.labelled_times(visible)
    if posted is None:
        posted = dates.machine_time(_text(data, "datePublished")) or dates.machine_time(
            head.meta.get("article:published_time")
        )
        modified = modified or dates.machine_time(_text(data, "dateModified"))
    cleaned = clean(_fallback_blocks(root, data, text)) if posted else Cleaned((), (), None)
    description = plain_or_none(_text(data, "alternativeHeadline"))
    return Page(
        "fallback", _fallback_title(root, head, data), posted, modified, description, _ld_authors(data), cleaned
    )


def _fallback_title(root: Any, head: Head, data: Mapping[str, Any]) -> str:
    named = plain(_text(data, "headline") or head.meta.get("og:title", ""))
    claimed = _SITE_SUFFIX.sub("", named) if len(named) <= MOST_CLAIMED else ""
    headings = [plain(h.text_content()[: 2 * MOST_CLAIMED]) for h in islice(root.iter("h1", "h2", "h3"), MOST_HEADINGS)]
    if claimed and (claimed in headings or not headings):
        return claimed
    first = [plain(h.text_content()[: 2 * MOST_CLAIMED]) for h in islice(root.iter("h1"), 2)]
    return first[0] if len(first) == 1 and first[0] else claimed


def _fallback_blocks(root: Any, data: Mapping[str, Any], text: str) -> list[Block]:
    labelled = _labelled_container(root)
    if labelled is not None:
        return blocks_of(labelled)
    if body := _text(data, "articleBody"):
        return [Block(plain(line)) for line in re.split(r"\n+", body) if plain(line)]
    import trafilatura  # half a second to import, and only ever needed when the layout has drifted

    found = trafilatura.extract(text, include_comments=False, include_tables=False, favor_precision=True)
    return [Block(plain(line)) for line in (found or "").split("\n") if plain(line)]


def _labelled_container(root: Any) -> Any:
    """The element that holds the most prose near a printed "Posted on": climb from the label until a text is there."""
    labels = root.xpath("//body//*[not(self::script or self::style)][contains(text(), 'Posted on')]")
    for label in labels[:MOST_LABELS]:
        inner, around = None, label.getparent()
        while around is not None and around.tag not in ("body", "html"):
            prose = [
                (element, _prose(element)) for element in _newly_held(around, inner) if isinstance(element.tag, str)
            ]
            element, sentences = max(prose, key=lambda found: found[1], default=(None, 0))
            if sentences >= 3:
                return element
            inner, around = around, around.getparent()
    return None


def _newly_held(outer: Any, inner: Any) -> Iterator[Any]:
    """The elements in `outer` that are not in `inner`, in document order, `inner` among them."""
    for child in outer:
        if child is inner:
            yield inner
        else:
            yield from child.iter()


def _prose(element: Any) -> int:
    """How many sentences' ends stand directly in an element or in its paragraphs."""
    own = [element.text or "", *((child.tail or "") for child in element)]
    paragraphs = [child.text_content() for child in element if child.tag == "p"]
    return sum(len(_SENTENCE_ENDS.findall(part[:MOST_PROSE])) for part in (*own, *paragraphs) if len(part) > 40)


def _json_ld(root: Any) -> Mapping[str, Any]:
    """The page's NewsArticle in JSON-LD, if it has one."""
    for script in root.xpath("//script[@type='application/ld+json']"):
        try:
            raw = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue
        listed = raw if isinstance(raw, list) else raw.get("@graph", [raw]) if isinstance(raw, dict) else []
        for item in listed if isinstance(listed, list) else []:
            if isinstance(item, dict) and "Article" in _types(item.get("@type")):
                return item
    return {}


def _types(value: object) -> str:
    """What an item says it is: a name, or a list of them."""
    return " ".join(name for name in (value if isinstance(value, list) else [value]) if isinstance(name, str))


def _text(data: Mapping[str, Any], key: str) -> str | None:
    value = data.get(key)
    return value if isinstance(value, str) else None


def _ld_authors(data: Mapping[str, Any]) -> str | None:
    listed = data.get("author")
    people = listed if isinstance(listed, list) else [listed]
    named = [plain(str(p["name"])) for p in people if isinstance(p, dict) and isinstance(p.get("name"), str)]
    return ", ".join(n for n in named if n and "hankyoreh" not in n.lower()) or None
