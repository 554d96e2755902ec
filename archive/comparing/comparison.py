"""What changed between two versions, word by word; pure, standard library only.

The texts come from outside and may be hostile: a paragraph of a megabyte, ten thousand paragraphs. What difflib could
take for them is reckoned up beforehand (`Work`); where it is too much, the words that occur once hold the texts together,
and what lies between them counts as replaced whole.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

SAME, REMOVED, ADDED = "same", "removed", "added"
ALIKE_IN_PLACE = 0.15  # the same where one paragraph stands in the place of one other, between the same neighbours
ALIKE = 0.3  # share of common words from which two paragraphs are taken for one that was edited
# Steps of difflib at most that one comparison of two articles may take. Two articles of 1,000 words, each paragraph
# rewritten, come to 2 million by this reckoning; 20 million are half a second at worst (2,000 different words that each
# change their neighbour).
STEPS = 20_000_000
TABLE = 2_500  # pairs of paragraphs up to which every pairing is weighed: 50 rewritten ones on each side
WITHIN = 0.7  # share of the shorter paragraph's words that the longer holds too, from which it was cut or drawn out
WITHIN_WORDS = 4  # words, beside function words, that it must have for that
WINDOW = 8  # beyond that, how far ahead a paragraph's partner is looked for

# Words with the spaces behind them: as fast to compare as words alone, and joined again they give the text back.
# A figure with its commas and points is one word: 1,284 became 1,248, not 284 became 248.
_TOKEN = re.compile(r"(?:\d+(?:[.,]\d+)+|\w+)\s*|[^\w\s]\s*|\s+")
_WORD = re.compile(r"\w+")
# Words that any two English texts share; what is alike is told from the others.
FUNCTION_WORDS = frozenset(
    """a an the this that these those of in on at to for from by with without into onto over under about as and or but nor
    so if than then which who whom whose what when where while is are was were be been being am has have had having do does
    did will would can could shall should it its he she they them their theirs his her hers him i me my we us our you your
    there here also""".split()
)

Opcode = tuple[bool, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words that is the same in both texts, or stands in only one of them."""

    kind: str
    text: str


@dataclass(slots=True)
class Work:
    """What comparing may still cost, in steps of difflib's inner loop; counted, not timed, so the result never varies."""

    left: int = STEPS

    def affords(self, old: Sequence[str], new: Sequence[str]) -> bool:
        """Whether difflib may compare the two; if so, the most it can take is taken off.

        It looks for the longest common run once for each run that it finds (at most the shorter length and one more),
        and each time looks at all places of each word.
        """
        if len(old) > self.left:
            return False
        places = Counter(new)
        cost = (len(old) + sum(places[word] for word in old)) * (min(len(old), len(new)) + 1)
        return self.spend(cost)

    def spend(self, steps: int) -> bool:
        """Take so many steps off, if there are as many."""
        if steps > self.left:
            return False
        self.left -= steps
        return True


def opcodes(old: Sequence[str], new: Sequence[str], work: Work) -> list[Opcode]:
    """Where two sequences agree: (same, a, b, c, d) for old[a:b] and new[c:d], in order and without gaps.

    Exchanged arguments give the same with the sides exchanged: difflib alone would not.
    """
    head = common(zip(old, new, strict=False))
    rest = min(len(old), len(new)) - head
    tail = min(rest, common(zip(reversed(old), reversed(new), strict=False)))
    one, other = old[head : len(old) - tail], new[head : len(new) - tail]
    found = [(True, 0, head, 0, head)] if head else []
    if list(one) <= list(other):
        found += _shifted(_middle(one, other, work), head, head)
    else:
        found += _shifted([(same, c, d, a, b) for same, a, b, c, d in _middle(other, one, work)], head, head)
    if tail:
        found.append((True, len(old) - tail, len(old), len(new) - tail, len(new)))
    return found


def common(pairs: Iterator[tuple[str, str]]) -> int:
    """How many pairs are equal before the first that is not."""
    count = 0
    for one, other in pairs:
        if one != other:
            break
        count += 1
    return count


def _shifted(found: list[Opcode], by_old: int, by_new: int) -> list[Opcode]:
    return [(same, a + by_old, b + by_old, c + by_new, d + by_new) for same, a, b, c, d in found]


def _middle(old: Sequence[str], new: Sequence[str], work: Work) -> list[Opcode]:
    if not old or not new:
        return [(False, 0, len(old), 0, len(new))] if old or new else []
    if work.affords(old, new):
        return _difflib(old, new)
    found: list[Opcode] = []
    at_old = at_new = 0
    for a, c in [*_anchors(old, new), (len(old), len(new))]:
        gap_old, gap_new = old[at_old:a], new[at_new:c]
        small = gap_old and gap_new and work.affords(gap_old, gap_new)
        whole = [(False, 0, len(gap_old), 0, len(gap_new))] if gap_old or gap_new else []
        found += _shifted(_difflib(gap_old, gap_new) if small else whole, at_old, at_new)
        if a < len(old):
            found.append((True, a, a + 1, c, c + 1))
        at_old, at_new = a + 1, c + 1
    return found


