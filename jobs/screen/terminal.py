"""What people read in a terminal: spans with a meaning, folded and lined up by cells.

A cell is a place for one letter; Hangul takes two, a combining mark none. `rich.cells` measures them: rich is needed for
its bars anyway, and this part of it is imported in a few milliseconds, without the rest.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from rich.cells import cell_len, split_graphemes

from archive.display.markup import steerless
from jobs.screen.colours import paint, wants_colour

if TYPE_CHECKING:
    from jobs.cli import Options

WIDEST = 100  # cells of running text; longer lines are hard to read
NARROWEST = 20  # cells; a terminal that says it has fewer is not believed
UNKNOWN = 80  # cells of running text where nobody says how many there are
UNBOUNDED = 10**6  # cells, where nobody says how many there are and nothing needs to be folded
LEAST_ROOM = 24  # cells; where a table leaves its last column less, that goes on lines of its own
LONGEST = 300  # characters of a headline or of one changed stretch in a list
INDENT, BETWEEN = "    ", "  "

_GAP = re.compile("([^\\S\u00a0\u2007\u202f]+)")  # spaces at which a line may be broken


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text and what it means: names of `colours.STYLES`, with spaces between."""

    text: str
    style: str = ""


Line = Sequence[Span]


@dataclass(frozen=True, slots=True)
class Screen:
    """Where text is shown: its width in cells (None: nobody says, as in a file), with colours or without.

    `marks`: whether [-…-] and {+…+} stand around what was taken out and put in, also where colours say so.
    """

    columns: int | None = None
    colour: bool = False
    marks: bool = True

    @property
    def prose(self) -> int:
        """The cells of a line of running text."""
        return min(WIDEST, self.columns or UNKNOWN)

    @property
    def listed(self) -> int:
        """The cells of a line of text in a list; in a file, where lines are looked through, none is folded."""
        return self.prose if self.columns else UNBOUNDED

    @property
    def row(self) -> int:
        """The cells of a line of a list."""
        return self.columns or UNBOUNDED


def screen(options: "Options", marks: bool = True) -> Screen:
    """Standard output, as it is and as the options want it."""
    colour = wants_colour(options.color)
    return Screen(columns(), colour, marks or not colour)


def columns() -> int | None:
    """How many cells a line has: COLUMNS, else the terminal's own width; None for a file or a pipe."""
    said = os.environ.get("COLUMNS", "")
    if said.isascii() and said.isdigit() and int(said[:6]) > 0:
        return max(NARROWEST, int(said[:6]))
    try:
        width = os.get_terminal_size(sys.stdout.fileno()).columns
    except (
        OSError,
        ValueError,
        AttributeError,
    ):  # no terminal; a stream without a descriptor; no standard output at all
        return None
    return max(NARROWEST, width) if width else UNKNOWN


def painted(lines: Iterable[Line], colour: bool) -> str:
    """Lines as they go to a terminal; nothing in a span's own text can steer it."""
    return "\n".join(_painted(line, colour).rstrip(" ") for line in lines)


def _painted(line: Line, colour: bool) -> str:
    runs = groupby(line, key=lambda span: span.style)
    texts = ((style, steerless("".join(span.text for span in spans))) for style, spans in runs)
    return "".join(paint(text, style) if colour else text for style, text in texts)


def cells(text: str) -> int:
    """How wide a text is."""
    return cell_len(text)


def width_of(line: Line) -> int:
    """How wide a line is."""
    return sum(cell_len(span.text) for span in line)


def one_line(text: str) -> str:
    """A text from anywhere on one line, without what steers."""
    return " ".join(steerless(text).split())


def shortened(text: str, width: int) -> str:
    """A text on one line that is no wider than so many cells; `…` stands for what was cut off."""
    line = one_line(text)
    if cell_len(line) <= width:
        return line
    kept, used = 0, 1
    for _, end, size in split_graphemes(line)[0]:
        used += size
        if used > width:
            break
        kept = end
    return f"{line[:kept].rstrip()}…"


def headline(title: str) -> str:
    """A headline in a list; one of a megabyte is cut."""
    return title if len(title) <= LONGEST else f"{title[:LONGEST]}…"


# --- folding ---------------------------------------------------------------------------------------------------------


