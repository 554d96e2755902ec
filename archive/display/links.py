"""Addresses of the web that people write, or that came from it."""

import re
from urllib.parse import urlsplit

_NEWSPAPERS = re.compile(r"https?://(?:[a-z0-9-]{1,63}\.){0,3}hani\.co\.kr(?:/[A-Za-z0-9/._~!$&()*+,;=:@%?#-]*)?", re.A)


def is_public_url(text: str) -> bool:
    """Whether it is a plain address of the web, such as https://archive.example or https://library.example/hani."""
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        _ = parts.port
    except ValueError:
        return False
    return good and not parts.query and not parts.fragment and bool(re.fullmatch(r"[A-Za-z0-9:/._~\[\]-]{1,500}", text))


def newspapers(text: str | None) -> str | None:
    """An address that may become a link to an original: one of the newspaper's, to the letter; None for any other.

    It came from a page, or through a mirror, and may be anything.
    """
    return text if text and len(text) <= 2000 and _NEWSPAPERS.fullmatch(text) else None
