"""Bytes to text, and text as a reader sees it; pure."""

import re
import unicodedata

_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([a-zA-Z0-9_.:-]{2,40})""", re.I)
_XML_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([a-zA-Z0-9_.:-]{2,40})""")
_KOREAN = {"euc-kr", "euc_kr", "ks_c_5601-1987", "ksc5601", "ks_c_5601", "korean", "x-windows-949", "windows-949"}
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_INVISIBLE = re.compile("[\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f]")
_SPACE = re.compile(r"\s+")


def decode(body: bytes) -> str:
    """Bytes as text, whatever a server's header claimed.

    Text that is valid UTF-8 is UTF-8: bytes in another encoding hardly ever are. Else the page's own declaration is
    tried, then Korean (cp949, which includes EUC-KR); what is still undecodable is replaced, never an error.
    """
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(encoding, "replace")
    declared = _declared(body)
    for candidate in ("utf-8", declared or "utf-8", "cp949"):
        if candidate == "cp949" and declared == "utf-8":
            break
        try:
            return body.decode(candidate)
        except UnicodeDecodeError:
            continue
    return body.decode(declared or "utf-8", "replace")


def _declared(body: bytes) -> str | None:
    """The encoding that a page declares in its first bytes, where Python knows it as a text encoding."""
    found = _XML_ENCODING.search(body[:512]) or _META_CHARSET.search(body[:4096])
    if not found:
        return None
    name = found[1].decode("ascii").lower()
    name = "cp949" if name in _KOREAN else name
    try:
        "".encode(name)
        b"".decode(name)
    except (LookupError, UnicodeError):
        return None
    return name.replace("utf8", "utf-8")


def plain(text: str) -> str:
    """One line as a reader sees it: NFC, all kinds of white space one space, invisible marks gone."""
    text = _INVISIBLE.sub("", text)
    text = _CONTROL.sub("", text)
    return _SPACE.sub(" ", unicodedata.normalize("NFC", text)).strip()


def plain_or_none(text: str | None) -> str | None:
    """The line, or None where nothing is left of it."""
    return (plain(text) or None) if text is not None else None
