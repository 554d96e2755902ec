"""Markup → what a reader sees, in reading order: lines and figures; pure.

BeautifulSoup gets only the article's own subtree (found with lxml): parsing whole pages with it costs five times as much.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PreformattedString

from archive.records import Image
from crawler.text import plain
from crawler.urls import MAX_LENGTH

BLOCKS = frozenset(
    """
    address article aside blockquote center dd div dl dt fieldset figcaption figure footer h1 h2 h3 h4 h5 h6
    header hr li main ol p pre section table tbody td tfoot th thead tr ul
    """.split()
)
TEXT_MARK = "data-hani-text"
"""An attribute that marks the element which holds an article's text; its bounds come out as blocks with a `mark`."""
OPEN, CLOSE = "open", "close"

NEVER_SEEN = frozenset(
    """
    script style noscript template iframe object embed form button svg audio video canvas select textarea
    input nav head link meta
    """.split()
)
_BOLD = frozenset({"b", "strong", "h1", "h2", "h3", "h4", "h5", "h6"})
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_BOLD_STYLE = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.I)
# Class names of what stands between paragraphs and is no part of the article, by whole words.
_JUNK = re.compile(
    r"(?:^|[-_\s])(?:ads?|adv|adbox|ad-?area|advert\w*|banner\w*|sponsor\w*|promotion|sns\w*|share\w*|related\w*"
    r"|most-?view\w*|popular\w*|ranking\w*|audio\w*|player\w*|newsletter\w*|embed\w*|twitter-tweet|instagram-media"
    r"|fb-post|copyright\w*|comments?|reply\w*|recommend\w*|blind|sr-only|a11y|hidden|btn\w*|buttons?"
    r"|zoom(?:[-_]?(?:btn|button|icon|in))?)(?:$|[-_\s\d])"
    r"|adWrap|BaseAd_|AudioPlayer|audioWrap|googletag|adsbygoogle|dable|taboola|zoom[-_]?(?:btn|button)",
    re.I,
)
_CENTRED = re.compile(r"text-align\s*:\s*center", re.I)
_WRAPPERS = frozenset({"html", "body", "div", "section", "article", "main"})
_HASH = re.compile(r"__\S*")
_FIGURE = re.compile(r"image|photo|figure|(?:^|[-_\s])(?:img|pic|fig|imageC)", re.I)
CAPTION = re.compile(r"caption|desc|(?:^|[-_\s])cap(?:$|[-_\s])|imgcap|photo-?txt|txt_?photo", re.I)
_PHOTO = re.compile(r"\.(?:jpe?g|png|webp|gif|avif)$", re.I)
_FURNITURE = re.compile(r"icon|btn|button|logo|play|zoom|blank|pixel|spacer|bullet", re.I)
_SIZE = re.compile(r"/flexible/normal/\d+/\d+/")
_QUERY = re.compile(r"[?#].*$", re.S)
_POINTER = re.compile(
    r"^(?:(?:from|on|at|in|the|far|top|bottom|upper|lower|front|back|first|second|third|fourth|fifth|sixth|\d(?:st|nd|rd|th)) )*"
    r"(?:left|right|center|centre|middle|front|back|top|bottom|row)\b|^\d{1,4}$",
    re.I,
)
_CREDIT = re.compile(r"[\(\[（]([^()\[\]（）]{2,90})[\)\]）]\s*\.?$")
MAX_BESIDE = 300  # characters; of a line that only its place beside a picture makes a caption
MAX_CAPTION = 1200  # characters; a longer text beside a picture is the article, not its caption
# Elements and texts of a figure; the fullest seen, with its zoom button, has 30. Figures are looked for at every level of
# nesting, so this keeps a page of 30,000 tags from being read a hundred times.
MOST_FIGURE_NODES = 60
MOST_NAMED = 1000  # characters of an element's classes that are looked at; real ones have under 200


