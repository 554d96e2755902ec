"""What an edit did to a text, piece by piece, with what is a figure or stands in a quotation told apart; pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from archive.comparing.changes import Change
from archive.comparing.comparison import ADDED, REMOVED, SAME, Piece
from archive.comparing.tokens import NUMBERS, quotations
from archive.records import Article, Image

NAMES = {
    "headline": "Headline",
    "subtitle": "Subtitle",
    "byline": "Byline",
    "authors": "Authors",
    "body": "Paragraph",
    "caption": "Caption",
    "image": "Picture",
    "section": "Section",
    "posted": "Posted",
    "stamp": "Modified",
    "original": "Original",
}
"""The fields of changes, as people read them."""
TIMES = ("posted", "stamp")

_DIGIT = re.compile(r"\d")
_WORDS = re.compile(r"[a-z]+(?:-[a-z]+)*")


@dataclass(frozen=True, slots=True)
class Told:
    """A run of words that is the same in both texts, or stands in only one; whether a figure, whether in a quotation."""

    kind: str
    text: str
    figure: bool = False
    quoted: bool = False


def article_of(version: Mapping[str, Any]) -> Article:
    """A version's row, with its images, as the record that it was made from."""
    return Article(
        title=version["title"],
        posted_at=version["posted_at"],
        body=tuple(version["body"]),
        template=version["template"],
        subtitle=version["subtitle"],
        authors=tuple(version["authors"]),
        byline=version["byline"],
        modified_at=version["modified_at"],
        section=version["section"],
        images=tuple(Image(image["src"], image["caption"], image["credit"]) for image in version["images"]),
        original_url=version["original_url"],
    )


def as_row(change: Change) -> dict[str, Any]:
    """A change as the table `changes` has it, with all its kinds."""
    return {
        "field": change.field,
        "place": change.place,
        "kinds": list(change.kinds),
        "before": change.before,
        "after": change.after,
        "words_added": change.words_added,
        "words_removed": change.words_removed,
        "size": change.size,
    }


def told(pieces: Iterable[Piece], old: str, new: str, kinds: Sequence[str]) -> Iterator[Told]:
    """The pieces of two texts, compared word by word; `kinds` says of what kinds the change is."""
    spans = {REMOVED: quotations(old)[1], ADDED: quotations(new)[1]} if "quote" in kinds else {}
    places = {REMOVED: 0, ADDED: 0}
    for piece in pieces:
        within = spans.get(piece.kind, []) if piece.kind != SAME else []
        quoted = any(begin <= places[piece.kind] < end for begin, end in within)
        figure = "figure" in kinds and piece.kind != SAME and is_figure(piece.text)
        for kind in (REMOVED, ADDED) if piece.kind == SAME else (piece.kind,):
            places[kind] += len(piece.text)
        yield Told(piece.kind, piece.text, figure, quoted)


def is_figure(text: str) -> bool:
    """Whether a stretch holds a number, in digits or in words."""
    return bool(_DIGIT.search(text)) or any(word in NUMBERS for word in _WORDS.findall(text.lower()))


def excerpt(pieces: Iterable[Told], around: int, longest: int, most: int) -> list[Told]:
    """What changed, with so many letters around it, each stretch cut to `longest` letters, and at most so many stretches.

    The whole only where that is short.
    """
    listed = list(pieces)
    shown = []
    for index, piece in enumerate(listed):
        text = piece.text
        if piece.kind == SAME and len(text) > 2 * around:
            head = text[:around] if index else text[: 2 * around] if len(listed) == 1 else ""
            text = f"{head}…{text[-around:] if index + 1 < len(listed) else ''}"
        elif len(text) > longest:
            text = f"{text[:longest]}…"
        shown.append(replace(piece, text=text))
    return [*shown[:most], Told(SAME, " …")] if len(shown) > most else shown
