"""What an edit changed, field by field, and of which kinds; pure, standard library only.

two states of an article → paired paragraphs → changes, each with its kinds (archive/comparing/kinds.py holds the rules)
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from archive.comparing.comparison import FUNCTION_WORDS, Work, alike, common, is_part, opcodes
from archive.comparing.kinds import EDIT_KINDS_VERSION, KINDS, RULES, Edit, Example, Rule, kinds_of
from archive.comparing.tokens import Names, Tokens, count_words, key, squeezed
from archive.records import Article

__all__ = ["EDIT_KINDS_VERSION", "KINDS", "RULES", "Change", "Example", "Rule", "changes_between", "tied"]

BETWEEN = " … "  # between two stretches of one change
SPLIT = 12  # paragraphs at most into which one is split, or from which it is joined, for that to be seen
START, TRIES = 12, 8  # letters by which a part is looked up, and parts at most that are tried
# A notice and an earlier edit are taken to speak of the same: one shared name or figure, or two other words.
NAME_WEIGHT, WORD_WEIGHT, TIED = 2, 1, 2
NOTICE_WORDS = frozenset(
    """correction clarification editor editor's note article story report piece version earlier previous original corrected
    updated amended misstated incorrectly error errors regret said""".split()
)


@dataclass(frozen=True, slots=True)
class Change:
    """One field, paragraph or caption that an edit changed.

    `kinds` are in the order of KINDS, never empty. `before` and `after` are the whole text, None where it was put in or
    taken out; of paragraphs split or joined, all of them, a line each. `place` is the number of the paragraph or
    caption in the newer text (in the older, where it was taken out), from 1, `old_place` that in the older text; both
    None for other fields. `size` is the share (0 to 1) of the words of both versions together that was put in or taken
    out: those of one edit add up to at most 1. It is 0 where no word changed, and for authors, whose words are the
    byline's. `added` and `removed` are the stretches put in and taken out, whole words, joined by " … ".
    """

    field: str
    kinds: tuple[str, ...]
    before: str | None
    after: str | None
    place: int | None
    words_added: int
    words_removed: int
    size: float
    added: str | None
    removed: str | None
    old_place: int | None


@dataclass(frozen=True, slots=True)
class Pair:
    """A text as it was and as it is, with the numbers of both, from 1, where it has any; None where it came or went.

    `near` is then the number, in the text that lacks it, of the paragraph before which it would stand.
    """

    before: str | None
    after: str | None
    old: int | None = None
    new: int | None = None
    moved: bool = False
    near: int = 0


def changes_between(before: Article, after: Article) -> tuple[Change, ...]:
    """What the newer state changed, in reading order: headline first, the address of the original last.

    Exchanged states give the same changes with the sides exchanged. Equal states give none.
    """
    work = Work()
    total = _words_of(before, after)
    names = Names([*before.body, *before.captions, *after.body, *after.captions])
    return tuple(
        _change(Edit(field, pair.before, pair.after, pair.moved, names, work), pair, total)
        for field, pair in _pairs(before, after)
        if pair.before != pair.after or pair.moved
    )


def _words_of(*articles: Article) -> int:
    """The words of all of them; most paragraphs are in both, and counted once for both."""
    texts = Counter(text for a in articles for text in (a.title, a.subtitle, a.byline, *a.body, *a.captions) if text)
    return sum(count_words(text) * times for text, times in texts.items())


def _pairs(before: Article, after: Article) -> Iterator[tuple[str, Pair]]:
    """All fields of both states, in reading order."""
    yield "headline", Pair(before.title, after.title)
    yield "subtitle", Pair(before.subtitle, after.subtitle)
    yield "byline", Pair(before.byline, after.byline)
    yield "authors", Pair(", ".join(before.authors) or None, ", ".join(after.authors) or None)
    yield from (("body", pair) for pair in paired(before.body, after.body))
    yield from (("caption", pair) for pair in paired(before.captions, after.captions))
    yield "image", _images(before, after)
    yield "section", Pair(before.section, after.section)
    yield "posted", Pair(before.posted_at, after.posted_at)
    yield "stamp", Pair(before.modified_at, after.modified_at)
    yield "original", Pair(before.original_url, after.original_url)


def _images(before: Article, after: Article) -> Pair:
    """The addresses that only one state has, a line each; of pictures in another order, all."""
    old = [image.src for image in before.images if image.src]
    new = [image.src for image in after.images if image.src]
    gone, come = list((Counter(old) - Counter(new)).elements()), list((Counter(new) - Counter(old)).elements())
    if old != new and not gone and not come:
        gone, come = old, new
    return Pair("\n".join(gone) or None, "\n".join(come) or None)


# --- one change ---


def _change(edit: Edit, pair: Pair, total: int) -> Change:
    removed, added = _stretches(edit)
    words_added, words_removed = sum(map(count_words, added)), sum(map(count_words, removed))
    place = pair.new if pair.new is not None else pair.old
    return Change(
        field=edit.field,
        kinds=kinds_of(edit),
        before=edit.before,
        after=edit.after,
        place=place,
        words_added=words_added,
        words_removed=words_removed,
        size=(words_added + words_removed) / total if total and edit.field != "authors" else 0.0,
        added=BETWEEN.join(added) or None,
        removed=BETWEEN.join(removed) or None,
        old_place=pair.old,
    )


def _stretches(edit: Edit) -> tuple[list[str], list[str]]:
    """The stretches taken out, and those put in."""
    if edit.huge:
        old, new = edit.middles
        return [old] if old else [], [new] if new else []
    if not edit.reworded:
        return [], []
    old, new = edit.old.text, edit.new.text
    before, after = edit.old.spans, edit.new.spans
    removed = [old[before[a][0] : before[b - 1][1]] for a, b, _, _ in edit.stretches if b > a]
    return removed, [new[after[c][0] : after[d - 1][1]] for _, _, c, d in edit.stretches if d > c]


# --- pairing paragraphs ---


def paired(before: Sequence[str], after: Sequence[str]) -> list[Pair]:
    """Which paragraph became which, in reading order; equal ones at their place are left out.

    First those with equal words in order, then those that moved, then those split or joined, then those alike.
    """
    if list(before) == list(after):
        return []
    if list(before) > list(after):
        mirrored = _Pairing(after, before).pairs()
        pairs = [Pair(pair.after, pair.before, pair.new, pair.old, pair.moved, pair.near) for pair in mirrored]
    else:
        pairs = _Pairing(before, after).pairs()
    return sorted(pairs, key=lambda pair: (pair.new or pair.near, pair.new is not None, pair.old or 0))


@dataclass(frozen=True, slots=True)
class _Gap:
    """A stretch between equal paragraphs: the indexes on both sides that are still to be paired, and where it ends."""

    old: list[int]
    new: list[int]
    old_end: int
    new_end: int


class _Pairing:
    def __init__(self, before: Sequence[str], after: Sequence[str]) -> None:
        self.before, self.after = before, after
        self.head = common(zip(before, after, strict=False))
        self.old_keys = [key(text) for text in before[self.head :]]
        self.new_keys = [key(text) for text in after[self.head :]]
        self.found: list[Pair] = []

    def pairs(self) -> list[Pair]:
        """All pairs that differ in text or place."""
        gaps = self._gaps()
        self._moved(gaps)
        for gap in gaps:
            if len(gap.old) > 1 or len(gap.new) > 1:
                self._cut_otherwise(gap)
                self._split(gap)
            self._alike(gap)
        return self.found

    def _pair(self, old: Sequence[int], new: Sequence[int], moved: bool = False, near: int = 0) -> None:
        pair = Pair(
            "\n".join(self.before[i] for i in old) if old else None,
            "\n".join(self.after[j] for j in new) if new else None,
            old[0] + 1 if old else None,
            new[0] + 1 if new else None,
            moved,
            near,
        )
        self.found.append(pair)

    def _gaps(self) -> list[_Gap]:
        """Pair paragraphs with equal words that stand in the same order; what lies between them."""
        gaps: list[_Gap] = []
        for same, *places in opcodes(self.old_keys, self.new_keys, Work()):
            a, b, c, d = (place + self.head for place in places)
            if not same:
                gaps.append(_Gap(list(range(a, b)), list(range(c, d)), b, d))
                continue
            for i, j in zip(range(a, b), range(c, d), strict=True):
                if self.before[i] != self.after[j]:
                    self._pair([i], [j])
        return gaps

    def _moved(self, gaps: list[_Gap]) -> None:
        places: dict[str, list[int]] = {}
        for j in sorted((j for gap in gaps for j in gap.new), reverse=True):
            places.setdefault(self.new_keys[j - self.head], []).append(j)
        taken: set[int] = set()
        for gap in gaps:
            for index, i in enumerate(gap.old):
                if places.get(self.old_keys[i - self.head]):
                    j = places[self.old_keys[i - self.head]].pop()
                    if i != j or self.before[i] != self.after[j]:
                        self._pair([i], [j], moved=i != j)
                    taken.add(j)
                    gap.old[index] = -1
            gap.old[:] = [i for i in gap.old if i >= 0]
        for gap in gaps:
            gap.new[:] = [j for j in gap.new if j not in taken]

    def _cut_otherwise(self, gap: _Gap) -> None:
        """Pair all that a gap holds if its words are the same and only the cuts between paragraphs are not."""
        old, new = [squeezed(self.before[i]) for i in gap.old], [squeezed(self.after[j]) for j in gap.new]
        if not old or not new or "".join(old) != "".join(new):
            return
        cuts = set(accumulate(map(len, old))) & set(accumulate(map(len, new)))
        olds, news = _groups(gap.old, old, cuts), _groups(gap.new, new, cuts)
        if len(olds) != len(news):
            return
        for ones, others in zip(olds, news, strict=True):
            self._pair(ones, others)
        gap.old.clear()
        gap.new.clear()

    def _split(self, gap: _Gap) -> None:
        """Pair paragraphs with those into which they were split, or from which they were joined."""
        old, new = [squeezed(self.before[i]) for i in gap.old], [squeezed(self.after[j]) for j in gap.new]
        split = _runs(old, new)
        joined = [] if split else _runs(new, old)
        for k, run in split:
            self._pair([gap.old[k]], [gap.new[part] for part in run])
        for k, run in joined:
            self._pair([gap.old[part] for part in run], [gap.new[k]])
        _take_off(gap.old, [k for k, _ in split] + [part for _, run in joined for part in run])
        _take_off(gap.new, [part for _, run in split for part in run] + [k for k, _ in joined])

    def _alike(self, gap: _Gap) -> None:
        """Pair paragraphs that are alike, with their neighbours that were cut off from them; the others came or went."""
        matched = alike([self.before[i] for i in gap.old], [self.after[j] for j in gap.new])
        at_old = at_new = 0
        for n, (a, c) in enumerate(matched):
            old_end, new_end = matched[n + 1] if n + 1 < len(matched) else (len(gap.old), len(gap.new))
            olds = self._cut_off(self.before, gap.old, at_old, a, old_end, self.after[gap.new[c]])
            news = self._cut_off(self.after, gap.new, at_new, c, new_end, self.before[gap.old[a]])
            if len(olds) > 1:
                news = range(c, c + 1)
            self._one_sided(gap, range(at_old, olds.start), range(at_new, news.start))
            self._pair([gap.old[k] for k in olds], [gap.new[k] for k in news])
            at_old, at_new = olds.stop, news.stop
        self._one_sided(gap, range(at_old, len(gap.old)), range(at_new, len(gap.new)))

    def _cut_off(self, texts: Sequence[str], places: list[int], first: int, at: int, end: int, whole: str) -> range:
        """The paragraph at `at` and those around it, still unpaired, whose words stood in `whole`."""
        low, high = at, at + 1
        while low > max(first, at - SPLIT) and is_part(texts[places[low - 1]], whole):
            low -= 1
        while high < min(end, at + SPLIT) and is_part(texts[places[high]], whole):
            high += 1
        return range(low, high)

    def _one_sided(self, gap: _Gap, old: range, new: range) -> None:
        """Those that went and those that came between two pairs; those that went stand first."""
        near_new = gap.new[new.start] if new.start < len(gap.new) else gap.new_end
        near_old = gap.old[old.start] if old.start < len(gap.old) else gap.old_end
        for k in old:
            self._pair([gap.old[k]], [], near=near_new + 1)
        for k in new:
            self._pair([], [gap.new[k]], near=near_old + 1)


def _groups(places: Sequence[int], texts: Sequence[str], cuts: set[int]) -> list[list[int]]:
    """Neighbours between two cuts that both sides share."""
    grouped: list[list[int]] = [[]]
    for place, length in zip(places, accumulate(map(len, texts)), strict=True):
        grouped[-1].append(place)
        if length in cuts:
            grouped.append([])
    return [group for group in grouped if group]


def _take_off(places: list[int], indexes: Sequence[int]) -> None:
    taken = set(indexes)
    places[:] = [place for index, place in enumerate(places) if index not in taken]


def _runs(wholes: Sequence[str], parts: Sequence[str]) -> list[tuple[int, range]]:
    """Which whole is which run of neighbouring parts, two or more, set together."""
    begins: dict[str, list[int]] = {}
    for index, part in enumerate(parts):
        begins.setdefault(part[:START], []).append(index)
    found: list[tuple[int, range]] = []
    at = 0
    for index, whole in enumerate(wholes):
        near = [
            first for length in range(1, START + 1) for first in begins.get(whole[:length], ())[:TRIES] if first >= at
        ]
        run = next((run for first in near if (run := _run(whole, parts, first))), None)
        if run:
            found.append((index, run))
            at = run.stop
    return found


def _run(whole: str, parts: Sequence[str], first: int) -> range | None:
    at = 0
    for last in range(first, min(first + SPLIT, len(parts))):
        if not parts[last] or not whole.startswith(parts[last], at):
            return None
        at += len(parts[last])
        if at == len(whole):
            return range(first, last + 1) if last > first else None
    return None


# --- what a notice of correction speaks of ---


def tied(history: Sequence[Sequence[Change]]) -> dict[int, int]:
    """Which edit each notice of correction speaks of: index of the notice's edit → index of the edit.

    `history` holds the changes of an article's second version, third version and so on. It is the same edit if that
    changed other text as well, else the earlier one whose words the notice names (the newest of several), else the
    newest earlier one that changed text. A notice without any is left out.
    """
    found: dict[int, int] = {}
    for index, changes in enumerate(history):
        notice = _notice_words(changes)
        if notice is None:
            continue
        if any(map(_is_other_text, changes)):
            found[index] = index
            continue
        earlier = [i for i in range(index) if any(map(_is_other_text, history[i]))]
        if earlier:
            scores = {i: _shared(notice, history[i]) for i in earlier}
            best = max(earlier, key=lambda i: (scores[i], i))
            found[index] = best if scores[best] >= TIED else earlier[-1]
    return found


def _notice_words(changes: Sequence[Change]) -> dict[str, int] | None:
    notices = [change.added or "" for change in changes if "correction" in change.kinds]
    return _weights(" ".join(notices)) if notices else None


def _is_other_text(change: Change) -> bool:
    """Whether a change is one of text, beyond typography, place, and the notice itself."""
    beyond = set(change.kinds) - {"format", "move", "correction"}
    if "correction" in change.kinds:
        beyond -= {"addition", "quote"}
    return change.field in ("headline", "subtitle", "body", "caption") and bool(beyond)


def _weights(text: str) -> dict[str, int]:
    tokens, unknown = Tokens(text), Names(())
    weights: dict[str, int] = {}
    for index, norm in enumerate(tokens.norms):
        if not tokens.is_word(index) or norm.lower() in FUNCTION_WORDS | NOTICE_WORDS:
            continue
        telling = tokens.figure(index) is not None or tokens.is_name(index, unknown)
        weights[norm.lower()] = NAME_WEIGHT if telling else WORD_WEIGHT
    return weights


def _shared(notice: dict[str, int], changes: Sequence[Change]) -> int:
    words: set[str] = set()
    for change in changes:
        if _is_other_text(change) and "correction" not in change.kinds:
            words |= set(_weights(f"{change.removed or ''} {change.added or ''}"))
    return sum(weight for word, weight in notice.items() if word in words)
