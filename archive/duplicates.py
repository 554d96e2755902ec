"""Near-duplicates: articles under different numbers whose texts are largely the same. A link suggests, it never merges.

1. `fingerprint`: of each text a sample of its word shingles, chosen by their hashes and so the same in every text.
2. `candidates`: the pairs that share enough of their samples, found through an index and never by trying all pairs.
3. `compare`: the exact measure over all shingles of two texts, and what became of the earlier one.

The sample (Broder's mod p sketch, also called FracMinHash) lets step 2 see a short text within a long one, which
MinHash and simhash do not. Measured on 11,000 texts with 499 linked pairs of a similarity over 0.5 and 389 under it: it
found all, and 92% of what it suggested was linked. MinHash of 128 numbers in 32 bands (rensa) found 494 and 85, in a
third to a half of the time; a 64-bit simhash within 12 bits, 374 and 9.

Compared are subtitle and body. A story republished gets another headline, and pictures with their captions are used
again beside other stories.
"""

import gc
import json
import re
import sqlite3
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import blake2b
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any
from zlib import crc32

from archive.errors import ArchiveError
from archive.times import Clock, now, stamp

if TYPE_CHECKING:
    from sqlite_utils import Database

SHINGLE = 4
"""Words in a row. One changed word costs so many shingles: a text with each twelfth word replaced keeps a similarity
of 0.60 with 3, 0.50 with 4, 0.41 with 5. Of standing text around other figures the shorter ones keep more: two
days' weather in tests/test_duplicates.py has 0.46 with 3, 0.35 with 4, 0.27 with 5. There is little between them."""
LEAST_SHINGLES = 20
"""Shorter texts are not compared: a standing line under a picture is the same below a hundred others."""
LEAST_EXCERPT = 60
"""Shingles that a text must have to be taken for a part of a longer one: less may be a note that both carry."""
LEAST_SIMILARITY = 0.4
"""Jaccard similarity from which two texts are linked: of two equally long ones, 57% of either stands in the other. Of
the labelled pairs in tests/test_duplicates.py, a story with three of eight paragraphs replaced has 0.44, one with three
of eight kept 0.19, two writers on one event 0.03."""
NEARLY_ALL = 0.85
"""Share of a text's shingles from which it counts as wholly in the other: one changed word in 28 leaves so much."""

SAMPLED = 8
"""One shingle of so many is in the sample, but at least LEAST_SAMPLE of each text, those with the lowest hashes."""
LEAST_SAMPLE = 24
COMMON = 20
"""A shingle that stands in more articles than this is a common phrase or a column's standing text, and no sign that two
of them are one story. It also bounds the work: no article meets more than this many others through one shingle."""
SUSPICION = 0.25
"""Share of the shorter sample that two articles must have in common to be compared exactly: under half of what a link
needs (0.57 of the shorter text), so that the chance of sampling hides hardly any: none of 3,335 links among 120 times
60 texts of 25 to 900 words, made as in tests/test_duplicates.py."""
STANDING = 0.3
"""Share of common shingles from which an article may lose a link to COMMON: what a link needs, less SUSPICION."""

LEAST_PLACES = 20
"""Shingles with a figure, alike but for the figure, that two texts must share to be judged by their figures: about five
figures."""
SAME_FIGURES = 0.5
"""Share of these that must have the same figure too. In a daily column hardly any figure stays; an update of a story
changes its toll and keeps dates, ages and sums."""

_WORD = re.compile(r"\w+")
_FIGURE = re.compile(r"\d+")
_LOWEST = -(2**63)  # of what hash() gives on the 64-bit machines that this runs on
_BOUND = _LOWEST + 2**64 // SAMPLED
_PARTS = 16  # the index is made in so many parts, one after the other: its memory is that of one

Words = Sequence[str]
Row = dict[str, Any]


class NotSwept(ArchiveError):
    """Nobody has looked for near-duplicates in this archive yet."""


