"""Of which kinds an edit of one text is: the rules, as data; pure, standard library only.

    an Edit (a field, before, after) → groups of words put in and taken out → the kinds whose rules hold

Rules go by form and know no meaning: "not" made "now" looks like a slip, and is told as one.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from archive.comparing.comparison import FUNCTION_WORDS, Work, common, opcodes
from archive.comparing.corrections import notices
from archive.comparing.tokens import GIVEN, PLACES, VAGUE, Names, Tokens, key

EDIT_KINDS_VERSION = 1  # raised when what the rules do changes
KINDS = (
    "figure", "quote", "name", "correction", "rewrite", "addition", "deletion", "typo", "format", "move", "stamp", "metadata",
)  # fmt: skip
TEXT_FIELDS = ("headline", "subtitle", "byline", "authors", "body", "caption")

FEW = 3  # words beside a figure or name that came or went with it: "the company" made "Daeyang Logistics"
LONG = 40  # letters beyond which two words are not compared letter by letter
LETTERS = (
    400  # steps that comparing two words letter by letter counts for: five diagonals of about ten letters, slow ones
)
HUGE = 50_000  # letters of both texts together beyond which they are not compared word by word: no paragraph is a tenth of it
PAIRS = 400  # pairs of words in a stretch up to which slips are looked for: 20 words made 20 others
# What may be taken out where words are put in, without making that a replacement.
LIGHT = frozenset("a an the that this of in on at to for from by with and or but as which who whose".split())
PRONOUNS = frozenset("he she it they him her them we i you who".split())


class Group:
    """Words put in and taken out at one place of a text: stretches with hardly a word between them."""

    def __init__(self, edit: "Edit", stretches: Sequence[tuple[int, int, int, int]]) -> None:
        self.edit = edit
        self.stretches = stretches
        self.removed = [i for a, b, _, _ in stretches for i in range(a, b) if edit.old.is_word(i)]
        self.added = [j for _, _, c, d in stretches for j in range(c, d) if edit.new.is_word(j)]

    @cached_property
    def slips(self) -> list[tuple[list[int], list[int]]]:
        """Words on both sides that differ by a slip, or by a capital alone."""
        return [pair for stretch in self.stretches for pair in _slips(self.edit, *stretch)]

    @cached_property
    def misspelt(self) -> bool:
        """Whether a word was corrected: not only a capital, where other words beside it changed."""
        if any(self.beyond_slips):
            return any(not _differ_by_capital(self.edit, old, new) for old, new in self.slips)
        return bool(self.slips)

    @cached_property
    def doubled(self) -> bool:
        """Whether the words that came or went stand beside it once more: "the the"."""
        if bool(self.removed) == bool(self.added):
            return False
        tokens, words = (self.edit.old, self.removed) if self.removed else (self.edit.new, self.added)
        first, last = words[0], words[-1]
        if last - first + 1 != len(words) or len(words) > FEW:
            return False
        run = [norm.lower() for norm in tokens.norms[first : last + 1]]
        around = [tokens.norms[max(0, first - len(words)) : first], tokens.norms[last + 1 : last + 1 + len(words)]]
        return any([norm.lower() for norm in side] == run for side in around)

    @cached_property
    def beyond_slips(self) -> tuple[list[int], list[int]]:
        """The words on both sides that no slip explains."""
        gone = {i for old, _ in self.slips for i in old}
        come = {j for _, new in self.slips for j in new}
        return [i for i in self.removed if i not in gone], [j for j in self.added if j not in come]

    @cached_property
    def figures(self) -> tuple[Counter[str], Counter[str]]:
        """The figures taken out and put in."""
        removed, added = self.beyond_slips
        return _counted(self.edit.old_figure, _marked(self, 0, removed)), _counted(
            self.edit.new_figure, _marked(self, 1, added)
        )

    @cached_property
    def names(self) -> tuple[Counter[str], Counter[str]]:
        """The words of names taken out and put in."""
        removed, added = self.beyond_slips
        return _counted(self.edit.old_name, removed), _counted(self.edit.new_name, added)

    @cached_property
    def replaced(self) -> bool:
        """Whether words gave way to others, and not to the little that a clause put in takes with it."""
        removed, added = self.beyond_slips
        return bool(removed and added) and not (self._took_over(removed, added) or self._took_over(added, removed))

    def _took_over(self, few: list[int], many: list[int]) -> bool:
        tokens = self.edit.old if few is self.beyond_slips[0] else self.edit.new
        return len(many) > max(len(few), 1) and _light(tokens, few)

    @cached_property
    def figure_changed(self) -> bool:
        """Whether a figure gave way to another or to none, or was put in or taken out alone."""
        removed, added = self.figures
        if self.model_changed or removed == added:
            return self.model_changed
        if not self.edit.figures_differ:
            return bool(removed and added) and self._alone(self.figures)  # from 3 to 5: from 5 to 3
        return self.replaced or self._alone(self.figures)

    @cached_property
    def model_changed(self) -> bool:
        """Whether a name kept its letters and changed its number: Hwasong-17, Hwasong-18."""
        old = {_model(self.edit.old.norms[i]): self.edit.old.norms[i] for i in self.removed}
        new = {_model(self.edit.new.norms[j]): self.edit.new.norms[j] for j in self.added}
        return any(shape and shape in new and new[shape].lower() != norm.lower() for shape, norm in old.items())

    def _alone(self, figures: tuple[Counter[str], Counter[str]]) -> bool:
        """Whether nothing but figures and words that belong to them came or went."""
        removed, added = self.beyond_slips
        left = [norm for norm in self._without_figures(removed, added) if norm not in FUNCTION_WORDS]
        return not left and bool(figures[0] or figures[1])

    def _without_figures(self, removed: list[int], added: list[int]) -> list[str]:
        old = [self.edit.old.norms[i].lower() for i in removed if self.edit.old_figure(i) is None]
        new = [self.edit.new.norms[j].lower() for j in added if self.edit.new_figure(j) is None]
        return [norm for norm in old + new if norm not in VAGUE]

    @cached_property
    def name_changed(self) -> bool:
        """Whether a name gave way to another or to none, or was respelt."""
        removed, added = self.names
        if self.model_changed or any(_respelt(self.edit, old, new) for old, new in self.slips):
            return True
        if removed == added or not self.edit.names_differ:
            return False
        if self.edit.lists_names or self.replaced or len(self.removed) + len(self.added) == 1:
            return True
        return bool(self.removed and self.added) and sum((removed + added).values()) >= max(
            len(self.removed), len(self.added)
        )

    @cached_property
    def left(self) -> tuple[list[str], list[str]]:
        """The words taken out and put in that no slip, figure or name explains, in lower case."""
        edit = self.edit
        removed, added = self.beyond_slips
        old = self._unexplained(edit.old, removed, edit.old_figure, edit.old_name)
        new = self._unexplained(edit.new, added, edit.new_figure, edit.new_name)
        both = Counter(old) & Counter(new)
        return list((Counter(old) - both).elements()), list((Counter(new) - both).elements())

    def _unexplained(
        self, tokens: Tokens, indexes: list[int], figure: Callable[[int], str | None], name: Callable[[int], str | None]
    ) -> list[str]:
        found: list[str] = []
        for index in indexes:
            norm = tokens.norms[index].lower()
            by_figure = self.figure_changed and (norm in VAGUE or figure(index) is not None)
            by_name = self.name_changed and name(index) is not None
            if not (by_figure or by_name or (self.model_changed and _model(tokens.norms[index]))):
                found.append(norm)
        return found

    @property
    def explained(self) -> bool:
        """Whether figures or names explain what came and went, up to a few words on one side."""
        old, new = self.left
        if not (self.figure_changed or self.name_changed):
            return False
        if old and new:
            return len(old) + len(new) <= FEW and FUNCTION_WORDS.issuperset(old + new)
        return len(old) + len(new) <= FEW

    @property
    def rewritten(self) -> bool:
        """Whether words gave way to other words."""
        old, new = self.left
        return bool(old and new) and not (self.explained or self.grown or self.shrunk)

    @property
    def grown(self) -> bool:
        """Whether words were put in and hardly one taken out."""
        old, new = self.left
        return not (self.doubled or self.explained) and _outweighs(new, old)

    @property
    def shrunk(self) -> bool:
        """Whether words were taken out and hardly one put in."""
        old, new = self.left
        return not (self.doubled or self.explained) and _outweighs(old, new)


def _outweighs(many: list[str], few: list[str]) -> bool:
    return len(many) >= 2 and len(many) > len(few) and len(few) <= 2 and LIGHT.issuperset(few)


def _light(tokens: Tokens, indexes: list[int]) -> bool:
    return len(indexes) <= 2 and all(tokens.norms[index].lower() in LIGHT for index in indexes)


def _counted(value: Callable[[int], str | None], indexes: list[int]) -> Counter[str]:
    return Counter(found for index in indexes if (found := value(index)) is not None)


def _marked(group: Group, side: int, words: list[int]) -> list[int]:
    """The words, and the signs of currency and percent among them."""
    tokens = group.edit.new if side else group.edit.old
    spans = [(c, d) if side else (a, b) for a, b, c, d in group.stretches]
    return words + [i for first, end in spans for i in range(first, end) if tokens.norms[i] in SIGNS]


SIGNS = "%$€¥₩£"
_DIGITS = re.compile(r"\d+")


def _model(norm: str) -> str | None:
    """A name that ends in a number, without it: Hwasong-17; None for other words."""
    return _DIGITS.sub("#", norm.lower()) if norm[0].isalpha() and norm[-1].isdigit() else None


# --- slips ---


def _slips(edit: "Edit", a: int, b: int, c: int, d: int) -> Iterator[tuple[list[int], list[int]]]:
    old = [i for i in range(a, b) if edit.old.is_word(i)]
    new = [j for j in range(c, d) if edit.new.is_word(j)]
    if not old or not new or len(old) * len(new) > PAIRS or not edit.work.spend(len(old) * len(new) * LETTERS):
        return
    if _letters(edit.old, old) == _letters(edit.new, new) and _same_figures(edit, old, new):
        yield old, new
        return
    if len(old) == len(new) and all(_close(edit, i, j) for i, j in zip(old, new, strict=True)):
        yield from (([i], [j]) for i, j in zip(old, new, strict=True))
        return
    at = 0
    for i in old:
        found = next((k for k in range(at, len(new)) if _close(edit, i, new[k], amid_others=True)), None)
        if found is not None:
            yield [i], [new[found]]
            at = found + 1


def _letters(tokens: Tokens, indexes: list[int]) -> str:
    return "".join(filter(str.isalnum, "".join(tokens.norms[index] for index in indexes).casefold()))


def _differ_by_capital(edit: "Edit", old: list[int], new: list[int]) -> bool:
    return [edit.old.norms[i].lower() for i in old] == [edit.new.norms[j].lower() for j in new]


def _same_figures(edit: "Edit", old: list[int], new: list[int]) -> bool:
    return _counted(edit.old_figure, old) == _counted(edit.new_figure, new) or not (
        any(char.isdigit() for i in old for char in edit.old.norms[i])
    )


def _close(edit: "Edit", i: int, j: int, amid_others: bool = False) -> bool:
    """Whether two words differ by a slip: two letters at most, one in words under four; no figures.

    Names differ by less (Iran and Iraq, Busan and Ulsan are no slips); amid other words that changed, short words and
    those that begin otherwise are alike by chance, and another ending is another form of the word.
    """
    old, new = edit.old.norms[i], edit.new.norms[j]
    one, other = old.lower(), new.lower()
    if one == other:
        return True
    if edit.old_figure(i) is not None or edit.new_figure(j) is not None or max(len(one), len(other)) > LONG:
        return False
    if any(char.isdigit() for char in one + other):
        return False
    short = min(len(one), len(other))
    allowed = 2 if short >= 4 else 1
    if edit.old_name(i) is not None or edit.new_name(j) is not None:
        one, other = one.removesuffix("'s"), other.removesuffix("'s")
        if one[:1] != other[:1] or edit.places(one, other):
            return False
        allowed = 2 if short >= 6 else 1
    if amid_others and (short < 5 or one[:1] != other[:1] or one[: short - 1] == other[: short - 1]):
        return False
    return distance(one, other, allowed) <= allowed


def distance(one: str, other: str, limit: int) -> int:
    """Letters put in, taken out, replaced, or exchanged with the next (optimal string alignment).

    More than `limit` is told as one more than that: only the diagonals that it allows are looked at.
    """
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    earlier: list[int] = []
    row = [min(j, limit + 1) for j in range(len(other) + 1)]
    for i, letter in enumerate(one, 1):
        last, row = row, [limit + 1] * (len(other) + 1)
        row[0] = min(i, limit + 1)
        for j in range(max(1, i - limit), min(len(other), i + limit) + 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != other[j - 1]))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == other[j - 1]:
                cost = min(cost, earlier[j - 2] + 1)
            row[j] = min(cost, limit + 1)
        earlier = last
    return row[-1]


def _respelt(edit: "Edit", old: list[int], new: list[int]) -> bool:
    """Whether a slip is one in a name: other letters, or the hyphen of a given name; not mere case or full stops."""
    if not any(edit.old_name(i) is not None for i in old) and not any(edit.new_name(j) is not None for j in new):
        return False
    if _letters(edit.old, old).removesuffix("s") == _letters(edit.new, new).removesuffix("s"):
        before, after = [edit.old.norms[i] for i in old], [edit.new.norms[j] for j in new]
        cased = "".join(before).lower() == "".join(after).lower()
        return not cased and any(GIVEN.fullmatch(norm) for norm in before + after)
    return True


# --- the edit ---


class Edit:
    """One field, paragraph or caption before and after; what the rules ask about is worked out once, when asked for."""

    def __init__(
        self,
        field: str,
        before: str | None,
        after: str | None,
        moved: bool = False,
        names: Names | None = None,
        work: Work | None = None,
    ) -> None:
        self.field, self.before, self.after, self.moved = field, before, after, moved
        self.names = names or Names(())
        self.work = work or Work()

    @cached_property
    def old(self) -> Tokens:
        """The older text in tokens."""
        return Tokens(self.before or "")

    @cached_property
    def new(self) -> Tokens:
        """The newer text in tokens."""
        return Tokens(self.after or "")

    @cached_property
    def reworded(self) -> bool:
        """Whether more than typography and place changed, in a field that is text."""
        if self.field not in TEXT_FIELDS or self.moved:
            return False
        return self.before is None or self.after is None or key(self.before) != key(self.after)

    @cached_property
    def stretches(self) -> list[tuple[int, int, int, int]]:
        """Where tokens came or went: old.norms[a:b] gave way to new.norms[c:d]."""
        if not self.reworded:
            return []
        found = opcodes(self.old.norms, self.new.norms, self.work)
        return [(a, b, c, d) for same, a, b, c, d in found if not same]

    @cached_property
    def telling(self) -> tuple[list[int], list[int]]:
        """The tokens taken out and put in, without marks that only changed their place: a comma behind “x” or within."""
        old = [i for a, b, _, _ in self.stretches for i in range(a, b)]
        new = [j for _, _, c, d in self.stretches for j in range(c, d)]
        marks_out = Counter(self.old.norms[i] for i in old if not self.old.is_word(i))
        marks_in = Counter(self.new.norms[j] for j in new if not self.new.is_word(j))
        if marks_out != marks_in:
            return old, new
        return [i for i in old if self.old.is_word(i)], [j for j in new if self.new.is_word(j)]

    @cached_property
    def groups(self) -> list[Group]:
        """The stretches; two that only gave or only took are one where function words or marks alone part them."""
        grouped: list[list[tuple[int, int, int, int]]] = []
        for stretch in self.stretches:
            if grouped and self._belong(grouped[-1][-1], stretch):
                grouped[-1].append(stretch)
            else:
                grouped.append([stretch])
        return [Group(self, stretches) for stretches in grouped]

    def _belong(self, one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
        between = self.old.norms[one[1] : other[0]]
        one_sided = all(a == b or c == d for a, b, c, d in (one, other))
        little = all(norm.lower() in FUNCTION_WORDS or not norm[0].isalnum() for norm in between)
        return one_sided and len(between) <= FEW and little and not set(between) & set('.!?"')

    def old_figure(self, index: int) -> str | None:
        """The figure at a place of the older text."""
        return self.old.figure(index)

    def new_figure(self, index: int) -> str | None:
        """The figure at a place of the newer text."""
        return self.new.figure(index)

    def old_name(self, index: int) -> str | None:
        """The word of a name at a place of the older text."""
        return _name(self.old, index, self.names)

    def new_name(self, index: int) -> str | None:
        """The word of a name at a place of the newer text."""
        return _name(self.new, index, self.names)

    @staticmethod
    def places(one: str, other: str) -> bool:
        """Whether two words are the names of two known places."""
        return one in PLACES and other in PLACES

    @cached_property
    def figures_differ(self) -> bool:
        """Whether the text holds other figures now, and not the same at other places."""
        return _total(group.figures[0] for group in self.groups) != _total(group.figures[1] for group in self.groups)

    @cached_property
    def names_differ(self) -> bool:
        """Whether the text holds other names now, and not the same at other places."""
        return _total(group.names[0] for group in self.groups) != _total(group.names[1] for group in self.groups)

    @cached_property
    def reordered(self) -> bool:
        """Whether the same words stand in another order."""
        old = Counter(self.old.norms[i].lower() for group in self.groups for i in group.removed)
        new = Counter(self.new.norms[j].lower() for group in self.groups for j in group.added)
        one_sided = any(bool(group.removed) != bool(group.added) for group in self.groups)
        return one_sided and bool(old) and old == new

    @cached_property
    def notice_appeared(self) -> bool:
        """Whether the words put in hold a notice of correction that the text did not have."""
        return self.reworded and len(notices(self.after)) > len(notices(self.before))

    @cached_property
    def notice_vanished(self) -> bool:
        """Whether a notice of correction was taken out."""
        return self.reworded and len(notices(self.after)) < len(notices(self.before))

    @property
    def huge(self) -> bool:
        """Whether a changed text is too long for its words to be looked at."""
        return self.reworded and len(self.before or "") + len(self.after or "") > HUGE

    @cached_property
    def middles(self) -> tuple[str, str]:
        """Both texts without the words that they begin and end with alike."""
        old, new = self.before or "", self.after or ""
        head = old.rfind(" ", 0, common(zip(old, new, strict=False))) + 1
        old, new = old[head:], new[head:]
        tail = common(zip(reversed(old), reversed(new), strict=False))
        at = old.find(" ", len(old) - tail)
        length = len(old) - at if at >= 0 else 0
        return old[: len(old) - length], new[: len(new) - length]

    @property
    def lists_names(self) -> bool:
        """Whether the field says who wrote: every name that comes or goes there changed."""
        return self.field in ("byline", "authors")

    @property
    def whole(self) -> bool:
        """Whether the text as a whole came or went."""
        return self.before is None or self.after is None


def _name(tokens: Tokens, index: int, names: Names) -> str | None:
    return tokens.norms[index].lower().removesuffix("'s") if tokens.is_name(index, names) else None


def _total(counters: Iterator[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for counter in counters:
        total.update(counter)
    return total


# --- the rules ---


@dataclass(frozen=True, slots=True)
class Example:
    """An edit of one field; a line each for the paragraphs of a body; None for a field that was not there."""

    before: str | None
    after: str | None
    field: str = "body"


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of edit: when it holds, edits of which it holds, and edits that look like it of which it does not."""

    kind: str
    holds: Callable[[Edit], bool]
    examples: tuple[Example, ...]
    counters: tuple[Example, ...]


