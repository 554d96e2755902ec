"""Reading a page whose generation is known, by its template's selectors; pure."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from lxml import etree

from crawler import dates
from crawler.bylines import is_byline
from crawler.cleaning import Cleaned, clean
from crawler.flow import OPEN, TEXT_MARK, Block
from crawler.head import Head
from crawler.page import Page, blocks_of
from crawler.templates import Template
from crawler.text import plain, plain_or_none
from crawler.tree import Tree, following, holds, outermost

MOST_HEADER_ELEMENTS = 60  # between headline and text; share buttons and stamps take up to 30
MOST_FRAMES = 20  # elements that hold the text; all pages seen have one
MOST_STAMPS, MOST_STAMP_CHARACTERS = 20, 2000  # elements looked through for the times, and characters of each
_TAKEN = "hani-taken"
_BYLINE_CLASS = re.compile(r"byline|reporter|writer|author", re.I)


def by_template(tree: Tree, head: Head, template: Template) -> Page:
    """Read a page whose generation is known."""
    title = tree.first(template.title)
    posted, modified = _times(tree, head, template)
    subtitle_element = tree.first(template.subtitle)
    reporters = tree.first(template.reporters)
    found = _article_blocks(tree, template, subtitle_element)
    cleaned = clean(found)
    lead = _lead_byline(tree, template) if cleaned.byline is None else None
    if lead:
        cleaned = Cleaned(cleaned.body, cleaned.images, lead)
    return Page(
        template=template.name,
        title=plain(title.text_content()) if title is not None else "",
        posted_at=posted,
        modified_at=modified,
        subtitle=_subtitle(subtitle_element),
        reporters=_reporters(reporters),
        cleaned=cleaned,
    )


def _article_blocks(tree: Tree, template: Template, subtitle: Any) -> list[Block]:
    """The article's lines and figures: of the frame, or, where a text stands apart in it, pictures of the frame and
    lines of that text alone (and the closing lines behind it).
    """
    frames = outermost(tree.all(template.frame))[:MOST_FRAMES]
    found: list[Block] = []
    for frame in frames:
        if subtitle is not None and holds(frame, subtitle):
            subtitle.tag = _TAKEN
            etree.strip_elements(frame, _TAKEN, with_tail=False)
        texts = outermost(tree.all(template.body, frame))
        if not texts:
            found += blocks_of(frame)
            continue
        for text in texts:
            text.set(TEXT_MARK, "1")
        found += _inside_text(blocks_of(frame))
    return found


def _inside_text(marked: list[Block]) -> list[Block]:
    """Drop lines outside the marked text, but for a byline among them."""
    kept: list[Block] = []
    inside = False
    for block in marked:
        if block.mark:
            inside = block.mark == OPEN
        elif inside or block.image or is_byline(block.text):
            kept.append(block)
    return kept


def _times(tree: Tree, head: Head, template: Template) -> tuple[str | None, str | None]:
    """Posted and modified: by their labels, else by their order where the layout has a place of its own for them."""
    for element in (e for found in tree.each(template.dates) for e in found[:MOST_STAMPS]):
        text = plain(" ".join(islice(element.itertext(), MOST_STAMP_CHARACTERS))[:MOST_STAMP_CHARACTERS])
        posted, modified = dates.labelled_times(text)
        if posted is None and modified is None:
            times = dates.all_times(text)
            posted, modified = ([*times, None, None])[:2] if times else (None, None)
        if posted:
            return posted, modified
        if modified:
            return dates.machine_time(head.meta.get("article:published_time")), modified
    posted = dates.machine_time(head.meta.get("article:published_time"))
    return posted, None


def _subtitle(element: Any) -> str | None:
    """The standfirst: its lines joined by a space, without the series name that a leading `span` holds."""
    if element is None:
        return None
    first = element[0] if len(element) else None
    if first is not None and first.tag == "span" and not plain(element.text or ""):
        rest = plain(
            " ".join([first.tail or "", *(t for child in element[1:] for t in (*child.itertext(), child.tail or ""))])
        )
        others = [child for child in element[1:] if child.tag == "span"]
        if rest and not others:
            return rest
    nodes = element.xpath("descendant::node()[self::text() or self::br]")
    return plain_or_none("".join(node if isinstance(node, str) else " " for node in nodes))


def _reporters(element: Any) -> str | None:
    """The printed list of reporters."""
    if element is None:
        return None
    links = [plain(a.text_content()) for a in element.xpath(".//a")]
    listed = ", ".join(link.strip(" ,") for link in links if link.strip(" ,")) or plain(element.text_content())
    return listed or None


def _lead_byline(tree: Tree, template: Template) -> str | None:
    """A byline that stands with the headline instead of below the text."""
    title = tree.first(template.title)
    frame = tree.first(template.frame)
    if title is None or frame is None:
        return None
    lines = [plain(t) for e in _between(title, frame) for t in (e.text, e.tail) if t]
    lines += [
        plain(e.text_content())
        for e in frame.itersiblings()
        if _BYLINE_CLASS.search(re.sub(r"__\S*", "", e.get("class") or ""))
    ]
    return next((line for line in lines if is_byline(line)), None)


def _between(first: Any, last: Any) -> Iterator[Any]:
    """The elements of a page from one to another, in document order; at most a header's worth."""
    for count, element in enumerate(following(first)):
        if element is last or count >= MOST_HEADER_ELEMENTS:
            return
        yield element
