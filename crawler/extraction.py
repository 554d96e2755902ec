"""Bytes of a page → an Article, or a reasoned Refusal; a pure function of the bytes.

The cascade:

1. bytes that are no page, or an empty one, are refused;
2. a page that is already plain text is read by its labels (`plaintext`);
3. the template whose marks the page shows is read; a title, a date and a body must confirm it;
4. a page that only says that there is nothing to read (deleted, bot check, paywall, front page) is refused as that;
5. an unknown layout is read by what a reader sees (`fallback`), and marked so;
6. what is still without a title, a date or a body is refused, with what is missing; so is what is far beyond an article.

A page of more tags, characters or nesting than any page of the site has is not read at all: every step's work grows with
no more than the product of tags and depth (docs/security.md has the figures).
"""

import hashlib
import json
import re
from typing import Any

from lxml import etree
from lxml import html as lxml_html

from archive.readings import Cleaner
from archive.records import Article, Reading, Refusal, RefusalReason
from crawler.by_template import by_template
from crawler.cleaning import RULES, watching_rules
from crawler.fallback import by_fallback
from crawler.head import read_head
from crawler.notices import notice
from crawler.page import Page
from crawler.plaintext import looks_like_text, read_text
from crawler.templates import FALLBACK_VERSION, PAGE_VERSION, TEMPLATES, TEXT_VERSION
from crawler.text import ATTRIBUTES, decode
from crawler.tree import Tree

MOST_TAGS = 30_000  # of a page; real ones have about 3,000
MAX_PAGE = 2_000_000  # characters; real pages hold about 150,000
MOST_DEPTH = 100  # elements around an element: pages of all three generations have up to 12; libxml2 cuts at 255
# An article beyond these is none: the longest speeches and transcripts of newspapers have some 100,000 characters.
MAX_LINE = 2_000  # characters of a title, byline, section or address
MAX_TEXT = 400_000  # characters of subtitle, body and captions together
MOST_PARTS = 4_000  # paragraphs, pictures and authors
_ODD = re.compile("[\ufffd\x00-\x08\x0b\x0e-\x1f]")


_TOO_DEEP = etree.XPath(f"boolean(self::*{'/*' * MOST_DEPTH})")


def cleaner_parts() -> dict[str, int]:
    """The declared version of everything that has a say in a reading."""
    parts = {f"template {t.name}": t.version for t in TEMPLATES}
    parts |= {f"rule {rule.name}": rule.version for rule in RULES}
    return parts | {"page": PAGE_VERSION, "fallback": FALLBACK_VERSION, "text": TEXT_VERSION}


def cleaner_version() -> str:
    """One name for all of them: it changes when any part's version does."""
    return hashlib.sha256(json.dumps(cleaner_parts(), sort_keys=True).encode()).hexdigest()[:12]


def todays_cleaner() -> Cleaner:
    """The cleaner as the archive takes it."""
    return Cleaner(read_page, cleaner_version(), cleaner_parts())


def rules_at_work(body: bytes) -> dict[str, list[str]]:
    """Which texts of a page each cleaning rule takes out or alters, by the rule's name."""
    with watching_rules() as acted:
        read_page(body)
    return acted


def read_page(body: bytes) -> Reading:
    """Read a page; never raises, whatever the bytes."""
    if not body.strip():
        return Refusal(RefusalReason.EMPTY, "the answer has no body")
    text = decode(body)
    if is_binary(text):
        return Refusal(RefusalReason.NOT_A_PAGE, "neither HTML nor text")
    if len(text) > MAX_PAGE:
        return Refusal(RefusalReason.NOT_A_PAGE, f"more than {MAX_PAGE:,} characters; real pages have about 150,000")
    reading = read_text(text) if looks_like_text(text) else _read_html(text)
    return reading if isinstance(reading, Refusal) else _within_bounds(reading)


def _within_bounds(article: Article) -> Reading:
    """The article, unless it is larger than any article is: comparing versions costs more than their length."""
    lines = (article.title, article.byline, article.section, article.original_url, *article.authors)
    longest = max(len(line or "") for line in lines)
    texts = (article.subtitle or "", *article.body, *article.captions)
    parts = len(article.body) + len(article.images) + len(article.authors)
    if longest > MAX_LINE or sum(map(len, texts)) > MAX_TEXT or parts > MOST_PARTS:
        return Refusal(
            RefusalReason.NOT_A_PAGE,
            f"no article is as large: {sum(map(len, texts)):,} characters in {parts:,} parts, a line of {longest:,}",
        )
    return article


def is_binary(text: str) -> bool:
    """Whether decoded bytes were no text in the first place."""
    sample = text[:4096]
    return "\x00" in sample or len(_ODD.findall(sample)) > len(sample) / 10


def _read_html(text: str) -> Reading:
    if text.count("<") > MOST_TAGS:
        return Refusal(RefusalReason.NOT_A_PAGE, f"more than {MOST_TAGS:,} tags; real pages have about 3,000")
    if ATTRIBUTES.search(text):
        return Refusal(RefusalReason.NOT_A_PAGE, "a tag of thousands of attributes")
    try:
        root = lxml_html.document_fromstring(text.encode("utf-8", "replace"), parser=_parser())
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return Refusal(RefusalReason.NOT_A_PAGE, "no markup that can be parsed")
    if _TOO_DEEP(root):
        return Refusal(RefusalReason.NOT_A_PAGE, f"nested deeper than {MOST_DEPTH} elements; real pages have about 12")
    tree = Tree(root, text)
    head = read_head(tree)
    template = next((t for t in TEMPLATES if tree.all(t.shows)), None)
    page = by_template(tree, head, template) if template else None
    if page is None or page.missing():
        refusal = notice(root, page.cleaned.body if page else (), complete=False)
        if refusal:
            return refusal
        page = _better(page, by_fallback(tree, head))
    if refusal := page.missing() or notice(root, page.cleaned.body, complete=True):
        return refusal
    return page.article(head)


def _parser() -> Any:
    """A parser that keeps libxml2's own bounds on depth and size."""
    return lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)


def _better(first: Page | None, second: Page) -> Page:
    """The fallback's reading where it is whole, else the template's, which says better what is missing."""
    return first if first is not None and second.missing() else second
