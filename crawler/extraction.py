"""Bytes of a page → an Article, or a reasoned Refusal; a pure function of the bytes.

The cascade:

1. bytes that are no page, or an empty one, are refused;
2. a page that is already plain text is read by its labels (`plaintext`);
3. the template whose marks the page shows is read; a title, a date and a body must confirm it;
4. a page that only says that there is nothing to read (deleted, bot check, paywall, front page) is refused as that;
5. an unknown layout is read by what a reader sees (`fallback`), and marked so;
6. what is still without a title, a date or a body is refused, with what is missing.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from lxml import etree
from lxml import html as lxml_html

from archive.records import Article, Reading, Refusal, RefusalReason
from crawler import dates
from crawler.bylines import authors as names_in
from crawler.bylines import is_byline
from crawler.cleaning import RULES, Cleaned, clean
from crawler.flow import Block, blocks, soup_of
from crawler.notices import notice
from crawler.plaintext import looks_like_text, read_text
from crawler.templates import FALLBACK_VERSION, PAGE_VERSION, TEMPLATES, TEXT_VERSION, Template
from crawler.text import decode, plain
from crawler.urls import WWW, find_article, resolve

MOST_HEADER_ELEMENTS = 60  # between headline and text; share buttons and stamps take up to 30
_BYLINE_CLASS = re.compile(r"byline|reporter|writer|author", re.I)
MOST_TAGS = 100_000  # of a page: reading costs some 25 microseconds a tag
MAX_PAGE = 8_000_000  # characters; real pages hold about 150,000

_ORIGINAL = re.compile(r"original korean|korean (?:original|version|article)|in korean|클릭시 원문|원문", re.I)
_KOREAN_ARTICLE = re.compile(r"^/arti/(?!english_edition/)(?:[^/]+/){0,4}\d+\.html?$", re.I)
_SITE_SUFFIX = re.compile(
    r"\s*(?:[:|·]|[-–—])\s*(?:the )?hankyoreh(?: japan)?\s*$|\s*[:|-]\s*(?:english edition|한겨레)[^:|]*$", re.I
)


def cleaner_parts() -> dict[str, int]:
    """The declared version of everything that has a say in a reading."""
    parts = {f"template {t.name}": t.version for t in TEMPLATES}
    parts |= {f"rule {rule.name}": rule.version for rule in RULES}
    return parts | {"page": PAGE_VERSION, "fallback": FALLBACK_VERSION, "text": TEXT_VERSION}


def cleaner_version() -> str:
    """One name for all of them: it changes when any part's version does."""
    return hashlib.sha256(json.dumps(cleaner_parts(), sort_keys=True).encode()).hexdigest()[:12]


def read_page(body: bytes) -> Reading:
    """Read a page; never raises, whatever the bytes."""
    if not body.strip():
        return Refusal(RefusalReason.EMPTY, "the answer has no body")
    text = decode(body)
    if is_binary(text):
        return Refusal(RefusalReason.NOT_A_PAGE, "neither HTML nor text")
    if looks_like_text(text):
        return read_text(text)
    return _read_html(text[:MAX_PAGE])


def is_binary(text: str) -> bool:
    """Whether decoded bytes were no text in the first place."""
    sample = text[:4096]
    odd = sum(ch == "\ufffd" or (ch < " " and ch not in "\t\n\r\f") for ch in sample)
    return "\x00" in sample or odd > len(sample) / 10


def _read_html(text: str) -> Reading:
    if text.count("<") > MOST_TAGS:
        return Refusal(RefusalReason.NOT_A_PAGE, f"more than {MOST_TAGS:,} tags; real pages have about 3,000")
    try:
        root = lxml_html.document_fromstring(text.encode("utf-8", "replace"), parser=_parser())
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return Refusal(RefusalReason.NOT_A_PAGE, "no markup that can be parsed")
    head = _head(root)
    template = next((t for t in TEMPLATES if _first(root, t.shows) is not None), None)
    page = _by_template(root, head, template) if template else None
    if page is None or page.missing():
        refusal = notice(root, page.cleaned.body if page else (), complete=False)
        if refusal:
            return refusal
        page = _better(page, _by_fallback(root, head, text))
    if refusal := page.missing() or notice(root, page.cleaned.body, complete=True):
        return refusal
    return page.article(head)


