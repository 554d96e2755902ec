"""From the lines of a page to its paragraphs: ordered rules with names and versions; pure.

A rule looks at where a block stands and at what it holds, so that prose survives: "Related stories" inside a sentence
is prose, as a heading over links it is boilerplate. Whoever changes what a rule does raises its version: two captures
are only ever compared as the same cleaner sees them.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from itertools import islice

from archive.records import Image
from crawler.bylines import authors, is_byline
from crawler.flow import MAX_BESIDE, Block, with_caption

ORPHAN_CAPTION = 400  # characters; something longer in an element named like a caption is taken for prose
SHORT_LINE = 60  # characters; in plain text a shorter line below "Related stories" is taken for a headline
MOST_CLOSING = 500  # characters of a closing line: byline, mail address and the line for questions in one
TAIL = 12  # blocks; how far from the end a page's closing lines may stand

_MAIL = r"(?:[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
_MAIL_SLOT = rf"(?:\[\s*(?:{_MAIL}|(?:\[?email(?:\s|&#160;)*protected\]?))?\s*\]?\s*\]|{_MAIL}|\(\s*{_MAIL}?\s*\))"
CONTACT = re.compile(
    rf"\s*Please\s+(?:direct|send|e-?mail)\s+(?:any\s+|all\s+|your\s+)?(?:questions?\s+(?:or|and)\s+comments?|comments?\s+(?:or|and)\s+questions?"
    rf"|questions?|comments?)\s+to\s*:?\s*(?:{_MAIL_SLOT})?\s*\.?\s*$",
    re.I,
)
_MAIL_ALONE = re.compile(rf"^\s*(?:e-?mail\s*:\s*)?{_MAIL_SLOT}(?:\s*[,;/]\s*{_MAIL_SLOT})*\s*$", re.I)
# Both looks behind keep the pattern from being tried again at every character of what it cannot match.
_MAIL_AT_END = re.compile(
    rf"(?:(?<![\s,;(\[])[\s,;(\[]+)?(?:(?<![\w.+-]){_MAIL}|\[email\s*protected\])[)\]]*\s*$", re.I
)
_BUTTON = re.compile(r"button that moves? to (?:the )?original korean article|클릭시 원문으로 이동하는 버튼", re.I)
_ADVERT = re.compile(r"^(?:\[?\s*광고\s*\]?|advertisements?|ad|ads by google|sponsored)$", re.I)
_NEWSLETTER = re.compile(r"^\(\s*☞")
_HEADING = re.compile(
    r"^(?:\W*)(?:related (?:stories|story|articles?|news)|most viewed(?: articles?| stories)?|most read(?: articles?)?|관련\s?기사|많이 본 기사|인기기사)\W*$",
    re.I,
)
_COPYRIGHT = re.compile(
    r"^(?:copyrights?\s*(?:ⓒ|©|\(c\)|\d{4}|(?:by )?the hankyoreh)|ⓒ|©|저작권자|all rights reserved).{0,160}$", re.I
)
_SENTENCE_END = re.compile(r"[.!?][\"'”’)\]]*$")


@dataclass(frozen=True, slots=True)
class Draft:
    """An article on its way through the rules."""

    blocks: tuple[Block, ...]
    byline: str | None = None
    double_breaks: bool = field(default=False)


Rule = Callable[[Draft], Draft]


@dataclass(frozen=True, slots=True)
class Named:
    """A rule with its name and the version of what it does."""

    name: str
    version: int
    apply: Rule


def _without(draft: Draft, drop: Callable[[int, Block], bool]) -> Draft:
    return replace(draft, blocks=tuple(b for i, b in enumerate(draft.blocks) if b.image or not drop(i, b)))


def drop_advertising(draft: Draft) -> Draft:
    """Drop lines that only label an advertisement, and newsletter lines led by a pointing hand."""
    return _without(draft, lambda _, b: bool(_ADVERT.match(b.text) or _NEWSLETTER.match(b.text)))


def cut_related(draft: Draft) -> Draft:
    """Drop "Related stories" and "Most viewed articles" with the links below them.

    Only a line that is nothing else is such a heading. Where no prose follows, it ends the article; where prose goes on,
    the block stood amid the article and only its links go.
    """
    blocks = list(draft.blocks)
    links_known = any(block.link for block in blocks)
    kept: list[Block] = []
    index = 0
    while index < len(blocks):
        if blocks[index].image or not _HEADING.match(blocks[index].text):
            kept.append(blocks[index])
            index += 1
            continue
        if _has_ended(kept):
            break
        index += 1
        while index < len(blocks) and _belongs_below(blocks[index], links_known):
            index += 1
    return replace(draft, blocks=tuple(kept))


def _has_ended(blocks: list[Block]) -> bool:
    """Whether the last lines close the article: a byline, the line for questions, the button to the original."""
    lines = islice((b.text for b in reversed(blocks) if not b.image), 4)
    return any(CONTACT.match(line) or _BUTTON.search(line) or is_byline(_without_mail(line)) for line in lines)


def _belongs_below(block: Block, links_known: bool) -> bool:
    """Whether a line below such a heading is one of its links: a link, or a line that does not end as sentences do.

    Plain text does not say what is a link: there a headline may end with a question mark, but is short.
    """
    if block.image or block.bold:
        return False
    ends = bool(_SENTENCE_END.search(block.text))
    return block.link or not ends or (not links_known and len(block.text) < SHORT_LINE)


def drop_original_button(draft: Draft) -> Draft:
    """Drop the text of the button to the Korean original."""
    return _without(draft, lambda _, b: bool(_BUTTON.search(b.text)) and len(b.text) < 200)


def drop_contact(draft: Draft) -> Draft:
    """Drop the line that says where to send questions, also where it is glued to the byline.

    Someone who says "Please direct questions to the spokesperson" names no address and is not at the end.
    """
    start = _tail_start(draft)
    kept = []
    for index, block in enumerate(draft.blocks):
        # Only the end of a block is looked at: the pattern would cost the square of a hostile page's length.
        cut = max(0, len(block.text) - MOST_CLOSING)
        found = CONTACT.search(block.text, cut) if not block.image and index >= start else None
        if found is None:
            kept.append(block)
        elif rest := block.text[: found.start()].strip():
            kept.append(replace(block, text=rest))
    return replace(draft, blocks=tuple(kept))


def drop_mail(draft: Draft) -> Draft:
    """Drop mail addresses that stand alone among the closing lines."""
    start = _tail_start(draft)
    return _without(draft, lambda i, b: i >= start and len(b.text) < MOST_CLOSING and bool(_MAIL_ALONE.match(b.text)))


def drop_copyright(draft: Draft) -> Draft:
    """Drop a copyright line among the closing lines."""
    start = _tail_start(draft)
    return _without(draft, lambda i, b: i >= start and bool(_COPYRIGHT.match(b.text)) and len(b.text) < 160)


def _without_mail(line: str) -> str:
    """A line without the mail address at its end; a long line is prose and stays as it is."""
    return _MAIL_AT_END.sub("", line).strip() if len(line) <= MOST_CLOSING else line


def take_byline(draft: Draft) -> Draft:
    """Take the byline out of the closing lines, else from the very first line.

    A mail address behind it is no part of it. "By Friday, the ministry had …" is no byline.
    """
    texts = [i for i, b in enumerate(draft.blocks) if not b.image]
    for index in [*reversed(texts[-TAIL:]), *texts[:1]]:
        line = _without_mail(draft.blocks[index].text)
        if is_byline(line):
            rest = draft.blocks[:index] + draft.blocks[index + 1 :]
            return replace(draft, blocks=rest, byline=line)
    return draft


def join_lines(draft: Draft) -> Draft:
    """Where double breaks part paragraphs, a line behind a single one goes on with the paragraph before it.

    A mid-title (a line that is all bold) stays alone.
    """
    if not draft.double_breaks:
        return draft
    paragraphs: list[list[Block]] = []
    start, apart = (
        "",
        True,
    )  # the paragraph's text as far as it may still be a closing line, and whether it stands alone
    for block in draft.blocks:
        alone = bool(block.image) or block.bold or _stands_alone(block.text)
        if paragraphs and block.gap == 1 and not alone and not apart:
            paragraphs[-1].append(block)
            start = f"{start} {block.text}" if len(start) <= MOST_CLOSING else start
            apart = _stands_alone(start)
        else:
            paragraphs.append([block])
            start, apart = block.text, alone
    return replace(draft, blocks=tuple(map(_joined, paragraphs)))


def _joined(lines: list[Block]) -> Block:
    """The lines of a paragraph as one."""
    if len(lines) == 1:
        return lines[0]
    return replace(lines[0], text=" ".join(line.text for line in lines), link=all(line.link for line in lines))


def _stands_alone(line: str) -> bool:
    """Whether a line is a paragraph of its own however it is parted from the next."""
    if len(line) > MOST_CLOSING:
        return False
    mail_free = _without_mail(line)
    return bool(
        CONTACT.match(line)
        or _HEADING.match(line)
        or _BUTTON.search(line)
        or _MAIL_ALONE.match(line)
        or is_byline(mail_free)
    )


def caption_beside(draft: Draft) -> Draft:
    """Give a picture the caption that stands beside it, and drop a caption's second copy.

    A line right after a picture without a caption is its caption where its element is named so or sets it apart, where
    it repeats the picture's alternative text, or where it ends with a credit in brackets.
    """
    kept: list[Block] = []
    for block in draft.blocks:
        figure = kept[-1] if kept else None
        if figure is None or figure.image is None or block.image:
            kept.append(block)
        elif figure.image.caption is None and _captions(block, figure):
            kept[-1] = with_caption(figure, block.text)
        elif not (figure.image.caption and _twins(block.text, figure.image.caption)):
            kept.append(block)
    return replace(draft, blocks=tuple(kept))


def _captions(line: Block, figure: Block) -> bool:
    with_credit = with_caption(figure, line.text).image
    credited = with_credit is not None and with_credit.credit is not None
    apart = line.apart and len(line.text) < MAX_BESIDE
    return line.caption or line.text == figure.alt or (not line.bold and (credited or apart))


def _twins(line: str, caption: str) -> bool:
    shorter, longer = sorted((line, caption), key=len)
    return shorter == longer or (longer.startswith(shorter) and longer[len(shorter) :].strip().startswith(("(", "[")))


def drop_orphan_captions(draft: Draft) -> Draft:
    """Drop a caption whose picture cannot be shown: it is no paragraph."""
    return _without(draft, lambda _, b: b.caption and len(b.text) < ORPHAN_CAPTION)


def unique_pictures(draft: Draft) -> Draft:
    """The same picture twice is one; a caption that only its second copy has is kept."""
    seen: dict[str, int] = {}
    kept: list[Block] = []
    for block in draft.blocks:
        if block.image is None or block.image.src is None or block.image.src not in seen:
            if block.image and block.image.src:
                seen[block.image.src] = len(kept)
            kept.append(block)
        elif block.image.caption and (first := kept[seen[block.image.src]]).image and not first.image.caption:
            kept[seen[block.image.src]] = with_caption(first, block.image.caption)
    return replace(draft, blocks=tuple(kept))


RULES = (
    Named("join_lines", 1, join_lines),  # first: all later rules look at whole paragraphs
    Named("caption_beside", 1, caption_beside),
    Named("drop_orphan_captions", 1, drop_orphan_captions),
    Named("unique_pictures", 1, unique_pictures),
    Named("drop_advertising", 1, drop_advertising),
    Named("cut_related", 1, cut_related),  # before the closing lines are looked for: it makes them the last
    Named("drop_original_button", 1, drop_original_button),
    Named("drop_copyright", 1, drop_copyright),
    Named("drop_contact", 1, drop_contact),
    Named("drop_mail", 1, drop_mail),
    Named("take_byline", 1, take_byline),
)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What the rules leave: paragraphs, pictures and the byline."""

    body: tuple[str, ...]
    images: tuple[Image, ...]
    byline: str | None

    @property
    def authors(self) -> tuple[str, ...]:
        """The names in the byline."""
        return authors(self.byline) if self.byline else ()