@dataclass(frozen=True, slots=True)
class Block:
    """A line of text, or a picture with its caption.

    `gap` says what parts it from the line before: 0 a new block, 1 a line break, 2 two or more. `link` marks a line that
    is nothing but links, `bold` one that is all bold, `caption` one whose element is named as a caption. `apart` says
    that in a text of bare lines this one has an element of its own that sets it apart: small, grey, slanted, centred.
    """

    text: str = ""
    image: Image | None = None
    gap: int = 0
    bold: bool = False
    link: bool = False
    caption: bool = False
    apart: bool = False
    alt: str | None = None
    mark: str | None = None


def soup_of(markup: str) -> Tag:
    """The article's subtree, as BeautifulSoup sees it."""
    return BeautifulSoup(markup, "lxml", multi_valued_attributes=None)  # classes stay one text


def is_junk(tag: Tag) -> bool:
    """Whether an element is never part of what a reader reads as the article."""
    if tag.name in NEVER_SEEN or tag.has_attr("hidden"):
        return True
    if (style := tag.get("style")) and _HIDDEN.search(str(style)):
        return True
    return bool((named := names(tag)) and _JUNK.search(named)) and tag.name not in ("body", "html", "article")


def names(tag: Tag) -> str:
    """An element's classes and id, as one text; a class without the hash that changes with every build of the site."""
    classes, own = str(tag.get("class") or ""), str(tag.get("id") or "")
    return f"{_HASH.sub('', classes[:MOST_NAMED])} {own[:MOST_NAMED]}".strip()


# --- lines -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Line:
    """The line that is being gathered."""

    text: str = ""
    bold: bool = True
    link: bool = True
    caption: bool = False
    apart: bool = False

    def add(self, text: str, bold: bool, link: bool, caption: bool, apart: bool) -> None:
        if text.strip():
            first = not self.text.strip()
            self.bold, self.link = self.bold and bold, self.link and link
            self.caption = caption if first else self.caption and caption
            self.apart = apart if first else self.apart and apart
        self.text += text


def blocks(root: Tag, *, base: str = "") -> list[Block]:
    """The lines and figures below an element, in reading order; junk left out, white space folded."""
    found: list[Block] = []
    line, breaks, new_block = _Line(), 0, True
    top = _innermost(root)
    bare = _is_bare(top.select(f"[{TEXT_MARK}]") or [top])
    walk = _Walk(base, _pictures(root, base), _sizes(root), bare)
    for token in [*_tokens(top, walk, False, False, False, False), "block"]:
        if isinstance(token, tuple):
            line.add(*token)
            continue
        if text := plain(line.text):
            gap = 0 if new_block else min(breaks, 2)
            found.append(Block(text, None, gap, line.bold, line.link, line.caption, line.apart))
            breaks, new_block = 0, False
        line = _Line()
        breaks += token == "br"
        new_block = new_block or token != "br"
        if isinstance(token, Block):
            found.append(token)
    return found


@dataclass(frozen=True, slots=True)
class _Walk:
    """What holds of a whole walk: the page's address, the pictures and nodes in each element, and whether the text is bare.

    In a bare text (2018 to 2024) paragraphs are text nodes parted by breaks, and elements among them are something else.
    """

    base: str
    pictures: dict[int, list[tuple[str, Tag]]]
    sizes: Counter[int]
    bare: bool


def _innermost(root: Tag) -> Tag:
    """The element that holds all: wrappers with a single child and no text of their own left aside."""
    while True:
        children = [c for c in root.children if isinstance(c, Tag) or str(c).strip()]
        only = children[0] if len(children) == 1 else None
        if not isinstance(only, Tag) or only.name not in _WRAPPERS or only.has_attr(TEXT_MARK):
            return root
        root = only


def _is_bare(holders: list[Tag]) -> bool:
    """Whether most of a text stands directly in its element."""
    direct = sum(len(str(c).strip()) for tag in holders for c in tag.children if isinstance(c, NavigableString))
    return direct > sum(len(tag.get_text()) for tag in holders) / 2