def _parser() -> Any:
    """A parser that keeps libxml2's own bounds on depth and size."""
    return lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)


@dataclass(frozen=True, slots=True)
class Head:
    """What a page's head says: its own number and section, the Korean original, machine-readable data."""

    number: int | None
    section: str | None
    url: str | None
    original_url: str | None
    meta: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """A page as one way of reading found it, before it is accepted."""

    template: str
    title: str
    posted_at: str | None
    modified_at: str | None
    subtitle: str | None
    reporters: str | None
    cleaned: Cleaned

    def missing(self) -> Refusal | None:
        """What keeps this page from being an article."""
        if not self.title:
            return Refusal(RefusalReason.NO_TITLE, f"no headline found ({self.template})")
        if self.posted_at is None:
            return Refusal(RefusalReason.NO_DATE, f"no time of posting found ({self.template})")
        if not self.cleaned.body:
            return Refusal(RefusalReason.NO_BODY, f"no paragraph found ({self.template})")
        return None

    def article(self, head: Head) -> Article:
        """The record."""
        assert self.posted_at is not None  # `missing` came first
        byline = self.cleaned.byline or self.reporters
        return Article(
            title=self.title,
            posted_at=self.posted_at,
            body=self.cleaned.body,
            template=self.template,
            number=head.number,
            subtitle=self.subtitle,
            authors=self.cleaned.authors or (names_in(byline) if byline else ()),
            byline=byline,
            modified_at=self.modified_at,
            section=head.section,
            images=self.cleaned.images,
            original_url=head.original_url,
        )


# --- by template -----------------------------------------------------------------------------------------------------


def _by_template(root: Any, head: Head, template: Template) -> Page:
    """Read a page whose generation is known."""
    title = _first(root, template.title)
    posted, modified = _times(root, head, template)
    subtitle_element = _first(root, template.subtitle)
    reporters = _first(root, template.reporters)
    found = _article_blocks(root, template, subtitle_element)
    cleaned = clean(found)
    lead = _lead_byline(root, template) if cleaned.byline is None else None
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


def _article_blocks(root: Any, template: Template, subtitle: Any) -> list[Block]:
    """The article's lines and figures: of the frame, or, where a text stands apart in it, pictures of the frame and
    lines of that text alone (and the closing lines behind it).
    """
    frames = _all(root, template.frame)
    found: list[Block] = []
    for frame in frames:
        if subtitle is not None and _holds(frame, subtitle):
            _drop(subtitle)
        texts = _outermost(_all(frame, template.body))
        if not texts:
            found += _blocks_of(frame)
            continue
        for text in texts:
            text.set("data-hani-text", "1")
        found += _inside_text(_blocks_of(frame, mark=True))
    return found


def _inside_text(marked: list[Block]) -> list[Block]:
    """Drop lines outside the marked text, but for a byline among them."""
    kept: list[Block] = []
    inside = False
    for block in marked:
        if block.text in (_OPEN, _CLOSE):
            inside = block.text == _OPEN
        elif inside or block.image or is_byline(block.text):
            kept.append(block)
    return kept


_OPEN, _CLOSE = "\ue000text", "\ue001text"  # private use: no page's own text


def _blocks_of(element: Any, *, mark: bool = False) -> list[Block]:
    """Hand one subtree to BeautifulSoup and take its lines and figures."""
    for media in element.xpath(".//script|.//style|.//noscript|.//svg|.//iframe"):
        _drop(media)
    soup = soup_of(etree.tostring(element, encoding="unicode", method="html", with_tail=False))
    if mark:
        for text in soup.select("[data-hani-text]"):
            for marker, place in ((_OPEN, text.insert_before), (_CLOSE, text.insert_after)):
                line = soup_of(f"<p>{marker}</p>").find("p")
                if line is not None:
                    place(line)
    return blocks(soup)


