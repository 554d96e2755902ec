"""Addresses of the web that people write, or that came from it."""

import re
from urllib.parse import urlsplit


def is_public_url(text: str) -> bool:
    """Whether it is a plain address of the web, such as https://archive.example or https://library.example/hani."""
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        _ = parts.port
    except ValueError:
        return False
    return good and not parts.query and not parts.fragment and bool(re.fullmatch(r"[A-Za-z0-9:/._~\[\]-]{1,500}", text))
