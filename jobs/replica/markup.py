"""Pieces that the three page generations share: a CMS' habits of writing text."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import urlsplit

from jobs.replica.site import Article, pick

BUTTON_ALT = "button that move to original korean article (클릭시 원문으로 이동하는 버튼)"
MAIL = "english@hani.co.kr"
_BREAK, _HARD, _ZERO = "\ue010", "\ue011", "\ue012"
_FLEXIBLE = "/flexible/normal/"


@dataclass(frozen=True)
class _Span:
    """Words of a paragraph that stand in an element."""

    start: int
    end: int
    opening: str
    closing: str


def entities(text: str, habit: int) -> str:
    """Text as HTML; `habit` says which of a CMS' ways of writing quotes it has."""
    html = escape(text, quote=False)
    if habit % 3 == 1:
        html = html.replace("’", "&rsquo;").replace("‘", "&lsquo;")
        html = html.replace("“", "&ldquo;").replace("”", "&rdquo;")
    elif habit % 3 == 2:
        html = html.replace("“", "&#8220;").replace("”", "&#8221;").replace("’", "&#8217;")
    return html


def attribute(text: str) -> str:
    """Text for an attribute's value."""
    return escape(text, quote=True)


def title(article: Article) -> str:
    """The headline as HTML; some carry a blank that is none, or one of no width at the end."""
    habit = pick(article.id, "title", 6)
    text = article.title
    if article.generation != "g1" and habit == 3 and " " in text:
        text = text.replace(" ", _HARD, 1)
    if article.generation != "g1" and habit == 4:
        text += _ZERO
    return _finished(entities(text, habit))


def _finished(html: str) -> str:
    """The stand-ins turned into what they stand for."""
    return html.replace(_BREAK, "<br>\n").replace(_HARD, "&nbsp;").replace(_ZERO, "\u200b")


def _spans(text: str, links: Sequence[Sequence[Any]], marks: Sequence[Sequence[Any]]) -> list[_Span]:
    """Where links and emphasis stand in a paragraph, without overlaps."""
    wanted = [(words, f'<a href="{attribute(to)}" target="_blank">', "</a>") for words, to in links]
    wanted += [(words, f"<{tag}>", f"</{tag}>") for words, tag in marks]
    spans: list[_Span] = []
    for words, opening, closing in wanted:
        start = text.find(words)
        end = start + len(words)
        if start < 0 or any(start < span.end and span.start < end for span in spans):
            continue
        spans.append(_Span(start, end, opening, closing))
    return sorted(spans, key=lambda span: span.start)


def _broken(pieces: list[str], marked: Sequence[bool], mark: str, share: float) -> None:
    """Put `mark` in place of the blank nearest to a share of the text, outside of elements."""
    total = sum(map(len, pieces))
    best: tuple[float, int, int] | None = None
    offset = 0
    for number, piece in enumerate(pieces):
        if not marked[number]:
            for found in re.finditer("(?<=[^ ]) (?=[^ ])", piece):
                distance = abs(offset + found.start() - total * share)
                if best is None or distance < best[0]:
                    best = (distance, number, found.start())
        offset += len(piece)
    if best is not None:
        _, number, at = best
        pieces[number] = pieces[number][:at] + mark + pieces[number][at + 1 :]


def paragraph(article: Article, index: int) -> str:
    """One paragraph of the body as HTML: links, emphasis, soft breaks, entities, odd blanks."""
    text = str(article.record["body"][index])
    hints = article.hints
    spans = _spans(
        text,
        [entry[1:] for entry in hints.links if entry[0] == index],
        [entry[1:] for entry in hints.emphasis if entry[0] == index],
    )
    pieces, marked, at = [], [], 0
    for span in spans:
        pieces += [text[at : span.start], text[span.start : span.end]]
        marked += [False, True]
        at = span.end
    pieces.append(text[at:])
    marked.append(False)
    if index in hints.soft_breaks and hints.double_br and article.generation != "g3":
        _broken(pieces, marked, _BREAK, 0.5)
    odd = pick(article.id * 100 + index, "blank", 9)
    if odd == 0:
        _broken(pieces, marked, _HARD, 0.3)
    elif odd == 1:
        # Beside a blank: white space of no width parts words for nobody who reads them.
        _broken(pieces, marked, " " + _ZERO, 0.7)
    habit = pick(article.id, "entities", 3)
    html = [entities(piece, habit) for piece in pieces]
    for number, span in enumerate(spans):
        html[2 * number + 1] = span.opening + html[2 * number + 1] + span.closing
    return _finished("".join(html))


def subtitle(article: Article) -> str | None:
    """The standfirst as HTML, its lines parted by a break."""
    text = article.record["subtitle"]
    if text is None:
        return None
    lines = article.hints.subtitle_lines
    if " ".join(lines) != text:
        # A later night may have replaced the text: the lines of the first no longer fit.
        lines = [text]
    habit = pick(article.id, "entities", 3)
    return "<br>".join(entities(line, habit) for line in lines)