def _figure(edit: Edit) -> bool:
    return _amended(edit) and any(group.figure_changed for group in edit.groups)


def _name_kind(edit: Edit) -> bool:
    if edit.lists_names and edit.reworded:
        return edit.names_differ or any(group.name_changed for group in edit.groups)
    return _amended(edit) and any(group.name_changed for group in edit.groups)


def _amended(edit: Edit) -> bool:
    """Whether words within a text that stays changed, and not their order alone."""
    return edit.reworded and not edit.whole and not edit.reordered and not _only_notice(edit)


def _only_notice(edit: Edit) -> bool:
    """Whether all that changed is a notice of correction that came or went."""
    came = edit.notice_appeared and not any(group.removed for group in edit.groups)
    went = edit.notice_vanished and not any(group.added for group in edit.groups)
    return came or went


def _quote(edit: Edit) -> bool:
    if not edit.stretches or _only_notice(edit):
        return False
    old, new = edit.telling
    return any(map(edit.old.quoted, old)) or any(map(edit.new.quoted, new))


def _correction(edit: Edit) -> bool:
    return edit.notice_appeared


def _addition(edit: Edit) -> bool:
    if (edit.reworded and edit.before is None) or edit.notice_appeared:
        return edit.field != "authors"
    grown = _amended(edit) and edit.field != "authors" and any(group.grown for group in edit.groups)
    return grown or _one_sided(edit, put_in=True)