def _difflib(old: Sequence[str], new: Sequence[str]) -> list[Opcode]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return [(operation == "equal", a, b, c, d) for operation, a, b, c, d in matcher.get_opcodes()]


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The longest row of words that occur once in each text, in the same order in both (as in "patience" diff)."""
    in_old, in_new = Counter(old), Counter(new)
    place = {word: c for c, word in enumerate(new) if in_new[word] == 1}
    unique = [(a, place[word]) for a, word in enumerate(old) if in_old[word] == 1 and word in place]
    ends: list[int] = []
    rows: list[int] = []
    before: list[int] = []
    for index, (_, c) in enumerate(unique):
        length = _longer(ends, c)
        before.append(rows[length - 1] if length else -1)
        ends[length : length + 1] = [c]
        rows[length : length + 1] = [index]
    row: list[tuple[int, int]] = []
    index = rows[-1] if rows else -1
    while index >= 0:
        row.append(unique[index])
        index = before[index]
    return row[::-1]


def _longer(ends: Sequence[int], end: int) -> int:
    """How many of the rising `ends` are below `end`."""
    low, high = 0, len(ends)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if ends[middle] < end else (low, middle)
    return low


def words(before: str, after: str, work: Work | None = None) -> list[Piece]:
    """Compare two texts. The pieces that are not added give `before`, those that are not removed give `after`."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    pieces: list[Piece] = []
    for same, a, b, c, d in opcodes(old, new, work or Work()):
        if same:
            pieces.append(Piece(SAME, "".join(old[a:b])))
            continue
        if b > a:
            pieces.append(Piece(REMOVED, "".join(old[a:b])))
        if d > c:
            pieces.append(Piece(ADDED, "".join(new[c:d])))
    return pieces


def paragraphs(before: Sequence[str], after: Sequence[str]) -> list[list[Piece]]:
    """Compare two bodies paragraph by paragraph; each item is one paragraph, whole or word by word."""
    work = Work()
    compared: list[list[Piece]] = []
    for same, a, b, c, d in opcodes(before, after, work):
        if same:
            compared += [[Piece(SAME, text)] for text in before[a:b]]
        else:
            compared += _replaced(before[a:b], after[c:d], work)
    return compared


def _replaced(before: Sequence[str], after: Sequence[str], work: Work) -> list[list[Piece]]:
    """Pair the paragraphs of a changed stretch that are alike, in order; the others came or went."""
    compared: list[list[Piece]] = []
    at_old = at_new = 0
    for a, c in alike(before, after):
        compared += [[Piece(REMOVED, text)] for text in before[at_old:a]]
        compared += [[Piece(ADDED, text)] for text in after[at_new:c]]
        compared.append(words(before[a], after[c], work))
        at_old, at_new = a + 1, c + 1
    compared += [[Piece(REMOVED, text)] for text in before[at_old:]]
    return compared + [[Piece(ADDED, text)] for text in after[at_new:]]


def alike(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Which paragraphs of two changed stretches are one, edited: pairs of indexes that rise on both sides.

    Of all ways to pair them the one that keeps the most words together; in stretches too long for that, each
    paragraph is paired with the first that is alike among the next few.
    """
    if not before or not after:
        return []
    if list(before) > list(after):
        return [(a, c) for c, a in alike(after, before)]
    if len(before) == len(after) == 1:
        return [(0, 0)] if _match(before[0], after[0]) else []
    old, new = [_content(text) for text in before], [_content(text) for text in after]
    return _best(old, new) if len(old) * len(new) <= TABLE else _first(old, new)


def _best(old: list[set[str]], new: list[set[str]]) -> list[tuple[int, int]]:
    shares = [[_pairing(one, other) for other in new] for one in old]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for a in range(len(old) - 1, -1, -1):
        for c in range(len(new) - 1, -1, -1):
            paired = shares[a][c] + best[a + 1][c + 1] if shares[a][c] >= ALIKE else 0.0
            best[a][c] = max(paired, best[a + 1][c], best[a][c + 1])
    found: list[tuple[int, int]] = []
    a = c = 0
    while a < len(old) and c < len(new):
        if shares[a][c] >= ALIKE and best[a][c] == shares[a][c] + best[a + 1][c + 1]:
            found.append((a, c))
            a, c = a + 1, c + 1
        elif best[a][c] == best[a + 1][c]:
            a += 1
        else:
            c += 1
    return found


def _first(old: list[set[str]], new: list[set[str]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    at = 0
    for a, one in enumerate(old):
        near = range(at, min(at + WINDOW, len(new)))
        match = next((c for c in near if _pairing(one, new[c]) >= ALIKE), None)
        if match is not None:
            found.append((a, match))
            at = match + 1
    return found


def _match(one: str, other: str) -> bool:
    """Whether the only paragraph of one stretch became that of the other: function words tell here, too."""
    a, b = set(_WORD.findall(one.lower())), set(_WORD.findall(other.lower()))
    return max(_pairing(_content(one), _content(other)), _share(a, b)) >= ALIKE_IN_PLACE


def _pairing(one: set[str], other: set[str]) -> float:
    """The share of common words; where nearly all of the shorter paragraph is in the longer, enough to be one."""
    within = _within(one, other) if len(one) <= len(other) else _within(other, one)
    return max(_share(one, other), ALIKE if within else 0.0)


def is_part(text: str, whole: str) -> bool:
    """Whether a paragraph was, by its words, cut out of another."""
    return _within(_content(text), _content(whole))


def _within(one: set[str], other: set[str]) -> bool:
    return len(one) >= WITHIN_WORDS and len(one & other) >= WITHIN * len(one)


def likeness(one: str, other: str) -> float:
    """The share of words that two texts have in common, 0 to 1 (Dice's coefficient over the sets of their words).

    Function words count only where a text has no others: "the" and "of" make no two paragraphs alike.
    """
    return _share(_content(one), _content(other))


def _content(text: str) -> set[str]:
    found = set(_WORD.findall(text.lower()))
    return found - FUNCTION_WORDS or found


def _share(one: set[str], other: set[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one or other else 1.0
