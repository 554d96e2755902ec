"""Between the site's own addresses and those of the server that is asked in its stead; pure."""

from urllib.parse import urlsplit, urlunsplit


def at_origin(url: str, origin: str) -> str:
    """The address at which the origin is asked for a page of the site."""
    server, parts = urlsplit(origin), urlsplit(url)
    return urlunsplit((server.scheme, server.netloc, parts.path or "/", parts.query, ""))


def from_origin(url: str, origin: str | None, host: str) -> str:
    """An address as the site would have written it: an origin may name itself in its redirects."""
    if origin is None:
        return url
    server, parts = urlsplit(origin), urlsplit(url)
    if parts.netloc.lower() != server.netloc.lower():
        return url
    return urlunsplit(("https", host, parts.path, parts.query, ""))