_Token = tuple[str, bool, bool, bool, bool] | str | Block


def _tokens(tag: Tag, walk: _Walk, bold: bool, link: bool, caption: bool, apart: bool) -> Iterator[_Token]:
    """Text, "br", "block" and figures, in document order."""
    for child in tag.children:
        if isinstance(child, NavigableString):
            if not isinstance(child, PreformattedString):
                yield str(child), bold, link, caption, apart
        elif isinstance(child, Tag):
            yield from _tag_tokens(child, walk, bold, link, caption, apart)


def _tag_tokens(tag: Tag, walk: _Walk, bold: bool, link: bool, caption: bool, apart: bool) -> Iterator[_Token]:
    if tag.name == "br":
        yield "br"
    elif tag.name == "img":
        if image := picture(tag, walk.base):
            yield "block"
            yield Block(image=Image(image), alt=plain(str(tag.get("alt") or "")) or None)
    elif is_junk(tag):
        yield "block" if tag.name in BLOCKS else ("", bold, link, caption, False)
    elif tag.has_attr(TEXT_MARK):
        yield Block(mark=OPEN)
        yield from _tokens(tag, walk, bold, link, caption, False)
        yield Block(mark=CLOSE)
    elif figure := _figure(tag, walk):
        yield "block"
        yield from figure
    else:
        is_block = tag.name in BLOCKS
        bold = bold or tag.name in _BOLD or bool(_BOLD_STYLE.search(str(tag.get("style") or "")))
        named = caption or bool(CAPTION.search(names(tag))) or tag.name in ("figcaption", "caption")
        if is_block:
            yield "block"
        apart = apart or (walk.bare and _sets_apart(tag))
        yield from _tokens(tag, walk, bold, link or tag.name == "a", named, apart)
        if is_block:
            yield "block"


def _sets_apart(tag: Tag) -> bool:
    """Whether an element shows its line unlike the lines around it, as captions are shown."""
    centred = str(tag.get("align")).lower() == "center" or bool(_CENTRED.search(str(tag.get("style") or "")))
    return (
        tag.name in ("font", "small", "em", "i", "center") or centred or (tag.name == "span" and bool(tag.get("style")))
    )


# --- figures ---------------------------------------------------------------------------------------------------------


def picture(img: Tag, base: str = "") -> str | None:
    """A picture's address: absolute, https, without query and served size; None for what is no picture of the article."""
    for name in ("src", "data-src", "data-original", "srcset"):
        value = str(img.get(name) or "").strip()
        if name == "srcset":
            value = next(iter(value.split(",")[0].split()), "")
        # A control character, or a mark that turns the direction of writing, is in no picture's address.
        if not value.isprintable() or not 0 < len(value) <= MAX_LENGTH or value.startswith("data:"):
            continue
        try:
            address = urljoin(base or "https://www.hani.co.kr/", value)
            parts = urlsplit(address)
        except ValueError:
            continue
        if parts.scheme in ("http", "https") and ("imgdb" in parts.path or _is_photo(parts.path)):
            return _SIZE.sub("/flexible/normal/", re.sub(r"^http:", "https:", _QUERY.sub("", address)))
    return None


def _is_photo(path: str) -> bool:
    """Whether a file outside the newspaper's image store looks like a photograph and not like a page's furniture."""
    return bool(_PHOTO.search(path)) and not _FURNITURE.search(path)


def _pictures(root: Tag, base: str) -> dict[int, list[tuple[str, Tag]]]:
    """The different pictures in each element (by `id`) outside junk, at most two: more than one is no figure."""
    found: dict[int, list[tuple[str, Tag]]] = {}
    unseen: dict[int, bool] = {}
    for img in root.find_all("img"):
        address = None if _is_unseen(img, unseen) else picture(img, base)
        for parent in img.parents if address else ():
            known = found.setdefault(id(parent), [])
            if len(known) == 2 or any(address == other for other, _ in known):
                break  # so it is in all that stands around it
            known.append((str(address), img))
    return found