def _times(root: Any, head: Head, template: Template) -> tuple[str | None, str | None]:
    """Posted and modified: by their labels, else by their order where the layout has a place of its own for them."""
    for element in _all_of_each(root, template.dates):
        text = plain(" ".join(element.itertext()))
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
    lines = [
        block.text
        for block in blocks(soup_of(etree.tostring(element, encoding="unicode", method="html", with_tail=False)))
    ]
    return plain(" ".join(lines)) or None


def _reporters(element: Any) -> str | None:
    """The printed list of reporters."""
    if element is None:
        return None
    links = [plain(a.text_content()) for a in element.xpath(".//a")]
    listed = ", ".join(link.strip(" ,") for link in links if link.strip(" ,")) or plain(element.text_content())
    return listed or None


def _lead_byline(root: Any, template: Template) -> str | None:
    """A byline that stands with the headline instead of below the text."""
    title = _first(root, template.title)
    frame = _first(root, template.frame)
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
    for count, element in enumerate(first.xpath("following::*")):
        if element is last or count >= MOST_HEADER_ELEMENTS:
            return
        if isinstance(element.tag, str):
            yield element


# --- fallback --------------------------------------------------------------------------------------------------------


def _by_fallback(root: Any, head: Head, text: str) -> Page:
    """Read an unknown layout by what a reader sees.

    1. times: the labels "Posted on" and "Modified on", else JSON-LD, else the head's article:published_time;
    2. title: og:title or JSON-LD's headline, which the page must show as a heading, else its only h1;
    3. body: JSON-LD's article body, else the text behind the labels' element, else the densest text (trafilatura).
    """
    data = _json_ld(root)
    visible = plain(" ".join(root.xpath("//body//text()[not(ancestor::script or ancestor::style)]")))
    posted, modified = dates.labelled_times(visible)
    if posted is None:
        posted = dates.machine_time(_text(data, "datePublished")) or dates.machine_time(
            head.meta.get("article:published_time")
        )
        modified = modified or dates.machine_time(_text(data, "dateModified"))
    cleaned = clean(_fallback_blocks(root, data, text)) if posted else Cleaned((), (), None)
    description = plain(str(_text(data, "alternativeHeadline") or "")) or None
    return Page(
        "fallback", _fallback_title(root, head, data), posted, modified, description, _ld_authors(data), cleaned
    )


def _fallback_title(root: Any, head: Head, data: Mapping[str, Any]) -> str:
    claimed = _SITE_SUFFIX.sub("", plain(_text(data, "headline") or head.meta.get("og:title", "")))
    headings = [plain(h.text_content()) for h in root.xpath("//h1|//h2|//h3")]
    if claimed and (claimed in headings or not headings):
        return claimed
    first = [plain(h.text_content()) for h in root.xpath("//h1")]
    return first[0] if len(first) == 1 and first[0] else claimed


def _fallback_blocks(root: Any, data: Mapping[str, Any], text: str) -> list[Block]:
    labelled = _labelled_container(root)
    if labelled is not None:
        return _blocks_of(labelled)
    if body := _text(data, "articleBody"):
        return [Block(plain(line)) for line in re.split(r"\n+", body) if plain(line)]
    import trafilatura  # half a second to import, and only ever needed when the layout has drifted

    found = trafilatura.extract(text, include_comments=False, include_tables=False, favor_precision=True)
    return [Block(plain(line)) for line in (found or "").split("\n") if plain(line)]


def _labelled_container(root: Any) -> Any:
    """The element that holds the most prose near a printed "Posted on": climb from the label until a text is there."""
    labels = root.xpath("//body//*[not(self::script or self::style)][contains(text(), 'Posted on')]")
    for label in labels[:3]:
        around = label.getparent()
        while around is not None and around.tag not in ("body", "html"):
            candidates = [e for e in around.iterdescendants() if isinstance(e.tag, str) and _prose(e) >= 3]
            if candidates:
                return max(candidates, key=_prose)
            around = around.getparent()
    return None


