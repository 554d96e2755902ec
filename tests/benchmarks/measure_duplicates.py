"""`hani duplicates` over 100,000 invented articles, whole process, and how many of the near-duplicates it finds.

The texts are of a vocabulary by Zipf's law with a stock of phrases, so that unrelated ones share shingles. Two in a
hundred articles are made from an earlier one: reworded here and there, extended, or shortened, by diverse degrees. What
each such pair has in common is measured exactly, and the links found are held against that.
"""

import os
import random
import resource
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

from archive.database import open_writer, unit
from archive.duplicates import Likeness, compare
from archive.times import stamp
from tests.benchmarks.tools import BIN, judge, show, wall

ARTICLES = 100_000
COPIES = ARTICLES // 50
GOAL = 120.0  # seconds
LEAST_RECALL = 0.99
GOAL_MEMORY = 1500  # MB, of one process
FIRST = datetime(2010, 1, 1, tzinfo=UTC)

Pairs = dict[tuple[int, int], Likeness]


class Writer:
    """Invented texts; the same seed writes the same."""

    def __init__(self, seed: int, vocabulary: int = 40_000, phrases: int = 20_000) -> None:
        self.random = random.Random(seed)
        syllables = [a + b for a in "bcdfghjklmnprstvwz" for b in "aeiou"]
        made: dict[str, None] = {}
        while len(made) < vocabulary:
            made["".join(self.random.choices(syllables, k=self.random.choice((1, 2, 2, 3, 3, 4))))] = None
        self._words = list(made)
        self._word_weights = _zipf(vocabulary)
        self._phrases = [self._plain(self.random.randint(3, 7)) for _ in range(phrases)]
        self._phrase_weights = _zipf(phrases)

    def _plain(self, count: int) -> list[str]:
        return self.random.choices(self._words, cum_weights=self._word_weights, k=count)

    def text(self, count: int) -> list[str]:
        """So many words: about three in ten of them in phrases that other texts use too."""
        found: list[str] = []
        while len(found) < count:
            found += self._plain(self.random.randint(4, 20))
            found += self.random.choices(self._phrases, cum_weights=self._phrase_weights)[0]
        return found[:count]

    def article(self) -> list[str]:
        """A text as long as articles are: about 600 words."""
        return self.text(max(60, round(self.random.gauss(600, 200))))

    def copy(self, text: list[str]) -> list[str]:
        """A near-duplicate: with up to a sixth of its words replaced, or extended, or shortened."""
        kind = self.random.choice(("reworded", "extended", "shortened"))
        if kind == "extended":
            return text + self.text(self.random.randint(50, 900))
        if kind == "shortened":
            return text[: round(len(text) * self.random.uniform(0.3, 0.95))]
        found = list(text)
        for place in self.random.sample(range(len(text)), round(len(text) * self.random.uniform(0, 0.16))):
            found[place] = self._plain(1)[0]
        return found


def _zipf(count: int) -> list[float]:
    return list(accumulate(1 / (rank + 2.7) for rank in range(count)))


def measure() -> None:
    show("command", f"hani duplicates, {ARTICLES:,} articles, {COPIES:,} of them near-duplicates")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        expected = _fill(work / "archive.db", ARTICLES, COPIES)
        took, out = wall([BIN / "hani", "--db", work / "archive.db", "duplicates", "--limit", "1"], work)
        found = _links(work / "archive.db")
    for line in out.splitlines()[:1]:
        show("  it says", line)
    show("  cores", str(len(os.sched_getaffinity(0))))
    judge("  seconds, start to end", f"{took:.1f}", f"under {GOAL:g}", took < GOAL)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    judge("  memory of its largest process", f"at most {peak:.0f} MB", f"under {GOAL_MEMORY} MB", peak < GOAL_MEMORY)
    _recall(expected, found)


def _recall(expected: Pairs, found: Mapping[tuple[int, int], float]) -> None:
    grouped: defaultdict[str, list[bool]] = defaultdict(list)
    for pair, likeness in expected.items():
        if likeness.linked:
            low = int(10 * likeness.similarity) / 10
            grouped[f"similarity from {low:.1f}" if low >= 0.5 else "one within the other"].append(pair in found)
    for name, hits in sorted(grouped.items()):
        show(f"  recall, {name}", f"{sum(hits)} of {len(hits)}")
    hits = [hit for group in grouped.values() for hit in group]
    share = sum(hits) / len(hits)
    judge("  recall", f"{share:.2%}", f"at least {LEAST_RECALL:.0%}", share >= LEAST_RECALL)
    wrong = sum(1 for pair, likeness in expected.items() if pair in found and found[pair] != likeness.similarity)
    judge("  similarities unlike brute force's", str(wrong), "0", wrong == 0)


def _fill(database: Path, count: int, copies: int) -> Pairs:
    """Write the archive; the pairs of it that were made alike, with their exact measure."""
    writer = Writer(20261123)
    waiting: list[tuple[int, list[str]]] = []  # articles that a later one will be made from
    alike: Pairs = {}

    def texts() -> Iterator[tuple[int, list[str]]]:
        chosen = set(writer.random.sample(range(count // 10, count), copies))
        for number in range(count):
            if number not in chosen:
                text = writer.article()
                if number % 20 == 0:
                    waiting.append((number, text))
            else:
                source, original = waiting.pop(writer.random.randrange(len(waiting)))
                text = writer.copy(original)
                alike[source, number] = compare(original, text)
            yield number, text

    write_articles(database, texts())
    return alike


def write_articles(database: Path, texts: Iterable[tuple[int, list[str]]]) -> None:
    """An archive of these articles, an hour apart; its table of articles alone, the full-text index left empty."""
    db = open_writer(database)
    with closing(db.conn), unit(db):
        db.execute("drop trigger articles_ai")
        rows = ((n, " ".join(text), stamp(FIRST + timedelta(hours=n)), len(text)) for n, text in texts)
        db.conn.executemany(
            "insert into articles (id, url, title, body, authors, posted_at, status, versions, word_count,"
            " first_seen_at, last_seen_at, last_checked_at)"
            " values (?, '', 'Invented', ?, '[]', ?, 'live', 1, ?, '', '', '')",
            rows,
        )


def _links(database: Path) -> dict[tuple[int, int], float]:
    with closing(sqlite3.connect(database)) as connection:
        return {(a, b): s for a, b, s in connection.execute("select earlier_id, later_id, similarity from duplicates")}