class Relation(StrEnum):
    """What the later text is to the earlier one; the last two are not linked."""

    REPUBLISHED = "republished"
    EXTENDED = "extended"
    SHORTENED = "shortened"
    REWRITTEN = "rewritten"
    COLUMN = "column"
    UNLIKE = "unlike"


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two texts are: exact, over the sets of their shingles.

    `similarity` is Jaccard's (shared over all), `contained` the share of the earlier text that the later one holds.
    """

    similarity: float
    contained: float
    relation: Relation

    @property
    def linked(self) -> bool:
        """Whether the pair is worth telling of."""
        return self.relation not in (Relation.COLUMN, Relation.UNLIKE)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is kept of a text to find its like: its length in shingles, its digest, and its sorted sample."""

    shingles: int
    digest: bytes
    sample: "array[int]"

    @property
    def bound(self) -> int:
        """All shingles of the text with a hash up to this are in the sample."""
        return max(_BOUND, self.sample[-1]) if self.sample else _BOUND


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs to compare, as places in the order of time, and the articles that not all pairs were looked at for.

    `too_short` took no part; of the `common` much stands in many others; the `chained` are equal to many others.
    """

    pairs: list[tuple[int, int]]
    too_short: int
    common: int
    chained: int


@dataclass(frozen=True, slots=True)
class Link:
    """Two articles of the archive that are near-duplicates: a row of the table."""

    earlier_id: int
    later_id: int
    likeness: Likeness


# --- one text --------------------------------------------------------------------------------------------------------


def words_of(subtitle: str | None, body: str) -> list[str]:
    """The words that are compared, without case and punctuation."""
    return _WORD.findall(f"{subtitle or ''}\n{body}".lower())


def shingles(words: Words) -> Iterator[tuple[str, ...]]:
    """Every run of SHINGLE words, in order."""
    return zip(*(words[n:] for n in range(SHINGLE)), strict=False)


class Numbers(dict[str, int]):
    """A number for each word, the same in every process; Python's own hash of a text is salted."""

    def __missing__(self, word: str) -> int:
        number = self[word] = crc32(word.encode())
        return number


def fingerprint(words: Words, numbers: Numbers) -> Fingerprint:
    """What `candidates` needs to know of a text; `numbers` is kept between texts for speed alone.

    A shingle's hash is Python's of the tuple of its words' numbers: not salted, and all of it in C. It never leaves the
    sweep, so it may be another with another Python.
    """
    seen = [numbers[word] for word in words]
    hashes = set(map(hash, zip(*(seen[n:] for n in range(SHINGLE)), strict=False)))
    kept = sorted(value for value in hashes if value < _BOUND)
    if len(kept) < LEAST_SAMPLE:
        kept = sorted(hashes)[:LEAST_SAMPLE]
    return Fingerprint(len(hashes), blake2b(" ".join(words).encode(), digest_size=16).digest(), array("q", kept))


# --- which pairs to look at ------------------------------------------------------------------------------------------


def candidates(prints: Sequence[Fingerprint]) -> Candidates:
    """The pairs that may be near-duplicates, among texts in the order of time.

    Texts equal word by word in more than COMMON articles are common through and through: each is paired with the one
    before it. Any other article is compared by its own wording alone, and counted where it has much of the common.
    """
    usable = [place for place, found in enumerate(prints) if found.shingles >= LEAST_SHINGLES]
    with _collector_off():
        index = _Index(prints, usable)
        pairs = {pair for place in usable for pair in index.suspects(place)}
    chains = _chains(prints, usable)
    chained = set(chain.from_iterable(chains))
    common = sum(1 for place in usable if index.largely_common(place) and place not in chained)
    pairs.update(pair for members in chains for pair in pairwise(members))
    return Candidates(sorted(pairs), len(prints) - len(usable), common, len(chained))


def _chains(prints: Sequence[Fingerprint], usable: Sequence[int]) -> list[list[int]]:
    equal: defaultdict[bytes, list[int]] = defaultdict(list)
    for place in usable:
        equal[prints[place].digest].append(place)
    return [members for members in equal.values() if len(members) > COMMON]