def _prose(element: Any) -> int:
    """How many sentences' ends stand directly in an element or in its paragraphs."""
    own = [element.text or "", *((child.tail or "") for child in element)]
    paragraphs = [child.text_content() for child in element if child.tag == "p"]
    return sum(len(re.findall(r"[.!?][”\"’']?(?:\s|$)", part)) for part in (*own, *paragraphs) if len(part) > 40)


def _json_ld(root: Any) -> Mapping[str, Any]:
    """The page's NewsArticle in JSON-LD, if it has one."""
    for script in root.xpath("//script[@type='application/ld+json']"):
        try:
            raw = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue
        listed = raw if isinstance(raw, list) else raw.get("@graph", [raw]) if isinstance(raw, dict) else []
        for item in listed if isinstance(listed, list) else []:
            if isinstance(item, dict) and "Article" in str(item.get("@type")):
                return item
    return {}


def _text(data: Mapping[str, Any], key: str) -> str | None:
    value = data.get(key)
    return value if isinstance(value, str) else None


def _ld_authors(data: Mapping[str, Any]) -> str | None:
    listed = data.get("author")
    people = listed if isinstance(listed, list) else [listed]
    named = [plain(str(p["name"])) for p in people if isinstance(p, dict) and isinstance(p.get("name"), str)]
    return ", ".join(n for n in named if n and "hankyoreh" not in n.lower()) or None


def _better(first: Page | None, second: Page) -> Page:
    """The fallback's reading where it is whole, else the template's, which says better what is missing."""
    return first if first is not None and second.missing() else second


# --- the head --------------------------------------------------------------------------------------------------------


def _head(root: Any) -> Head:
    meta: dict[str, str] = {}
    for element in root.xpath("//meta[@content]"):
        name = element.get("property") or element.get("name")
        if name:
            meta.setdefault(name.lower(), element.get("content"))
    canonical = root.xpath("//link[translate(@rel, 'CANOIL', 'canoil')='canonical']/@href")
    addresses = [resolve(f"https://{WWW}/", a) for a in (*canonical[:1], meta.get("og:url", ""))]
    own = next((found for found in map(find_article, addresses) if found), None)
    return Head(
        number=own.article_id if own else None,
        section=own.section if own else None,
        url=next((a for a in addresses if a), None),
        original_url=_original(root, own.url if own else f"https://{WWW}/"),
        meta=meta,
    )


def _original(root: Any, base: str) -> str | None:
    """The link to the Korean original: named as such by its text or by its picture's alternative text."""
    for link in root.xpath("//a[@href]"):
        href = link.get("href")
        if "arti/" not in href:
            continue
        words = " ".join([*link.itertext(), *link.xpath(".//img/@alt"), link.get("title") or ""])
        if not _ORIGINAL.search(words):
            continue
        target = resolve(base, href)
        try:
            parts = urlsplit(target)
        except ValueError:
            continue
        on_site = (parts.hostname or "").endswith("hani.co.kr") and parts.scheme in ("http", "https")
        if on_site and _KOREAN_ARTICLE.match(parts.path):
            return target
    return None


# --- small tree tools ------------------------------------------------------------------------------------------------


@cache
def _compiled(path: str) -> etree.XPath:
    return etree.XPath(path)


def _first(root: Any, paths: tuple[str, ...]) -> Any:
    return next(iter(_all(root, paths)), None)


def _all(root: Any, paths: tuple[str, ...]) -> list[Any]:
    """What the first path that finds anything finds."""
    for path in paths:
        if found := _compiled(path)(root):
            return list(found) if isinstance(found, list) else []
    return []


def _all_of_each(root: Any, paths: tuple[str, ...]) -> list[Any]:
    return [element for path in paths for element in _all(root, (path,))]


def _outermost(elements: list[Any]) -> list[Any]:
    chosen = set(elements)
    return [e for e in elements if not any(parent in chosen for parent in e.iterancestors())]


def _holds(outer: Any, inner: Any) -> bool:
    return any(parent is outer for parent in inner.iterancestors())


def _drop(element: Any) -> None:
    """Take an element out of its tree; the text behind it stays."""
    element.drop_tree()
