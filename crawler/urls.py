"""Addresses: any spelling of an article's address leads to its number; pure.

The number alone identifies an article (one sequence for the whole newspaper); host, scheme and section may change.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urljoin, urlsplit

from crawler.errors import NotAnArticleAddress

ENGLISH, WWW = "english.hani.co.kr", "www.hani.co.kr"
HOSTS = (WWW, ENGLISH)
DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_LENGTH = 4096  # characters; addresses come from the web

_ARCHIVE_PREFIX = re.compile(
    r"^(?:https?:/{1,2})?(?:web\.archive\.org/web|archive\.org/web|web\.archive\.org)/\d{4,14}\*?(?:[a-z]{2}_)?/+", re.I
)
_ARTICLE_PATH = re.compile(r"^/arti/english_edition/([^/]{1,64})/0*([1-9][0-9]{0,11})\.html?/?$", re.I | re.A)
_SHORT_PATH = re.compile(r"^/arti/english_edition/0*([1-9][0-9]{0,11})\.html?/?$", re.I | re.A)
_ANY_ARTICLE_PATH = re.compile(r"^/arti/(?:[^/]+/){0,3}(\d+)\.html?/?$", re.I | re.A)
_SECTION_PATH = re.compile(
    r"^/(?:index\.html?|arti(?:/english_edition(?:/[^/]+(?:/(?:home\d*|list\d+)\.html?)?)?)?/?)?$", re.I
)
_SECTION_CODE = re.compile(r"^[a-z0-9_-]{1,40}$", re.I | re.A)


@dataclass(frozen=True, slots=True)
class ArticleAddress:
    """An article's number with the host and section by which it was named."""

    article_id: int
    host: str
    section: str | None

    @property
    def url(self) -> str:
        """The bare https address."""
        section = f"{quote(self.section)}/" if self.section else ""
        return f"https://{self.host}/arti/english_edition/{section}{self.article_id}.html"


def unwrap(address: str) -> str:
    """An address without a web archive's prefix, with a scheme, and undone where it was escaped as a whole."""
    text = address.strip().strip("<>\"'")[:MAX_LENGTH]
    if re.match(r"^https?%3a", text, re.I):
        text = unquote(text)
    while stripped := _ARCHIVE_PREFIX.match(text):
        text = text[stripped.end() :]
        if re.match(r"^https?%3a", text, re.I):
            text = unquote(text)
    text = re.sub(r"^(https?):/+", r"\1://", text, flags=re.I)
    if not re.match(r"^[a-z][a-z0-9+.-]*:", text, re.I):
        text = "https://" + text.lstrip("/")
    return text


def site_host(url: str, hosts: tuple[str, ...] = HOSTS) -> str | None:
    """The site's host that an address names; None for every other one, whatever it looks like.

    User names, foreign ports and look-alike hosts are no address of the site; nor is a host that only becomes the site's when
    it is folded (the Kelvin sign is a "k" in lower case).
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").removesuffix(".")
    if (
        not parts.netloc.isascii()
        or parts.scheme not in DEFAULT_PORTS
        or parts.username is not None
        or host not in hosts
    ):
        return None
    return host if port in (None, *DEFAULT_PORTS.values()) else None


def article_address(address: str, hosts: tuple[str, ...] = HOSTS) -> ArticleAddress:
    """The article that an address of any spelling names.

    Raises NotAnArticleAddress for addresses of other sites, Korean articles and all other pages.
    """
    url = unwrap(address)
    host = site_host(url, hosts)
    if host is None:
        raise NotAnArticleAddress(f"{address[:200]!r} is not an address of {' or '.join(hosts)}")
    path = re.sub(
        r"(\.html?)[?#;&].*$", r"\1", unquote(urlsplit(url).path), flags=re.S
    )  # also where these were escaped
    path = re.sub(r"/{2,}", "/", path).encode("utf-8", "backslashreplace").decode()
    found = _ARTICLE_PATH.match(path)
    if found and found[1].strip(".") and found[1].isprintable():
        return ArticleAddress(int(found[2]), host, found[1])
    if found := _SHORT_PATH.match(path):
        return ArticleAddress(int(found[1]), host, None)
    if _ANY_ARTICLE_PATH.match(path):
        raise NotAnArticleAddress(
            f"{address[:200]!r} is an article of the Korean edition; only the English edition is archived"
        )
    raise NotAnArticleAddress(
        f"{address[:200]!r} is not the address of an article"
        f" (https://{hosts[0]}/arti/english_edition/<section>/<number>.html)"
    )


def find_article(address: str, hosts: tuple[str, ...] = HOSTS) -> ArticleAddress | None:
    """Like `article_address`, but None for what is no article of the English edition."""
    try:
        return article_address(address, hosts)
    except NotAnArticleAddress:
        return None


def resolve(base: str, reference: str) -> str:
    """An address as a page on `base` names it; an empty text where it cannot be one."""
    try:
        return urljoin(base, reference.strip()[:MAX_LENGTH])
    except ValueError:
        return ""


def is_list_or_front(url: str) -> bool:
    """Whether an address of the site is the front page or a section's list: where a removed article is sent."""
    return bool(_SECTION_PATH.match(urlsplit(url).path or "/"))


def is_any_article(url: str) -> bool:
    """Whether an address of the site is an article's, of whatever edition."""
    return bool(_ANY_ARTICLE_PATH.match(urlsplit(url).path))


def is_print_of(url: str, article_id: int) -> bool:
    """Whether an address of the site is the print or preview form of an article."""
    return bool(re.match(rf"^/arti/(?:PRINT|PREVIEW)/0*{article_id}\.html?/?$", urlsplit(url).path, re.I))


def is_section_code(text: str) -> bool:
    """Whether a text may serve as a section in an address that we make."""
    return bool(_SECTION_CODE.match(text))
