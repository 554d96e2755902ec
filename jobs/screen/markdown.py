"""Markdown that is read back as it was meant, whatever the text from the web holds: CommonMark, with GitHub's tables and strikes."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from archive.comparing.comparison import ADDED, REMOVED, SAME
from archive.comparing.pieces import Told
from archive.display.markup import steerless
from jobs.screen.terminal import one_line

# Anywhere: what opens code, emphasis, links, HTML, a strike, a table's cell; an ampersand that would begin a character.
# Within a word an underscore is one.
_SPECIAL = re.compile(r"[\\`*\[\]<>~|#]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|&(?=#?\w{1,32};)")
# Before the first word: what would begin a list, a rule or an underlined headline, or a list with numbers.
_BEGINNING = re.compile(r"^(?:[-+=]|(\d{1,9})(?=[.)]))")

MARKS = {REMOVED: "~~", ADDED: "**"}


def escaped(text: str) -> str:
    """A text from anywhere, on one line, as Markdown that says just this."""
    return _begun(_inner(one_line(text)))


def heading(text: str, level: int = 1) -> str:
    """A heading; a dash where there is no text."""
    return f"{'#' * level} {escaped(text) or '–'}"


def code(text: str) -> str:
    """An id, a digest or an address of our own making, as code."""
    return f"`{text.replace('`', '')}`"


def link(url: str, name: str | None = None) -> str:
    """An address that can be followed, under a name or under its own; one with what could end it stands as text."""
    plain = one_line(url)
    if not re.fullmatch(r"https?://[^\s<>\\|]+", plain):
        return escaped(name or plain)
    return f"<{plain}>" if name is None else f"[{escaped(name)}](<{plain}>)"


def bullets(items: Iterable[str]) -> Iterator[str]:
    """A list of what is Markdown already."""
    yield from (f"- {item}" for item in items)
    yield ""


def facts(named: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Facts with their names, as a list; the facts are Markdown already."""
    yield from bullets(f"**{name}:** {value}" for name, value in named)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table of cells that are Markdown already; its heads are our own words."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def pieces(parts: Iterable[Told]) -> str:
    """What an edit did to a text: what was taken out in ~~…~~, what was put in in **…**.

    CommonMark takes such marks for mere asterisks where a letter stands before them and a punctuation mark behind: there
    a space is put between. So it is between what went and what came in its place.
    """
    text, last, pending = "", Told(SAME, ""), False
    for part in parts:
        raw = steerless(part.text)
        core = " ".join(raw.split()) or ("␣" if raw and part.kind != SAME else "")
        if core:
            apart = pending or raw[0].isspace() or (text and _apart(last, part.kind, core[0]))
            mark = MARKS.get(part.kind, "")
            text += (" " if text and apart else "") + mark + _inner(core) + mark
            last = Told(part.kind, core)
        pending = (pending and not core) or raw[-1:].isspace()
    return _begun(text)


def _apart(last: Told, kind: str, first: str) -> bool:
    """Whether a mark between these two would not be read as one without a space."""
    if last.kind != SAME and kind != SAME:
        return True
    if kind != SAME:
        return _is_sign(first) and not _is_punctuation(last.text[-1])
    return last.kind != SAME and _is_sign(last.text[-1]) and not _is_punctuation(first)


def _is_sign(letter: str) -> bool:
    """Whether some edition of CommonMark takes this for punctuation: the newer ones count symbols in."""
    return unicodedata.category(letter)[0] in "PS"


def _is_punctuation(letter: str) -> bool:
    """Whether every edition of CommonMark does."""
    return unicodedata.category(letter)[0] == "P" or (letter.isascii() and not letter.isalnum())


def _inner(line: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", line)


def _begun(line: str) -> str:
    """A line whose first word must not begin a list."""
    begin = _BEGINNING.match(line)
    if begin is None:
        return line
    return f"{begin[1]}\\{line[begin.end() :]}" if begin[1] else f"\\{line}"
