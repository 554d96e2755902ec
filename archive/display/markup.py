"""Text from anywhere as HTML: bounded, without what steers, escaped."""

import re
from html import escape

from archive.text import printable

LONGEST = 300  # characters of a text from the web
_MARKS = re.compile("[\u061c\u200e\u200f\ufffe\uffff]")  # direction marks that `printable` leaves; what is no character
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]+(?: +[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]+)*")


def shown(text: object, longest: int = LONGEST) -> str:
    """A text from anywhere as a page may show it once it is escaped: one line, not too long, without what steers."""
    plain = steerless(" ".join(str(text)[: longest + 1].split()))
    return plain if len(plain) <= longest else f"{plain[:longest]}…"


def said(text: object, longest: int = LONGEST) -> str:
    """A text from anywhere as HTML: short, without what steers, escaped, and Hangul marked as Korean."""
    return marked_up(shown(text, longest))


def marked_up(plain: str) -> str:
    """A text without steering characters as HTML: escaped, and Hangul marked as Korean."""
    if plain.isascii():
        return escape(plain)
    parts, place = [], 0
    for found in _HANGUL.finditer(plain):
        parts += [escape(plain[place : found.start()]), f'<span lang="ko">{escape(found[0])}</span>']
        place = found.end()
    return "".join([*parts, escape(plain[place:])])


def steerless(text: str) -> str:
    """A text without what steers a page or a terminal; its spaces and its length are its own."""
    if text.isprintable():  # what steers is not, and most texts are: several times as fast
        return text
    return _MARKS.sub("", printable(text.encode("utf-8", "replace").decode()))