def _is_unseen(img: Tag, known: dict[int, bool]) -> bool:
    """Whether an element stands in junk; what is found of each element around it is noted in `known`."""
    path = []
    answer = False
    for parent in img.parents:
        if (noted := known.get(id(parent))) is not None:
            answer = noted
            break
        path.append(parent)
    for parent in reversed(path):
        answer = known[id(parent)] = answer or is_junk(parent)
    return answer


def _sizes(root: Tag) -> Counter[int]:
    """How many elements and texts stand in each element, by its `id`."""
    sizes: Counter[int] = Counter()
    for node in reversed(list(root.descendants)):
        sizes[id(node.parent)] += 1 + sizes[id(node)]
    return sizes


def _figure(tag: Tag, walk: _Walk) -> list[Block]:
    """An element that holds one picture and no more than its caption, as a figure; else nothing."""
    if tag.name not in BLOCKS and tag.name not in ("span", "a", "picture", "font", "em", "strong", "b", "i"):
        return []
    pictures = walk.pictures.get(id(tag), [])
    if len(pictures) != 1 or walk.sizes[id(tag)] > MOST_FIGURE_NODES:
        return []
    lines = [line for line in blocks_without_figures(tag) if line.text]
    named = tag.name in ("figure", "table", "picture") or (len(lines) <= 6 and bool(_FIGURE.search(names(tag))))
    text = caption_of([line.text for line in lines])
    alt = plain(str(pictures[0][1].get("alt") or "")) or None
    if text and len(text) > MAX_CAPTION:
        return []
    captioned = all(line.caption or line.text == alt for line in lines)
    short = len(lines) <= 2 and (bool(_CREDIT.search(text or "")) or (walk.bare and len(text or "") < MAX_BESIDE))
    if text and not named and not captioned and not short:
        return []
    return [Block(image=Image(pictures[0][0], text, credit_of(text)), alt=alt)]


def blocks_without_figures(tag: Tag) -> list[Block]:
    """The lines of a figure: its pictures left out."""
    line, found = _Line(), []
    for token in _text_tokens(tag, False):
        if isinstance(token, tuple):
            line.add(*token)
        else:
            found.append(Block(plain(line.text), caption=line.caption))
            line = _Line()
    return [b for b in [*found, Block(plain(line.text), caption=line.caption)] if b.text]


def _text_tokens(tag: Tag, caption: bool) -> Iterator[_Token]:
    for child in tag.children:
        if isinstance(child, Tag):
            yield from _text_tag_tokens(child, caption)
        elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString):
            yield str(child), False, False, caption, False


def _text_tag_tokens(tag: Tag, caption: bool) -> Iterator[_Token]:
    if tag.name == "br":
        yield "br"
    elif not is_junk(tag):
        named = caption or bool(CAPTION.search(names(tag))) or tag.name in ("figcaption", "caption")
        if tag.name in BLOCKS:
            yield "block"
        yield from _text_tokens(tag, named)
        if tag.name in BLOCKS:
            yield "block"


def caption_of(lines: list[str]) -> str | None:
    """A caption that stands twice, with or without its credit, is one caption."""
    kept: list[str] = []
    for line in lines:
        twin = next((k for k in kept if k == line or k.startswith(line) or line.startswith(k)), None)
        if twin is None:
            kept.append(line)
        elif len(line) > len(twin):
            kept[kept.index(twin)] = line
    return " ".join(kept) or None


def credit_of(caption: str | None) -> str | None:
    """What stands in brackets at a caption's end, unless it only points ("(left)")."""
    found = _CREDIT.search(caption or "")
    if found is None or _POINTER.match(found[1].strip()):
        return None
    return found[1].strip()


def with_caption(block: Block, caption: str) -> Block:
    """A figure with the caption that was found beside it."""
    assert block.image is not None
    return replace(block, image=replace(block.image, caption=caption, credit=credit_of(caption)))