_watch: ContextVar[dict[str, list[str]] | None] = ContextVar("watch", default=None)


@contextmanager
def watching_rules() -> Iterator[dict[str, list[str]]]:
    """For as long as it is open, the texts that each rule took out or altered, by the rule's name."""
    acted: dict[str, list[str]] = {}
    token = _watch.set(acted)
    try:
        yield acted
    finally:
        _watch.reset(token)


def clean(blocks: list[Block]) -> Cleaned:
    """Run all rules in order over the blocks of a page's article."""
    draft = Draft(tuple(blocks), double_breaks=any(b.gap == 2 for b in _before_the_closing_lines(blocks)))
    acted = _watch.get()
    for rule in RULES:
        before, draft = draft, rule.apply(draft)
        if acted is not None and (texts := _taken(before, draft)):
            acted.setdefault(rule.name, []).extend(texts)
    return Cleaned(
        tuple(b.text for b in draft.blocks if not b.image and b.text),
        tuple(b.image for b in draft.blocks if b.image),
        draft.byline,
    )


def _taken(before: Draft, after: Draft) -> list[str]:
    left = {block.text for block in after.blocks}
    return [block.text for block in before.blocks if block.text and block.text not in left]


def _before_the_closing_lines(blocks: list[Block]) -> list[Block]:
    """The blocks that say how paragraphs are parted: byline and all below it often stand apart in any case."""
    start = max(1, len(blocks) - TAIL)
    end = next((i for i, b in enumerate(blocks) if i >= start and not b.image and _stands_alone(b.text)), len(blocks))
    return blocks[:end]


def _tail_start(draft: Draft) -> int:
    """The index from which blocks count as closing lines."""
    return max(0, len(draft.blocks) - TAIL)