@contextmanager
def _collector_off() -> Iterator[None]:
    """Spare a block the garbage collector: it would walk again and again through millions of lists without a cycle.

    With it the index of 50,000 articles takes 8.5 s, without 3.0 s.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Index:
    """Which texts share which sampled shingles, those left out that stand in one text or in more than COMMON."""

    def __init__(self, prints: Sequence[Fingerprint], usable: Sequence[int]) -> None:
        self._prints = prints
        self._sure = [bisect_right(found.sample, _BOUND) for found in prints]
        self._groups: defaultdict[int, list[list[int]]] = defaultdict(list)
        self._common: Counter[int] = Counter()
        edges = [_LOWEST + n * (2**64 // SAMPLED // _PARTS) for n in range(_PARTS)]
        for low, high in pairwise([*edges, 2**63]):
            self._add([(place, _between(prints[place].sample, low, high)) for place in usable])

    def _add(self, parts: "Sequence[tuple[int, array[int]]]") -> None:
        counts = Counter(chain.from_iterable(part for _, part in parts))
        groups: defaultdict[int, list[int]] = defaultdict(list)
        for place, part in parts:
            for value in part:
                if counts[value] > COMMON:
                    self._common[place] += 1
                elif counts[value] > 1:
                    groups[value].append(place)
        for group in groups.values():
            for place in group:
                self._groups[place].append(group)

    def suspects(self, place: int) -> Iterator[tuple[int, int]]:
        """The pairs of a text with later ones that share enough of its sample, or of theirs."""
        met = Counter(chain.from_iterable(self._groups.get(place, ())))
        for other, shared in met.items():
            least = min(self._sure[place], self._sure[other])  # quicker than `_comparable`, and never more
            if other > place and shared >= SUSPICION * least and shared >= SUSPICION * self._comparable(place, other):
                yield place, other

    def _comparable(self, place: int, other: int) -> int:
        """How many shingles of the shorter sample would be in the other one, were they in its text."""
        one, two = self._prints[place], self._prints[other]
        bound = min(one.bound, two.bound)
        return min(bisect_right(one.sample, bound), bisect_right(two.sample, bound))

    def largely_common(self, place: int) -> bool:
        """Whether so much of a text is common that a link of it may go unseen."""
        return self._common[place] >= STANDING * len(self._prints[place].sample)


def _between(sample: "array[int]", low: int, high: int) -> "array[int]":
    return sample[bisect_left(sample, low) : bisect_left(sample, high)]


# --- two texts -------------------------------------------------------------------------------------------------------


def compare(earlier: Words, later: Words) -> Likeness:
    """The exact measure of two texts, and the relation that follows from it."""
    one, two = set(shingles(earlier)), set(shingles(later))
    if min(len(one), len(two)) < LEAST_SHINGLES:
        return Likeness(0.0, 0.0, Relation.UNLIKE)
    shared = len(one & two)
    relation = _relation(shared, len(one), len(two))
    if relation is not Relation.UNLIKE and _other_figures(earlier, later):
        relation = Relation.COLUMN
    return Likeness(shared / (len(one) + len(two) - shared), shared / len(one), relation)


def _relation(shared: int, earlier: int, later: int) -> Relation:
    kept, holds_little_else = shared >= NEARLY_ALL * earlier, shared >= NEARLY_ALL * later
    if kept and holds_little_else:
        return Relation.REPUBLISHED
    alike = shared >= LEAST_SIMILARITY * (earlier + later - shared)
    if alike or min(earlier, later) >= LEAST_EXCERPT:
        if kept:
            return Relation.EXTENDED
        if holds_little_else:
            return Relation.SHORTENED
    return Relation.REWRITTEN if alike else Relation.UNLIKE


def _other_figures(earlier: Words, later: Words) -> bool:
    """Whether two texts say the same of other figures, as a column does from day to day."""
    one, two = _with_figures(earlier), _with_figures(later)
    places = one.keys() & two.keys()
    same = sum(1 for place in places if one[place] & two[place])
    return len(places) >= LEAST_PLACES and same < SAME_FIGURES * len(places)


def _with_figures(words: Words) -> dict[tuple[str, ...], set[tuple[str, ...]]]:
    """The shingles that hold figures, under what is left of them without."""
    blank = [_FIGURE.sub("#", word) for word in words]
    found: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for place, shingle in zip(shingles(blank), shingles(words), strict=True):
        if place != shingle:
            found.setdefault(place, set()).add(shingle)
    return found


# --- the table -------------------------------------------------------------------------------------------------------

_ROWS = (
    "select d.*, e.title as earlier_title, e.url as earlier_url, e.posted_at as earlier_posted_at,"
    " l.title as later_title, l.url as later_url, l.posted_at as later_posted_at from duplicates d"
    " join articles e on e.id = d.earlier_id join articles l on l.id = d.later_id"
)
_ORDER = " order by d.similarity desc, d.earlier_id, d.later_id limit ?"
# What a link is listed by: the share of the shorter text that the longer one holds where that is nearly all,
# else the similarity.
_LIKENESS = (
    "case d.relation when 'extended' then d.contained"
    " when 'shortened' then 1 / (1 / d.similarity - 1 / d.contained + 1) else d.similarity end"
)
_ROUNDING = 1e-9  # of the quotients in _LIKENESS: a text wholly within another has all of 1


def in_time(connection: sqlite3.Connection) -> list[int]:
    """The numbers of all articles in the order in which they were posted; of two posted at once, the lower first."""
    return [row[0] for row in connection.execute("select id from articles order by posted_at, id")]


def texts(connection: sqlite3.Connection, first: int, last: int) -> Iterator[tuple[int, list[str]]]:
    """The words of all articles with numbers from `first` to `last`."""
    listed = connection.execute("select id, subtitle, body from articles where id between ? and ?", [first, last])
    for number, subtitle, body in listed:
        yield number, words_of(subtitle, body)


def text(connection: sqlite3.Connection, article_id: int) -> list[str]:
    """The words of one article; none for one that is not there."""
    return next((words for _, words in texts(connection, article_id, article_id)), [])


def replace(db: "Database", links: Sequence[Link], summary: Mapping[str, int], clock: Clock = now) -> None:
    """Put the links of a new sweep in the place of the old ones, and note when it was; inside the caller's unit."""
    db.execute("delete from duplicates")
    rows = ((x.earlier_id, x.later_id, *asdict(x.likeness).values()) for x in links)
    db.conn.executemany("insert into duplicates values (?, ?, ?, ?, ?)", rows)
    value = json.dumps({"swept_at": stamp(clock()), **summary})
    db.execute("insert or replace into derivation values ('duplicates', ?)", [value])


def swept(connection: sqlite3.Connection) -> Row:
    """What the last sweep noted: `swept_at` and its counts of articles.

    Raises NotSwept.
    """
    row = connection.execute("select value from derivation where name = 'duplicates'").fetchone()
    if row is None:
        raise NotSwept("nobody has looked for near-duplicates yet; `hani duplicates` does, over the whole archive")
    found: Row = json.loads(row[0])
    return found


def links(connection: sqlite3.Connection, at_least: float, limit: int) -> list[Row]:
    """The links that are at least so strong, most similar first, with both articles' headlines, addresses and dates."""
    return [
        dict(row)
        for row in connection.execute(f"{_ROWS} where {_LIKENESS} >= ? - {_ROUNDING}{_ORDER}", [at_least, limit])
    ]


def links_of(connection: sqlite3.Connection, article_id: int, at_least: float = 0.0, limit: int = -1) -> list[Row]:
    """The links of one article in either direction; rows and order as of `links`, by default all."""
    found = connection.execute(
        f"{_ROWS} where (d.earlier_id = ? or d.later_id = ?) and {_LIKENESS} >= ? - {_ROUNDING}{_ORDER}",
        [article_id, article_id, at_least, limit],
    )
    return [dict(row) for row in found]
