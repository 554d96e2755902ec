"""Reading a page that is already plain text, as readers' copies are; pure.

The labels and the order on the page say what each line is: title, stamps, standfirst, captions, paragraphs, closing
lines. An alternative text stands before its caption, so a line that stands twice is a caption.
"""

import re
from itertools import pairwise

from archive.records import Article, Image, Reading, Refusal, RefusalReason
from crawler import dates
from crawler.cleaning import clean
from crawler.flow import Block, caption_of, credit_of
from crawler.text import plain

_TAG = re.compile(
    r"<(?:!doctype|html|head|body|div|p|span|article|section|table|a|h[1-6]|meta|script|br|ul|li|title)\b[^<>]*>", re.I
)
_STAMP_LINE = re.compile(r"^\s*(?:posted|modified|published|updated)\s+on\b|^\s*(?:등록|수정|입력)\s*[:：]?\s*\d", re.I)
MOST_LEAD_LINES = 8  # standfirst and captions above the text
_SENTENCE_END = re.compile(r"[.!?][\"'”’)\]]*$")


def looks_like_text(text: str) -> bool:
    """Whether a page has no markup: plain text was saved."""
    return not _TAG.search(text[:200_000])


def read_text(text: str) -> Reading:
    """Read a page of plain text.

    The address it came from is not in it: number, section and original stay None.
    """
    lines = [plain(line) for line in text.splitlines()]
    first = next((i for i, line in enumerate(lines) if _STAMP_LINE.match(line)), None)
    titles = [line for line in lines[:first] if line] if first is not None else []
    if first is None:
        return Refusal(RefusalReason.NO_DATE, 'a text without a line that starts "Posted on"')
    if not titles:
        return Refusal(RefusalReason.NO_TITLE, "a text without a line before its stamps")
    after = first
    while after < len(lines) and (not lines[after] or _STAMP_LINE.match(lines[after])):
        after += 1
    posted, modified = dates.labelled_times(" ".join(lines[first:after]))
    if posted is None:
        return Refusal(RefusalReason.NO_DATE, f"no time can be read from {lines[first][:200]!r}")
    subtitle, rest = _lead(lines[after:], close=bool(after and lines[after - 1]))
    cleaned = clean(rest)
    if not cleaned.body:
        return Refusal(RefusalReason.NO_BODY, "a text without a paragraph")
    return Article(
        title=titles[-1] if len(titles) < 3 else titles[0],
        posted_at=posted,
        modified_at=modified,
        body=cleaned.body,
        template="text",
        subtitle=subtitle,
        authors=cleaned.authors,
        byline=cleaned.byline,
        images=cleaned.images,
    )


def _lead(lines: list[str], *, close: bool) -> tuple[str | None, list[Block]]:
    """The standfirst, and the blocks below it: captions (lines that stand twice) and paragraphs.

    Where a blank line parts a few lines above the text from it, those that are no caption are the standfirst; else only
    a first line can be. A line that ends as sentences do is one only where it stands alone, `close` below the stamps.
    """
    blank = next((i for i, line in enumerate(lines) if not line), len(lines))
    lead = lines[:blank] if blank < len(lines) and blank <= MOST_LEAD_LINES else lines[:1]
    said = [line for line in lines if line]
    captions = {line for line, following in pairwise(said) if line == following}
    captions |= {line for line in lead if _is_caption(line)}
    candidates = list(dict.fromkeys(line for line in lead if line not in captions))
    alone = close and len(candidates) == 1 and len(lead) == blank
    subtitle = [line for line in candidates if alone or not _SENTENCE_END.search(line)]
    blocks: list[Block] = []
    captioned: set[str] = set()
    for index, line in enumerate(lines):
        if line in captions and line not in captioned:
            captioned.add(line)
            blocks.append(Block(image=Image(None, line, credit_of(line))))
        elif line and line not in captions and not (index < len(lead) and line in subtitle):
            blocks.append(Block(line))
    return caption_of(subtitle), blocks


def _is_caption(line: str) -> bool:
    """A line above the text that ends with a credit in brackets."""
    return credit_of(line) is not None and not _SENTENCE_END.search(line[: line.rfind("(")].rstrip() + "x")