def listed(article: Article) -> bool:
    """Whether the byline is a mere list of reporters: no line that begins with By."""
    byline = article.record["byline"]
    return bool(byline) and byline == ", ".join(article.record["authors"])


def reporters(article: Article) -> str:
    """That list as an old page shows it, under the headline."""
    if not listed(article):
        return ""
    names = ", ".join(f'<a href="#">{name}</a>' for name in article.record["authors"])
    return f'<p class="reporter">{names}</p>\n'


def contact(article: Article, words: str) -> str:
    """The line that asks for letters, in one of the three ways the address is written."""
    way = pick(article.id, "mail", 3)
    if way == 0:
        inner = f'[<a href="mailto:{MAIL}">{MAIL}</a>]'
    elif way == 1:
        code = "5a" + "".join(f"{byte ^ 0x5A:02x}" for byte in MAIL.encode())
        inner = f'<span class="__cf_email__" data-cfemail="{code}">[email&#160;protected]</span>'
        inner = f'[<a href="/cdn-cgi/l/email-protection" class="__cf_email__">{inner}</a>]'
        if pick(article.id, "mail-bare", 2):
            inner = f'<span class="__cf_email__" data-cfemail="{code}">[email&#160;protected]</span>'
    else:
        inner = "[]"
    return f"Please direct {words} to {inner}"


def button(article: Article) -> str | None:
    """The link to the Korean original, with its picture."""
    url = article.record["original_url"]
    if not url:
        return None
    picture = "//img.hani.co.kr/section-image/english/btn_original.gif"
    return (
        f'<a href="{attribute(url)}" target="_blank" class="btn-original">'
        f'<img src="{picture}" alt="{BUTTON_ALT}" width="120" height="24" border="0"></a>'
    )


def canonical(article: Article) -> str:
    """The link to the page itself, on those that have one."""
    if not article.hints.canonical:
        return ""
    return f'<link rel="canonical" href="{article.address}">\n'


def image_address(article: Article, number: int) -> str:
    """The address a picture is served under: in some size, and not always written whole."""
    src = str(article.record["images"][number]["src"])
    if _FLEXIBLE in src:
        width, height = image_size(article, number)
        src = src.replace(_FLEXIBLE, f"{_FLEXIBLE}{width}/{height}/", 1)
    way = pick(article.id + number, "picture", 6)
    parts = urlsplit(src)
    if way == 0 and not parts.query:
        src += "?v=" + str(pick(article.id, "v", 9000) + 1000)
    if article.generation != "g3" and way in (1, 2):
        src = src.replace("https:", "http:" if way == 1 else "", 1)
    return attribute(src)


def image_size(article: Article, number: int) -> tuple[int, int]:
    """The size a picture is served in."""
    sizes = article.hints.image_sizes
    if number < len(sizes):
        return sizes[number][0], sizes[number][1]
    return [(970, 647), (800, 533), (640, 427)][pick(article.id + number, "size", 3)]


def image_alt(article: Article, number: int) -> str:
    """The alternative text: the caption, or where there is none sometimes the headline."""
    caption = article.record["images"][number]["caption"]
    if caption:
        return attribute(caption)
    return attribute(article.title) if pick(article.id, "alt", 2) else ""


def caption(article: Article, number: int) -> str | None:
    """The printed caption as HTML."""
    text = article.record["images"][number]["caption"]
    return entities(text, pick(article.id, "entities", 3)) if text else None


def in_order(article: Article) -> list[tuple[str, int]]:
    """("image", n) and ("text", n) in the order in which a reader meets them."""
    body, images = article.record["body"], article.record["images"]
    after = list(article.hints.image_after)
    # Pictures without a hint: the first above the text, the others further down.
    after += [3 * number for number in range(len(after), len(images))]
    order: list[tuple[str, int]] = []
    for at in range(len(body) + 1):
        for number in range(len(images)):
            if min(after[number], len(body)) == at:
                order.append(("image", number))
        if at < len(body):
            order.append(("text", at))
    return order


def flowing(article: Article, image: Callable[[int], str], tail: Sequence[str], *, block: bool) -> str:
    """The body of an old page: text nodes parted by breaks, with pictures among them.

    In a text of single breaks there must be no double one anywhere, not even before the byline.
    """
    double = article.hints.double_br
    ways = ["<br><br>", "<br>\n<br>", "<br /><br />", "<br>&nbsp;<br>", "<br/>\n<br/>\n"]
    parting = ways[pick(article.id, "double", len(ways))] if double else "<br>\n"
    # A block parts by itself, so around it a page may have any break or none.
    around = ["\n", "<br>", parting][pick(article.id, "around", 3)] if block else parting
    html, last = "", ""
    for kind, number in in_order(article):
        if last:
            html += parting if kind == last == "text" else around
        if kind == "image":
            html += image(number)
        elif number in article.hints.midtitles:
            html += f"<b>{paragraph(article, number)}</b>"
        else:
            html += paragraph(article, number)
        last = kind
    return html + "".join(parting + line for line in tail)