def fold(text: Line, width: int, first: str = "", rest: str | None = None) -> Iterator[list[Span]]:
    """Lines no wider than so many cells, each with its indent.

    Lines are broken at spaces alone: an address or a digest that is too wide stands on a line by itself, whole, so that it
    can be copied. A line break in the text stays one.
    """
    indent = first
    rest = first if rest is None else rest
    line: list[Span] = []
    used = cell_len(indent)
    for gap, word in _words(text):
        wide = width_of(word)
        if line and (gap.text == "\n" or used + len(gap.text) + wide > width):
            yield [Span(indent), *line]
            line, indent = [], rest
            used = cell_len(indent)
        elif line and gap.text:
            line.append(gap)
            used += len(gap.text)
        line += word
        used += wide
    if line:
        yield [Span(indent), *line]


def as_laid_out(line: str, width: int | None) -> Iterator[Line]:
    """A line of our own, with the spaces it begins with; what does not fit is set in a little further."""
    begin = " " * (len(line) - len(line.lstrip(" ")))
    yield from fold([Span(line)], width or UNBOUNDED, begin, begin + INDENT) if line else [[]]


def sentences(lines: Iterable[str], where: Screen) -> Iterator[Line]:
    """Lines of our own below a list."""
    for line in lines:
        yield from fold([Span(line)], where.row)


def _words(text: Line) -> Iterator[tuple[Span, list[Span]]]:
    """The words of a text, each of one or more spans, with the space before it."""
    gap, word = Span(""), list[Span]()
    for span in text:
        for index, part in enumerate(_GAP.split(steerless(span.text))):
            if index % 2:
                if word:
                    yield gap, word
                broken = "\n" in part or (not word and gap.text == "\n")
                gap, word = Span("\n" if broken else part if part.strip(" ") == "" else " ", span.style), []
            elif part:
                word.append(replace(span, text=part))
    if word:
        yield gap, word


# --- tables ----------------------------------------------------------------------------------------------------------


def table(rows: Sequence[Line], columns: int | None, right: frozenset[int] = frozenset()) -> Iterator[Line]:
    """Rows whose cells line up; the last cell of each takes the room that is left, and is shortened to it.

    Columns without any text are left out. Where there is no room for the last one, it stands on lines of its own below.
    """
    rows = [[replace(cell, text=one_line(cell.text)) for cell in row] for row in rows]
    widths = [max((cell_len(cell.text) for cell in column), default=0) for column in zip(*rows, strict=True)][:-1]
    kept = [index for index, width in enumerate(widths) if width]
    taken = sum(widths[index] + len(BETWEEN) for index in kept)
    room = None if columns is None else columns - taken
    for row in rows:
        fixed = [[*_padded(row[index], widths[index], index in right), Span(BETWEEN)] for index in kept]
        begin = [span for cell in fixed for span in cell]
        if room is None or room >= LEAST_ROOM:
            yield [*begin, row[-1] if room is None else replace(row[-1], text=shortened(row[-1].text, room))]
        else:
            yield from _stacked(begin, row[-1], taken, columns or UNKNOWN)


def _stacked(begin: Line, last: Span, taken: int, columns: int) -> Iterator[Line]:
    """A row in more than one line: its cells, lined up if they fit, and the last one below them."""
    if taken - len(BETWEEN) <= columns:
        yield begin
    else:
        yield from fold(begin, columns, "", "  ")
    yield from fold([last], columns, INDENT)


def _padded(cell: Span, width: int, right: bool) -> list[Span]:
    space = Span(" " * (width - cell_len(cell.text)))
    return [space, cell] if right else [cell, space]


def labelled(facts: Iterable[tuple[str, Line]], width: int | None) -> Iterator[Line]:
    """Facts with their names before them, the facts lined up and folded under themselves."""
    facts = list(facts)
    wide = max((cell_len(name) for name, _ in facts), default=0) + len(BETWEEN)
    for name, value in facts:
        begin = [Span(name, "label"), Span(" " * (wide - cell_len(name)))]
        folded = list(fold(value, (width or UNBOUNDED) - wide)) or [[Span("")]]
        if width is not None and wide + width_of(folded[0]) > width:  # a long address stands alone, to be copied
            yield begin
            yield from fold(value, width)
            continue
        yield [*begin, *folded[0]]
        yield from ([Span(" " * wide), *line] for line in folded[1:])


def beside(left: Sequence[Line], right: Sequence[Line], width: int) -> Iterator[Line]:
    """Two columns of lines beside each other, the left one so many cells wide."""
    for index in range(max(len(left), len(right))):
        one = left[index] if index < len(left) else []
        other = right[index] if index < len(right) else []
        yield [*one, Span(" " * max(0, width - width_of(one)) + " │ "), *other]
