"""Two versions beside each other: pairs of texts as marked-up HTML, with what is a figure or stands in a quotation told apart."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from archive.comparing.changes import Change, Pair, changes_between, paired
from archive.comparing.comparison import ADDED, REMOVED, SAME, Piece, Work, words
from archive.comparing.pieces import NAMES, TIMES, is_figure, told
from archive.display.markup import marked_up, steerless
from archive.records import Article
from archive.times import kst

AROUND = 60  # letters of unchanged text on either side of a change, in an excerpt
STRETCH = 400  # letters of one changed stretch in an excerpt
PIECES = 24  # stretches of one change in an excerpt
LONG = 100_000  # letters of a text beyond which it is shown cut: ten times the longest known article
FOLD = 2  # unchanged paragraphs that stay in sight; more in a row are folded away


@dataclass(frozen=True, slots=True)
class Difference:
    """One changed field or paragraph: `both` marks it up inline, `before` and `after` side by side."""

    field: str
    name: str
    kinds: tuple[str, ...]
    both: Markup
    before: Markup
    after: Markup
    number: int = 0


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Paragraphs that both versions have, in a row."""

    paragraphs: tuple[str, ...]

    @property
    def folded(self) -> bool:
        """Whether they are folded away."""
        return len(self.paragraphs) > FOLD


def differences(before: Article, after: Article) -> tuple[list[Difference], list[Difference | Unchanged]]:
    """The changed fields, and the text with its changed paragraphs in place; numbered in the order of the page."""
    changes = changes_between(before, after)
    work = Work()
    fields = [_difference(change, work) for change in changes if change.field != "body"]
    by_place = {(change.old_place, change.place): change for change in changes if change.field == "body"}
    text = list(_text(before, after, by_place, work))
    numbered = iter(range(1, len(changes) + 1))
    return [_numbered(one, next(numbered)) for one in fields], [
        _numbered(one, next(numbered)) if isinstance(one, Difference) else one for one in text
    ]


def _numbered(one: Difference, number: int) -> Difference:
    return Difference(one.field, one.name, one.kinds, one.both, one.before, one.after, number)


def _text(
    before: Article, after: Article, changes: Mapping[tuple[int | None, int | None], Change], work: Work
) -> Iterator[Difference | Unchanged]:
    """The newer text in order, each change at its place; what was taken out stands where it would stand now."""
    pairs = paired(before.body, after.body)
    changed = {place for pair in pairs for place in _places(pair, after.body)}
    starts: dict[int, list[Pair]] = {}
    for pair in pairs:
        starts.setdefault(pair.new or pair.near, []).append(pair)
    run: list[str] = []
    for place in range(1, len(after.body) + 2):
        if place in starts and run:
            yield Unchanged(tuple(run))
            run = []
        for pair in starts.get(place, ()):
            yield _difference(changes[pair.old, pair.new or pair.old], work)
        if place <= len(after.body) and place not in changed:
            run.append(after.body[place - 1])
    if run:
        yield Unchanged(tuple(run))


def _places(pair: Pair, body: Sequence[str]) -> Iterator[int]:
    """The numbers of the newer paragraphs that a pair holds: of one that was split, several, not always neighbours."""
    place = pair.new or 0
    for line in pair.after.split("\n") if pair.after is not None else ():
        while place <= len(body) and body[place - 1] != line:
            place += 1
        yield place
        place += 1


def _difference(change: Change, work: Work) -> Difference:
    old, new = _said(change.field, change.before), _said(change.field, change.after)
    pieces = _pieces(change.field, old, new, work)
    marked = [
        (t.kind, html_of(Piece(t.kind, t.text), t.quoted, t.figure)) for t in told(pieces, old, new, change.kinds)
    ]
    where = f" {change.place}" if change.field in ("body", "caption") and change.place else ""
    return Difference(
        change.field,
        NAMES[change.field] + where,
        change.kinds,
        Markup("".join(html for _, html in marked)),
        Markup("".join(html for kind, html in marked if kind != ADDED)),
        Markup("".join(html for kind, html in marked if kind != REMOVED)),
    )


def _pieces(field: str, old: str, new: str, work: Work) -> list[Piece]:
    """What differs, word by word; of times the whole, since half a date says nothing."""
    if field in TIMES:
        return [Piece(kind, text) for kind, text in ((REMOVED, old), (ADDED, new)) if text]
    return words(old, new, work)


def _said(field: str, text: str | None) -> str:
    if text is None:
        return ""
    if field in TIMES:
        return kst(text)
    return steerless(text[:LONG]) + ("…" if len(text) > LONG else "")


def html_of(piece: Piece, quoted: bool = False, figure: bool = False) -> Markup:
    """A piece: what was taken out in `del`, what was put in in `ins`, their classes telling figures and quotations."""
    words_as_html = "<br>".join(marked_up(line) for line in piece.text.rstrip().split("\n"))
    space = piece.text[len(piece.text.rstrip()) :].replace("\n", " ")
    if piece.kind == SAME:
        return Markup(words_as_html + space)
    element = "del" if piece.kind == REMOVED else "ins"
    classes = " ".join(name for name, holds in (("figure", figure), ("quote", quoted)) if holds)
    attribute = f' class="{classes}"' if classes else ""
    return Markup(f"<{element}{attribute}>{words_as_html}</{element}>{space}")


def excerpt(
    before: str | None, after: str | None, field: str, kinds: Sequence[str], work: Work | None = None
) -> Markup:
    """What changed of a text as inline HTML, with a few words around it; the whole only where that is short."""
    old, new = _said(field, before), _said(field, after)
    pieces = _pieces(field, old, new, work or Work())
    shown = [_shortened(piece, index, len(pieces)) for index, piece in enumerate(pieces)]
    cut = [*shown[:PIECES], Piece(SAME, " …")] if len(shown) > PIECES else shown
    figures = "figure" in kinds
    return Markup(
        "".join(html_of(piece, False, figures and piece.kind != SAME and is_figure(piece.text)) for piece in cut)
    )


def _shortened(piece: Piece, index: int, of: int) -> Piece:
    text = piece.text
    if piece.kind == SAME and of == 1:
        return Piece(SAME, f"{text[: 2 * AROUND]}…" if len(text) > 2 * AROUND else text)
    if piece.kind == SAME and len(text) > 2 * AROUND:
        head = text[:AROUND] if index else ""
        return Piece(SAME, f"{head}… {text[-AROUND:]}" if index + 1 < of else f"{head}…")
    return Piece(piece.kind, f"{text[:STRETCH]}… " if len(text) > STRETCH else text)
