"""Secrets are blotted out of all that is said: known are the urls that were read, what of them is a secret, and its spellings."""

import base64
import re
from collections.abc import Iterator
from urllib.parse import unquote

# Urls of these hold no secret in the host's place. Elsewhere (slack://, ntfy://) a token or a topic can stand there.
PLAIN_SCHEMES = frozenset({"mailto", "mailtos", "json", "jsons", "xml", "xmls", "form", "forms", "syslog"})
LEAST_OF_A_SECRET = 8  # characters: a shorter part of a url that is no password is a word, and stays
LEAST_OF_A_WORD = 16  # small letters alone: `services` in a webhook's path is a word, too
LEAST_OF_A_PASSWORD = 3
BLOT = "[secret]"

_HOST = re.compile(r"[a-z0-9.-]+\.[a-z]{2,}(:\d+)?")

_blotted: set[str] = set()


def remember(url: str) -> None:
    """Let `blot` know a url, and what of it is a secret."""
    _blotted.update(_spellings(url))


def forget() -> None:
    """Know no secret any more."""
    _blotted.clear()


def blot(text: str) -> str:
    """A text without any secret that is known."""
    for secret in sorted(_blotted, key=len, reverse=True):
        text = text.replace(secret, BLOT)
    return text


def _spellings(url: str) -> Iterator[str]:
    """A url, its secret parts, and the forms in which a protocol writes them."""
    yield url
    for part in _parts(url):
        for spelling in {part, unquote(part)}:
            yield spelling
            yield base64.b64encode(spelling.encode()).decode().rstrip("=")
    user, _, password = _login(url).partition(":")
    if password:
        for pair in (f"{user}:{password}", f"\0{user}\0{password}", f"{user}\0{user}\0{password}"):
            yield base64.b64encode(unquote(pair).encode()).decode().rstrip("=")


def _login(url: str) -> str:
    authority = re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0]
    return authority.rpartition("@")[0]


def _parts(url: str) -> Iterator[str]:
    """What of a url may be a secret: the password, and whatever looks like a token."""
    scheme, _, rest = url.partition("://")
    login, (authority, *others) = _login(url), re.split(r"[/?#&=@,]", rest.removeprefix(_login(url)))
    user, _, password = login.partition(":")
    if len(unquote(password)) >= LEAST_OF_A_PASSWORD:
        yield password
    host = [] if scheme.lower() in {*PLAIN_SCHEMES, "http", "https"} else [authority]
    for part in (user, *host, *others):
        least = LEAST_OF_A_WORD if re.fullmatch("[a-z]+", part) else LEAST_OF_A_SECRET
        if len(part) >= least and not _HOST.fullmatch(part):
            yield part