def _deletion(edit: Edit) -> bool:
    if (edit.reworded and edit.after is None) or edit.notice_vanished:
        return edit.field != "authors"
    shrunk = _amended(edit) and edit.field != "authors" and any(group.shrunk for group in edit.groups)
    return shrunk or _one_sided(edit, put_in=False)


def _one_sided(edit: Edit, *, put_in: bool) -> bool:
    """Whether nothing but a word or two came ("allegedly"), or went, for which no closer kind holds."""
    if not _amended(edit) or edit.lists_names:
        return False
    old, new = edit.telling
    came = any(_says_something(edit.new, j) for j in new)
    went = any(_says_something(edit.old, i) for i in old)
    closer = any(rule.holds(edit) for rule in RULES if rule.kind in ("figure", "quote", "name", "typo"))
    return came is put_in and went is not put_in and not closer


def _says_something(tokens: Tokens, index: int) -> bool:
    return tokens.is_word(index) or tokens.norms[index] in SIGNS


def _typo(edit: Edit) -> bool:
    if not _amended(edit):
        return False
    marks_only = not any(group.removed or group.added for group in edit.groups)
    misspelt = any(group.misspelt or group.doubled for group in edit.groups)
    if edit.lists_names and edit.names_differ:
        misspelt = any(_respelt(edit, old, new) for group in edit.groups for old, new in group.slips)
    return misspelt or (marks_only and not _marks_moved(edit))


