"""What changed between two versions, word by word; pure, standard library only."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

SAME, REMOVED, ADDED = "same", "removed", "added"
ALIKE = 0.3  # share of common words from which two paragraphs are taken for one that was edited

# Words with the spaces behind them: as fast to compare as words alone, and joined again they give the text back.
# A figure with its commas and points is one word: 1,284 became 1,248, not 284 became 248.
_TOKEN = re.compile(r"(?:\d+(?:[.,]\d+)+|\w+)\s*|[^\w\s]\s*|\s+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words that is the same in both texts, or stands in only one of them."""

    kind: str
    text: str


def words(before: str, after: str) -> list[Piece]:
    """Compare two texts. The pieces that are not added give `before`, those that are not removed give `after`."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    pieces: list[Piece] = []
    for operation, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if operation == "equal":
            pieces.append(Piece(SAME, "".join(old[a:b])))
            continue
        if b > a:
            pieces.append(Piece(REMOVED, "".join(old[a:b])))
        if d > c:
            pieces.append(Piece(ADDED, "".join(new[c:d])))
    return pieces


def paragraphs(before: Sequence[str], after: Sequence[str]) -> list[list[Piece]]:
    """Compare two bodies paragraph by paragraph; each item is one paragraph, whole or word by word."""
    compared: list[list[Piece]] = []
    for operation, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if operation == "equal":
            compared += [[Piece(SAME, text)] for text in before[a:b]]
        else:
            compared += _replaced(before[a:b], after[c:d])
    return compared


def _replaced(before: Sequence[str], after: Sequence[str]) -> list[list[Piece]]:
    """Pair the paragraphs of a changed stretch that are alike, in order; the others came or went."""
    compared: list[list[Piece]] = []
    rest = list(after)
    for text in before:
        match = next((i for i, candidate in enumerate(rest) if likeness(text, candidate) >= ALIKE), None)
        if match is None:
            compared.append([Piece(REMOVED, text)])
            continue
        compared += [[Piece(ADDED, added)] for added in rest[:match]]
        compared.append(words(text, rest[match]))
        rest = rest[match + 1 :]
    return compared + [[Piece(ADDED, text)] for text in rest]


def likeness(one: str, other: str) -> float:
    """The share of words that two texts have in common, 0 to 1 (Dice's coefficient over their sets)."""
    a, b = set(re.findall(r"\w+", one.lower())), set(re.findall(r"\w+", other.lower()))
    return 2 * len(a & b) / (len(a) + len(b)) if a or b else 1.0
