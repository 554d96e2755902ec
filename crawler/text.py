"""Bytes to text, and text as a reader sees it; pure."""

import re
import unicodedata

_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([a-zA-Z0-9_.:-]{2,40})""", re.I)
_XML_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([a-zA-Z0-9_.:-]{2,40})""")
_CHARSETS = {
    **dict.fromkeys(("utf-8", "utf8", "us-ascii", "ascii"), "utf-8"),
    **dict.fromkeys(("euc-kr", "euc_kr", "euckr", "cp949", "uhc", "windows-949", "x-windows-949"), "cp949"),
    **dict.fromkeys(("ks_c_5601-1987", "ks_c_5601", "ksc5601", "ksc_5601", "korean"), "cp949"),
    **dict.fromkeys(("iso-8859-1", "latin1", "latin-1", "windows-1252", "cp1252"), "cp1252"),
}
"""What a page may declare, after the WHATWG's encoding labels, and how Python calls it; anything else is no help."""

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_INVISIBLE = re.compile("[\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Control characters that are no white space, and halves of surrogate pairs, which no file can hold.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")
_SPACE = re.compile(r"\s+")
ATTRIBUTES = re.compile(r"""<(?:[^<>\s/"'=]*+[\s/"'=]){20000}+""")
"""A tag of so many attributes that no page is to be parsed with it: libxml2 takes the square of their number."""
# Runs that may hold too many marks on one letter: no Latin, Hangul, Han or kana letter is a mark by itself.
_MOSTLY_MARKS = re.compile("[^\x00-\u02ff\u3000-\u3029\u3030-\u3098\u309b-\u9fff\uac00-\ud7a3]{31,}")
MOST_MARKS = 30  # on one letter, as in Unicode's Stream-Safe Text Format (UAX #15, section 13)


def decode(body: bytes) -> str:
    """Bytes as text, whatever a server's header claimed.

    Text that is valid UTF-8 is UTF-8, and so is what mostly is: bytes in another encoding hardly ever are. Else the
    page's own declaration is tried, then Korean (cp949, which includes EUC-KR); what is still undecodable is replaced,
    never an error.
    """
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(encoding, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        declared = _declared(body) or "cp949"
    as_utf8 = body.decode("utf-8", "replace")
    broken = as_utf8.count("\ufffd")
    if sum(character > "\x7f" for character in as_utf8) - broken > broken:
        return as_utf8  # UTF-8 with a few broken bytes: text in another encoding hardly holds a valid sequence
    for candidate in (declared, "cp949"):
        if candidate != "utf-8":
            try:
                return body.decode(candidate)
            except UnicodeDecodeError:
                continue
    return body.decode(declared, "replace")


def _declared(body: bytes) -> str | None:
    """The encoding that a page declares in its first bytes, as Python calls it; None where it is none of the usual."""
    found = _XML_ENCODING.search(body[:512]) or _META_CHARSET.search(body[:4096])
    if not found:
        return None
    return _CHARSETS.get(found[1].decode("ascii").lower())


def plain(text: str) -> str:
    """One line as a reader sees it: NFC, all kinds of white space one space, invisible marks gone."""
    text = _INVISIBLE.sub("", text)
    text = _CONTROL.sub("", text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", _MOSTLY_MARKS.sub(_stream_safe, text))
    return _SPACE.sub(" ", text).strip()


def _stream_safe(found: re.Match[str]) -> str:
    """A run without the marks that are too many on one letter: sorting them costs the square of their number."""
    kept, marks = [], 0
    for character in found[0]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def plain_or_none(text: str | None) -> str | None:
    """The line, or None where nothing is left of it."""
    return (plain(text) or None) if text is not None else None