def _marks_moved(edit: Edit) -> bool:
    """Whether quotation marks came or went."""
    return any('"' in edit.old.norms[a:b] + edit.new.norms[c:d] for a, b, c, d in edit.stretches)


def _rewrite(edit: Edit) -> bool:
    if not edit.reworded:
        return False
    if edit.reordered or (_amended(edit) and any(group.rewritten for group in edit.groups)):
        return True
    return not any(rule.holds(edit) for rule in RULES if rule.kind != "rewrite")


def _format(edit: Edit) -> bool:
    return edit.field in TEXT_FIELDS and not edit.moved and not edit.reworded


RULES: tuple[Rule, ...] = (
    Rule(
        "figure",
        _figure,
        (
            Example("The fire killed 11 people.", "The fire killed 12 people."),
            Example("The fire killed people.", "The fire killed 12 people."),
            Example("It cost 3 million won.", "It cost 3 billion won."),
            Example("Support fell by 5 percent.", "Support fell by 5 percentage points."),
            Example("They meet on Monday.", "They meet on Tuesday."),
            Example("About a dozen ships left.", "Several ships left."),
            Example("It tested a Hwasong-17 at dawn.", "It tested a Hwasong-18 at dawn."),
        ),
        (
            Example("The lake was calm.", "The lake was calm. It holds 12 boats."),
            Example("Support fell by 5 percent.", "Support fell by 5%."),
            Example("They could go.", "They may go."),
            Example("Vice Minister Noh spoke.", "Second Vice Minister Noh spoke."),
            Example("The virus spread quickly.", "Covid-19 spread quickly."),
        ),
    ),
    Rule(
        "quote",
        _quote,
        (
            Example("“We are glad,” she said.", "“We are relieved,” she said."),
            Example("She called it a mistake.", "She called it “a mistake.”"),
            Example("The ‘calm’ plan failed.", "The ‘quiet’ plan failed."),
            Example("“We never agreed to that plan.", "“We never agreed to this plan."),
        ),
        (
            Example("“We are glad,” she said.", '"We are glad," she said.'),
            Example("“We are glad,” she said.", "“We are glad,” he added."),
            Example("The workers’ big hall and the owners’ yard.", "The workers’ large hall and the owners’ yard."),
        ),
    ),
    Rule(
        "name",
        _name_kind,
        (
            Example("Talks with Minister Park failed.", "Talks with Minister Han failed."),
            Example("A ferry from Busan sank.", "A ferry from Ulsan sank."),
            Example("The strike at the company ended.", "The strike at Daeyang Logistics ended."),
            Example("They met Kim Jung-un there.", "They met Kim Jong-un there."),
            Example("By Noh A-ra, staff reporter", "By Ku Bo-mi, staff reporter", "byline"),
        ),
        (
            Example("The lake was calm.", "The lake was calm. Mayor Ku Bo-mi swam in it."),
            Example("Officials declined to speak.", "Authorities declined to speak."),
            Example("They spoke with the Minister.", "They spoke with the minister."),
        ),
    ),
    Rule(
        "correction",
        _correction,
        (
            Example("The lake is deep.", "The lake is deep.\nCorrection: An earlier version misstated the depth."),
            Example("The lake is deep.", "The lake is deep. This article has been corrected to give its depth."),
            Example("호수는 깊다.", "호수는 깊다.\n[바로잡습니다] 깊이를 고쳤습니다."),
        ),
        (
            Example("The lake is deep.", "The lake is deep.\nThe ministry issued a correction on Monday."),
            Example("It is deep.\nCorrection: An earlier version misstated the depth.", "It is deep."),
            Example("The lake is deep.", "The lake is deep.\n“We regret the error,” the captain said."),
        ),
    ),
    Rule(
        "rewrite",
        _rewrite,
        (
            Example("The council met in a big hall.", "The council met in a large hall."),
            Example("Support fell by 5 percent.", "Support fell by 5%."),
            Example("On some days they swam there.", "They swam there on some days."),
        ),
        (
            Example("The fire killed 11 people.", "The fire killed 12 people."),
            Example("The strike at the company ended.", "The strike at Daeyang Logistics ended."),
            Example("The goverment agreed.", "The government agreed."),
        ),
    ),
    Rule(
        "addition",
        _addition,
        (
            Example("The council met.", "The council met in the old hall."),
            Example("The council met.", "The council also met."),
            Example("The lake was calm.", "The lake was calm.\nA storm came later."),
            Example(None, "A storm came later", "subtitle"),
        ),
        (
            Example("The fire killed people.", "The fire killed 12 people."),
            Example("One here. Two there.", "One here.\nTwo there."),
        ),
    ),
    Rule(
        "deletion",
        _deletion,
        (
            Example("The council met in the old hall.", "The council met."),
            Example("The lake was calm.\nA storm came later.", "The lake was calm."),
            Example("A storm came later", None, "caption"),
        ),
        (
            Example("The the council met.", "The council met."),
            Example("One here.\nTwo there.", "One here. Two there."),
        ),
    ),
    Rule(
        "typo",
        _typo,
        (
            Example("The goverment agreed.", "The government agreed."),
            Example("The the council met.", "The council met."),
            Example("The well known singer sang.", "The well-known singer sang."),
            Example("The U.S. envoy left.", "The US envoy left."),
            Example("However it rained.", "However, it rained."),
            Example("They met Kim Jung-un there.", "They met Kim Jong-un there."),
        ),
        (
            Example("The fire killed 11 people.", "The fire killed 12 people."),
            Example("A ferry from Busan sank.", "A ferry from Ulsan sank."),
            Example("It – was calm...", "It — was calm…"),
        ),
    ),
    Rule(
        "format",
        _format,
        (
            Example("“We are glad,” she said...", '"We are glad," she said…'),
            Example("The lake - a deep one - was calm.", "The lake — a deep one — was calm."),
            Example("One here. Two there.", "One here.\nTwo there."),
        ),
        (
            Example("The well known singer sang.", "The well-known singer sang."),
            Example("She called it a mistake.", "She called it “a mistake.”"),
        ),
    ),
    Rule(
        "move",
        lambda edit: edit.moved,
        (
            Example(
                "The lake was calm.\nA storm came later.\nAll slept.",
                "A storm came later.\nAll slept.\nThe lake was calm.",
            ),
        ),
        (Example("The lake was calm.\nAll slept.", "The lake was rough.\nAll slept."),),
    ),
    Rule(
        "stamp",
        lambda edit: edit.field == "stamp",
        (Example("2023-06-09T08:50:00Z", "2023-06-09T09:50:00Z", "stamp"),),
        (Example("2023-06-09T08:50:00Z", "2023-06-09T09:50:00Z", "posted"),),
    ),
    Rule(
        "metadata",
        lambda edit: edit.field in ("section", "posted", "original", "image"),
        (
            Example("e_national", "e_international", "section"),
            Example("https://img.example/1.jpg", "https://img.example/2.jpg", "image"),
        ),
        (Example("A headline", "Another headline", "headline"),),
    ),
)


def kinds_of(edit: Edit) -> tuple[str, ...]:
    """The kinds whose rules hold, in the order of KINDS; at least one of any edit that changed something."""
    if edit.huge:
        old, new = edit.middles
        return ("rewrite" if old.strip() and new.strip() else "addition" if new.strip() else "deletion",)
    return tuple(rule.kind for rule in RULES if rule.holds(edit))
