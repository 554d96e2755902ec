"""What a page's head says of it: its own number and section, machine-readable data; and the link to the original; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from crawler.tree import Tree
from crawler.urls import WWW, find_article, resolve

MOST_WORDS, MOST_LABEL = 20, 200  # texts of a link that are looked at, and characters of each
_ORIGINAL = re.compile(r"original korean|korean (?:original|version|article)|in korean|클릭시 원문|원문", re.I)
_KOREAN_ARTICLE = re.compile(r"^/arti/(?!english_edition/)(?:[^/]+/){0,4}\d+\.html?$", re.I)


@dataclass(frozen=True, slots=True)
class Head:
    """What a page's head says: its own number and section, the Korean original, machine-readable data."""

    number: int | None
    section: str | None
    original_url: str | None
    meta: Mapping[str, str]


def read_head(tree: Tree) -> Head:
    """The head of a page."""
    meta: dict[str, str] = {}
    for element in tree.root.iter("meta"):
        name, content = element.get("property") or element.get("name"), element.get("content")
        if name and content is not None:
            meta.setdefault(name.lower(), content)
    canonical = [
        e.get("href") for e in tree.root.iter("link") if e.get("href") and (e.get("rel") or "").lower() == "canonical"
    ]
    addresses = [resolve(f"https://{WWW}/", a) for a in (*canonical[:1], meta.get("og:url", ""))]
    own = next((found for found in map(find_article, addresses) if found), None)
    return Head(
        number=own.article_id if own else None,
        section=own.section if own else None,
        original_url=_original(tree, own.url if own else f"https://{WWW}/"),
        meta=meta,
    )


def _original(tree: Tree, base: str) -> str | None:
    """The link to the Korean original: named as such by its text or by its picture's alternative text."""
    for link in tree.root.iter("a"):
        href = link.get("href") or ""
        # Most links of a page lead to other English articles: nothing more is looked at in these.
        if "arti/" not in href or "/english_edition/" in href or ".htm" not in href:
            continue
        if not _ORIGINAL.search(_words(link)):
            continue
        target = resolve(base, href)
        try:
            parts = urlsplit(target)
        except ValueError:
            continue
        on_site = f".{parts.hostname or ''}".endswith(".hani.co.kr") and parts.scheme in ("http", "https")
        if on_site and _KOREAN_ARTICLE.match(parts.path) and target.isprintable():
            return target
    return None


def _words(link: Any) -> str:
    """What a link says: its text, its pictures' alternative texts, its title; as much of each as a link may say."""
    texts = [
        *islice(link.itertext(), MOST_WORDS),
        *(img.get("alt") or "" for img in islice(link.iter("img"), MOST_WORDS)),
    ]
    return " ".join(text[:MOST_LABEL] for text in (*texts, link.get("title") or ""))
